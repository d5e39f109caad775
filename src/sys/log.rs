//! A file that several processes append records to, each under a lock.

use super::descriptor;
use super::open::join;
use rustix::fs::{FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// A log that is open.
pub struct LogFile {
    file: OwnedFd,
    /// Absolute.
    path: CString,
    /// Records can be read again: it is not a pipe or device.
    pub is_regular: bool,
}

/// A log that no other process appends to while this lives.
pub struct Locked<'a>(&'a LogFile);

/// How long another process may hold the lock, which it needs for a few system calls.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

impl LogFile {
    /// Opens a log to append to, made with mode 0600.
    ///
    /// # Errors
    /// Those of open(2); of a FIFO that it has no reader.
    pub fn open(path: &[u8]) -> io::Result<Self> {
        let absolute = std::path::absolute(Path::new(std::ffi::OsStr::from_bytes(path)))?;
        let path = join(None, absolute.as_os_str().as_bytes())?;
        let is_regular =
            rustix::fs::stat(&path).map_or(true, |found| kind(found.st_mode) == FileType::RegularFile);
        // A pipe is not to wait for a reader, nor to be its own.
        let flags = if is_regular { OFlags::RDWR } else { OFlags::WRONLY | OFlags::NONBLOCK };
        let flags = flags | OFlags::CREATE | OFlags::APPEND | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = descriptor::lift(rustix::fs::open(&path, flags, Mode::from_raw_mode(0o600))?)?;
        let is_regular = kind(rustix::fs::fstat(&file)?.st_mode) == FileType::RegularFile;
        if !is_regular {
            rustix::fs::fcntl_setfl(&file, OFlags::APPEND)?;
        }
        Ok(Self { file, path, is_regular })
    }

    /// Waits until no other process appends.
    ///
    /// # Errors
    /// `TimedOut` when another process holds the lock for too long; those of flock(2).
    pub fn lock(&self) -> io::Result<Locked<'_>> {
        let started = Instant::now();
        let mut pause = Duration::from_micros(50);
        loop {
            match rustix::fs::flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Locked(self)),
                // A pipe needs none, and some file systems have none.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::BADF) => return Ok(Locked(self)),
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) if started.elapsed() < LOCK_TIMEOUT => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(20));
                }
                Err(Errno::WOULDBLOCK) => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "another process keeps it locked"));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.0.file, FlockOperation::Unlock);
    }
}

impl Locked<'_> {
    /// Whether the path still leads to the file that is open.
    pub fn is_in_place(&self) -> bool {
        let identity = |stat: rustix::fs::Stat| (stat.st_dev, stat.st_ino);
        let open = rustix::fs::fstat(&self.0.file).map(identity);
        let there = rustix::fs::stat(&self.0.path).map(identity);
        matches!((open, there), (Ok(open), Ok(there)) if open == there)
    }

    /// How many bytes it has.
    ///
    /// # Errors
    /// Those of fstat(2).
    pub fn size(&self) -> io::Result<u64> {
        Ok(u64::try_from(rustix::fs::fstat(&self.0.file)?.st_size).unwrap_or(0))
    }

    /// The bytes from a place on; fewer where it ends before.
    ///
    /// # Errors
    /// Those of pread(2).
    pub fn read_at(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut read = 0;
        while read < length {
            match rustix::io::pread(&self.0.file, &mut bytes[read..], start + read as u64) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Appends a record by one write(2). A part of one is taken away again.
    ///
    /// # Errors
    /// Those of write(2); `WriteZero` when only a part was taken.
    pub fn append(&self, record: &[u8]) -> io::Result<()> {
        loop {
            match rustix::io::write(&self.0.file, record) {
                Ok(count) if count == record.len() => return Ok(()),
                Ok(count) => {
                    if let Ok(size) = self.size() {
                        // One that may only grow (chattr +a) keeps it, and the next run says so.
                        let _ = rustix::fs::ftruncate(&self.0.file, size.saturating_sub(count as u64));
                    }
                    let message = "only a part of a record could be written";
                    return Err(io::Error::new(io::ErrorKind::WriteZero, message));
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn kind(mode: rustix::fs::RawMode) -> FileType {
    FileType::from_raw_mode(mode)
}
