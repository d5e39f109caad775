//! The bytes that pass through the interpreter while programs run: captures.
//!
//! All of them move in the one loop of [`super::wait()`]. A program that fills the pipe of its standard
//! error while we read its output alone would wait for us for ever, and we for it.

use crate::sys::pipe;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What moves during one wait.
#[derive(Debug, Default)]
pub struct Pump {
    /// Output to be kept.
    pub captures: Vec<Capture>,
}

/// The reading end of a pipe, and what came out of it.
#[derive(Debug)]
pub struct Capture {
    reader: Option<OwnedFd>,
    bytes: Vec<u8>,
    limit: usize,
}

/// What one read of a capture did.
pub(super) enum Progress {
    /// Bytes came.
    Some,
    /// There are none at the moment.
    None,
    /// The last writer has gone.
    End,
    /// More than the limit came.
    Overflow,
}

impl Pump {
    /// With one capture of at most `limit` bytes.
    #[cfg(test)]
    pub fn capture(reader: OwnedFd, limit: usize) -> Self {
        Self { captures: vec![Capture::new(reader, limit)] }
    }
}

impl Capture {
    /// From a pipe's reading end, for at most `limit` bytes.
    pub fn new(reader: OwnedFd, limit: usize) -> Self {
        Self { reader: Some(reader), bytes: Vec::new(), limit }
    }

    /// What came so far; all of it, once the wait is over.
    #[cfg(test)]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives up the pipe and keeps the bytes.
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

    /// Reads once, for poll has said that it won't wait.
    pub(super) fn read(&mut self) -> io::Result<Progress> {
        let Some(reader) = &self.reader else { return Ok(Progress::End) };
        // A page for the one line that most captures are; then as much as a pipe may hold.
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
                // It is a big stream, then.
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
