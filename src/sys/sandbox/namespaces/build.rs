//! The process that makes namespaces: its mounts, its loopback device, and its life as process 1.
//!
//! It runs in a copy of the memory of a process with several threads, so it only makes system calls, with data that
//! was prepared before.

use super::{Plan, c_path};
use crate::sys::last_error;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_int, c_long, c_uint};
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::ptr::null;

/// A step that can fail, for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Start,
    Users,
    Private,
    Visible,
    ReadOnly,
    Tmp,
    Proc,
    Loopback,
}

/// All that the process needs.
pub struct Build {
    tells: RawFd,
    ends: RawFd,
    isolate: bool,
    loopback: bool,
    mounts: bool,
    tmp: bool,
    read_only: bool,
    visible: Vec<Visible>,
    /// The directories of /tmp that lead to the block's directory.
    directories: Vec<CString>,
}

/// A file or directory that keeps its place over what is mounted around it.
struct Visible {
    path: CString,
    is_directory: bool,
    is_writable: bool,
    /// The directories of /tmp that lead to it.
    parents: Vec<CString>,
    /// The copy of its mount, once it is made.
    tree: Cell<RawFd>,
}

/// The size of a private /tmp, and the number of its files.
const TMP: &CStr = c"mode=1777,size=512m,nr_inodes=65536";

/// `struct mount_attr` (mount_setattr(2)).
#[repr(C)]
struct Attributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// `struct ifreq`, as far as flags need it (netdevice(7)).
#[repr(C)]
struct Device {
    name: [u8; 16],
    flags: i16,
    rest: [u8; 22],
}

impl Step {
    pub fn of(number: i32) -> Self {
        let all =
            [Self::Start, Self::Users, Self::Private, Self::Visible, Self::ReadOnly, Self::Tmp, Self::Proc];
        usize::try_from(number).ok().and_then(|at| all.get(at)).copied().unwrap_or(Self::Loopback)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Start => "a process with namespaces of its own (namespaces(7))",
            Self::Users => "a user namespace (user_namespaces(7))",
            Self::Private => "mounts of its own",
            Self::Visible => "a file that stays visible (open_tree(2))",
            Self::ReadOnly => "read-only mounts (mount_setattr(2))",
            Self::Tmp => "a file system in memory for /tmp",
            Self::Proc => "a /proc of its own",
            Self::Loopback => "a loopback device",
        }
    }
}

impl Build {
    pub fn of(plan: &Plan, tells: RawFd, ends: RawFd) -> Self {
        let in_tmp = |path: &Path| plan.tmp && path.starts_with("/tmp") && path != Path::new("/tmp");
        let writable = plan.writable.clone().unwrap_or_default();
        // With the root writable, nothing is read-only.
        let read_only = plan.writable.is_some() && !writable.iter().any(|path| path == Path::new("/"));
        let mut all: Vec<(&PathBuf, bool)> = writable.iter().map(|path| (path, true)).collect();
        all.retain(|(path, _)| read_only || in_tmp(path));
        all.extend(
            plan.visible.iter().filter(|path| in_tmp(path)).map(|path| (path, plan.writable.is_none())),
        );
        // A directory comes before what lies in it. Of one path, the one that can be written comes last, and on top.
        all.sort();
        let visible = all.into_iter().map(|(path, is_writable)| Visible {
            path: c_path(path),
            is_directory: path.is_dir(),
            is_writable,
            parents: if in_tmp(path) { parents(path) } else { Vec::new() },
            tree: Cell::new(-1),
        });
        let mut directories = Vec::new();
        if in_tmp(&plan.directory) {
            directories = parents(&plan.directory);
            directories.push(c_path(&plan.directory));
        }
        Self {
            tells,
            ends,
            isolate: plan.isolate,
            loopback: plan.loopback,
            mounts: plan.mounts(),
            tmp: plan.tmp,
            read_only,
            visible: visible.collect(),
            directories,
        }
    }

    /// Builds the namespaces, reports, and lives as process 1 until the pipe is closed.
    ///
    /// # Safety
    /// Only for a child that has a copy of the memory of this process.
    pub unsafe fn run(&self) -> ! {
        // SAFETY: only system calls, with data that was prepared before.
        unsafe {
            libc::setsid();
            libc::prctl(libc::PR_SET_NAME, c"pw-first".as_ptr());
            // Orphans are reaped by the kernel.
            libc::signal(libc::SIGCHLD, libc::SIG_IGN);
            let (tells, ends) = keep_two(self.tells, self.ends);
            let mut byte = 0_u8;
            if libc::read(ends, (&raw mut byte).cast(), 1) != 1 {
                libc::_exit(0);
            }
            let answer = match self.build() {
                Ok(()) => [0, 0],
                Err((step, errno)) => [step as i32, errno],
            };
            libc::write(tells, answer.as_ptr().cast(), 8);
            libc::close(tells);
            while libc::read(ends, (&raw mut byte).cast(), 1) != 0 {}
            libc::_exit(0)
        }
    }

    fn build(&self) -> Result<(), (Step, i32)> {
        if self.mounts {
            self.mount_all()?;
        }
        if self.isolate {
            let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
            mount(c"proc", c"/proc", c"proc", flags, None).map_err(|errno| (Step::Proc, errno))?;
        }
        if self.loopback {
            raise_loopback().map_err(|errno| (Step::Loopback, errno))?;
        }
        Ok(())
    }

