//! The messages on the socket: one request and one answer for each connection, as a line of JSON each.

use crate::eval::{
    Board, RunningInstance, RunningLoop, RunningQueue, RunningService, RunningWorker, ServiceAction,
};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::time::Duration;

/// The largest request or answer, in bytes.
const MOST: u64 = 4 << 20;

/// What a process that runs a script does at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// Its process ID.
    pub pid: u32,
    /// The script, as its messages name it.
    pub script: String,
    /// The loops side by side that run.
    pub loops: Vec<LoopState>,
    /// The services.
    pub services: Vec<ServiceState>,
    /// The workers that run.
    pub workers: Vec<WorkerState>,
    /// The queues whose tasks loops run.
    pub queues: Vec<QueueState>,
    /// The number of processes that it has started and that run, with their descendants.
    pub processes: usize,
    /// The memory that this process and those keep in RAM, in bytes.
    pub memory: u64,
    /// The processor time that this process and those have used, in seconds.
    pub processor: f64,
}

/// A loop side by side that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoopState {
    /// Its number in its process, from 1.
    pub id: u64,
    /// Its place in the script, `FILE:LINE:COLUMN`.
    pub place: String,
    /// Its first line.
    pub text: String,
    /// The seconds since it began.
    pub age: f64,
    /// How many turns run at once, at most.
    pub jobs: usize,
    /// Whether that number can be changed.
    pub can_resize: bool,
    /// The turns that have ended, with the items that `resume=` passed over.
    pub done: u64,
    /// How many items there are, if that is known.
    pub total: Option<u64>,
    /// The turns that run.
    pub running: usize,
    /// The turns that have failed.
    pub failed: u64,
    /// Turns that end each second.
    pub rate: Option<f64>,
    /// How long the rest takes at this rate, in seconds.
    pub left: Option<f64>,
    /// The item of the turn that has been running for the longest time.
    pub oldest: Option<String>,
}

impl From<RunningLoop> for LoopState {
    fn from(one: RunningLoop) -> Self {
        let progress = one.progress;
        Self {
            id: one.id,
            place: one.place,
            text: one.text,
            age: one.age.as_secs_f64(),
            jobs: one.jobs,
            can_resize: one.can_resize,
            done: progress.done,
            total: progress.total,
            running: progress.running,
            failed: progress.failed,
            rate: progress.rate,
            left: progress.left.map(|left| left.as_secs_f64()),
            oldest: progress.oldest,
        }
    }
}

/// A service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServiceState {
    /// Its number in its process.
    pub id: u64,
    /// Its place in the script, `FILE:LINE:COLUMN`.
    pub place: String,
    /// The name of its variable, or `service`.
    pub name: String,
    /// The seconds since it began.
    pub age: f64,
    /// `starting`, `ready`, `stopping`, `ended` or `failed`.
    pub status: String,
    /// The addresses that it listens at.
    pub addresses: Vec<String>,
    /// The reason why it was given up, or why its last reload failed.
    pub problem: Option<String>,
    /// Its instances.
    pub instances: Vec<InstanceState>,
}

/// An instance of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InstanceState {
    /// Its number, from 0.
    pub number: usize,
    /// The first process of its current run.
    pub pid: Option<u32>,
    /// `waiting` (for its next start), `starting`, `ready`, `stopping` or `ended`.
    pub stage: String,
    /// The seconds since its current run began.
    pub uptime: Option<f64>,
    /// How many times it was started after the first time.
    pub restarts: u64,
    /// How its last run ended.
    pub last_end: Option<String>,
    /// The result of its last health check.
    pub healthy: Option<bool>,
    /// The memory that its processes keep in RAM, in bytes.
    pub memory: u64,
    /// The processor time that the processes of its current run have used, in seconds.
    pub processor: f64,
}

impl From<RunningService> for ServiceState {
    fn from(one: RunningService) -> Self {
        Self {
            id: one.id,
            place: one.place,
            name: one.name,
            age: one.age.as_secs_f64(),
            status: one.status.to_string(),
            addresses: one.addresses,
            problem: one.problem,
            instances: one.instances.into_iter().map(InstanceState::from).collect(),
        }
    }
}

