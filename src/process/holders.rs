//! The processes that keep a captured pipe open after the programs that received it have ended.
//!
//! A capture waits for the end of file, as in sh: a process that a program left in the background may print as long as
//! it likes. When a time limit, a signal or a host ends that wait, the processes that hold the pipe are ended as a
//! running program would be. They are found by the pipe, not as descendants: a daemon has left its parent long before.

use super::tree::{Tree, may_be_spared};
use super::{Interrupt, Signal, terminate};
use crate::sys::tree::Status;
use crate::sys::{Pid, holders, tree, tty};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// Returns the processes that hold one of these pipes, by process ID and name, for a message.
pub fn holders_of(pipes: &[BorrowedFd<'_>]) -> Vec<(Pid, Vec<u8>)> {
    let named = |status: Status| {
        let pid = status.identity.pid;
        Some((pid, tree::name(pid)?))
    };
    holders::of(pipes).into_iter().filter_map(named).collect()
}

/// Returns the holders that descend from processes started at or after `since`, and may be ended.
///
/// A host may have made a copy of itself by fork(2) while this process had its end of the pipe open: such a copy is in
/// the host's group or is its child. A child that reaches its execve at this moment has the pipe, too.
pub(super) fn to_end(pipes: &[BorrowedFd<'_>], since: Instant) -> Vec<Status> {
    let (own, group) = (std::process::id().cast_signed(), tty::own_group());
    // A time is rounded down to the kernel's ticks, and may be one tick too early.
    let first = holders::ticks_at(since).saturating_sub(1);
    let mut found = holders::of(pipes);
    let spared = may_be_spared();
    found.retain(|status| {
        let ours = status.parent == own && !tree::is_adopted(status);
        let apart = tree::adopts_orphans() || status.group != group;
        status.identity.born >= first && !ours && apart && !spared(status)
    });
    found
}

/// Ends the holders of pipes that descend from processes started at or after `since`, and all processes below them: by
/// TERM and CONT, and by KILL after `grace` or when the interrupt is raised again. `pipes` gives those that are still
/// awaited. Returns how many could not be killed.
pub fn end_holders<P: AsFd>(
    pipes: impl Fn() -> Vec<P>,
    since: Instant,
    signal: Signal,
    interrupt: &Interrupt,
    grace: Duration,
) -> usize {
    const LOOK: Duration = Duration::from_millis(5);
    let raised = || interrupt.raised().map_or(0, |raised| raised.times);
    let (before, begun) = (raised(), Instant::now());
    let mut killed: Option<Instant> = None;
    let mut tree = Tree::default();
    loop {
        tree.look(&[]);
        if tree.is_empty() {
            let pipes = pipes();
            let pipes: Vec<BorrowedFd<'_>> = pipes.iter().map(AsFd::as_fd).collect();
            if pipes.is_empty() || !tree.add(&to_end(&pipes, since)) {
                return 0;
            }
        }
        if killed.is_some_and(|at| at.elapsed() >= terminate::KILL_TIMEOUT) {
            return tree.len();
        }
        if killed.is_some() || begun.elapsed() >= grace || raised() > before {
            tree.kill();
            killed.get_or_insert_with(Instant::now);
        } else {
            tree.ask(signal);
        }
        std::thread::sleep(LOOK);
    }
}
