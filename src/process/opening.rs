//! Opening a file in steps, none of which waits. open(2) of a FIFO waits until its other end is opened, and in a
//! thread that gets no signals nothing could end that call.

use crate::sys::errno;
use crate::sys::fifo::Reader;
use crate::sys::open::{self, How, Kind, OpenMode};
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// A file that is being opened.
#[derive(Debug)]
pub struct Opening {
    directory: Option<Arc<CStr>>,
    path: Vec<u8>,
    mode: OpenMode,
    how: How,
    /// Whether a file that is not a FIFO may be opened as usual, since a signal ends the call if the file
    /// has become a FIFO.
    in_kernel: bool,
    /// The reading end of a FIFO that waits for a writer. While it exists, writers can open their ends.
    reader: Option<Reader>,
    pause: Duration,
}

/// The pause before the first repeated step, and the longest one before later steps.
const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

impl Opening {
    /// Starts to open `path`, relative to `directory` if that is given.
    pub fn new(directory: Option<Arc<CStr>>, path: Vec<u8>, mode: OpenMode, how: How) -> Self {
        Self { directory, path, mode, how, in_kernel: false, reader: None, pause: PAUSE.0 }
    }

    /// Marks that signals end the system calls of this thread.
    pub fn in_kernel(self, in_kernel: bool) -> Self {
        Self { in_kernel, ..self }
    }

    /// Opens the file. Returns none if its other end is not open yet: try again after [`Opening::pause`].
    ///
    /// # Errors
    /// Fails as open(2) does.
    pub fn advance(&mut self) -> io::Result<Option<OwnedFd>> {
        let directory = self.directory.as_deref();
        if self.reader.is_none() {
            let kind = open::kind(directory, &self.path, self.how.place.as_deref());
            if kind == Kind::Device || kind == Kind::Other && self.in_kernel {
                // The effect of opening it at once depends on its driver: a drive would not ask for its
                // medium.
                return open::open_as(directory, &self.path, self.mode, &self.how).map(Some);
            }
            let file = match open::open_at_once(directory, &self.path, self.mode, &self.how) {
                Ok(file) => file,
                Err(error) if kind == Kind::Fifo && error.raw_os_error() == Some(errno::ENXIO) => {
                    return Ok(None);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            };
            if kind != Kind::Fifo || self.mode != OpenMode::Read {
                return self.opened(file).map(Some);
            }
            self.reader = Some(Reader::new(file)?);
        }
        match self.reader.take_if(|reader| reader.has_writer().unwrap_or(true)) {
            Some(reader) => self.opened(reader.into_file()).map(Some),
            None => Ok(None),
        }
    }

    fn opened(&self, file: OwnedFd) -> io::Result<OwnedFd> {
        open::let_wait(&file, self.mode)?;
        Ok(file)
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// Returns how it is opened.
    pub fn mode(&self) -> OpenMode {
        self.mode
    }

    /// Returns a descriptor that becomes readable when another step is worthwhile, if there is one.
    pub fn sign(&self) -> Option<BorrowedFd<'_>> {
        self.reader.as_ref().map(|reader| reader.file().as_fd())
    }

    /// Returns the time of the next step, and counts the pause.
    pub fn pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE.1);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    fn opening(path: &Path, mode: OpenMode) -> Opening {
        Opening::new(None, path.as_os_str().as_bytes().to_vec(), mode, How::USUAL)
    }

    #[test]
    fn the_ends_of_a_fifo_open_together() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        let mut writer = opening(&path, OpenMode::Append);
        assert!(writer.advance().unwrap().is_none());
        let mut reader = opening(&path, OpenMode::Read);
        assert!(reader.advance().unwrap().is_none());
        let ends = [writer.advance().unwrap().unwrap(), reader.advance().unwrap().unwrap()];
        for end in ends {
            let flags = rustix::fs::fcntl_getfl(&end).unwrap();
            assert!(!flags.contains(rustix::fs::OFlags::NONBLOCK), "{flags:?}");
        }
    }

    #[test]
    fn other_files_are_open_at_once_and_appended_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        for text in [b"one ", b"two "] {
            let file = opening(&path, OpenMode::Append).advance().unwrap().unwrap();
            rustix::io::write(file, text).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), b"one two ");
        assert!(opening(Path::new("/dev/null"), OpenMode::Read).advance().unwrap().is_some());
        let missing = opening(&directory.path().join("none"), OpenMode::Read).advance();
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_socket_is_an_error_and_not_a_fifo_without_a_reader() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = opening(&path, OpenMode::Truncate).advance().unwrap_err();
        assert_eq!(error.raw_os_error(), Some(errno::ENXIO));
    }
}
