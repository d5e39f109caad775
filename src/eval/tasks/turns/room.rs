//! The descriptors and processes that a turn needs: whether there are enough for one more.
//!
//! A turn that has begun can't be delayed. So the room is looked at before a start, as long as the limits are near.

use crate::sys::{descriptor, process_room};
use std::io;

/// How many descriptors have to be free for a turn that starts, and for each that runs beside it.
const DESCRIPTORS: usize = 12;
const DESCRIPTORS_BESIDE: usize = 6;

/// The same for processes: the thread of a turn, which counts as one, its program, and a process that the program starts.
const PROCESSES: usize = 3;

/// The limits that a loop may reach.
pub struct Room {
    descriptors: bool,
    processes: bool,
}

impl Room {
    /// Returns the limits that are near, if so many turns run at once.
    pub fn of(jobs: usize) -> Self {
        let descriptors = jobs.saturating_mul(DESCRIPTORS + DESCRIPTORS_BESIDE);
        let processes = jobs.saturating_mul(PROCESSES);
        Self {
            descriptors: descriptor::room().is_some_and(|room| room < descriptors),
            processes: process_room::room(processes).is_some_and(|room| room < processes),
        }
    }

    /// Returns no limits, for turns that run one after another.
    pub const fn unlimited() -> Self {
        Self { descriptors: false, processes: false }
    }

    /// Fails if one more turn might find too few beside those that run.
    ///
    /// # Errors
    /// `EMFILE` or `EAGAIN`, as the call would that needs one more.
    pub fn for_one_more(&self, running: usize) -> io::Result<()> {
        if running == 0 {
            return Ok(());
        }
        let descriptors = DESCRIPTORS + running * DESCRIPTORS_BESIDE;
        if self.descriptors && descriptor::room().is_some_and(|room| room < descriptors) {
            return Err(io::Error::from_raw_os_error(descriptor::EMFILE));
        }
        // Those that run may not have started their programs yet.
        let processes = (running + 1) * PROCESSES;
        if self.processes && process_room::room(processes).is_some_and(|room| room < processes) {
            return Err(io::Error::from_raw_os_error(process_room::EAGAIN));
        }
        Ok(())
    }
}
