//! Failures of the system, in words.

use std::io;

/// Returns the reason of the kernel, without Rust's ` (os error 2)`: the number adds nothing to the
/// words.
///
/// ```
/// let missing = std::fs::read("/nowhere/at/all").unwrap_err();
/// assert_eq!(pipewright::diag::reason(&missing), "No such file or directory");
/// ```
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_words_alone() {
        let missing = std::fs::read("/nowhere/at/all").expect_err("nothing is there");
        assert_eq!(reason(&missing), "No such file or directory");
        let own = io::Error::new(io::ErrorKind::NotFound, "the path is empty");
        assert_eq!(reason(&own), "the path is empty");
    }
}
