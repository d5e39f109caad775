//! Namespaces (namespaces(7)): a process, mount and network namespace of a block's own.
//!
//! One process makes them: it mounts what the block has of its own, and is then process 1 of the block. It ends when
//! this process closes a pipe or dies, and the kernel ends all processes of the namespace with it. Programs enter the
//! namespaces between their clone and execve. Without privileges, all of it lies in a user namespace in which this user
//! has the same number.

mod build;

use crate::sys::children::Place;
use crate::sys::spawn::BlockedSignals;
use crate::sys::{Pid, descriptor, last_error, pipe};
use build::Build;
use std::ffi::{CString, c_int, c_long};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What a block has of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Processes.
    pub isolate: bool,
    /// A network with nothing but a loopback device.
    pub loopback: bool,
    /// An empty /tmp.
    pub tmp: bool,
    /// The files that can be changed, if all others are read-only.
    pub writable: Option<Vec<PathBuf>>,
    /// The files below /tmp that stay visible.
    pub visible: Vec<PathBuf>,
    /// The directory of the block, which exists in its /tmp, too.
    pub directory: PathBuf,
}

/// The namespaces of a block. Dropping them ends the processes of a process namespace.
#[derive(Debug)]
pub struct Namespaces {
    /// Those that a child enters, in this order.
    entered: Vec<(OwnedFd, c_int)>,
    /// The process namespace, which only the children of a child enter.
    processes: Option<OwnedFd>,
    /// Directories of the block's own, for rules.
    own: Vec<(PathBuf, OwnedFd)>,
    /// Whether they lie in a user namespace.
    is_unprivileged: bool,
    _first: First,
}

/// Process 1. Dropping it ends it.
#[derive(Debug)]
struct First {
    pid: Pid,
    place: Place,
    /// It ends when no process holds this any more.
    alive: Option<OwnedFd>,
}

impl PartialEq for Namespaces {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Namespaces {}

impl Plan {
    /// Returns whether it wants a namespace.
    pub fn is_wanted(&self) -> bool {
        self.isolate || self.loopback || self.tmp
    }

    /// Returns whether it wants a mount namespace.
    pub fn mounts(&self) -> bool {
        self.isolate || self.tmp
    }

    fn flags(&self) -> c_int {
        let flag = |wanted, flag| if wanted { flag } else { 0 };
        flag(self.isolate, libc::CLONE_NEWPID)
            | flag(self.mounts(), libc::CLONE_NEWNS)
            | flag(self.loopback, libc::CLONE_NEWNET)
    }
}

impl Namespaces {
    /// Makes the namespaces.
    ///
    /// # Errors
    /// Fails with the step that this system refuses, and the reason.
    pub fn new(plan: &Plan) -> Result<Self, String> {
        match Self::make(plan, false) {
            Err((build::Step::Start, libc::EPERM)) => Self::make(plan, true),
            other => other,
        }
        .map_err(|(step, errno)| {
            let reason = crate::diag::reason(&io::Error::from_raw_os_error(errno));
            format!("{}: {reason}", step.text())
        })
    }

