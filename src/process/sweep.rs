//! Processes that programs leave behind: reaped while the run continues, ended when it ends.
//!
//! This is for the binary, which adopts orphans. While the script runs, a program that goes into the background is left
//! alone: the next command may need it. When the script ends by itself, a daemon (`pg_ctl start`, `git gc --auto`,
//! gpg-agent) continues, as in sh; it is recognised by its own session. Any other process has a moment to end by
//! itself, as the last writer of a pipe does, and is then ended. When a signal or a time limit ends the script, no
//! process outlives it.

use super::tree::Tree;
use super::{Interrupt, Signal, terminate};
use crate::sys::tree::Identity;
use crate::sys::wait::End;
use crate::sys::{Pid, guard, kill_cleanup, signal, tree};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The result of a sweep.
#[derive(Debug, Default)]
pub struct Swept {
    /// The processes that were found, by process ID and name.
    pub found: Vec<(Pid, Vec<u8>)>,
    /// The number of processes that could not be killed.
    pub left: usize,
    /// The reason why some may not have been found (errno(3)).
    pub unseen: Option<i32>,
}

/// Makes this process adopt orphans, and starts a watcher that ends its children if it is killed. Call it before the
/// first program is started.
pub fn own_process() {
    if tree::adopt_orphans() {
        // Without a watcher, a SIGKILL leaves the children of this process behind. The script runs anyway.
        let _ = kill_cleanup::start();
    }
}

/// Starts a watcher that ends the children of this process if it is killed, but adopts no orphans. This is for a
/// prompt, whose programs may leave a server behind. Call it before the first program is started.
pub fn watched() {
    tree::know_children();
    let _ = kill_cleanup::start();
}

/// Ends the watcher when there is nothing left to watch.
pub fn unwatched() {
    kill_cleanup::end();
}

/// The time that a program has run before the watcher gets its own memory. Most programs end sooner.
const LASTS: Duration = Duration::from_millis(20);

/// Returns the time from now at which [`watch_apart`] is needed for a program that was started at the given time.
pub(super) fn apart_in(started: Instant) -> Option<Duration> {
    // The next check comes soon, in case a child is being created then.
    let soon = || LASTS.saturating_sub(started.elapsed()).max(LOOK);
    kill_cleanup::shares_memory().then(soon)
}

/// Gives the watcher its own memory and command line, once a program has run for a while.
pub(super) fn watch_apart(started: Instant) {
    if kill_cleanup::shares_memory() && started.elapsed() >= LASTS {
        kill_cleanup::stand_apart();
    }
}

/// Becomes two processes (`sys::guard`). In the outer one, returns how the inner one has ended, when no process that it
/// started is left.
///
/// # Errors
/// Fails when there is no room for a process.
pub fn guarded() -> io::Result<Option<End>> {
    let end = guard::fork_monitor(tree::adopt_orphans)?;
    // If the inner process has exited, it has already swept, and the processes that it left are meant to stay.
    if matches!(end, Some(End::Signal { .. })) {
        sweep(&Interrupt::none(), terminate::GRACE, Daemons::End);
    }
    Ok(end)
}

/// The fate of daemons: processes that have made their own sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemons {
    /// They continue. Any other process has a moment to end by itself.
    Keep,
    /// They are ended with the others.
    End,
}

/// The interval between two checks for processes that have ended.
const LOOK: Duration = Duration::from_millis(5);

/// How long a process that is not a daemon may take to end by itself; sh would neither wait for it nor end it.
const MOMENT: Duration = Duration::from_secs(1);

/// Ends processes that programs left behind, and the watcher: by TERM, and by KILL after `grace` or when the interrupt
/// is raised (again). If there are none, it costs one system call. A signal that comes in the meantime ends daemons,
/// too.
pub fn sweep(interrupt: &Interrupt, grace: Duration, daemons: Daemons) -> Swept {
    let mut swept = Swept::default();
    if tree::adopts_orphans() && tree::may_have_strays() {
        let orphans = if daemons == Daemons::Keep && await_orphans(&[], interrupt) {
            Tree::of_plain_orphans_but(&[])
        } else {
            Tree::of_orphans_but(&[])
        };
        end_orphans(orphans, interrupt, grace, &mut swept, &|| true);
    }
    kill_cleanup::end();
    swept
}

