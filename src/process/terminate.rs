//! Ending processes: first by a request, then by force.

use super::tree::Tree;
use super::{Child, Signal};
use crate::sys::poll::{Interest, PollSet};
use crate::sys::{Pid, signal, tree};
use std::time::{Duration, Instant};

/// How long processes may take to end after a request.
pub const GRACE: Duration = Duration::from_secs(5);

/// How long a process may take to end after SIGKILL. One that takes longer waits in the kernel (state D), perhaps
/// for a network file system that does not answer, and can't be ended.
pub(super) const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks all unreaped children to end: their groups, and each of them that has left its group.
///
/// A stopped process handles SIGTERM only when it continues, so SIGCONT follows.
pub(super) fn ask(children: &[Child], request: Signal) {
    signal_all(children, request);
    if request != Signal::KILL {
        resume(children);
    }
}

/// Continues all stopped processes.
pub fn resume(children: &[Child]) {
    signal_all(children, Signal::CONT);
}

/// Sends a signal to the groups of all unreaped children, and to each child that is not in one of these groups.
pub(super) fn signal_all(children: &[Child], signal: Signal) {
    // An unreaped member prevents the ID of the group from being reused.
    for group in groups(children) {
        let _ = signal::send_group(group, signal);
    }
    for child in children.iter().filter(|child| child.is_running()) {
        // The members of the group are not signalled a second time, since a program may interpret a second request
        // as urgent.
        if child.group_id().is_none() || child.group_id() != signal::group_of(child.pid()) {
            let _ = child.signal(signal);
        }
    }
}

/// Sends a key of the terminal once more to children in the group of this process: a child that was started as the
/// key came may have missed it. A child that handles the signal has run for a while, and has received it.
pub fn repeat_key(children: &[Child], signal: Signal) {
    let in_our_group = children.iter().filter(|child| child.is_running() && child.group_id().is_none());
    for child in in_our_group.filter(|child| !child.catches(signal)) {
        let _ = child.signal(signal);
    }
}

/// Sends a signal to the groups that were made for children, and to these processes, but not to those in the group
/// of this process.
pub(super) fn signal_own_groups(children: &[Child], signal: Signal) {
    for group in groups(children) {
        let _ = signal::send_group(group, signal);
    }
}

/// Returns the groups of unreaped children, each once.
pub(super) fn groups(children: &[Child]) -> Vec<Pid> {
    let unreaped = children.iter().filter(|child| !child.is_reaped());
    let mut groups: Vec<Pid> = unreaped.filter_map(Child::group_id).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// Waits until groups whose children are all reaped have no living member left, and kills the remaining members at
/// `kill_at`: a job ends when its tree is empty, not when its leader exits.
///
/// The ID of a group belongs to it while it has members. Between the check and the kill, it could become empty and
/// its ID be reused only if all process IDs were used up in that microsecond.
pub(super) fn await_groups(groups: &[Pid], kill_at: Instant) {
    let mut give_up = kill_at + KILL_TIMEOUT;
    let mut killed = false;
    let mut pause = Duration::from_millis(1);
    loop {
        // An adopted member exists until this process reaps it.
        super::sweep::reap();
        let left: Vec<Pid> = groups.iter().copied().filter(|&group| tree::group_lives(group)).collect();
        if left.is_empty() || Instant::now() >= give_up {
            return;
        }
        if !killed && Instant::now() >= kill_at {
            left.iter().for_each(|&group| drop(signal::send_group(group, Signal::KILL)));
            killed = true;
            give_up = give_up.min(Instant::now() + KILL_TIMEOUT);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Ends a child that its owner has dropped, with all processes below it, and its group if it leads one.
pub(super) fn at_drop(child: &mut Child) {
    const GRACE: Duration = Duration::from_millis(100);
    let led = child.group_id().filter(|group| *group == child.pid());
    let mut tree = Tree::of(std::slice::from_ref(child), led.into_iter().collect());
    tree.look(std::slice::from_ref(child));
    send_at_drop(child, Signal::TERM);
    send_at_drop(child, Signal::CONT);
    tree.ask(Signal::TERM);
    if !are_gone_within(child, &mut tree, GRACE, |tree| tree.ask(Signal::TERM)) {
        send_at_drop(child, Signal::KILL);
        tree.kill();
        are_gone_within(child, &mut tree, KILL_TIMEOUT, |tree| tree.kill());
    }
    if has_ended_within(child, Duration::ZERO) { child.reap() } else { child.abandon() }
}

/// Waits for the ends of a child and of all processes below it. `signal` receives those that were found in the
/// meantime.
fn are_gone_within(child: &Child, tree: &mut Tree, time: Duration, signal: impl Fn(&mut Tree)) -> bool {
    let deadline = Instant::now() + time;
    let mut pause = Duration::from_millis(1);
    loop {
        let ended = has_ended_within(child, pause);
        tree.look(std::slice::from_ref(child));
        if ended && tree.is_empty() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        signal(tree);
        if ended {
            std::thread::sleep(pause);
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Sends the signal to the group only if the child is its leader. A stage in the interpreter may start and drop a
/// program of its own while the rest of the pipeline continues.
fn send_at_drop(child: &Child, signal: Signal) {
    if child.group_id() == Some(child.pid()) {
        signal_all(std::slice::from_ref(child), signal);
    } else {
        let _ = child.signal(signal);
    }
}

fn has_ended_within(child: &Child, time: Duration) -> bool {
    let deadline = Instant::now() + time;
    let mut set = PollSet::default();
    let exit = child.exit_fd().map(|fd| set.add(fd, Interest::Read));
    loop {
        let mut left = deadline.saturating_duration_since(Instant::now());
        if exit.is_none() {
            left = left.min(Duration::from_millis(1));
        }
        match set.wait(Some(left)) {
            Ok(_) if exit.map_or_else(|| child.has_ended(), |exit| set.is_ready(exit)) => return true,
            Ok(_) if !left.is_zero() => {}
            _ => return false,
        }
    }
}
