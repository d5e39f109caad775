//! The user at the other end of a socket.

use std::io;
use std::os::fd::BorrowedFd;

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
    fn the_peer_of_a_pair_is_this_user() {
        let (one, _other) = UnixStream::pair().unwrap();
        assert_eq!(peer_user(one.as_fd()).unwrap(), crate::sys::access::effective_user().0);
    }
}
