//! Signs that a program is ready: a message on `NOTIFY_SOCKET` (sd_notify(3)), or a connection that it accepts.

use crate::sys::listen::Listener;
use std::io;
use std::net::TcpStream;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A socket on which a program says `READY=1`, in a directory that only this user can enter.
pub struct Notify {
    socket: UnixDatagram,
    directory: PathBuf,
    ready: AtomicBool,
}

impl Notify {
    /// Creates the socket.
    ///
    /// # Errors
    /// Fails as mkdir(2) and bind(2) do.
    pub fn new() -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut directory;
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            directory = std::env::temp_dir().join(format!("pipewright-{}-{number}", std::process::id()));
            match std::fs::DirBuilder::new().mode(0o700).create(&directory) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => break made?,
            }
        }
        let bound = UnixDatagram::bind(directory.join("notify"));
        let socket = bound.and_then(|socket| socket.set_nonblocking(true).map(|()| socket));
        match socket {
            Ok(socket) => Ok(Self { socket, directory, ready: AtomicBool::new(false) }),
            Err(error) => {
                let _ = std::fs::remove_dir_all(&directory);
                Err(error)
            }
        }
    }

    /// Returns the value of `NOTIFY_SOCKET`.
    pub fn path(&self) -> String {
        self.directory.join("notify").display().to_string()
    }

    pub fn socket(&self) -> &UnixDatagram {
        &self.socket
    }

    /// Reads the messages that have come. Returns whether one said that the program is ready.
    pub fn is_ready(&self) -> bool {
        let mut message = [0; 4096];
        while let Ok(length) = self.socket.recv(&mut message) {
            if message[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
                self.ready.store(true, Ordering::Relaxed);
            }
        }
        self.ready.load(Ordering::Relaxed)
    }
}

impl Drop for Notify {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A connection to the first socket of a service that has a port.
pub struct Probe {
    place: usize,
    _connection: TcpStream,
}

impl Probe {
    /// Connects. The kernel completes the connection, which then waits to be accepted.
    pub fn new(listeners: &[Listener]) -> Option<Self> {
        let (place, (host, port)) =
            listeners.iter().enumerate().find_map(|(place, one)| Some((place, one.port.as_ref()?)))?;
        let host = match host.as_str() {
            "0.0.0.0" => "127.0.0.1",
            "::" => "::1",
            host => host,
        };
        let connection = TcpStream::connect((host, *port)).ok()?;
        Some(Self { place, _connection: connection })
    }

    /// Returns whether no connection waits any more. Where the kernel does not tell, it was accepted.
    pub fn is_accepted(&self, listeners: &[Listener]) -> bool {
        listeners.get(self.place).and_then(Listener::waiting).is_none_or(|waiting| waiting == 0)
    }
}
