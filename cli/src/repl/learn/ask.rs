//! Running a program so that it prints its help and can do nothing else: it has no input, no terminal, little
//! time, and its output is limited to the size of a help text.

use super::Environment;
use pipewright::{CancelToken, Engine, Output};
use std::io::{Error, Result, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The time limit for the program. A program that takes longer is waiting for input that will never come.
const TIME: Duration = Duration::from_secs(3);

/// The number of bytes that are kept of each of its streams.
const MOST: usize = 1 << 20;

const SCRIPT: &str = "with grace=100ms { $program ...$[flags(arguments)] }";

/// Returns the output of a program on either stream; empty if it can't be run. The program may fail: some treat
/// the question as a mistake, but still answer it.
pub fn ask(program: &str, arguments: &[&str], environment: &Environment, cancel: &CancelToken) -> Vec<u8> {
    let Ok(engine) = Engine::builder().without_terminal().build() else { return Vec::new() };
    let script = engine.script_builder("help").input("program").input("arguments").parse(SCRIPT);
    let Ok(script) = script else { return Vec::new() };
    let mut session = engine.session();
    session.clear_env();
    let inherited = environment.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    for (name, value) in inherited.chain(ADDED.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))) {
        // An invalid name reaches no program of the language.
        let _ = session.set_env(name, value);
    }
    for name in REMOVED {
        session.remove_env(name);
    }
    // The program must not use files or settings in the directory of the prompt.
    if session.set_cwd("/").is_err() {
        return Vec::new();
    }
    let (printed, complaints) = (Bounded::default(), Bounded::default());
    let run = session.run(&script).arg("program", program).arg("arguments", arguments.to_vec());
    let run = run.stdout(printed.output()).stderr(complaints.output());
    // Only the output matters, however the program ended.
    let _ = run.timeout(TIME).cancel(cancel).status();
    [printed.take(), complaints.take()].concat()
}

/// Variables that prevent wrapped lines, colours and pages.
const ADDED: &[(&str, &str)] = &[
    ("COLUMNS", "200"),
    ("GIT_PAGER", "cat"),
    ("MANPAGER", "cat"),
    ("NO_COLOR", "1"),
    ("PAGER", "cat"),
    ("TERM", "dumb"),
];

/// Variables that would let it open a window.
const REMOVED: &[&str] = &["DISPLAY", "WAYLAND_DISPLAY"];

/// A stream that is kept up to a limit.
#[derive(Clone, Default)]
struct Bounded(Arc<Mutex<Vec<u8>>>);

impl Bounded {
    fn output(&self) -> Output {
        Output::Writer(Box::new(self.clone()))
    }

    fn take(self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Bounded {
    fn write(&mut self, part: &[u8]) -> Result<usize> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match MOST.saturating_sub(bytes.len()) {
            0 => Err(Error::other("that is not a help text")),
            room => {
                bytes.extend_from_slice(&part[..part.len().min(room)]);
                Ok(part.len().min(room))
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_sh(script: &str) -> Vec<u8> {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("program");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        ask(
            program.to_str().unwrap(),
            &["--help"],
            &std::env::vars_os().collect(),
            &CancelToken::new().unwrap(),
        )
    }

    #[test]
    fn it_hears_both_streams_whatever_the_status() {
        assert_eq!(ask_sh("echo \"$1\"; echo b >&2; exit 3"), b"--help\nb\n");
    }

    #[test]
    fn a_program_gets_no_terminal_and_nothing_to_read() {
        assert_eq!(ask_sh("cat; cat /dev/tty 2>/dev/null || echo none; pwd"), b"none\n/\n");
    }

    #[test]
    fn a_flood_and_a_program_that_hangs_are_ended() {
        assert_eq!(ask_sh("yes").len(), MOST);
        assert_eq!(ask_sh("echo said; trap '' TERM; while :; do sleep 1; done"), b"said\n");
    }
}
