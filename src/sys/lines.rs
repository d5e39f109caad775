//! Reading lines from an input that other readers share: a reader takes a line, and not a byte after it.
//!
//! POSIX requires this of `read` (Shell and Utilities, `read`): a program that is started afterwards continues to read
//! where the line ended. How the end of a line is found before the line is taken depends on the input:
//! - for a file, more is read, and the offset is set back (lseek(2));
//! - for a pipe, tee(2) copies the available data, and splice(2) takes the part that belongs to the line;
//! - for a socket, `MSG_PEEK` shows the data (recv(2));
//! - a terminal returns a line at a time (termios(3), "Canonical and noncanonical mode");
//! - for anything else, bytes are read one by one.

use super::file_identity::FileIdentity;
use rustix::fs::{FileType, SeekFrom};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// How many bytes are searched first for the end of a line.
const LEAST: usize = 256;
/// How many bytes are searched at once for the end of a long line.
const MOST: usize = 64 << 10;
/// `N_TTY_BUF_SIZE`: the longest line of a terminal.
const LONGEST_TYPED: usize = 4096;
/// The major number of `/dev/null` and `/dev/zero`, which have no position.
const MEMORY_DEVICES: u32 = 1;

/// The result of a read of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The bytes end with a line end.
    Line,
    /// There is no line end yet.
    Part,
    /// The end of the input.
    End,
}

/// The pipe to which tee(2) copies. Several readers may share one, which is empty between two calls.
#[derive(Debug)]
pub struct Scratch {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Scratch {
    /// Creates one.
    ///
    /// # Errors
    /// Fails with `EMFILE` or `ENFILE` when no descriptor is left.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = super::pipe::pipe()?;
        Ok(Self { reader, writer })
    }
}

/// A reader of lines.
#[derive(Debug)]
pub struct Lines {
    kind: Kind,
    file: Option<FileIdentity>,
    /// The number of bytes to search.
    room: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The input has no other reader that could notice how much was read, so all available data is read.
    Ahead,
    File,
    Pipe,
    Socket,
    Terminal,
    Bytes,
}

impl Lines {
    /// Creates a reader of an input that other readers share.
    ///
    /// # Errors
    /// Fails as fstat(2) does.
    pub fn of(input: BorrowedFd<'_>) -> io::Result<Self> {
        let stat = rustix::fs::fstat(input)?;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile | FileType::BlockDevice
                if rustix::fs::seek(input, SeekFrom::Current(0)).is_ok() =>
            {
                Kind::File
            }
            FileType::Fifo if cfg!(target_os = "linux") => Kind::Pipe,
            FileType::Socket => Kind::Socket,
            FileType::CharacterDevice if rustix::fs::major(stat.st_rdev) == MEMORY_DEVICES => Kind::Ahead,
            FileType::CharacterDevice if super::tty::is_terminal(input) => Kind::Terminal,
            _ => Kind::Bytes,
        };
        Ok(Self { kind, file: Some(FileIdentity::of_stat(&stat)), room: LEAST })
    }

    /// Creates a reader of an input that has no other reader: unused data is lost with this reader.
    pub fn ahead() -> Self {
        Self { kind: Kind::Ahead, file: None, room: MOST }
    }

    /// Returns whether [`Lines::take`] never waits for a writer: missing data is `WouldBlock`.
    pub fn never_waits(&self) -> bool {
        matches!(self.kind, Kind::File | Kind::Pipe | Kind::Socket)
    }

    /// Returns the input that no other thread of this process may read during [`Lines::take`]; none if others may.
    pub fn shared_file(&self) -> Option<FileIdentity> {
        self.file.filter(|_| matches!(self.kind, Kind::File | Kind::Pipe | Kind::Socket))
    }

    /// Returns whether [`Lines::take`] needs a scratch pipe.
    pub fn needs_scratch(&self) -> bool {
        self.kind == Kind::Pipe
    }

    /// Appends available data up to the end of the first line; for an input without another reader, all of it.
    ///
    /// # Errors
    /// Fails as read(2) does. The caller has to handle `Interrupted` and `WouldBlock`. Fails with `OutOfMemory` when
    /// there is no room.
    pub fn take(
        &mut self,
        input: BorrowedFd<'_>,
        scratch: Option<&Scratch>,
        into: &mut Vec<u8>,
    ) -> io::Result<Taken> {
        let before = into.len();
        match self.kind {
            Kind::Ahead => super::pipe::read_at_once(input, into, MOST).map(drop)?,
            Kind::File => self.take_of_file(input, into)?,
            Kind::Pipe => match scratch {
                Some(scratch) => take_of_pipe(input, scratch, into, self.room)?,
                None => read(input, into, 1)?,
            },
            Kind::Socket => take_of_socket(input, into, self.room)?,
            Kind::Terminal => read(input, into, if is_by_lines(input) { LONGEST_TYPED } else { 1 })?,
            Kind::Bytes => read(input, into, 1)?,
        };
        let taken = &into[before..];
        if taken.is_empty() {
            return Ok(Taken::End);
        }
        if taken.last() == Some(&b'\n') {
            // The next line is probably about as long as this one.
            self.room = (2 * taken.len()).clamp(LEAST, MOST);
            return Ok(Taken::Line);
        }
        self.room = (2 * self.room).min(MOST);
        Ok(Taken::Part)
    }

    fn take_of_file(&self, input: BorrowedFd<'_>, into: &mut Vec<u8>) -> io::Result<()> {
        let before = into.len();
        read(input, into, self.room)?;
        let count = up_to_line_end(&into[before..]);
        let excess = into.len() - before - count;
        if excess > 0 {
            rustix::fs::seek(input, SeekFrom::Current(-(excess as i64)))?;
            into.truncate(before + count);
        }
        Ok(())
    }
}

