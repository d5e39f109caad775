//! Connections to sockets of the file system, and the user at the other end.

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Connects to a socket without waiting.
///
/// # Errors
/// Fails as connect(2) does; with `WouldBlock` if as many connections as there is room for wait to be accepted: the process
/// that listens was stopped, for example. UnixStream's own function would wait for that process.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(true)?;
    rustix::net::connect(&stream, &SocketAddrUnix::new(path)?)?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Returns the user that the process at the other end had when it connected or listened (`SO_PEERCRED`, unix(7)).
///
/// # Errors
/// Fails if this is not a socket of the kind unix(7) that is connected.
#[cfg(target_os = "linux")]
pub fn peer_user(socket: BorrowedFd<'_>) -> io::Result<u32> {
    Ok(rustix::net::sockopt::socket_peercred(socket)?.uid.as_raw())
}

/// Returns the user that the process at the other end had when it connected or listened (getpeereid(3)).
///
/// # Errors
/// Fails if this is not a socket of the kind unix(7) that is connected.
#[cfg(not(target_os = "linux"))]
pub fn peer_user(socket: BorrowedFd<'_>) -> io::Result<u32> {
    use std::os::fd::AsRawFd;
    let (mut user, mut group) = (0, 0);
    // SAFETY: both pointers are to variables of this stack.
    match unsafe { libc::getpeereid(socket.as_raw_fd(), &raw mut user, &raw mut group) } {
        0 => Ok(user),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_full_queue_of_connections_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        // The queue holds fewer, also after their ends.
        let error = (0..100_000).find_map(|_| connect(&path).err()).unwrap();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn the_peer_of_a_pair_is_this_user() {
        let (one, _other) = UnixStream::pair().unwrap();
        assert_eq!(peer_user(one.as_fd()).unwrap(), crate::sys::access::effective_user().0);
    }
}
