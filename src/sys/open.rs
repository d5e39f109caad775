//! Opening the targets of redirections.

use super::file_identity::FileIdentity;
use super::place::Place;
use super::{descriptor, own_path};
use rustix::fs::{FileType, Mode, OFlags, RawMode};
#[cfg(target_os = "linux")]
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

/// How a redirection opens its target (POSIX, Shell Command Language, 2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// `<`: for reading; it must exist.
    Read,
    /// `>` and `>|`: for writing, created or emptied.
    Truncate,
    /// `>>`: for writing at the end, created when missing.
    Append,
    /// `<>`: for both, created when missing, never emptied.
    ReadWrite,
}

impl OpenMode {
    fn flags(self) -> OFlags {
        let flags = match self {
            Self::Read => OFlags::RDONLY,
            Self::Truncate => OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC,
            Self::Append => OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND,
            Self::ReadWrite => OFlags::RDWR | OFlags::CREATE,
        };
        // Without NOCTTY, `< /dev/tty1` could make that terminal the controlling terminal of this process.
        flags | OFlags::CLOEXEC | OFlags::NOCTTY
    }
}

/// Opens `path`, relative to `directory` if that is given, with mode 0666 less the umask.
///
/// # Errors
/// Fails as open(2) does. `Interrupted` is not retried: opening a FIFO waits for its other end, and a signal has to
/// end that; check the interrupt and try again.
pub fn open(directory: Option<&CStr>, path: &[u8], mode: OpenMode) -> io::Result<OwnedFd> {
    open_as(directory, path, mode, &How::USUAL)
}

/// The permissions of a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Creation {
    /// As passed to open(2), less the umask of this process.
    pub mode: u32,
    /// Another umask to use instead, since all threads of the process share the umask.
    pub umask: Option<u32>,
}

impl Creation {
    /// The permissions of an ordinary file.
    pub const USUAL: Self = Self { mode: 0o666, umask: None };
}

/// How a file that a script names is opened.
#[derive(Clone, Debug)]
pub struct How {
    /// The permissions, if it is new.
    pub created: Creation,
    /// Its place. It is then opened there, wherever the path leads by now, and never through a symbolic link.
    pub place: Option<Arc<Place>>,
}

impl How {
    /// By its path, as an ordinary file.
    pub const USUAL: Self = Self { created: Creation::USUAL, place: None };
}

/// Opens like [`open`], with other permissions for a new file, or in a place that is held. A path that leads through
/// links to a descriptor of this process is `ELOOP`, since the script may mean its own descriptor. A path that
/// spells one out ([`own_path::spelt`]) means this process's, since those of the script have been translated to such
/// paths before.
///
/// # Errors
/// Fails as open(2) and fchmod(2) do.
pub fn open_as(directory: Option<&CStr>, path: &[u8], mode: OpenMode, how: &How) -> io::Result<OwnedFd> {
    open_as_with(directory, path, mode, how, OFlags::empty())
}

/// Opens like [`open_as`], but never waits: a FIFO opens without its other end for reading, and is `ENXIO` for
/// writing. Reads and writes don't wait either, until [`let_wait`].
///
/// # Errors
/// Fails as [`open_as`] does; with `WouldBlock` for a file on which another process holds a lease (fcntl(2),
/// `F_SETLEASE`).
pub fn open_at_once(directory: Option<&CStr>, path: &[u8], mode: OpenMode, how: &How) -> io::Result<OwnedFd> {
    open_as_with(directory, path, mode, how, OFlags::NONBLOCK)
}

/// Makes reads and writes of a file from [`open_at_once`] wait, like those of any other file: programs that inherit
/// it expect that.
///
/// # Errors
/// Fails as fcntl(2) does.
pub fn let_wait(file: &OwnedFd, mode: OpenMode) -> io::Result<()> {
    Ok(rustix::fs::fcntl_setfl(file, mode.flags() & OFlags::APPEND)?)
}

