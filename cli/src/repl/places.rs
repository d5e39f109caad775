//! The places of the prompt's files, by the XDG Base Directory Specification.

use std::env::var_os;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

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
    let mut file = OpenOptions::new().append(true).read(true).create(true).mode(0o600).open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(-1)).is_ok() {
        file.read_exact(&mut last)?;
    }
    let end: &[u8] = if last == [b'\n'] { b"" } else { b"\n" };
    file.write_all(&[end, line].concat())
}

/// Returns the directory that a variable names, or one below the home. Relative ones are ignored, as the specification
/// requires.
fn below(variable: &str, home: &str) -> Option<PathBuf> {
    let absolute = |path: PathBuf| Some(path).filter(|path| path.is_absolute());
    let named = var_os(variable).map(PathBuf::from).and_then(absolute);
    named.or_else(|| Some(absolute(PathBuf::from(var_os("HOME")?))?.join(home)))
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
    var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(Path::new(&var_os("HOME")?).join(".cargo")))
}

/// Returns whether lines are edited with the keys of vi, as set by `set editing-mode vi` in ~/.inputrc for readline(3).
pub fn edits_as_vi() -> bool {
    let file = var_os("INPUTRC").map(PathBuf::from);
    let file = file.or_else(|| Some(Path::new(&var_os("HOME")?).join(".inputrc")));
    let text = file.and_then(|path| read(&path, MOST_SETTINGS).ok()).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .any(|line| line.split_whitespace().eq(["set", "editing-mode", "vi"]))
}
