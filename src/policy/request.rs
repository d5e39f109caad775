//! The requests to a policy.

use crate::diag::{quote_argv, quote_word};
use crate::process::Environment;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// An action that is about to be done.
///
/// ```
/// use pipewright::policy::{Denial, Request};
/// use pipewright::{Engine, Script};
/// use std::sync::{Arc, Mutex};
///
/// // What a script would do, in words, while it does it.
/// let log = Arc::new(Mutex::new(Vec::new()));
/// let own = log.clone();
/// let engine = Engine::builder()
///     .policy(move |request: &Request<'_>| -> Result<(), Denial> {
///         own.lock().unwrap().push(request.to_string());
///         Ok(())
///     })
///     .build()?;
/// let script = Script::parse("t", "env.LANG = 'C'; cd /; sort < /dev/null")?;
/// engine.session().run(&script).read()?;
/// let log = log.lock().unwrap();
/// assert_eq!(log[0], "changing the variable LANG");
/// assert_eq!(log[1], "working in /");
/// assert!(log.iter().any(|line| line == "reading /dev/null"));
/// assert!(log.iter().any(|line| line.starts_with("running ") && line.ends_with("/sort")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Request<'a> {
    /// A program is about to be started.
    Spawn(Spawn<'a>),
    /// A stage of the host is about to run: see [`crate::EngineBuilder::stage`].
    Stage {
        /// Its arguments with its name.
        argv: &'a [Vec<u8>],
    },
    /// A file or directory is about to be opened or tested.
    Open(Open<'a>),
    /// An environment variable of programs is about to be set or removed.
    SetEnv {
        /// Its name.
        name: &'a [u8],
    },
    /// The working directory is about to change.
    ChangeDirectory {
        /// The absolute path; symbolic links are not followed.
        path: &'a Path,
    },
    /// Programs are about to be started as another user, with the groups of that user: `with user=`.
    ChangeUser {
        /// The user ID (passwd(5)).
        user: u32,
    },
    /// Programs are about to be started in another group: `with group=`.
    ChangeGroup {
        /// The group ID (group(5)).
        group: u32,
    },
    /// An option of `with` is about to change how programs run.
    With(With<'a>),
    /// A service is about to listen at an address.
    Listen {
        /// `host:port`, or `unix:PATH`.
        address: &'a str,
    },
    /// A signal is about to be sent.
    Kill {
        /// The target as in kill(2): below -1 the group of that number, -1 every process.
        pid: i32,
        /// The name, such as `SIGTERM`; `0` only tests whether the process exists.
        signal: &'a str,
    },
}

/// An option of `with` that changes how programs run or end.
///
/// ```
/// use pipewright::policy::{Denial, Request, With};
/// use pipewright::{Engine, Script};
/// use std::time::Duration;
///
/// // Programs may ask for some time to end, and are never left to themselves.
/// let policy = |request: &Request<'_>| match request {
///     Request::With(With::Grace(grace)) if *grace <= Duration::from_secs(10) => Ok(()),
///     Request::With(with) => Err(Denial::new(format!("no `with {}`", with.name()))),
///     _ => Ok(()),
/// };
/// let engine = Engine::builder().policy(policy).build()?;
/// let error = engine.session().run(&Script::parse("t", "with detach=true { /bin/sleep 60 }")?).status().unwrap_err();
/// assert!(error.render(false, 80).contains("no `with detach`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum With<'a> {
    /// `detach=true`: programs are left running.
    Detach,
    /// `grace`: the time that programs have to end.
    Grace(Duration),
    /// `signal`: the signal that asks programs to end, such as `SIGINT`.
    Signal(&'a str),
    /// `nice`: the number that is added to the nice value.
    Nice(i32),
    /// `umask`: the file mode creation mask.
    Umask(u32),
    /// `memory`: the private memory of each process, in bytes.
    Memory(u64),
    /// `file_size`: the largest size of a file, in bytes.
    FileSize(u64),
    /// `cpu_time`: the processor time of each process, in seconds.
    CpuTime(u64),
    /// `open_files`: the number of descriptors of each process.
    OpenFiles(u64),
    /// `processes`: the number of processes of the user.
    Processes(u64),
    /// `memory_all`: the memory of all processes of the block together, in bytes.
    MemoryAll(u64),
    /// `processes_all`: the number of processes and threads of the block.
    ProcessesAll(u64),
}

impl With<'_> {
    /// The names of these options, in the order of the variants.
    pub const NAMES: [&'static str; 12] = [
        "detach",
        "grace",
        "signal",
        "nice",
        "umask",
        "memory",
        "file_size",
        "cpu_time",
        "open_files",
        "processes",
        "memory_all",
        "processes_all",
    ];

    /// Returns the name of the option.
    pub const fn name(&self) -> &'static str {
        let place = match self {
            Self::Detach => 0,
            Self::Grace(_) => 1,
            Self::Signal(_) => 2,
            Self::Nice(_) => 3,
            Self::Umask(_) => 4,
            Self::Memory(_) => 5,
            Self::FileSize(_) => 6,
            Self::CpuTime(_) => 7,
            Self::OpenFiles(_) => 8,
            Self::Processes(_) => 9,
            Self::MemoryAll(_) => 10,
            Self::ProcessesAll(_) => 11,
        };
        Self::NAMES[place]
    }
}

impl fmt::Display for With<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Detach => write!(f, "{name}=true"),
            Self::Grace(grace) => write!(f, "{name}={}s", grace.as_secs_f64()),
            Self::Signal(signal) => write!(f, "{name}={signal}"),
            Self::Nice(more) => write!(f, "{name}={more}"),
            Self::Umask(mask) => write!(f, "{name}={mask:03o}"),
            Self::Memory(most)
            | Self::FileSize(most)
            | Self::CpuTime(most)
            | Self::OpenFiles(most)
            | Self::Processes(most)
            | Self::MemoryAll(most)
            | Self::ProcessesAll(most) => write!(f, "{name}={most}"),
        }
    }
}