fn open_as_with(
    directory: Option<&CStr>,
    path: &[u8],
    mode: OpenMode,
    how: &How,
    extra: OFlags,
) -> io::Result<OwnedFd> {
    let flags = mode.flags() | extra;
    let open = |flags: OFlags, permissions: u32| {
        let permissions = Mode::from_raw_mode(permissions as RawMode);
        match &how.place {
            Some(place) => {
                let flags = flags | OFlags::NOFOLLOW;
                descriptor::lift(rustix::fs::openat(&place.directory, &place.name, flags, permissions)?)
            }
            None => open_named(directory, path, flags, permissions),
        }
    };
    let created = how.created;
    if created == Creation::USUAL || mode == OpenMode::Read {
        return open(flags, created.mode);
    }
    // The mode may only be set for a new file.
    match open(flags | OFlags::EXCL, 0o600) {
        Ok(file) => {
            if let Some(mask) = created.umask {
                rustix::fs::fchmod(&file, Mode::from_raw_mode((created.mode & !mask) as RawMode))?;
            }
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open(flags, created.mode),
        Err(error) => Err(error),
    }
}

/// Opens by name. Some kernels and filters of system calls lack openat2(2), which recognises the links of /proc:
/// then everything is opened.
fn open_named(directory: Option<&CStr>, name: &[u8], flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
    let path = join(directory, name)?;
    #[cfg(target_os = "linux")]
    if own_path::spelt(name).is_none() {
        use rustix::fs::{CWD, ResolveFlags, openat2};
        let mode = if flags.contains(OFlags::CREATE) { mode } else { Mode::empty() };
        match openat2(CWD, &*path, flags, mode, ResolveFlags::NO_MAGICLINKS) {
            Err(Errno::NOSYS | Errno::PERM) => {}
            // A link of /proc that leads elsewhere, or a loop.
            Err(Errno::LOOP) if own_path::resolved(directory, name).is_none() => {}
            result => return descriptor::lift(result?),
        }
    }
    descriptor::lift(rustix::fs::open(&*path, flags, mode)?)
}

/// Returns where a write of `more` bytes to a regular file would end; none for anything else.
pub fn end_after(file: BorrowedFd<'_>, more: usize) -> Option<u64> {
    let stat = rustix::fs::fstat(file).ok()?;
    if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::RegularFile {
        return None;
    }
    let appends = rustix::fs::fcntl_getfl(file).is_ok_and(|flags| flags.contains(OFlags::APPEND));
    let start = if appends { u64::try_from(stat.st_size).ok()? } else { rustix::fs::tell(file).ok()? };
    Some(start.saturating_add(more as u64))
}

/// Returns whether both paths lead to the same file, by device and inode. A path without a file is equal to no
/// other.
pub fn same_file(directory: Option<&CStr>, a: &[u8], b: &[u8]) -> bool {
    let identity = |path| {
        let stat = rustix::fs::stat(&*join(directory, path).ok()?).ok()?;
        Some(FileIdentity::of_stat(&stat))
    };
    matches!((identity(a), identity(b)), (Some(a), Some(b)) if a == b)
}

/// The kind of a path's target, as far as opening it may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Opening it waits for the other end.
    Fifo,
    /// Opening it does whatever its driver does.
    Device,
    /// A regular file, a directory, nothing.
    Other,
}

/// Returns the kind of a path's target, or of the file at a place.
pub fn kind(directory: Option<&CStr>, path: &[u8], place: Option<&Place>) -> Kind {
    let stat = match place {
        Some(place) => place.stat(),
        None => join(directory, path).and_then(|path| Ok(rustix::fs::stat(&*path)?)),
    };
    // A file that can't be examined can't be opened, and open(2) reports the reason.
    stat.map_or(Kind::Other, |stat| match FileType::from_raw_mode(stat.st_mode) {
        FileType::Fifo => Kind::Fifo,
        FileType::CharacterDevice | FileType::BlockDevice => Kind::Device,
        _ => Kind::Other,
    })
}

/// Returns whether an open file is a regular one, which is always ready.
pub fn is_regular(file: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(file).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
}

