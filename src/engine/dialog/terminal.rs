//! The terminal of a prompt, which it lends to its jobs.

use super::KeyQueue;
use crate::process::{Control, Left, Signal};
use crate::sys::tty::{self, Modes};
use crate::sys::{Pid, descriptor, editor_input, handlers, keys, signal};
use std::cell::RefCell;
use std::io;
use std::os::fd::BorrowedFd;

/// The terminal on standard input. A prompt also works with a terminal that does not control it.
pub(super) struct Terminal {
    fd: Option<BorrowedFd<'static>>,
    /// The process group that had it before.
    before: Option<Pid>,
    /// The modes of the prompt.
    modes: RefCell<Option<Modes>>,
}

impl Terminal {
    /// Takes the terminal, and makes its keys signals for jobs only: a key that arrives at the prompt is for
    /// the next job.
    pub fn take() -> Self {
        let fd = descriptor::inherited(0).ok();
        let before = fd.and_then(|fd| tty::take(fd).ok());
        let fd = fd.filter(|_| before.is_some());
        if fd.is_some() {
            let _ = keys::keep();
            // In the background these signals would stop the prompt, and no process would continue it.
            let _ = handlers::ignore(&[Signal::TTIN, Signal::TTOU]);
        }
        Self { fd, before, modes: RefCell::new(fd.and_then(Modes::of)) }
    }

    /// Discards earlier keys, since a line is being read from now on. Returns whether Ctrl-Z was one of
    /// them.
    pub fn attend_keys(&self) -> bool {
        keys::share_with_reader();
        keys::forget()
    }

    /// Takes a line that was typed and not read.
    pub fn typed_ahead(&self) -> Option<Vec<u8>> {
        self.fd.and_then(tty::typed_ahead)
    }

    /// Returns the queue of the keys for an editor. From now on, descriptor 0 is the editor's.
    pub fn key_queue(&self) -> Option<KeyQueue> {
        self.fd?;
        editor_input::keep().ok().map(KeyQueue::new)
    }

    /// Lends it to a job, with the modes that the job had when it last had the terminal.
    pub fn lend(&self, job: &Control) {
        let Some(fd) = self.fd else { return };
        let left = job.left();
        match left.modes {
            Some(modes) => modes.set(fd),
            // If a key arrives while the editor sets its modes, the modes remain those of the editor.
            None => self.reset(),
        }
        // The group of a shell in the job may have ended.
        let is_given = left.foreground.is_some_and(|group| tty::set_foreground(fd, group).is_ok());
        if !is_given {
            let _ = tty::set_foreground(fd, job.group_id());
        }
    }

    /// Passes the keys on to the running job that has the terminal. (A job that has not been continued yet
    /// would lose a stop.)
    pub fn pass_keys(&self, job: &Control) {
        keys::pass_on_to(job.group_id());
    }

    /// Takes it back from a job. Returns the state in which the job has left it.
    pub fn take_back_from(&self, job: &Control) -> Left {
        let foreground = self.fd.and_then(|fd| tty::foreground(fd).ok());
        let is_other = |group: &Pid| *group != job.group_id() && *group != tty::own_group();
        Left { foreground: foreground.filter(is_other), modes: self.take_back() }
    }

    /// Stops this process, until the shell that started it continues it.
    pub fn suspend(&self) -> io::Result<()> {
        let Some(fd) = self.fd else { return Err(io::ErrorKind::Unsupported.into()) };
        if tty::leads_session() {
            return Err(io::Error::other("no shell would continue it"));
        }
        self.reset();
        signal::send_group(tty::own_group(), Signal::STOP)?;
        tty::take(fd).map(drop)
    }

    /// Takes it back. Returns the modes that the job has left.
    pub fn take_back(&self) -> Option<Modes> {
        let fd = self.fd?;
        keys::take_back();
        let _ = tty::set_foreground(fd, tty::own_group());
        Modes::of(fd)
    }

    /// Restores the modes of the prompt.
    pub fn reset(&self) {
        if let (Some(fd), Some(modes)) = (self.fd, &*self.modes.borrow()) {
            modes.set(fd);
        }
    }

    /// Adopts the current modes as those of the prompt: the purpose of stty(1).
    pub fn keep(&self) {
        if let Some(modes) = self.fd.and_then(Modes::of) {
            *self.modes.borrow_mut() = Some(modes);
        }
    }

    /// Returns it to the process group that had it before.
    pub fn give_back(&self) {
        if let (Some(fd), Some(before)) = (self.fd, self.before) {
            let _ = tty::set_foreground(fd, before);
        }
    }
}
