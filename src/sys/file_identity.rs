//! The identity of a file, by which two of its names, or two descriptors of it, are recognised as the
//! same.

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
    /// Returns the identity from the kernel's status of a file. The types of the fields differ between
    /// systems.
    #[allow(clippy::unnecessary_cast)]
    pub fn of_stat(stat: &Stat) -> Self {
        Self { device: stat.st_dev as u64, inode: stat.st_ino as u64 }
    }

    /// Returns the identity of an open file.
    ///
    /// # Errors
    /// Fails as fstat(2) does.
    pub fn of(file: impl AsFd) -> io::Result<Self> {
        Ok(Self::of_stat(&rustix::fs::fstat(file)?))
    }
}
