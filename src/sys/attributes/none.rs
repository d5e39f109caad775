//! The owner, the group and the mode of a file, on systems where access control lists and extended
//! attributes are not supported.

use super::Unkept;
use rustix::fs::{Gid, Mode, Uid};
use std::os::fd::OwnedFd;

/// Gives `new` the group, the owner and the mode of `old`: all of them or none.
///
/// # Errors
/// Fails with an error of the system, or if the owner or the group can't be set.
pub fn take_over(new: &OwnedFd, old: &OwnedFd) -> Result<(), Unkept> {
    let was = rustix::fs::fstat(old)?;
    rustix::fs::fchown(new, None, Some(Gid::from_raw(was.st_gid))).map_err(|_| Unkept::Group(was.st_gid))?;
    rustix::fs::fchown(new, Some(Uid::from_raw(was.st_uid)), None).map_err(|_| Unkept::Owner(was.st_uid))?;
    rustix::fs::fchmod(new, Mode::from_raw_mode(was.st_mode & 0o7777))?;
    Ok(())
}
