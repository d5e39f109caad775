//! A file without a name, for data that memory has no room for. It is gone when it is closed, whatever ends the process.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A file that no path leads to, private to this process.
#[derive(Debug)]
pub struct UnnamedFile(File);

impl UnnamedFile {
    /// Makes one in a directory.
    ///
    /// # Errors
    /// Those of open(2) in the directory.
    pub fn create(directory: &Path) -> io::Result<Self> {
        let file = File::from(super::replace::unnamed_file(directory)?);
        Ok(Self(super::descriptor::lift(file.into())?.into()))
    }

    /// Writes all bytes at a place.
    ///
    /// # Errors
    /// Those of pwrite(2), such as `ENOSPC`.
    pub fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }

    /// Fills the buffer from a place.
    ///
    /// # Errors
    /// Those of pread(2).
    pub fn read(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, at)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// Those of ftruncate(2).
    pub fn clear(&self) -> io::Result<()> {
        self.0.set_len(0)
    }

    /// Gives the room of bytes back that are not read again, where the file system can.
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
    fn what_was_written_is_read_and_leaves_no_name() {
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
