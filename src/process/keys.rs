//! Ctrl-C and Ctrl-\\ for the programs of a script.
//!
//! The terminal sends the key to all processes of its foreground group: the interpreter and the programs that it has
//! started there. A program may take it for its own (python3 makes an error of it, less(1) a key, terraform(1) saves
//! what it has) and takes a second one for impatience. So the interpreter sends nothing, and waits. When the programs
//! have ended it is known whether one of them died of the key, which ends the script, or whether they have dealt with it.
//! bash calls this "wait and cooperative exit".

use super::sweep::{orphans, reap};
use super::{Interrupt, Signal};
use crate::sys::handlers::keys_come;
use crate::sys::signal_state::SignalState;
use crate::sys::{Pid, signal, tty};
use std::time::Duration;

/// Ctrl-C and Ctrl-\\, as programs are told of them.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Raised by those that come from now on; not before the programs were started, that is.
    pub interrupt: Interrupt,
    /// How many had come from the terminal until now; none where programs are told of keys by other means.
    before: Option<u32>,
}

impl Keys {
    /// From now on.
    pub fn new(interrupt: &Interrupt) -> Self {
        Self { interrupt: interrupt.later(), before: Some(keys_come()) }
    }

    /// For a prompt, which watches the group of its job: only what is left when programs have ended hears of them.
    pub fn after_programs(interrupt: &Interrupt) -> Self {
        Self { interrupt: interrupt.clone(), before: None }
    }

    /// None ever comes.
    pub const fn none() -> Self {
        Self { interrupt: Interrupt::none(), before: None }
    }

    /// Whether one has come from the terminal meanwhile.
    pub fn have_come(&self) -> bool {
        self.before.is_some_and(|before| keys_come() != before)
    }

    /// Whether a wait for programs has to look at them.
    pub fn are_for_programs(&self) -> bool {
        self.before.is_some()
    }
}

/// A key that came while programs ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The signal that the terminal sends for it.
    pub signal: Signal,
    /// Whether one of the programs was still there when the key was seen here. Had all ended by then, none of them can
    /// have taken it for its own.
    pub reached: bool,
}

impl Key {
    /// Whether the terminal sends this signal for a key.
    pub fn is_of_terminal(signal: Signal) -> bool {
        [Signal::INT, Signal::QUIT].contains(&signal)
    }
}

/// After a key of the terminal has ended a script: waits for processes whose parents died of it and that deal with it
/// themselves, as one does that xargs(1) has started. What asks them to end would be a second signal. A request ends the
/// wait.
pub fn await_key_handlers(key: Signal, request: &Interrupt) {
    const LOOK: Duration = Duration::from_millis(20);
    let group = tty::own_group();
    let has_it = |pid: Pid| {
        signal::group_of(pid) == Some(group) && SignalState::of(pid).is_some_and(|state| state.catches(key))
    };
    loop {
        // A process that has ended keeps its handlers until it is reaped.
        reap();
        if request.raised().is_some() || !orphans().iter().any(|orphan| has_it(orphan.pid)) {
            return;
        }
        std::thread::sleep(LOOK);
    }
}
