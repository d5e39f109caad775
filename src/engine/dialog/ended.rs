//! How an entry ended, and what becomes of jobs.

use super::Job;
use crate::engine::Error;
use crate::process::Signal;
use crate::value::Value;

/// How an entry ended, or a job.
///
/// ```
/// use pipewright::Session;
/// use pipewright::dialog::{Dialog, Ended};
///
/// /// The status that a shell would give it.
/// fn status(ended: &Ended) -> u8 {
///     match ended {
///         Ended::Failed(error) => error.exit_code(),
///         Ended::Exit(status) => *status,
///         Ended::Signal(signal) => 128 + signal.number() as u8,
///         _ => 0,
///     }
/// }
///
/// let mut dialog = Dialog::new(Session::new())?;
/// let mut enter = |text| Ok::<u8, pipewright::ParseError>(status(&dialog.run(dialog.check("1", text)?)));
/// assert_eq!((enter("true")?, enter("sh -c 'exit 4'")?, enter("exit 5")?), (0, 4, 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Ended {
    /// With the value of the call that it ends with, else null.
    Value(Value),
    /// By a failure.
    Failed(Error),
    /// By `exit` with this status: the dialog is over.
    Exit(u8),
    /// By a signal.
    Signal(Signal),
    /// Not at all: it is suspended, and a job from now on. Only at a terminal that the dialog has.
    Suspended(Job),
}

/// What has become of a job beside: see [`Dialog::news`](super::Dialog::news).
///
/// ```
/// use pipewright::Session;
/// use pipewright::dialog::{Dialog, Ended, News};
///
/// let mut dialog = Dialog::new(Session::new())?;
/// dialog.run(dialog.check("1", "sh -c 'exit 3' &")?);
/// let (job, news) = loop {
///     if let Some(news) = dialog.news().pop() {
///         break news;
///     }
/// };
/// assert_eq!((job.number(), &*job.text()), (1, "sh -c 'exit 3'"));
/// assert!(matches!(news, News::Ended(Ended::Failed(error)) if error.exit_code() == 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum News {
    /// It has ended, and is no job any more.
    Ended(Ended),
    /// It is suspended.
    Suspended,
    /// Somebody else has continued it.
    Continued,
}
