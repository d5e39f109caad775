//! Opening a file of queues, or making one.

use super::super::{Error, Result};
use super::schema::{APPLICATION, TABLES, VERSION};
use crate::diag::reason;
use crate::sys::file_system;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// How long SQLite waits for another process before a call fails as busy. It is short, so that the caller notices a signal.
const BUSY: Duration = Duration::from_millis(100);

/// Opens the database at an absolute path, and makes it if there is none. A file that is not ours is left as it is.
pub fn open(path: &Path) -> Result<Connection> {
    let directory = path.parent().unwrap_or(path);
    let exists = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(Error::Other("it is a directory".into())),
        Ok(found) if !found.is_file() => return Err(Error::Other("it is not a regular file".into())),
        Ok(_) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(Error::Other(reason(&error))),
    };
    let place = if exists { path } else { directory };
    if let Some(kind) = file_system::shared_kind(place)
        .map_err(|error| Error::Other(format!("its directory: {}", reason(&error))))?
    {
        return Err(Error::SharedFileSystem(kind));
    }
    if exists {
        look(path)?;
    }
    let create = if exists { OpenFlags::empty() } else { OpenFlags::SQLITE_OPEN_CREATE };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE
        | create;
    let mut database = Connection::open_with_flags(path, flags)?;
    database.busy_timeout(BUSY)?;
    if kind(&database)? == Kind::Empty {
        create_tables(&mut database)?;
    }
    let mode: String = database.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Other(format!("SQLite can't use its write-ahead log here, only `{mode}`")));
    }
    database.execute_batch("PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;")?;
    Ok(database)
}

/// Fails if the file is not ours. Reads only its first page: a database that is opened as usual may be changed by that, if
/// its last writer was killed.
fn look(path: &Path) -> Result<()> {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match Connection::open_with_flags(uri, flags).map_err(Error::from).and_then(|file| kind(&file)) {
        Err(error @ (Error::Foreign | Error::Newer { .. })) => Err(error),
        // The usual way finds the reason, or none: another process may have been writing.
        Ok(_) | Err(_) => Ok(()),
    }
}

#[derive(PartialEq, Eq)]
enum Kind {
    Empty,
    Ours,
}

/// Returns what the file holds. Fails if it is not ours.
fn kind(database: &Connection) -> Result<Kind> {
    let number = |sql| database.query_row(sql, [], |row| row.get::<_, i64>(0));
    let (application, version) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    match (application, version) {
        (APPLICATION, VERSION) => Ok(Kind::Ours),
        (APPLICATION, version) if version > VERSION => Err(Error::Newer { found: version, known: VERSION }),
        (0, 0) if number("SELECT count(*) FROM sqlite_schema")? == 0 => Ok(Kind::Empty),
        _ => Err(Error::Foreign),
    }
}

/// Makes the tables, unless another process has made them by now.
fn create_tables(database: &mut Connection) -> Result<()> {
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if kind(&transaction)? == Kind::Empty {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(transaction.commit()?)
}
