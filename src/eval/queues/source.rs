//! The tasks of a queue as the source of a loop, which is a worker of the queue.

use super::requests::{text, time};
use super::{Queue, place_bytes, tasks_of};
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::effects::board::Posting;
use crate::eval::effects::effect::{Effect, QueueChange};
use crate::eval::lang::items::Item;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::eval::scope::with::RetriedEnds;
use crate::eval::tasks::turns::Given;
use crate::queue::{self, End, Recorded, Store, Task, TaskId, Time, backoff};
use crate::span::Span;
use crate::value::{Map, Value, format};
use std::sync::Arc;
use std::time::Duration;

/// How often a worker without a task looks for one. Nothing tells it that another process has added one, or has ended.
const LOOK: Duration = Duration::from_millis(100);

/// The number of failed tasks that the error of a drained queue names.
const MOST_NAMED: usize = 8;

/// A worker of a queue.
pub struct TaskSource {
    queue: Arc<Queue>,
    /// The worker's own connection.
    store: Box<dyn Store>,
    /// Whether the loop ends when no task is due and none runs.
    drains: bool,
    /// The place of the queue in the loop.
    span: Span,
    /// The failures that are tried again; all if there is no list.
    retried: Option<RetriedEnds>,
    /// The tasks that have become failed in this worker.
    failed: Vec<TaskId>,
    more_failed: u64,
    _posting: Option<Posting>,
}

impl TaskSource {
    /// Returns the tasks of a queue or drain.
    pub(in crate::eval) fn open(run: &Interpreter, value: &Value, span: Span) -> Eval<Option<Self>> {
        let Some((queue, drains)) = tasks_of(value) else { return Ok(None) };
        run.may_use(&queue.place, span)?;
        run.allow(&Effect::Queue(taking(&place_bytes(&queue.place), queue, &[], span)), span)?;
        let store = run.while_busy(false, || queue::open(&queue.place, &queue.name))?;
        let store = store.map_err(|error| run.queue_error(queue, "open", &error, span))?;
        let queue = queue.clone();
        let posting = run.post_queue(&queue, span);
        Ok(Some(Self {
            queue,
            store,
            drains,
            span,
            retried: None,
            failed: Vec::new(),
            more_failed: 0,
            _posting: posting,
        }))
    }

    /// Tries only these failures again.
    pub fn retry_on(&mut self, ends: RetriedEnds) {
        self.retried = Some(ends);
    }

    /// Takes the next task without waiting.
    pub fn take(&mut self, run: &mut Interpreter) -> Eval<Given> {
        let now = Time::now();
        let taken = run.while_busy(false, || self.store.take(1, now))?;
        let taken =
            taken.map_err(|error| run.queue_error(&self.queue, "take a task from", &error, self.span))?;
        taken.failed.into_iter().for_each(|id| self.note_failed(id));
        if let Some(task) = taken.tasks.into_iter().next() {
            let given = self.given(run, &task);
            if given.is_err() {
                self.settle(run, task.id, End::Back)?;
            }
            return given;
        }
        if !self.drains {
            return Ok(Given::Later);
        }
        let outlook = run.while_busy(false, || self.store.outlook())?;
        let outlook = outlook.map_err(|error| run.queue_error(&self.queue, "read", &error, self.span))?;
        let is_due = outlook.next.is_some_and(|next| next <= now);
        if outlook.running > 0 || is_due && !outlook.is_paused {
            return Ok(Given::Later);
        }
        if is_due {
            let message = format!("{} is paused, and tasks are due", self.queue.shown());
            let page = page(code::QUEUE_PAUSED, run.source(), self.span, message, "can't be drained");
            return Err(run.fail(Error::value(page.help("let workers take tasks again: q.resume()"))));
        }
        Ok(Given::End)
    }

    /// Returns how long to wait before another look.
    pub const fn look_after() -> Duration {
        LOOK
    }

    /// Returns a task as the item of a turn.
    fn given(&self, run: &mut Interpreter, task: &Task) -> Eval<Given> {
        let path = place_bytes(&self.queue.place);
        let effect = Effect::Queue(taking(&path, &self.queue, std::slice::from_ref(&task.id), self.span));
        run.commit(&effect, self.span)?;
        let data = run.data_of(&self.queue, task.id, &task.data, self.span)?;
        let mut map = Map::default();
        map.insert("id", Value::Int(task.id));
        map.insert("attempt", Value::Int(task.attempt.into()));
        map.insert("tries", Value::Int(task.tries.into()));
        map.insert("data", data);
        map.insert("key", text(task.key.as_deref()));
        map.insert("added", time(task.added));
        Ok(Given::Item(Item::One(Value::Map(map))))
    }

