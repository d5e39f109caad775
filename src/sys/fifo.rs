//! The reading end of a FIFO that was opened without waiting for a writer (`O_NONBLOCK`, fifo(7)).

use super::poll::{Interest, PollSet};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// A reading end of a FIFO, until it is known that there is a writer.
#[derive(Debug)]
pub struct Reader {
    file: OwnedFd,
    /// The pipe to which tee(2) would copy bytes, if there were any.
    #[cfg(target_os = "linux")]
    scratch: (OwnedFd, OwnedFd),
}

impl Reader {
    /// Creates a reader from the opened end.
    ///
    /// # Errors
    /// Fails with `EMFILE` or `ENFILE` when no descriptor is left.
    pub fn new(file: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            file,
            #[cfg(target_os = "linux")]
            scratch: super::pipe::pipe()?,
        })
    }

    /// Returns the descriptor, which becomes readable when a writer has written data, or has opened and
    /// closed its end.
    pub fn file(&self) -> &OwnedFd {
        &self.file
    }

    /// Returns the open file.
    pub fn into_file(self) -> OwnedFd {
        self.file
    }

    /// Returns whether a writer has opened its end, even if it has closed it again.
    ///
    /// # Errors
    /// Fails as poll(2) and tee(2) do.
    pub fn has_writer(&self) -> io::Result<bool> {
        let mut set = PollSet::default();
        set.add(self.file.as_fd(), Interest::Read);
        // An end that has not had a writer yet is not hung up (pipe_poll() of Linux).
        Ok(set.wait(Some(Duration::ZERO))? > 0 || self.has_silent_writer()?)
    }

    /// Returns whether there is a writer that has written nothing: tee(2) then has nothing to copy, and
    /// without a writer it reports the end of file. Unlike read(2), it takes no data that is written at
    /// this moment.
    #[cfg(target_os = "linux")]
    fn has_silent_writer(&self) -> io::Result<bool> {
        use rustix::pipe::{SpliceFlags, tee};
        match tee(&self.file, &self.scratch.1, 1, SpliceFlags::NONBLOCK) {
            Ok(copied) => Ok(copied > 0),
            Err(rustix::io::Errno::AGAIN) => Ok(true),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// On other systems this is known only with the first byte.
    #[cfg(not(target_os = "linux"))]
    fn has_silent_writer(&self) -> io::Result<bool> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::open::{How, OpenMode, open_at_once};
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;
    use std::path::{Path, PathBuf};

    fn fifo(directory: &Path) -> PathBuf {
        let path = directory.join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        path
    }

    fn reader(path: &Path) -> Reader {
        Reader::new(open_at_once(None, path.as_os_str().as_bytes(), OpenMode::Read, &How::USUAL).unwrap())
            .unwrap()
    }

    #[test]
    fn a_writer_is_seen_before_it_writes_and_after_it_has_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = fifo(directory.path());
        let (one, other) = (reader(&path), reader(&path));
        assert!(!one.has_writer().unwrap());
        let mut writer = std::fs::File::options().write(true).open(&path).unwrap();
        assert!(one.has_writer().unwrap());
        writer.write_all(b"x").unwrap();
        assert!(one.has_writer().unwrap());
        drop(writer);
        assert!(one.has_writer().unwrap() && other.has_writer().unwrap());
        // The check has taken nothing.
        let mut byte = [0; 8];
        assert_eq!(rustix::io::read(one.file(), &mut byte[..]), Ok(1));
    }

    #[test]
    fn without_a_reader_there_is_nothing_to_write_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = fifo(directory.path());
        let open = || open_at_once(None, path.as_os_str().as_bytes(), OpenMode::Truncate, &How::USUAL);
        assert_eq!(open().unwrap_err().raw_os_error(), Some(libc::ENXIO));
        let _reader = reader(&path);
        assert!(open().is_ok());
    }
}