/// A program that is about to be started.
///
/// ```
/// use pipewright::policy::{Denial, Request};
/// use pipewright::{Engine, Script};
///
/// // git may look, and not talk to others.
/// let policy = |request: &Request<'_>| match request {
///     Request::Spawn(spawn) => match spawn.argv() {
///         [git, command, ..] if git == b"git" && [&b"log"[..], b"status"].contains(&&**command) => Ok(()),
///         _ => Err(Denial::new(format!("in {}, only git log and git status", spawn.directory().display()))),
///     },
///     _ => Ok(()),
/// };
/// let engine = Engine::builder().policy(policy).build()?;
/// let error = engine.session().run(&Script::parse("t", "command ls")?).status().unwrap_err();
/// assert!(error.render(false, 80).contains("only git log and git status"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Spawn<'a> {
    pub(crate) program: &'a Path,
    pub(crate) argv: &'a [Vec<u8>],
    pub(crate) directory: &'a Path,
    pub(crate) environment: &'a Environment,
    pub(crate) detached: bool,
}

impl<'a> Spawn<'a> {
    /// Returns the file that is executed, as found through PATH: absolute, or relative to [`Spawn::directory`].
    /// Symbolic links are not followed.
    pub fn program(&self) -> &'a Path {
        self.program
    }

    /// Returns its arguments with its name, as the kernel receives them.
    pub fn argv(&self) -> &'a [Vec<u8>] {
        self.argv
    }

    /// Returns the directory that it starts in.
    pub fn directory(&self) -> &'a Path {
        self.directory
    }

    /// Returns whether it is left running, in its own session: `with detach=true`.
    pub fn is_detached(&self) -> bool {
        self.detached
    }

    /// Returns the names of its environment variables.
    pub fn environment(&self) -> impl Iterator<Item = &'a [u8]> {
        self.environment.iter().map(|(name, _)| name)
    }

    /// Returns an environment variable of it.
    pub fn variable(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.environment.get(name)
    }
}

/// A file that is about to be opened.
///
/// ```
/// use pipewright::policy::{Access, Denial, Request};
/// use pipewright::{Engine, Script};
///
/// let policy = |request: &Request<'_>| match request {
///     Request::Open(open) if open.access() == Access::Write && !open.path().starts_with("/tmp") => {
///         Err(Denial::new("files are written below /tmp only"))
///     }
///     _ => Ok(()),
/// };
/// let engine = Engine::builder().policy(policy).build()?;
/// let error = engine.session().run(&Script::parse("t", "echo x > /var/x")?).status().unwrap_err();
/// assert_eq!(error.kind(), pipewright::ErrorKind::Policy);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Open<'a> {
    pub(crate) path: &'a Path,
    pub(crate) access: Access,
}

impl<'a> Open<'a> {
    /// Returns its absolute path. The first request has the path as the script names it, with symbolic links not
    /// followed and `..` unchanged. If the file to be opened is elsewhere, a second request has the path as the
    /// kernel knows it.
    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// Returns the purpose for which it is opened.
    pub fn access(&self) -> Access {
        self.access
    }
}

/// The purpose for which a file is opened.
///
/// ```
/// use pipewright::policy::{Access, Request};
///
/// /// Whether it changes what others see.
/// fn changes(request: &Request<'_>) -> bool {
///     match request {
///         Request::Open(open) => matches!(open.access(), Access::Write | Access::Append),
///         _ => false,
///     }
/// }
/// # let _ = pipewright::Engine::builder().policy(|request: &Request<'_>| match changes(request) {
/// #     true => Err(pipewright::policy::Denial::new("read-only")),
/// #     false => Ok(()),
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// To test what exists: `test -f`, `exists()`, `glob()`, a pattern in a word, `type` and `command -v`.
    Look,
    /// To read it: a redirection, `read()`, or a file of `use` before anything runs.
    Read,
    /// To create it or replace its content; with `<>` also to read it.
    Write,
    /// To create it or append to it.
    Append,
}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |path: &Path| quote_word(path.as_os_str().as_bytes());
        match self {
            Self::Spawn(spawn) => {
                write!(f, "running {}", path(spawn.program))?;
                match spawn.argv {
                    [_, rest @ ..] if !rest.is_empty() => write!(f, " with {}", quote_argv(rest))?,
                    _ => {}
                }
                f.write_str(if spawn.detached { ", detached" } else { "" })
            }
            Self::Stage { argv } => write!(f, "running {} of the host", quote_argv(*argv)),
            Self::Open(open) => {
                let what = match open.access {
                    Access::Look => "looking at",
                    Access::Read => "reading",
                    Access::Write => "writing",
                    Access::Append => "appending to",
                };
                write!(f, "{what} {}", path(open.path))
            }
            Self::SetEnv { name } => write!(f, "changing the variable {}", quote_word(name)),
            Self::ChangeDirectory { path: to } => write!(f, "working in {}", path(to)),
            Self::ChangeUser { user } => write!(f, "running programs as user {user}"),
            Self::ChangeGroup { group } => write!(f, "running programs in group {group}"),
            Self::With(with) => write!(f, "running programs with {with}"),
            Self::Listen { address } => write!(f, "listening at {}", quote_word(address.as_bytes())),
            Self::Kill { pid, signal } => write!(f, "sending {signal} to {pid}"),
        }
    }
}

/// Returns a path of these bytes.
pub(super) fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
