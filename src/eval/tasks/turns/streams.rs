//! The pipes that a turn prints to, and the lines of `tag` and `output="live"`.

use crate::process::{Descriptor, FileTable};
use crate::sys::{lines, pipe};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

/// The longest line in bytes that is passed on in one piece.
const LONGEST_LINE: usize = 1 << 20;

/// The reading end of a pipe that a turn prints to.
pub struct Stream {
    /// The descriptor of the loop to which the output goes.
    pub descriptor: i32,
    reader: OwnedFd,
    lines: Option<LineBuffer>,
}

/// A buffer that collects whole lines and puts a tag before each.
pub struct LineBuffer {
    tag: Option<Arc<[u8]>>,
    /// Whether an incomplete line waits for its end.
    whole: bool,
    begun: Vec<u8>,
    /// Whether a part of the current line has already been passed on.
    is_within: bool,
}

impl LineBuffer {
    pub fn new(tag: Option<Arc<[u8]>>, whole: bool) -> Self {
        Self { tag, whole, begun: Vec::new(), is_within: false }
    }

    /// Adds bytes. Returns the output that can be passed on now.
    fn add(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 64);
        let end = match memchr::memrchr(b'\n', bytes) {
            _ if !self.whole => bytes.len(),
            Some(last) => last + 1,
            None if self.begun.len() + bytes.len() > LONGEST_LINE => bytes.len(),
            None => 0,
        };
        if end > 0 {
            let begun = std::mem::take(&mut self.begun);
            self.put(&begun, &mut out);
            self.put(&bytes[..end], &mut out);
        }
        self.begun.extend_from_slice(&bytes[end..]);
        out
    }

    /// Returns the rest of the output. A line without an end gets one, so that no output of another turn continues it.
    fn end(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let begun = std::mem::take(&mut self.begun);
        self.put(&begun, &mut out);
        if self.is_within {
            out.push(b'\n');
        }
        out
    }

    fn put(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if !self.is_within {
                out.extend_from_slice(self.tag.as_deref().unwrap_or_default());
            }
            out.extend_from_slice(line);
            self.is_within = line.last() != Some(&b'\n');
        }
    }
}

/// The result of reading a stream.
pub enum Read {
    Bytes,
    Nothing,
    End,
}

impl Stream {
    pub fn reader(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }

    /// Reads the available output into an empty buffer, without waiting.
    ///
    /// # Errors
    /// Those of read(2).
    pub fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<Read> {
        let read = match pipe::read_at_once(self.reader.as_fd(), buffer, pipe::CAPACITY) {
            Ok(0) => Read::End,
            Ok(_) => Read::Bytes,
            Err(error) if pipe::is_for_later(&error) => return Ok(Read::Nothing),
            Err(error) => return Err(error),
        };
        if let Some(lines) = &mut self.lines {
            *buffer = if let Read::End = read { lines.end() } else { lines.add(buffer) };
        }
        Ok(read)
    }
}

/// The descriptors of a loop that its turns have pipes for. A pipe is shared by standard output and standard error if they
/// are the same open file, which keeps their order.
pub struct Targets(Vec<&'static [i32]>);

impl Targets {
    /// Returns those of a loop, once for all its turns. There is no pipe for `/dev/null`.
    pub fn of(files: &FileTable) -> Self {
        let target = |number| files.get(number).filter(|target| !goes_nowhere(target));
        Self(match (target(1), target(2)) {
            (Some(output), Some(error)) if is_one_file(output, error) => vec![&[1, 2]],
            (Some(_), Some(_)) => vec![&[1], &[2]],
            (Some(_), None) => vec![&[1]],
            (None, Some(_)) => vec![&[2]],
            (None, None) => Vec::new(),
        })
    }

    /// Replaces these descriptors of a turn with pipes.
    ///
    /// # Errors
    /// `EMFILE` when no descriptor is left.
    pub fn open(
        &self,
        files: &mut FileTable,
        lines: impl Fn() -> Option<LineBuffer>,
    ) -> io::Result<Vec<Stream>> {
        let stream = |numbers: &&[i32]| {
            let (reader, writer) = pipe::pipe()?;
            let writer = Arc::new(writer);
            numbers.iter().for_each(|number| files.set(*number, writer.clone()));
            Ok(Stream { descriptor: numbers[0], reader, lines: lines() })
        };
        self.0.iter().map(stream).collect()
    }
}

fn is_one_file(one: &Descriptor, other: &Descriptor) -> bool {
    one.is(other)
        || match (one.borrow(), other.borrow()) {
            (Ok(one), Ok(other)) => lines::is_same(one, other),
            _ => false,
        }
}

/// Returns whether the descriptor refers to `/dev/null`.
fn goes_nowhere(target: &Descriptor) -> bool {
    target.borrow().is_ok_and(crate::sys::open::is_null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(tag: Option<&str>, whole: bool, pieces: &[&str]) -> Vec<String> {
        let mut buffer = LineBuffer::new(tag.map(|tag| tag.as_bytes().into()), whole);
        let mut all: Vec<Vec<u8>> = pieces.iter().map(|piece| buffer.add(piece.as_bytes())).collect();
        all.push(buffer.end());
        all.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect()
    }

    #[test]
    fn a_tag_begins_each_line_once() {
        assert_eq!(
            lines(Some("a\t"), false, &["one\ntw", "o\n", "three"]),
            ["a\tone\na\ttw", "o\n", "a\tthree", "\n"]
        );
    }

    #[test]
    fn live_output_is_whole_lines() {
        assert_eq!(lines(None, true, &["on", "e\ntwo\nth", "ree"]), ["", "one\ntwo\n", "", "three\n"]);
        assert_eq!(lines(None, true, &[]), [""]);
        let long = "x".repeat(LONGEST_LINE + 1);
        assert_eq!(lines(None, true, &[&long, "y\n"]), [&*long, "y\n", ""]);
    }
}
