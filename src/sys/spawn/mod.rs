//! Starting a program: clone, the child's own preparations, execve.
//!
//! Not `std::process::Command`: with a `pre_exec` hook it falls back to execvp, which hands a file without
//! `#!` to /bin/sh; and a fork with 1 GiB resident takes 70 ms. Not posix_spawn where we can avoid it: it
//! makes some 120 signal calls a child and can set neither umask nor limits. On Linux the child runs in
//! our memory, on a stack of its own, until execve (`linux`, `child`); elsewhere it is posix_spawn.

#[cfg(target_os = "linux")]
mod child;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod clone3;
#[cfg(target_os = "linux")]
mod linux;
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), path = "pending_exec/none.rs")]
mod pending_exec;
#[cfg(any(not(target_os = "linux"), test))]
mod portable;
#[cfg(target_os = "linux")]
mod replace;
#[cfg(target_os = "linux")]
mod stack;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use portable as system;

#[cfg(target_os = "linux")]
pub(super) use linux::BlockedSignals;

pub use pending_exec::{PendingExec, begin};

use super::Pid;
use super::descriptor;
use super::strings::StringArray;
use super::wait::Process;
use std::ffi::CStr;
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

/// Everything about a child, resolved: no search and no decision is left to it.
#[derive(Debug)]
pub struct Spawn<'a> {
    /// The file to execute, relative to `directory` unless it begins with a slash.
    pub program: &'a CStr,
    /// The arguments, with the name in first place.
    pub argv: &'a StringArray,
    /// The environment, each as `NAME=value`.
    pub envp: &'a StringArray,
    /// What differs from the inherited 0, 1 and 2. Targets must be distinct.
    pub placements: &'a [Placement],
    /// The process group.
    pub group: ProcessGroup,
    /// Whether nothing is waited for but this child.
    pub alone: bool,
    /// The working directory, if not ours.
    pub directory: Option<&'a CStr>,
    /// What else to set.
    pub attributes: &'a Attributes,
}

/// The owner of what a child is made from.
pub trait Request {
    /// The same at each call.
    fn spawn(&self) -> Spawn<'_>;
}

/// One descriptor of the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Its number in the child.
    pub target: RawFd,
    /// What it is a copy of, in our numbers; none for a descriptor that is to be closed.
    pub source: Option<RawFd>,
}

/// The process group of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessGroup {
    /// Ours.
    Inherit,
    /// A new one that it leads.
    New,
    /// A new one in a session of its own, without a terminal (setsid(2)).
    Session,
    /// That of a child that is not reaped yet.
    Join(Pid),
}

/// What `with` can set on a child. The default sets nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The file mode creation mask.
    pub umask: Option<u32>,
    /// To be added to the nice value, as nice(1) does.
    pub nice: Option<i32>,
    /// Resource limits.
    pub limits: Vec<Limit>,
    /// Another user to run as.
    pub identity: Option<Identity>,
    /// The signal that the child gets when the thread that started it ends (Linux: `PR_SET_PDEATHSIG`).
    pub parent_death: Option<i32>,
}

/// One resource limit (setrlimit(2)); soft and hard become the same, but for processor time, whose hard one is a second
/// more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Of what.
    pub resource: Resource,
    /// Bytes, seconds or a number, as the resource has it.
    pub value: u64,
}

/// What can be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Address space of each process, in bytes.
    Memory,
    /// Processor time of each process, in seconds.
    CpuTime,
    /// Descriptors of each process.
    OpenFiles,
    /// Processes of the user (not enforced for root).
    Processes,
    /// Size of a file that is written, in bytes.
    FileSize,
}

/// The user and the groups to run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User, if it changes.
    pub user: Option<u32>,
    /// Primary group, if it changes.
    pub group: Option<u32>,
    /// Supplementary groups, if they change. They should, when the user does.
    pub groups: Option<Vec<u32>>,
}

/// A child could not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpawnError {
    /// What failed.
    pub step: Step,
    /// Why (errno(3)).
    pub errno: i32,
}

