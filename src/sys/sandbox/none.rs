//! The walls of a sandbox where the system has none.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::PathBuf;

/// The number of rulesets that nest.
pub const MOST_NESTED: usize = 16;

/// The rules for files and TCP ports. There are none here.
#[derive(Debug, PartialEq, Eq)]
pub enum Ruleset {}

/// The filter of system calls. There is none here.
#[derive(Debug, PartialEq, Eq)]
pub enum Filter {}

/// The network that a filter leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// TCP sockets.
    pub tcp: bool,
    /// UDP sockets.
    pub udp: bool,
    /// Sockets of this machine.
    pub unix: bool,
    /// Whether connections are accepted.
    pub listens: bool,
}

/// The rights to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights(u64);

impl Rights {
    /// To read and list.
    pub const READ: Self = Self(1);
    /// To change.
    pub const WRITE: Self = Self(2);
    /// To execute.
    pub const EXECUTE: Self = Self(4);

    /// Returns both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Ruleset {
    /// Fails.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: bool, _: bool) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Does nothing.
    ///
    /// # Errors
    /// Never.
    pub fn allow(&self, _: BorrowedFd<'_>, _: Rights) -> io::Result<()> {
        match *self {}
    }

    /// Does nothing.
    ///
    /// # Errors
    /// Never.
    pub fn allow_connect(&self, _: u16) -> io::Result<()> {
        match *self {}
    }

    /// Does nothing.
    ///
    /// # Errors
    /// Never.
    pub fn allow_listen(&self, _: u16) -> io::Result<()> {
        match *self {}
    }
}

impl Filter {
    /// Returns none.
    pub fn new(_: bool, _: bool, _: Option<Network>) -> Option<Self> {
        None
    }
}

/// What a block has of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Processes.
    pub isolate: bool,
    /// A network with nothing but a loopback device.
    pub loopback: bool,
    /// An empty /tmp.
    pub tmp: bool,
    /// The files that can be changed, if all others are read-only.
    pub writable: Option<Vec<PathBuf>>,
    /// The files below /tmp that stay visible.
    pub visible: Vec<PathBuf>,
    /// The directory of the block.
    pub directory: PathBuf,
}

/// The namespaces of a block. There are none here.
#[derive(Debug, PartialEq, Eq)]
pub enum Namespaces {}

impl Plan {
    /// Returns whether it wants a namespace.
    pub fn is_wanted(&self) -> bool {
        self.isolate || self.loopback || self.tmp
    }

    /// Returns whether it wants a mount namespace.
    pub fn mounts(&self) -> bool {
        self.isolate || self.tmp
    }
}

impl Namespaces {
    /// Fails.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: &Plan) -> Result<Self, String> {
        Err("only Linux has namespaces".into())
    }

    /// Returns none.
    pub fn own(&self, _: &str) -> Option<&OwnedFd> {
        match *self {}
    }
}

/// Returns why this system can't confine a program.
///
/// # Errors
/// Always.
pub fn available() -> Result<(), String> {
    Err("only Linux has Landlock and seccomp".into())
}
