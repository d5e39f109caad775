//! Reading directories: names and kinds by getdents64(2), without an allocation for each entry; by readdir(3) if
//! that call is not available.
//!
//! `std::fs::read_dir` makes two allocations for each entry and calls fstat(2) for each directory, which slows
//! globs over many files.

#[cfg(target_os = "linux")]
use rustix::fs::RawDir;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

/// The kind of an entry, as recorded in the directory (`d_type` in readdir(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A symbolic link: only another call finds the kind of its target.
    Link,
    /// Anything else.
    Other,
}

/// Passes each entry of `directory` to `visit`, without `.` and `..` and in no particular order. Passes none
/// if the directory does not exist, is not a directory or may not be read, as in sh. Ends early once `visit`
/// returns false.
///
/// # Errors
/// Fails with `EMFILE` and `ENFILE` when no descriptor is left, with `ENOMEM` and `EIO`. Entries may
/// then be missing.
pub fn read(directory: &[u8], mut visit: impl FnMut(&[u8], Kind) -> bool) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let open = || rustix::fs::open(OsStr::from_bytes(directory), flags, Mode::empty());
    let fd = match rustix::io::retry_on_intr(open) {
        Ok(fd) => fd,
        Err(
            Errno::ACCESS | Errno::PERM | Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG,
        ) => {
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    #[cfg(target_os = "linux")]
    let mut buffer = Vec::with_capacity(32 << 10);
    #[cfg(target_os = "linux")]
    let mut reader = RawDir::new(&fd, buffer.spare_capacity_mut());
    #[cfg(not(target_os = "linux"))]
    let mut reader = rustix::fs::Dir::read_from(&fd)?;
    while let Some(entry) = reader.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(Errno::INTR) => continue,
            // It was removed in the meantime.
            Err(Errno::NOENT) => break,
            Err(error) => return Err(error.into()),
        };
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            // Some file systems don't record it (some XFS, NFS).
            FileType::Unknown => rustix::fs::statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW)
                .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
            kind => kind,
        };
        let kind = match kind {
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        };
        if !visit(name.to_bytes(), kind) {
            break;
        }
    }
    Ok(())
}