/// The steps of starting a child, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Creating the process.
    Clone,
    /// Resetting signal handlers.
    Signals,
    /// Entering the process group.
    Group,
    /// Asking for a signal at the parent's death.
    ParentDeath,
    /// Placing the descriptor of this number.
    Descriptor(RawFd),
    /// Setting a limit.
    Limit(Resource),
    /// Changing the nice value.
    Nice,
    /// Becoming another user.
    Identity,
    /// Entering the directory.
    Directory,
    /// Executing the program.
    Exec,
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match self.step {
            Step::Clone => "can't create a process",
            Step::Signals => "can't reset signals",
            Step::Group => "can't enter the process group",
            Step::ParentDeath => "can't tie the process to this one",
            Step::Descriptor(fd) => return write!(f, "can't set up descriptor {fd}: {}", self.reason()),
            Step::Limit(resource) => return write!(f, "can't limit {resource}: {}", self.reason()),
            Step::Nice => "can't change the nice value",
            Step::Identity => "can't change the user",
            Step::Directory => "can't enter the directory",
            Step::Exec => "can't execute",
        };
        write!(f, "{step}: {}", self.reason())
    }
}

impl std::error::Error for SpawnError {}

impl SpawnError {
    fn reason(&self) -> String {
        crate::diag::reason(&io::Error::from_raw_os_error(self.errno))
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::CpuTime => "processor time",
            Self::OpenFiles => "open files",
            Self::Processes => "processes",
            Self::FileSize => "file size",
        })
    }
}

impl Resource {
    fn number(self) -> libc::c_int {
        let resource = match self {
            Self::Memory => libc::RLIMIT_AS,
            Self::CpuTime => libc::RLIMIT_CPU,
            Self::OpenFiles => libc::RLIMIT_NOFILE,
            Self::Processes => libc::RLIMIT_NPROC,
            Self::FileSize => libc::RLIMIT_FSIZE,
        };
        resource as libc::c_int
    }
}

/// Starts a child. Safe to call from many threads at once.
///
/// Two failures pass by themselves and are tried again. `EAGAIN`: the limit on processes is reached while
/// others are ending (for up to 1 s). `ETXTBSY`: the program was just written, and a child that another
/// thread is starting at this moment still holds the descriptor it was written by (up to 0.3 s).
///
/// # Errors
/// The step that failed, and its errno. A file without `#!` is `ENOEXEC`: no shell is ever tried.
pub fn spawn(request: &Spawn<'_>) -> Result<Process, SpawnError> {
    let mut pause = Duration::from_millis(1);
    let mut started = None;
    loop {
        let error = match system::spawn(request) {
            Ok(process) => return Ok(process),
            Err(error) => error,
        };
        let error = told_by_limit(error);
        let patience = match error {
            SpawnError { step: Step::Clone, errno: libc::EAGAIN } => Duration::from_secs(1),
            SpawnError { step: Step::Exec, errno: libc::ETXTBSY } => Duration::from_millis(300),
            _ => return Err(error),
        };
        if started.get_or_insert_with(Instant::now).elapsed() >= patience {
            return Err(error);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Replaces this process by a program. Comes back only when that fails, tried again as a start is.
///
/// Descriptors, signals and the directory may be the program's then: nothing is left to do but to say so and to end. A
/// signal that comes from now on is the program's; `is_asked_to_end` tells of those before, for which nothing is replaced.
#[cfg(target_os = "linux")]
pub fn replace(request: &Spawn<'_>, is_asked_to_end: impl Fn() -> bool) -> SpawnError {
    let started = Instant::now();
    let _blocked = BlockedSignals::new();
    if is_asked_to_end() {
        return SpawnError { step: Step::Exec, errno: libc::EINTR };
    }
    loop {
        let error = told_by_limit(replace::replace(request));
        let busy = matches!(error, SpawnError { step: Step::Exec, errno: libc::ETXTBSY });
        if !busy || started.elapsed() >= Duration::from_millis(300) {
            return error;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// posix_spawn(3) can't.
#[cfg(not(target_os = "linux"))]
pub fn replace(_: &Spawn<'_>, _: impl Fn() -> bool) -> SpawnError {
    SpawnError { step: Step::Exec, errno: libc::ENOTSUP }
}

/// For a number beyond the limit on descriptors dup2(2) answers `EBADF`, as if it were the source that is wrong.
fn told_by_limit(error: SpawnError) -> SpawnError {
    match error {
        SpawnError { step: Step::Descriptor(fd), errno: libc::EBADF } if fd >= descriptor::limit() => {
            SpawnError { errno: libc::EMFILE, ..error }
        }
        error => error,
    }
}

#[cfg(test)]
mod tests;
