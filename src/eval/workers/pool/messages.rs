//! `pool.messages()`, `pool.send(x, to: n)` and `pool.broadcast(x)`: messages with the number of their worker.

use super::{Pool, Used};
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::lang::items::Item;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::eval::workers::talk::Use;
use crate::eval::workers::{Messages, Worker};
use crate::process::Watch;
use crate::span::Span;
use crate::sys::poll::{Interest, PollSet};
use crate::value::{Opaque, Value};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a thread waits while another one reads from a worker, before it looks again.
const LOOK: Duration = Duration::from_millis(20);

impl Interpreter {
    /// `pool.messages()`
    pub(in crate::eval) fn messages_of_pool(&self, pool: &Arc<Pool>, span: Span) -> Eval<Value> {
        self.use_pool(pool, Used::Messages, span)?;
        Ok(Value::from(Opaque::new("messages", pool.text.clone(), Messages::Pool(pool.clone()))))
    }

    /// Waits for the next message of any worker; those after the `last` one have their turn first. After the last
    /// message, fails if a worker failed.
    pub(in crate::eval::workers) fn next_of_pool(
        &mut self,
        pool: &Pool,
        last: &mut usize,
        span: Span,
    ) -> Eval<Option<Item>> {
        self.usable_pool(pool, span)?;
        loop {
            if let Some((number, worker, line)) = pool.next_line(*last) {
                *last = number;
                let message = self.message_of(&worker, line, span)?;
                return Ok(Some(Item::Pair(Value::Int(number as i64), message)));
            }
            if !self.receive_from_pool(pool, span)? {
                return self.untold_failure(pool).map_or(Ok(None), Err);
            }
        }
    }

    /// `pool.wait()`: waits until all workers have ended. Goes on receiving, since a worker whose messages nothing takes
    /// can't end.
    pub(in crate::eval) fn wait_for_pool(&mut self, pool: &Pool, span: Span) -> Eval<Value> {
        let is_over = || pool.lock().has_ended();
        if pool.lock().used == Some(Used::Questions) {
            self.wait_until([&pool.changes], &self.interrupt(), span, is_over)?;
        }
        while !is_over() && self.receive_from_pool(pool, span)? {}
        self.untold_failure(pool).map_or(Ok(Value::Null), Err)
    }

    /// Waits until a worker has sent a message or has ended. Returns false if none can send any more.
    fn receive_from_pool(&self, pool: &Pool, span: Span) -> Eval<bool> {
        let watch = Watch::new([&pool.changes]);
        let watch = watch.map_err(|error| self.channel_failed("wait for", &error, span))?;
        let workers = pool.senders();
        if workers.is_empty() && pool.lock().has_ended() {
            return Ok(false);
        }
        let mut set = PollSet::default();
        set.add(watch.event().reader(), Interest::Read);
        let mut held = Vec::new();
        let mut is_used = false;
        for (_, worker) in &workers {
            match worker.try_hold(Use::Read) {
                Some(reading) => held.push((set.add(worker.reader.as_fd(), Interest::Read), worker, reading)),
                None => is_used = true,
            }
        }
        // Messages that arrived before the reading was held are noticed here.
        if workers.iter().all(|(_, worker)| worker.inbox().lines.is_empty()) {
            self.wait_in(&mut set, is_used.then(|| Instant::now() + LOOK), span)?;
        }
        for (place, worker, _) in &held {
            if set.is_ready(*place) {
                self.take_messages(worker, span)?;
            }
        }
        Ok(true)
    }

    /// `pool.send(x, to: n)`: waits while this worker is being replaced.
    pub(in crate::eval) fn send_to_one(
        &mut self,
        pool: &Pool,
        line: &[u8],
        to: usize,
        span: Span,
    ) -> Eval<Value> {
        loop {
            if to >= pool.lock().machine.size() {
                return Err(self.no_such_worker(pool, to, span));
            }
            if let Some(worker) = pool.member(to) {
                return self.send_to(&worker, line, span);
            }
            if pool.lock().is_done() {
                return Err(self.no_worker(pool, span));
            }
            let has_changed = || pool.member(to).is_some() || pool.lock().is_done();
            self.wait_until([&pool.changes], &self.interrupt(), span, has_changed)?;
        }
    }

    /// `pool.broadcast(x)`: passes over workers that have ended. Returns how many got the message.
    pub(in crate::eval) fn broadcast(
        &mut self,
        pool: &Pool,
        line: &[u8],
        except: Option<usize>,
        span: Span,
    ) -> Eval<Value> {
        pool.await_first_turn(self, span)?;
        if pool.lock().is_done() {
            return Err(self.no_worker(pool, span));
        }
        let mut count = 0;
        for worker in pool.members_except(except) {
            match self.send_to(&worker, line, span) {
                Ok(_) => count += 1,
                Err(Unwind::Error(error)) if error.diagnostic.code == code::WORKER_ENDED => {
                    worker.is_told.store(false, Ordering::Relaxed);
                }
                Err(unwind) => return Err(unwind),
            }
        }
        Ok(Value::Int(count))
    }
}

impl Pool {
    /// Takes a message that has arrived: of the first worker after the one with the `last` number that has one.
    fn next_line(&self, last: usize) -> Option<(usize, Arc<Worker>, Vec<u8>)> {
        let mut workers = self.senders();
        workers.sort_by_key(|(number, _)| (*number <= last, *number));
        workers.into_iter().find_map(|(number, worker)| {
            let line = worker.take_line()?;
            Some((number, worker, line))
        })
    }

    /// Returns the workers that may send further messages.
    fn senders(&self) -> Vec<(usize, Arc<Worker>)> {
        let mut inner = self.lock();
        let is_drained = |worker: &Worker| {
            let inbox = worker.inbox();
            inbox.has_ended && inbox.lines.is_empty()
        };
        inner.ended.retain(|(_, worker)| !is_drained(worker));
        let running = inner.members.values().filter(|member| !is_drained(&member.worker));
        let running = running.map(|member| (member.number, member.worker.clone()));
        inner.ended.iter().cloned().chain(running).collect()
    }

    fn member(&self, number: usize) -> Option<Arc<Worker>> {
        let inner = self.lock();
        let found = inner.members.values().find(|member| member.number == number && !member.is_leaving);
        found.map(|member| member.worker.clone())
    }

    fn members_except(&self, except: Option<usize>) -> Vec<Arc<Worker>> {
        let inner = self.lock();
        let members = inner.members.values().filter(|one| Some(one.number) != except && !one.is_leaving);
        members.map(|member| member.worker.clone()).collect()
    }

    /// Waits until the workers with which the pool begins have started, or could not be.
    fn await_first_turn(&self, run: &mut Interpreter, span: Span) -> Eval<()> {
        let has_begun = || {
            let inner = self.lock();
            inner.is_done() || inner.machine.next_run() > 0
        };
        run.wait_until([&self.changes], &run.interrupt(), span, has_begun)
    }
}
