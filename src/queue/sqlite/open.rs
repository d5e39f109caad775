//! Opening a file of queues, or making one.

use super::super::{Error, Result};
use super::schema::{APPLICATION, TABLES, VERSION};
use crate::diag::reason;
use crate::sys::file_system;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::File;
use std::io::{self, Read};
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
    let found = database.transaction().map_err(Error::from).and_then(|transaction| kind(&transaction))?;
    if found == Kind::Empty {
        create_tables(&mut database)?;
    }
    let mode: String = database.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Other(format!("SQLite can't use its write-ahead log here, only `{mode}`")));
    }
    database.execute_batch("PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;")?;
    Ok(database)
}

/// Fails if the file is not ours. Reads only its header, at once (fileformat2, "The Database Header"): a database that
/// is opened as usual may be changed by that, if its last writer was killed.
fn look(path: &Path) -> Result<()> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    let mut head = Vec::with_capacity(HEADER);
    // The usual way finds the reason of a failure.
    let Ok(read) = File::open(path).and_then(|file| file.take(HEADER as u64).read_to_end(&mut head)) else {
        return Ok(());
    };
    if read == 0 {
        return Ok(());
    }
    if read < HEADER || !head.starts_with(MAGIC) {
        return Err(Error::Foreign);
    }
    let number =
        |at: usize| i64::from(i32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
    // The application, the version, and the number of entries of the schema on the first page.
    kind_of(number(68), number(60), || Ok(i64::from(u16::from_be_bytes([head[103], head[104]])))).map(drop)
}

/// The length of the header, with that of the first page of the schema.
const HEADER: usize = 108;

#[derive(PartialEq, Eq)]
enum Kind {
    Empty,
    Ours,
}

/// Returns what the database holds. Fails if it is not ours. To be called in a transaction: otherwise another process
/// may make the tables between two of the queries.
fn kind(database: &Connection) -> Result<Kind> {
    let number = |sql| database.query_row(sql, [], |row| row.get::<_, i64>(0));
    let (application, version) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    kind_of(application, version, || Ok(number("SELECT count(*) FROM sqlite_schema")?))
}

fn kind_of(application: i64, version: i64, entries: impl FnOnce() -> Result<i64>) -> Result<Kind> {
    match (application, version) {
        (APPLICATION, VERSION) => Ok(Kind::Ours),
        (APPLICATION, version) if version > VERSION => Err(Error::Newer { found: version, known: VERSION }),
        (0, 0) if entries()? == 0 => Ok(Kind::Empty),
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
