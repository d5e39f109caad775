//! Reading directories for globs: names and kinds, and never a call for each file.

use std::fs;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub use crate::sys::directory::{Kind, read};

/// Names of entries, in one buffer: a directory may hold a hundred thousand.
#[derive(Debug, Default)]
pub struct Names {
    text: Vec<u8>,
    entries: Vec<(Range<usize>, Kind)>,
}

impl Names {
    /// Adds a name.
    pub fn push(&mut self, name: &[u8], kind: Kind) {
        let start = self.text.len();
        self.text.extend_from_slice(name);
        self.entries.push((start..self.text.len(), kind));
    }

    /// How many bytes they take.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.entries.len() * size_of::<(Range<usize>, Kind)>()
    }

    /// Puts the names in bytewise order.
    pub fn sort(&mut self) {
        self.entries.sort_unstable_by(|(a, _), (b, _)| self.text[a.clone()].cmp(&self.text[b.clone()]));
    }

    /// The names and what they are.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Kind)> {
        self.entries.iter().map(|(range, kind)| (&self.text[range.clone()], *kind))
    }
}

/// Whether something of this name is there, be it a symbolic link that leads nowhere (lstat(2)).
pub fn exists(path: &[u8]) -> bool {
    fs::symlink_metadata(as_path(path)).is_ok()
}

/// Whether `path` is a directory or a symbolic link to one (stat(2)).
pub fn is_directory(path: &[u8]) -> bool {
    fs::metadata(as_path(path)).is_ok_and(|meta| meta.is_dir())
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}