    /// Records that a task has succeeded.
    pub fn succeeded(&mut self, run: &Interpreter, id: TaskId) -> Eval<()> {
        self.settle(run, id, End::Done).map(drop)
    }

    /// Gives a task back. The try does not count.
    pub fn give_back(&mut self, run: &Interpreter, id: TaskId) -> Eval<()> {
        self.settle(run, id, End::Back).map(drop)
    }

    /// Records that a task has failed, and prints its error.
    pub fn failed(&mut self, run: &Interpreter, task: &TaskMark, error: &Error) -> Eval<()> {
        let again = self.retried.as_ref().is_none_or(|ends| ends.covers(error));
        let reason = run.shared.redactions().apply_text(&error.diagnostic.message);
        let recorded = self.settle(run, task.id, End::Failed { error: reason, again })?;
        let (id, attempt, tries) = (task.id, task.attempt, task.tries);
        let then = match recorded {
            Recorded::Again => {
                let pause = Value::Duration(Duration::from_secs(backoff(attempt).as_secs()).into());
                format!("it is tried again in {}", format::display(&pause, 20))
            }
            Recorded::Failed if attempt < tries => {
                "`retry_on` does not name this failure, so it is not tried again".into()
            }
            Recorded::Failed => "it has no try left".into(),
            Recorded::Lost | Recorded::Done | Recorded::Back => return Ok(()),
        };
        let place = error.diagnostic.primary().map_or_else(String::new, |label| {
            format!("{}: ", label.source.position(label.span.start as usize))
        });
        run.warn(&format!(
            "{place}task {id} of `{}`, try {attempt} of {tries}: {}; {then}",
            self.queue.name, error.diagnostic.message
        ));
        Ok(())
    }

    fn settle(&mut self, run: &Interpreter, id: TaskId, end: End) -> Eval<Recorded> {
        let ends = [(id, end)];
        let now = Time::now();
        let recorded = run.while_busy(true, || self.store.settle(&ends, now))?;
        let recorded = recorded.map_err(|error| {
            run.queue_error(&self.queue, &format!("record the end of task {id} in"), &error, self.span)
        })?;
        let recorded = recorded.first().copied().unwrap_or(Recorded::Lost);
        if recorded == Recorded::Failed {
            self.note_failed(id);
        }
        Ok(recorded)
    }

    fn note_failed(&mut self, id: TaskId) {
        if self.failed.len() < MOST_NAMED { self.failed.push(id) } else { self.more_failed += 1 }
    }

    /// Fails if a task of a drained queue has become failed.
    pub fn verdict(&self, run: &Interpreter) -> Eval<()> {
        let count = self.failed.len() as u64 + self.more_failed;
        if !self.drains || count == 0 {
            return Ok(());
        }
        let named: Vec<String> = self.failed.iter().map(TaskId::to_string).collect();
        let more =
            if self.more_failed > 0 { format!(" and {} more", self.more_failed) } else { String::new() };
        let tasks = if count == 1 { "1 task" } else { "tasks" };
        let tasks = if count == 1 { tasks.to_owned() } else { format!("{count} {tasks}") };
        let message = format!("{tasks} of {} failed: {}{more}", self.queue.shown(), named.join(", "));
        let page = page(code::TASKS_FAILED, run.source(), self.span, message, "drained here");
        let help = "see q.list(\"failed\") for their errors; q.retry(id) gives a task its tries again";
        Err(run.fail(Error::command(page.help(help), 1)))
    }
}

/// A task that runs: what is needed at its end.
#[derive(Clone, Copy, Debug)]
pub struct TaskMark {
    pub id: TaskId,
    attempt: u32,
    tries: u32,
}

impl TaskMark {
    /// Returns the mark of an item of a loop over a queue.
    pub fn of(item: &Item) -> Option<Self> {
        let Item::One(Value::Map(map)) = item else { return None };
        let number = |key: &str| match map.get(key.as_bytes()) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        };
        let small = |key| number(key).and_then(|number| u32::try_from(number).ok());
        Some(Self { id: number("id")?, attempt: small("attempt")?, tries: small("tries")? })
    }
}

fn taking<'a>(path: &'a [u8], queue: &'a Queue, tasks: &'a [TaskId], call: Span) -> QueueChange<'a> {
    QueueChange { path, name: &queue.name, change: "take", tasks, call }
}
