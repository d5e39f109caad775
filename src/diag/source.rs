//! A source text with its name, and the conversion of byte offsets to lines and columns.

use crate::span::Span;
use std::fmt;
use std::sync::OnceLock;

/// A text that diagnostics point into: a script, a line typed at the prompt, a `-c` argument.
///
/// ```
/// use pipewright::diag::Source;
///
/// let source = Source::new("config", "one\ntwo\n");
/// assert_eq!(source.line_col(5), (2, 2));
/// assert_eq!(source.position(5), "config:2:2");
/// ```
pub struct Source {
    name: String,
    text: String,
    /// The original bytes, kept only if some were not UTF-8.
    raw: Option<Box<[u8]>>,
    /// The offset of each line's first byte. Built at the first request: a script that runs without
    /// errors needs none.
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// Creates a source from a text and its name in messages, usually a path.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), raw: None, lines: OnceLock::new() }
    }

    /// Creates a source from a text that may not be UTF-8, for the error about that.
    ///
    /// Every invalid byte is one `?` in [`Source::text`] and is shown as `\xNN` in excerpts. It is
    /// replaced byte for byte, because U+FFFD takes three bytes: with it, every offset after the first
    /// invalid byte, and so every caret, would be off.
    ///
    /// ```
    /// use pipewright::diag::Source;
    ///
    /// let source = Source::lossy("notes", b"caf\xe9 au lait");
    /// assert_eq!(source.text(), "caf? au lait");
    /// ```
    pub fn lossy(name: impl Into<String>, bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|_| '?'));
        }
        let raw = (text.as_bytes() != bytes).then(|| bytes.into());
        Self { name: name.into(), text, raw, lines: OnceLock::new() }
    }

    /// Returns the name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the text. Offsets in spans are byte offsets into it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the line and column of a byte offset, both counted from 1, the column in characters (not
    /// bytes, nor screen cells, as in editors). An offset past the end is the end; one within a character
    /// is that of the character.
    pub fn line_col(&self, offset: usize) -> (usize, usize) {
        let offset = floor_boundary(&self.text, offset);
        let (line, start) = self.line_at(offset);
        (line, self.text[start..offset].chars().count() + 1)
    }

    /// Returns `FILE:LINE:COL` of a byte offset, the form of a place in messages and values.
    pub fn position(&self, offset: usize) -> String {
        let (line, column) = self.line_col(offset);
        format!("{}:{line}:{column}", self.name)
    }

    /// Finds the place that [`Source::position`] has returned, up to the end of its line; `None` if it is
    /// not in this text.
    pub(crate) fn place(&self, position: &str) -> Option<Span> {
        let (line, column) = position.strip_prefix(&*self.name)?.strip_prefix(':')?.split_once(':')?;
        let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
        let text = self.text.split('\n').nth(line.checked_sub(1)?)?;
        let start = text.as_ptr() as usize - self.text.as_ptr() as usize;
        let skipped = text.char_indices().nth(column.checked_sub(1)?).map(|(at, _)| at)?;
        Some(Span::new(start + skipped, start + text.trim_end().len()))
    }

    /// Returns the line number, from 1, and the offset of the line's first byte.
    pub(super) fn line_at(&self, offset: usize) -> (usize, usize) {
        let starts = self.lines.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect()
        });
        let line = starts.partition_point(|&start| start as usize <= offset);
        (line, starts.get(line.wrapping_sub(1)).map_or(0, |&start| start as usize))
    }

    /// Returns the byte at an offset if it was not UTF-8.
    pub(super) fn invalid_byte(&self, offset: usize) -> Option<u8> {
        let &byte = self.raw.as_ref()?.get(offset)?;
        (byte >= 0x80 && self.text.as_bytes().get(offset) == Some(&b'?')).then_some(byte)
    }
}

/// Returns the nearest character boundary at or before an offset. (The standard library's needs Rust
/// 1.91.)
pub(crate) fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Returns the nearest character boundary at or after an offset, or the end.
pub(super) fn ceil_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// Only the name and the size: a failed assertion must not print a whole script.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?}, {} bytes)", self.name, self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_leads_back_to_its_place() {
        let source = Source::new("x:1.pw", "ab\n  é fail x \n");
        let start = source.text().find("fail").unwrap();
        assert_eq!(source.place(&source.position(start)), Some(Span::new(start, start + 6)));
        for other in ["", "x:1.pw", "y.pw:1:1", "x:1.pw:0:1", "x:1.pw:9:1", "x:1.pw:1:9", "x:1.pw:a:b"] {
            assert_eq!(source.place(other), None, "{other}");
        }
    }

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let source = Source::new("x.pw", "ab\né漢z\n\nlast");
        assert_eq!(source.line_col(0), (1, 1));
        assert_eq!(source.line_col(2), (1, 3)); // the line end belongs to its line
        assert_eq!(source.line_col(3), (2, 1));
        assert_eq!(source.line_col(5), (2, 2)); // after é
        assert_eq!(source.line_col(6), (2, 2)); // within 漢
        assert_eq!(source.line_col(8), (2, 3));
        assert_eq!(source.line_col(10), (3, 1));
        assert_eq!(source.line_col(11), (4, 1));
        assert_eq!(source.line_col(usize::MAX), (4, 5));
        assert_eq!(Source::new("", "").line_col(7), (1, 1));
    }

    #[test]
    fn invalid_bytes_keep_their_offsets() {
        let source = Source::lossy("x.pw", b"a\xff\xe6\xbc?z\xe6\xbc\xa2");
        assert_eq!(source.text(), "a????z漢");
        assert_eq!(source.invalid_byte(1), Some(0xff));
        assert_eq!(source.invalid_byte(3), Some(0xbc));
        assert_eq!(source.invalid_byte(4), None); // a question mark that was one
        assert_eq!(source.invalid_byte(6), None);
        assert_eq!(source.line_col(5), (1, 6));
        assert_eq!(Source::lossy("x.pw", b"plain").invalid_byte(0), None);
    }
}
