//! Replacing this process with a program: the work of a child between clone and execve, without a child.
//!
//! Other threads end with execve (execve(2)). Signals have the actions that they had when this process was
//! started.

use super::child::{Shared, become_program};
use super::{Spawn, SpawnError};
use crate::sys::handlers;

/// Becomes a program. Returns only if that fails; descriptors, signals and the directory may then be those
/// of the program.
pub(super) fn replace(request: &Spawn<'_>) -> SpawnError {
    let mut shared = Shared::new(request);
    shared.kept_ignored = handlers::ignored_at_start();
    let Err(failure) = become_program(&mut shared);
    failure
}
