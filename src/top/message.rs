//! The messages on the socket: one request and one answer for each connection, as a line of JSON each.

use crate::eval::{Board, RunningLoop};
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

/// A request to a process that runs a script.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    State,
    Resize { id: u64, jobs: usize },
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
