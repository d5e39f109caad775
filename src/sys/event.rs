//! A flag that threads wait for by poll(2), together with pipes and processes.

use super::{descriptor, last_error, set_errno};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// A flag that poll(2) can wait for.
#[derive(Debug)]
pub struct Event {
    reader: OwnedFd,
    /// The other end, where there is no eventfd(2).
    #[cfg(not(target_os = "linux"))]
    writer: OwnedFd,
}

impl Event {
    /// Creates a flag that is not set.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    #[cfg(target_os = "linux")]
    pub fn new() -> io::Result<Self> {
        use rustix::event::EventfdFlags;
        let reader = rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { reader: descriptor::lift(reader)? })
    }

    /// Creates a flag that is not set.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    #[cfg(not(target_os = "linux"))]
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = super::pipe::pipe()?;
        descriptor::set_nonblocking(reader.as_fd())?;
        descriptor::set_nonblocking(writer.as_fd())?;
        Ok(Self { reader, writer })
    }

    /// Returns the descriptor that is readable while the flag is set.
    pub fn reader(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }

    fn writer(&self) -> BorrowedFd<'_> {
        #[cfg(target_os = "linux")]
        return self.reader.as_fd();
        #[cfg(not(target_os = "linux"))]
        return self.writer.as_fd();
    }

    /// Sets the flag. Safe inside a signal handler (signal-safety(7)); leaves `errno` as it was.
    pub fn set(&self) {
        let one = 1_u64.to_ne_bytes();
        let errno = last_error();
        // A flag that is set accepts no more once its count is full (eventfd(2)). After any other
        // failure the write is repeated, since a thread may be waiting for this alone.
        for _ in 0..3 {
            // SAFETY: eight bytes of this stack, as eventfd(2) requires.
            let written = unsafe { libc::write(self.writer().as_raw_fd(), one.as_ptr().cast(), one.len()) };
            if written > 0 {
                break;
            }
        }
        set_errno(errno);
    }

    /// Clears the flag.
    pub fn reset(&self) {
        let mut bytes = [0; 64];
        while rustix::io::read(&self.reader, &mut bytes).is_ok_and(|n| n == bytes.len()) {}
    }
}
