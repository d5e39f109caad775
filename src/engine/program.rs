//! For a program that is one script's process, as `pipewright` is: how it begins, how it guards itself, what it can do
//! here. All of it is the whole process's; see [`super::EngineBuilder::own_process`]. A host with anything else to do
//! needs none of it.

use super::script::read_source;
use crate::process::{self, Signal};
use crate::sys::{descriptor, guard, handlers, probe, start, tty};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

pub use crate::sys::probe::Probe;

/// What whoever ends a killed run's processes calls this program with: see [`begin`].
const END_TREES: &str = "--end-trees";

/// To be called first in `main`, before any thread: SIGPIPE becomes an error of writing, each of 0, 1 and 2 that is closed
/// stays so for scripts and programs while no file gets its number, and every other descriptor that came along is the
/// script's and its programs', as in sh.
///
/// Gives a status to exit with when this process was not called by a user, but by itself: to end what a run has left
/// that SIGKILL has ended.
pub fn begin() -> Option<u8> {
    start::begin();
    descriptor::pass_on_inherited();
    std::env::args_os().skip(1).eq([END_TREES]).then(end_trees)
}

/// Standard input has the numbers of processes.
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

/// Becomes two processes: in the inner one it gives none; in the outer one, when the inner one has ended and nothing
/// of it is left, the status to exit with. A signal that ended the inner one ends the outer one here.
///
/// # Errors
/// Those of fork(2); `ENOSYS` where the system can't.
pub fn guard() -> io::Result<Option<u8>> {
    Ok(process::guarded()?.map(guard::end_like))
}

/// Ends this process by a signal, as one that has no handler for it: after a run that a signal has ended, so that the
/// process that waits for this one sees it. A loop of sh stops when a program died of SIGINT, and goes on when it exited
/// with 130.
pub fn die_of(signal: Signal) -> ! {
    handlers::die_of(signal)
}

/// Reads the text of a script from a file, or from standard input if there is none.
///
/// The reading ends at the first NUL byte, and once there is more than a script may hold, since a file such as
/// `/dev/zero` never ends. [`super::Script::parse`] refuses what was read then.
///
/// # Errors
/// Those of open(2) and read(2).
pub fn read_script(path: Option<&Path>) -> io::Result<Vec<u8>> {
    match path {
        Some(path) => read_source(File::open(path)?),
        None => read_source(io::stdin().lock()),
    }
}

/// What the engine makes use of, and whether this system has it: tried, rather than guessed from its version.
pub fn probes() -> Vec<Probe> {
    probe::all()
}

/// How many columns the terminal of standard error has, if it is one.
pub fn terminal_width() -> Option<usize> {
    tty::width()
}

/// How many lines it has.
pub fn terminal_height() -> Option<usize> {
    tty::height()
}
