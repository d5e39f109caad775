//! How an entry ended, and the news of jobs.

use super::Job;
use crate::engine::Error;
use crate::process::Signal;
use crate::value::Value;

/// How an entry or a job ended.
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
    /// It succeeded, with the value of its last call, or null.
    Value(Value),
    /// It failed.
    Failed(Error),
    /// `exit` with this status ended it: the dialog is over.
    Exit(u8),
    /// A signal ended it.
    Signal(Signal),
    /// It did not end: it is suspended, and is a job from now on. This happens only if the dialog has
    /// the terminal.
    Suspended(Job),
}

/// A change of a background job: see [`Dialog::news`](super::Dialog::news).
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
    /// It has ended, and is no longer a job.
    Ended(Ended),
    /// It is suspended.
    Suspended,
    /// Another process has continued it.
    Continued,
}
