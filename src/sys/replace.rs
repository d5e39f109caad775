//! Replacing a file as a whole: readers see the old content or the new, never a part.
//!
//! The new content goes to a file without a name in the same directory (`O_TMPFILE`, open(2)), so that there is
//! nothing to clean up if this process is killed; it has a name only at the moment of the rename. The directory is
//! held open from the beginning: if another one takes its name, the file stays in the intended one.

use super::attributes::{Unkept, take_over};
use super::descriptor;
use super::open::Creation;
use super::place::{Place, by_descriptor};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawMode};
use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A file that has not replaced the old one yet.
#[derive(Debug)]
pub struct Pending {
    /// The new content.
    pub file: Arc<OwnedFd>,
    /// The place of the old file.
    pub place: Place,
    /// Its name until then, in the same directory; a file without a name needs none before the rename.
    name: Option<CString>,
}

/// Returns whether the file at a path can be replaced: a regular file, or nothing yet. A device or FIFO is written
/// to directly.
///
/// # Errors
/// Fails as stat(2) does, except for a path that leads nowhere, since it is then unknown what is there.
pub fn is_replaceable(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

impl Pending {
    /// Creates the new file. It begins empty, or with the content of the file that it will replace. That is the
    /// file at its place or, in a block that has already replaced the file, the waiting replacement.
    ///
    /// # Errors
    /// Fails as open(2) does, and as copying the old content, access and attributes does.
    pub fn new(place: Place, before: Option<&Self>, keep: bool, created: Creation) -> Result<Self, Unkept> {
        let old = match before {
            Some(before) => Some(before.file.clone()),
            None => place.look()?.map(Arc::new),
        };
        // From the first moment on, the new file must not allow more than the old one.
        let mode = Mode::from_raw_mode(if old.is_some() { 0o600 } else { created.mode } as RawMode);
        let (file, name) = match unnamed_in(&place.directory, mode) {
            Ok(file) => (file, None),
            Err(_) => {
                let (file, name) = named(&place, mode)?;
                (file, Some(name))
            }
        };
        let pending = Self { file: Arc::new(descriptor::lift(file)?), place, name };
        match (&old, created.umask) {
            (Some(old), _) => {
                take_over(&pending.file, old)?;
                if keep {
                    let mut source = readable(old)?;
                    io::copy(&mut source, &mut fs::File::from(pending.file.try_clone()?))?;
                }
            }
            (None, Some(umask)) => {
                let mode = Mode::from_raw_mode((created.mode & !umask) as RawMode);
                rustix::fs::fchmod(&*pending.file, mode)?;
            }
            (None, None) => {}
        }
        Ok(pending)
    }

    /// Starts again with an empty file.
    ///
    /// # Errors
    /// Fails as ftruncate(2) does.
    pub fn empty(&self) -> io::Result<()> {
        rustix::fs::ftruncate(&*self.file, 0)?;
        rustix::fs::seek(&*self.file, rustix::fs::SeekFrom::Start(0))?;
        Ok(())
    }

    /// Prepares it: writes it to the disk, which may turn out to be full only now, and gives it a name for the
    /// rename.
    ///
    /// # Errors
    /// Fails as fsync(2) and linkat(2) do.
    pub fn prepare(&mut self) -> io::Result<()> {
        match rustix::fs::fsync(&*self.file) {
            // The file system has nothing to synchronise.
            Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::ROFS) => {}
            Err(error) => return Err(error.into()),
        }
        if self.name.is_none() {
            self.name = Some(self.give_name()?);
        }
        Ok(())
    }

    /// Puts it into the place of the old file.
    ///
    /// # Errors
    /// Fails as rename(2) does, and if it has no name yet.
    pub fn replace(&mut self) -> io::Result<()> {
        let name = self.name.take().ok_or(io::ErrorKind::NotFound)?;
        let Place { directory, name: target, .. } = &self.place;
        let replaced = rustix::fs::renameat(directory, &name, directory, target);
        if replaced.is_err() {
            self.place.unlink(&name);
        }
        Ok(replaced?)
    }

    fn give_name(&self) -> io::Result<CString> {
        let own = by_descriptor(&self.file);
        for _ in 0..TRIES {
            let name = temporary_name()?;
            match rustix::fs::linkat(CWD, &*own, &self.place.directory, &name, AtFlags::SYMLINK_FOLLOW) {
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
            self.place.unlink(name);
        }
    }
}

/// Returns a file from [`Place::look`], for reading.
#[cfg(target_os = "linux")]
fn readable(file: &OwnedFd) -> io::Result<fs::File> {
    fs::File::open(by_descriptor(file))
}

/// It can be read already.
#[cfg(not(target_os = "linux"))]
fn readable(file: &OwnedFd) -> io::Result<fs::File> {
    Ok(file.try_clone()?.into())
}

const TRIES: usize = 100;

/// Tests whether a directory supports files without a name, which disappear when they are closed.
///
/// # Errors
/// Fails if the file system lacks them, or no file may be created there.
pub(super) fn unnamed(directory: &Path) -> io::Result<()> {
    let place = place_in(directory)?;
    unnamed_in(&place.directory, Mode::from_raw_mode(0o600)).map(drop)
}

/// Returns a place in a directory, for a file whose name does not matter.
fn place_in(directory: &Path) -> io::Result<Place> {
    Place::find(None, directory.join("none").as_os_str().as_encoded_bytes())
}

/// Creates a file without a name in a directory. If necessary, creates it with a name and removes the name.
///
/// # Errors
/// Fails as open(2) does for the directory.
pub(super) fn unnamed_file(directory: &Path) -> io::Result<OwnedFd> {
    let place = place_in(directory)?;
    let mode = Mode::from_raw_mode(0o600);
    if let Ok(file) = unnamed_in(&place.directory, mode) {
        return Ok(file);
    }
    let (file, name) = named(&place, mode)?;
    place.unlink(&name);
    Ok(file)
}

#[cfg(target_os = "linux")]
fn unnamed_in(directory: &OwnedFd, mode: Mode) -> io::Result<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(directory, c".", flags, mode)?)
}

