//! Starting a stage, and the reasons why one could not be started.

use super::launch::Launch;
use super::{Child, Group, Phase, SpawnError, Stage};
use crate::sys::lookup::{Unrunnable, explain};
use crate::sys::spawn::{self, Request};
use crate::sys::strings::{NulAt, StringArray};
use crate::sys::{errno, tree};
use std::fmt;
use std::io;
use std::time::Instant;

/// A stage that was not started: no part of it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// Its arguments, returned to the caller.
    pub argv: Vec<Vec<u8>>,
    /// The reason.
    pub problem: StartProblem,
}

/// The reason why a stage was not started. Its texts contain no file name, since names have to be escaped where they
/// are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartProblem {
    /// An argument contains NUL, where it would end for the program.
    NulInArgument {
        /// Its index, with the name as 0.
        index: usize,
    },
    /// There is not even a name.
    NoArguments,
    /// One argument alone is longer than the kernel allows (131,071 bytes on Linux, execve(2)).
    ArgumentTooLong {
        /// Its index, with the name as 0.
        index: usize,
        /// Its length in bytes.
        length: usize,
    },
    /// One environment variable alone is longer than the kernel allows, including its name and `=` (execve(2)).
    VariableTooLong {
        /// Its name.
        name: Vec<u8>,
        /// Bytes of `NAME=value`.
        length: usize,
    },
    /// Arguments and environment together are longer than the kernel allows.
    ArgumentsTooLong {
        /// Bytes of all arguments, with their terminators.
        arguments: usize,
        /// Bytes of the environment, with its terminators.
        environment: usize,
        /// The environment's longest variable.
        longest: Option<Vec<u8>>,
    },
    /// The working directory does not exist, is not a directory, or may not be entered.
    Directory {
        /// The reason (errno(3)).
        errno: i32,
    },
    /// The interpreter in the `#!` line is missing or can't be run.
    BadInterpreter {
        /// The interpreter as in that line.
        interpreter: Vec<u8>,
    },
    /// The loader that the program names (elf(5)) is missing.
    NoLoader {
        /// Its path.
        loader: Vec<u8>,
    },
    /// The program lies on a file system that is mounted `noexec`.
    NoExec,
    /// Neither a program for this machine nor a script with a `#!` line.
    NotAProgram,
    /// The file has disappeared since it was found.
    Vanished,
    /// Any other error of the system.
    System(SpawnError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for StartError {}

impl fmt::Display for StartProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NulInArgument { index } => write!(f, "argument {index} holds a NUL"),
            Self::NoArguments => f.write_str("no arguments"),
            Self::ArgumentTooLong { index, length } => {
                write!(f, "argument {index} is too long: {length} bytes; pass it through standard input")
            }
            Self::VariableTooLong { length, .. } => {
                write!(f, "an environment variable is too long: {length} bytes")
            }
            Self::ArgumentsTooLong { arguments, environment, .. } => write!(
                f,
                "too long together: {arguments} bytes of arguments, {environment} bytes of environment"
            ),
            Self::Directory { errno } => {
                write!(f, "can't enter the directory: {}", io::Error::from_raw_os_error(*errno))
            }
            Self::BadInterpreter { .. } => f.write_str("the interpreter in its first line can't be run"),
            Self::NoLoader { .. } => f.write_str("the loader that it names is missing"),
            Self::NoExec => f.write_str("its file system is mounted noexec"),
            Self::NotAProgram => f.write_str("not a program, and no `#!` in its first line"),
            Self::Vanished => f.write_str("the program is no longer there"),
            Self::System(error) => error.fmt(f),
        }
    }
}

impl From<SpawnError> for StartProblem {
    fn from(error: SpawnError) -> Self {
        Self::System(error)
    }
}

/// Starts a stage in a group. If possible, does not wait until its program runs: see [`Child::arrive`]. `alone` means
/// that only its end will be awaited.
///
/// # Errors
/// Fails with a [`StartError`], if the error is known by now, which returns the arguments with the reason.
pub fn begin(stage: Stage, group: &Group, alone: bool) -> Result<Child, StartError> {
    let (launch, started) = (launch(stage)?, Instant::now());
    let begun = group.begin(launch, |mut launch, group| {
        launch.set_group(group);
        launch.alone = alone;
        spawn::begin(launch)
    });
    match begun {
        Ok((process, pending_exec, id)) => {
            Ok(Child::new(process, group.clone(), id, Vec::new(), started).pending(pending_exec))
        }
        Err(launch) => enter(launch, group, started),
    }
}

