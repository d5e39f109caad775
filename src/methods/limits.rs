//! How much a method may make, known before the memory is asked for.
//!
//! Scenario: `"-".repeat(width)` where `width` is a byte count that a program printed by mistake. That is an
//! error of the script, not the end of all processes of the machine.

use super::{MethodError, Outcome};
use crate::diag::code;

/// The bytes of a string: as many as a capture may hold.
pub const BYTES: usize = 256 << 20;

/// The elements of a list or map. A value is 16 bytes.
pub const ITEMS: usize = BYTES / 16;

/// Refuses a string of more than [`BYTES`]; `None` is a length that overflowed.
pub fn bytes(method: &str, len: Option<usize>) -> Outcome<usize> {
    match len {
        Some(len) if len <= BYTES => Ok(len),
        _ => Err(MethodError::new(
            code::TOO_LARGE,
            format!("`{method}` would make a string of more than 256M"),
        )),
    }
}

/// Refuses a list or map of more than [`ITEMS`].
pub fn items(method: &str, len: usize) -> Outcome<usize> {
    if len <= ITEMS {
        return Ok(len);
    }
    let message = format!("`{method}` would make more than {ITEMS} elements");
    Err(MethodError::new(code::TOO_LARGE, message)
        .help("go through them without a list: for i in (range) { … }, cmd | each line { … }"))
}
