//! The preparations of a child, as data: the caller lists them, and the child applies the list in order.
//!
//! For a new preparation, add a variant here, at its place in the order, its [`Phase`], and its implementation in
//! `child/act.rs`.

use crate::sys::Pid;
use crate::sys::cgroup::Membership;
use crate::sys::sandbox::{Filter, Namespaces, Ruleset};
use std::ffi::CStr;
use std::fmt;
use std::os::fd::RawFd;
use std::sync::Arc;

/// One preparation. A child carries out its steps in the order of the variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Enters namespaces, before all else: the numbers of processes, mounts and the network are then those inside.
    Namespaces(Arc<Namespaces>),
    /// Enters a process group.
    Group(ProcessGroup),
    /// Enters a control group, before it is confined.
    Cgroup(Arc<Membership>),
    /// Enforces rules of Landlock, from the outermost. Before the descriptors, since theirs could be overwritten; the
    /// later steps open no file.
    Rulesets(Arc<[Arc<Ruleset>]>),
    /// Gives one number a descriptor, or closes it.
    Descriptor(Placement),
    /// Sets a resource limit.
    Limit(Limit),
    /// Adds to the nice value, as nice(1) does.
    Nice(i32),
    /// Becomes another user. Limits and nice value come before: raising them may need privileges that are given up
    /// with the user.
    User(Arc<Identity>),
    /// Sets the file mode creation mask.
    Umask(u32),
    /// Adds a variable with its process ID to the environment, which has none of this name: `LISTEN_PID`.
    OwnPid(&'static CStr),
    /// Enters the working directory, as the user that the program runs as.
    Directory(Arc<CStr>),
    /// Installs filters of system calls, which could refuse other steps.
    Filters(Arc<[Arc<Filter>]>),
}

/// One descriptor of the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Its number in the child.
    pub target: RawFd,
    /// The number of which it is a copy, in this process; none for a descriptor that is closed.
    pub source: Option<RawFd>,
}

/// The process group of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessGroup {
    /// That of this process.
    Inherit,
    /// A new group that the child leads.
    New,
    /// A new group in a new session, without a terminal (setsid(2)).
    Session,
    /// The group of a child that is not reaped yet.
    Join(Pid),
}

/// One resource limit (setrlimit(2)). Soft and hard limit become the same, except for processor time, whose hard
/// limit is a second more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The resource.
    pub resource: Resource,
    /// Bytes, seconds or a number, depending on the resource.
    pub value: u64,
}

/// A resource with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Private memory of each process, in bytes.
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// User, if it changes.
    pub user: Option<u32>,
    /// Primary group, if it changes.
    pub group: Option<u32>,
    /// Supplementary groups, if they change. They should change together with the user.
    pub groups: Option<Vec<u32>>,
}

/// A part of starting a child, for errors: its creation, one of its steps, or its execve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Creating the process.
    Clone,
    /// Resetting signal handlers.
    Signals,
    /// Entering namespaces.
    Namespaces,
    /// Entering the process group.
    Group,
    /// Entering the control group.
    Cgroup,
    /// Placing the descriptor of this number.
    Descriptor(RawFd),
    /// Setting a limit.
    Limit(Resource),
    /// Changing the nice value.
    Nice,
    /// Becoming another user.
    User,
    /// Setting the file mode creation mask.
    Umask,
    /// Writing the process ID into the environment.
    OwnPid,
    /// Entering the directory.
    Directory,
    /// Enforcing rules of Landlock.
    Rulesets,
    /// Installing a filter of system calls.
    Filters,
    /// Executing the program.
    Exec,
}

/// The steps of a child in order. The default has none, and takes no memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps(Vec<Step>);

impl Step {
    /// Returns its name in errors.
    pub const fn phase(&self) -> Phase {
        match self {
            Self::Namespaces(_) => Phase::Namespaces,
            Self::Group(_) => Phase::Group,
            Self::Cgroup(_) => Phase::Cgroup,
            Self::Descriptor(placement) => Phase::Descriptor(placement.target),
            Self::Limit(limit) => Phase::Limit(limit.resource),
            Self::Nice(_) => Phase::Nice,
            Self::User(_) => Phase::User,
            Self::Umask(_) => Phase::Umask,
            Self::OwnPid(_) => Phase::OwnPid,
            Self::Directory(_) => Phase::Directory,
            Self::Rulesets(_) => Phase::Rulesets,
            Self::Filters(_) => Phase::Filters,
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Namespaces(_) => 0,
            Self::Group(_) => 1,
            Self::Cgroup(_) => 2,
            Self::Rulesets(_) => 3,
            Self::Descriptor(_) => 4,
            Self::Limit(_) => 5,
            Self::Nice(_) => 6,
            Self::User(_) => 7,
            Self::Umask(_) => 8,
            Self::OwnPid(_) => 9,
            Self::Directory(_) => 10,
            Self::Filters(_) => 11,
        }
    }
}

