//! The tests of `test` for files.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A permission to test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `-r`
    Read,
    /// `-w`
    Write,
    /// `-x`: to run a program, or to search a directory.
    Execute,
}

/// The environment in which `test` runs.
pub struct Context<'a> {
    /// The session's directory, to which relative names refer.
    pub directory: &'a Path,
    /// Returns the target of a path that names a descriptor of the command, such as `/dev/stdin`; none for
    /// any other path.
    pub own: &'a dyn Fn(&Path) -> Option<PathBuf>,
    /// Whether the command may examine a file at all; a file that it may not examine does not exist for it.
    pub may: &'a dyn Fn(&Path) -> bool,
    /// Whether the effective user has a permission for a file: the answer of faccessat(2) with
    /// `AT_EACCESS`. The mode bits alone are not enough, since there are access control lists, read-only
    /// file systems and root.
    pub access: &'a dyn Fn(&Path, Access) -> bool,
    /// Whether a descriptor of the command is a terminal, isatty(3).
    pub is_terminal: &'a dyn Fn(i32) -> bool,
    /// The effective user.
    pub user: u32,
    /// The effective group.
    pub group: u32,
}

impl Context<'_> {
    pub(super) fn is_terminal(&self, descriptor: i64) -> bool {
        i32::try_from(descriptor).is_ok_and(self.is_terminal)
    }

    /// Evaluates the primary `-letter`. A file that does not exist or can't be reached has no property.
    pub(super) fn file(&self, letter: u8, name: &[u8]) -> bool {
        // The mode bits of chmod(2).
        let (set_user, set_group, sticky) = (0o4000, 0o2000, 0o1000);
        let Some(path) = self.path(name) else { return false };
        let is = |what: &dyn Fn(&Metadata) -> bool| fs::metadata(&path).is_ok_and(|meta| what(&meta));
        match letter {
            b'a' | b'e' => is(&|_| true),
            b'b' => is(&|meta| meta.file_type().is_block_device()),
            b'c' => is(&|meta| meta.file_type().is_char_device()),
            b'd' => is(&|meta| meta.is_dir()),
            b'f' => is(&|meta| meta.is_file()),
            b'g' => is(&|meta| meta.mode() & set_group != 0),
            b'G' => is(&|meta| meta.gid() == self.group),
            b'h' | b'L' => fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink()),
            b'k' => is(&|meta| meta.mode() & sticky != 0),
            b'N' => is(&|meta| modified(meta) > (meta.atime(), meta.atime_nsec())),
            b'O' => is(&|meta| meta.uid() == self.user),
            b'p' => is(&|meta| meta.file_type().is_fifo()),
            b'r' => (self.access)(&path, Access::Read),
            b's' => is(&|meta| meta.len() > 0),
            b'S' => is(&|meta| meta.file_type().is_socket()),
            b'u' => is(&|meta| meta.mode() & set_user != 0),
            b'w' => (self.access)(&path, Access::Write),
            b'x' => (self.access)(&path, Access::Execute),
            _ => false,
        }
    }

    /// Evaluates `-nt`: an existing file is newer than one that does not exist.
    pub(super) fn is_newer(&self, name: &[u8], than: &[u8]) -> bool {
        match (self.metadata(name), self.metadata(than)) {
            (Some(file), Some(other)) => modified(&file) > modified(&other),
            (file, _) => file.is_some(),
        }
    }

    /// Evaluates `-ef`: the same file by two names.
    pub(super) fn is_same(&self, left: &[u8], right: &[u8]) -> bool {
        match (self.metadata(left), self.metadata(right)) {
            (Some(left), Some(right)) => (left.dev(), left.ino()) == (right.dev(), right.ino()),
            _ => false,
        }
    }

    fn metadata(&self, name: &[u8]) -> Option<Metadata> {
        fs::metadata(self.path(name)?).ok()
    }

    /// Returns the path. No file has the empty name: joined to the directory it would be that directory.
    fn path(&self, name: &[u8]) -> Option<PathBuf> {
        let path = self.directory.join(OsStr::from_bytes(name));
        if name.is_empty() {
            return None;
        }
        (self.own)(&path).or_else(|| (self.may)(&path).then_some(path))
    }
}

fn modified(meta: &Metadata) -> (i64, i64) {
    (meta.mtime(), meta.mtime_nsec())
}
