//! A file to which several processes append records, each under a lock.

use super::descriptor;
use super::open::join;
use rustix::fs::{FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::CString;
use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// An open log.
#[derive(Debug)]
pub struct LogFile {
    file: OwnedFd,
    /// The absolute path.
    path: CString,
    /// Whether records can be read back: it is not a pipe or device.
    pub is_regular: bool,
}

/// A log to which no other process appends while this exists.
pub struct Locked<'a>(&'a LogFile);

/// A log that no other run can append to until this is dropped or its process ends. Programs don't inherit it.
pub struct Claimed(LogFile);

/// How long another process may hold the lock, which it needs for a few system calls.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The time that a run waits for the log of a run that was killed.
const CLAIM_TIMEOUT: Duration = Duration::from_secs(1);

impl LogFile {
    /// Opens a log for appending, and creates it with mode 0600.
    ///
    /// # Errors
    /// Fails as open(2) does; for a FIFO, also if it has no reader.
    pub fn open(path: &[u8]) -> io::Result<Self> {
        let absolute = std::path::absolute(Path::new(std::ffi::OsStr::from_bytes(path)))?;
        let path = join(None, absolute.as_os_str().as_bytes())?;
        let is_regular =
            rustix::fs::stat(&path).map_or(true, |found| kind(found.st_mode) == FileType::RegularFile);
        // A pipe must neither make this process wait for a reader nor become its controlling terminal.
        let flags = if is_regular { OFlags::RDWR } else { OFlags::WRONLY | OFlags::NONBLOCK };
        let flags = flags | OFlags::CREATE | OFlags::APPEND | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = descriptor::lift(rustix::fs::open(&path, flags, Mode::from_raw_mode(0o600))?)?;
        let is_regular = kind(rustix::fs::fstat(&file)?.st_mode) == FileType::RegularFile;
        if !is_regular {
            rustix::fs::fcntl_setfl(&file, OFlags::APPEND)?;
        }
        Ok(Self { file, path, is_regular })
    }

    /// Claims the log until this is dropped. Returns `None` if another run has it. After a run was killed, a child
    /// that has not reached its execve(2) may hold the log for a moment longer.
    ///
    /// # Errors
    /// Fails as flock(2) does.
    pub fn claim(self) -> io::Result<Option<Claimed>> {
        match self.await_lock(CLAIM_TIMEOUT) {
            Ok(()) => Ok(Some(Claimed(self))),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits until no other process appends.
    ///
    /// # Errors
    /// Fails with `TimedOut` if another process holds the lock for too long, and as flock(2) does.
    pub fn lock(&self) -> io::Result<Locked<'_>> {
        self.await_lock(LOCK_TIMEOUT).map(|()| Locked(self))
    }

    fn await_lock(&self, timeout: Duration) -> io::Result<()> {
        let started = Instant::now();
        let mut pause = Duration::from_micros(50);
        loop {
            match rustix::fs::flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
                // A pipe needs no lock, and some file systems don't support locks.
                Ok(()) | Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::BADF) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) if started.elapsed() < timeout => {
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

impl Deref for Locked<'_> {
    type Target = LogFile;

    fn deref(&self) -> &LogFile {
        self.0
    }
}

impl Deref for Claimed {
    type Target = LogFile;

    fn deref(&self) -> &LogFile {
        &self.0
    }
}

impl Claimed {
    /// Returns a reader of the log from its beginning. A pipe is empty.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    pub fn reader(&self) -> io::Result<BufReader<File>> {
        let mut file = File::from(self.file.try_clone()?);
        if self.is_regular {
            file.seek(SeekFrom::Start(0))?;
        } else {
            file = File::open("/dev/null")?;
        }
        Ok(BufReader::new(file))
    }

    /// Truncates the log to this length.
    ///
    /// # Errors
    /// Fails as ftruncate(2) does.
    pub fn cut(&self, length: u64) -> io::Result<()> {
        if self.is_regular { Ok(rustix::fs::ftruncate(&self.file, length)?) } else { Ok(()) }
    }
}

/// The operations of the process that holds the lock.
impl LogFile {
    /// Returns whether the path still leads to the open file.
    pub fn is_in_place(&self) -> bool {
        let identity = |stat: rustix::fs::Stat| (stat.st_dev, stat.st_ino);
        let open = rustix::fs::fstat(&self.file).map(identity);
        let there = rustix::fs::stat(&self.path).map(identity);
        matches!((open, there), (Ok(open), Ok(there)) if open == there)
    }

    /// Returns its size in bytes.
    ///
    /// # Errors
    /// Fails as fstat(2) does.
    pub fn size(&self) -> io::Result<u64> {
        Ok(u64::try_from(rustix::fs::fstat(&self.file)?.st_size).unwrap_or(0))
    }

    /// Returns the bytes from a position on; fewer if the file ends earlier.
    ///
    /// # Errors
    /// Fails as pread(2) does.
    pub fn read_at(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut read = 0;
        while read < length {
            match rustix::io::pread(&self.file, &mut bytes[read..], start + read as u64) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Appends a record by one write(2). If only a part is written, removes it again.
    ///
    /// # Errors
    /// Fails as write(2) does; with `WriteZero` if only a part was written for no known reason.
    pub fn append(&self, record: &[u8]) -> io::Result<()> {
        loop {
            match rustix::io::write(&self.file, record) {
                Ok(count) if count == record.len() => return Ok(()),
                Ok(count) => {
                    // The rest meets the reason, such as a full disk.
                    let rest = rustix::io::write(&self.file, &record[count..]);
                    let count = count + rest.unwrap_or(0);
                    if let Ok(size) = self.size() {
                        // A file that may only grow (chattr +a) keeps the part, and the next run
                        // reports it.
                        let _ = rustix::fs::ftruncate(&self.file, size.saturating_sub(count as u64));
                    }
                    let message = "only a part of a record could be written";
                    return Err(rest.map_or_else(io::Error::from, |_| {
                        io::Error::new(io::ErrorKind::WriteZero, message)
                    }));
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