impl Child {
    /// Waits until its program runs or has ended. The pipe ends of the stage are closed here: one that stayed open in
    /// the interpreter would keep a reader waiting forever.
    ///
    /// A failed start is repeated, as long as the failure may be temporary. The program then runs, even if it was
    /// waited for before.
    ///
    /// # Errors
    /// Fails as [`begin`] does. There is then no such child.
    pub fn arrive(&mut self) -> Result<(), StartError> {
        let Some(pending_exec) = self.take_arrival() else { return Ok(()) };
        let (launch, failure) = pending_exec.finish();
        if failure.is_none() {
            self.set_argv(launch.stage.argv);
            return Ok(());
        }
        self.reap();
        *self = enter(launch, &self.group().clone(), self.started())?;
        Ok(())
    }
}

/// Replaces this process with a stage's program. Returns only if that fails: the descriptors, signals and directory of
/// this process may then be those of the program. While all signals are blocked, `is_asked_to_end` reports whether a
/// signal has come that the program could not receive; then nothing is done.
pub fn replace_process(stage: Stage, is_asked_to_end: impl Fn() -> bool) -> StartError {
    let launch = match launch(stage) {
        Ok(launch) => launch,
        Err(error) => return error,
    };
    tree::leave_orphans();
    let error = spawn::replace(&launch.spawn(), is_asked_to_end);
    let problem = problem(&launch.stage, &launch.argv, error);
    StartError { argv: launch.stage.argv, problem }
}

/// Starts a stage, and returns when its program runs.
#[cfg(test)]
pub fn start(stage: Stage, group: &Group) -> Result<Child, StartError> {
    let mut child = begin(stage, group, false)?;
    child.arrive().map(|()| child)
}

fn launch(stage: Stage) -> Result<Box<Launch>, StartError> {
    if stage.argv.is_empty() {
        return Err(StartError { argv: stage.argv, problem: StartProblem::NoArguments });
    }
    match StringArray::new(stage.argv.iter().map(|argument| [argument.as_slice()])) {
        Ok(argv) => Ok(Launch::new(stage, argv)),
        Err(NulAt { index }) => {
            Err(StartError { argv: stage.argv, problem: StartProblem::NulInArgument { index } })
        }
    }
}

fn enter(mut launch: Box<Launch>, group: &Group, started: Instant) -> Result<Child, StartError> {
    let entered = group.enter(|group| {
        launch.set_group(group);
        spawn::spawn(&launch.spawn())
    });
    match entered {
        Ok((process, id)) => Ok(Child::new(process, group.clone(), id, launch.stage.argv, started)),
        Err(error) => {
            let problem = problem(&launch.stage, &launch.argv, error);
            Err(StartError { argv: launch.stage.argv, problem })
        }
    }
}

fn problem(stage: &Stage, argv: &StringArray, error: SpawnError) -> StartProblem {
    /// MAX_ARG_STRLEN: 32 pages, including the terminator (execve(2)).
    const LONGEST: usize = 131_072;
    match (error.phase, error.errno) {
        (Phase::Directory, errno) => StartProblem::Directory { errno },
        (Phase::Exec, errno::E2BIG) => {
            let long = stage.argv.iter().enumerate().find(|(_, argument)| argument.len() >= LONGEST);
            let length = |(name, value): (&[u8], &[u8])| name.len() + 1 + value.len();
            let longest = stage.environment.iter().max_by_key(|variable| length(*variable));
            match (long, longest) {
                (Some((index, argument)), _) => {
                    StartProblem::ArgumentTooLong { index, length: argument.len() }
                }
                (None, Some(variable)) if length(variable) >= LONGEST => {
                    StartProblem::VariableTooLong { name: variable.0.to_vec(), length: length(variable) }
                }
                (None, longest) => StartProblem::ArgumentsTooLong {
                    arguments: argv.size(),
                    environment: stage.environment.block().size(),
                    longest: longest.map(|(name, _)| name.to_vec()),
                },
            }
        }
        (Phase::Exec, errno::ENOENT | errno::ENOTDIR | errno::EACCES | errno::ENOEXEC | errno::ELOOP) => {
            match explain(&stage.program, stage.directory.as_deref(), error.errno) {
                Some(Unrunnable::BadInterpreter { interpreter }) => {
                    StartProblem::BadInterpreter { interpreter }
                }
                Some(Unrunnable::NoLoader { loader }) => StartProblem::NoLoader { loader },
                Some(Unrunnable::NoExec) => StartProblem::NoExec,
                Some(Unrunnable::Vanished) => StartProblem::Vanished,
                Some(Unrunnable::NotAProgram) if error.errno == errno::ENOEXEC => StartProblem::NotAProgram,
                _ => StartProblem::System(error),
            }
        }
        _ => StartProblem::System(error),
    }
}
