//! Opening, reading and writing files by the interpreter itself. The events that end the run also end these waits.
//!
//! In the main thread of a process that belongs to the run, a call may wait in the kernel, since a signal ends it.
//! Any other thread, and any wait with a time limit, a job's request or a host's token, waits by poll(2) and then
//! tries the call.

use crate::diag::{code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::process::{How, OpenMode, Opening, open_as};
use crate::span::Span;
use crate::sys::blocking_call::{BlockingCall, is_main_thread};
use crate::sys::open::is_regular;
use crate::sys::pipe;
use crate::sys::poll::{Interest, PollSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

/// How many bytes of a regular file are read or written between two checks for events that end the run.
pub(in crate::eval) const PART: usize = 1 << 20;

impl Interpreter {
    /// Returns whether every event that ends a wait of this thread reaches it in a system call, or there is no
    /// such event.
    pub(in crate::eval) fn waits_in_kernel(&self) -> bool {
        let endless = self.env.settings.limits.is_empty() && self.shared.budget.is_none();
        let cancelled = self.shared.can_be_cancelled() || self.env.settings.job.is_some();
        endless && !cancelled && (!self.shared.is_own_process() || is_main_thread())
    }

    /// Opens a file, however long its other end takes. The inner error is that of the kernel.
    pub(in crate::eval) fn open_file(
        &self,
        path: &[u8],
        mode: OpenMode,
        how: How,
    ) -> Eval<io::Result<OwnedFd>> {
        // From now on a signal must not simply end this process.
        self.interrupt();
        if self.waits_in_kernel() {
            return self.open_in_kernel(path, mode, &how);
        }
        let mut opening = self.begin_to_open(path, mode, how);
        loop {
            match opening.advance() {
                Ok(Some(file)) => return Ok(Ok(file)),
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Ok(Err(error)),
                _ => {}
            }
            let pause = opening.pause();
            self.pause_until(opening.sign(), Instant::now().checked_add(pause))?;
        }
    }

    fn open_in_kernel(&self, path: &[u8], mode: OpenMode, how: &How) -> Eval<io::Result<OwnedFd>> {
        loop {
            let _announced = BlockingCall::announce();
            self.check_interrupt()?;
            match open_as(self.env.directory.as_deref(), path, mode, how) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                opened => return Ok(opened),
            }
        }
    }

    /// Starts to open a file of the run in steps.
    pub(in crate::eval) fn begin_to_open(&self, path: &[u8], mode: OpenMode, how: How) -> Opening {
        Opening::new(self.env.directory.clone(), path.to_vec(), mode, how).in_kernel(self.waits_in_kernel())
    }

    /// Waits until a time, or until a descriptor is readable, but no longer than the run may last.
    pub(in crate::eval) fn pause_until(
        &self,
        sign: Option<BorrowedFd<'_>>,
        end: Option<Instant>,
    ) -> Eval<()> {
        let interrupt = self.interrupt();
        self.check_interrupt()?;
        let mut set = PollSet::default();
        for event in interrupt.fds().chain(sign) {
            set.add(event, Interest::Read);
        }
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        let due = [end, self.due()].into_iter().flatten().map(left).chain(interrupt.look_after()).min();
        // The caller checks why the wait ended, and decides what to do.
        let _ = set.wait(due);
        self.check_interrupt()
    }

    /// Returns the content of a file, up to `most` bytes of it.
    pub(in crate::eval) fn read_file(
        &self,
        path: &[u8],
        most: usize,
        span: Span,
    ) -> Eval<io::Result<Vec<u8>>> {
        let failed = |this: &Self, error: io::Error| {
            let message = format!("can't read {}: {}", quote_word(path), reason(&error));
            this.fail(Error::value(page(code::READ_FAILED, this.source(), span, message, "reads here")))
        };
        let file = match self.open_own_or(path, OpenMode::Read, false, span)? {
            Ok(file) => file,
            Err(error) => return Ok(Err(error)),
        };
        let (regular, interrupt) = (is_regular(file.as_fd()), self.interrupt());
        let mut bytes = Vec::new();
        while bytes.len() < most {
            let room = if bytes.is_empty() { 4096 } else { pipe::CAPACITY };
            let (_turn, room) = if regular {
                self.check_interrupt()?;
                (None, room.max(PART.min(bytes.len())))
            } else {
                (self.await_input(file.as_fd(), &interrupt, failed)?, room)
            };
            match pipe::read_at_once(file.as_fd(), &mut bytes, room) {
                Ok(0) => break,
                Err(error) if !pipe::is_for_later(&error) => return Ok(Err(error)),
                _ => {}
            }
        }
        bytes.truncate(most);
        Ok(Ok(bytes))
    }
}
