//! Where there is no way to see the end of a process that is no child: no watcher.

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
