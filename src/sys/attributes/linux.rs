//! Access and extended attributes of a file, which are transferred to the file that replaces it.
//!
//! The new file is created for its owner alone. It then gets the group first, and after that the owner, the access
//! control list and the mode: at no moment does any user have more access to it than to the old one.

use super::Unkept;
use super::acl::Permissions;
use crate::sys::accounts;
use crate::sys::place::by_descriptor;
use rustix::fs::{Gid, Mode, RawMode, Stat, Uid, XattrFlags};
use rustix::io::Errno;
use std::io;
use std::os::fd::OwnedFd;

/// The access control list of a file (acl(5)).
const ACCESS: &str = "system.posix_acl_access";

/// Attributes that describe the old content: capabilities, which each write removes (capabilities(7)), and the
/// digests of the integrity subsystem.
const OF_CONTENT: [&str; 3] = ["security.capability", "security.ima", "security.evm"];

/// Gives `new`, which only its owner can access, the owner, group, access and attributes of `old`.
///
/// # Errors
/// Fails with an error of the system, or if the owner or group of the old file would lose access.
pub fn take_over(new: &OwnedFd, old: &OwnedFd) -> Result<(), Unkept> {
    let (was, is) = (rustix::fs::fstat(old)?, rustix::fs::fstat(new)?);
    let list = access_list(old)?;
    let keeps_group =
        is.st_gid == was.st_gid || rustix::fs::fchown(new, None, Some(Gid::from_raw(was.st_gid))).is_ok();
    let keeps_owner =
        is.st_uid == was.st_uid || rustix::fs::fchown(new, Some(Uid::from_raw(was.st_uid)), None).is_ok();
    let mut mode = was.st_mode & 0o7777;
    let permissions = match &list {
        Some(list) => Permissions::of_list(list).ok_or_else(unreadable_list)?,
        None => Permissions::of_mode(mode),
    };
    if !keeps_group {
        if permissions.group() != permissions.other() {
            return Err(Unkept::Group(was.st_gid));
        }
        mode &= !0o2000;
    }
    if !keeps_owner {
        let group = if keeps_group { was.st_gid } else { is.st_gid };
        owner_keeps_access(&permissions, &was, group)?;
        mode &= !0o4000;
    }
    set_access_list(new, list.as_deref())?;
    rustix::fs::fchmod(new, Mode::from_raw_mode(mode as RawMode))?;
    copy(new, old)
}

/// Fails if the owner of a file would have less access to it if another user owned it.
fn owner_keeps_access(permissions: &Permissions, was: &Stat, group: u32) -> Result<(), Unkept> {
    let groups = accounts::groups_of_user(was.st_uid);
    if permissions.allow(was.st_uid, &groups, group, permissions.owner()) {
        Ok(())
    } else {
        Err(Unkept::Owner(was.st_uid))
    }
}

fn unreadable_list() -> Unkept {
    Unkept::Attribute(ACCESS.to_string(), io::ErrorKind::InvalidData.into())
}

fn attribute(name: &str, error: Errno) -> Unkept {
    Unkept::Attribute(crate::diag::visible(name.as_bytes()), error.into())
}

/// Returns the access control list of a file, if its access is more than a mode.
fn access_list(file: &OwnedFd) -> Result<Option<Vec<u8>>, Unkept> {
    match value(file, ACCESS) {
        Ok(list) => Ok(Some(list)),
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(None),
        Err(error) => Err(attribute(ACCESS, error)),
    }
}

/// Sets the list, or removes the one that the new file got from its directory.
fn set_access_list(file: &OwnedFd, list: Option<&[u8]>) -> Result<(), Unkept> {
    let set = match list {
        Some(list) => rustix::fs::fsetxattr(file, ACCESS, list, XattrFlags::empty()),
        None => match rustix::fs::fremovexattr(file, ACCESS) {
            Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            removed => removed,
        },
    };
    set.map_err(|error| attribute(ACCESS, error))
}

/// Copies the extended attributes. Those of the system's security modules are kept if this process may set them.
fn copy(new: &OwnedFd, old: &OwnedFd) -> Result<(), Unkept> {
    for name in names(old)? {
        if name == ACCESS || OF_CONTENT.contains(&&*name) {
            continue;
        }
        let copied = value(old, &name)
            .and_then(|value| rustix::fs::fsetxattr(new, &*name, &value, XattrFlags::empty()));
        match copied {
            Ok(()) | Err(Errno::NODATA) => {}
            Err(_) if name.starts_with("security.") || name.starts_with("trusted.") => {}
            Err(error) => return Err(attribute(&name, error)),
        }
    }
    Ok(())
}

fn names(file: &OwnedFd) -> Result<Vec<String>, Unkept> {
    let path = by_descriptor(file);
    let mut list = Vec::new();
    loop {
        let length = match rustix::fs::listxattr_query(&*path) {
            Ok(length) => length,
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => 0,
            Err(error) => return Err(error.into()),
        };
        list.resize(length, 0);
        match rustix::fs::listxattr(&*path, &mut list[..]) {
            Ok(length) => {
                list.truncate(length);
                break;
            }
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => break,
            // The file has more attributes by now.
            Err(Errno::RANGE) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}

fn value(file: &OwnedFd, name: &str) -> Result<Vec<u8>, Errno> {
    let path = by_descriptor(file);
    let mut value = Vec::new();
    loop {
        let length = rustix::fs::getxattr_query(&*path, name)?;
        value.resize(length, 0);
        match rustix::fs::getxattr(&*path, name, &mut value[..]) {
            Ok(length) => {
                value.truncate(length);
                return Ok(value);
            }
            Err(Errno::RANGE) => {}
            Err(error) => return Err(error),
        }
    }
}
