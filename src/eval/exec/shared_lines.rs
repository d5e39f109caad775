//! Inputs that several threads of a run read lines from: jobs, stages, functions in the background.
//!
//! A line is examined before it is taken. Two threads that examined the same pipe would both see a line and take
//! two; two threads that share a position in a file would both set it back. So only one thread examines and takes at
//! a time. A writer may write a line in pieces: the thread that has taken the first piece also gets the others.

use crate::eval::shared::Shared;
use crate::sys::file_identity::FileIdentity;
use crate::sys::lines::{Lines, Scratch, Taken};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The inputs of a run that are read by lines. A thread holds the lock while it examines a line and takes it.
#[derive(Default)]
pub(in crate::eval) struct SharedLines(Mutex<State>);

#[derive(Default)]
struct State {
    scratch: Option<Scratch>,
    /// The inputs from which a reader has taken the beginning of a line.
    begun: Vec<FileIdentity>,
}

impl SharedLines {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader of lines, or of bytes up to a line end. It belongs to one thread.
pub(in crate::eval) struct LineReader {
    lines: Lines,
    shared: Arc<Shared>,
    /// Whether it reads each line to its end.
    takes_lines: bool,
    has_begun: bool,
}

impl LineReader {
    /// Returns a reader that reads each line to its end.
    pub fn of_lines(lines: Lines, shared: Arc<Shared>) -> Self {
        Self { lines, shared, takes_lines: true, has_begun: false }
    }

    /// Returns a reader of bytes, which may stop within a line.
    pub fn of_bytes(lines: Lines, shared: Arc<Shared>) -> Self {
        Self { lines, shared, takes_lines: false, has_begun: false }
    }

    /// Returns whether [`LineReader::take`] never waits for a writer.
    pub fn never_waits(&self) -> bool {
        self.lines.never_waits()
    }

    /// Appends the available data, like [`Lines::take`].
    ///
    /// # Errors
    /// Fails as [`Lines::take`] does; with `WouldBlock` while another reader has the beginning of a line.
    pub fn take(&mut self, input: BorrowedFd<'_>, into: &mut Vec<u8>) -> io::Result<Taken> {
        let Some(file) = self.lines.shared_file() else { return self.lines.take(input, None, into) };
        let mut state = self.shared.lines.state();
        if !self.has_begun && state.begun.contains(&file) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if self.lines.needs_scratch() && state.scratch.is_none() {
            state.scratch = Some(Scratch::new()?);
        }
        let taken = self.lines.take(input, state.scratch.as_ref(), into)?;
        let begins = self.takes_lines && taken == Taken::Part;
        if begins && !self.has_begun {
            state.begun.push(file);
        } else if !begins && self.has_begun {
            state.begun.retain(|begun| *begun != file);
        }
        self.has_begun = begins;
        Ok(taken)
    }
}

impl Drop for LineReader {
    fn drop(&mut self) {
        if self.has_begun
            && let Some(file) = self.lines.shared_file()
        {
            self.shared.lines.state().begun.retain(|begun| *begun != file);
        }
    }
}
