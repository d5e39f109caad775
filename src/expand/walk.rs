//! Reading directories for globs: names and kinds, without a call for each file.

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

    /// Returns how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.entries.len() * size_of::<(Range<usize>, Kind)>()
    }

    /// Puts the names in bytewise order.
    ///
    /// The eight bytes after the common beginning of all names decide most comparisons, without access
    /// to the text.
    pub fn sort(&mut self) {
        let name = |range: &Range<usize>| &self.text[range.clone()];
        let Some((first, _)) = self.entries.first() else { return };
        let common = self.entries.iter().fold(name(first), |common, (range, _)| {
            let same = common.iter().zip(name(range)).take_while(|(a, b)| a == b).count();
            &common[..same]
        });
        let common = common.len();
        let key = |range: &Range<usize>| {
            let mut key = [0; size_of::<u64>()];
            // A shorter name has zeros there, which no name contains.
            let rest = &name(range)[common..];
            let count = rest.len().min(key.len());
            key[..count].copy_from_slice(&rest[..count]);
            u64::from_be_bytes(key)
        };
        let mut keyed: Vec<_> =
            self.entries.iter().map(|(range, kind)| (key(range), range.clone(), *kind)).collect();
        keyed.sort_unstable_by(|(a, one, _), (b, other, _)| {
            a.cmp(b).then_with(|| name(one)[common..].cmp(&name(other)[common..]))
        });
        self.entries = keyed.into_iter().map(|(_, range, kind)| (range, kind)).collect();
    }

    /// Returns the names and their kinds.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Kind)> {
        self.entries.iter().map(|(range, kind)| (&self.text[range.clone()], *kind))
    }
}

/// Returns whether something with this name exists, even a symbolic link that leads nowhere (lstat(2)).
pub fn exists(path: &[u8]) -> bool {
    fs::symlink_metadata(as_path(path)).is_ok()
}

/// Returns whether `path` is a directory or a symbolic link to one (stat(2)).
pub fn is_directory(path: &[u8]) -> bool {
    fs::metadata(as_path(path)).is_ok_and(|meta| meta.is_dir())
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_by_their_bytes() {
        let lists: [&[&[u8]]; 5] = [
            &[],
            &[b"b", b"a", b"a"],
            &[b"file10", b"file9", b"file1", b"file", b"file100000000000"],
            &[b"same-beginning-of-both-2", b"same-beginning-of-both-1"],
            &[b"a\xff", b"a", b"\xff", b"a\x01", b"A"],
        ];
        for list in lists {
            let mut names = Names::default();
            list.iter().for_each(|name| names.push(name, Kind::Other));
            names.sort();
            let mut expected = list.to_vec();
            expected.sort_unstable();
            assert_eq!(names.iter().map(|(name, _)| name).collect::<Vec<_>>(), expected);
        }
    }
}
