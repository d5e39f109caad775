//! The access that the user of this process has to a file.

use rustix::fs::{Access as Mode, AtFlags, CWD};
use std::path::Path;

/// The kind of access to test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    Execute,
}

/// Returns whether the effective user has the access (faccessat(2) with `AT_EACCESS`). The mode alone
/// is not enough: there are access control lists, read-only file systems, and root.
pub fn is_allowed(path: &Path, access: Access) -> bool {
    let mode = match access {
        Access::Read => Mode::READ_OK,
        Access::Write => Mode::WRITE_OK,
        Access::Execute => Mode::EXEC_OK,
    };
    rustix::fs::accessat(CWD, path, mode, AtFlags::EACCESS).is_ok()
}

/// Returns the effective user and group.
pub fn effective_user() -> (u32, u32) {
    (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
}
