//! Replacing this process by a program: what a child does between clone and execve, without a child.
//!
//! Other threads end with execve (execve(2)). Signals do again what they did when this process was started.

use super::child::{Shared, become_program};
use super::{Spawn, SpawnError};
use crate::sys::handlers;

/// Becomes a program. Comes back only if that fails; descriptors, signals and the directory may be the program's then.
pub(super) fn replace(request: &Spawn<'_>) -> SpawnError {
    let mut shared = Shared::new(request);
    shared.kept_ignored = handlers::ignored_at_start();
    let Err(failure) = become_program(&mut shared);
    failure
}