/// Returns whether it is a regular file.
pub fn is_file(fd: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
}

/// Returns whether two descriptors lead to the same file, by device and inode.
pub fn is_same(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    FileIdentity::of(one).is_ok_and(|one| FileIdentity::of(other).is_ok_and(|other| other == one))
}

/// Returns how many bytes belong to the first line of these.
fn up_to_line_end(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1)
}

/// Appends at most `room` bytes.
fn read(input: BorrowedFd<'_>, into: &mut Vec<u8>, room: usize) -> io::Result<()> {
    let before = into.len();
    into.try_reserve(room).map_err(|_| io::ErrorKind::OutOfMemory)?;
    into.resize(before + room, 0);
    let result = rustix::io::read(input, &mut into[before..]);
    into.truncate(before + *result.as_ref().unwrap_or(&0));
    Ok(result.map(drop)?)
}

/// Returns whether a terminal returns lines. One that a program has switched to single keys returns whatever is
/// available.
fn is_by_lines(terminal: BorrowedFd<'_>) -> bool {
    rustix::termios::tcgetattr(terminal)
        .is_ok_and(|modes| modes.local_modes.contains(rustix::termios::LocalModes::ICANON))
}

/// Another process may take data from the pipe between the two calls. The taken data is then returned unchanged:
/// nothing is lost, but it may be another line.
#[cfg(target_os = "linux")]
fn take_of_pipe(input: BorrowedFd<'_>, scratch: &Scratch, into: &mut Vec<u8>, room: usize) -> io::Result<()> {
    use rustix::pipe::{SpliceFlags, splice, tee};
    let before = into.len();
    // The pipe may have been emptied since poll(2) reported data.
    let flags = SpliceFlags::NONBLOCK;
    let mut room = room;
    // A line that is completely available is taken as a whole.
    let count = loop {
        let there = tee(input, scratch.writer.as_fd(), room, flags)?;
        if there == 0 {
            return Ok(());
        }
        read(scratch.reader.as_fd(), into, room)?;
        let count = up_to_line_end(&into[before..]);
        let has_end = into.last() == Some(&b'\n') || count < into.len() - before;
        into.truncate(before);
        if has_end || there < room || room >= MOST {
            break count;
        }
        room = (2 * room).min(MOST);
    };
    splice(input, None, scratch.writer.as_fd(), None, count, flags)?;
    read(scratch.reader.as_fd(), into, count)
}

#[cfg(not(target_os = "linux"))]
fn take_of_pipe(input: BorrowedFd<'_>, _: &Scratch, into: &mut Vec<u8>, _: usize) -> io::Result<()> {
    read(input, into, 1)
}

