//! Kernel pipes. The only file that names os_pipe.

use super::descriptor;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The capacity that halves the time of big streams, in bytes.
pub const WIDE: usize = 256 << 10;

/// What a pipe holds normally, in bytes (pipe(7)).
pub const CAPACITY: usize = 64 << 10;

/// What a pipe holds at least, in bytes, so that as much is written to an empty one without waiting
/// (`PIPE_BUF` on Linux; a user past `pipe-user-pages-soft` gets no more than two pages).
pub const LEAST: usize = 4096;

/// A new pipe as (reader, writer), both close-on-exec and above 2.
///
/// # Errors
/// `EMFILE` or `ENFILE` when no descriptor is left.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = os_pipe::pipe()?;
    Ok((descriptor::lift(reader.into())?, descriptor::lift(writer.into())?))
}

/// Asks for a capacity of `bytes`, and does without when the kernel refuses.
///
/// An ordinary user's pipes share `pipe-user-pages-soft` (64 MiB by default); past it new pipes shrink to
/// two pages. So widen a few pipes that carry much, never each of a hundred.
pub fn widen(fd: BorrowedFd<'_>, bytes: usize) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(fd, bytes);
    #[cfg(not(target_os = "linux"))]
    let _ = (fd, bytes);
}

/// A pipe between two programs of a pipeline of so many stages, wide when they are few.
///
/// What flows can't be known before it does, and afterwards nobody here holds the pipe any more. To widen
/// costs a microsecond; streams gain a tenth to a half.
///
/// # Errors
/// As [`pipe()`].
pub fn between(stages: usize) -> io::Result<(OwnedFd, OwnedFd)> {
    const FEW: usize = 16;
    let (reader, writer) = pipe()?;
    if stages <= FEW {
        widen(writer.as_fd(), WIDE);
    }
    Ok((reader, writer))
}

/// How many bytes the pipe can hold.
pub fn capacity(fd: impl AsFd) -> usize {
    #[cfg(target_os = "linux")]
    return rustix::pipe::fcntl_getpipe_size(fd).unwrap_or(LEAST);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = fd;
        LEAST
    }
}

/// Whether a read or write is to be tried again, once poll(2) says so: a signal came in between, or another process
/// that shares the open file was faster.
pub fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}

/// Reads into the spare room of `bytes`, making at least `room` bytes of it, and returns how many came.
///
/// There is no second buffer: a capture of 200 MB is held once. A large vector grows by remapping its
/// pages, and pages that were not written to take no memory.
///
/// # Errors
/// Those of read(2); `Interrupted` and `WouldBlock` are for the caller to judge. `OutOfMemory` when there is
/// no room.
pub fn read_into(fd: BorrowedFd<'_>, bytes: &mut Vec<u8>, room: usize) -> io::Result<usize> {
    if bytes.capacity() - bytes.len() < room {
        bytes.try_reserve(room).map_err(|_| io::ErrorKind::OutOfMemory)?;
    }
    Ok(rustix::io::read(fd, rustix::buffer::spare_capacity(bytes))?)
}

/// Writes some of `bytes` and returns how many.
///
/// # Errors
/// Those of write(2): `BrokenPipe` when the reader has gone, `WouldBlock` when the pipe is full.
pub fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::write(fd, bytes)?)
}
