//! The states of the loops, services, workers and queues on a board, and what can be done with them there.

use super::observe::Progress;
use std::fmt;
use std::time::Duration;

/// A loop side by side that runs: see [`Board::loops`](crate::Board::loops).
///
/// ```
/// use pipewright::{Board, Engine, RunningLoop};
///
/// let board = Board::default();
/// let shown = board.clone();
/// let text = move || shown.loops().iter().map(|RunningLoop { text, jobs, .. }| format!("{jobs}: {text}")).collect::<Vec<_>>();
/// let engine = Engine::builder().board(board).function("look", text).build()?;
/// let script = engine.script("t", "for n in (1..=1) with jobs=2 { echo ...$[look()] }")?;
/// assert_eq!(engine.session().run(&script).read()?, "2: for n in (1..=1) with jobs=2 { echo ...$[look()] }");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunningLoop {
    /// Its number. A board gives each number only once.
    pub id: u64,
    /// Its place in the script, `FILE:LINE:COLUMN`.
    pub place: String,
    /// Its first line, without control characters. Secrets in it are masked.
    pub text: String,
    /// The time since it began.
    pub age: Duration,
    /// How many turns run at once, at most.
    pub jobs: usize,
    /// Whether [`Board::resize`](crate::Board::resize) can change that number.
    pub can_resize: bool,
    /// How far it has come.
    pub progress: Progress,
}

/// A service: see [`Board::services`](crate::Board::services).
///
/// ```
/// use pipewright::{Board, RunningService};
///
/// fn problems(board: &Board) -> Vec<(String, String)> {
///     let named = |RunningService { name, problem, .. }| Some((name, problem?));
///     board.services().into_iter().filter_map(named).collect()
/// }
/// assert!(problems(&Board::default()).is_empty());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunningService {
    /// Its number. A board gives each number only once.
    pub id: u64,
    /// Its place in the script, `FILE:LINE:COLUMN`.
    pub place: String,
    /// The name of its variable, or `service`.
    pub name: String,
    /// The time since it began.
    pub age: Duration,
    /// `starting`, `ready`, `stopping`, `ended` or `failed`, as its field `status` in a script.
    pub status: &'static str,
    /// The addresses that it listens at.
    pub addresses: Vec<String>,
    /// The reason why it was given up, or why its last reload failed. Secrets in it are masked.
    pub problem: Option<String>,
    /// Its instances.
    pub instances: Vec<RunningInstance>,
}

/// An instance of a service.
///
/// ```
/// use pipewright::{Board, RunningInstance};
///
/// fn restarts(board: &Board) -> u64 {
///     let services = board.services();
///     services.iter().flat_map(|service| &service.instances).map(|RunningInstance { restarts, .. }| restarts).sum()
/// }
/// assert_eq!(restarts(&Board::default()), 0);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunningInstance {
    /// Its number, from 0.
    pub number: usize,
    /// The first process of its current run.
    pub pid: Option<u32>,
    /// `waiting` (for its next start), `starting`, `ready`, `stopping` or `ended`.
    pub stage: &'static str,
    /// The time since its current run began.
    pub uptime: Option<Duration>,
    /// How many times it was started after the first time.
    pub restarts: u64,
    /// How its last run ended. Secrets in it are masked.
    pub last_end: Option<String>,
    /// The result of its last health check.
    pub healthy: Option<bool>,
    /// The memory that its processes keep in RAM, in bytes.
    pub memory: u64,
    /// The processor time that the processes of its current run have used.
    pub processor: Duration,
}

/// A worker that runs: see [`Board::workers`](crate::Board::workers).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunningWorker {
    /// Its number. A board gives each number only once.
    pub id: u64,
    /// Its place in the script, `FILE:LINE:COLUMN`.
    pub place: String,
    /// Its command, without control characters. Secrets in it are masked.
    pub text: String,
    /// The time since it began.
    pub age: Duration,
    /// Its first process.
    pub pid: Option<u32>,
    /// Whether the script waits for its answer.
    pub is_asked: bool,
    /// The number of its messages that the script has not received.
    pub waiting: usize,
    /// The memory that its processes keep in RAM, in bytes.
    pub memory: u64,
    /// The processor time that its processes have used.
    pub processor: Duration,
}

/// A queue whose tasks a loop runs: see [`Board::queues`](crate::Board::queues). The numbers are those of all processes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunningQueue {
    /// Its number. A board gives each number only once.
    pub id: u64,
    /// The place of its loop in the script, `FILE:LINE:COLUMN`.
    pub place: String,
    /// The name of the queue.
    pub name: String,
    /// The path of its file as the script wrote it, without control characters. Secrets in it are masked.
    pub file: String,
    /// The time since the loop began.
    pub age: Duration,
    /// The tasks that are due.
    pub ready: u64,
    /// The tasks that are not due yet.
    pub delayed: u64,
    /// The tasks that run.
    pub running: u64,
    /// The tasks that have failed for good.
    pub failed: u64,
    /// The tasks that have succeeded since the queue was made, if the store counts them.
    pub done: Option<u64>,
    /// Whether workers take no task.
    pub is_paused: bool,
    /// The time for which the oldest ready task has been due.
    pub waiting: Option<Duration>,
}

/// What can be done with a service: see [`Board::act`](crate::Board::act).
///
/// ```
/// use pipewright::{Board, ServiceAction};
///
/// let board = Board::default();
/// for service in board.services() {
///     board.act(service.id, ServiceAction::Reload)?;
/// }
/// # Ok::<(), pipewright::ActionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceAction {
    /// Ends all instances and starts them again.
    Restart,
    /// Replaces the instances one by one. The new one is ready before the old one is asked to end.
    Reload,
    /// Ends all instances for good.
    Stop,
}

/// The reason why [`Board::act`](crate::Board::act) did nothing: the service has ended, or there never was one with this number.
///
/// ```
/// use pipewright::{Board, ServiceAction};
///
/// let error = Board::default().act(7, ServiceAction::Stop).unwrap_err();
/// assert_eq!(error.to_string(), "the service has ended");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionError;

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service has ended")
    }
}

impl std::error::Error for ActionError {}

/// The reason why [`Board::resize`](crate::Board::resize) changed nothing.
///
/// ```
/// use pipewright::{Board, ResizeError};
///
/// assert_eq!(Board::default().resize(7, 2), Err(ResizeError::Ended));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResizeError {
    /// No loop has this number: it has ended, or there never was one.
    Ended,
    /// The loop runs its turns one after another, on one thread.
    OneByOne,
}

impl fmt::Display for ResizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "the loop has ended",
            Self::OneByOne => "the loop runs its turns one after another",
        })
    }
}

impl std::error::Error for ResizeError {}
