//! `pool.ask(x)`: a question takes a free worker, and waits while there is none.

use super::{Pool, Used, Waiter};
use crate::diag::{Code, code};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::eval::workers::{Question, Worker};
use crate::service::RunId;
use crate::span::Span;
use crate::value::Value;
use std::sync::Arc;

/// A worker that a question has. If it has not answered when this is dropped, the pool replaces it.
struct Taken<'p> {
    pool: &'p Pool,
    id: RunId,
    worker: Arc<Worker>,
    has_answered: bool,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.pool.release(self.id, self.has_answered);
    }
}

/// A question in the line of those that wait. A worker that it was given and did not take goes back when this is
/// dropped.
struct InLine<'p> {
    pool: &'p Pool,
    waiter: Arc<Waiter>,
    has_taken: bool,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.pool.lock().waiting.retain(|waiter| !Arc::ptr_eq(waiter, &self.waiter));
        if let Some(id) = self.waiter.given.get().filter(|_| !self.has_taken) {
            self.pool.give_back(*id);
        }
    }
}

impl Interpreter {
    /// Asks a free worker. If it dies or does not answer, `retry` asks another one.
    pub(in crate::eval) fn ask_pool(
        &mut self,
        pool: &Pool,
        question: &Question<'_>,
        span: Span,
    ) -> Eval<Value> {
        self.use_pool(pool, Used::Questions, span)?;
        let mut tries = 0;
        loop {
            let mut taken = self.take_worker(pool, span)?;
            match self.ask_worker(&taken.worker.clone(), question, span) {
                Ok(answer) => {
                    taken.has_answered = true;
                    return Ok(answer);
                }
                Err(Unwind::Error(error))
                    if tries < pool.options.retry && is_of_worker(error.diagnostic.code) =>
                {
                    tries += 1;
                }
                Err(unwind) => return Err(unwind),
            }
        }
    }

    /// Takes a free worker, or waits for one.
    fn take_worker<'p>(&mut self, pool: &'p Pool, span: Span) -> Eval<Taken<'p>> {
        let taken = |id, worker| Taken { pool, id, worker, has_answered: false };
        let mut in_line = {
            let mut inner = pool.lock();
            if inner.is_done() {
                drop(inner);
                return Err(self.no_worker(pool, span));
            }
            if let Some((id, worker)) = inner.take_idle() {
                return Ok(taken(id, worker));
            }
            let waiter = Arc::new(Waiter::default());
            inner.waiting.push_back(waiter.clone());
            if inner.growth.is_some() {
                pool.supervisor.wake();
            }
            InLine { pool, waiter, has_taken: false }
        };
        let waiter = &in_line.waiter;
        let is_over = || waiter.given.get().is_some() || pool.lock().is_done();
        self.wait_until([&waiter.changes, &pool.changes], &self.interrupt(), span, is_over)?;
        let Some(id) = waiter.given.get().copied() else { return Err(self.no_worker(pool, span)) };
        in_line.has_taken = true;
        drop(in_line);
        let worker = pool.lock().members.get(&id).map(|member| member.worker.clone());
        match worker {
            Some(worker) => Ok(taken(id, worker)),
            // It has died since.
            None => self.take_worker(pool, span),
        }
    }
}

impl Pool {
    /// Takes back a worker that was asked.
    fn release(&self, id: RunId, has_answered: bool) {
        let mut inner = self.lock();
        let now = self.now();
        let Some(member) = inner.members.get_mut(&id) else { return };
        member.asked += 1;
        let is_first = member.asked == 1;
        if !has_answered && member.worker.inbox().has_ended {
            (member.is_lost, member.is_leaving) = (true, true);
        } else if !has_answered {
            member.is_spent = true;
        } else if self.options.max_asks.is_none_or(|most| member.asked < most) {
            member.idle_since = Some(now);
        } else {
            member.is_leaving = true;
            member.idle_since = Some(now);
        }
        let (is_spent, is_leaving, is_lost) = (member.is_spent, member.is_leaving, member.is_lost);
        if has_answered && is_first {
            inner.machine.worked(id);
        }
        if is_lost {
            self.supervisor.wake();
        } else if is_spent || is_leaving {
            inner.machine.replace(id);
            self.supervisor.wake();
        } else {
            inner.give();
        }
    }

    /// Takes back a worker that was not asked.
    fn give_back(&self, id: RunId) {
        let mut inner = self.lock();
        let now = self.now();
        if let Some(member) = inner.members.get_mut(&id) {
            member.idle_since = Some(now);
            if member.is_leaving {
                self.supervisor.wake();
            }
        }
        inner.give();
    }
}

/// Returns whether the failure is the worker's, so that another one may answer.
fn is_of_worker(code: Code) -> bool {
    [code::WORKER_ENDED, code::NO_ANSWER, code::BAD_MESSAGE, code::OUTPUT_TOO_LARGE].contains(&code)
}
