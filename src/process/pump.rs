//! The bytes that pass through the interpreter while programs run: captures and fed input.
//!
//! All of it moves in the one loop of [`super::wait()`]. A program that fills the pipe of its standard
//! error while we read its output alone would wait for us for ever, and we for it.

use crate::sys::{descriptor, pipe};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What moves during one wait.
#[derive(Debug, Default)]
pub struct Pump {
    /// Output to be kept.
    pub captures: Vec<Capture>,
    /// Input to be given.
    pub feeds: Vec<Feed>,
    /// Whether stages that run in the interpreter write to the captured pipes too. If so their end is
    /// awaited; if not, a pipe that is open after the last program has ended is held by a process that
    /// was left behind, and is given up after a moment.
    pub other_writers: bool,
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
    pub fn capture(reader: OwnedFd, limit: usize) -> Self {
        Self { captures: vec![Capture::new(reader, limit)], ..Self::default() }
    }
}

impl Capture {
    /// From a pipe's reading end, for at most `limit` bytes.
    pub fn new(reader: OwnedFd, limit: usize) -> Self {
        Self { reader: Some(reader), bytes: Vec::new(), limit }
    }

    /// What came so far; all of it, once the wait is over.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives up the pipe and keeps the bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
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

/// Bytes for a program's input, and the writing end of the pipe that it reads.
#[derive(Debug)]
pub struct Feed {
    writer: Option<OwnedFd>,
    bytes: Vec<u8>,
    written: usize,
}

impl Feed {
    /// Takes a private pipe end, which must have no other owner: it is made non-blocking.
    ///
    /// # Errors
    /// None for a pipe end that is open.
    pub fn new(writer: OwnedFd, bytes: Vec<u8>) -> io::Result<Self> {
        descriptor::set_nonblocking(writer.as_fd())?;
        Ok(Self { writer: Some(writer), bytes, written: 0 })
    }

    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.writer.as_ref().map(AsFd::as_fd)
    }

    pub(super) fn close(&mut self) {
        self.writer = None;
    }

    /// Writes what fits. A program that stops reading before the end has read enough: no error.
    pub(super) fn write(&mut self) -> io::Result<()> {
        let Some(writer) = &self.writer else { return Ok(()) };
        match pipe::write(writer.as_fd(), &self.bytes[self.written..]) {
            Ok(n) => self.written += n,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close(),
            Err(error) if pipe::is_for_later(&error) => {}
            Err(error) => return Err(error),
        }
        if self.written == self.bytes.len() {
            self.close();
        }
        Ok(())
    }
}
