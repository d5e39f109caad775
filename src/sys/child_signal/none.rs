//! For systems on which each program has a descriptor that reports its end: no thread waits for the
//! signal.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

/// Never created.
#[derive(Debug)]
pub struct ChildSignal(Infallible);

/// Blocks nothing.
pub fn block() {}

/// Does nothing: no thread waits.
pub(super) fn wake() {}

impl ChildSignal {
    /// Waits for nothing.
    ///
    /// # Errors
    /// None.
    pub fn wait(&self, _: Duration) -> io::Result<bool> {
        match self.0 {}
    }
}