impl From<RunningInstance> for InstanceState {
    fn from(one: RunningInstance) -> Self {
        Self {
            number: one.number,
            pid: one.pid,
            stage: one.stage.to_string(),
            uptime: one.uptime.map(|uptime| uptime.as_secs_f64()),
            restarts: one.restarts,
            last_end: one.last_end,
            healthy: one.healthy,
            memory: one.memory,
            processor: one.processor.as_secs_f64(),
        }
    }
}

/// A worker that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkerState {
    /// Its number in its process.
    pub id: u64,
    /// Its place in the script, `FILE:LINE:COLUMN`.
    pub place: String,
    /// Its command.
    pub text: String,
    /// The seconds since it began.
    pub age: f64,
    /// Its first process.
    pub pid: Option<u32>,
    /// Whether the script waits for its answer.
    pub is_asked: bool,
    /// The number of its messages that the script has not received.
    pub waiting: usize,
    /// The memory that its processes keep in RAM, in bytes.
    pub memory: u64,
    /// The processor time that its processes have used, in seconds.
    pub processor: f64,
}

impl From<RunningWorker> for WorkerState {
    fn from(one: RunningWorker) -> Self {
        Self {
            id: one.id,
            place: one.place,
            text: one.text,
            age: one.age.as_secs_f64(),
            pid: one.pid,
            is_asked: one.is_asked,
            waiting: one.waiting,
            memory: one.memory,
            processor: one.processor.as_secs_f64(),
        }
    }
}

/// A queue whose tasks a loop runs. The numbers are those of all processes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QueueState {
    /// Its number in its process.
    pub id: u64,
    /// The place of its loop in the script, `FILE:LINE:COLUMN`.
    pub place: String,
    /// The name of the queue.
    pub name: String,
    /// The path of its file, as the script wrote it.
    pub file: String,
    /// The seconds since the loop began.
    pub age: f64,
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
    /// The seconds for which the oldest ready task has been due.
    pub waiting: Option<f64>,
}

impl From<RunningQueue> for QueueState {
    fn from(one: RunningQueue) -> Self {
        Self {
            id: one.id,
            place: one.place,
            name: one.name,
            file: one.file,
            age: one.age.as_secs_f64(),
            ready: one.ready,
            delayed: one.delayed,
            running: one.running,
            failed: one.failed,
            done: one.done,
            is_paused: one.is_paused,
            waiting: one.waiting.map(|waiting| waiting.as_secs_f64()),
        }
    }
}

/// What can be done with a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Ends all instances and starts them again.
    Restart,
    /// Replaces the instances one by one.
    Reload,
    /// Ends all instances for good.
    Stop,
}

impl From<Action> for ServiceAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Restart => Self::Restart,
            Action::Reload => Self::Reload,
            Action::Stop => Self::Stop,
        }
    }
}

/// A request to a process that runs a script.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    State,
    Resize { id: u64, jobs: usize },
    Act { id: u64, action: Action },
}

/// The answer, or the reason why the request was not carried out.
pub(super) type Answer = Result<Option<State>, String>;

/// Returns the state of this process.
pub(super) fn state(script: &str, board: &Board) -> State {
    let used = crate::sys::usage::of_tree(std::process::id());
    State {
        pid: std::process::id(),
        script: script.to_owned(),
        loops: board.loops().into_iter().map(LoopState::from).collect(),
        services: board.services().into_iter().map(ServiceState::from).collect(),
        workers: board.workers().into_iter().map(WorkerState::from).collect(),
        queues: board.queues().into_iter().map(QueueState::from).collect(),
        processes: used.processes.saturating_sub(1),
        memory: used.memory,
        processor: used.processor.as_secs_f64(),
    }
}

/// Writes a message.
pub(super) fn send(mut to: impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads a message.
pub(super) fn receive<T: for<'de> Deserialize<'de>>(from: impl Read) -> io::Result<T> {
    let mut line = Vec::new();
    BufReader::new(from.take(MOST)).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}

/// How long each side waits for the other.
pub(super) const TIMEOUT: Duration = Duration::from_secs(1);