fn take_of_socket(input: BorrowedFd<'_>, into: &mut Vec<u8>, room: usize) -> io::Result<()> {
    let before = into.len();
    receive(input, into, room, libc::MSG_PEEK)?;
    let count = up_to_line_end(&into[before..]);
    into.truncate(before);
    // None is the end: receiving nothing has no meaning of its own.
    if count == 0 { Ok(()) } else { receive(input, into, count, 0) }
}

fn receive(input: BorrowedFd<'_>, into: &mut Vec<u8>, room: usize, flags: libc::c_int) -> io::Result<()> {
    let before = into.len();
    into.try_reserve(room).map_err(|_| io::ErrorKind::OutOfMemory)?;
    into.resize(before + room, 0);
    let buffer = into[before..].as_mut_ptr().cast();
    // SAFETY: the buffer is `room` bytes of a vector that nothing else uses.
    let count = unsafe { libc::recv(input.as_raw_fd(), buffer, room, flags | libc::MSG_DONTWAIT) };
    into.truncate(before + usize::try_from(count).unwrap_or(0));
    if count < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::{Read, Seek, Write};

    /// Returns the first line of an input, and everything that its next reader finds.
    fn line_and_rest(mut input: File) -> (Vec<u8>, Vec<u8>) {
        let scratch = Scratch::new().unwrap();
        let mut lines = Lines::of(input.as_fd()).unwrap();
        let mut line = Vec::new();
        while lines.take(input.as_fd(), Some(&scratch), &mut line).unwrap() == Taken::Part {}
        let mut rest = Vec::new();
        input.read_to_end(&mut rest).unwrap();
        (line, rest)
    }

    fn long() -> Vec<u8> {
        let mut text = vec![b'x'; 1000];
        text.extend_from_slice(b"\nrest\n");
        text
    }

    fn file(text: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        file.rewind().unwrap();
        file
    }

    fn pipe(text: &[u8]) -> File {
        let (reader, writer) = crate::sys::pipe::pipe().unwrap();
        File::from(writer).write_all(text).unwrap();
        File::from(reader)
    }

    fn socket(text: &[u8]) -> File {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        (&ours).write_all(text).unwrap();
        File::from(OwnedFd::from(theirs))
    }

    #[test]
    fn the_next_reader_has_the_rest() {
        for input in [file, pipe, socket] {
            assert_eq!(line_and_rest(input(b"one\ntwo\n")), (b"one\n".to_vec(), b"two\n".to_vec()));
            assert_eq!(line_and_rest(input(b"\n\n")), (b"\n".to_vec(), b"\n".to_vec()));
            assert_eq!(line_and_rest(input(b"no end")), (b"no end".to_vec(), Vec::new()));
            assert_eq!(line_and_rest(input(b"")), (Vec::new(), Vec::new()));
            let (line, rest) = line_and_rest(input(&long()));
            assert_eq!((line.len(), &*rest), (1001, &b"rest\n"[..]));
        }
    }

    #[test]
    fn an_empty_pipe_is_not_waited_for() {
        let (reader, writer) = crate::sys::pipe::pipe().unwrap();
        let scratch = Scratch::new().unwrap();
        let mut lines = Lines::of(reader.as_fd()).unwrap();
        let mut line = Vec::new();
        let error = lines.take(reader.as_fd(), Some(&scratch), &mut line).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        File::from(writer).write_all(b"x").unwrap();
        assert_eq!(lines.take(reader.as_fd(), Some(&scratch), &mut line).unwrap(), Taken::Part);
        assert_eq!(lines.take(reader.as_fd(), Some(&scratch), &mut line).unwrap(), Taken::End);
        assert_eq!(line, b"x");
    }

    #[test]
    fn devices_without_a_position_are_read_in_pieces() {
        let zero = File::open("/dev/zero").unwrap();
        let mut bytes = Vec::new();
        assert_eq!(
            Lines::of(zero.as_fd()).unwrap().take(zero.as_fd(), None, &mut bytes).unwrap(),
            Taken::Part
        );
        assert_eq!(bytes.len(), MOST);
    }
}
