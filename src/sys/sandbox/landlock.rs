//! Landlock (landlock(7)): the files and TCP ports that a process and its descendants can reach.

use super::ABI;
use crate::sys::{descriptor, last_error};
use rustix::fs::FileType;
use std::ffi::{c_int, c_long};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr::null;

/// Rules that a child enforces upon itself.
#[derive(Debug)]
pub struct Ruleset(OwnedFd);

/// Rights to a file, or to all files below a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights(u64);

const EXECUTE: u64 = 1;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
const MAKE_CHAR: u64 = 1 << 6;
const MAKE_BLOCK: u64 = 1 << 11;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEV: u64 = 1 << 15;
/// All that version 6 knows.
const ALL: u64 = (1 << 16) - 1;
/// The rights that a file can have which is not a directory.
const OF_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;

const BIND_TCP: u64 = 1;
const CONNECT_TCP: u64 = 2;

const SCOPE_ABSTRACT_SOCKETS: u64 = 1;
const SCOPE_SIGNALS: u64 = 2;

const RULE_PATH_BENEATH: c_int = 1;
const RULE_NET_PORT: c_int = 2;

#[repr(C)]
struct RulesetAttributes {
    files: u64,
    network: u64,
    scopes: u64,
}

#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    parent: RawFd,
}

#[repr(C)]
struct NetPort {
    allowed: u64,
    port: u64,
}

impl Rights {
    /// To read files and list directories.
    pub const READ: Self = Self(READ_FILE | READ_DIR);
    /// To change, create, remove and rename files. Devices can't be created.
    pub const WRITE: Self =
        Self(ALL & !(EXECUTE | READ_FILE | READ_DIR | MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV));
    /// To execute.
    pub const EXECUTE: Self = Self(EXECUTE);

    /// Returns both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Ruleset {
    /// Creates rules that allow nothing: no file if `files`, no TCP port if `ports`. Signals and abstract sockets of
    /// processes outside are always closed.
    ///
    /// # Errors
    /// Fails as landlock_create_ruleset(2) does.
    pub fn new(files: bool, ports: bool) -> io::Result<Self> {
        let attributes = RulesetAttributes {
            files: if files { ALL } else { 0 },
            network: if ports { BIND_TCP | CONNECT_TCP } else { 0 },
            scopes: SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS,
        };
        // SAFETY: the kernel reads the structure of this size.
        let fd = unsafe {
            let size = size_of::<RulesetAttributes>();
            libc::syscall(libc::SYS_landlock_create_ruleset, &raw const attributes, size, 0)
        };
        let fd = c_int::try_from(fd).unwrap_or(-1);
        if fd < 0 {
            return Err(io::Error::from_raw_os_error(last_error()));
        }
        // SAFETY: the kernel has just created it for us.
        Ok(Self(descriptor::lift(unsafe { descriptor::adopt(fd) })?))
    }

    /// Allows access to an open file, and if it is a directory, to all that is below it.
    ///
    /// # Errors
    /// Fails as fstat(2) and landlock_add_rule(2) do.
    pub fn allow(&self, file: BorrowedFd<'_>, rights: Rights) -> io::Result<()> {
        let kind = FileType::from_raw_mode(rustix::fs::fstat(file)?.st_mode);
        let most = if kind == FileType::Directory { ALL } else { OF_FILES };
        let rule = PathBeneath { allowed: rights.0 & most, parent: file.as_raw_fd() };
        self.add(RULE_PATH_BENEATH, &rule)
    }

    /// Allows connections to a TCP port.
    ///
    /// # Errors
    /// Fails as landlock_add_rule(2) does.
    pub fn allow_connect(&self, port: u16) -> io::Result<()> {
        self.add(RULE_NET_PORT, &NetPort { allowed: CONNECT_TCP, port: port.into() })
    }

    /// Allows a TCP port for a server.
    ///
    /// # Errors
    /// Fails as landlock_add_rule(2) does.
    pub fn allow_listen(&self, port: u16) -> io::Result<()> {
        self.add(RULE_NET_PORT, &NetPort { allowed: BIND_TCP, port: port.into() })
    }

    fn add<T>(&self, kind: c_int, rule: &T) -> io::Result<()> {
        // SAFETY: the kernel reads the structure that belongs to this kind of rule.
        let added = unsafe {
            libc::syscall(libc::SYS_landlock_add_rule, self.number(), kind, std::ptr::from_ref(rule), 0)
        };
        if added == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(last_error())) }
    }

    /// Returns its number in this process.
    pub fn number(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl PartialEq for Ruleset {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Eq for Ruleset {}

/// Returns the version of Landlock, or the error number of the kernel.
fn abi() -> Result<u32, i32> {
    const VERSION: c_long = 1;
    // SAFETY: with this flag the kernel reads no structure.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, null::<u8>(), 0_usize, VERSION) };
    u32::try_from(version).map_err(|_| last_error())
}

/// Returns why Landlock can't be used, if it can't.
pub(super) fn available() -> Result<(), String> {
    match abi() {
        Ok(version) if version >= ABI => Ok(()),
        Ok(version) => Err(format!("Landlock has version {version}, and a sandbox needs {ABI} (Linux 6.12)")),
        Err(libc::EOPNOTSUPP) => Err("Landlock is switched off in the kernel's boot line (lsm=)".into()),
        Err(errno) => {
            let reason = crate::diag::reason(&io::Error::from_raw_os_error(errno));
            Err(format!("Landlock: {reason}; a sandbox needs Linux 6.12"))
        }
    }
}
