//! The reports of runs.

use super::Error;
use std::time::Duration;

/// The report of a run.
///
/// ```
/// use pipewright::{Script, Session};
///
/// let report = Session::new().run(&Script::parse("t", "sleep 10ms; exit 3")?).status()?;
/// assert_eq!((report.success(), report.status()), (false, 3));
/// assert!(report.wall().as_millis() >= 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) status: u8,
    pub(super) wall: Duration,
}

impl Report {
    /// Returns the status that the binary would exit with: 0 for success.
    pub fn status(&self) -> u8 {
        self.status
    }

    /// Returns whether it succeeded.
    pub fn success(&self) -> bool {
        self.status == 0
    }

    /// Returns the time from its start to its end.
    pub fn wall(&self) -> Duration {
        self.wall
    }
}

/// The output of a run, and its report.
///
/// ```
/// use pipewright::{Script, Session};
///
/// let script = Script::parse("t", "echo out; echo err >&2; exit 3")?;
/// let captured = Session::new().run(&script).capture()?;
/// assert_eq!((&*captured.stdout, &*captured.stderr), (&b"out\n"[..], &b"err\n"[..]));
/// assert_eq!(captured.report.status(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Captured {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// Its report.
    pub report: Report,
    /// The failure, if [`Run::output`](super::Run::output) or [`Running::wait_output`](super::Running::wait_output) was
    /// asked for the output of a script that failed.
    pub failure: Option<Error>,
}
