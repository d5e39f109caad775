//! A file without a name, for data that does not fit into memory. It disappears when it is closed, however the
//! process ends.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A file that no path leads to, private to this process.
#[derive(Debug)]
pub struct UnnamedFile(File);

impl UnnamedFile {
    /// Creates a file in a directory.
    ///
    /// # Errors
    /// Fails as open(2) does for the directory.
    pub fn create(directory: &Path) -> io::Result<Self> {
        let file = File::from(super::replace::unnamed_file(directory)?);
        Ok(Self(super::descriptor::lift(file.into())?.into()))
    }

    /// Writes all bytes at an offset.
    ///
    /// # Errors
    /// Fails as pwrite(2) does, for example with `ENOSPC`.
    pub fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }

    /// Fills the buffer from an offset.
    ///
    /// # Errors
    /// Fails as pread(2) does.
    pub fn read(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, at)
    }

    /// Removes the content.
    ///
    /// # Errors
    /// Fails as ftruncate(2) does.
    pub fn clear(&self) -> io::Result<()> {
        self.0.set_len(0)
    }

    /// Releases the space of bytes that are not read again, if the file system can.
    pub fn free(&self, at: u64, length: u64) {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{FallocateFlags, fallocate};
            let _ = fallocate(&self.0, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, at, length);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (at, length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_bytes_are_read_and_the_file_has_no_name() {
        let directory = std::env::temp_dir().join(format!("pw-unnamed-{}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        let file = UnnamedFile::create(&directory).unwrap();
        file.write(b"one two", 0).unwrap();
        let mut bytes = [0; 3];
        file.read(&mut bytes, 4).unwrap();
        assert_eq!(&bytes, b"two");
        file.free(0, 4);
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
        std::fs::remove_dir(&directory).unwrap();
        file.clear().unwrap();
        assert!(file.read(&mut bytes, 0).is_err());
    }
}
