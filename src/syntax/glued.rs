//! `{echo hi}` and `{}` in the place of a block: as in sh, each is one word.

use super::line_at;
use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

/// Words that a block follows directly.
const BEFORE_BLOCK: &[&str] =
    &["try", "defer", "else", "spawn", "capture", "lines", "bytes", "json", "&&", "||", "|"];
/// Words that begin a statement whose head ends at a block.
const HEADS: &[&str] = &["if", "while", "for", "with", "fn", "match", "each", "catch", "on"];

/// Returns the error for a block's brace without a blank before the next word, on the line of this
/// place.
pub fn page(source: &Arc<Source>, at: usize) -> Option<Box<Diagnostic>> {
    let (start, line) = line_at(source.text(), at);
    let open = line.match_indices('{').map(|(open, _)| open).find(|open| is_glued(line, *open))?;
    let empty = line[open..].starts_with("{}");
    let message = if empty { "`{}` is one word" } else { "the `{` of a block is followed by a blank" };
    let label = if empty { "not an empty block" } else { "one word with what follows" };
    let span = Span::new(start + open, start + open + if empty { 2 } else { 1 });
    let error = Diagnostic::new(code::SYNTAX, message).at(source, span, label);
    Some(Box::new(error.help(format!("write: {}", spaced(line.trim_end(), open).trim_start()))))
}

fn is_glued(line: &str, open: usize) -> bool {
    let (before, after) = (&line[..open], &line[open + 1..]);
    let stands_apart = before.is_empty() || before.ends_with([' ', '\t']);
    let quoted = before.matches('"').count() % 2 == 1 || before.matches('\'').count() % 2 == 1;
    if !stands_apart || quoted || after.is_empty() || after.starts_with([' ', '\t']) {
        return false;
    }
    let word = after.split([' ', '\t', ';']).next().unwrap_or_default();
    if word.contains('}') && (word.contains(',') || word.contains("..")) {
        return false;
    }
    let before = before.trim_end();
    let last = before.rsplit([' ', '\t']).next().unwrap_or_default();
    let statement = before.rsplit([';', '{', '}', '|', '&']).next().unwrap_or_default().trim_start();
    let first = statement.split([' ', '\t']).next().unwrap_or_default();
    before.ends_with(')') || BEFORE_BLOCK.contains(&last) || HEADS.contains(&first)
}

/// Returns the line with blanks inside the braces.
fn spaced(line: &str, open: usize) -> String {
    let (before, inside) = (&line[..open], &line[open + 1..]);
    match inside.rfind('}') {
        Some(close) => {
            let (body, rest) = (inside[..close].trim(), &inside[close + 1..]);
            let body = if body.is_empty() { String::new() } else { format!("{body} ") };
            format!("{before}{{ {body}}}{rest}")
        }
        None => format!("{before}{{ {inside}"),
    }
}
