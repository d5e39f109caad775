//! The process group of one pipeline.

use crate::sys::spawn::{Phase, ProcessGroup, SpawnError};
use crate::sys::wait::Process;
use crate::sys::{Pid, errno, signal};
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
        Self(Kind::Own(Arc::new(Own { leader: Mutex::new(None) })))
    }

    /// The group for a child that may not lead one: that of this process while there is no leader to join.
    pub fn of_a_follower(&self) -> Self {
        match &self.0 {
            Kind::Own(own) if own.leader().is_none() => Self::inherit(),
            _ => self.clone(),
        }
    }

    /// The group's number, while its leader is not reaped.
    #[cfg(test)]
    pub fn id(&self) -> Option<Pid> {
        match &self.0 {
            Kind::Inherit | Kind::Sessions | Kind::Joined(_) => None,
            Kind::Own(own) => *own.leader(),
        }
    }

    /// Begins a process as a member, which may not have entered the group yet. Returns it with the group's number, if
    /// it is not ours; or what it was to be made from.
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
        // Held while the leader is made: a second one at that moment has to wait for its number.
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

    /// Starts a process as a member. Returns it with its group's number, if it is not ours.
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
            // Held while the leader starts: a second one at that moment has to wait for its number.
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
                // Another thread reaped the leader meanwhile, and the group went with it: begin a new one.
                Err(SpawnError { phase: Phase::Group, errno: errno::EPERM | errno::ESRCH }) => {
                    self.reaped(pid)
                }
                Err(error) => return Err(error),
            }
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

/// Has a child in a group that enters it itself, too, however far it has come: a signal that is sent to the group from now
/// on reaches it. A Ctrl-C that came between the start of a program and its own setpgid(2) ended all but that program.
fn joins(process: &Process, group: Pid) {
    signal::enter_group(process.pid(), group);
}
