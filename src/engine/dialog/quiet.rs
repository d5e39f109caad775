//! Lines in a block that is being typed and that need no second check, because nothing depends on them. Only lines
//! that are plain by their letters count; any other line is checked again.

use super::typed::{Look, Typed};

/// Returns the lines of a text, up to a place, that are whole statements of a block, run programs, and neither
/// declare nor change a variable. They are ranges without line ends.
pub(super) fn lines(typed: &Typed, until: usize) -> Vec<std::ops::Range<usize>> {
    let text = &typed.text()[..until];
    let mut marks = typed.marks().iter().peekable();
    let mut found = Vec::new();
    let mut start = 0;
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let range = start..start + line.trim_end().len();
        let words = line.trim();
        let first = start + (line.len() - line.trim_start().len());
        while marks.next_if(|mark| (mark.span.start as usize) < first).is_some() {}
        let begins = marks.peek().is_some_and(|mark| {
            let word = &typed.text()[mark.span.range()];
            let runs = mark.look == Look::Command
                || mark.look == Look::Keyword && matches!(word, "for" | "if" | "while" | "with");
            runs && mark.span.start as usize == first
        });
        if begins && !goes_on && is_plain(words) && is_whole(typed, &range) {
            found.push(range);
        }
        goes_on = words.ends_with(['|', '&', '\\']) || goes_on && words.is_empty();
        start += line.len();
    }
    found
}

/// Returns whether it has none of the letters by which a name is declared, assigned or called, or a line is
/// continued, and no text of several lines.
fn is_plain(words: &str) -> bool {
    let calls = |at: usize| !words[..at].ends_with('$');
    !words.contains(['=', '<', '#', '`'])
        && !words.ends_with(['|', '&', '\\'])
        && !words.match_indices('(').any(|(at, _)| calls(at))
        && !words.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| {
            matches!(
                word,
                "fn" | "let"
                    | "use"
                    | "match"
                    | "try"
                    | "catch"
                    | "else"
                    | "defer"
                    | "on"
                    | "return"
                    | "spawn"
            )
        })
}

/// Returns whether all brackets and quotes in it are closed in it, and it is nested only in blocks.
fn is_whole(typed: &Typed, line: &std::ops::Range<usize>) -> bool {
    let is_in = |at: u32| line.contains(&(at as usize));
    let is_block = |open: crate::span::Span| typed.text()[open.range()] == *"{";
    let around = |open: crate::span::Span| (open.start as usize) < line.start;
    typed.unmatched().is_none()
        && typed.open().iter().all(|open| !is_in(open.start) && (!around(*open) || is_block(*open)))
        && typed.pairs().iter().all(|(open, close)| {
            let encloses = around(*open) && close.start as usize >= line.end;
            is_in(open.start) == is_in(close.start) && (!encloses || is_block(*open))
        })
}
