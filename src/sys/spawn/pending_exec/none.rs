//! Where a child can't go on in our memory beside us: each is awaited until its program runs.
//!
//! What a child does there it must do by raw system calls, since libc's keep errno where our thread has its own. Those
//! are written for one architecture (`clone3`).

use super::{Request, SpawnError};
use crate::sys::wait::Process;
use std::convert::Infallible;
use std::marker::PhantomData;

/// There is none.
#[derive(Debug)]
pub struct PendingExec<R>(Infallible, PhantomData<R>);

/// Gives the request back.
///
/// # Errors
/// Always.
pub fn begin<R: Request>(request: R) -> Result<(Process, PendingExec<R>), R> {
    Err(request)
}

impl<R> PendingExec<R> {
    /// What the child is made from.
    pub fn request(&self) -> &R {
        match self.0 {}
    }

    /// Waits until the program runs.
    pub fn finish(self) -> (R, Option<SpawnError>) {
        match self.0 {}
    }

    /// Leaves what the child works with where it is.
    pub fn abandon(self) {
        match self.0 {}
    }
}
