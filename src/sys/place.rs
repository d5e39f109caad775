//! The directory that a path leads to, held open, and the last name in it.
//!
//! Each call resolves a path anew, and it may lead elsewhere by then: a directory on the way may have been exchanged,
//! or the name may have become a symbolic link. A file that is opened, judged or renamed through a place is in the
//! directory that existed when the place was found.

use super::file_identity::FileIdentity;
use super::open::join;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::{CStr, CString, OsString};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A directory and a name in it that is not a symbolic link.
#[derive(Debug)]
pub struct Place {
    /// The directory, open for looking up names.
    pub directory: OwnedFd,
    /// The last component.
    pub name: CString,
    /// The identity of the directory.
    identity: FileIdentity,
}

/// The number of symbolic links that the kernel follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// It needs no permission to list the directory.
#[cfg(target_os = "linux")]
const SEARCH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const SEARCH: OFlags = OFlags::RDONLY;

impl Place {
    /// Follows the symbolic links of a path, seen from `directory`. The last name need not exist: the target of a link
    /// is created there, as by open(2).
    ///
    /// # Errors
    /// Fails as open(2) and fstat(2) do for the directory; with `IsADirectory` if the path ends with a slash or dots.
    pub fn find(directory: Option<&CStr>, path: &[u8]) -> io::Result<Self> {
        let mut rest = join(directory, path)?.into_bytes();
        let mut at: Option<OwnedFd> = None;
        for _ in 0..MOST_LINKS {
            let start = rest.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
            let (parent, name) = rest.split_at(start);
            if rest.is_empty() {
                return Err(io::ErrorKind::NotFound.into());
            }
            if matches!(name, b"" | b"." | b"..") {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            let name = CString::new(name)?;
            if !parent.is_empty() || at.is_none() {
                let parent = CString::new(if parent.is_empty() { &b"."[..] } else { parent })?;
                at = Some(open_directory(at.as_ref(), &parent)?);
            }
            let Some(directory) = at else { return Err(io::ErrorKind::NotFound.into()) };
            match rustix::fs::readlinkat(&directory, &name, Vec::new()) {
                Ok(target) => rest = target.into_bytes(),
                Err(Errno::INVAL | Errno::NOENT) => {
                    let identity = FileIdentity::of(&directory)?;
                    return Ok(Self { directory, name, identity });
                }
                Err(error) => return Err(error.into()),
            }
            at = Some(directory);
        }
        Err(Errno::LOOP.into())
    }

    /// Returns the file itself, for examination only; none if there is nothing yet.
    ///
    /// # Errors
    /// Fails as open(2) does.
    pub fn look(&self) -> io::Result<Option<OwnedFd>> {
        let flags = SEARCH | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.directory, &self.name, flags, Mode::empty()) {
            Ok(file) => Ok(Some(super::descriptor::lift(file)?)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the status of the file.
    ///
    /// # Errors
    /// Fails as fstatat(2) does.
    pub(super) fn stat(&self) -> io::Result<Stat> {
        Ok(rustix::fs::statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Returns whether both are the same name in the same directory.
    pub fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.identity == other.identity
    }

    /// Returns the path by which the kernel now knows it, without symbolic links; none without /proc.
    pub fn path(&self) -> Option<PathBuf> {
        let directory = path_of(&self.directory)?;
        Some(directory.join(OsString::from_vec(self.name.as_bytes().to_vec())))
    }

    /// Removes a name of the same directory.
    pub(super) fn unlink(&self, name: &CStr) {
        let _ = rustix::fs::unlinkat(&self.directory, name, AtFlags::empty());
    }
}

/// Returns the path by which the kernel now knows an open file; none without /proc.
#[cfg(not(target_vendor = "apple"))]
pub fn path_of(file: &impl AsRawFd) -> Option<PathBuf> {
    std::fs::read_link(by_descriptor(file)).ok()
}

/// Returns the path by which the kernel now knows an open file (fcntl(2), `F_GETPATH`).
#[cfg(target_vendor = "apple")]
pub fn path_of(file: &(impl AsRawFd + std::os::fd::AsFd)) -> Option<PathBuf> {
    let path = rustix::fs::getpath(file).ok()?;
    Some(PathBuf::from(OsString::from_vec(path.into_bytes())))
}

/// Returns the name by which this process can open an open file again (proc_pid_fd(5)).
pub(super) fn by_descriptor(file: &impl AsRawFd) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

fn open_directory(at: Option<&OwnedFd>, path: &CStr) -> io::Result<OwnedFd> {
    let flags = SEARCH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let found = match at {
        Some(at) => rustix::fs::openat(at, path, flags, Mode::empty()),
        None => rustix::fs::openat(CWD, path, flags, Mode::empty()),
    };
    super::descriptor::lift(found?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::open::{How, OpenMode, open_as};
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::sync::Arc;

    fn find(path: &Path) -> io::Result<Place> {
        Place::find(None, path.as_os_str().as_bytes())
    }

    #[test]
    fn links_are_followed_also_to_what_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let at = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir(at.join("d")).unwrap();
        symlink("d", at.join("link")).unwrap();
        symlink("../new", at.join("d/away")).unwrap();
        symlink("around", at.join("around")).unwrap();
        for (path, expected) in [("f", "f"), ("link/f", "d/f"), ("link/away", "new"), ("d/../f", "f")] {
            assert_eq!(find(&at.join(path)).unwrap().path(), Some(at.join(expected)), "{path}");
        }
        assert!(find(&at.join("f")).unwrap().is_same(&find(&at.join("link/../f")).unwrap()));
        for path in ["d/", "d/.", "..", "none/f", "around", ""] {
            assert!(
                Place::find(Some(c"/tmp"), at.join(path).as_os_str().as_bytes()).is_err() || path.is_empty()
            );
        }
        assert!(Place::find(Some(c"/tmp"), b"").is_err());
    }

    #[test]
    fn an_exchanged_directory_does_not_get_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let (old, moved) = (dir.path().join("d"), dir.path().join("moved"));
        fs::create_dir(&old).unwrap();
        let place = find(&old.join("f")).unwrap();
        fs::rename(&old, &moved).unwrap();
        fs::create_dir(&old).unwrap();
        let how = How { place: Some(Arc::new(place)), ..How::USUAL };
        open_as(None, old.join("f").as_os_str().as_bytes(), OpenMode::Append, &how).unwrap();
        assert!(moved.join("f").exists() && !old.join("f").exists());
    }
}
