//! Limits the number of concurrent turns for a while after the system had no descriptor or process for one more.

use std::time::Duration;

/// The first pause. Each further pause without a successful start in between is twice as long.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// The limit on concurrent turns that a shortage sets.
#[derive(Debug, Default)]
pub struct Backoff {
    /// The number of turns that ran when one more could not be started.
    most: Option<usize>,
    /// The time of the next attempt to start a turn.
    until: Duration,
    /// The next pause.
    pause: Duration,
    told: bool,
}

impl Backoff {
    /// Notes that a start failed while `running` turns ran. Returns true the first time.
    pub fn short(&mut self, running: usize, now: Duration) -> bool {
        self.pause = (self.pause * 2).clamp(FIRST, LONGEST);
        self.until = now + self.pause;
        self.most = Some(running.max(1));
        !std::mem::replace(&mut self.told, true)
    }

    /// Notes that a start succeeded, and lifts the limit if `running` has reached it.
    pub fn started(&mut self, running: usize) {
        self.pause = Duration::ZERO;
        if self.most.is_some_and(|most| running >= most) {
            self.most = None;
        }
    }

    /// Returns the time from which a turn may start beside `running` others, or `None` for now.
    pub fn next(&self, running: usize, now: Duration) -> Option<Duration> {
        let is_full = self.most.is_some_and(|most| running >= most);
        let waits = is_full || self.pause > Duration::ZERO;
        (waits && now < self.until).then_some(self.until)
    }
}
