//! Where each program has a descriptor that tells of its end: nobody waits for the signal.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

/// There is none.
#[derive(Debug)]
pub struct ChildSignal(Infallible);

/// Blocks nothing.
pub fn block() {}

/// There is nobody to wake.
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