/// Only Linux supports them.
#[cfg(not(target_os = "linux"))]
fn unnamed_in(_: &OwnedFd, _: Mode) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

fn named(place: &Place, mode: Mode) -> io::Result<(OwnedFd, CString)> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
    for _ in 0..TRIES {
        let name = temporary_name()?;
        match rustix::fs::openat(&place.directory, &name, flags, mode) {
            Ok(file) => return Ok((file, name)),
            Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Returns a name that probably no file has. Its length does not depend on that of the target, which may be the
/// longest possible.
fn temporary_name() -> io::Result<CString> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    Ok(CString::new(format!(".pipewright-{}-{count}", std::process::id()))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    const USUAL: Creation = Creation::USUAL;

    fn pending(path: &Path, keep: bool) -> Pending {
        Pending::new(Place::find(None, path.as_os_str().as_bytes()).unwrap(), None, keep, USUAL).unwrap()
    }

    fn write(pending: &Pending, text: &str) {
        fs::File::from(pending.file.try_clone().unwrap()).write_all(text.as_bytes()).unwrap();
    }

    fn put(mut pending: Pending) {
        pending.prepare().unwrap();
        pending.replace().unwrap();
    }

    #[test]
    fn the_old_content_stays_until_the_moment_of_replacement() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let mut new = pending(&path, false);
        write(&new, "new");
        new.prepare().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        new.replace().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    }

    #[test]
    fn one_that_is_given_up_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let mut new = pending(&path, false);
        write(&new, "half");
        new.prepare().unwrap();
        drop(new);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        let place = Place::find(None, path.as_os_str().as_bytes()).unwrap();
        let (file, name) = named(&place, Mode::from_raw_mode(0o600)).unwrap();
        drop(Pending { file: Arc::new(file), place, name: Some(name) });
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_appended_to_begins_with_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "one ").unwrap();
        let outer = pending(&path, true);
        write(&outer, "two ");
        let place = Place::find(None, path.as_os_str().as_bytes()).unwrap();
        let inner = Pending::new(place, Some(&outer), true, USUAL).unwrap();
        write(&inner, "three");
        put(outer);
        assert_eq!(fs::read(&path).unwrap(), b"one two ");
        put(inner);
        assert_eq!(fs::read(&path).unwrap(), b"one two three");
    }

    #[test]
    fn devices_and_directories_are_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let can = |path: &Path| is_replaceable(path).unwrap();
        assert!(can(&dir.path().join("none")) && !can(Path::new("/dev/null")) && !can(dir.path()));
    }
}
