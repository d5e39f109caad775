//! One instance: its current run, and while it is replaced, the run that takes over.

use std::time::Duration;

/// The number of a run of an instance. Each start has a new one.
pub type RunId = u64;

/// How far an instance has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for the time of its next start.
    Waiting,
    /// It runs, and is not ready yet.
    Starting,
    Ready,
    /// It was asked to end.
    Stopping,
    Ended,
}

impl Stage {
    /// Returns its name, as scripts and `top` show it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Stopping => "stopping",
            Self::Ended => "ended",
        }
    }
}

/// One run of an instance, from its start to its end.
#[derive(Debug)]
pub struct Run {
    pub id: RunId,
    pub since: Duration,
    pub ready: bool,
    /// Whether it was asked to end.
    pub stopping: bool,
    /// Whether the machine has ended it because something was wrong with it.
    pub failed: bool,
    /// The number of health checks that failed since the last one that succeeded.
    pub unhealthy: u32,
    /// The time of the next health check; none while one runs.
    pub check_at: Option<Duration>,
}

/// One instance of a service.
#[derive(Debug)]
pub struct Instance {
    /// Its number, from 0.
    pub number: usize,
    pub current: Option<Run>,
    /// The run that takes over once it is ready.
    pub next: Option<Run>,
    /// The time of the next start, if it waits for one.
    pub start_at: Option<Duration>,
    /// The number of restarts since a run lasted.
    pub in_a_row: u32,
    /// Whether it is started anew when its run has ended, whatever the rules say.
    pub again: bool,
    /// Whether it is to end for good.
    pub leaving: bool,
}

impl Run {
    pub fn new(id: RunId, since: Duration, ready: bool) -> Self {
        Self { id, since, ready, stopping: false, failed: false, unhealthy: 0, check_at: None }
    }
}

impl Instance {
    pub fn new(number: usize, start_at: Duration) -> Self {
        Self {
            number,
            current: None,
            next: None,
            start_at: Some(start_at),
            in_a_row: 0,
            again: false,
            leaving: false,
        }
    }

    /// Returns one of its runs.
    pub fn run(&mut self, id: RunId) -> Option<&mut Run> {
        self.current.iter_mut().chain(&mut self.next).find(|run| run.id == id)
    }

    /// Starts it now, or as soon as its current run has ended.
    pub fn start_again(&mut self, now: Duration) {
        match &self.current {
            Some(_) => self.again = true,
            None => self.start_at = Some(now),
        }
    }

    pub fn has_ended(&self) -> bool {
        self.current.is_none() && self.next.is_none() && self.start_at.is_none()
    }

    pub fn is_ready(&self) -> bool {
        self.current.as_ref().is_some_and(|run| run.ready && !run.stopping)
    }

    pub fn stage(&self) -> Stage {
        match &self.current {
            Some(run) if run.stopping => Stage::Stopping,
            Some(run) if run.ready => Stage::Ready,
            Some(_) => Stage::Starting,
            None if self.start_at.is_some() => Stage::Waiting,
            None => Stage::Ended,
        }
    }
}
