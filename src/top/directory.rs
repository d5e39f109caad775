//! The directory of the sockets. It belongs to the user alone.

use crate::sys::access;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Returns the directory, which may not exist.
pub fn path() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|value| Path::new(value).is_absolute()) {
        Some(runtime) => Path::new(&runtime).join("pipewright"),
        None => format!("/tmp/pipewright-{}", access::effective_user().0).into(),
    }
}

/// Creates the directory, unless it exists.
///
/// # Errors
/// Fails with `PermissionDenied` if what is there is not a directory of this user alone: in `/tmp` another user may have
/// created it.
pub fn create() -> io::Result<PathBuf> {
    let path = path();
    match DirBuilder::new().mode(0o700).create(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    if is_private(&path) { Ok(path) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// Returns whether a path is a directory of this user to which no other user has access.
pub fn is_private(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| {
        let own = found.uid() == access::effective_user().0;
        found.is_dir() && own && found.permissions().mode() & 0o077 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_others_can_open_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d");
        DirBuilder::new().mode(0o700).create(&path).unwrap();
        assert!(is_private(&path));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(!is_private(&path));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        assert!(!is_private(&link) && !is_private(&folder.path().join("missing")));
    }
}
