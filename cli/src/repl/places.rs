//! The places of the prompt's files, by the XDG Base Directory Specification.

use pipewright::program;
use std::env::var_os;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Opens a regular file for reading. Opening a FIFO would wait for a writer, and no key could end that wait. In a
/// directory of another user, `.git/HEAD` can be a FIFO.
///
/// # Errors
/// Fails as stat(2) and open(2) do, or if it is not a regular file.
pub fn open(path: &Path) -> Result<File> {
    require_regular(path)?;
    File::open(path)
}

/// Reads a regular file up to `most` bytes.
///
/// # Errors
/// Fails as [`open`] and read(2) do.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn require_regular(path: &Path) -> Result<()> {
    if std::fs::metadata(path)?.is_file() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "it is not a regular file"))
}

/// How many bytes of a file of settings are read.
pub const MOST_SETTINGS: u64 = 1 << 20;

/// Adds a line to a private file, which is created with mode 0600. Other sessions may do the same at the same time,
/// so the line is added by one write(2), which no other write cuts. If a full disk has cut the last line, that line
/// is ended first.
///
/// # Errors
/// Fails as mkdir(2), open(2) and write(2) do, or if it is not a regular file.
pub fn append(path: &Path, line: &[u8]) -> Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    match require_regular(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = locked(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(-1)).is_ok() {
        file.read_exact(&mut last)?;
    }
    let end: &[u8] = if last == [b'\n'] { b"" } else { b"\n" };
    file.write_all(&[end, line].concat())
}

/// Opens a private file for reading and appending, which is created with mode 0600, and locks it. It is the one with
/// this name while it is locked, since only the process with the lock may replace it.
///
/// # Errors
/// Fails as open(2) does, or with `TimedOut` if another process holds the lock for too long.
pub fn locked(path: &Path) -> Result<File> {
    for _ in 0..LOCK_TRIES {
        let file = OpenOptions::new().append(true).read(true).create(true).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) if std::fs::metadata(path).is_ok_and(|now| is_same(&file, &now)) => return Ok(file),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            // A file system without locks.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
    Err(Error::new(ErrorKind::TimedOut, "another process has locked the file"))
}

/// The time for which a lock is waited for is the product, a second.
const LOCK_TRIES: u32 = 500;
const LOCK_PAUSE: Duration = Duration::from_millis(2);

fn is_same(file: &File, now: &Metadata) -> bool {
    file.metadata().is_ok_and(|data| (data.dev(), data.ino()) == (now.dev(), now.ino()))
}

/// Creates a private file that does not exist yet.
///
/// # Errors
/// Fails as open(2) does.
pub fn create(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Returns the directory that a variable names, or one below the home. Relative ones are ignored, as the specification
/// requires.
fn below(variable: &str, home: &str) -> Option<PathBuf> {
    let absolute = |path: PathBuf| Some(path).filter(|path| path.is_absolute());
    let named = var_os(variable).map(PathBuf::from).and_then(absolute);
    named.or_else(|| Some(absolute(program::home()?)?.join(home)))
}

/// Returns the file that runs before the first prompt.
pub fn configuration() -> Option<PathBuf> {
    below("XDG_CONFIG_HOME", ".config").map(|path| path.join("pipewright/rc.pw"))
}

/// Returns the file of the history.
pub fn history() -> Option<PathBuf> {
    below("XDG_STATE_HOME", ".local/state").map(|path| path.join("pipewright/history.jsonl"))
}

/// Returns the file of the programs that the user has allowed to be asked for their help.
pub fn allowed() -> Option<PathBuf> {
    below("XDG_STATE_HOME", ".local/state").map(|path| path.join("pipewright/complete"))
}

/// Returns the file of learned help.
pub fn learned() -> Option<PathBuf> {
    below("XDG_CACHE_HOME", ".cache").map(|path| path.join("pipewright/help.jsonl"))
}

/// Returns where cargo installs programs.
pub fn cargo() -> Option<PathBuf> {
    var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(program::home()?.join(".cargo")))
}

/// Returns whether lines are edited with the keys of vi, as set by `set editing-mode vi` in ~/.inputrc for readline(3).
pub fn edits_as_vi() -> bool {
    let file = var_os("INPUTRC").map(PathBuf::from);
    let file = file.or_else(|| Some(program::home()?.join(".inputrc")));
    let text = file.and_then(|path| read(&path, MOST_SETTINGS).ok()).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .any(|line| line.split_whitespace().eq(["set", "editing-mode", "vi"]))
}
