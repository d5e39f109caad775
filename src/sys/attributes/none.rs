//! What is taken over from a replaced file where access control lists and extended attributes are not known: the owner,
//! the group and the mode.

use rustix::fs::{Gid, Mode, Uid};
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;

/// Why a file can't be replaced as it was.
#[derive(Debug)]
pub enum Unkept {
    /// Its owner is another user.
    Owner(u32),
    /// Its group can't be given.
    Group(u32),
    /// Any other failure of the system.
    System(io::Error),
}

impl From<io::Error> for Unkept {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<rustix::io::Errno> for Unkept {
    fn from(error: rustix::io::Errno) -> Self {
        Self::System(error.into())
    }
}

impl fmt::Display for Unkept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(user) => {
                write!(f, "it belongs to user {user}, who would lose access to the new file")
            }
            Self::Group(group) => {
                write!(f, "it belongs to group {group}, which would lose access to the new file")
            }
            Self::System(error) => f.write_str(&crate::diag::reason(error)),
        }
    }
}

/// Gives `new` the group, the owner and the mode of `old`, all of them or none.
///
/// # Errors
/// Those of the system; the owner or the group can't be given.
pub fn take_over(new: &OwnedFd, old: &OwnedFd) -> Result<(), Unkept> {
    let was = rustix::fs::fstat(old)?;
    rustix::fs::fchown(new, None, Some(Gid::from_raw(was.st_gid))).map_err(|_| Unkept::Group(was.st_gid))?;
    rustix::fs::fchown(new, Some(Uid::from_raw(was.st_uid)), None).map_err(|_| Unkept::Owner(was.st_uid))?;
    rustix::fs::fchmod(new, Mode::from_raw_mode(was.st_mode & 0o7777))?;
    Ok(())
}
