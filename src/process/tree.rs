//! The descendants of some children, wherever they have moved.
//!
//! A process group reaches only the processes that stayed in it: setsid(1) and every daemon leave it. So the
//! processes to end are looked up from the top down, and again until none are left, since others are forked during
//! the search. A process that was seen once stays known even if its parent ends. If this process adopts orphans
//! (`sys::tree::adopt_orphans`), those whose parents ended before the first search are found as well.

use super::{Child, Signal};
use crate::sys::tree::{Identity, Status, View};
use crate::sys::{Pid, tree};

/// The living processes below some children, as of the last search, without the children themselves.
#[derive(Debug, Default)]
pub(super) struct Tree {
    known: Vec<Member>,
    /// The groups of the children.
    groups: Vec<Pid>,
    scope: Scope,
    /// Whether the first processes were asked to end.
    asked: bool,
    /// Whether processes in other sessions, and all processes below them, are left alone.
    keeps_daemons: bool,
    /// The reason why the last search may not have found all (errno(3)).
    unseen: Option<i32>,
}

/// The adopted orphans that belong to it, in addition to those that were known or are in the children's groups.
#[derive(Debug, Default, PartialEq, Eq)]
enum Scope {
    /// None.
    #[default]
    Known,
    /// Those younger than the first of the children, if no other children run from which they could descend.
    Since(Identity),
    /// All except these.
    AllBut(Vec<Identity>),
}

#[derive(Clone, Copy, Debug)]
struct Member {
    identity: Identity,
    group: Pid,
    /// Whether it was asked to end.
    asked: bool,
    /// Whether the last search has found it.
    found: bool,
    /// Whether its parent has ended.
    orphan: bool,
    stopped: bool,
}

impl Tree {
    /// Creates the tree of unreaped children, which are in groups of these IDs.
    pub fn of(children: &[Child], groups: Vec<Pid>) -> Self {
        let first =
            children.iter().filter(|child| !child.is_reaped()).find_map(|child| tree::status(child.pid()));
        let scope = first.map_or(Scope::Known, |status| Scope::Since(status.identity));
        Self { groups, scope, ..Self::default() }
    }

    /// Creates the tree of all adopted orphans except `others`.
    pub fn of_orphans_but(others: &[Identity]) -> Self {
        Self { scope: Scope::AllBut(others.to_vec()), ..Self::default() }
    }

    /// Does the same without daemons: a process that has made its own session is meant to outlive its parent.
    pub fn of_plain_orphans_but(others: &[Identity]) -> Self {
        Self { keeps_daemons: true, ..Self::of_orphans_but(others) }
    }

    /// Creates the tree of these processes, whose parent is another process.
    pub fn rooted(roots: &[Pid]) -> Self {
        let living = roots.iter().filter_map(|pid| tree::status(*pid)).filter(|status| !status.is_dead());
        Self { known: living.map(|status| Member::new(&status, true)).collect(), ..Self::default() }
    }

    /// Searches for its processes, and reaps adopted ones that have ended.
    pub fn look(&mut self, children: &[Child]) {
        self.known.iter_mut().for_each(|member| member.found = false);
        let mut view = View::default();
        let mut open: Vec<Pid> = Vec::new();
        open.extend(children.iter().filter(|child| !child.is_reaped()).map(Child::pid));
        let own = open.len();
        let alone = tree::started_children() <= own;
        let may_be_spared = may_be_spared();
        let session = self.keeps_daemons.then(|| view.status(std::process::id().cast_signed())).flatten();
        let stays = |status: &Status| session.is_some_and(|own| own.session != status.session);
        for pid in view.strays() {
            match view.status(pid) {
                Some(status) if status.is_dead() => tree::reap_stray(pid),
                Some(status) if !may_be_spared(&status) && !stays(&status) && self.has(&status, alone) => {
                    self.found(&status, true, &mut open)
                }
                _ => {}
            }
        }
        // From the top: a process that is to be ended must not continue to fork while the processes below it are
        // searched for.
        let mut at = 0;
        loop {
            while let Some(&pid) = open.get(at) {
                at += 1;
                for pid in view.children_of(pid) {
                    let Some(status) = view.status(pid) else { continue };
                    if !status.is_dead() && !stays(&status) {
                        self.found(&status, false, &mut open);
                    }
                }
            }
            // A process whose parent has ended has no known parent.
            let lost = self.known.iter().find(|member| !member.found).map(|member| member.identity);
            let Some(identity) = lost else { break };
            match view.status(identity.pid) {
                Some(status) if status.identity == identity && !status.is_dead() && !stays(&status) => {
                    self.found(&status, true, &mut open);
                }
                _ => self.known.retain(|member| member.identity != identity),
            }
        }
        self.unseen = view.failure();
    }

