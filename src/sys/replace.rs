//! Replacing a file as a whole: readers see the old content or the new, never a part.
//!
//! The new content goes to a file without a name in the same directory (`O_TMPFILE`, open(2)), which nobody has to
//! clean up should we be killed; only for the moment of the rename has it one.

use super::descriptor;
use rustix::fs::{AtFlags, CWD, Gid, Mode, OFlags, RawMode, Uid};
use std::ffi::{CString, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A file that is yet to take its place.
#[derive(Debug)]
pub struct Pending {
    /// The new content.
    pub file: Arc<OwnedFd>,
    /// What it replaces.
    pub target: PathBuf,
    /// Its name until then, where there can't be none.
    name: Option<PathBuf>,
}

/// Whether a path can be replaced at all: a regular file, or nothing yet. A device or FIFO is written to.
///
/// # Errors
/// Those of stat(2), but for a path that leads nowhere: what is there can't be told.
pub fn is_replaceable(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// The file that a path means, symbolic links followed: the link stays and what it leads to is replaced.
///
/// # Errors
/// The directory is missing, or a link leads nowhere.
pub fn real(path: &Path) -> io::Result<PathBuf> {
    let error = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => error,
        result => return result,
    };
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(io::Error::other("the symbolic link leads nowhere")),
        // It is there, and our own directory is not: getcwd(2).
        Ok(_) => Err(error),
        Err(_) => {
            let name = path.file_name().ok_or(error)?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Ok(fs::canonicalize(parent.unwrap_or(Path::new(".")))?.join(name))
        }
    }
}

impl Pending {
    /// Begins with the old content, or with none.
    ///
    /// # Errors
    /// Those of open(2), and of copying the old content.
    pub fn new(target: PathBuf, keep: bool, umask: Option<u32>) -> io::Result<Self> {
        let directory = target.parent().unwrap_or(Path::new("/"));
        let (file, name) = match unnamed(directory) {
            Ok(file) => (file, None),
            Err(_) => {
                let (file, name) = named(&target)?;
                (file, Some(name))
            }
        };
        let pending = Self { file: Arc::new(descriptor::lift(file)?), target, name };
        match fs::metadata(&pending.target) {
            Ok(old) => {
                rustix::fs::fchmod(&*pending.file, Mode::from_raw_mode((old.mode() & 0o7777) as RawMode))?;
                // Another's file stays that other's where we may say so.
                let (user, group) = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
                let _ = rustix::fs::fchown(&*pending.file, Some(user), Some(group));
                if keep {
                    let mut source = fs::File::open(&pending.target)?;
                    io::copy(&mut source, &mut fs::File::from(pending.file.try_clone()?))?;
                }
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) => {
                if let Some(mask) = umask {
                    rustix::fs::fchmod(&*pending.file, Mode::from_raw_mode((0o666 & !mask) as RawMode))?;
                }
            }
        }
        Ok(pending)
    }

    /// Begins anew.
    ///
    /// # Errors
    /// Those of ftruncate(2).
    pub fn empty(&self) -> io::Result<()> {
        rustix::fs::ftruncate(&*self.file, 0)?;
        rustix::fs::seek(&*self.file, rustix::fs::SeekFrom::Start(0))?;
        Ok(())
    }

    /// Sees to it that the content is on the disk, which may turn out to be full only now.
    ///
    /// # Errors
    /// Those of fsync(2).
    pub fn sync(&self) -> io::Result<()> {
        match rustix::fs::fsync(&*self.file) {
            // What can't be synchronised needs it not.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::ROFS) => Ok(()),
            result => Ok(result?),
        }
    }

    /// Puts it in the place of the old file.
    ///
    /// # Errors
    /// Those of linkat(2) and rename(2).
    pub fn replace(&mut self) -> io::Result<()> {
        let name = match self.name.take() {
            Some(name) => name,
            None => self.give_name()?,
        };
        let replaced = fs::rename(&name, &self.target);
        if replaced.is_err() {
            let _ = fs::remove_file(&name);
        }
        replaced
    }

    fn give_name(&self) -> io::Result<PathBuf> {
        let by_descriptor = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        for _ in 0..TRIES {
            let name = beside(&self.target);
            match rustix::fs::linkat(CWD, &by_descriptor, CWD, &name, AtFlags::SYMLINK_FOLLOW) {
                Err(rustix::io::Errno::EXIST) => {}
                result => return result.map(|()| name).map_err(io::Error::from),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            let _ = fs::remove_file(name);
        }
    }
}

const TRIES: usize = 100;

/// A file in a directory that has no name there, and is gone when it is closed.
///
/// # Errors
/// The file system has none such, or nothing may be made there.
#[cfg(target_os = "linux")]
pub(super) fn unnamed(directory: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(rustix::fs::open(CString::new(directory.as_os_str().as_bytes())?, flags, Mode::from_raw_mode(0o666))?)
}

/// Linux alone has it.
#[cfg(not(target_os = "linux"))]
pub(super) fn unnamed(_: &Path) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

fn named(target: &Path) -> io::Result<(OwnedFd, PathBuf)> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
    for _ in 0..TRIES {
        let name = beside(target);
        match rustix::fs::open(&name, flags, Mode::from_raw_mode(0o666)) {
            Ok(file) => return Ok((file, name)),
            Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// A name in the same directory that nobody has, probably.
fn beside(target: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}-{count}", std::process::id()));
    target.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    fn write(pending: &Pending, text: &str) {
        fs::File::from(pending.file.try_clone().unwrap()).write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn the_old_content_stays_until_the_moment_of_replacement() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let mut pending = Pending::new(path.clone(), false, None).unwrap();
        write(&pending, "new");
        pending.sync().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        pending.replace().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    }

    #[test]
    fn one_that_is_given_up_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        write(&Pending::new(path.clone(), false, None).unwrap(), "half");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        let (file, name) = named(&path).unwrap();
        drop(Pending { file: Arc::new(file), target: path, name: Some(name) });
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
    }

    #[test]
    fn what_is_added_to_begins_with_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "one ").unwrap();
        let mut pending = Pending::new(path.clone(), true, None).unwrap();
        write(&pending, "two");
        pending.replace().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one two");
    }

    #[test]
    fn a_link_stays_and_its_file_is_meant() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(real(&link).is_err());
        fs::write(&file, "").unwrap();
        assert_eq!(real(&link).unwrap(), fs::canonicalize(&file).unwrap());
        let can = |path: &Path| is_replaceable(path).unwrap();
        assert!(can(&link) && can(&dir.path().join("none")));
        assert!(!can(Path::new("/dev/null")) && !can(dir.path()));
    }
}
