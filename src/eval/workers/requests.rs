//! The methods of workers, and their messages in a `for` loop.

use super::talk::Use;
use super::{Format, Messages, Worker};
use crate::check::program::{Binding, Block};
use crate::eval::Interpreter;
use crate::eval::lang::items::Item;
use crate::eval::report::unwind::Eval;
use crate::span::Span;
use crate::value::{Opaque, Str, Value};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A question to a worker.
pub(in crate::eval) struct Question<'a> {
    /// The line with its end.
    pub line: Vec<u8>,
    /// Null for any message.
    pub reply: &'a Value,
    pub timeout: Option<Duration>,
}

impl Interpreter {
    /// Fails if the code that made a worker has ended.
    pub(in crate::eval) fn usable(&self, worker: &Worker, span: Span) -> Eval<()> {
        if worker.is_over.load(Ordering::Relaxed) { Err(self.is_over(worker, span)) } else { Ok(()) }
    }

    /// `w.pid` and `w.status`.
    pub(in crate::eval) fn worker_field(value: &Value, name: &[u8]) -> Option<Value> {
        Self::job_field(super::worker_of(value)?.state.get()?, name)
    }

    pub(in crate::eval) fn send_to(&self, worker: &Worker, line: &[u8], span: Span) -> Eval<Value> {
        self.send_line(worker, line, None, span).map(|_| Value::Null)
    }

    /// `w.receive()`
    pub(in crate::eval) fn receive_from(&mut self, worker: &Worker, span: Span) -> Eval<Value> {
        match self.next_line(worker, None, span)? {
            Some(line) => self.message_of(worker, line, span),
            None => Err(self.worker_ended(worker, "sent a further message", span)),
        }
    }

    /// `w.messages()`
    pub(in crate::eval) fn messages(worker: &Arc<Worker>) -> Value {
        Value::from(Opaque::new("messages", worker.text.clone(), Messages::Worker(worker.clone())))
    }

