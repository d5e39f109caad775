//! The process group of one pipeline.

use crate::sys::spawn::{ProcessGroup, SpawnError, Step};
use crate::sys::wait::Process;
use crate::sys::{Pid, errno};
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the children of a pipeline belong, so that one signal reaches all of them and theirs. Clones are
/// the same group, for stages that run in the interpreter and start programs of their own.
#[derive(Clone, Debug)]
pub struct Group(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Inherit,
    Sessions,
    Joined(Pid),
    Own(Arc<Own>),
}

#[derive(Debug)]
struct Own {
    terminal: Option<RawFd>,
    /// The first child, until it is reaped: its number is the group's.
    leader: Mutex<Option<Pid>>,
}

impl Group {
    /// Children stay in the group of this process, and get the terminal's Ctrl-C with it.
    pub const fn inherit() -> Self {
        Self(Kind::Inherit)
    }

    /// A group and session for each child: nothing that is sent to ours, or to our terminal's, reaches it.
    pub const fn sessions() -> Self {
        Self(Kind::Sessions)
    }

    /// That of a process which is not reaped meanwhile. It has others, so that a signal for the children is sent to
    /// each of them.
    pub const fn joined(leader: Pid) -> Self {
        Self(Kind::Joined(leader))
    }

    /// A group of its own, led by the first child.
    pub fn own() -> Self {
        Self(Kind::Own(Arc::new(Own { terminal: None, leader: Mutex::new(None) })))
    }

    /// A group of its own that has the terminal from the moment its first program runs. Take it back by
    /// [`crate::sys::tty::set_foreground`] after the wait.
    pub fn foreground(terminal: RawFd) -> Self {
        Self(Kind::Own(Arc::new(Own { terminal: Some(terminal), leader: Mutex::new(None) })))
    }

    /// The group's number, while its leader is not reaped.
    pub fn id(&self) -> Option<Pid> {
        match &self.0 {
            Kind::Inherit | Kind::Sessions | Kind::Joined(_) => None,
            Kind::Own(own) => *own.leader(),
        }
    }

    /// What a process has to do to become a member; none for the first, by which there will be a group.
    pub(super) fn to_join(&self) -> Option<ProcessGroup> {
        match &self.0 {
            Kind::Inherit => Some(ProcessGroup::Inherit),
            Kind::Sessions => Some(ProcessGroup::Session),
            Kind::Joined(leader) => Some(ProcessGroup::Join(*leader)),
            Kind::Own(own) => (*own.leader()).map(ProcessGroup::Join),
        }
    }

    /// Starts a process as a member. Returns it with its group's number, if it is not ours.
    pub(super) fn enter(
        &self,
        spawn: impl Fn(ProcessGroup, Option<RawFd>) -> Result<Process, SpawnError>,
    ) -> Result<(Process, Option<Pid>), SpawnError> {
        let own = match &self.0 {
            Kind::Inherit => return spawn(ProcessGroup::Inherit, None).map(|process| (process, None)),
            Kind::Sessions => {
                let process = spawn(ProcessGroup::Session, None)?;
                let pid = process.pid();
                return Ok((process, Some(pid)));
            }
            Kind::Joined(leader) => {
                return spawn(ProcessGroup::Join(*leader), None).map(|process| (process, None));
            }
            Kind::Own(own) => own,
        };
        loop {
            // Held while the leader starts: a second one at that moment has to wait for its number.
            let mut leader = own.leader();
            let Some(pid) = *leader else {
                let process = spawn(ProcessGroup::New, own.terminal)?;
                let pid = process.pid();
                *leader = Some(pid);
                return Ok((process, Some(pid)));
            };
            drop(leader);
            match spawn(ProcessGroup::Join(pid), None) {
                Ok(process) => return Ok((process, Some(pid))),
                // Another thread reaped the leader meanwhile, and the group went with it: begin a new one.
                Err(SpawnError { step: Step::Group, errno: errno::EPERM | errno::ESRCH }) => self.reaped(pid),
                Err(error) => return Err(error),
            }
        }
    }

    /// The number of the group that a child has been started into, if all of it is the children's of one pipeline.
    pub(super) fn of_child(&self, pid: Pid, entered: ProcessGroup) -> Option<Pid> {
        match entered {
            ProcessGroup::Inherit => None,
            ProcessGroup::New | ProcessGroup::Session => Some(pid),
            ProcessGroup::Join(_) if matches!(self.0, Kind::Joined(_)) => None,
            ProcessGroup::Join(group) => Some(group),
        }
    }

    /// Called when a child has been reaped: if it led, nobody can join any more.
    pub(super) fn reaped(&self, pid: Pid) {
        if let Kind::Own(own) = &self.0 {
            let mut leader = own.leader();
            if *leader == Some(pid) {
                *leader = None;
            }
        }
    }
}

impl Own {
    fn leader(&self) -> std::sync::MutexGuard<'_, Option<Pid>> {
        self.leader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
