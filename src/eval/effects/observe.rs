//! Observers: events for a host while a run continues.
//!
//! Events report what has happened; `permission` asks in advance. Without an observer no event is made: no copy, no
//! look at the clock.

use crate::diag::Source;
use crate::fleet::snapshot::Snapshot;
use crate::process::StageReport;
use crate::span::Span;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Receives the events of an engine's runs as they happen; see [`crate::EngineBuilder::observer`]. A closure can be
/// one.
///
/// The thread that causes the event calls it and continues when it returns; several threads may call it at once. A
/// panic in it does not end the run.
///
/// ```
/// use pipewright::{Engine, Event};
/// use std::sync::{Arc, Mutex};
///
/// let log: Arc<Mutex<Vec<String>>> = Arc::default();
/// let lines = log.clone();
/// let engine = Engine::builder()
///     .observer(move |event: &Event<'_>| {
///         if let Event::Pipeline { report, .. } = event {
///             lines.lock().unwrap().push(format!("{}: {} stages", report.place(), report.stages().len()));
///         }
///     })
///     .build()?;
/// engine.session().run(&engine.script("job", "printf '%s\\n' b a | sort | wc -l")?).read()?;
/// assert_eq!(*log.lock().unwrap(), ["job:1:1: 3 stages"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Observer: Send + Sync {
    /// Handles an event.
    fn event(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn event(&self, event: &Event<'_>) {
        self(event);
    }
}

/// An action that a run has done. Secrets in it are masked.
///
/// ```
/// use pipewright::{Engine, Event};
///
/// let engine = Engine::builder()
///     .observer(|event: &Event<'_>| match event {
///         Event::Spawned { pid, place, .. } => eprintln!("{place}: {pid} runs"),
///         Event::Ended { report, .. } => eprintln!("{:?} took {:?}", report.pid, report.user + report.system),
///         Event::Warning { message, .. } => eprintln!("{message}"),
///         _ => {}
///     })
///     .build()?;
/// engine.session().run(&engine.script("job", "ls | wc -l")?).read()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A program has been started. It may have ended by now, but its process ID is not reused before this returns.
    #[non_exhaustive]
    Spawned {
        /// Its process ID.
        pid: i32,
        /// Its arguments with its name.
        argv: &'a [Vec<u8>],
        /// The command in the script.
        place: Place<'a>,
        /// The number of captures and stages of the interpreter that enclose it.
        depth: usize,
        /// Whether it was started under `with detach=true`, or replaces this process: its end is not reported.
        detached: bool,
        /// The turn of a loop side by side that it belongs to, from 1; of several the innermost.
        turn: Option<u64>,
    },
    /// A program has ended, and its whole pipeline with it.
    #[non_exhaustive]
    Ended {
        /// How it ended, and the resources that it used.
        report: &'a StageReport,
        /// As at its start.
        depth: usize,
        /// The turn of a loop side by side that it belongs to, from 1; of several the innermost.
        turn: Option<u64>,
    },
    /// A builtin is about to run in the interpreter.
    #[non_exhaustive]
    Builtin {
        /// Its name and its arguments.
        argv: &'a [Vec<u8>],
        /// The command in the script.
        place: Place<'a>,
        /// The number of captures and stages of the interpreter that enclose it.
        depth: usize,
        /// The turn of a loop side by side that it belongs to, from 1; of several the innermost.
        turn: Option<u64>,
    },
    /// A file is about to be opened for a redirection.
    #[non_exhaustive]
    Redirected {
        /// The operator: `<`, `>`, `>>` or `<>`.
        operator: &'static str,
        /// The file, as the script names it.
        path: &'a [u8],
        /// The redirection's target in the script.
        place: Place<'a>,
        /// The number of captures and stages of the interpreter that enclose it.
        depth: usize,
        /// The turn of a loop side by side that it belongs to, from 1; of several the innermost.
        turn: Option<u64>,
    },
    /// A sandbox is about to begin, for the programs of a block or of the whole run.
    #[non_exhaustive]
    Sandbox {
        /// The options that say what it leaves open, such as `read=["/usr"]`.
        open: &'a [String],
        /// The first of them in the script.
        place: Place<'a>,
        /// The number of captures and stages of the interpreter that enclose it.
        depth: usize,
        /// The turn of a loop side by side that it belongs to, from 1; of several the innermost.
        turn: Option<u64>,
    },
    /// A pipeline has ended, including one of a single command and one without programs, but not a detached one.
    #[non_exhaustive]
    Pipeline {
        /// How its stages ended.
        report: &'a PipelineReport<'a>,
        /// The number of captures and stages of the interpreter that enclose it.
        depth: usize,
        /// The turn of a loop side by side that it belongs to, from 1; of several the innermost.
        turn: Option<u64>,
    },
    /// A turn of a loop side by side has been started.
    #[non_exhaustive]
    TurnStarted {
        /// The place of its item in the input, from 1.
        number: u64,
        /// Its item, shortened and without control characters.
        item: &'a str,
        /// The loop in the script.
        place: Place<'a>,
    },
    /// A turn of a loop side by side has ended, and all its output has been read.
    #[non_exhaustive]
    TurnEnded {
        /// The place of its item in the input, from 1.
        number: u64,
        /// Its item, as at its start.
        item: &'a str,
        /// How it ended.
        end: TurnEnd,
        /// The loop in the script.
        place: Place<'a>,
    },
    /// A loop side by side, or a block with `progress=`, has made progress. Sent at most five times a second, and
    /// at the end.
    #[non_exhaustive]
    Progress {
        /// The progress so far.
        progress: &'a Progress,
        /// The loop or block in the script.
        place: Place<'a>,
        /// The number of captures and stages of the interpreter that enclose it.
        depth: usize,
    },
    /// An instance of a service was started, is ready, or was given up. Sent by the thread that supervises services.
    #[non_exhaustive]
    Service {
        /// The name of the service's variable, or `service`.
        name: &'a str,
        /// The number of the instance, from 0.
        instance: usize,
        /// What has happened.
        change: ServiceChange,
        /// The service in the script.
        place: Place<'a>,
    },
    /// A message on standard error that is not a failure: a retry, a process that was left behind and ended, a
    /// deferred block that failed during another failure.
    #[non_exhaustive]
    Warning {
        /// A sentence, without a line end.
        message: &'a str,
    },
}

