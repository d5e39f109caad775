//! What a script asks of a pool beside questions and messages: its size, its end, a description.

use super::{Ending, Pool, Used};
use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::service::{RunId, Stage};
use crate::span::Span;
use crate::value::{List, Map, Value};

impl Interpreter {
    /// Notes that a pool is used by questions or by messages, and fails if it was used in the other way.
    pub(super) fn use_pool(&self, pool: &Pool, how: Used, span: Span) -> Eval<()> {
        let used = *pool.lock().used.get_or_insert(how);
        if used == how { Ok(()) } else { Err(self.mixed_pool(pool, how, span)) }
    }

    /// `pool.resize(n)`
    pub(in crate::eval) fn resize_pool(&self, pool: &Pool, count: usize, span: Span) -> Eval<Value> {
        let mut inner = pool.lock();
        if let Some(growth) = inner.growth {
            drop(inner);
            return Err(self.resizes_itself(pool, growth, span));
        }
        let now = pool.now();
        inner.machine.resize(count, now);
        drop(inner);
        pool.supervisor.wake();
        Ok(Value::Null)
    }
}

impl Pool {
    /// Returns a field: its size, or how many questions wait.
    pub(in crate::eval) fn field(&self, name: &[u8]) -> Option<Value> {
        let inner = self.lock();
        match name {
            b"size" => Some(Value::Int(inner.machine.size() as i64)),
            b"waiting" => Some(Value::Int(inner.waiting.len() as i64)),
            _ => None,
        }
    }

    /// `pool.close()`
    pub(in crate::eval) fn close(&self) {
        self.end(Ending::Closed);
    }

    /// `pool.kill()`
    pub(in crate::eval) fn kill(&self) {
        self.end(Ending::Killed);
    }

    pub(super) fn end(&self, how: Ending) {
        let mut inner = self.lock();
        inner.machine.stop();
        inner.ending = match (inner.ending, how) {
            (Some(Ending::Killed), _) => Some(Ending::Killed),
            (Some(at @ Ending::Soon(_)), Ending::Closed) => Some(at),
            (_, how) => Some(how),
        };
        drop(inner);
        self.supervisor.wake();
    }

    /// `pool.stats()`
    pub(in crate::eval) fn stats(&self) -> Value {
        let now = self.now();
        let inner = self.lock();
        let of_worker = |(number, stage, run): (usize, Stage, Option<RunId>)| {
            let member = run.and_then(|run| inner.members.get(&run));
            let history = inner.histories.get(&number);
            let pid = member.and_then(|member| member.state.pid());
            let uptime = member.map(|member| Value::Duration(now.saturating_sub(member.since).into()));
            let restarts = history.map_or(0, |history| history.starts.saturating_sub(1));
            let last_end = history.and_then(|history| history.last_end.as_deref());
            let stage = match (member, stage) {
                (Some(member), _) if member.is_leaving => "stopping",
                (Some(member), _) if member.idle_since.is_none() => "busy",
                (Some(_), _) => "idle",
                (None, Stage::Ended) => "ended",
                (None, _) => "waiting",
            };
            let fields = [
                ("number", Value::Int(number as i64)),
                ("pid", pid.map_or(Value::Null, |pid| Value::Int(pid.into()))),
                ("stage", Value::from(stage)),
                ("uptime", uptime.unwrap_or_default()),
                ("restarts", Value::Int(restarts as i64)),
                ("asked", Value::Int(member.map_or(0, |member| member.asked as i64))),
                ("last_end", last_end.map_or(Value::Null, Value::from)),
            ];
            Value::Map(fields.into_iter().collect::<Map>())
        };
        Value::List(inner.machine.instances().map(of_worker).collect::<List>())
    }
}
