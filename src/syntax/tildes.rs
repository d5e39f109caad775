//! `~` and `~user` at the starts of words, and in the values of assignments.

use super::ast::*;
use std::borrow::Cow;

/// Returns a `~` at the start of a word, up to its first `/` or its end, if none of it is quoted.
pub(super) fn tilde_of_word(mut parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    let only = parts.len() == 1;
    if let Some(Part { span, kind: PartKind::Bare(text) }) = parts.first()
        && let Some((user, rest)) = tilde(text, only, b"/")
    {
        let span = *span;
        let mut split = vec![Part { span, kind: PartKind::Tilde(user) }];
        if !rest.is_empty() {
            split.push(Part { span, kind: PartKind::Bare(rest) });
        }
        parts.splice(..1, split);
    }
    parts
}

/// Handles a `~` in `NAME=…` before a command, which is also special after each `:`.
pub(super) fn tildes_of_assignment(parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    let mut all = Vec::with_capacity(parts.len());
    let count = parts.len();
    for (index, part) in parts.into_iter().enumerate() {
        let PartKind::Bare(text) = &part.kind else {
            all.push(part);
            continue;
        };
        let mut rest = text.clone();
        let mut at_start = index == 0;
        while !rest.is_empty() {
            if at_start && let Some((user, after)) = tilde(&rest, index + 1 == count, b"/:") {
                all.push(Part { span: part.span, kind: PartKind::Tilde(user) });
                rest = after;
            }
            let end = memchr::memchr(b':', &rest).map_or(rest.len(), |colon| colon + 1);
            at_start = true;
            if end > 0 {
                let (head, tail) = split(&rest, end);
                all.push(Part { span: part.span, kind: PartKind::Bare(head) });
                rest = tail;
            }
        }
    }
    all
}

fn tilde<'s>(text: &Text<'s>, last: bool, ends: &[u8]) -> Option<(Cow<'s, str>, Text<'s>)> {
    if text.first() != Some(&b'~') {
        return None;
    }
    let end = text.iter().position(|byte| ends.contains(byte));
    let end = end.or(last.then_some(text.len()))?;
    let (head, rest) = split(text, end);
    let user = match head {
        Cow::Borrowed(head) => Cow::Borrowed(std::str::from_utf8(&head[1..]).ok()?),
        Cow::Owned(head) => Cow::Owned(String::from_utf8(head).ok()?.split_off(1)),
    };
    Some((user, rest))
}

/// Splits a text in two.
pub(super) fn split<'s>(text: &Text<'s>, at: usize) -> (Text<'s>, Text<'s>) {
    match text {
        Cow::Borrowed(text) => (Cow::Borrowed(&text[..at]), Cow::Borrowed(&text[at..])),
        Cow::Owned(text) => (Cow::Owned(text[..at].to_vec()), Cow::Owned(text[at..].to_vec())),
    }
}
