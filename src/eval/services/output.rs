//! The output of instances: passed on line by line, or appended to a log file that is renamed when it is large.

use super::state::{Inner, ServiceState};
use crate::eval::report::last_output::LastOutput;
use crate::process::pipe;
use crate::sys::pipe::{is_for_later, read_at_once, write};
use crate::sys::poll::{Interest, PollSet, has_room};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How much is read at once: a pipe with any room takes so much without waiting (pipe(7), `PIPE_BUF`).
const PIECE: usize = 4096;
/// How many of the last lines a message shows.
const LINES: usize = 10;
/// How long the last output of a service may wait for room once the service has ended.
const REST: Duration = Duration::from_secs(2);
/// How many streams of ended runs may wait for room. The oldest is dropped beyond it.
const MOST_RESTS: usize = 32;

/// The output or the error output of a run.
pub struct Stream {
    /// Its number: 1 or 2.
    fd: i32,
    reader: Option<OwnedFd>,
    /// The beginning of each line.
    tag: Option<Vec<u8>>,
    /// The beginning of a line whose end has not come, if lines have tags.
    line: Vec<u8>,
    /// What was read and not passed on, since there was no room. Nothing is read in the meantime.
    waiting: Vec<u8>,
    last: LastOutput,
    /// Whether the run has ended: what has been written until now is all.
    ended: bool,
}

impl Stream {
    /// Creates it with the end that the program writes to.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    pub fn new(fd: i32, tag: Option<Vec<u8>>) -> io::Result<(Self, OwnedFd)> {
        let (reader, writer) = pipe()?;
        let (line, waiting, last) = (Vec::new(), Vec::new(), LastOutput::default());
        Ok((Self { fd, reader: Some(reader), tag, line, waiting, last, ended: false }, writer))
    }

    /// Returns its last lines.
    pub fn last_lines(&self) -> Option<String> {
        self.last.lines(LINES)
    }

    /// Notes that the run has ended.
    pub fn end(&mut self) {
        self.ended = true;
    }

    fn is_over(&self) -> bool {
        self.reader.is_none() && self.line.is_empty() && self.waiting.is_empty()
    }

    /// Waits for more, or for room where it goes.
    pub fn watch(&self, inner: &Inner, set: &mut PollSet) {
        let full = self.target(inner).filter(|target| !has_room(*target));
        match (full, &self.reader) {
            (Some(full), Some(_)) => drop(set.add(full, Interest::Write)),
            (Some(full), None) if !self.waiting.is_empty() => drop(set.add(full, Interest::Write)),
            (None, Some(reader)) => drop(set.add(reader.as_fd(), Interest::Read)),
            _ => {}
        }
    }

    fn target<'i>(&self, inner: &'i Inner) -> Option<BorrowedFd<'i>> {
        if inner.log.is_some() {
            return None;
        }
        inner.base.env.files.get(self.fd)?.borrow().ok()
    }

    /// Passes on what the run has written, as far as there is room: this never waits.
    pub fn pass_on(&mut self, inner: &mut Inner) {
        let mut piece = Vec::with_capacity(PIECE);
        while self.has_passed_on(inner) {
            let Some(reader) = &self.reader else {
                if self.line.is_empty() {
                    return;
                }
                self.line.push(b'\n');
                self.waiting.append(&mut self.line);
                continue;
            };
            piece.clear();
            match read_at_once(reader.as_fd(), &mut piece, PIECE) {
                Ok(0) => self.reader = None,
                Ok(_) => self.take(&piece),
                Err(error) if is_for_later(&error) && !self.ended => return,
                // A process that it has left behind may hold the pipe.
                Err(_) => self.reader = None,
            }
        }
    }

    fn take(&mut self, piece: &[u8]) {
        self.last.push(piece);
        let Some(tag) = &self.tag else { return self.waiting.extend_from_slice(piece) };
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            if self.line.is_empty() {
                self.line.extend_from_slice(tag);
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") || self.line.len() > PIECE {
                self.waiting.append(&mut self.line);
            }
        }
    }

    /// Writes what waits. Returns whether nothing waits any more.
    fn has_passed_on(&mut self, inner: &mut Inner) -> bool {
        if let Some(log) = &mut inner.log {
            log.append(&self.waiting);
            self.waiting.clear();
        }
        while !self.waiting.is_empty() {
            let Some(target) = self.target(inner) else {
                self.waiting.clear();
                break;
            };
            let piece = &self.waiting[..self.waiting.len().min(PIECE)];
            if !has_room(target) {
                return false;
            }
            match write(target, piece) {
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if is_for_later(&error) => return false,
                // Its reader has gone, or its disk is full: the service goes on.
                Err(_) => self.waiting.clear(),
            }
        }
        true
    }
}

impl Inner {
    /// Keeps the output of a run that has ended until there is room for it.
    pub fn keep_rest(&mut self, streams: Vec<Stream>) {
        self.rest.extend(streams.into_iter().filter(|stream| !stream.is_over()));
        let surplus = self.rest.len().saturating_sub(MOST_RESTS);
        self.rest.drain(..surplus);
    }
}

impl ServiceState {
    /// Passes on the output of runs that have ended. When the service has ended, and no room comes, it is dropped.
    pub fn pass_rest_on(&self, inner: &mut Inner, now: Duration) {
        let mut rest = std::mem::take(&mut inner.rest);
        for stream in &mut rest {
            stream.pass_on(inner);
        }
        rest.retain(|stream| !stream.is_over());
        let is_last = inner.machine.has_ended() && inner.runs.is_empty() && !rest.is_empty();
        inner.rest_until = is_last.then(|| inner.rest_until.unwrap_or(now + REST));
        if inner.rest_until.is_some_and(|until| until <= now) {
            let message = format!("the last output of `{}` was lost: its reader does not read", self.name);
            inner.base.report_warning(&message);
            rest.clear();
        }
        inner.rest = rest;
    }
}

/// The log file of a service.
pub struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
    most: u64,
    keep: usize,
}

impl LogFile {
    /// Opens the file, and appends to it.
    ///
    /// # Errors
    /// Fails as open(2) does.
    pub fn open(path: &Path, most: u64, keep: usize) -> io::Result<Self> {
        let file = open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_path_buf(), file, size, most, keep })
    }

    fn append(&mut self, bytes: &[u8]) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.size > 0 && self.size + line.len() as u64 > self.most {
                self.rotate();
            }
            // A full disk must not end the service.
            if self.file.write_all(line).is_ok() {
                self.size += line.len() as u64;
            }
        }
    }

    /// Renames the files, `PATH` to `PATH.1` and so on, and begins a new one.
    fn rotate(&mut self) {
        let older = |number: usize| {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        for number in (1..self.keep).rev() {
            let _ = std::fs::rename(older(number), older(number + 1));
        }
        let renamed = std::fs::rename(&self.path, older(1));
        if let (Ok(()), Ok(file)) = (renamed, open(&self.path)) {
            (self.file, self.size) = (file, 0);
        } else {
            // It is tried again after as much output.
            self.size = 0;
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    std::fs::OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_file_is_renamed_between_two_lines_and_so_many_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let mut log = LogFile::open(&path, 10, 2).unwrap();
        for line in ["one\n", "two\n", "three\n", "four\n", "five\n", "six\n"] {
            log.append(line.as_bytes());
        }
        let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap_or_default();
        assert_eq!([read("log"), read("log.1"), read("log.2")], ["six\n", "four\nfive\n", "three\n"]);
        assert!(!directory.path().join("log.3").exists());
    }
}