    /// Runs the body of a loop for each message. Fails if the worker has failed, or one of the pool.
    pub(in crate::eval) fn for_messages(
        &mut self,
        messages: &Messages,
        bindings: &[Binding],
        body: &Block,
        span: Span,
    ) -> Eval<()> {
        let mut last = 0;
        while let Some(item) = self.next_message(messages, &mut last, span)? {
            self.bind_item(bindings, item)?;
            if self.loop_turn(body)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits for the next message. After the last one, fails if the worker has failed, or one of the pool. `last` is the
    /// number of the worker of a pool that had its turn.
    fn next_message(&mut self, messages: &Messages, last: &mut usize, span: Span) -> Eval<Option<Item>> {
        let worker = match messages {
            Messages::Worker(worker) => worker,
            Messages::Pool(pool) => return self.next_of_pool(pool, last, span),
        };
        self.usable(worker, span)?;
        if let Some(line) = self.next_line(worker, None, span)? {
            return self.message_of(worker, line, span).map(|message| Some(Item::One(message)));
        }
        // A program that closes its channel usually ends.
        let soon = Instant::now() + Duration::from_secs(1);
        if self.end_of_worker(worker, Some(soon), span)? {
            self.result_of_worker(worker, span)?;
        }
        Ok(None)
    }

    /// `w.ask(x)`: returns the answer.
    pub(in crate::eval) fn ask_worker(
        &mut self,
        worker: &Worker,
        question: &Question<'_>,
        span: Span,
    ) -> Eval<Value> {
        let timeout = question.timeout.or(worker.timeout);
        let deadline = timeout.and_then(|time| Instant::now().checked_add(time));
        let _asking = self.hold(worker, Use::Ask, span)?;
        let mut passed = Vec::new();
        let answer = self.answer(worker, question, deadline, &mut passed, span);
        let mut inbox = worker.inbox();
        inbox.size += passed.iter().map(Vec::len).sum::<usize>();
        passed.into_iter().rev().for_each(|line| inbox.lines.push_front(line));
        drop(inbox);
        match (answer?, timeout) {
            (Some(value), _) => Ok(value),
            (None, Some(time)) if !worker.inbox().has_ended => Err(self.no_answer(worker, time, span)),
            (None, _) => Err(self.worker_ended(worker, "answered", span)),
        }
    }

    /// Returns the answer; none if none can come. Other messages are `passed` over.
    fn answer(
        &mut self,
        worker: &Worker,
        question: &Question<'_>,
        deadline: Option<Instant>,
        passed: &mut Vec<Vec<u8>>,
        span: Span,
    ) -> Eval<Option<Value>> {
        // A message that has come by now is not the answer, except to the question before.
        {
            let _reading = self.hold(worker, Use::Read, span)?;
            self.take_messages(worker, span)?;
        }
        let owed = worker.inbox().owed.clone();
        if let Some(reply) = owed {
            if self.next_that(worker, &reply, deadline, passed, span)?.is_none() {
                return Ok(None);
            }
            worker.inbox().owed = None;
        }
        let mut inbox = worker.inbox();
        passed.extend(inbox.lines.drain(..));
        inbox.size = 0;
        drop(inbox);
        if !self.send_line(worker, &question.line, deadline, span)? {
            return Ok(None);
        }
        let answer = self.next_that(worker, question.reply, deadline, passed, span);
        if !matches!(answer, Ok(Some(_))) {
            worker.inbox().owed = Some(question.reply.clone());
        }
        answer
    }

    /// Returns the next message for which a function is true, or with null the next one.
    fn next_that(
        &mut self,
        worker: &Worker,
        reply: &Value,
        deadline: Option<Instant>,
        passed: &mut Vec<Vec<u8>>,
        span: Span,
    ) -> Eval<Option<Value>> {
        while let Some(line) = self.next_line(worker, deadline, span)? {
            let kept = (!matches!(reply, Value::Null)).then(|| line.clone());
            let message = self.message_of(worker, line, span)?;
            let Some(line) = kept else { return Ok(Some(message)) };
            match self.apply_values(reply, std::slice::from_ref(&message), span)? {
                Value::Bool(true) => return Ok(Some(message)),
                Value::Bool(false) => passed.push(line),
                other => {
                    return Err(self.wrong_type(
                        span,
                        "what `reply` returns",
                        "true or false",
                        other.type_of(),
                    ));
                }
            }
        }
        Ok(None)
    }

    /// Returns a line as a value.
    pub(super) fn message_of(&mut self, worker: &Worker, line: Vec<u8>, span: Span) -> Eval<Value> {
        self.captured(line.len(), span)?;
        if worker.format == Format::Lines {
            return Ok(Value::Str(Str::from(line)));
        }
        match self.value_of_message(&line, span)? {
            Ok(value) => Ok(value),
            Err(why) => Err(self.bad_message(worker, &line, &why, span)),
        }
    }

    /// `w.wait()`: returns the status. Fails if the worker failed.
    pub(in crate::eval) fn wait_for_worker(&mut self, worker: &Worker, span: Span) -> Eval<Value> {
        self.end_of_worker(worker, None, span)?;
        self.result_of_worker(worker, span)
    }

    fn result_of_worker(&mut self, worker: &Worker, span: Span) -> Eval<Value> {
        let Some(state) = worker.state.get() else { return Ok(Value::Null) };
        worker.tell();
        self.wait_for_job(state, span)
    }
}

impl Worker {
    /// Returns the form of its messages.
    pub(in crate::eval) fn format(&self) -> Format {
        self.format
    }

    /// Sends nothing more.
    pub(in crate::eval) fn end_messages(&self) {
        self.close();
    }

    /// Returns the state of its job.
    pub(in crate::eval) fn job(&self) -> Option<&Arc<crate::eval::tasks::job_state::JobState>> {
        self.state.get()
    }
}
