//! The reports of stages.

use super::Signal;
use crate::sys::Pid;
use crate::sys::wait::End;
use std::time::{Duration, SystemTime};

/// How a stage ended.
///
/// ```
/// use pipewright::{Signal, StageEnd};
///
/// let ends = [
///     StageEnd::Exit(1),
///     StageEnd::Signal { signal: Signal::TERM, core: false },
///     // As of `yes` in `yes | head`.
///     StageEnd::PipeClosed,
/// ];
/// assert_eq!(ends.map(StageEnd::status), [1, 143, 0]);
/// assert_eq!(ends.map(StageEnd::is_success), [false, false, true]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StageEnd {
    /// It exited with this status.
    Exit(u8),
    /// A signal ended it.
    Signal {
        /// The signal.
        signal: Signal,
        /// Whether it left a core image.
        core: bool,
    },
    /// SIGPIPE ended it because the next stage had finished. This is not a failure.
    PipeClosed,
    /// It was never started.
    NotStarted,
    /// Its end is unknown: it could not be killed, or the host took its status.
    Abandoned,
}

impl StageEnd {
    /// Judges the signal, not the number 141: a program may also exit with 141.
    pub(super) fn of(end: End, last: bool) -> Self {
        match end {
            End::Signal { signal: Signal::PIPE, .. } if !last => Self::PipeClosed,
            End::Signal { signal, core } => Self::Signal { signal, core },
            End::Exit(status) => Self::Exit(status),
        }
    }

    /// Returns whether it is a success, if only status 0 is accepted.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Exit(0) | Self::PipeClosed)
    }

    /// Returns the status as in sh: 128 and the number of the signal if a signal ended it.
    pub fn status(self) -> u8 {
        match self {
            Self::Exit(status) => status,
            Self::Signal { signal, .. } => 128_u8.saturating_add(signal.number() as u8),
            Self::PipeClosed => 0,
            Self::NotStarted | Self::Abandoned => 255,
        }
    }
}

/// One stage of a pipeline that ran.
///
/// ```
/// use pipewright::{Engine, Event, StageEnd, StageReport};
/// use std::sync::{Arc, Mutex};
///
/// let ended: Arc<Mutex<Vec<StageReport>>> = Arc::default();
/// let list = ended.clone();
/// let engine = Engine::builder()
///     .observer(move |event: &Event<'_>| {
///         if let Event::Ended { report, .. } = event {
///             list.lock().unwrap().push((*report).clone());
///         }
///     })
///     .build()?;
/// let _ = engine.session().run(&engine.script("t", "sh -c 'exit 7' | sort")?).status();
/// let mut ended = ended.lock().unwrap();
/// ended.sort_by_key(|stage| stage.began);
/// assert_eq!(ended[0].argv, [&b"sh"[..], b"-c", b"exit 7"]);
/// assert_eq!((ended[0].end, ended[1].end), (StageEnd::Exit(7), StageEnd::Exit(0)));
/// assert!(ended.iter().all(|stage| stage.pid.is_some() && stage.max_rss > 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageReport {
    /// Its arguments.
    pub argv: Vec<Vec<u8>>,
    /// Its process ID, if it was a process.
    pub pid: Option<Pid>,
    /// The time at which it was started, by the system clock.
    pub began: SystemTime,
    /// The time from its start to its end.
    pub wall: Duration,
    /// Processor time in user mode, including children that it waited for.
    pub user: Duration,
    /// Processor time in the kernel.
    pub system: Duration,
    /// Its peak memory, in bytes; never less than the interpreter held when it started the stage.
    pub max_rss: u64,
    /// How it ended.
    pub end: StageEnd,
    /// Its position in the order of ends, from 0; none if it did not end.
    pub end_order: Option<usize>,
    /// The turn of a loop side by side that it belonged to, from 1.
    pub turn: Option<u64>,
}

impl StageReport {
    /// Returns the report of a stage that was never started.
    ///
    /// ```
    /// use pipewright::{StageEnd, StageReport, tools};
    ///
    /// let report = StageReport::not_started(vec![b"rm".to_vec(), b"a b".to_vec()]);
    /// assert_eq!(report.end, StageEnd::NotStarted);
    /// assert!(tools::process_table(&[report]).contains("rm 'a b'"));
    /// ```
    pub fn not_started(argv: Vec<Vec<u8>>) -> Self {
        Self {
            argv,
            pid: None,
            began: SystemTime::UNIX_EPOCH,
            wall: Duration::ZERO,
            user: Duration::ZERO,
            system: Duration::ZERO,
            max_rss: 0,
            end: StageEnd::NotStarted,
            end_order: None,
            turn: None,
        }
    }
}
