//! Listening sockets, which are opened once and handed to the programs that accept from them.

use super::{descriptor, socket};
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// The number of connections that wait to be accepted (listen(2)); the kernel's own limit may be lower.
const BACKLOG: i32 = 4096;

/// A listening socket. The file of a Unix socket is removed when it is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: OwnedFd,
    /// The address with its actual port: `127.0.0.1:8080`, `unix:/run/web.sock`.
    pub address: String,
    /// The host and port; none for a Unix socket.
    pub port: Option<(String, u16)>,
    file: Option<PathBuf>,
}

impl Listener {
    /// Opens a socket at `host:port`, with SO_REUSEADDR and never SO_REUSEPORT: a second process can't listen there.
    ///
    /// # Errors
    /// Fails as bind(2) does, or if the host has no address.
    pub fn tcp(address: &str) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        let actual = socket.local_addr()?;
        let socket = descriptor::lift(socket.into())?;
        listen_more(socket.as_fd())?;
        let port = Some((actual.ip().to_string(), actual.port()));
        Ok(Self { socket, address: actual.to_string(), port, file: None })
    }

    /// Opens a Unix socket. A socket file that no process listens at is replaced.
    ///
    /// # Errors
    /// Fails as bind(2) does, with `EADDRINUSE` if a process listens there or the file is not a socket.
    pub fn unix(path: &Path) -> io::Result<Self> {
        let socket = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_dead(path) => {
                std::fs::remove_file(path)?;
                UnixListener::bind(path)?
            }
            bound => bound?,
        };
        let socket = descriptor::lift(socket.into())?;
        listen_more(socket.as_fd())?;
        let address = format!("unix:{}", path.display());
        Ok(Self { socket, address, port: None, file: Some(path.to_path_buf()) })
    }

    /// Returns its descriptor.
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Makes [`Listener::accept`] return instead of waiting. The flag is that of the open file, so programs that have
    /// the socket see it, too.
    ///
    /// # Errors
    /// Fails as fcntl(2) does.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        let flags = rustix::fs::fcntl_getfl(&self.socket)?;
        Ok(rustix::fs::fcntl_setfl(&self.socket, flags | rustix::fs::OFlags::NONBLOCK)?)
    }

    /// Accepts a connection, if one waits.
    ///
    /// # Errors
    /// Fails as accept(2) does, with `EMFILE` when no descriptor is left.
    pub fn accept(&self) -> io::Result<Option<OwnedFd>> {
        loop {
            // SAFETY: no address is asked for, and the result is a new descriptor or an error.
            let fd = unsafe { accept(self.socket.as_raw_fd()) };
            if fd >= 0 {
                // SAFETY: the call has just made it.
                return descriptor::lift(unsafe { descriptor::adopt(fd) }).map(Some);
            }
            match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                // The client has gone, or a signal came.
                error if [libc::ECONNABORTED, libc::EINTR].contains(&error.raw_os_error().unwrap_or(0)) => {}
                error => return Err(error),
            }
        }
    }

    /// Returns the number of connections that wait to be accepted, where the kernel tells it (tcp(7), `TCP_INFO`).
    #[cfg(target_os = "linux")]
    pub fn waiting(&self) -> Option<u32> {
        let mut info = [0_u32; 26];
        let mut length = size_of_val(&info) as libc::socklen_t;
        // SAFETY: the buffer has the length that is passed.
        let got = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                info.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        // `tcpi_unacked` follows eight bytes and four words; of a listening socket it is the length of its queue.
        (got == 0 && length as usize >= 28).then_some(info[6])
    }

    /// Not told by this system.
    #[cfg(not(target_os = "linux"))]
    pub fn waiting(&self) -> Option<u32> {
        None
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = std::fs::remove_file(file);
        }
    }
}

#[cfg(target_os = "linux")]
unsafe fn accept(socket: i32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { libc::accept4(socket, std::ptr::null_mut(), std::ptr::null_mut(), libc::SOCK_CLOEXEC) }
}

#[cfg(not(target_os = "linux"))]
unsafe fn accept(socket: i32) -> i32 {
    // SAFETY: the caller's promise; the flag is set at once.
    unsafe {
        let fd = libc::accept(socket, std::ptr::null_mut(), std::ptr::null_mut());
        libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        fd
    }
}

/// The library of Rust asks for 128.
fn listen_more(socket: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the descriptor is open.
    if unsafe { libc::listen(socket.as_raw_fd(), BACKLOG) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Returns whether a file is a socket that no process listens at.
fn is_dead(path: &Path) -> bool {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket && socket::connect(path).is_err_and(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn a_port_that_is_in_use_is_an_error_and_port_0_is_chosen() {
        let first = Listener::tcp("127.0.0.1:0").unwrap();
        assert!(!first.address.ends_with(":0"));
        let second = Listener::tcp(&first.address).unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn connections_wait_until_they_are_accepted() {
        let listener = Listener::tcp("127.0.0.1:0").unwrap();
        listener.set_nonblocking().unwrap();
        assert!(listener.accept().unwrap().is_none());
        let client = TcpStream::connect(&listener.address).unwrap();
        while listener.waiting() == Some(0) {
            std::thread::yield_now();
        }
        assert!(listener.accept().unwrap().is_some());
        assert!(matches!(listener.waiting(), Some(0) | None));
        drop(client);
    }

    #[test]
    fn a_dead_unix_socket_is_replaced_and_a_living_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        let living = Listener::unix(&path).unwrap();
        assert_eq!(Listener::unix(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(living);
        assert!(!path.exists());
        std::fs::write(&path, "a file").unwrap();
        assert!(Listener::unix(&path).is_err() && path.exists());
    }
}
