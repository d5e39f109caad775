//! Cancels a run from another thread.

use crate::process::{Interrupt, Signal};
use std::io;

/// A token that cancels the runs it was given to, from any thread: their processes get SIGTERM, and
/// SIGKILL after the grace; deferred blocks run. Clones are the same token.
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
    /// Creates a token.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left (eventfd(2)).
    pub fn new() -> io::Result<Self> {
        Interrupt::new().map(Self)
    }

    /// Creates a token that is cancelled together with this one, or alone.
    ///
    /// # Errors
    /// Fails as [`CancelToken::new`] does.
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

    /// Cancels the runs. A second call kills processes that have not ended, like a second Ctrl-C.
    pub fn cancel(&self) {
        self.0.raise(Signal::TERM);
    }

    /// Returns whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.raised().is_some()
    }
}
