//! Bracket expressions of words: which `[` of unquoted text opens one, and where it ends (POSIX 2.13.1).
//!
//! A grammar would search for the `]` again from each `[`, which takes quadratic time for many that are never
//! closed. Here a search that has failed is not repeated.

use super::ast::{Part, PartKind};
use super::read::Reader;
use crate::span::Span;
use std::borrow::Cow;

impl<'s> Reader<'s> {
    /// Converts `[…]` of unquoted text to patterns. A `[` that opens none is unchanged.
    pub fn brackets(&self, parts: Vec<Part<'s>>) -> Vec<Part<'s>> {
        if !parts.iter().any(|part| matches!(part.kind, PartKind::OpenBracket)) {
            return parts;
        }
        let mut all = Vec::with_capacity(parts.len());
        let mut run: Vec<Part<'s>> = Vec::new();
        for part in parts {
            let unquoted =
                matches!(part.kind, PartKind::Bare(_) | PartKind::Pattern(_) | PartKind::OpenBracket);
            if unquoted {
                run.push(part);
            } else {
                self.run(std::mem::take(&mut run), &mut all);
                all.push(part);
            }
        }
        self.run(run, &mut all);
        all
    }

    /// Handles a run of unquoted parts, which is one piece of the source.
    fn run(&self, run: Vec<Part<'s>>, into: &mut Vec<Part<'s>>) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
        if !run.iter().any(|part| matches!(part.kind, PartKind::OpenBracket)) {
            into.extend(run);
            return;
        }
        let start = first.span.start as usize;
        let text = &self.text[start..last.span.end as usize];
        let bytes = text.as_bytes();
        let piece = |from: usize, to: usize| (Span::new(start + from, start + to), &text[from..to]);
        let mut closes = true;
        let mut literal = 0;
        let mut at = 0;
        let flush = |from: usize, to: usize, into: &mut Vec<Part<'s>>| {
            if from < to {
                let (span, text) = piece(from, to);
                into.push(Part { span, kind: PartKind::Bare(Cow::Borrowed(text.as_bytes())) });
            }
        };
        while at < bytes.len() {
            let end = match bytes[at] {
                b'*' => at + bytes[at..].iter().take_while(|byte| **byte == b'*').count(),
                b'?' => at + 1,
                b'[' => match if closes { class_end(bytes, at) } else { None } {
                    // In bash, a brace in brackets belongs to a brace list, since bash looks for those first.
                    Some(end) if !text[at..end].contains('{') => end,
                    found => {
                        closes = found.is_some();
                        flush(literal, at, into);
                        into.push(Part { span: piece(at, at + 1).0, kind: PartKind::OpenBracket });
                        at += 1;
                        literal = at;
                        continue;
                    }
                },
                _ => {
                    at += 1;
                    continue;
                }
            };
            flush(literal, at, into);
            let (span, text) = piece(at, end);
            into.push(Part { span, kind: PartKind::Pattern(text) });
            at = end;
            literal = end;
        }
        flush(literal, at, into);
    }
}

/// Returns the end of the bracket expression that begins at `[`, after its `]`. A `]` in first place, or after
/// the `!`, is one of its characters, and so is that of a class such as `[:alpha:]`.
fn class_end(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    if matches!(text.get(at), Some(b'!' | b'^')) {
        at += 1;
    }
    if text.get(at) == Some(&b']') {
        at += 1;
    }
    while let Some(&byte) = text.get(at) {
        match (byte, text.get(at + 1)) {
            (b']', _) => return Some(at + 1),
            (b'[', Some(&kind @ (b':' | b'.' | b'='))) => {
                let name = text[at + 2..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                let closing = at + 2 + name;
                let named =
                    name > 0 && text.get(closing) == Some(&kind) && text.get(closing + 1) == Some(&b']');
                at = if named { closing + 2 } else { at + 1 };
            }
            _ => at += 1,
        }
    }
    None
}
