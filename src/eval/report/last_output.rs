//! The last lines that a program beside the script has printed, for the message about its end.

use crate::diag::visible;

/// How many bytes are kept.
const KEPT: usize = 2048;

/// The end of the output of a program.
#[derive(Clone, Debug, Default)]
pub struct LastOutput(Vec<u8>);

impl LastOutput {
    /// Adds what the program has printed.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&bytes[bytes.len().saturating_sub(KEPT)..]);
        // Not with every piece, since the rest moves.
        if self.0.len() > 2 * KEPT {
            self.0.drain(..self.0.len() - KEPT);
        }
    }

    /// Returns up to so many last lines, without control characters.
    pub fn lines(&self, most: usize) -> Option<String> {
        let text = self.0[self.0.len().saturating_sub(KEPT)..].trim_ascii();
        let lines: Vec<String> = text.split(|byte| *byte == b'\n').map(visible).collect();
        (!text.is_empty()).then(|| lines[lines.len().saturating_sub(most)..].join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_escaped() {
        let mut last = LastOutput::default();
        assert_eq!(last.lines(3), None);
        for number in 0..10_000 {
            last.push(format!("line {number}\n").as_bytes());
        }
        last.push(b"\x1b[1mend");
        assert_eq!(last.lines(2).unwrap(), format!("line 9999\n{}", visible(b"\x1b[1mend")));
        assert!(last.0.len() <= 2 * KEPT);
    }
}
