//! Looking up programs by name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Returns the directories of a PATH. A relative one is ignored, as when an entry runs.
pub fn directories(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    let entries = path.as_bytes().split(|byte| *byte == b':').filter(|entry| entry.first() == Some(&b'/'));
    entries.map(|entry| PathBuf::from(OsStr::from_bytes(entry)))
}

/// Returns whether a file can be executed.
pub fn is_program(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Returns the program that a name or path means.
pub fn find(name: &OsStr, path: &OsStr, directory: &Path) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return Some(directory.join(name)).filter(|path| is_program(path));
    }
    directories(path).map(|directory| directory.join(name)).find(|path| is_program(path))
}
