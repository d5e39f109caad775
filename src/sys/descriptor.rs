//! File descriptors: kept above 2, protected against leaking, and borrowed when inherited.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// The lowest number for a descriptor of this process.
///
/// A host may run with standard streams closed. `pipe` would then return 0 or 1, and a child that inherits "the
/// host's standard output" would write into an unrelated pipe.
const LOWEST: RawFd = 3;

/// Whether programs inherit the descriptors that this process was started with.
static PASSED_ON: AtomicBool = AtomicBool::new(false);

/// The standard streams that this process was started without, as bit `number`.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Moves a descriptor to a number above 2, if it has one of 0, 1 and 2.
///
/// # Errors
/// Fails with `EMFILE` when the process has no descriptor left.
pub fn lift(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() >= LOWEST {
        return Ok(fd);
    }
    Ok(rustix::io::fcntl_dupfd_cloexec(&fd, LOWEST)?)
}

/// The error of a call that needs one more descriptor than the process may have.
pub const EMFILE: i32 = libc::EMFILE;

/// Returns how many descriptors this process may still open, if there is a limit. Gaps below the highest open
/// descriptor are not counted, so the result may be slightly too small.
pub fn room() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    let null = rustix::fs::open(c"/dev/null", rustix::fs::OFlags::CLOEXEC, rustix::fs::Mode::empty()).ok();
    let lowest = null.map_or(limit, |null| u64::from(null.as_raw_fd().unsigned_abs()));
    usize::try_from(limit.saturating_sub(lowest)).ok()
}

/// Returns a second descriptor, above 2 and close-on-exec, for the same open file.
///
/// # Errors
/// Fails with `EBADF` if `fd` is closed, with `EMFILE` when the process has no descriptor left.
pub fn duplicate(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(fd, LOWEST)?)
}

/// Makes reads and writes of this open file return `WouldBlock` instead of waiting.
///
/// Use it only for private pipe ends: the flag belongs to the open file, so setting it on an inherited standard
/// stream would change it for every process that shares the terminal (fcntl(2), `F_SETFL`).
///
/// # Errors
/// Fails with `EBADF` if `fd` is closed.
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(fd)?;
    Ok(rustix::fs::fcntl_setfl(fd, flags | rustix::fs::OFlags::NONBLOCK)?)
}

/// Lets programs inherit the descriptors that this process was started with: a pipe of make(1)'s jobserver, `<(…)`
/// of an outer shell, the sockets of `LISTEN_FDS`. This is for the start of the binary, whose scripts they are
/// meant for.
///
/// It needs no system call: a descriptor that came through execve(2) is not close-on-exec, and all descriptors that
/// this process opens are. A library must not call it, since the descriptors of a host must not reach its programs;
/// there each spawn seals its child.
pub fn pass_on_inherited() {
    PASSED_ON.store(true, Ordering::Relaxed);
}

/// Returns whether [`pass_on_inherited`] has been called.
pub(super) fn are_passed_on() -> bool {
    PASSED_ON.load(Ordering::Relaxed)
}

/// Returns whether this number above 2 has been open since the start of the process, and the script may name it.
pub fn is_passed_on(fd: RawFd) -> bool {
    // SAFETY: fcntl changes nothing here and returns EBADF for a number that is not open.
    fd >= LOWEST && are_passed_on() && unsafe { libc::fcntl(fd, libc::F_GETFD) } == 0
}

/// Notes that this process was started without a standard stream, whose number holds a placeholder.
pub(super) fn note_closed(fd: RawFd) {
    CLOSED.fetch_or(1 << fd, Ordering::Relaxed);
}

/// Returns whether this process was started without this standard stream.
pub fn is_closed(fd: RawFd) -> bool {
    (0..LOWEST).contains(&fd) && CLOSED.load(Ordering::Relaxed) & (1 << fd) != 0
}

/// The flag of `close_range` that marks instead of closing (Linux 5.11).
#[cfg(target_os = "linux")]
pub(super) const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;

/// The end of the search for open descriptors that makes a call for each number.
pub(super) const HIGHEST_MARKED: u64 = 65_536;

/// Returns the lowest number that no descriptor of this process can have.
pub(super) fn limit() -> RawFd {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit fills the structure that it is given.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    RawFd::try_from(limit.rlim_cur).unwrap_or(RawFd::MAX)
}

/// The access that a descriptor allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    pub read: bool,
    pub write: bool,
    /// Whether writing only appends.
    pub append: bool,
}

/// Returns the access that the flags of an open file allow (fcntl(2), `F_GETFL`); none if they can't be read.
pub fn granted(fd: BorrowedFd<'_>) -> Granted {
    use rustix::fs::OFlags;
    let Ok(flags) = rustix::fs::fcntl_getfl(fd) else { return Granted::default() };
    // Such a descriptor names a file without opening it.
    #[cfg(target_os = "linux")]
    if flags.contains(OFlags::PATH) {
        return Granted::default();
    }
    let mode = flags & OFlags::ACCMODE;
    Granted {
        read: mode == OFlags::RDONLY || mode == OFlags::RDWR,
        write: mode == OFlags::WRONLY || mode == OFlags::RDWR,
        append: flags.contains(OFlags::APPEND),
    }
}

/// Returns a descriptor that this process was started with, such as its standard output.
///
/// # Errors
/// Fails with `EBADF` if it is closed.
pub fn inherited(fd: RawFd) -> io::Result<BorrowedFd<'static>> {
    if is_closed(fd) {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    let fd = super::editor_input::meaning(fd);
    // SAFETY: fcntl changes nothing here and returns EBADF for a number that is not open.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open, and inherited descriptors have no owner that would close them.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// Takes ownership of a descriptor that a system call has just created.
///
/// # Safety
/// `fd` must be open and have no other owner.
pub(super) unsafe fn adopt(fd: RawFd) -> OwnedFd {
    // SAFETY: the caller's promise.
    unsafe { OwnedFd::from_raw_fd(fd) }
}
