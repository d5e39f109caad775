//! File descriptors: kept out of 0, 1 and 2, sealed against leaking, borrowed when inherited.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// The lowest number for a descriptor of our own.
///
/// A host may run with standard streams closed. `pipe` would then hand out 0 or 1, and a child that
/// inherits "the host's standard output" would write into somebody's pipe.
const LOWEST: RawFd = 3;

/// Whether every descriptor of this process above 2 is known to be close-on-exec.
static SEALED: AtomicBool = AtomicBool::new(false);

/// Moves a descriptor out of 0, 1 and 2, if that is where it landed.
///
/// # Errors
/// `EMFILE` when the process has no descriptor left.
pub fn lift(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() >= LOWEST {
        return Ok(fd);
    }
    Ok(rustix::io::fcntl_dupfd_cloexec(&fd, LOWEST)?)
}

/// A second descriptor, above 2 and close-on-exec, for the same open file.
///
/// # Errors
/// `EBADF` when `fd` is closed, `EMFILE` when the process has no descriptor left.
pub fn duplicate(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(fd, LOWEST)?)
}

/// Makes reads and writes of this open file return `WouldBlock` rather than wait.
///
/// For private pipe ends only: the flag belongs to the open file, so setting it on an inherited standard
/// stream would change it for every process that shares the terminal (fcntl(2), `F_SETFL`).
///
/// # Errors
/// `EBADF` when `fd` is closed.
#[cfg(not(target_os = "linux"))]
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(fd)?;
    Ok(rustix::fs::fcntl_setfl(fd, flags | rustix::fs::OFlags::NONBLOCK)?)
}

/// Marks every descriptor above 2 close-on-exec, for the start of the binary.
///
/// Whoever started the interpreter may have left 7 or 251 open; a script's programs have no business
/// with them. After this no spawn needs to do it again. A library must not call it, since the host may
/// want to pass descriptors to children of its own; each spawn then seals its child alone.
pub fn seal() {
    if !close_on_exec_above_2() {
        mark_each();
    }
    SEALED.store(true, Ordering::Relaxed);
}

/// Whether [`seal`] has been called.
pub(super) fn is_sealed() -> bool {
    SEALED.load(Ordering::Relaxed)
}

/// `close_range` marks instead of closing (Linux 5.11).
#[cfg(target_os = "linux")]
pub(super) const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;

/// Where the search for open descriptors ends that makes a call for each number.
pub(super) const HIGHEST_MARKED: u64 = 65_536;

#[cfg(target_os = "linux")]
fn close_on_exec_above_2() -> bool {
    // SAFETY: it only sets a flag on descriptors, and none of ours is without it.
    unsafe { libc::syscall(libc::SYS_close_range, LOWEST, libc::c_uint::MAX, CLOSE_RANGE_CLOEXEC) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn close_on_exec_above_2() -> bool {
    mark_each();
    true
}

/// The lowest number that no descriptor of this process may have.
pub(super) fn limit() -> RawFd {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit fills the structure that it is given.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    RawFd::try_from(limit.rlim_cur).unwrap_or(RawFd::MAX)
}

/// What [`close_on_exec_above_2`] does, on a kernel without `close_range`: one call a descriptor.
fn mark_each() {
    for fd in LOWEST..limit().min(HIGHEST_MARKED as RawFd) {
        // SAFETY: as above; a number that is not open answers EBADF.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// A descriptor that this process was started with, such as its standard output.
///
/// # Errors
/// `EBADF` when it is closed.
pub fn inherited(fd: RawFd) -> io::Result<BorrowedFd<'static>> {
    // SAFETY: fcntl changes nothing here and answers EBADF for what is not open.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open, and inherited descriptors have no owner that would close them.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// Takes a descriptor that a system call has just made.
///
/// # Safety
/// `fd` must be open and owned by nobody else.
pub(super) unsafe fn adopt(fd: RawFd) -> OwnedFd {
    // SAFETY: the caller's promise.
    unsafe { OwnedFd::from_raw_fd(fd) }
}
