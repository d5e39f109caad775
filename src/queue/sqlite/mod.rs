//! Queues in an SQLite file, for all processes of one machine.
//!
//! A worker is a number that was never used before, and holds the lock of the byte with that number in a file beside the
//! database. A task that runs names its worker. The kernel frees the lock when the worker's process has ended, however it
//! ended, so a task whose worker's lock is free can be taken at once: there is no lease to wait for, and no clock to trust.

mod open;
mod schema;
mod store;
mod tasks;
mod worker;

pub use store::SqliteStore;

use super::Error;
use rusqlite::ErrorCode;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::CannotOpen) => Self::Other("the file can't be opened or made there".into()),
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(text),
            _ => Self::Other(text),
        }
    }
}
