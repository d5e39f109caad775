//! Queues: tasks that survive the processes which add and run them.
//!
//! The rules are those of graphile-worker, a queue in PostgreSQL: the task with the smallest priority first, and among
//! equal ones that which has been due for longest; a task that fails is tried again, later each time, until it has no try
//! left. A store keeps the tasks, and holds to these rules in its transactions. Callers pass the time in, so that tests can
//! simulate it. This module knows neither syntax nor processes.

mod error;
#[cfg(all(test, feature = "queue-sqlite"))]
mod model;
mod place;
#[cfg(feature = "queue-postgres")]
mod postgres;
mod rules;
#[cfg(feature = "queue-sqlite")]
mod sqlite;
#[cfg(all(test, feature = "queue-sqlite"))]
mod tests;

pub use error::{Error, Result};
pub use place::Place;
pub use rules::{MOST_KEY, MOST_NAME, TRIES, Time, backoff};

/// Opens a queue. An SQLite file is made if there is none, and the schema of a database is left as it is.
///
/// # Errors
/// Fails if the file can't be opened or made, if the database can't be reached, or if it is not ours.
pub fn open(place: &Place, name: &str) -> Result<Box<dyn Store>> {
    match place {
        #[cfg(feature = "queue-sqlite")]
        Place::File(path) => Ok(Box::new(sqlite::SqliteStore::open(path, name)?)),
        #[cfg(feature = "queue-postgres")]
        Place::Database(database) => Ok(Box::new(postgres::PostgresStore::open(database.url(), name)?)),
        #[expect(clippy::allow_attributes, reason = "it depends on the features")]
        #[allow(unreachable_patterns, reason = "it depends on the features")]
        place => {
            let _ = name;
            let (what, feature) = match place {
                Place::File(_) => ("SQLite files", "queue-sqlite"),
                Place::Database(_) => ("PostgreSQL", "queue-postgres"),
            };
            Err(Error::Other(format!("this build has no queues in {what}: its feature `{feature}` is off")))
        }
    }
}

/// The number of a task. A store never gives it twice.
pub type TaskId = i64;

/// A task to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// A JSON text.
    pub data: String,
    pub priority: i32,
    /// Not run before.
    pub due: Time,
    /// How often it is tried, at most.
    pub tries: u32,
    /// A waiting task with the same key is replaced.
    pub key: Option<String>,
}

/// A task that a worker has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    pub data: String,
    /// The number of this try, from 1.
    pub attempt: u32,
    pub tries: u32,
    pub key: Option<String>,
    pub added: Time,
}

/// How a task that a worker has taken ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    /// The error, and whether it is tried again if it has tries left.
    Failed {
        error: String,
        again: bool,
    },
    /// It was interrupted: the try does not count.
    Back,
}

/// What the store made of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The task is deleted.
    Done,
    /// It will be tried again.
    Again,
    /// It has no try left, and is kept.
    Failed,
    /// It waits as before it was taken.
    Back,
    /// This worker no longer had the task, so nothing was recorded.
    Lost,
}

/// The tasks that a worker takes at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub tasks: Vec<Task>,
    /// Tasks whose worker vanished during their last try, so that they failed now.
    pub failed: Vec<TaskId>,
}

/// What a worker that has taken nothing waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// When the first waiting task is due.
    pub next: Option<Time>,
    /// How many tasks run, in all workers.
    pub running: u64,
    pub is_paused: bool,
}

/// The state of a task in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is due.
    Ready,
    /// It is not due yet.
    Delayed,
    Running,
    Failed,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Ready, Self::Delayed, Self::Running, Self::Failed];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Delayed => "delayed",
            Self::Running => "running",
            Self::Failed => "failed",
        }
    }
}

/// A task as a queue lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: TaskId,
    pub state: State,
    pub data: String,
    pub priority: i32,
    pub due: Time,
    /// The tries that have begun.
    pub attempts: u32,
    pub tries: u32,
    pub key: Option<String>,
    pub added: Time,
    /// The error of the last try that failed.
    pub error: Option<String>,
}

/// How many tasks are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub ready: u64,
    pub delayed: u64,
    pub running: u64,
    pub failed: u64,
    /// How many have succeeded since the queue was made. They are deleted; none if the store does not count them.
    pub done: Option<u64>,
    /// When the ready task that has waited longest was due.
    pub oldest: Option<Time>,
    pub is_paused: bool,
}

/// Why a task could not be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// The queue has no such task: it is done, was deleted, or never was.
    None,
    /// A worker runs it.
    Running,
}

/// One queue in a store, for one worker or producer. Each method is one transaction: it happens as a whole or not at all,
/// whenever the process or the machine fails, and lasts once the method has returned.
///
/// # Errors
/// Each method fails with [`Error::Busy`] when another process holds the store for a moment. The caller then decides
/// whether to try again.
pub trait Store: Send {
    /// Adds tasks, and returns their numbers.
    fn add(&mut self, tasks: &[NewTask], now: Time) -> Result<Vec<TaskId>>;

    /// Takes up to `most` tasks that are due. Takes tasks from workers that have vanished first.
    fn take(&mut self, most: usize, now: Time) -> Result<Taken>;

    /// Records how tasks that this worker took have ended.
    fn settle(&mut self, ends: &[(TaskId, End)], now: Time) -> Result<Vec<Recorded>>;

    fn outlook(&mut self) -> Result<Outlook>;

    fn stats(&mut self, now: Time) -> Result<Stats>;

    /// Returns the first tasks in a state, in the order in which they are taken.
    fn list(&mut self, state: State, most: usize, now: Time) -> Result<Vec<Listed>>;

    /// Makes a task due now, and gives a failed one all its tries again.
    fn retry(&mut self, id: TaskId, now: Time) -> Result<std::result::Result<(), Unchanged>>;

    /// Deletes a task that does not run.
    fn delete(&mut self, id: TaskId, now: Time) -> Result<std::result::Result<(), Unchanged>>;

    /// While a queue is paused, workers take none of its tasks.
    fn pause(&mut self, is_paused: bool) -> Result<()>;
}
