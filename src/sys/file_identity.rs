//! The identity of a file: what two of its names, or two descriptors of it, have in common.

use rustix::fs::Stat;
use std::io;
use std::os::fd::AsFd;

/// The device and inode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    device: u64,
    inode: u64,
}

impl FileIdentity {
    /// The identity in what the kernel says of a file. The types of the fields differ between systems.
    #[allow(clippy::unnecessary_cast)]
    pub fn of_stat(stat: &Stat) -> Self {
        Self { device: stat.st_dev as u64, inode: stat.st_ino as u64 }
    }

    /// The identity of an open file.
    ///
    /// # Errors
    /// Those of fstat(2).
    pub fn of(file: impl AsFd) -> io::Result<Self> {
        Ok(Self::of_stat(&rustix::fs::fstat(file)?))
    }
}