/// What has happened to an instance of a service: see [`Event::Service`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceChange {
    /// A run of it is about to be started.
    #[non_exhaustive]
    Started {
        /// How many times it was started before.
        restarts: u64,
    },
    /// Its run is ready.
    Ready,
    /// It failed too often, and the service with it.
    GivenUp,
}

/// How a turn of a loop side by side ended.
///
/// ```
/// use pipewright::{Engine, Event, TurnEnd};
/// use std::sync::{Arc, Mutex};
///
/// let ends: Arc<Mutex<Vec<TurnEnd>>> = Arc::default();
/// let seen = ends.clone();
/// let observer = move |event: &Event<'_>| {
///     if let Event::TurnEnded { end, .. } = event {
///         seen.lock().unwrap().push(*end);
///     }
/// };
/// let engine = Engine::builder().observer(observer).build()?;
/// let script = engine.script("t", "for n in (1..=2) with jobs=2 { echo $n }")?;
/// engine.session().run(&script).capture()?;
/// assert_eq!(*ends.lock().unwrap(), [TurnEnd::Succeeded; 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TurnEnd {
    /// It reached its end.
    Succeeded,
    /// A command in it failed, or a value was wrong.
    Failed,
    /// It left the loop with `break`.
    Left,
    /// The loop ended it, because an earlier turn left the loop, another turn failed, or the run ends.
    Stopped,
}

/// The progress of a loop side by side or a block: see [`Event::Progress`].
///
/// ```
/// use pipewright::{Engine, Event};
/// use std::sync::{Arc, Mutex};
///
/// let last = Arc::new(Mutex::new(None));
/// let kept = last.clone();
/// let engine = Engine::builder()
///     .observer(move |event: &Event<'_>| {
///         if let Event::Progress { progress, .. } = event {
///             *kept.lock().unwrap() = Some((progress.done, progress.total));
///         }
///     })
///     .build()?;
/// let script = engine.script("job", "for n in 1 2 3 with jobs=2, progress=true { true }");
/// engine.session().run(&script?).status()?;
/// assert_eq!(*last.lock().unwrap(), Some((3, Some(3))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of turns that have ended, including the items that `resume=` skipped; 0 for a block.
    pub done: u64,
    /// The number of items, if it is known.
    pub total: Option<u64>,
    /// The number of running turns.
    pub running: usize,
    /// The number of failed turns.
    pub failed: u64,
    /// The number of turns that end per second.
    pub rate: Option<f64>,
    /// The part of the work that is done, from 0 to 1, if it is known.
    pub part: Option<f64>,
    /// The time that the rest will take at this rate.
    pub left: Option<Duration>,
    /// The item of the turn that has run longest, or the program or file of a block.
    pub oldest: Option<String>,
}

