//! The lock of a worker.

use super::super::{Error, Result};
use crate::diag::reason;
use crate::sys::byte_lock::LockFile;
use rusqlite::Connection;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The locks of all workers of a database, and that of this one, if it has taken a task.
pub struct Workers {
    path: PathBuf,
    file: Option<LockFile>,
    own: Option<i64>,
}

impl Workers {
    /// Returns the locks of a database, which are in a file beside it.
    pub fn of(database: &Path) -> Self {
        let mut path = OsString::from(database);
        path.push("-workers");
        Self { path: path.into(), file: None, own: None }
    }

    pub const fn own(&self) -> Option<i64> {
        self.own
    }

    /// Returns the number of this worker, whose lock it holds. The first is one that was never used. It counts once the
    /// transaction is committed and [`Self::keep`] is called: after a failed one, another worker may get the number.
    pub fn number(&mut self, transaction: &Connection) -> Result<i64> {
        if let Some(own) = self.own {
            return Ok(own);
        }
        loop {
            let sql = "UPDATE meta SET worker = worker + 1 RETURNING worker";
            let number = transaction.query_row(sql, [], |row| row.get(0))?;
            // It is locked if the transaction of its worker has failed.
            if self.file()?.lock(number).map_err(|error| self.failed(&error))? {
                return Ok(number);
            }
        }
    }

    /// Notes that the transaction in which this worker got its number is committed.
    pub const fn keep(&mut self, number: i64) {
        self.own = Some(number);
    }

    /// Returns whether the process of a worker has ended.
    pub fn has_vanished(&mut self, worker: i64) -> Result<bool> {
        if self.own == Some(worker) {
            return Ok(false);
        }
        let is_locked = self.file()?.is_locked(worker);
        is_locked.map(|locked| !locked).map_err(|error| self.failed(&error))
    }

    fn file(&mut self) -> Result<&LockFile> {
        if self.file.is_none() {
            let file = LockFile::open(&self.path).map_err(|error| self.failed(&error))?;
            self.file = Some(file);
        }
        self.file.as_ref().ok_or(Error::Busy)
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::Other(format!("{}: {}", self.path.display(), reason(error)))
    }
}
