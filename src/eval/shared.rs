//! The state that all threads of a run share.

use crate::diag::Redactions;
use crate::eval::effects::audit;
use crate::eval::effects::board::Board;
use crate::eval::effects::limits::Budget;
use crate::eval::effects::observe::Observers;
use crate::eval::exec::shared_lines::SharedLines;
use crate::eval::services::Supervisor;
use crate::policy::Policy;
use crate::process::{self, Descriptor, Environment, FileTable, Interrupt, LeftGroups, OpenMode};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::Duration;

/// The state that all threads of a run share.
pub struct Shared {
    pub(in crate::eval) own_process: bool,
    pub(in crate::eval) interactive: bool,
    pub(in crate::eval) adopting: Once,
    /// Whether processes that a block with `daemons="end"` may have left are still to be ended.
    pub(in crate::eval) ends_daemons: AtomicBool,
    /// The forks that run, without those threads that only wait for the turns of a loop.
    pub(in crate::eval) beside: AtomicIsize,
    /// The interrupt by which the host stops it.
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
    /// The board on which loops side by side, services and workers are posted, if a program can watch the run.
    pub(in crate::eval) board: Option<Board>,
    /// The most time that programs have to end, and then deferred blocks. If none, the script decides.
    pub(in crate::eval) grace: Option<Duration>,
    /// The process groups that programs of a host's run have left behind.
    pub(in crate::eval) left: OnceLock<Arc<LeftGroups>>,
    /// The thread that supervises services, once there is one.
    pub(in crate::eval) services: OnceLock<Arc<Supervisor>>,
}

/// Counts one thread more, or one thread less, that may start programs, until this is dropped.
pub(in crate::eval) struct Beside {
    shared: Arc<Shared>,
    by: isize,
}

impl Beside {
    /// Counts a fork that runs beside other threads.
    pub(in crate::eval) fn fork(shared: &Arc<Shared>) -> Self {
        Self::count(shared, 1)
    }

    /// Removes this thread from the count while it waits for its turns, since it starts no program then.
    pub(in crate::eval) fn waiting(shared: &Arc<Shared>) -> Self {
        Self::count(shared, -1)
    }

    fn count(shared: &Arc<Shared>, by: isize) -> Self {
        shared.beside.fetch_add(by, Ordering::AcqRel);
        Self { shared: shared.clone(), by }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.shared.beside.fetch_sub(self.by, Ordering::AcqRel);
    }
}

/// The signals that a script reacts to.
pub(in crate::eval) struct SignalInterrupts {
    /// Raised by a request to end.
    pub(in crate::eval) requests: Interrupt,
    /// Raised with `requests`, and by a key of the terminal, which has also reached the programs.
    pub(in crate::eval) keys: Interrupt,
}

impl Shared {
    /// Returns the interrupt that ends the run from outside, once there is something to wait for.
    #[inline]
    pub(in crate::eval) fn interrupt(&self) -> Option<&Interrupt> {
        if self.own_process { self.signals.get().map(|signals| &signals.keys) } else { Some(&self.cancel) }
    }

    /// Returns whether a key of the terminal is first for the programs: in a script that has its own process.
    pub(in crate::eval) fn handles_keys(&self) -> bool {
        self.own_process && !self.interactive
    }

    /// Returns whether this process adopts orphans of its programs.
    pub(in crate::eval) fn adopts(&self) -> bool {
        self.adopting.is_completed()
    }

    /// Returns whether this process belongs to the run.
    pub(in crate::eval) fn is_own_process(&self) -> bool {
        self.own_process
    }

    /// Returns the most time that programs have to end.
    pub(in crate::eval) fn most_grace(&self) -> Duration {
        self.grace.unwrap_or(Duration::MAX)
    }

    /// Returns where a wait notes the groups of programs that have living members left. A process that belongs to the
    /// run adopts them instead, and a prompt leaves them alone.
    pub(in crate::eval) fn left_groups(&self) -> Option<Arc<LeftGroups>> {
        if self.own_process || self.interactive {
            return None;
        }
        Some(self.left.get_or_init(Arc::default).clone())
    }

    /// Returns whether a host may stop the run.
    pub(in crate::eval) fn can_be_cancelled(&self) -> bool {
        !self.cancel.is_none()
    }

    /// Returns the secrets that are redacted from messages.
    pub(in crate::eval) fn redactions(&self) -> &Redactions {
        self.redactions.get_or_init(Redactions::default)
    }

    /// Returns the environment of this process.
    pub(in crate::eval) fn inherited(&self) -> &Environment {
        self.inherited.get_or_init(Environment::inherited)
    }

    /// Installs a standard input that can't be read, in the place where sh would read from the script. A program
    /// that reads it gets an error, and a program that does not read it runs. It must be open, since otherwise the
    /// next file that a program opens would get its number.
    ///
    /// # Errors
    /// Fails as open(2) does.
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

    /// Returns whether a descriptor is the one that `close_input` installed.
    pub(in crate::eval) fn is_closed_input(&self, descriptor: &Descriptor) -> bool {
        let Some(file) = self.unreadable.get() else { return false };
        matches!(descriptor, Descriptor::Open(open) if Arc::ptr_eq(open, file))
    }
}
