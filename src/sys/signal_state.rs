//! The signal state of a process, from proc_pid_status(5). It is unknown on systems other than Linux.

use super::Pid;
use super::signal::Signal;

/// A snapshot of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalState {
    /// Whether it waits for an event, and can be woken.
    pub sleeps: bool,
    pending: u64,
    caught: u64,
}

impl SignalState {
    /// Returns none if there is no such process, or its state is unknown.
    pub fn of(pid: Pid) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
    }

    fn parse(status: &str) -> Option<Self> {
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let mask = |name: &str| u64::from_str_radix(field(name)?.trim(), 16).ok();
        Some(Self {
            sleeps: field("State")?.trim().starts_with('S'),
            pending: mask("SigPnd")? | mask("ShdPnd")?,
            caught: mask("SigCgt")?,
        })
    }

    /// Returns whether the signal was sent to it, and is still pending.
    pub fn is_pending(&self, signal: Signal) -> bool {
        self.pending & bit(signal) != 0
    }

    /// Returns whether it has a handler for the signal.
    pub fn catches(&self, signal: Signal) -> bool {
        self.caught & bit(signal) != 0
    }
}

const fn bit(signal: Signal) -> u64 {
    1 << (signal.number() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_masks_are_of_one_bit_a_signal() {
        let status = "Name:\tless\nState:\tS (sleeping)\nSigPnd:\t0000000000000001\nShdPnd:\t0000000000010000\n\
                      SigCgt:\t0000000008084002\n";
        let state = SignalState::parse(status).expect("it is whole");
        assert!(state.sleeps);
        assert!(
            state.is_pending(Signal::HUP) && state.is_pending(Signal::CHLD) && !state.is_pending(Signal::INT)
        );
        assert!(state.catches(Signal::TSTP) && !state.catches(Signal::QUIT));
        assert_eq!(SignalState::parse("State:\tS\n"), None);
    }
}
