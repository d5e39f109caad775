//! The destinations of a builtin's output: a descriptor, or the memory of a capture.

use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::exec::opening::PART;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::process::{FileTable, Readable};
use crate::span::Span;
use crate::sys::blocking_call::BlockingCall;
use crate::sys::open::is_regular;
use crate::sys::pipe;
use crate::sys::poll::{self, Interest};
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// The streams of a builtin.
pub enum Output<'a> {
    Files(&'a FileTable),
    /// Standard output goes to memory: a captured builtin needs neither a pipe nor a process.
    Memory(&'a mut Vec<u8>, &'a FileTable),
}

impl Output<'_> {
    /// Writes all bytes to descriptor 1 or 2.
    pub fn write(&mut self, run: &Interpreter, fd: i32, bytes: &[u8], span: Span) -> Eval<()> {
        let files = match self {
            Self::Memory(memory, _) if fd == 1 => {
                if memory.len() + bytes.len() > run.capture_room() {
                    return Err(run.overflow(span));
                }
                memory.extend_from_slice(bytes);
                return Ok(());
            }
            Self::Memory(_, files) => files,
            Self::Files(files) => files,
        };
        let failed = |message: String, code| {
            let diagnostic = page(code, run.source(), span, message, "writes here");
            Unwind::from(Error::command(diagnostic, 1))
        };
        let Some(descriptor) = files.get(fd) else {
            let message = format!("can't write to descriptor {fd}, which is closed: Bad file descriptor");
            return Err(failed(message, code::BAD_DESCRIPTOR));
        };
        let target = descriptor
            .borrow()
            .map_err(|error| failed(format!("can't write: {}", reason(&error)), code::WRITE_FAILED))?;
        run.check_file_size(target, bytes.len())
            .map_err(|error| failed(format!("can't write: {}", reason(&error)), code::WRITE_FAILED))?;
        run.written_to(run.write_bytes(target, bytes)?, span)
    }
}

impl Interpreter {
    /// Converts the result of a write to the error of the code that wrote.
    pub(in crate::eval) fn written_to(&self, written: io::Result<()>, span: Span) -> Eval<()> {
        written.map_err(|error| {
            if error.kind() == ErrorKind::BrokenPipe {
                return Unwind::PipeClosed;
            }
            let message = format!("can't write: {}", reason(&error));
            Error::command(page(code::WRITE_FAILED, self.source(), span, message, "writes here"), 1).into()
        })
    }

    /// Writes all bytes, waiting while the target accepts none. The inner error is that of the kernel.
    pub(in crate::eval) fn write_bytes(&self, target: BorrowedFd<'_>, bytes: &[u8]) -> Eval<io::Result<()>> {
        self.await_leave_to_write(target)?;
        let mut rest = bytes;
        while !rest.is_empty() {
            let _announced = BlockingCall::announce();
            let room = self.await_room(target, rest.len() < bytes.len())?;
            let written = match room {
                Some(room) => pipe::write_at_once(target, &rest[..rest.len().min(room)]),
                None => pipe::write(target, rest),
            };
            match written {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => self.check_interrupt()?,
                // Another writer was faster, or an inherited descriptor is non-blocking.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.pause_until(None, Instant::now().checked_add(Duration::from_millis(1)))?;
                }
                Err(error) => {
                    // An event that ends the run may have ended the reader first.
                    self.check_interrupt()?;
                    return Ok(Err(error));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Waits until the target accepts data. Returns how many bytes to write so that the write does not outlast the
    /// run, or `None` if the kernel may wait. `begun` means that a part was written.
    fn await_room(&self, target: BorrowedFd<'_>, begun: bool) -> Eval<Option<usize>> {
        let stopped = self.check_interrupt();
        if stopped.is_ok() && self.waits_in_kernel() {
            return Ok(None);
        }
        // Output from before the end of the run, and a message about the end, are written if that is possible at
        // once.
        if poll::has_room(target) {
            return Ok(Some(if begun && is_regular(target) { PART } else { pipe::LEAST }));
        }
        stopped?;
        let interrupt = self.interrupt();
        loop {
            match interrupt.wait_for(target, Interest::Write, self.due()) {
                Ok(Readable::TimedOut | Readable::Interrupted) => self.check_interrupt()?,
                // A target that can't be polled is always ready, or causes an error of the write.
                Ok(Readable::Ready) | Err(_) => return Ok(Some(pipe::LEAST)),
            }
        }
    }
}
