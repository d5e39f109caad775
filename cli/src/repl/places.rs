//! Where the prompt's files are, by the XDG Base Directory Specification.

use std::env::var_os;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Opens a regular file to read it. Opening a FIFO would wait for its writer, with no key to end that: `.git/HEAD` of a
/// directory that another user has made can be one.
///
/// # Errors
/// Those of stat(2) and open(2); it is not a regular file.
pub fn open(path: &Path) -> Result<File> {
    require_regular(path)?;
    File::open(path)
}

/// Reads a regular file up to `most` bytes.
///
/// # Errors
/// As of [`open`], and those of read(2).
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

/// How much of a file of settings is read, in bytes.
pub const MOST_SETTINGS: u64 = 1 << 20;

/// Adds a line to a file, which is made with mode 0600: nobody else's business. By one write(2), as other sessions do it
/// at the same time, so that none cuts another's line. One that a full disk has cut is ended first.
///
/// # Errors
/// Those of mkdir(2), open(2) and write(2); it is not a regular file.
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

/// The directory that a variable names, or one below the home. Relative ones don't count (the specification says so).
fn below(variable: &str, home: &str) -> Option<PathBuf> {
    let absolute = |path: PathBuf| Some(path).filter(|path| path.is_absolute());
    let named = var_os(variable).map(PathBuf::from).and_then(absolute);
    named.or_else(|| Some(absolute(PathBuf::from(var_os("HOME")?))?.join(home)))
}

/// What runs before the first prompt.
pub fn configuration() -> Option<PathBuf> {
    below("XDG_CONFIG_HOME", ".config").map(|path| path.join("pipewright/rc.pw"))
}

/// What was entered.
pub fn history() -> Option<PathBuf> {
    below("XDG_STATE_HOME", ".local/state").map(|path| path.join("pipewright/history.jsonl"))
}

/// The programs that the user has allowed to be asked for their help.
pub fn allowed() -> Option<PathBuf> {
    below("XDG_STATE_HOME", ".local/state").map(|path| path.join("pipewright/complete"))
}

/// What they and others have said.
pub fn learned() -> Option<PathBuf> {
    below("XDG_CACHE_HOME", ".cache").map(|path| path.join("pipewright/help.jsonl"))
}

/// Where cargo installs programs.
pub fn cargo() -> Option<PathBuf> {
    var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(Path::new(&var_os("HOME")?).join(".cargo")))
}

/// Whether lines are edited by the keys of vi: as `set editing-mode vi` of ~/.inputrc says for readline(3).
pub fn edits_as_vi() -> bool {
    let file = var_os("INPUTRC").map(PathBuf::from);
    let file = file.or_else(|| Some(Path::new(&var_os("HOME")?).join(".inputrc")));
    let text = file.and_then(|path| read(&path, MOST_SETTINGS).ok()).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .any(|line| line.split_whitespace().eq(["set", "editing-mode", "vi"]))
}