/// Returns whether an open file is `/dev/null`.
pub fn is_null(file: BorrowedFd<'_>) -> bool {
    static NULL: std::sync::OnceLock<Option<rustix::fs::Dev>> = std::sync::OnceLock::new();
    let device = |stat: rustix::fs::Stat| {
        (FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice).then_some(stat.st_rdev)
    };
    let null = NULL.get_or_init(|| rustix::fs::stat(c"/dev/null").ok().and_then(device));
    null.is_some() && rustix::fs::fstat(file).ok().and_then(device) == *null
}

/// Returns the position up to which an open file has been read or written, and its size. Copies of a descriptor
/// share the position.
///
/// # Errors
/// Fails with `ESPIPE` for a pipe, and as lseek(2) and fstat(2) do.
pub fn offset_and_size(file: BorrowedFd<'_>) -> io::Result<(u64, u64)> {
    let offset = rustix::fs::seek(file, rustix::fs::SeekFrom::Current(0))?;
    Ok((offset, u64::try_from(rustix::fs::fstat(file)?.st_size).unwrap_or(0)))
}

/// Returns whether a path leads to a regular file that is not empty.
pub fn holds_data(directory: Option<&CStr>, path: &[u8]) -> bool {
    let Ok(path) = join(directory, path) else { return false };
    let regular = |mode| FileType::from_raw_mode(mode) == FileType::RegularFile;
    rustix::fs::stat(&*path).is_ok_and(|stat| stat.st_size > 0 && regular(stat.st_mode))
}

/// Opens a file or directory to refer to it, without access to its content.
///
/// # Errors
/// Fails as open(2) does.
pub fn reference(path: &CStr) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    const REFERENCE: OFlags = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    const REFERENCE: OFlags = OFlags::NONBLOCK;
    descriptor::lift(rustix::fs::open(path, REFERENCE | OFlags::CLOEXEC, Mode::empty())?)
}

/// Returns `path` as seen from `directory`.
///
/// # Errors
/// Fails with `InvalidInput` if the path contains NUL.
pub fn join(directory: Option<&CStr>, path: &[u8]) -> io::Result<CString> {
    let mut full = Vec::new();
    if let Some(directory) = directory
        && path.first() != Some(&b'/')
        // open(2) returns ENOENT for the empty path; `dir/` would open the directory.
        && !path.is_empty()
    {
        full.extend_from_slice(directory.to_bytes());
        full.push(b'/');
    }
    full.extend_from_slice(path);
    CString::new(full).map_err(|_| io::ErrorKind::InvalidInput.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::io::{Read, Write};
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn opens_as_the_operator_says() {
        let dir = tempfile::tempdir().unwrap();
        let at = CString::new(dir.path().as_os_str().as_bytes()).unwrap();
        let write = |mode, text: &[u8]| {
            File::from(open(Some(&at), b"f", mode).unwrap()).write_all(text).unwrap();
            fs::read(dir.path().join("f")).unwrap()
        };
        assert_eq!(open(Some(&at), b"f", OpenMode::Read).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(write(OpenMode::Truncate, b"one"), b"one");
        assert_eq!(write(OpenMode::Append, b"two"), b"onetwo");
        assert_eq!(write(OpenMode::ReadWrite, b"X"), b"Xnetwo");
        assert_eq!(write(OpenMode::Truncate, b""), b"");
        assert!(open(Some(&at), b"", OpenMode::Read).is_err());
        assert!(open(Some(&at), b"f\0g", OpenMode::Read).is_err());
        let mut text = String::new();
        File::from(open(Some(&at), b"/dev/null", OpenMode::Read).unwrap()).read_to_string(&mut text).unwrap();
    }

    #[test]
    fn knows_one_file_by_two_names() {
        let dir = tempfile::tempdir().unwrap();
        let at = CString::new(dir.path().as_os_str().as_bytes()).unwrap();
        fs::write(dir.path().join("a"), "").unwrap();
        fs::write(dir.path().join("c"), "").unwrap();
        fs::hard_link(dir.path().join("a"), dir.path().join("b")).unwrap();
        assert!(same_file(Some(&at), b"a", b"./b"));
        assert!(!same_file(Some(&at), b"a", b"c"));
        assert!(!same_file(Some(&at), b"none", b"none"));
    }
}
