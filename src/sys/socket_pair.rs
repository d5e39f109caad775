//! Pairs of connected sockets.

use super::descriptor;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// Creates two connected stream sockets (socketpair(2)), both close-on-exec and above 2.
///
/// # Errors
/// Fails with `EMFILE` or `ENFILE` when no descriptor is left.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (one, other) = UnixStream::pair()?;
    Ok((descriptor::lift(one.into())?, descriptor::lift(other.into())?))
}

/// Lets the other end of a socket read the end of its input. Does nothing for a pipe.
pub fn end_output(socket: BorrowedFd<'_>) {
    // SAFETY: shutdown(2) takes no pointer.
    unsafe { libc::shutdown(socket.as_raw_fd(), libc::SHUT_WR) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::pipe;
    use std::os::fd::AsFd;

    #[test]
    fn an_ended_output_is_the_end_of_the_other_input_alone() {
        let (one, other) = pair().unwrap();
        end_output(one.as_fd());
        let mut bytes = Vec::new();
        assert_eq!(pipe::read_at_once(other.as_fd(), &mut bytes, 16).unwrap(), 0);
        assert_eq!(pipe::write_at_once(other.as_fd(), b"late").unwrap(), 4);
        assert_eq!(pipe::read_at_once(one.as_fd(), &mut bytes, 16).unwrap(), 4);
    }
}