    /// Adds processes that were found in another way. Returns whether there are any.
    pub fn add(&mut self, found: &[Status]) -> bool {
        for status in found {
            if !self.is_known(status.identity) {
                self.known.push(Member::new(status, true));
            }
        }
        !found.is_empty()
    }

    /// Returns whether the last search found no process, and would have found every process.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.unseen.is_none()
    }

    /// Returns the reason why the last search may not have found all (errno(3)).
    pub fn unseen(&self) -> Option<i32> {
        self.unseen
    }

    /// Returns how many processes the last search found.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Returns the processes that the last search found.
    pub fn pids(&self) -> impl Iterator<Item = Pid> {
        self.known.iter().map(|member| member.identity.pid)
    }

    /// Asks all processes of the first search to end, except in the children's groups, which are asked as groups. Of
    /// processes that appear later, asks only orphans: a living parent was asked, and may have started them to clean
    /// up.
    ///
    /// A stopped process handles the signal only when it continues, so SIGCONT follows.
    pub fn ask(&mut self, signal: Signal) {
        for member in self.known.iter_mut().filter(|member| !member.asked) {
            let in_group = !self.asked && self.groups.contains(&member.group);
            if !in_group && (!self.asked || member.orphan) {
                let _ = tree::send(member.identity, signal);
                let _ = tree::send(member.identity, Signal::CONT);
                member.asked = true;
            }
            member.asked |= in_group;
        }
        self.asked = true;
    }

    /// Stops all of them. Returns whether the last search found them stopped.
    pub fn stop(&self) -> bool {
        let running = self.known.iter().filter(|member| !member.stopped);
        running.map(|member| drop(tree::send(member.identity, Signal::STOP))).count() == 0
    }

    /// Kills all.
    pub fn kill(&self) {
        for member in &self.known {
            let _ = tree::send(member.identity, Signal::KILL);
        }
    }

    /// Returns whether an orphan belongs to it.
    fn has(&self, status: &Status, alone: bool) -> bool {
        let scope = match &self.scope {
            Scope::Known => false,
            Scope::Since(first) => alone && status.identity > *first,
            Scope::AllBut(others) => !others.contains(&status.identity),
        };
        scope || self.groups.contains(&status.group) || self.is_known(status.identity)
    }

    fn is_known(&self, identity: Identity) -> bool {
        self.known.iter().any(|member| member.identity == identity)
    }

    fn found(&mut self, status: &Status, orphan: bool, open: &mut Vec<Pid>) {
        let now = Member::new(status, orphan);
        match self.known.iter_mut().find(|member| member.identity == now.identity) {
            Some(member) if member.found => return,
            Some(member) => *member = Member { asked: member.asked, ..now },
            None => self.known.push(now),
        }
        open.push(now.identity.pid);
    }
}

/// Returns a function that tells whether a process may belong to a program that is left alone (`detach=true`), or
/// to another program whose processes can no longer be told apart.
pub(super) fn may_be_spared() -> impl Fn(&Status) -> bool {
    let since = tree::spared_since();
    let session = since.and_then(|_| tree::status(std::process::id().cast_signed()));
    move |status| {
        let other = session.is_none_or(|own| own.session != status.session);
        since.is_some_and(|since| status.identity > since) && other
    }
}

impl Member {
    fn new(status: &Status, orphan: bool) -> Self {
        let (identity, group) = (status.identity, status.group);
        Self { identity, group, asked: false, found: true, orphan, stopped: status.is_stopped() }
    }
}
