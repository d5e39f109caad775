//! Passing a descriptor over a socket (unix(7), `SCM_RIGHTS`).

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// Sends bytes, and with the first of them a descriptor. Returns the number of bytes that were sent; the descriptor was
/// passed if it is not 0.
///
/// # Errors
/// Fails with `EAGAIN` if there is no room, with `EPIPE` if the other end is closed. No signal is raised.
pub fn send(socket: BorrowedFd<'_>, bytes: &[u8], pass: Option<BorrowedFd<'_>>) -> io::Result<usize> {
    let mut part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // Room for one descriptor, aligned as the header is.
    let mut control = [0_u64; 4];
    // SAFETY: a message without any part is all zeros.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    if let Some(fd) = pass {
        let size = size_of::<i32>() as libc::c_uint;
        message.msg_control = control.as_mut_ptr().cast();
        // SAFETY: the buffer has room for a header and one descriptor (cmsg(3)).
        unsafe {
            message.msg_controllen = libc::CMSG_SPACE(size) as _;
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(size) as _;
            libc::CMSG_DATA(header).cast::<i32>().write_unaligned(fd.as_raw_fd());
        }
    }
    // SAFETY: all pointers of the message are to living buffers.
    let sent = unsafe { libc::sendmsg(socket.as_fd().as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}