    fn mount_all(&self) -> Result<(), (Step, i32)> {
        let at = |step| move |errno| (step, errno);
        mount(c"none", c"/", c"none", libc::MS_REC | libc::MS_PRIVATE, None).map_err(at(Step::Private))?;
        // Copies of what stays visible, before something is mounted over it.
        for one in &self.visible {
            let tree = open_tree(&one.path).map_err(at(Step::Visible))? as RawFd;
            one.tree.set(tree);
            if self.read_only && !one.is_writable {
                set_read_only(tree, c"", libc::AT_EMPTY_PATH).map_err(at(Step::ReadOnly))?;
            }
        }
        if self.read_only {
            set_read_only(libc::AT_FDCWD, c"/", 0).map_err(at(Step::ReadOnly))?;
        }
        if self.tmp {
            let flags = libc::MS_NOSUID | libc::MS_NODEV;
            mount(c"tmpfs", c"/tmp", c"tmpfs", flags, Some(TMP)).map_err(at(Step::Tmp))?;
        }
        // SAFETY: system calls with paths that end with NUL.
        unsafe { libc::umask(0o022) };
        for one in &self.visible {
            one.parents.iter().for_each(|parent| make_directory(parent));
            if !one.parents.is_empty() {
                one.make();
            }
            move_mount(one.tree.get(), &one.path).map_err(at(Step::Visible))?;
        }
        self.directories.iter().for_each(|directory| make_directory(directory));
        Ok(())
    }
}

impl Visible {
    /// Makes what it is mounted on. If it exists, it stays.
    fn make(&self) {
        if self.is_directory {
            return make_directory(&self.path);
        }
        // SAFETY: system calls with a path that ends with NUL.
        unsafe {
            let file = libc::open(self.path.as_ptr(), libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC, 0o644);
            if file >= 0 {
                libc::close(file);
            }
        }
    }
}

/// Returns the directories below /tmp that lead to a path.
fn parents(path: &Path) -> Vec<CString> {
    let mut all: Vec<CString> =
        path.ancestors().skip(1).take_while(|one| *one != Path::new("/tmp")).map(c_path).collect();
    all.reverse();
    all
}

/// Closes all descriptors but two, and returns their numbers: a reader waits for the last holder of a pipe.
///
/// # Safety
/// As for [`Build::run`].
unsafe fn keep_two(one: RawFd, other: RawFd) -> (RawFd, RawFd) {
    const ABOVE: c_int = 16;
    // SAFETY: the two are copied first.
    unsafe {
        let one = libc::fcntl(one, libc::F_DUPFD_CLOEXEC, ABOVE);
        let other = libc::fcntl(other, libc::F_DUPFD_CLOEXEC, ABOVE);
        let mut from = 0;
        for kept in [one.min(other), one.max(other)] {
            if kept > from {
                libc::syscall(libc::SYS_close_range, from, kept - 1, 0);
            }
            from = kept + 1;
        }
        libc::syscall(libc::SYS_close_range, from, c_uint::MAX, 0);
        (one, other)
    }
}

fn result(result: c_long) -> Result<c_long, i32> {
    if result < 0 { Err(last_error()) } else { Ok(result) }
}

fn mount(
    source: &CStr,
    target: &CStr,
    kind: &CStr,
    flags: libc::c_ulong,
    data: Option<&CStr>,
) -> Result<(), i32> {
    let data = data.map_or(null(), CStr::as_ptr).cast();
    // SAFETY: all texts end with NUL.
    let mounted = unsafe { libc::mount(source.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, data) };
    result(mounted.into()).map(drop)
}

fn open_tree(path: &CStr) -> Result<c_long, i32> {
    const OPEN_TREE_CLONE: c_int = 1;
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC | libc::AT_RECURSIVE;
    // SAFETY: the path ends with NUL.
    result(unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) })
}

fn move_mount(tree: RawFd, target: &CStr) -> Result<(), i32> {
    const MOVE_MOUNT_F_EMPTY_PATH: c_int = 4;
    let (empty, at) = (c"".as_ptr(), libc::AT_FDCWD);
    // SAFETY: the paths end with NUL.
    let moved = unsafe {
        libc::syscall(libc::SYS_move_mount, tree, empty, at, target.as_ptr(), MOVE_MOUNT_F_EMPTY_PATH)
    };
    result(moved).map(drop)
}

fn set_read_only(at: RawFd, path: &CStr, flags: c_int) -> Result<(), i32> {
    const MOUNT_ATTR_RDONLY: u64 = 1;
    let attributes = Attributes { set: MOUNT_ATTR_RDONLY, clear: 0, propagation: 0, user_namespace: 0 };
    let (flags, size) = (flags | libc::AT_RECURSIVE, size_of::<Attributes>());
    // SAFETY: the kernel reads the path and the structure of this size.
    let set = unsafe {
        libc::syscall(libc::SYS_mount_setattr, at, path.as_ptr(), flags, &raw const attributes, size)
    };
    result(set).map(drop)
}

fn make_directory(path: &CStr) {
    // SAFETY: the path ends with NUL. One that is there already is fine; the mount on it tells other failures.
    unsafe { libc::mkdir(path.as_ptr(), 0o755) };
}

fn raise_loopback() -> Result<(), i32> {
    let mut device = Device { name: [0; 16], flags: 0, rest: [0; 22] };
    device.name[..2].copy_from_slice(b"lo");
    // SAFETY: the kernel reads and fills the structure.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        result(socket.into())?;
        let raised = result(libc::ioctl(socket, libc::SIOCGIFFLAGS, &raw mut device).into()).and_then(|_| {
            device.flags |= libc::IFF_UP as i16;
            result(libc::ioctl(socket, libc::SIOCSIFFLAGS, &raw mut device).into())
        });
        libc::close(socket);
        raised.map(drop)
    }
}
