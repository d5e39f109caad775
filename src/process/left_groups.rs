//! Process groups whose programs have ended, but which have living members: `sh -c 'server &'`.
//!
//! This is for a run in a host, which adopts no orphans. A process that has left its group, such as a daemon, is not
//! found.

use super::{Signal, terminate};
use crate::sys::tree::{self, Identity};
use crate::sys::{Pid, signal};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The groups that the programs of one run have left behind. Each thread of the run that waits for programs notes them;
/// the thread of the run ends them.
#[derive(Debug, Default)]
pub struct LeftGroups(Mutex<Vec<LeftGroup>>);

#[derive(Debug)]
struct LeftGroup {
    id: Pid,
    /// The members when its last program had ended. While one of them lives, the ID belongs to this group.
    members: Vec<Identity>,
}

/// How long processes may take to end by themselves, as at the end of a script in the binary.
const MOMENT: Duration = Duration::from_secs(1);

impl LeftGroups {
    /// Notes the groups that have living members. Their programs have just been reaped.
    pub(super) fn note(&self, groups: &[Pid]) {
        for &id in groups.iter().filter(|&&id| signal::group_exists(id)) {
            let mut left = self.lock();
            left.retain(LeftGroup::is_alive);
            if left.iter().all(|group| group.id != id) {
                left.push(LeftGroup { id, members: tree::living_of_group(id) });
            }
        }
    }

    /// Ends the groups: with `patience`, their members first have a moment to end by themselves. Returns the processes
    /// that were asked to end, by process ID and name.
    pub fn end(&self, patience: bool, signal: Signal, grace: Duration) -> Vec<(Pid, Vec<u8>)> {
        let mut left = std::mem::take(&mut *self.lock());
        let give_up = Instant::now() + if patience { MOMENT } else { Duration::ZERO };
        let mut pause = Duration::from_millis(1);
        loop {
            left.retain(LeftGroup::is_alive);
            if left.is_empty() || Instant::now() >= give_up {
                break;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        let groups: Vec<Pid> = left.iter().map(|group| group.id).collect();
        let living = groups.iter().flat_map(|&group| tree::living_of_group(group));
        let found =
            living.map(|identity| (identity.pid, tree::name(identity.pid).unwrap_or_default())).collect();
        for &group in &groups {
            let _ = signal::send_group(group, signal);
            let _ = signal::send_group(group, Signal::CONT);
        }
        if !groups.is_empty() {
            terminate::await_groups(&groups, Instant::now() + grace);
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, Vec<LeftGroup>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LeftGroup {
    /// Returns whether a member lives that was there when the group was noted. Its other members may be processes of a
    /// later group with the same ID.
    fn is_alive(&self) -> bool {
        let lives = |member: &Identity| {
            tree::status(member.pid).is_some_and(|status| {
                status.identity == *member && status.group == self.id && !status.is_dead()
            })
        };
        self.members.iter().any(lives)
    }
}
