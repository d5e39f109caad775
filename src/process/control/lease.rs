//! The terminal in the hands of this process, while it reads for a job.

use super::Control;
use crate::process::Signal;
use crate::sys::job_leader::{Change, JobLeader};
use crate::sys::{keys, signal, tty};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The terminal while this process reads from it for a job. Dropping it returns the terminal to the job.
#[derive(Debug)]
pub struct TerminalLease<'a> {
    pub(super) control: &'a Control,
    /// None if there is nothing to return.
    pub(super) fd: Option<BorrowedFd<'a>>,
}

impl TerminalLease<'_> {
    /// Returns whether reading must stop: Ctrl-Z has arrived, in this process or in the job's group.
    pub fn is_over(&self) -> bool {
        let stopped = |job_leader: Arc<JobLeader>| matches!(job_leader.look(), Some(Change::Stopped(_)));
        self.fd.is_some() && (keys::came_stop() || self.control.current_leader().is_some_and(stopped))
    }

    /// Returns whether it is a terminal at all.
    pub fn is_at_terminal(&self) -> bool {
        self.fd.is_some()
    }
}

impl Drop for TerminalLease<'_> {
    fn drop(&mut self) {
        let Some(fd) = self.fd else { return };
        let _held = self.control.held();
        let is_last = self.control.readers.fetch_sub(1, Ordering::SeqCst) == 1;
        // A prompt that has waited too long has taken the terminal.
        if is_last && !self.control.is_suspended() {
            let _ = tty::set_foreground(fd, self.control.group);
        }
        if keys::end_to_read() {
            let _ = signal::send_group(self.control.group, Signal::TSTP);
        }
    }
}
