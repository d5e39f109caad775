//! `queue(path, name)` and the methods of queues.

use super::{Drain, Queue, place_bytes, queue_of};
use crate::diag::{code, quote_word};
use crate::eval::Interpreter;
use crate::eval::effects::effect::{Effect, QueueChange};
use crate::eval::report::unwind::Eval;
use crate::methods::{QueueRequest, TaskOptions};
use crate::queue::{
    self, Listed, MOST_KEY, MOST_NAME, NewTask, Place, State, Stats, Store, TRIES, TaskId, Time,
};
use crate::span::Span;
use crate::value::{Duration, Map, Opaque, Str, Value};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, Mutex, PoisonError};

impl Interpreter {
    /// `queue(path, name)`
    pub(in crate::eval) fn open_queue(&self, path: &Str, name: &Str, span: Span) -> Eval<Value> {
        let written = path.as_bytes();
        if written.is_empty() || written.contains(&0) {
            let message =
                format!("`queue` takes the path of an SQLite file, and not {}", quote_word(written));
            return Err(self.queue_value_error(message, "queue(\"tasks.db\", \"mail\")", span));
        }
        let name = self.short_text(name, "the name of a queue", MOST_NAME, span)?;
        let place = Place::database(written).unwrap_or_else(|| {
            let path = self.directory_path().join(OsStr::from_bytes(written));
            Place::File(std::path::absolute(&path).unwrap_or(path))
        });
        let shown = match &place {
            Place::File(_) => written.to_vec(),
            Place::Database(url) => url.to_string().into_bytes(),
        };
        let path = place_bytes(&place);
        let effect =
            Effect::Queue(QueueChange { path: &path, name: &name, change: "open", tasks: &[], call: span });
        self.may_use(&place, span)?;
        self.allow(&effect, span)?;
        // A dry run shows what would be changed, and opens nothing.
        let store = match self.dry.is_some() {
            true => None,
            false => {
                self.commit(&effect, span)?;
                let opened = self.while_busy(false, || queue::open(&place, &name))?;
                let store = opened.map_err(|error| {
                    let message = format!("can't open the queue in {}: {error}", quote_word(&shown));
                    self.store_error(code::QUEUE_UNUSABLE, message, &error, span)
                })?;
                Some(Mutex::new(store))
            }
        };
        let queue = Arc::new(Queue { written: shown, place: place.clone(), name: name.clone(), store });
        Ok(Value::from(Opaque::new("queue", name, queue)))
    }

    /// Fails if a policy or sandbox keeps the script from using a database.
    pub(super) fn may_use(&self, place: &Place, span: Span) -> Eval<()> {
        match place {
            Place::File(_) => Ok(()),
            Place::Database(url) => self.ask_database(url.to_string().as_bytes(), span),
        }
    }

    /// Returns a text that a store can keep as a name or key.
    fn short_text(&self, text: &Str, what: &str, most: usize, span: Span) -> Eval<String> {
        match std::str::from_utf8(text.as_bytes()) {
            Ok(valid) if !valid.is_empty() && valid.len() <= most && !valid.contains('\0') => {
                Ok(valid.into())
            }
            _ => {
                let message =
                    format!("{what} is UTF-8 of 1 to {most} bytes, and this is {}", quote_word(text));
                Err(self.queue_value_error(message, "give it a short name", span))
            }
        }
    }

    /// Calls the store of a queue value.
    fn call_store<T>(
        &self,
        queue: &Queue,
        what: &str,
        span: Span,
        mut call: impl FnMut(&mut dyn Store) -> queue::Result<T>,
    ) -> Eval<T> {
        let result = match &queue.store {
            Some(store) => {
                self.while_busy(false, || call(&mut **store.lock().unwrap_or_else(PoisonError::into_inner)))?
            }
            None => Err(queue::Error::Other("a dry run does not open it".into())),
        };
        result.map_err(|error| self.queue_error(queue, what, &error, span))
    }

