//! For systems on which a child can't run in the memory of this process beside it: each child is awaited until its
//! program runs.
//!
//! The child would have to make raw system calls, since those of libc write errno, which belongs to a thread of
//! this process. They are implemented for one architecture (`clone3`).

use super::{Request, SpawnError};
use crate::sys::wait::Process;
use std::convert::Infallible;
use std::marker::PhantomData;

/// Never created.
#[derive(Debug)]
pub struct PendingExec<R>(Infallible, PhantomData<R>);

/// Returns the request.
///
/// # Errors
/// Always fails.
pub fn begin<R: Request>(request: R) -> Result<(Process, PendingExec<R>), R> {
    Err(request)
}

impl<R> PendingExec<R> {
    /// Returns the data from which the child is made.
    pub fn request(&self) -> &R {
        match self.0 {}
    }

    /// Returns whether the child has called execve, or has ended.
    pub fn has_left(&self) -> bool {
        match self.0 {}
    }

    /// Waits until the program runs.
    pub fn finish(self) -> (R, Option<SpawnError>) {
        match self.0 {}
    }

    /// Leaves the child's data in place.
    pub fn abandon(self) {
        match self.0 {}
    }
}
