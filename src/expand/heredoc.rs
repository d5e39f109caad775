//! The layout of texts of several lines: here-documents (POSIX 2.7.4) and `"""` strings.
//!
//! What is taken away (the tabs of `<<-`, the indentation of `"""`) is never cut out of the text, since the
//! interpolations in it must keep their true places for messages: the answer is the list of ranges of the
//! source that make up the text.

use memchr::{memchr, memrchr};
use std::ops::Range;

/// A here-document in a source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HereDoc {
    /// The body: whole lines, the delimiter's not among them.
    pub body: Range<usize>,
    /// Where the source goes on: after the delimiter's line.
    pub end: usize,
}

/// Finds the here-document whose body begins at `start` (a line's start) and ends before the line that is
/// `delimiter`.
///
/// `strip` is that of `<<-`: tabs may stand before the delimiter. `raw` is true when the delimiter was quoted;
/// when it was not, a line that ends in a backslash goes on in the next one.
/// `None` when the source ends first (sh takes it as it is; a script cut short should not run).
pub fn find(source: &[u8], start: usize, delimiter: &[u8], strip: bool, raw: bool) -> Option<HereDoc> {
    let mut body = start..start;
    // How much of the delimiter the line so far is; sh joins continued lines before it compares.
    let mut same = None;
    for line in (Lines { source, at: start, raw, continued: false }) {
        if line.first {
            body.end = line.start;
            same = Some(0);
        }
        let text = match same {
            Some(0) if strip => without_tabs(&source[line.text()]),
            _ => &source[line.text()],
        };
        same = same.filter(|&len| delimiter[len..].starts_with(text)).map(|len| len + text.len());
        if line.last && same == Some(delimiter.len()) {
            return Some(HereDoc { body, end: line.next });
        }
    }
    None
}

/// The text of the body of a `<<-`: the ranges of `source` between the leading tabs of its lines.
///
/// Tabs at the start of a line that is the continuation of another are kept, unless nothing but tabs stands
/// before them, for sh joins the lines first (POSIX.1-2024, 2.7.4).
pub fn strip_tabs(source: &[u8], body: Range<usize>, raw: bool) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut leading = true;
    for line in (Lines { source: &source[..body.end], at: body.start, raw, continued: false }) {
        leading |= line.first;
        let text = &source[line.text()];
        let rest = if leading { without_tabs(text) } else { text };
        leading &= rest.is_empty();
        push(&mut ranges, line.start + (text.len() - rest.len())..line.next);
    }
    ranges
}

/// Why a `"""` string has no layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutError {
    /// The bytes of the source to blame.
    pub range: Range<usize>,
    /// What is wrong and what to write.
    pub message: String,
}

/// The text of a `"""` string: the ranges of `source` that make it up, where `inside` is what stands between
/// the quotes.
///
/// The text begins on the line after the opening quotes and ends before the line of the closing ones, whose
/// indentation is taken from each line. Lines of blanks alone may have less.
///
/// # Errors
/// Text on the line of the quotes, and a line with less or other indentation than the closing quotes.
pub fn dedent(source: &[u8], inside: Range<usize>) -> Result<Vec<Range<usize>>, LayoutError> {
    let text = &source[inside.clone()];
    let fail = |range: Range<usize>, message: &str| Err(LayoutError { range, message: message.to_owned() });
    let (Some(first), Some(last)) = (memchr(b'\n', text), memrchr(b'\n', text)) else {
        return fail(inside, "the text of a \"\"\" string stands on lines of its own");
    };
    if first != blanks(&text[..first]) {
        let range = inside.start..inside.start + first;
        return fail(range, "the text begins on the line after the opening \"\"\"");
    }
    let indent = &text[last + 1..];
    if indent.len() != blanks(indent) {
        let range = inside.start + last + 1 + blanks(indent)..inside.end;
        return fail(range, "the closing \"\"\" stands on a line of its own");
    }
    let mut ranges = Vec::new();
    let mut at = first + 1;
    while at <= last {
        let end = at + memchr(b'\n', &text[at..]).unwrap_or(text.len() - at);
        let line = &text[at..end];
        let skip = if line.starts_with(indent) {
            indent.len()
        } else if blanks(line) == line.len() {
            line.len()
        } else {
            let range = inside.start + at..inside.start + at + blanks(line).max(1);
            return fail(range, "this line is not indented as the closing \"\"\" is");
        };
        // The line end before the closing quotes belongs to them.
        let stop = if end == last { end } else { end + 1 };
        push(&mut ranges, inside.start + at + skip..inside.start + stop);
        at = end + 1;
    }
    Ok(ranges)
}

/// Adds a range, as the end of the last one if it follows it.
fn push(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        _ if range.is_empty() => {}
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

fn without_tabs(line: &[u8]) -> &[u8] {
    &line[line.iter().take_while(|&&byte| byte == b'\t').count()..]
}

fn blanks(line: &[u8]) -> usize {
    line.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count()
}

/// The lines of a source, one after the other.
struct Lines<'a> {
    source: &'a [u8],
    /// Where the next line begins.
    at: usize,
    raw: bool,
    continued: bool,
}

/// A line as it stands in the source.
struct Line {
    start: usize,
    /// Where its text ends, before the line end and the backslash of a continuation.
    end: usize,
    /// Where the next one begins.
    next: usize,
    /// Whether it begins a line of the text, and ends one, after continued lines are joined.
    first: bool,
    last: bool,
}

