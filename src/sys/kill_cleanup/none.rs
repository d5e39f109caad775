//! For systems without an implementation of the watcher: there is none.

use std::io;

/// Starts none.
///
/// # Errors
/// Always fails with `Unsupported`.
pub fn start() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Does nothing, since there is none.
pub fn end() {}

/// Returns false, since there is none.
pub fn shares_memory() -> bool {
    false
}

/// Does nothing.
pub fn stand_apart() {}
