//! The decision of a wait to end its programs, and the steps: they are asked first, and killed later.

use super::{HANGUP, Phase, Stop, WaitLoop, pass_hang_up_on};
use crate::process::tree::Tree;
use crate::process::{Child, Key, Signal, terminate};
use crate::sys::interrupt::Raised;
use std::time::{Duration, Instant};

impl WaitLoop<'_> {
    /// Returns the request to stop the wait.
    pub(super) fn request(&self) -> Option<Raised> {
        let later = self.held.as_ref().and_then(|(_, keys)| keys.raised());
        self.how.interrupt.raised().or(later)
    }

    /// Begins to end the programs, or continues to do so.
    pub(super) fn decide(&mut self) {
        match self.phase {
            Phase::Running => {
                if let Some(raised) = self.request()
                    && !self.leaves_moment(raised.signal, raised.by_terminal)
                {
                    // This applies even if Ctrl-C has ended all programs, since the script has to know.
                    self.stop(Stop::Interrupted(raised.signal));
                } else if !self.is_complete() && self.how.deadline.has_passed() {
                    self.stop(Stop::TimedOut);
                } else if self.hears_keys
                    && self.how.interrupt.raised().is_none()
                    && let Some(raised) = self.how.keys.interrupt.raised()
                {
                    self.note_key(raised);
                }
            }
            Phase::Asked { kill_at, raised } => {
                if Instant::now() >= kill_at || self.times_raised() > raised {
                    self.kill();
                }
            }
            Phase::Killed { give_up } => {
                if Instant::now() >= give_up {
                    self.children.iter_mut().filter(|child| child.is_running()).for_each(Child::abandon);
                    self.ended = self.children.len();
                    self.outcome.left = self.tree.len();
                    self.outcome.unseen = self.tree.unseen();
                    self.tree = Tree::default();
                }
            }
        }
        self.look();
    }

    /// Returns whether programs may end by themselves, before they are asked, after a signal to this
    /// process.
    pub(super) fn leaves_moment(&mut self, signal: Signal, by_terminal: bool) -> bool {
        let has_it = self.how.job_control || by_terminal;
        if !has_it || signal != Signal::HUP || self.all_ended() {
            return false;
        }
        let since = *self.hung_up.get_or_insert_with(|| {
            if !self.how.job_control {
                pass_hang_up_on(self.children);
            }
            Instant::now()
        });
        since.elapsed() < HANGUP
    }

    /// Handles a key of the terminal. Programs in its foreground have received it, and a second one would
    /// tell them to give up their orderly end, so it is sent only to the programs that the terminal can't
    /// reach.
    pub(super) fn note_key(&mut self, Raised { signal, by_terminal, .. }: Raised) {
        self.hears_keys = false;
        // The request does not count here, because a deferred block runs.
        if !by_terminal || !Key::is_of_terminal(signal) {
            return;
        }
        let reached = self.children.iter().any(|child| !child.has_ended() || child.catches(signal));
        self.outcome.key = Some(Key { signal, reached });
        if self.how.keys.last().is_some() {
            terminate::signal_own_groups(self.children, signal);
        } else {
            terminate::signal_all(self.children, signal);
        }
    }

    pub(super) fn stop(&mut self, stop: Stop) {
        if self.phase != Phase::Running {
            return;
        }
        self.outcome.stop = Some(stop);
        self.tree = Tree::of(self.children, terminate::groups(self.children));
        // The tree is searched before the programs are asked, because a process that ends at once leaves its
        // children to other parents.
        self.tree.look(self.children);
        terminate::ask(self.children, self.how.signal);
        self.tree.ask(self.how.signal);
        let now = Instant::now();
        // A grace beyond the range of the clock has no end.
        let kill_at = now.checked_add(self.how.grace).unwrap_or(now + Duration::from_secs(1 << 30));
        self.phase = Phase::Asked { kill_at, raised: self.times_raised() };
        // A further request by kill(2), to stop programs despite the first one, leaves no time.
        let by_terminal = self.how.interrupt.raised().is_some_and(|raised| raised.by_terminal);
        if matches!(stop, Stop::Interrupted(_)) && self.how.interrupt.is_patient() && !by_terminal {
            self.kill();
        }
    }

    pub(super) fn kill(&mut self) {
        terminate::ask(self.children, Signal::KILL);
        self.tree.kill();
        self.phase = Phase::Killed { give_up: Instant::now() + terminate::KILL_TIMEOUT };
        self.look_at = None;
    }
}