impl Progress {
    pub(in crate::eval) fn of(snapshot: &Snapshot) -> Self {
        match snapshot {
            Snapshot::Loop(state) => Self {
                done: state.done,
                total: state.total,
                running: state.running,
                failed: state.failed,
                rate: state.rate,
                part: state
                    .total
                    .map(|total| if total == 0 { 1.0 } else { state.done as f64 / total as f64 }),
                left: state.left,
                oldest: state.oldest.as_ref().map(|(item, _)| item.clone()),
            },
            Snapshot::Program { name, part, .. } => Self {
                done: 0,
                total: None,
                running: 1,
                failed: 0,
                rate: None,
                part: part.map(|part| part.done),
                left: part.and_then(|part| part.left),
                oldest: Some(name.clone()),
            },
        }
    }
}

/// A place in a script. It is shown as `FILE:LINE:COLUMN`, counted from 1, with the column in characters.
///
/// ```
/// use pipewright::{Engine, Event};
/// use std::sync::{Arc, Mutex};
///
/// let places = Arc::new(Mutex::new(Vec::new()));
/// let list = places.clone();
/// let engine = Engine::builder()
///     .observer(move |event: &Event<'_>| {
///         if let Event::Spawned { place, .. } = event {
///             list.lock().unwrap().push((place.to_string(), place.name().to_owned(), place.span().range()));
///         }
///     })
///     .build()?;
/// engine.session().run(&engine.script("job", "true\ncat")?).status()?;
/// assert_eq!(*places.lock().unwrap(), [("job:2:1".to_owned(), "job".to_owned(), 5..8)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub(in crate::eval) source: &'a Source,
    pub(in crate::eval) span: Span,
}

impl<'a> Place<'a> {
    /// Returns the name of the script, or of the file that it uses, in messages.
    pub fn name(&self) -> &'a str {
        self.source.name()
    }

    /// Returns the bytes of its text.
    pub fn span(&self) -> Span {
        self.span
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source.position(self.span.start as usize))
    }
}

/// How a pipeline ended.
///
/// ```
/// use pipewright::{Engine, Event};
/// use std::sync::{Arc, Mutex};
///
/// // What took its time, for a log.
/// let slow = Arc::new(Mutex::new(Vec::new()));
/// let list = slow.clone();
/// let engine = Engine::builder()
///     .observer(move |event: &Event<'_>| {
///         if let Event::Pipeline { report, .. } = event
///             && report.wall().as_millis() >= 20
///         {
///             list.lock().unwrap().push((report.place().to_string(), report.status()));
///         }
///     })
///     .build()?;
/// engine.session().run(&engine.script("job", "echo quick\nsh -c 'sleep 0.03' | cat")?).read()?;
/// assert_eq!(*slow.lock().unwrap(), [("job:2:1".to_owned(), 0)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PipelineReport<'a> {
    pub(in crate::eval) stages: Vec<StageReport>,
    pub(in crate::eval) place: Place<'a>,
}

impl<'a> PipelineReport<'a> {
    /// Returns its stages in order, whether or not they are programs.
    pub fn stages(&self) -> &[StageReport] {
        &self.stages
    }

    /// Returns its place.
    pub fn place(&self) -> Place<'a> {
        self.place
    }

    /// Returns the time from its first start to its last end, by the system clock.
    pub fn wall(&self) -> Duration {
        let began = self.stages.iter().map(|stage| stage.began).min();
        let ended = self.stages.iter().map(|stage| stage.began + stage.wall).max();
        began.zip(ended).and_then(|(began, ended)| ended.duration_since(began).ok()).unwrap_or_default()
    }

    /// Returns its status, that of the last stage that failed; 0 if none did (`pipefail` of POSIX.1-2024, 2.14.4).
    pub fn status(&self) -> u8 {
        let failed = self.stages.iter().rev().find(|stage| !stage.end.is_success());
        failed.map_or(0, |stage| stage.end.status())
    }
}

/// The observers of a run.
#[derive(Clone, Default)]
pub struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    /// Adds an observer.
    pub fn add(&mut self, observer: Arc<dyn Observer>) {
        self.0.push(observer);
    }

    pub(in crate::eval) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::eval) fn event(&self, event: &Event<'_>) {
        for observer in &self.0 {
            // A bug in an observer must not fail the script, since the processes of the script have to be awaited.
            // The panic itself has printed its message.
            let _ = catch_unwind(AssertUnwindSafe(|| observer.event(event)));
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Observers({})", self.0.len())
    }
}
