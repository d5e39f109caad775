//! The output of instances: passed on line by line, or appended to a log file that is renamed when it is large.

use super::instance::Instance;
use super::state::{Inner, ServiceState};
use crate::process::pipe;
use crate::sys::pipe::{is_for_later, read_at_once, write};
use crate::sys::poll::{Interest, PollSet, has_room};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// How much is read at once: a pipe with any room takes so much without waiting (pipe(7), `PIPE_BUF`).
const PIECE: usize = 4096;
/// How much of the output of a run is kept for messages.
const KEPT: usize = 2000;

/// The output or the error output of a run.
pub struct Stream {
    /// Its number: 1 or 2.
    fd: i32,
    reader: Option<OwnedFd>,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    kept: Vec<u8>,
}

impl Stream {
    /// Creates it with the end that the program writes to.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    pub fn new(fd: i32) -> io::Result<(Self, OwnedFd)> {
        let (reader, writer) = pipe()?;
        Ok((Self { fd, reader: Some(reader), line: Vec::new(), kept: Vec::new() }, writer))
    }

    /// Returns its last lines.
    pub fn last_lines(&self) -> &[u8] {
        let from = self.kept.len().saturating_sub(KEPT);
        &self.kept[from..]
    }

    /// Waits for more, or for room where it goes.
    pub fn watch(&self, inner: &Inner, set: &mut PollSet) {
        let Some(reader) = &self.reader else { return };
        match self.target(inner).filter(|target| !has_room(*target)) {
            Some(full) => set.add(full, Interest::Write),
            None => set.add(reader.as_fd(), Interest::Read),
        };
    }

    fn target<'i>(&self, inner: &'i Inner) -> Option<BorrowedFd<'i>> {
        if inner.log.is_some() {
            return None;
        }
        inner.base.env.files.get(self.fd)?.borrow().ok()
    }
}

impl ServiceState {
    /// Passes on what a run has written; when it has ended, all of it.
    pub fn pass_on(&self, inner: &mut Inner, run: &mut Instance, ended: bool) {
        let tag = self.options.tag.then(|| format!("{}/{}\t", self.name, run.number).into_bytes());
        for stream in &mut run.streams {
            let mut piece = Vec::with_capacity(PIECE);
            while stream.target(inner).is_none_or(has_room) || ended {
                let Some(reader) = &stream.reader else { break };
                piece.clear();
                match read_at_once(reader.as_fd(), &mut piece, PIECE) {
                    Ok(0) => {
                        stream.reader = None;
                        break;
                    }
                    Ok(_) => stream.take(inner, &piece, tag.as_deref()),
                    Err(error) if is_for_later(&error) => break,
                    Err(_) => stream.reader = None,
                }
            }
            if ended && !stream.line.is_empty() {
                let rest = std::mem::take(&mut stream.line);
                stream.print(inner, &[&rest[..], b"\n"].concat());
            }
        }
    }
}

impl Stream {
    fn take(&mut self, inner: &mut Inner, piece: &[u8], tag: Option<&[u8]>) {
        self.kept.extend_from_slice(piece);
        if self.kept.len() > 4 * KEPT {
            self.kept.drain(..self.kept.len() - KEPT);
        }
        let Some(tag) = tag else { return self.print(inner, piece) };
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            if self.line.is_empty() {
                self.line.extend_from_slice(tag);
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") || self.line.len() > PIECE {
                let line = std::mem::take(&mut self.line);
                self.print(inner, &line);
            }
        }
    }

    fn print(&self, inner: &mut Inner, mut bytes: &[u8]) {
        if let Some(log) = &mut inner.log {
            return log.append(bytes);
        }
        while let Some(target) = self.target(inner).filter(|_| !bytes.is_empty()) {
            match write(target, bytes) {
                Ok(written) => bytes = &bytes[written..],
                // Its reader has gone, or its disk is full: the service goes on.
                Err(_) => return,
            }
        }
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
