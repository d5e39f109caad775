//! Support for a program whose process belongs to one script, such as `pipewright`: how it begins, guards itself, and
//! probes the system. Everything here concerns the whole process; see [`super::EngineBuilder::own_process`]. A host
//! that does anything else needs none of it.
//!
//! ```no_run
//! use pipewright::{Engine, program};
//! use std::process::ExitCode;
//!
//! fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
//!     if let Some(status) = program::begin() {
//!         return Ok(status.into());
//!     }
//!     let path = std::env::args_os().nth(1).ok_or("which script?")?;
//!     let engine = Engine::builder().own_process().build()?;
//!     let script = engine.script("script", program::read_script(Some(path.as_ref()))?)?;
//!     let error = match engine.session().run(&script).status() {
//!         Ok(report) => return Ok(report.status().into()),
//!         Err(error) => error,
//!     };
//!     eprint!("{}", error.render(false, program::terminal_width().unwrap_or(80)));
//!     if let Some(signal) = error.signal() {
//!         program::die_of(signal);
//!     }
//!     Ok(error.exit_code().into())
//! }
//! ```

use super::script::read_source;
use crate::process::{self, Signal};
use crate::syntax::MOST_SOURCE;
use crate::sys::{accounts, descriptor, guard, handlers, probe, start, tty};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

pub use crate::sys::probe::Probe;

/// The argument with which this program is run to end the processes of a killed run: see [`begin`].
const END_TREES: &str = "--end-trees";

/// Prepares the process. Call it first in `main`, before any thread starts: SIGPIPE becomes a write error; each of the
/// descriptors 0, 1 and 2 that is closed stays closed for scripts and programs, but no other file gets its number; and
/// every other inherited descriptor belongs to the script and its programs, as in sh.
///
/// Returns a status to exit with if the process was not started by a user but by itself, to end the processes of a run
/// that SIGKILL has ended.
pub fn begin() -> Option<u8> {
    start::begin();
    descriptor::pass_on_inherited();
    std::env::args_os().skip(1).eq([END_TREES]).then(end_trees)
}

/// Standard input contains the process IDs.
fn end_trees() -> u8 {
    let mut numbers = Vec::new();
    if io::stdin().lock().read_to_end(&mut numbers).is_err() {
        return 1;
    }
    let (numbers, _) = numbers.as_chunks();
    let roots: Vec<i32> = numbers.iter().copied().map(i32::from_ne_bytes).filter(|pid| *pid > 1).collect();
    process::end_trees(&roots);
    0
}

/// Splits the process into two. In the inner one it returns none. In the outer one it returns the exit status when the
/// inner one has ended and none of its processes are left. If a signal ended the inner process, it ends the outer one
/// here.
///
/// # Errors
/// Fails as fork(2) does; with `ENOSYS` if the system has no support.
pub fn guard() -> io::Result<Option<u8>> {
    Ok(process::guarded()?.map(guard::end_like))
}

/// Ends this process by a signal, as if it had no handler. Call it after a signal has ended a run, so that the parent
/// process sees that: a loop of sh stops when a program died of SIGINT, and continues when it exited with 130.
pub fn die_of(signal: Signal) -> ! {
    handlers::die_of(signal)
}

/// Reads the text of a script from a file, or from standard input if there is none.
///
/// Reading ends at the first NUL byte, and when the text is larger than a script may be, since a file such as
/// `/dev/zero` never ends. [`super::Script::parse`] then refuses the text.
///
/// # Errors
/// Fails as open(2) and read(2) do.
pub fn read_script(path: Option<&Path>) -> io::Result<Vec<u8>> {
    match path {
        Some(path) => read_source(File::open(path)?, MOST_SOURCE),
        None => read_source(io::stdin().lock(), MOST_SOURCE),
    }
}

/// Returns the features of the system that the engine uses, and whether this system has them. They are tried, not
/// guessed from the version.
pub fn probes() -> Vec<Probe> {
    probe::all()
}

/// Returns the user's home directory: `HOME`, or that of the account (passwd(5)) if it is not set or empty.
pub fn home() -> Option<PathBuf> {
    let named = std::env::var_os("HOME").filter(|home| !home.is_empty());
    named.or_else(|| accounts::own_home().map(OsString::from_vec)).map(PathBuf::from)
}

/// Returns the number of columns of the terminal on standard error, if it is one.
pub fn terminal_width() -> Option<usize> {
    tty::width()
}

/// Returns the number of lines of the terminal on standard error, if it is one.
pub fn terminal_height() -> Option<usize> {
    tty::height()
}
