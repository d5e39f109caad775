//! Kernel pipes. The only file that uses os_pipe.

use super::descriptor;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// The capacity that halves the time of big streams, in bytes.
pub const WIDE: usize = 256 << 10;

/// The normal capacity of a pipe, in bytes (pipe(7)).
pub const CAPACITY: usize = 64 << 10;

/// The smallest capacity of a pipe, in bytes, so that this much can be written to an empty one without waiting
/// (`PIPE_BUF` on Linux; a user past `pipe-user-pages-soft` gets no more than two pages).
pub const LEAST: usize = 4096;

/// Creates a pipe as (reader, writer), both close-on-exec and above 2.
///
/// # Errors
/// Fails with `EMFILE` or `ENFILE` when no descriptor is left.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = os_pipe::pipe()?;
    Ok((descriptor::lift(reader.into())?, descriptor::lift(writer.into())?))
}

/// Requests a capacity of `bytes`. Ignores a refusal by the kernel.
///
/// The pipes of an ordinary user share `pipe-user-pages-soft` (64 MiB by default); past it, new pipes shrink to two
/// pages. So widen a few pipes that carry much data, never each of a hundred.
pub fn widen(fd: BorrowedFd<'_>, bytes: usize) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(fd, bytes);
    #[cfg(not(target_os = "linux"))]
    let _ = (fd, bytes);
}

/// Creates a pipe between two programs of a pipeline with this many stages, wide if they are few.
///
/// The amount of data is not known in advance, and afterwards this process no longer holds the pipe. Widening costs a
/// microsecond; streams gain a tenth to a half.
///
/// # Errors
/// Fails as [`pipe()`] does.
pub fn between(stages: usize) -> io::Result<(OwnedFd, OwnedFd)> {
    const FEW: usize = 16;
    let (reader, writer) = pipe()?;
    if stages <= FEW {
        widen(writer.as_fd(), WIDE);
    }
    Ok((reader, writer))
}

/// Lets processes of any user open a pipe by name, through `/dev/stdin` or a similar path. Does nothing for anything
/// but a pipe without a name.
///
/// A pipe belongs to the user that made it, so a program of another user can use the descriptor that it inherits, but
/// not its name: `echo x | sudo -u nobody cat /dev/stdin` fails with "Permission denied". The mode grants no other
/// access, since a pipe has no name except those in /proc/PID/fd, which can be followed only by a user who may trace
/// that process (proc(5)).
pub fn let_any_user_open(fd: BorrowedFd<'_>) {
    #[cfg(target_os = "linux")]
    if rustix::fs::fstatfs(fd).is_ok_and(|found| found.f_type == PIPEFS) {
        let _ = rustix::fs::fchmod(fd, rustix::fs::Mode::from_raw_mode(0o666));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = fd;
}

/// Returns whether the path of a descriptor leads to a pipe without a name. Such a pipe opens at once, whether or
/// not its other end exists.
pub fn is_unnamed(path: &[u8]) -> bool {
    #[cfg(target_os = "linux")]
    return rustix::fs::statfs(path).is_ok_and(|found| found.f_type == PIPEFS);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        false
    }
}

/// The file system of such pipes in statfs(2).
#[cfg(target_os = "linux")]
const PIPEFS: rustix::fs::FsWord = 0x5049_5045;

/// Returns how many bytes the pipe can hold.
pub fn capacity(fd: impl AsFd) -> usize {
    #[cfg(target_os = "linux")]
    return rustix::pipe::fcntl_getpipe_size(fd).unwrap_or(LEAST);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = fd;
        LEAST
    }
}

/// Returns whether a read or write has to be repeated when poll(2) reports readiness: a signal came in between, or
/// another process that shares the open file was faster.
pub fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}

/// Reads into the spare room of `bytes`, after making at least `room` bytes of it. Returns the number of bytes.
///
/// There is no second buffer: a capture of 200 MB is held once. A large vector grows by remapping its pages, and pages
/// that were not written to take no memory.
///
/// # Errors
/// Fails as read(2) does. The caller has to handle `Interrupted` and `WouldBlock`. Fails with `OutOfMemory` when there
/// is no room.
pub fn read_into(fd: BorrowedFd<'_>, bytes: &mut Vec<u8>, room: usize) -> io::Result<usize> {
    if bytes.capacity() - bytes.len() < room {
        bytes.try_reserve(room).map_err(|_| io::ErrorKind::OutOfMemory)?;
    }
    Ok(rustix::io::read(fd, rustix::buffer::spare_capacity(bytes))?)
}

/// Writes some of `bytes`. Returns how many.
///
/// # Errors
/// Fails as write(2) does: with `BrokenPipe` when there is no reader, with `WouldBlock` when the pipe is full.
pub fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::write(fd, bytes)?)
}

/// Reads like [`read_into`], but never waits for a pipe or socket: another reader may have taken the data that poll(2)
/// reported.
///
/// # Errors
/// Fails as [`read_into`] does; with `WouldBlock` when there is no data any more.
pub fn read_at_once(fd: BorrowedFd<'_>, bytes: &mut Vec<u8>, room: usize) -> io::Result<usize> {
    if bytes.capacity() - bytes.len() < room {
        bytes.try_reserve(room).map_err(|_| io::ErrorKind::OutOfMemory)?;
    }
    let spare = bytes.spare_capacity_mut();
    // SAFETY: the kernel writes only to the spare room.
    match unsafe { at_once(fd, Direction::In, spare.as_mut_ptr().cast(), spare.len())? } {
        Some(count) => {
            // SAFETY: this many bytes of the spare room were written.
            unsafe { bytes.set_len(bytes.len() + count) };
            Ok(count)
        }
        None => read_into(fd, bytes, room),
    }
}

