//! The terminal of a prompt, which it lends to its jobs.

use crate::process::{Control, Signal};
use crate::sys::tty::{self, Modes};
use crate::sys::{Pid, descriptor, handlers, keys};
use std::cell::RefCell;
use std::os::fd::BorrowedFd;

/// The terminal on standard input; none that we control is no reason to be without a prompt.
pub(super) struct Terminal {
    fd: Option<BorrowedFd<'static>>,
    /// The group that had it before.
    before: Option<Pid>,
    /// The prompt's own modes.
    modes: RefCell<Option<Modes>>,
}

impl Terminal {
    /// Makes it ours, and its keys signals for jobs alone: one that comes to the prompt is for the next job.
    pub fn take() -> Self {
        let fd = descriptor::inherited(0).ok();
        let before = fd.and_then(|fd| tty::take(fd).ok());
        let fd = fd.filter(|_| before.is_some());
        if fd.is_some() {
            let _ = keys::keep();
            // In the background these would stop the prompt, which nobody continues.
            let _ = handlers::ignore(&[Signal::TTIN, Signal::TTOU]);
        }
        Self { fd, before, modes: RefCell::new(fd.and_then(Modes::of)) }
    }

    /// A line is being read from now on, and the keys that have come are forgotten: whether Ctrl-Z was one.
    pub fn attend_keys(&self) -> bool {
        keys::share_with_reader();
        keys::forget()
    }

    /// What has been typed and nobody has read, a line of it.
    pub fn typed_ahead(&self) -> Option<Vec<u8>> {
        self.fd.and_then(tty::typed_ahead)
    }

    /// Gives it to a job, with the modes that the job had left.
    pub fn lend(&self, job: &Control) {
        let Some(fd) = self.fd else { return };
        match job.modes() {
            Some(modes) => modes.set(fd),
            // A key that comes while the editor sets them leaves those of the editor.
            None => self.reset(),
        }
        let _ = tty::set_foreground(fd, job.group_id());
    }

    /// Passes the keys on to the job that has it, and runs: what stops is lost on who is yet to be continued.
    pub fn pass_keys(&self, job: &Control) {
        keys::pass_on_to(job.group_id());
    }

    /// Takes it back; the modes that the job has left.
    pub fn take_back(&self) -> Option<Modes> {
        let fd = self.fd?;
        keys::take_back();
        let _ = tty::set_foreground(fd, tty::own_group());
        Modes::of(fd)
    }

    /// Makes the modes those of the prompt again.
    pub fn reset(&self) {
        if let (Some(fd), Some(modes)) = (self.fd, &*self.modes.borrow()) {
            modes.set(fd);
        }
    }

    /// Takes those of now for the prompt's own: what stty(1) is run for.
    pub fn keep(&self) {
        if let Some(modes) = self.fd.and_then(Modes::of) {
            *self.modes.borrow_mut() = Some(modes);
        }
    }

    /// Gives it back to who had it.
    pub fn give_back(&self) {
        if let (Some(fd), Some(before)) = (self.fd, self.before) {
            let _ = tty::set_foreground(fd, before);
        }
    }
}
