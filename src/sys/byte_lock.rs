//! Locks of single bytes of a file. The kernel releases a lock with the last descriptor of its open file, so however a
//! process ends, others see that its lock is free (fcntl_locking(2), open file description locks).

use super::descriptor;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

/// An open file whose bytes are locked. The file may be empty: a lock needs no byte to exist. All threads may use it.
#[derive(Debug)]
pub struct LockFile(OwnedFd);

impl LockFile {
    /// Opens a file, and creates it if there is none.
    ///
    /// # Errors
    /// Fails as open(2) does.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        Ok(Self(descriptor::lift(file.into())?))
    }

    /// Locks a byte until this is dropped. Returns false if another open file has locked it.
    ///
    /// # Errors
    /// Fails as fcntl(2) does, with `ENOLCK` or `EINVAL` where the system has no such locks.
    pub fn lock(&self, byte: i64) -> io::Result<bool> {
        match self.call(Call::Set, byte) {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns whether another open file has locked a byte. The own lock is not seen.
    ///
    /// # Errors
    /// Fails as fcntl(2) does.
    pub fn is_locked(&self, byte: i64) -> io::Result<bool> {
        self.call(Call::Get, byte)
    }

    /// Returns whether the byte was found locked.
    #[cfg(target_os = "linux")]
    fn call(&self, call: Call, byte: i64) -> io::Result<bool> {
        // SAFETY: the structure is plain data, and zero is valid for each field; l_pid has to be zero.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = libc::F_WRLCK as libc::c_short;
        lock.l_whence = libc::SEEK_SET as libc::c_short;
        (lock.l_start, lock.l_len) = (byte, 1);
        let command = match call {
            Call::Set => libc::F_OFD_SETLK,
            Call::Get => libc::F_OFD_GETLK,
        };
        // SAFETY: the descriptor is open, and the structure lives until the call returns.
        if unsafe { libc::fcntl(self.0.as_raw_fd(), command, &mut lock) } == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(lock.l_type != libc::F_UNLCK as libc::c_short)
    }

    #[cfg(not(target_os = "linux"))]
    fn call(&self, _: Call, _: i64) -> io::Result<bool> {
        let _ = self.0.as_raw_fd();
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

#[derive(Clone, Copy)]
enum Call {
    Set,
    Get,
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_seen_by_others_and_free_when_its_file_is_closed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("locks");
        let (one, two) = (LockFile::open(&path).unwrap(), LockFile::open(&path).unwrap());
        assert!(one.lock(7).unwrap() && two.lock(1 << 40).unwrap());
        assert!(!two.lock(7).unwrap());
        assert!(two.is_locked(7).unwrap() && one.is_locked(1 << 40).unwrap());
        assert!(!one.is_locked(7).unwrap() && !one.is_locked(8).unwrap());
        drop(one);
        assert!(!two.is_locked(7).unwrap());
        assert_eq!(path.metadata().unwrap().len(), 0);
    }
}
