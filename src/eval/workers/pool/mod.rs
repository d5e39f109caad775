//! Pools: several workers that run the same block, replaced when they die.
//!
//! `service` decides when a worker starts and ends. The supervisor of the run's services carries that out; the threads
//! of the script take workers for their questions and move the messages themselves.

mod begin;
mod fails;
mod lifetime;
mod messages;
mod questions;
mod requests;
mod turn;

use super::{Format, Worker, lock};
use crate::check::program;
use crate::diag::Source;
use crate::eval::Interpreter;
use crate::eval::report::unwind::Error;
use crate::eval::services::Supervisor;
use crate::eval::tasks::job_state::JobState;
use crate::process::Changes;
use crate::service::{Growth, Load, Machine, Restart, RunId};
use crate::span::Span;
use crate::value::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

/// A pool. The threads that use it and the supervisor share it.
pub struct Pool {
    /// Its command, for messages.
    text: String,
    source: Arc<Source>,
    span: Span,
    worker: Arc<program::Worker>,
    options: PoolOptions,
    supervisor: Arc<Supervisor>,
    /// Announces that a worker has started or ended, or that the pool has ended.
    changes: Changes,
    begun: Instant,
    /// Whether the code that made it has ended.
    is_over: AtomicBool,
    inner: Mutex<Inner>,
}

/// The evaluated options that the state machine doesn't have.
struct PoolOptions {
    format: Format,
    /// The time limit of each question.
    timeout: Option<Duration>,
    /// How often a question is asked again.
    retry: u32,
    /// How many questions a worker answers before it is replaced.
    max_asks: Option<u64>,
    restart: Restart,
}

/// The part that changes.
struct Inner {
    machine: Machine,
    /// The interpreter with the variables and the environment of the declaration.
    base: Interpreter,
    members: BTreeMap<RunId, Member>,
    /// The questions that wait for a worker, the oldest first.
    waiting: VecDeque<Arc<Waiter>>,
    growth: Option<Growth>,
    used: Option<Used>,
    histories: BTreeMap<usize, History>,
    /// Workers that have ended, and whose messages have not all been taken.
    ended: Vec<(usize, Arc<Worker>)>,
    /// The first failure of a worker that is not replaced.
    failed: Option<(Arc<Worker>, Error)>,
    /// Whether the script has been told that the pool was given up.
    is_told: bool,
    ending: Option<Ending>,
}

/// The use of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Used {
    Questions,
    Messages,
}

/// How the workers of a pool end that was closed.
#[derive(Clone, Copy)]
enum Ending {
    /// They read the end of their messages.
    Closed,
    /// They read it, and get a signal at this time.
    Soon(Duration),
    /// They get a signal at once.
    Killed,
}

/// A worker of a pool.
struct Member {
    number: usize,
    worker: Arc<Worker>,
    state: Arc<JobState>,
    since: Duration,
    idle_since: Option<Duration>,
    asked: u64,
    /// When it read the end of its messages, since it is to end.
    closed: Option<Duration>,
    is_leaving: bool,
    /// Whether a question to it was cut short: it is of no use any more.
    is_spent: bool,
    /// Whether its channel ended while it was asked. It is about to end, and what follows is up to the rules.
    is_lost: bool,
    is_signalled: bool,
}

/// A question that waits for a worker.
#[derive(Default)]
struct Waiter {
    changes: Changes,
    given: OnceLock<RunId>,
}

/// What is known about the earlier workers of a number.
#[derive(Default)]
struct History {
    starts: u64,
    /// How the last one ended.
    last_end: Option<String>,
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Returns the time of the state machine.
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Returns the form of its messages.
    pub(in crate::eval) const fn format(&self) -> Format {
        self.options.format
    }
}

impl Inner {
    /// Returns whether no question can be answered any more.
    fn is_done(&self) -> bool {
        self.machine.is_stopping() || self.machine.has_ended()
    }

    /// Returns whether no worker runs, and none will.
    fn has_ended(&self) -> bool {
        self.machine.has_ended() && self.members.is_empty()
    }

    /// Takes the idle worker with the lowest number, so that those with the highest ones become superfluous.
    fn take_idle(&mut self) -> Option<(RunId, Arc<Worker>)> {
        let idle = self.members.iter_mut().filter(|(_, member)| member.is_free());
        let (id, member) = idle.min_by_key(|(_, member)| member.number)?;
        member.idle_since = None;
        Some((*id, member.worker.clone()))
    }

    /// Gives idle workers to the questions that wait.
    fn give(&mut self) {
        while !self.waiting.is_empty()
            && let Some((id, _)) = self.take_idle()
        {
            if let Some(waiter) = self.waiting.pop_front() {
                let _ = waiter.given.set(id);
                waiter.changes.announce();
            }
        }
    }

    fn load(&self) -> Load {
        let last = self.members.values().filter(|one| !one.is_leaving).max_by_key(|one| one.number);
        let running = self.members.values().filter(|one| !one.is_leaving).count();
        let size = self.machine.size();
        Load {
            size,
            waiting: self.waiting.len(),
            starting: size.saturating_sub(running),
            last_idle_since: last.and_then(|last| last.idle_since),
        }
    }
}

impl Member {
    fn is_free(&self) -> bool {
        self.idle_since.is_some() && !self.is_leaving
    }
}

/// Returns the pool that a value is, if it is one.
pub(in crate::eval) fn pool_of(value: &Value) -> Option<&Arc<Pool>> {
    match value {
        Value::Opaque(opaque) => opaque.payload::<Arc<Pool>>(),
        _ => None,
    }
}