    fn make(plan: &Plan, is_unprivileged: bool) -> Result<Self, (build::Step, i32)> {
        let start = |error: io::Error| (build::Step::Start, error.raw_os_error().unwrap_or(libc::EIO));
        let (told, tells) = pipe::pipe().map_err(start)?;
        let (ends, alive) = pipe::pipe().map_err(start)?;
        let build = Build::of(plan, tells.as_raw_fd(), ends.as_raw_fd());
        let user = if is_unprivileged { libc::CLONE_NEWUSER } else { 0 };
        let first = First::start(plan.flags() | user, &build, alive)?;
        drop((tells, ends));
        if is_unprivileged {
            map_users(first.pid).map_err(|error| (build::Step::Users, start(error).1))?;
        }
        first.go_on().map_err(start)?;
        let mut answer = [0; 8];
        File::from(told).read_exact(&mut answer).map_err(start)?;
        let [step, errno] = [0, 4].map(|at| {
            let bytes: [u8; 4] = answer[at..at + 4].try_into().unwrap_or_default();
            i32::from_ne_bytes(bytes)
        });
        if errno != 0 {
            return Err((build::Step::of(step), errno));
        }
        let place = |name: &str| PathBuf::from(format!("/proc/{}/{name}", first.pid));
        let open = |wanted: bool, name: &str| -> io::Result<Option<OwnedFd>> {
            let file = wanted.then(|| File::open(place(name))).transpose()?;
            file.map(|file| descriptor::lift(file.into())).transpose()
        };
        let mut entered = Vec::new();
        for (wanted, name, kind) in [
            (is_unprivileged, "ns/user", libc::CLONE_NEWUSER),
            (plan.loopback, "ns/net", libc::CLONE_NEWNET),
            (plan.mounts(), "ns/mnt", libc::CLONE_NEWNS),
        ] {
            entered.extend(open(wanted, name).map_err(start)?.map(|file| (file, kind)));
        }
        let processes = open(plan.isolate, "ns/pid").map_err(start)?;
        let mut own = Vec::new();
        for (wanted, path) in [(plan.tmp, "/tmp"), (plan.isolate, "/proc")] {
            let inside = CString::new(format!("/proc/{}/root{path}", first.pid)).unwrap_or_default();
            if wanted {
                own.push((path.into(), crate::sys::open::reference(&inside).map_err(start)?));
            }
        }
        let mut first = first;
        if !plan.isolate {
            first.end();
        }
        Ok(Self { entered, processes, own, is_unprivileged, _first: first })
    }

    /// Returns the block's own directory at a path, if it has one there.
    pub fn own(&self, path: &str) -> Option<&OwnedFd> {
        self.own.iter().find(|(own, _)| own == Path::new(path)).map(|(_, file)| file)
    }

    /// Returns the namespaces that a child enters, with their kinds.
    pub(in crate::sys) fn entered(&self) -> impl Iterator<Item = (RawFd, c_int)> {
        self.entered.iter().map(|(file, kind)| (file.as_raw_fd(), *kind))
    }

    /// Returns the process namespace, which a child of a child enters.
    pub(in crate::sys) fn processes(&self) -> Option<RawFd> {
        self.processes.as_ref().map(AsRawFd::as_raw_fd)
    }

    /// Returns whether a child gets privileges in a user namespace, for a moment.
    pub(in crate::sys) fn is_unprivileged(&self) -> bool {
        self.is_unprivileged
    }
}

impl First {
    fn start(flags: c_int, build: &Build, alive: OwnedFd) -> Result<Self, (build::Step, i32)> {
        let place = Place::take();
        let blocked = BlockedSignals::new();
        // SAFETY: as after fork(2), the child has a copy of the memory of this process, in which it makes only calls
        // that are safe there (signal-safety(7)).
        let pid =
            unsafe { libc::syscall(libc::SYS_clone, flags as c_long | libc::SIGCHLD as c_long, 0, 0, 0, 0) };
        if pid == 0 {
            // SAFETY: this is the child.
            unsafe { build.run() }
        }
        let errno = last_error();
        drop(blocked);
        if pid < 0 {
            place.free();
            return Err((build::Step::Start, errno));
        }
        let pid = pid as Pid;
        place.set(pid);
        Ok(Self { pid, place, alive: Some(alive) })
    }

    /// Lets it begin: its users are mapped.
    fn go_on(&self) -> io::Result<()> {
        let alive = self.alive.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        File::from(descriptor::duplicate(alive.as_fd())?).write_all(b"g")
    }

    fn end(&mut self) {
        if self.alive.take().is_none() {
            return;
        }
        // SAFETY: it is a child of this process that is not reaped yet. The kernel ends it with its namespace.
        unsafe {
            libc::kill(self.pid, libc::SIGKILL);
            while libc::waitpid(self.pid, std::ptr::null_mut(), libc::__WALL) < 0
                && last_error() == libc::EINTR
            {}
        }
        self.place.free();
    }
}

impl Drop for First {
    fn drop(&mut self) {
        self.end();
    }
}

/// Gives this user and group the same numbers in a user namespace.
fn map_users(pid: Pid) -> io::Result<()> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let write = |name: &str, text: String| fs::write(format!("/proc/{pid}/{name}"), text);
    write("setgroups", "deny".into())?;
    write("uid_map", format!("{user} {user} 1"))?;
    write("gid_map", format!("{group} {group} 1"))
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap_or_default()
}
