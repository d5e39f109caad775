//! The process group of one pipeline.

use crate::sys::spawn::{Phase, ProcessGroup, SpawnError};
use crate::sys::wait::Process;
use crate::sys::{Pid, errno, signal};
use std::sync::{Arc, Mutex, PoisonError};

/// The group of the children of a pipeline, so that one signal reaches all of them and their descendants. Clones are
/// the same group, for stages in the interpreter that start programs.
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
    /// The first child, until it is reaped: its process ID is that of the group.
    leader: Mutex<Option<Pid>>,
}

impl Group {
    /// Children stay in the group of this process, and receive the terminal's Ctrl-C with it.
    pub const fn inherit() -> Self {
        Self(Kind::Inherit)
    }

    /// Each child gets its own group and session: signals to this process's group, or to the group of its terminal,
    /// don't reach it.
    pub const fn sessions() -> Self {
        Self(Kind::Sessions)
    }

    /// The group of a process that is not reaped in the meantime. The group has other members, so a signal for the
    /// children is sent to each of them.
    pub const fn joined(leader: Pid) -> Self {
        Self(Kind::Joined(leader))
    }

    /// Creates a new group, led by the first child.
    pub fn own() -> Self {
        Self(Kind::Own(Arc::new(Own { leader: Mutex::new(None) })))
    }

    /// Returns the group for a child that may not lead one: that of this process while there is no leader to join.
    pub fn of_a_follower(&self) -> Self {
        match &self.0 {
            Kind::Own(own) if own.leader().is_none() => Self::inherit(),
            _ => self.clone(),
        }
    }

    /// Returns the ID of the group, while its leader is not reaped.
    #[cfg(test)]
    pub fn id(&self) -> Option<Pid> {
        match &self.0 {
            Kind::Inherit | Kind::Sessions | Kind::Joined(_) => None,
            Kind::Own(own) => *own.leader(),
        }
    }

    /// Begins to start a process as a member, which may not have entered the group yet. Returns it with the ID of the
    /// group, if that is not the group of this process; or the request, if it could not be started.
    pub(super) fn begin<L, A>(
        &self,
        launch: L,
        begin: impl FnOnce(L, ProcessGroup) -> Result<(Process, A), L>,
    ) -> Result<(Process, A, Option<Pid>), L> {
        let own = match &self.0 {
            Kind::Inherit => {
                let (process, pending_exec) = begin(launch, ProcessGroup::Inherit)?;
                return Ok((process, pending_exec, None));
            }
            Kind::Joined(leader) => {
                let (process, pending_exec) = begin(launch, ProcessGroup::Join(*leader))?;
                joins(&process, *leader);
                return Ok((process, pending_exec, None));
            }
            Kind::Sessions => {
                let (process, pending_exec) = begin(launch, ProcessGroup::Session)?;
                let pid = process.pid();
                return Ok((process, pending_exec, Some(pid)));
            }
            Kind::Own(own) => own,
        };
        // Held while the leader is made: a second process at that moment has to wait for the ID of the leader.
        let mut leader = own.leader();
        if let Some(pid) = *leader {
            drop(leader);
            let (process, pending_exec) = begin(launch, ProcessGroup::Join(pid))?;
            joins(&process, pid);
            return Ok((process, pending_exec, Some(pid)));
        }
        let (process, pending_exec) = begin(launch, ProcessGroup::New)?;
        let pid = process.pid();
        joins(&process, pid);
        *leader = Some(pid);
        Ok((process, pending_exec, Some(pid)))
    }

    /// Starts a process as a member. Returns it with the ID of its group, if that is not the group of this process.
    pub(super) fn enter(
        &self,
        mut spawn: impl FnMut(ProcessGroup) -> Result<Process, SpawnError>,
    ) -> Result<(Process, Option<Pid>), SpawnError> {
        let own = match &self.0 {
            Kind::Inherit => return spawn(ProcessGroup::Inherit).map(|process| (process, None)),
            Kind::Sessions => {
                let process = spawn(ProcessGroup::Session)?;
                let pid = process.pid();
                return Ok((process, Some(pid)));
            }
            Kind::Joined(leader) => {
                return spawn(ProcessGroup::Join(*leader)).map(|process| (process, None));
            }
            Kind::Own(own) => own,
        };
        loop {
            // Held while the leader starts: a second process at that moment has to wait for the ID of the leader.
            let mut leader = own.leader();
            let Some(pid) = *leader else {
                let process = spawn(ProcessGroup::New)?;
                let pid = process.pid();
                *leader = Some(pid);
                return Ok((process, Some(pid)));
            };
            drop(leader);
            match spawn(ProcessGroup::Join(pid)) {
                Ok(process) => return Ok((process, Some(pid))),
                // Another thread reaped the leader in the meantime, and the group ended with it: begin a new one.
                Err(SpawnError { phase: Phase::Group, errno: errno::EPERM | errno::ESRCH }) => {
                    self.reaped(pid)
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Notes that a child has been reaped. If it was the leader, no process can join any more.
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

/// Puts a child into its group from the parent's side. The child also does this itself, but perhaps later. Without
/// both, a Ctrl-C between the start of a program and its own setpgid(2) would miss the program.
fn joins(process: &Process, group: Pid) {
    signal::enter_group(process.pid(), group);
}