impl Steps {
    /// Adds a step at its place, after those of its kind. It replaces a step that sets the same property.
    pub fn set(&mut self, step: Step) {
        let phase = step.phase();
        match self.0.iter_mut().find(|other| other.phase() == phase) {
            Some(other) => *other = step,
            None => {
                let place = self.0.partition_point(|other| other.rank() <= step.rank());
                self.0.insert(place, step);
            }
        }
    }

    /// Makes room for this many more steps.
    pub fn reserve(&mut self, more: usize) {
        self.0.reserve(more);
    }

    /// Returns the value of a limit, if it is set.
    pub fn limit(&self, of: Resource) -> Option<u64> {
        self.find(|step| match step {
            Step::Limit(Limit { resource, value }) if *resource == of => Some(*value),
            _ => None,
        })
    }

    /// Returns the number that is added to the nice value.
    pub fn nice(&self) -> Option<i32> {
        self.find(|step| if let Step::Nice(more) = step { Some(*more) } else { None })
    }

    /// Returns the user and groups to run as, if they change.
    pub fn user(&self) -> Option<&Identity> {
        self.find(|step| if let Step::User(identity) = step { Some(&**identity) } else { None })
    }

    /// Returns the file mode creation mask, if it is set.
    pub fn umask(&self) -> Option<u32> {
        self.find(|step| if let Step::Umask(mask) = step { Some(*mask) } else { None })
    }

    fn find<'a, T>(&'a self, find: impl FnMut(&'a Step) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(find)
    }
}

impl std::ops::Deref for Steps {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clone => "can't create a process",
            Self::Signals => "can't reset signals",
            Self::Namespaces => "can't enter the namespaces of the block",
            Self::Group => "can't enter the process group",
            Self::Cgroup => "can't enter the control group of the block",
            Self::Descriptor(fd) => return write!(f, "can't set up descriptor {fd}"),
            Self::Limit(resource) => return write!(f, "can't limit {resource}"),
            Self::Nice => "can't change the nice value",
            Self::User => "can't change the user",
            Self::Umask => "can't set the file mode creation mask",
            Self::OwnPid => "can't write the process ID into the environment",
            Self::Directory => "can't enter the directory",
            Self::Rulesets => "can't enter the sandbox (Landlock)",
            Self::Filters => "can't enter the sandbox (seccomp)",
            Self::Exec => "can't execute",
        })
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
    pub(super) fn number(self) -> libc::c_int {
        let resource = match self {
            Self::Memory => libc::RLIMIT_DATA,
            Self::CpuTime => libc::RLIMIT_CPU,
            Self::OpenFiles => libc::RLIMIT_NOFILE,
            Self::Processes => libc::RLIMIT_NPROC,
            Self::FileSize => libc::RLIMIT_FSIZE,
        };
        resource as libc::c_int
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_in_order_and_set_each_thing_once() {
        let limit = |resource, value| Step::Limit(Limit { resource, value });
        let mut steps = Steps::default();
        for step in [
            Step::Umask(0o22),
            limit(Resource::OpenFiles, 9),
            Step::Nice(1),
            limit(Resource::CpuTime, 2),
            limit(Resource::OpenFiles, 7),
            Step::Umask(0o77),
            Step::Group(ProcessGroup::New),
        ] {
            steps.set(step);
        }
        let expected = [
            Step::Group(ProcessGroup::New),
            limit(Resource::OpenFiles, 7),
            limit(Resource::CpuTime, 2),
            Step::Nice(1),
            Step::Umask(0o77),
        ];
        assert_eq!(*steps, expected);
        assert_eq!((steps.umask(), steps.nice(), steps.limit(Resource::Memory)), (Some(0o77), Some(1), None));
    }
}
