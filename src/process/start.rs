//! Starting a stage, and saying why one could not be started.

use super::{Child, Group, SpawnError, Stage, Step};
use crate::sys::errno;
use crate::sys::lookup::{Unrunnable, explain};
use crate::sys::spawn::{self, Placement, ProcessGroup, Spawn};
use crate::sys::strings::{NulAt, StringArray};
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::time::Instant;

/// A stage that was not started: nothing of it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// Its arguments, given back.
    pub argv: Vec<Vec<u8>>,
    /// Why.
    pub problem: StartProblem,
}

/// Why a stage was not started. Texts name no file, since names need escaping where they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartProblem {
    /// An argument holds a NUL, at which the program would see it end.
    NulInArgument {
        /// Which, the name being 0.
        index: usize,
    },
    /// There is not even a name.
    NoArguments,
    /// One argument alone is longer than the kernel takes (131,071 bytes on Linux, execve(2)).
    ArgumentTooLong {
        /// Which, the name being 0.
        index: usize,
        /// Its length in bytes.
        length: usize,
    },
    /// Arguments and environment together are longer than the kernel takes.
    ArgumentsTooLong {
        /// Bytes of both.
        bytes: usize,
        /// How many arguments.
        arguments: usize,
    },
    /// The working directory is missing, closed to us or no directory.
    Directory {
        /// Why (errno(3)).
        errno: i32,
    },
    /// The interpreter in the `#!` line is missing or can't be run.
    BadInterpreter {
        /// The interpreter as written there.
        interpreter: Vec<u8>,
    },
    /// Neither a program of this machine nor a script with a `#!` line.
    NotAProgram,
    /// The file has gone since it was found.
    Vanished,
    /// Anything else that the system refused.
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
            Self::ArgumentsTooLong { bytes, arguments } => {
                write!(f, "arguments and environment are too long: {bytes} bytes in {arguments} arguments")
            }
            Self::Directory { errno } => {
                write!(f, "can't enter the directory: {}", io::Error::from_raw_os_error(*errno))
            }
            Self::BadInterpreter { .. } => f.write_str("the interpreter in its first line can't be run"),
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

/// Starts a stage in a group, and returns when its program runs.
///
/// Takes the stage, so that its pipe ends close here: one that stayed open in the interpreter would keep a
/// reader waiting for ever.
///
/// # Errors
/// [`StartError`] gives the arguments back with the reason.
pub fn start(stage: Stage, group: &Group) -> Result<Child, StartError> {
    Launch::of(stage)?.enter(group, Instant::now())
}

/// A stage whose program may not run yet. Dropped, it is ended as a [`Child`] is.
#[derive(Debug)]
pub struct Starting(Option<Coming>);

#[derive(Debug)]
enum Coming {
    /// It had to be awaited.
    Started(Child),
    Beside {
        child: spawn::Starting<Launch>,
        group: Group,
        started: Instant,
    },
}

/// Starts a stage in a group without waiting until its program runs, where that is possible: not for the leader of a
/// group, which others can join only then.
///
/// # Errors
/// As [`start`], of what is known by now.
pub fn begin(stage: Stage, group: &Group) -> Result<Starting, StartError> {
    let (mut launch, started) = (Launch::of(stage)?, Instant::now());
    let coming = match group.to_join() {
        None => Coming::Started(launch.enter(group, started)?),
        Some(joined) => {
            launch.group = joined;
            match spawn::begin(launch) {
                Ok(child) => Coming::Beside { child, group: group.clone(), started },
                Err(launch) => Coming::Started(launch.enter(group, started)?),
            }
        }
    };
    Ok(Starting(Some(coming)))
}

impl Starting {
    /// Waits until the program runs. The pipe ends of the stage close here.
    ///
    /// # Errors
    /// As [`start`].
    pub fn finish(mut self) -> Result<Child, StartError> {
        match self.0.take() {
            Some(coming) => coming.finish(),
            None => Err(StartError { argv: Vec::new(), problem: StartProblem::NoArguments }),
        }
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        drop(self.0.take().map(Coming::finish));
    }
}

impl Coming {
    fn finish(self) -> Result<Child, StartError> {
        let (child, group, started) = match self {
            Self::Started(child) => return Ok(child),
            Self::Beside { child, group, started } => (child, group, started),
        };
        let (launch, process) = child.finish();
        match process {
            Ok(process) => {
                let group_id = group.of_child(process.pid(), launch.group);
                Ok(Child::new(process, group, group_id, launch.stage.argv, started))
            }
            // The plain way knows what passes by itself.
            Err(_) => launch.enter(&group, started),
        }
    }
}

/// A stage with its arguments and descriptors as the system takes them.
#[derive(Debug)]
struct Launch {
    stage: Stage,
    argv: StringArray,
    placements: Vec<Placement>,
    group: ProcessGroup,
}

impl spawn::Request for Launch {
    fn spawn(&self) -> Spawn<'_> {
        self.in_group(self.group, None)
    }
}

impl Launch {
    fn of(stage: Stage) -> Result<Self, StartError> {
        if stage.argv.is_empty() {
            return Err(StartError { argv: stage.argv, problem: StartProblem::NoArguments });
        }
        match StringArray::new(stage.argv.iter().map(|argument| [argument.as_slice()])) {
            Ok(argv) => {
                let placements = stage.files.placements();
                Ok(Self { stage, argv, placements, group: ProcessGroup::Inherit })
            }
            Err(NulAt { index }) => {
                Err(StartError { argv: stage.argv, problem: StartProblem::NulInArgument { index } })
            }
        }
    }

    fn in_group(&self, group: ProcessGroup, terminal: Option<RawFd>) -> Spawn<'_> {
        Spawn {
            program: &self.stage.program,
            argv: &self.argv,
            envp: self.stage.environment.block(),
            placements: &self.placements,
            group,
            terminal,
            directory: self.stage.directory.as_deref(),
            attributes: &self.stage.attributes,
        }
    }

    fn enter(self, group: &Group, started: Instant) -> Result<Child, StartError> {
        let entered = group.enter(|group, terminal| spawn::spawn(&self.in_group(group, terminal)));
        match entered {
            Ok((process, id)) => Ok(Child::new(process, group.clone(), id, self.stage.argv, started)),
            Err(error) => {
                let problem = problem(&self.stage, &self.argv, error);
                Err(StartError { argv: self.stage.argv, problem })
            }
        }
    }
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