/// Writes like [`write`], but never waits for a pipe or socket: another writer may have filled the room that poll(2)
/// reported.
///
/// # Errors
/// Fails as [`write`] does.
pub fn write_at_once(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the kernel only reads these bytes.
    match unsafe { at_once(fd, Direction::Out, bytes.as_ptr().cast_mut(), bytes.len())? } {
        Some(count) => Ok(count),
        None => write(fd, bytes),
    }
}

#[derive(Clone, Copy)]
enum Direction {
    In,
    Out,
}

/// Moves bytes without waiting, whatever the flags of the open file (preadv2(2), `RWF_NOWAIT`). Returns none if that
/// can't be requested, or if waiting has an end: pipes support it since Linux 6.4, terminals don't.
///
/// # Safety
/// This many bytes at the pointer must be valid for reading, or writing.
#[cfg(target_os = "linux")]
unsafe fn at_once(
    fd: BorrowedFd<'_>,
    direction: Direction,
    bytes: *mut u8,
    length: usize,
) -> io::Result<Option<usize>> {
    let call = match direction {
        Direction::In => libc::SYS_preadv2,
        Direction::Out => libc::SYS_pwritev2,
    };
    let part = libc::iovec { iov_base: bytes.cast(), iov_len: length };
    // At the file's own position, which -1 means here, in both halves of the offset.
    let own: libc::c_long = -1;
    let descriptor = fd.as_raw_fd();
    // SAFETY: the caller's promise.
    let count = unsafe { libc::syscall(call, descriptor, &raw const part, 1, own, own, libc::RWF_NOWAIT) };
    if let Ok(count) = usize::try_from(count) {
        return Ok(Some(count));
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        // SAFETY: the caller's promise.
        Some(libc::EOPNOTSUPP) if is_fifo(fd) => unsafe { by_another_open(fd, direction, bytes, length) },
        Some(libc::EOPNOTSUPP | libc::ENOSYS | libc::EINVAL | libc::EPERM | libc::ESPIPE) => Ok(None),
        Some(libc::EAGAIN) if super::open::is_regular(fd) => Ok(None),
        _ => Err(error),
    }
}

/// Returns whether it is a pipe, with a name or without.
#[cfg(target_os = "linux")]
fn is_fifo(fd: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(fd)
        .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Fifo)
}

/// Moves bytes of a FIFO, for which the kernel refuses `RWF_NOWAIT`. The FIFO is opened again through proc_pid_fd(5),
/// with `O_NONBLOCK`, which would affect every other holder of the original open file.
///
/// # Safety
/// As for [`at_once`].
#[cfg(target_os = "linux")]
unsafe fn by_another_open(
    fd: BorrowedFd<'_>,
    direction: Direction,
    bytes: *mut u8,
    length: usize,
) -> io::Result<Option<usize>> {
    use rustix::fs::{Mode, OFlags};
    let access = match direction {
        Direction::In => OFlags::RDONLY,
        Direction::Out => OFlags::WRONLY,
    };
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let flags = access | OFlags::NONBLOCK | OFlags::CLOEXEC;
    // Without /proc, or without a reader, the call itself reports the error.
    let Ok(own) = rustix::fs::open(path, flags, Mode::empty()) else { return Ok(None) };
    let own = own.as_raw_fd();
    // SAFETY: the caller's promise.
    let count = unsafe {
        match direction {
            Direction::In => libc::read(own, bytes.cast(), length),
            Direction::Out => libc::write(own, bytes.cast(), length),
        }
    };
    usize::try_from(count).map(Some).map_err(|_| io::Error::last_os_error())
}

/// Only Linux supports it.
#[cfg(not(target_os = "linux"))]
unsafe fn at_once(_: BorrowedFd<'_>, _: Direction, _: *mut u8, _: usize) -> io::Result<Option<usize>> {
    Ok(None)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::{Read, Seek, Write};

    #[test]
    fn output_that_another_reader_took_is_not_waited_for() {
        let (reader, writer) = pipe().unwrap();
        let mut bytes = Vec::new();
        let nothing = read_at_once(reader.as_fd(), &mut bytes, 16).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        let part = [b'x'; LEAST];
        while write_at_once(writer.as_fd(), &part).is_ok() {}
        let full = write_at_once(writer.as_fd(), &part).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(read_at_once(reader.as_fd(), &mut bytes, LEAST).unwrap(), bytes.len());
        assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == b'x'));
    }

    #[test]
    fn files_are_read_and_written_at_their_position() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"one ").unwrap();
        assert_eq!(write_at_once(file.as_fd(), b"two").unwrap(), 3);
        file.rewind().unwrap();
        file.read_exact(&mut [0; 2]).unwrap();
        let mut bytes = b">".to_vec();
        assert_eq!(read_at_once(file.as_fd(), &mut bytes, 16).unwrap(), 5);
        assert_eq!(bytes, b">e two");
        assert_eq!(read_at_once(file.as_fd(), &mut bytes, 16).unwrap(), 0);
    }
}
