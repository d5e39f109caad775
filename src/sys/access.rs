//! What the user of this process may do to a file.

use rustix::fs::{Access as Mode, AtFlags, CWD};
use std::path::Path;

/// What to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    Execute,
}

/// Whether the effective user may (faccessat(2) with `AT_EACCESS`). The mode alone does not tell: there are access
/// control lists, read-only file systems, and root.
pub fn is_allowed(path: &Path, access: Access) -> bool {
    let mode = match access {
        Access::Read => Mode::READ_OK,
        Access::Write => Mode::WRITE_OK,
        Access::Execute => Mode::EXEC_OK,
    };
    rustix::fs::accessat(CWD, path, mode, AtFlags::EACCESS).is_ok()
}

/// The effective user and group.
pub fn effective_user() -> (u32, u32) {
    (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
}
