//! What programs leave behind: reaped while the run goes on, ended when it ends.
//!
//! For the binary, to which orphans come. A program that goes into the background is left alone as long as the script
//! runs: the next command may need it. When the script ends by itself, a daemon (`pg_ctl start`, `git gc --auto`,
//! gpg-agent) goes on, as in sh: a session of its own is the sign. Anything else has a moment to end by itself, as the
//! last writer of a pipe does, and is ended then. When a signal or a time limit ends the script nothing outlives it.

use super::tree::Tree;
use super::{Interrupt, Signal, terminate};
use crate::sys::tree::Identity;
use crate::sys::wait::End;
use crate::sys::{Pid, guard, kill_cleanup, signal, tree};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What a sweep found.
#[derive(Debug, Default)]
pub struct Swept {
    /// The processes that were there, by number and name.
    pub found: Vec<(Pid, Vec<u8>)>,
    /// How many could not be killed.
    pub left: usize,
    /// Why some may not have been found (errno(3)).
    pub unseen: Option<i32>,
}

/// Makes this process the one that orphans come to, and has a watcher end its children should it be killed. Before the
/// first program is started.
pub fn own_process() {
    if tree::adopt_orphans() {
        // Without one a SIGKILL leaves our children behind; that is no reason not to run.
        let _ = kill_cleanup::start();
    }
}

/// Has a watcher end our children should this process be killed, and leaves orphans alone: for a prompt, whose programs
/// may leave a server behind. Before the first program is started.
pub fn watched() {
    tree::know_children();
    let _ = kill_cleanup::start();
}

/// There is nothing to be watched any more.
pub fn unwatched() {
    kill_cleanup::end();
}

/// How long a program has run before the watcher gets a memory of its own: most have ended by then.
const LASTS: Duration = Duration::from_millis(20);

/// Returns when [`watch_apart`] has something to do for a program that was started at that time.
pub(super) fn apart_in(started: Instant) -> Option<Duration> {
    // Soon again, should a child be in the making then.
    let soon = || LASTS.saturating_sub(started.elapsed()).max(LOOK);
    kill_cleanup::shares_memory().then(soon)
}

/// Gives the watcher a memory and a command line of its own, once a program has run for a while.
pub(super) fn watch_apart(started: Instant) {
    if kill_cleanup::shares_memory() && started.elapsed() >= LASTS {
        kill_cleanup::stand_apart();
    }
}

/// Becomes two processes (`sys::guard`). In the outer one, how the inner one has ended, with nothing left of what
/// it had started.
///
/// # Errors
/// When there is no room for a process.
pub fn guarded() -> io::Result<Option<End>> {
    let end = guard::fork_monitor(tree::adopt_orphans)?;
    // One that exits has swept, and what it left is meant to stay.
    if matches!(end, Some(End::Signal { .. })) {
        sweep(&Interrupt::none(), terminate::GRACE, Daemons::End);
    }
    Ok(end)
}

/// What becomes of daemons: of what has made a session of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemons {
    /// They go on. Anything else has a moment to end by itself.
    Keep,
    /// They are ended with the rest.
    End,
}

/// How long between two looks for what has ended.
const LOOK: Duration = Duration::from_millis(5);

/// How long a process that is not a daemon may take to end by itself: sh would not wait for it, and not end it.
const MOMENT: Duration = Duration::from_secs(1);

/// Ends what programs left behind, and the watcher: TERM, and after `grace`, or when the interrupt is raised (again),
/// KILL. Costs a system call when there is nothing. A signal that comes meanwhile ends daemons too.
pub fn sweep(interrupt: &Interrupt, grace: Duration, daemons: Daemons) -> Swept {
    let mut swept = Swept::default();
    if tree::adopts_orphans() && tree::may_have_strays() {
        let orphans = if daemons == Daemons::Keep && await_orphans(&[], interrupt) {
            Tree::of_plain_orphans_but(&[])
        } else {
            Tree::of_orphans_but(&[])
        };
        end_orphans(orphans, interrupt, grace, &mut swept);
    }
    kill_cleanup::end();
    swept
}

/// Waits a moment for processes that are not daemons to end by themselves. Returns false when a signal has come meanwhile.
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

/// Who is there that came to us as its parent ended.
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

/// Ends what programs left behind since `before` were there, lest the next run of a block meet the servers of the
/// last. While other children run it may be theirs, and stays.
pub fn end_orphans_since(before: &[Identity], interrupt: &Interrupt, grace: Duration) {
    if tree::adopts_orphans() && tree::started_children() == 0 && tree::may_have_strays() {
        end_orphans(Tree::of_orphans_but(before), interrupt, grace, &mut Swept::default());
    }
}

/// Ends all that a block has left behind since `before`, daemons too; anything else has a moment to end by itself. While
/// other children run it may be theirs: then nothing is ended, and false returned.
pub fn end_block(before: &[Identity], interrupt: &Interrupt, grace: Duration) -> bool {
    if !tree::adopts_orphans() || !tree::may_have_strays() {
        return true;
    }
    if tree::started_children() > 0 {
        return false;
    }
    await_orphans(before, interrupt);
    end_orphans(Tree::of_orphans_but(before), interrupt, grace, &mut Swept::default());
    true
}

fn end_orphans(mut orphans: Tree, interrupt: &Interrupt, grace: Duration, swept: &mut Swept) {
    let raised = || interrupt.raised().map_or(0, |raised| raised.times);
    let (before, kill_at) = (raised(), Instant::now() + grace);
    let mut give_up: Option<Instant> = None;
    loop {
        orphans.look(&[]);
        if orphans.is_empty() {
            return;
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
            return;
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

/// Reaps what has come to us and ended, now and then: a script that runs for days must not gather zombies.
pub(super) fn reap_now_and_then() {
    const SELDOM: u32 = 64;
    static TIMES: AtomicU32 = AtomicU32::new(0);
    if tree::adopts_orphans() && TIMES.fetch_add(1, Ordering::Relaxed) % SELDOM == SELDOM - 1 {
        reap();
    }
}

/// Reaps what has come to us and ended.
pub(super) fn reap() {
    if tree::adopts_orphans() && tree::may_have_dead_strays() {
        let strays = tree::View::default().strays().into_iter();
        strays
            .filter(|pid| tree::status(*pid).is_some_and(|status| status.is_dead()))
            .for_each(tree::reap_stray);
    }
}

/// Ends processes whose parent was killed, and all below them, for the watcher.
///
/// Their orphans don't come to us. So nobody of a tree is killed before all of it has been stopped: nothing can be
/// forked then that would be found under nobody.
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
    // Who has left the tree before may still be in the group that a root leads.
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