/// Waits a moment for processes that are not daemons to end by themselves. Returns false if a signal has come in the
/// meantime.
fn await_orphans(others: &[Identity], interrupt: &Interrupt) -> bool {
    let raised = || interrupt.raised().map_or(0, |raised| raised.times);
    let (before, begun) = (raised(), Instant::now());
    let mut orphans = Tree::of_plain_orphans_but(others);
    let mut pause = Duration::from_millis(1);
    loop {
        orphans.look(&[]);
        if raised() > before {
            return false;
        }
        if orphans.is_empty() || begun.elapsed() >= MOMENT {
            return true;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(4 * LOOK);
    }
}

/// Returns the processes that this process adopted when their parents ended.
pub fn orphans() -> Vec<Identity> {
    if !tree::adopts_orphans() || !tree::may_have_strays() {
        return Vec::new();
    }
    tree::View::default()
        .strays()
        .into_iter()
        .filter_map(tree::status)
        .map(|status| status.identity)
        .collect()
}

/// Ends processes that programs left behind, except those in `before`, so that the next run of a block does not meet
/// the servers of the last one. While other children run, or while other threads may start some (`is_alone` is false), a
/// process may belong to them, and stays.
pub fn end_orphans_since(
    before: &[Identity],
    interrupt: &Interrupt,
    grace: Duration,
    is_alone: &dyn Fn() -> bool,
) {
    let is_alone = || tree::started_children() == 0 && is_alone();
    if tree::adopts_orphans() && is_alone() && tree::may_have_strays() {
        end_orphans(Tree::of_orphans_but(before), interrupt, grace, &mut Swept::default(), &is_alone);
    }
}

/// Ends all processes that a block has left behind, except those in `before`, even daemons; others have a moment to end
/// by themselves. While other children run, or while other threads may start some (`is_alone` is false), a process may
/// belong to them: then none is ended, and the result is false.
pub fn end_block(
    before: &[Identity],
    interrupt: &Interrupt,
    grace: Duration,
    is_alone: &dyn Fn() -> bool,
) -> bool {
    if !tree::adopts_orphans() || !tree::may_have_strays() {
        return true;
    }
    let is_alone = || tree::started_children() == 0 && is_alone();
    if !is_alone() {
        return false;
    }
    await_orphans(before, interrupt);
    end_orphans(Tree::of_orphans_but(before), interrupt, grace, &mut Swept::default(), &is_alone)
}

/// Ends orphans while `is_alone` returns true. During that time, no program of another thread can leave an orphan.
/// Returns whether `is_alone` returned true until the end.
fn end_orphans(
    mut orphans: Tree,
    interrupt: &Interrupt,
    grace: Duration,
    swept: &mut Swept,
    is_alone: &dyn Fn() -> bool,
) -> bool {
    let raised = || interrupt.raised().map_or(0, |raised| raised.times);
    let (before, kill_at) = (raised(), Instant::now() + grace);
    let mut give_up: Option<Instant> = None;
    loop {
        if !is_alone() {
            return false;
        }
        orphans.look(&[]);
        if orphans.is_empty() {
            return true;
        }
        for pid in orphans.pids() {
            if !swept.found.iter().any(|(known, _)| *known == pid) {
                swept.found.push((pid, tree::name(pid).unwrap_or_default()));
            }
        }
        let now = Instant::now();
        if give_up.is_some_and(|at| now >= at) {
            swept.left = orphans.len();
            swept.unseen = orphans.unseen();
            return true;
        }
        if give_up.is_some() || now >= kill_at || raised() > before {
            orphans.kill();
            give_up = give_up.or(Some(now + terminate::KILL_TIMEOUT));
        } else {
            orphans.ask(Signal::TERM);
        }
        std::thread::sleep(LOOK);
    }
}

/// Reaps adopted processes that have ended, from time to time: a script that runs for days must not accumulate zombies.
pub(super) fn reap_now_and_then() {
    const SELDOM: u32 = 64;
    static TIMES: AtomicU32 = AtomicU32::new(0);
    if tree::adopts_orphans() && TIMES.fetch_add(1, Ordering::Relaxed) % SELDOM == SELDOM - 1 {
        reap();
    }
}

/// Reaps adopted processes that have ended.
pub(super) fn reap() {
    if tree::adopts_orphans() && tree::may_have_dead_strays() {
        let strays = tree::View::default().strays().into_iter();
        strays
            .filter(|pid| tree::status(*pid).is_some_and(|status| status.is_dead()))
            .for_each(tree::reap_stray);
    }
}

/// Ends processes whose parent was killed, and all processes below them, for the watcher.
///
/// The watcher does not adopt their orphans. So no process of a tree is killed before the whole tree has been stopped:
/// then none can fork a process that would have no known parent.
pub fn end_trees(roots: &[Pid]) {
    const FREEZE: Duration = Duration::from_millis(500);
    let mut trees = Tree::rooted(roots);
    let started = Instant::now();
    loop {
        let before = trees.len();
        trees.look(&[]);
        if trees.stop() && trees.len() <= before || started.elapsed() > FREEZE {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    // A process that has left the tree earlier may still be in the group that a root leads.
    for root in roots {
        if signal::group_of(*root) == Some(*root) || signal::group_of(*root).is_none() {
            let _ = signal::send_group(*root, Signal::KILL);
        }
    }
    let give_up = Instant::now() + terminate::KILL_TIMEOUT;
    while !trees.is_empty() && Instant::now() < give_up {
        trees.kill();
        trees.look(&[]);
        std::thread::sleep(Duration::from_millis(1));
    }
}
