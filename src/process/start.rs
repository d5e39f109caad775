//! Starting a stage, and saying why one could not be started.

use super::{Child, Group, SpawnError, Stage, Step};
use crate::sys::lookup::{Unrunnable, explain};
use crate::sys::spawn::{Spawn, spawn};
use crate::sys::strings::{NulAt, StringArray};
use crate::sys::wait::Process;
use crate::sys::{Pid, errno};
use std::io;
use std::time::Instant;

/// A stage that was not started: nothing of it runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct StartError {
    /// Its arguments, given back.
    pub argv: Vec<Vec<u8>>,
    /// Why.
    #[source]
    pub problem: StartProblem,
}

/// Why a stage was not started. Texts name no file, since names need escaping where they are shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartProblem {
    /// An argument holds a NUL, at which the program would see it end.
    #[error("argument {index} holds a NUL")]
    NulInArgument {
        /// Which, the name being 0.
        index: usize,
    },
    /// There is not even a name.
    #[error("no arguments")]
    NoArguments,
    /// One argument alone is longer than the kernel takes (131,071 bytes on Linux, execve(2)).
    #[error("argument {index} is too long: {length} bytes; pass it through standard input")]
    ArgumentTooLong {
        /// Which, the name being 0.
        index: usize,
        /// Its length in bytes.
        length: usize,
    },
    /// Arguments and environment together are longer than the kernel takes.
    #[error("arguments and environment are too long: {bytes} bytes in {arguments} arguments")]
    ArgumentsTooLong {
        /// Bytes of both.
        bytes: usize,
        /// How many arguments.
        arguments: usize,
    },
    /// The working directory is missing, closed to us or no directory.
    #[error("can't enter the directory: {}", io::Error::from_raw_os_error(*errno))]
    Directory {
        /// Why (errno(3)).
        errno: i32,
    },
    /// The interpreter in the `#!` line is missing or can't be run.
    #[error("the interpreter in its first line can't be run")]
    BadInterpreter {
        /// The interpreter as written there.
        interpreter: Vec<u8>,
    },
    /// Neither a program of this machine nor a script with a `#!` line.
    #[error("not a program, and no `#!` in its first line")]
    NotAProgram,
    /// The file has gone since it was found.
    #[error("the program is no longer there")]
    Vanished,
    /// Anything else that the system refused.
    #[error(transparent)]
    System(#[from] SpawnError),
}

/// Starts a stage in a group.
///
/// Takes the stage, so that its pipe ends close here: one that stayed open in the interpreter would keep a
/// reader waiting for ever.
///
/// # Errors
/// [`StartError`] gives the arguments back with the reason.
pub fn start(stage: Stage, group: &Group) -> Result<Child, StartError> {
    let started = Instant::now();
    match enter(&stage, group) {
        Ok((process, group_id)) => Ok(Child::new(process, group.clone(), group_id, stage.argv, started)),
        Err(problem) => Err(StartError { argv: stage.argv, problem }),
    }
}

fn enter(stage: &Stage, group: &Group) -> Result<(Process, Option<Pid>), StartProblem> {
    if stage.argv.is_empty() {
        return Err(StartProblem::NoArguments);
    }
    let argv = StringArray::new(stage.argv.iter().map(|argument| [argument.as_slice()]))
        .map_err(|NulAt { index }| StartProblem::NulInArgument { index })?;
    let placements = stage.files.placements();
    let spawn = |process_group, terminal| {
        spawn(&Spawn {
            program: &stage.program,
            argv: &argv,
            envp: stage.environment.block(),
            placements: &placements,
            group: process_group,
            terminal,
            directory: stage.directory.as_deref(),
            attributes: &stage.attributes,
        })
    };
    group.enter(spawn).map_err(|error| problem(stage, &argv, error))
}

fn problem(stage: &Stage, argv: &StringArray, error: SpawnError) -> StartProblem {
    /// MAX_ARG_STRLEN: 32 pages, the terminator included (execve(2)).
    const LONGEST: usize = 131_072;
    match (error.step, error.errno) {
        (Step::Directory, errno) => StartProblem::Directory { errno },
        (Step::Exec, errno::E2BIG) => {
            let long = stage.argv.iter().enumerate().find(|(_, argument)| argument.len() >= LONGEST);
            match long {
                Some((index, argument)) => StartProblem::ArgumentTooLong { index, length: argument.len() },
                None => StartProblem::ArgumentsTooLong {
                    bytes: argv.size() + stage.environment.block().size(),
                    arguments: stage.argv.len(),
                },
            }
        }
        (Step::Exec, errno::ENOENT | errno::ENOTDIR | errno::EACCES | errno::ENOEXEC | errno::ELOOP) => {
            match explain(&stage.program, stage.directory.as_deref()) {
                Some(Unrunnable::BadInterpreter { interpreter }) => {
                    StartProblem::BadInterpreter { interpreter }
                }
                Some(Unrunnable::Vanished) => StartProblem::Vanished,
                Some(Unrunnable::NotAProgram) if error.errno == errno::ENOEXEC => StartProblem::NotAProgram,
                _ => StartProblem::System(error),
            }
        }
        _ => StartProblem::System(error),
    }
}
