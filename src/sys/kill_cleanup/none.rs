//! Where nobody has written how one is made: no watcher.

use std::io;

/// Starts none.
///
/// # Errors
/// Always `Unsupported`.
pub fn start() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is none to end.
pub fn end() {}

/// There is none.
pub fn shares_memory() -> bool {
    false
}

/// There is nothing to do.
pub fn stand_apart() {}
