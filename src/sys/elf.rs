//! The loader that an ELF executable names (elf(5)).
//!
//! A program for another C library or another architecture names a loader that is not installed.
//! execve(2) then fails with ENOENT, as if the program itself were missing.

use rustix::fd::AsFd;
use rustix::io::pread;

/// The type of the program header that names the loader.
const PT_INTERP: u64 = 3;
/// The longest path that the kernel accepts for it.
const PATH_MAX: u64 = 4096;

/// Returns the path of the loader, if the file is an ELF executable that names one.
pub fn loader(file: impl AsFd) -> Option<Vec<u8>> {
    let mut head = [0; 64];
    read(&file, 0, &mut head)?;
    let layout = Layout::of(&head)?;
    let (start, size, count) = layout.table(&head)?;
    // As in the kernel, whose table of headers is about a page at most.
    for index in 0..count.min(128) {
        let mut header = [0; 56];
        let header = header.get_mut(..size)?;
        read(&file, start.checked_add(index * size as u64)?, header)?;
        if layout.number(header, 0, 4)? != PT_INTERP {
            continue;
        }
        let (offset, length) = layout.part(header)?;
        let mut path = vec![0; usize::try_from(length).ok().filter(|_| length <= PATH_MAX)?];
        read(&file, offset, &mut path)?;
        // It ends with a NUL.
        let end = path.iter().position(|byte| *byte == 0)?;
        path.truncate(end);
        return (!path.is_empty()).then_some(path);
    }
    None
}

fn read(file: &impl AsFd, offset: u64, into: &mut [u8]) -> Option<()> {
    (pread(file, &mut *into, offset).ok()? == into.len()).then_some(())
}

/// The width of a file's fields, and their byte order.
struct Layout {
    wide: bool,
    big_endian: bool,
}

impl Layout {
    fn of(head: &[u8; 64]) -> Option<Self> {
        match head {
            [0x7f, b'E', b'L', b'F', class @ (1 | 2), order @ (1 | 2), ..] => {
                Some(Self { wide: *class == 2, big_endian: *order == 2 })
            }
            _ => None,
        }
    }

    /// Returns the number in bytes of a header.
    fn number(&self, bytes: &[u8], at: usize, len: usize) -> Option<u64> {
        let bytes = bytes.get(at..at + len)?.iter().map(|byte| u64::from(*byte));
        let join = |value: u64, byte: u64| value << 8 | byte;
        Some(if self.big_endian { bytes.fold(0, join) } else { bytes.rev().fold(0, join) })
    }

    /// Returns the position of the table of program headers, the size of each and their number.
    fn table(&self, head: &[u8]) -> Option<(u64, usize, u64)> {
        let (start, sizes) =
            if self.wide { (self.number(head, 32, 8)?, 54) } else { (self.number(head, 28, 4)?, 42) };
        let size = usize::try_from(self.number(head, sizes, 2)?).ok()?;
        let least = if self.wide { 56 } else { 32 };
        (size == least).then_some((start, size, self.number(head, sizes + 2, 2)?))
    }

    /// Returns the offset and length of the part that a program header describes.
    fn part(&self, header: &[u8]) -> Option<(u64, u64)> {
        if self.wide {
            Some((self.number(header, 8, 8)?, self.number(header, 32, 8)?))
        } else {
            Some((self.number(header, 4, 4)?, self.number(header, 16, 4)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write;

    fn of(bytes: &[u8]) -> Option<Vec<u8>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        loader(&file)
    }

    #[test]
    fn programs_name_their_loader() {
        let found = loader(File::open("/bin/sh").unwrap()).expect("linked dynamically");
        assert!(std::path::Path::new(std::str::from_utf8(&found).unwrap()).exists());
    }

    /// Returns a 32-bit executable with the other byte order, with a header before that of the loader.
    fn big_endian() -> Vec<u8> {
        let mut bytes = vec![0x7f, b'E', b'L', b'F', 1, 2, 1];
        bytes.resize(28, 0);
        bytes.extend([0, 0, 0, 64]);
        bytes.resize(42, 0);
        bytes.extend([0, 32, 0, 2]);
        bytes.resize(64, 0);
        bytes.extend([0, 0, 0, 1]);
        bytes.resize(96, 0);
        bytes.extend([0, 0, 0, 3, 0, 0, 0, 128]);
        bytes.resize(112, 0);
        bytes.extend([0, 0, 0, 9]);
        bytes.resize(128, 0);
        bytes.extend(b"/lib/ld.1\0");
        bytes[115] = 10;
        bytes
    }

    #[test]
    fn other_architectures_are_read_and_broken_files_are_not() {
        let whole = big_endian();
        assert_eq!(of(&whole).as_deref(), Some(&b"/lib/ld.1"[..]));
        for end in 0..whole.len() {
            assert_eq!(of(&whole[..end]), None, "{end}");
        }
        assert_eq!(of(b"#!/bin/sh\n"), None);
        assert_eq!(of(&[0xff; 200]), None);
    }
}
