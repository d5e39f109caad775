//! Fewer turns at once for a while, after the system had no descriptor or process for one more.

use std::time::Duration;

/// The first pause; each further one without a success in between is twice as long.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// The limit that a shortage sets.
#[derive(Debug, Default)]
pub struct Backoff {
    /// How many turns ran when one more could not be started.
    most: Option<usize>,
    /// When the next start is tried.
    until: Duration,
    /// The next pause.
    pause: Duration,
    told: bool,
}

impl Backoff {
    /// Notes that a start failed while `running` turns ran. Returns whether this is the first time.
    pub fn short(&mut self, running: usize, now: Duration) -> bool {
        self.pause = (self.pause * 2).clamp(FIRST, LONGEST);
        self.until = now + self.pause;
        self.most = Some(running.max(1));
        !std::mem::replace(&mut self.told, true)
    }

    /// Notes that a start succeeded: the next time one more is tried.
    pub fn started(&mut self, running: usize) {
        self.pause = Duration::ZERO;
        if self.most.is_some_and(|most| running >= most) {
            self.most = None;
        }
    }

    /// Returns when a turn may start beside `running` others: `None` is now.
    pub fn next(&self, running: usize, now: Duration) -> Option<Duration> {
        let is_full = self.most.is_some_and(|most| running >= most);
        let waits = is_full || self.pause > Duration::ZERO;
        (waits && now < self.until).then_some(self.until)
    }
}
