//! The standard input of a line editor that reads descriptor 0 and takes all that is there: a socket, through which
//! it gets one key after the other. Everything else in this process means the terminal by 0, which has a second number.

use super::{descriptor, handlers, pipe, tty};
use rustix::fs::{Mode, OFlags};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

/// The second number of standard input, or -1. It is never closed: threads of jobs may be about to use it.
static KEPT: AtomicI32 = AtomicI32::new(-1);

/// Returns the number that holds what was inherited as `fd`.
pub fn meaning(fd: RawFd) -> RawFd {
    match KEPT.load(Ordering::SeqCst) {
        kept if kept >= 0 && fd == 0 => kept,
        _ => fd,
    }
}

/// Gives standard input a second number, from now on.
///
/// # Errors
/// Fails with `EMFILE` when no descriptor is left.
pub fn keep() -> io::Result<BorrowedFd<'static>> {
    if KEPT.load(Ordering::SeqCst) < 0 {
        let kept = descriptor::duplicate(descriptor::inherited(0)?)?;
        KEPT.store(kept.into_raw_fd(), Ordering::SeqCst);
    }
    descriptor::inherited(0)
}

/// The time during which descriptor 0 is the socket. It ends when this value is dropped.
#[derive(Debug)]
pub struct Lent {
    /// The signals that this thread had blocked.
    mask: libc::sigset_t,
}

/// Makes a socket descriptor 0, and blocks the signals of keys in this thread: another is to handle them
/// ([`handle_signals`]), in the order in which it reads the keys beside them.
///
/// # Errors
/// Fails as dup2(2) does.
pub fn lend(socket: BorrowedFd<'_>) -> io::Result<Lent> {
    place(socket.as_raw_fd())?;
    Ok(Lent { mask: mask_keys(libc::SIG_BLOCK) })
}

/// Handles the signals of keys in this thread.
pub fn handle_signals() {
    mask_keys(libc::SIG_UNBLOCK);
}

fn mask_keys(how: libc::c_int) -> libc::sigset_t {
    // SAFETY: both sets are on this stack; only the mask of this thread is changed.
    unsafe {
        let (mut keys, mut mask) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigemptyset(&raw mut keys);
        for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP] {
            libc::sigaddset(&raw mut keys, signal);
        }
        libc::pthread_sigmask(how, &raw const keys, &raw mut mask);
        mask
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let _ = place(meaning(0));
        // SAFETY: the set was returned by the same call.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.mask, std::ptr::null_mut()) };
    }
}

fn place(source: RawFd) -> io::Result<()> {
    // SAFETY: no memory is passed; 0 has no owner that would close it.
    match unsafe { libc::dup2(source, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Returns how many signals so far have made the editor discard its line.
pub fn clearings() -> u32 {
    handlers::clearings()
}

/// Opens the terminal again, for reads that don't wait.
///
/// # Errors
/// Fails as open(2) does.
pub fn open(terminal: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let by_name = rustix::termios::ttyname(terminal, Vec::new())
        .and_then(|name| rustix::fs::open(&*name, flags, Mode::empty()));
    // After su(1) the name may be of a file that this user can't open.
    let opened = by_name.or_else(|_| rustix::fs::open(tty::CONTROLLING_TERMINAL, flags, Mode::empty()));
    descriptor::lift(opened?)
}

/// Rings the bell of the terminal.
pub fn ring(terminal: BorrowedFd<'_>) {
    let _ = rustix::io::write(terminal, b"\x07");
}

/// The kind of socket that keeps what is written together, where there is one: the editor reads up to its end.
const KIND: libc::c_int = if cfg!(target_os = "linux") { libc::SOCK_SEQPACKET } else { libc::SOCK_STREAM };

/// Creates the socket, as (reader, writer).
///
/// # Errors
/// Fails with `EMFILE` or `ENFILE` when no descriptor is left.
pub fn socket() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: two numbers of this stack, as socketpair(2) requires.
    if unsafe { libc::socketpair(libc::AF_UNIX, KIND, 0, ends.as_mut_ptr()) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just created them.
    let [reader, writer] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    // Copies are above 2 and close-on-exec.
    Ok((descriptor::duplicate(reader.as_fd())?, descriptor::duplicate(writer.as_fd())?))
}

/// Writes keys, if there is room for them.
///
/// # Errors
/// Fails with `WouldBlock` if there is not, and with `EPIPE` if no editor can read them.
pub fn write(writer: BorrowedFd<'_>, keys: &[u8]) -> io::Result<()> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the bytes are borrowed for the call.
    match unsafe { libc::send(writer.as_raw_fd(), keys.as_ptr().cast(), keys.len(), flags) } {
        sent if sent >= 0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Takes keys back that the editor has not read.
pub fn take_back(reader: BorrowedFd<'_>) -> Option<Vec<u8>> {
    receive(reader, 0)
}

/// Returns the keys that the editor reads next, if there are any.
pub fn next(reader: BorrowedFd<'_>) -> Option<Vec<u8>> {
    receive(reader, libc::MSG_PEEK)
}

fn receive(reader: BorrowedFd<'_>, flags: libc::c_int) -> Option<Vec<u8>> {
    let mut keys = [0; pipe::LEAST];
    let flags = flags | libc::MSG_DONTWAIT;
    // SAFETY: the buffer is borrowed for the call.
    let count = unsafe { libc::recv(reader.as_raw_fd(), keys.as_mut_ptr().cast(), keys.len(), flags) };
    Some(keys[..usize::try_from(count).ok().filter(|count| *count > 0)?].to_vec())
}

/// Reads one byte of the terminal.
///
/// # Errors
/// Fails with `WouldBlock` if there is none.
pub fn read(terminal: BorrowedFd<'_>) -> io::Result<Option<u8>> {
    let mut byte = [0];
    let count = rustix::io::read(terminal, &mut byte)?;
    Ok((count > 0).then_some(byte[0]))
}