    /// Calls the store for a change, which passes the gate first. Returns none in a dry run.
    fn change_store<T>(
        &mut self,
        queue: &Queue,
        (change, tasks): (&'static str, &[TaskId]),
        span: Span,
        call: impl FnMut(&mut dyn Store) -> queue::Result<T>,
    ) -> Eval<Option<T>> {
        self.may_use(&queue.place, span)?;
        let path = place_bytes(&queue.place);
        let effect = Effect::Queue(QueueChange { path: &path, name: &queue.name, change, tasks, call: span });
        self.perform(&effect, span, |this, _| this.call_store(queue, "change", span, call))
    }

    /// Carries out a request that adds no task. Returns none in a dry run.
    pub(in crate::eval) fn queue_request(
        &mut self,
        queue: &Value,
        request: QueueRequest<'_>,
        span: Span,
    ) -> Eval<Option<Value>> {
        let Some(queue) = queue_of(queue) else { return Ok(Some(Value::Null)) };
        let now = Time::now();
        let is_read = matches!(request, QueueRequest::Stats | QueueRequest::Peek | QueueRequest::List { .. });
        if is_read && queue.store.is_none() {
            return Ok(None);
        }
        match request {
            QueueRequest::Add { .. } | QueueRequest::AddAll { .. } => Ok(Some(Value::Null)),
            QueueRequest::Drain => {
                Ok(Some(Value::from(Opaque::new("tasks", queue.name.clone(), Drain(queue.clone())))))
            }
            QueueRequest::Stats => {
                let stats = self.call_store(queue, "read", span, |store| store.stats(now))?;
                Ok(Some(stats_map(&stats, now)))
            }
            QueueRequest::Peek => {
                let tasks = self.call_store(queue, "read", span, |store| store.list(State::Ready, 1, now))?;
                let task = tasks.first().map(|task| self.listed(queue, task, span)).transpose()?;
                Ok(Some(task.unwrap_or_default()))
            }
            QueueRequest::List { state, most } => {
                let Some(state) =
                    State::ALL.into_iter().find(|one| one.name().as_bytes() == state.as_bytes())
                else {
                    let message = format!(
                        "`list` takes \"ready\", \"delayed\", \"running\" or \"failed\", and not {}",
                        quote_word(state)
                    );
                    return Err(self.queue_value_error(message, "q.list(\"failed\")", span));
                };
                let tasks = self.call_store(queue, "read", span, |store| store.list(state, most, now))?;
                let mut list = Vec::with_capacity(tasks.len());
                for task in &tasks {
                    self.check_interrupt()?;
                    list.push(self.listed(queue, task, span)?);
                }
                Ok(Some(Value::from(list)))
            }
            QueueRequest::Retry(id) => {
                let changed =
                    self.change_store(queue, ("retry", &[id]), span, |store| store.retry(id, now))?;
                self.answer_of_change(queue, id, changed, span)
            }
            QueueRequest::Delete(id) => {
                let changed =
                    self.change_store(queue, ("delete", &[id]), span, |store| store.delete(id, now))?;
                self.answer_of_change(queue, id, changed, span)
            }
            QueueRequest::Pause(is_paused) => {
                let change = if is_paused { "pause" } else { "resume" };
                let done = self.change_store(queue, (change, &[]), span, |store| store.pause(is_paused))?;
                Ok(done.map(|()| Value::Null))
            }
        }
    }

    fn answer_of_change(
        &self,
        queue: &Queue,
        id: TaskId,
        changed: Option<Result<(), queue::Unchanged>>,
        span: Span,
    ) -> Eval<Option<Value>> {
        match changed {
            None => Ok(None),
            Some(Ok(())) => Ok(Some(Value::Null)),
            Some(Err(why)) => Err(self.unchanged(queue, id, why, span)),
        }
    }

    /// Adds tasks whose data are JSON texts, and returns their numbers; none in a dry run.
    pub(in crate::eval) fn add_tasks(
        &mut self,
        queue: &Value,
        data: Vec<Vec<u8>>,
        options: TaskOptions<'_>,
        span: Span,
    ) -> Eval<Option<Vec<TaskId>>> {
        let Some(queue) = queue_of(queue) else { return Ok(Some(Vec::new())) };
        let key = options.key.map(|key| self.short_text(key, "`key`", MOST_KEY, span)).transpose()?;
        let now = Time::now();
        let tasks: Vec<NewTask> = data
            .into_iter()
            .map(|data| NewTask {
                data: String::from_utf8_lossy(&data).into_owned(),
                priority: options.priority.and_then(|priority| i32::try_from(priority).ok()).unwrap_or(0),
                due: now.after(options.delay),
                tries: options.tries.and_then(|tries| u32::try_from(tries).ok()).unwrap_or(TRIES),
                key: key.clone(),
            })
            .collect();
        self.change_store(queue, ("add", &[]), span, |store| store.add(&tasks, now))
    }

    /// Returns a task as a map.
    fn listed(&mut self, queue: &Queue, task: &Listed, span: Span) -> Eval<Value> {
        let data = self.data_of(queue, task.id, &task.data, span)?;
        let mut map = Map::default();
        map.insert("id", Value::Int(task.id));
        map.insert("state", Value::from(task.state.name()));
        map.insert("data", data);
        map.insert("priority", Value::Int(task.priority.into()));
        map.insert("due", time(task.due));
        map.insert("attempts", Value::Int(task.attempts.into()));
        map.insert("tries", Value::Int(task.tries.into()));
        map.insert("key", text(task.key.as_deref()));
        map.insert("added", time(task.added));
        map.insert("error", text(task.error.as_deref()));
        Ok(Value::Map(map))
    }

    /// Returns the data of a task as a value.
    pub(super) fn data_of(&mut self, queue: &Queue, id: TaskId, data: &str, span: Span) -> Eval<Value> {
        self.captured(data.len(), span)?;
        match self.value_of_message(data.as_bytes(), span)? {
            Ok(value) => Ok(value),
            Err(why) => {
                let error = queue::Error::Damaged(format!("the data of task {id} is not JSON: {why}"));
                Err(self.queue_error(queue, "read", &error, span))
            }
        }
    }
}

fn stats_map(stats: &Stats, now: Time) -> Value {
    let count = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    let mut map = Map::default();
    map.insert("ready", count(stats.ready));
    map.insert("delayed", count(stats.delayed));
    map.insert("running", count(stats.running));
    map.insert("failed", count(stats.failed));
    map.insert("done", stats.done.map(count).unwrap_or_default());
    map.insert("paused", Value::Bool(stats.is_paused));
    let waiting = stats.oldest.map(|oldest| Value::Duration(now.since(oldest).into()));
    map.insert("waiting", waiting.unwrap_or_default());
    Value::Map(map)
}

/// Returns a time as `now()` does.
pub(super) fn time(time: Time) -> Value {
    Value::Duration(Duration::from(time.since(Time(0))))
}

pub(super) fn text(text: Option<&str>) -> Value {
    text.map(Value::from).unwrap_or_default()
}
