//! Ctrl-C and Ctrl-\\ for the programs of a script.
//!
//! The terminal sends the key to all processes of its foreground group: the interpreter and the programs that it has
//! started there. A program may handle the key (python3 turns it into an error, less(1) into a key, terraform(1) saves
//! its state) and interpret a second one as urgent. So the interpreter sends nothing, and waits. When the programs have
//! ended it is known whether one of them died of the key, which ends the script, or whether they have handled it. bash
//! calls this "wait and cooperative exit".

use super::sweep::{orphans, reap};
use super::{Interrupt, Signal};
use crate::sys::handlers::{keys_come, last_key};
use crate::sys::signal_state::SignalState;
use crate::sys::{Pid, signal, tty};
use std::time::Duration;

/// Ctrl-C and Ctrl-\\, as programs receive them.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Raised by keys from now on, that is, after the programs were started.
    pub interrupt: Interrupt,
    /// The number of keys from the terminal so far; none if programs receive keys in another way.
    before: Option<u32>,
}

impl Keys {
    /// Watches keys from now on.
    pub fn new(interrupt: &Interrupt) -> Self {
        Self { interrupt: interrupt.later(), before: Some(keys_come()) }
    }

    /// Watches keys for a prompt, which also watches the group of its job. Only processes that are left when the
    /// programs have ended are affected by these keys.
    pub fn after_programs(interrupt: &Interrupt) -> Self {
        Self { interrupt: interrupt.clone(), before: None }
    }

    /// Watches no keys.
    pub const fn none() -> Self {
        Self { interrupt: Interrupt::none(), before: None }
    }

    /// Returns the signal of the last key that has come from the terminal since the start. `interrupt` may be raised a
    /// moment later, when another thread handles the signal.
    pub fn last(&self) -> Option<Signal> {
        self.before.filter(|before| keys_come() != *before).map(|_| last_key())
    }

    /// Returns whether a wait for programs has to check for keys.
    pub fn are_for_programs(&self) -> bool {
        self.before.is_some()
    }
}

/// A key that came while programs ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The signal that the terminal sends for it.
    pub signal: Signal,
    /// Whether one of the programs was still running when this process noticed the key, or had a handler for it: another
    /// thread may notice the key only after the program's reaction to it. Otherwise none of them can have handled it.
    pub reached: bool,
}

impl Key {
    /// Returns whether the terminal sends this signal for a key.
    pub fn is_of_terminal(signal: Signal) -> bool {
        [Signal::INT, Signal::QUIT].contains(&signal)
    }
}

/// After a key of the terminal has ended a script, waits for processes whose parents died of it and that handle it
/// themselves, such as a program that xargs(1) has started. A request to end would be a second signal for them. A
/// request ends the wait.
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
