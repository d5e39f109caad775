//! All that came of some children: their descendants, wherever those went.
//!
//! A process group reaches who stayed in it, and no further: setsid(1) and every daemon leave it. So who has to be
//! ended is looked up, from the top down and again until nobody is left, for while we look others are forked. Whoever
//! was seen once stays known though its parent ends. Where orphans come to us (`sys::tree::adopt_orphans`) those are
//! found whose parent ended before the first look.

use super::{Child, Signal};
use crate::sys::tree::{Identity, Status, View};
use crate::sys::{Pid, tree};

/// The living processes below some children, as of the last look; the children themselves are not among them.
#[derive(Debug, Default)]
pub(super) struct Tree {
    known: Vec<Member>,
    /// The groups of the children.
    groups: Vec<Pid>,
    scope: Scope,
    /// Whether those that were there at first were asked to end.
    asked: bool,
    /// Whether processes in other sessions than ours are left alone, and what is below them.
    keeps_daemons: bool,
    /// Why the last look may not have found all (errno(3)).
    unseen: Option<i32>,
}

/// Which orphans that came to us belong to it, beside those that were known or are in the children's groups.
#[derive(Debug, Default, PartialEq, Eq)]
enum Scope {
    /// None.
    #[default]
    Known,
    /// Those younger than the first of the children, if no others run that they could come from.
    Since(Identity),
    /// All but those.
    AllBut(Vec<Identity>),
}

#[derive(Clone, Copy, Debug)]
struct Member {
    identity: Identity,
    group: Pid,
    /// Whether it was asked to end.
    asked: bool,
    /// Whether the last look has found it.
    found: bool,
    /// Whether its parent has ended.
    orphan: bool,
    stopped: bool,
}

impl Tree {
    /// Of children that are not reaped, in groups of these numbers.
    pub fn of(children: &[Child], groups: Vec<Pid>) -> Self {
        let first =
            children.iter().filter(|child| !child.is_reaped()).find_map(|child| tree::status(child.pid()));
        let scope = first.map_or(Scope::Known, |status| Scope::Since(status.identity));
        Self { groups, scope, ..Self::default() }
    }

    /// Of everything that came to us as its parent ended, but for `others`.
    pub fn of_orphans_but(others: &[Identity]) -> Self {
        Self { scope: Scope::AllBut(others.to_vec()), ..Self::default() }
    }

    /// The same less daemons: a process that has made a session of its own is meant to outlive what started it.
    pub fn of_plain_orphans_but(others: &[Identity]) -> Self {
        Self { keeps_daemons: true, ..Self::of_orphans_but(others) }
    }

    /// Of these processes, whose parent is not ours to ask.
    pub fn rooted(roots: &[Pid]) -> Self {
        let living = roots.iter().filter_map(|pid| tree::status(*pid)).filter(|status| !status.is_dead());
        Self { known: living.map(|status| Member::new(&status, true)).collect(), ..Self::default() }
    }

    /// Looks who is there now, and reaps who came to us and has ended.
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
        // From the top: who is to be ended must not go on to fork while those below it are looked for.
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
            // Whose parent has ended is found under nobody whom we know.
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

    /// Takes in processes that were found in another way. Returns whether there are any.
    pub fn add(&mut self, found: &[Status]) -> bool {
        for status in found {
            if !self.is_known(status.identity) {
                self.known.push(Member::new(status, true));
            }
        }
        !found.is_empty()
    }

    /// Whether the last look found nobody, and would have found anybody.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.unseen.is_none()
    }

    /// Why the last look may not have found all (errno(3)).
    pub fn unseen(&self) -> Option<i32> {
        self.unseen
    }

    /// How many the last look found.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Those that the last look found.
    pub fn pids(&self) -> impl Iterator<Item = Pid> {
        self.known.iter().map(|member| member.identity.pid)
    }

    /// Asks all that are there at first to end, but for the children's groups, which are asked as such. Of those that
    /// turn up later only orphans: a living parent was asked, and may have started them to clean up.
    ///
    /// A stopped process gets the signal only when it goes on, so SIGCONT follows.
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

    /// Stops all, and tells whether the last look found them stopped.
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

    /// Whether an orphan belongs to it.
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

/// Tells of a process that it may be of a program that is left alone (`detach=true`), or of another one: nothing tells
/// any more.
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
