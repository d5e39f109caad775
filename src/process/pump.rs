//! The bytes that pass through the interpreter while programs run: captures.
//!
//! All of them move in the one loop of [`super::wait()`]. If this process read only the output of a
//! program that fills the pipe of its standard error, both would wait for each other forever.

use crate::sys::pipe;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The streams that move during one wait.
#[derive(Debug, Default)]
pub struct Pump {
    /// Output to be kept.
    pub captures: Vec<Capture>,
}

/// The reading end of a pipe, and the bytes that came from it.
#[derive(Debug)]
pub struct Capture {
    reader: Option<OwnedFd>,
    bytes: Vec<u8>,
    limit: usize,
}

/// The result of one read of a capture.
pub(super) enum Progress {
    /// There was data.
    Some,
    /// There is none at the moment.
    None,
    /// The last writer has closed the pipe.
    End,
    /// There was more than the limit.
    Overflow,
}

impl Pump {
    /// Creates a pump with one capture of at most `limit` bytes.
    #[cfg(test)]
    pub fn capture(reader: OwnedFd, limit: usize) -> Self {
        Self { captures: vec![Capture::new(reader, limit)] }
    }
}

impl Capture {
    /// Creates a capture from a pipe's reading end, of at most `limit` bytes.
    pub fn new(reader: OwnedFd, limit: usize) -> Self {
        Self { reader: Some(reader), bytes: Vec::new(), limit }
    }

    /// Returns the bytes so far; once the wait is over, all of them.
    #[cfg(test)]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Closes the pipe and returns the bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns the pipe, unless it has ended.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.reader.as_ref().map(AsFd::as_fd)
    }

    pub(super) fn close(&mut self) {
        self.reader = None;
    }

    /// Reads once, since poll(2) has reported that the read won't wait.
    pub(super) fn read(&mut self) -> io::Result<Progress> {
        let Some(reader) = &self.reader else { return Ok(Progress::End) };
        // A page for the single line that most captures consist of; then as much as a pipe can hold.
        let room = if self.bytes.is_empty() { 4096 } else { pipe::CAPACITY };
        let small = self.bytes.len() < pipe::CAPACITY;
        match pipe::read_into(reader.as_fd(), &mut self.bytes, room) {
            Ok(0) => {
                self.close();
                Ok(Progress::End)
            }
            Ok(_) if self.bytes.len() > self.limit => {
                self.bytes.truncate(self.limit);
                self.close();
                Ok(Progress::Overflow)
            }
            Ok(_) => {
                // A page that is full at once is the beginning of a big stream.
                if small && self.bytes.len() >= pipe::CAPACITY {
                    pipe::widen(reader.as_fd(), pipe::WIDE);
                }
                Ok(Progress::Some)
            }
            Err(error) if pipe::is_for_later(&error) => Ok(Progress::None),
            Err(error) => Err(error),
        }
    }
}