impl Line {
    fn text(&self) -> Range<usize> {
        self.start..self.end
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let start = self.at;
        if start >= self.source.len() {
            return None;
        }
        let end = memchr(b'\n', &self.source[start..]).map_or(self.source.len(), |len| start + len);
        let backslashes = self.source[start..end].iter().rev().take_while(|&&byte| byte == b'\\').count();
        let continues = !self.raw && backslashes % 2 == 1;
        let first = !std::mem::replace(&mut self.continued, continues);
        self.at = (end + 1).min(self.source.len());
        Some(Line { start, end: end - usize::from(continues), next: self.at, first, last: !continues })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::testing::{Choices, run_shell};

    fn joined(source: &[u8], ranges: &[Range<usize>]) -> Vec<u8> {
        ranges.iter().flat_map(|range| source[range.clone()].to_vec()).collect()
    }

    #[test]
    fn bodies_are_those_of_sh() {
        let items = ["\t", "\t", "a", " ", "E\\\nOF\n", "EOF", "\\\n", "\\\\", "\n", "\n", "\nEOF\n", "\n\tEOF\n"];
        let mut choices = Choices::new(11);
        for shell in [&["dash"][..], &["bash"]] {
            for (strip, raw) in [(false, false), (false, true), (true, false), (true, true)] {
                let cases: Vec<_> = (0..400)
                    .map(|_| [choices.text(&items, 10), b"\nEOF\n".to_vec()].concat())
                    // What follows the body would run as commands.
                    .filter(|case| find(case, 0, b"EOF", strip, raw).is_some_and(|doc| doc.end == case.len()))
                    // dash keeps the backslash of a line that has nothing else.
                    .filter(|case| shell == ["bash"] || !case.split(|&c| c == b'\n').any(|l| l.ends_with(b"\\")))
                    .collect();
                assert!(cases.len() > 50);
                let mut script = Vec::new();
                for case in &cases {
                    script.extend_from_slice(if strip { b"cat <<-" } else { b"cat <<" });
                    script.extend_from_slice(if raw { b"'EOF'\n" } else { b"EOF\n" });
                    script.extend_from_slice(case);
                    script.extend_from_slice(b"printf '\\0'\n");
                }
                let answer = run_shell(shell, &script, std::path::Path::new("/"));
                for (case, expected) in cases.iter().zip(answer.split(|&byte| byte == 0)) {
                    let doc = find(case, 0, b"EOF", strip, raw).expect("found above");
                    let mut got = match strip {
                        true => joined(case, &strip_tabs(case, doc.body, raw)),
                        false => case[doc.body].to_vec(),
                    };
                    if !raw {
                        got = unescape(&got);
                    }
                    let place = case.escape_ascii();
                    assert_eq!(got.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{place}");
                }
            }
        }
    }

    /// What sh does with the backslashes of these bodies.
    fn unescape(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < text.len() {
            match text[at..] {
                [b'\\', b'\n', ..] => at += 2,
                [b'\\', b'\\', ..] => {
                    out.push(b'\\');
                    at += 2;
                }
                _ => {
                    out.push(text[at]);
                    at += 1;
                }
            }
        }
        out
    }

    #[test]
    fn a_body_without_its_end_is_not_found() {
        assert_eq!(find(b"a\nb\n", 0, b"EOF", false, false), None);
        assert_eq!(find(b"a\nEOF", 0, b"EOF", false, false), Some(HereDoc { body: 0..2, end: 5 }));
        assert_eq!(find(b"EOF\nx", 0, b"EOF", false, false), Some(HereDoc { body: 0..0, end: 4 }));
        assert_eq!(find(b"", 0, b"EOF", false, false), None);
        assert_eq!(find(b"a\n\tEOF\n", 0, b"EOF", false, false), None);
        assert_eq!(find(b"a\\\nEOF\n", 0, b"EOF", false, false), None);
        assert_eq!(find(b"a\n\nb", 0, b"", false, false), Some(HereDoc { body: 0..2, end: 3 }));
    }

    #[test]
    fn dedent_takes_the_indentation_of_the_closing_quotes() {
        let text = |source: &[u8]| dedent(source, 0..source.len()).map(|ranges| joined(source, &ranges));
        assert_eq!(text(b"\n  a\n    b\n  "), Ok(b"a\n  b".to_vec()));
        assert_eq!(text(b"\na\n"), Ok(b"a".to_vec()));
        assert_eq!(text(b"\n"), Ok(b"".to_vec()));
        assert_eq!(text(b"\n  "), Ok(b"".to_vec()));
        assert_eq!(text(b"\n\n"), Ok(b"".to_vec()));
        assert_eq!(text(b"\n\n\n  "), Ok(b"\n".to_vec()));
        assert_eq!(text(b"\n  a\n\n \n  b\n  "), Ok(b"a\n\n\nb".to_vec()));
        assert_eq!(text(b" \t\n\ta  \n\t"), Ok(b"a  ".to_vec()));
        assert_eq!(text(b"\n  a\n\n  "), Ok(b"a\n".to_vec()));
    }

    #[test]
    fn dedent_points_at_what_is_wrong() {
        let error = |source: &[u8]| dedent(source, 0..source.len()).expect_err("refused").range;
        assert_eq!(error(b"abc"), 0..3);
        assert_eq!(error(b"abc\n  "), 0..3);
        assert_eq!(error(b"\n  a\n  b"), 7..8);
        assert_eq!(error(b"\n    a\n  b\n    "), 7..9);
        assert_eq!(error(b"\na\n    "), 1..2);
        assert_eq!(error(b"\n\ta\n    "), 1..2);
    }

    #[test]
    fn ranges_are_places_in_the_whole_source() {
        let source = b"let s = \"\"\"\n  a $x\n  b\n  \"\"\"\n";
        let ranges = dedent(source, 11..25).unwrap();
        assert_eq!(ranges, [14..19, 21..22]);
        assert_eq!(joined(source, &ranges), b"a $x\nb");
        assert_eq!(strip_tabs(b"x\n\ta\nb\n", 2..7, false), [3..7]);
    }
}
