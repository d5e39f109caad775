//! The state that all threads of a run share.

use crate::diag::Redactions;
use crate::eval::effects::audit;
use crate::eval::effects::limits::Budget;
use crate::eval::effects::observe::Observers;
use crate::eval::exec::shared_lines::SharedLines;
use crate::policy::Policy;
use crate::process::{self, Descriptor, Environment, FileTable, Interrupt, OpenMode};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, Once, OnceLock};

/// What all threads of a run share.
pub struct Shared {
    pub(in crate::eval) own_process: bool,
    pub(in crate::eval) interactive: bool,
    pub(in crate::eval) adopting: Once,
    /// Whether what a block with `daemons="end"` may have left is still to be ended.
    pub(in crate::eval) ends_daemons: AtomicBool,
    /// What the host stops it by.
    pub(in crate::eval) cancel: Interrupt,
    pub(in crate::eval) signals: OnceLock<SignalInterrupts>,
    pub(in crate::eval) terminal: OnceLock<Option<i32>>,
    pub(in crate::eval) unreadable: OnceLock<Arc<OwnedFd>>,
    pub(in crate::eval) unreadable_input: bool,
    pub(in crate::eval) observers: Observers,
    pub(in crate::eval) audit: Option<audit::Log>,
    pub(in crate::eval) inherited: OnceLock<Environment>,
    pub(in crate::eval) redactions: OnceLock<Redactions>,
    /// Held by the thread that asks at the terminal.
    pub(in crate::eval) asking: Mutex<()>,
    pub(in crate::eval) lines: SharedLines,
    pub(in crate::eval) policy: Option<Arc<dyn Policy>>,
    pub(in crate::eval) budget: Option<Arc<Budget>>,
}

/// The signals that a script heeds.
pub(in crate::eval) struct SignalInterrupts {
    /// What ends it.
    pub(in crate::eval) requests: Interrupt,
    /// Raised with that, and by a key of the terminal, which the programs have got themselves.
    pub(in crate::eval) keys: Interrupt,
}

impl Shared {
    /// What ends the run from outside, once there is something to wait for.
    #[inline]
    pub(in crate::eval) fn interrupt(&self) -> Option<&Interrupt> {
        if self.own_process { self.signals.get().map(|signals| &signals.keys) } else { Some(&self.cancel) }
    }

    /// Whether a key of the terminal is for the programs first: in a script that is a process.
    pub(in crate::eval) fn handles_keys(&self) -> bool {
        self.own_process && !self.interactive
    }

    /// Whether orphans of its programs come to this process.
    pub(in crate::eval) fn adopts(&self) -> bool {
        self.adopting.is_completed()
    }

    /// Whether this process is there for the run alone.
    pub(in crate::eval) fn is_own_process(&self) -> bool {
        self.own_process
    }

    /// Whether a host may stop the run.
    pub(in crate::eval) fn can_be_cancelled(&self) -> bool {
        !self.cancel.is_none()
    }

    /// What no message shows.
    pub(in crate::eval) fn redactions(&self) -> &Redactions {
        self.redactions.get_or_init(Redactions::default)
    }

    /// The environment of this process.
    pub(in crate::eval) fn inherited(&self) -> &Environment {
        self.inherited.get_or_init(Environment::inherited)
    }

    /// Gives a standard input that can't be read, where sh has one that we have not: a program that reads says so,
    /// and one that does not runs. Open it must be, or the next file that a program opens would get its number.
    ///
    /// # Errors
    /// Those of open(2).
    pub(in crate::eval) fn close_input(&self, files: &mut FileTable) -> io::Result<()> {
        let file = match self.unreadable.get() {
            Some(file) => file,
            None => {
                let file = process::open(None, b"/dev/null", OpenMode::Append)?;
                self.unreadable.get_or_init(|| Arc::new(file))
            }
        };
        files.set(0, file.clone());
        Ok(())
    }

    /// Whether a descriptor is that one.
    pub(in crate::eval) fn is_closed_input(&self, descriptor: &Descriptor) -> bool {
        let Some(file) = self.unreadable.get() else { return false };
        matches!(descriptor, Descriptor::Open(open) if Arc::ptr_eq(open, file))
    }
}
