//! Waiting for any of several descriptors.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// The event to wait for on a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Data to read, or the end.
    Read,
    /// Room to write, or no reader any more.
    Write,
}

/// Returns whether a pipe has no reader any more.
pub fn is_hung_up(writer: BorrowedFd<'_>) -> bool {
    let mut fd = libc::pollfd { fd: writer.as_raw_fd(), events: 0, revents: 0 };
    // SAFETY: the pointer is to one entry. POLLERR is reported without being requested (poll(2)).
    let found = unsafe { libc::poll(&raw mut fd, 1, 0) };
    found == 1 && fd.revents & libc::POLLERR != 0
}

/// Returns whether a write would not wait: there is room, no reader any more, or the target can't be
/// polled.
pub fn has_room(writer: BorrowedFd<'_>) -> bool {
    let mut set = PollSet::default();
    set.add(writer, Interest::Write);
    set.wait(Some(Duration::ZERO)).map_or(true, |ready| ready > 0)
}

/// Returns whether there is data to read, or the end.
pub fn is_readable(reader: BorrowedFd<'_>) -> bool {
    let mut set = PollSet::default();
    set.add(reader, Interest::Read);
    set.wait(Some(Duration::ZERO)).map_or(true, |ready| ready > 0)
}

/// Descriptors to wait for, kept between turns so that a turn allocates nothing.
#[derive(Default)]
pub struct PollSet {
    fds: Vec<libc::pollfd>,
}

impl PollSet {
    /// Removes all descriptors.
    pub fn clear(&mut self) {
        self.fds.clear();
    }

    /// Adds a descriptor and returns its place for [`PollSet::is_ready`].
    pub fn add(&mut self, fd: BorrowedFd<'_>, interest: Interest) -> usize {
        let events = match interest {
            Interest::Read => libc::POLLIN,
            Interest::Write => libc::POLLOUT,
        };
        self.fds.push(libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 });
        self.fds.len() - 1
    }

    /// Waits until one is ready or the time has passed. Returns how many are. A signal ends the wait
    /// early, with 0.
    ///
    /// # Errors
    /// Fails with `EINVAL` for more descriptors than `RLIMIT_NOFILE`, with `ENOMEM` (poll(2)).
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        // The time is rounded up, since a wait that ends slightly early would turn the last millisecond into a busy
        // loop.
        let milliseconds = timeout.map_or(-1, |t| t.as_micros().div_ceil(1000).min(i32::MAX as u128) as i32);
        // SAFETY: the pointer and the length belong to one vector.
        let n = unsafe { libc::poll(self.fds.as_mut_ptr(), self.fds.len() as libc::nfds_t, milliseconds) };
        if n >= 0 {
            return Ok(n as usize);
        }
        let error = io::Error::last_os_error();
        self.fds.iter_mut().for_each(|fd| fd.revents = 0);
        if error.kind() == io::ErrorKind::Interrupted { Ok(0) } else { Err(error) }
    }

    /// Returns whether the last wait found this one ready: readable, writable, ended or broken.
    pub fn is_ready(&self, place: usize) -> bool {
        self.fds.get(place).is_some_and(|fd| fd.revents != 0)
    }
}
