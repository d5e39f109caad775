//! Stopping a run from elsewhere.

use crate::process::{Interrupt, Signal};
use std::io;

/// Stops the runs that were given it, from any thread: their processes get SIGTERM, and after the grace SIGKILL; what
/// the scripts deferred runs. Clones are the same token.
///
/// ```
/// use pipewright::{CancelToken, ErrorKind, Script, Session};
///
/// let script = Script::parse("wait", "sleep 60")?;
/// let token = CancelToken::new()?;
/// let other = token.clone();
/// std::thread::spawn(move || other.cancel());
/// let error = Session::new().run(&script).cancel(&token).status().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Cancelled);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CancelToken(pub(super) Interrupt);

impl CancelToken {
    /// A new one.
    ///
    /// # Errors
    /// `EMFILE` when no descriptor is left (eventfd(2)).
    pub fn new() -> io::Result<Self> {
        Interrupt::new().map(Self)
    }

    /// One that is cancelled with this one, or alone.
    ///
    /// # Errors
    /// As of [`CancelToken::new`].
    ///
    /// ```
    /// use pipewright::CancelToken;
    ///
    /// let (all, mut requests) = (CancelToken::new()?, Vec::new());
    /// for _ in 0..2 {
    ///     requests.push(all.child()?);
    /// }
    /// requests[0].cancel();
    /// assert!(requests[0].is_cancelled() && !requests[1].is_cancelled() && !all.is_cancelled());
    /// all.cancel();
    /// assert!(requests[1].is_cancelled());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn child(&self) -> io::Result<Self> {
        self.0.child().map(Self)
    }

    /// Stops the runs. A second call kills what does not end, as a second Ctrl-C does.
    pub fn cancel(&self) {
        self.0.raise(Signal::TERM);
    }

    /// Whether it has been cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.raised().is_some()
    }
}
