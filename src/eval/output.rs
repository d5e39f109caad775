//! Where a builtin writes: a descriptor, or a capture's memory.

use super::Interpreter;
use super::unwind::{Error, Eval, Unwind, page};
use crate::diag::{code, reason};
use crate::process::{FileTable, Readable};
use crate::span::Span;
use crate::sys::pipe;
use crate::sys::poll::Interest;
use std::io::ErrorKind;
use std::os::fd::BorrowedFd;
use std::time::Instant;

/// The streams of a builtin.
pub enum Output<'a> {
    Files(&'a FileTable),
    /// Standard output goes to memory: a captured builtin needs neither pipe nor process.
    Memory(&'a mut Vec<u8>, &'a FileTable),
}

impl Output<'_> {
    /// Writes all of it to descriptor 1 or 2.
    pub fn write(&mut self, run: &Interpreter, fd: i32, bytes: &[u8], span: Span) -> Eval<()> {
        let files = match self {
            Self::Memory(memory, _) if fd == 1 => {
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
            return Err(failed(format!("descriptor {fd} is closed"), code::BAD_DESCRIPTOR));
        };
        let target = descriptor
            .borrow()
            .map_err(|error| failed(format!("can't write: {}", reason(&error)), code::WRITE_FAILED))?;
        run.await_leave_to_write(target)?;
        let mut rest = bytes;
        while !rest.is_empty() {
            // With a time limit no more than what is taken at once: a full pipe would hold us beyond it.
            let part = match run.due() {
                Some(due) => {
                    run.await_room(target, due)?;
                    &rest[..rest.len().min(pipe::LEAST)]
                }
                None => rest,
            };
            match pipe::write(target, part) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => run.check_interrupt()?,
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Err(Unwind::PipeClosed),
                // An inherited descriptor may be non-blocking: wait as a blocking one would.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    run.check_interrupt()?;
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                Err(error) => {
                    return Err(failed(format!("can't write: {}", reason(&error)), code::WRITE_FAILED));
                }
            }
        }
        Ok(())
    }
}

impl Interpreter {
    /// Waits until something can be written, or the time is up.
    fn await_room(&self, target: BorrowedFd<'_>, mut due: Instant) -> Eval<()> {
        let interrupt = self.interrupt();
        loop {
            match interrupt.wait_for(target, Interest::Write, Some(due)) {
                Ok(Readable::TimedOut | Readable::Interrupted) => {
                    self.check_interrupt()?;
                    due = self.due().unwrap_or(due);
                }
                // A target that can't be waited for is always ready, or an error of the write.
                Ok(Readable::Ready) | Err(_) => return Ok(()),
            }
        }
    }
}
