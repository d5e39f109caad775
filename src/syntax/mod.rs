//! Parsing of text to a syntax tree: the scanner of delimiters, the grammar, and the builder of the tree.
//!
//! Nothing here knows a value or resolves a name. The tree borrows from the source and contains no types
//! of the parser, so the check, the formatter and editors see only [`ast`].

pub mod ast;
mod binding;
mod brace_lists;
mod brackets;
mod compound;
mod encoding;
mod explain;
mod expression;
mod foreign_operators;
pub mod from_sh;
mod glued;
// Generated, so not formatted.
#[rustfmt::skip]
mod grammar;
mod here;
mod hidden;
mod hints;
pub mod name;
pub(crate) mod nesting;
mod pattern;
mod pipeline;
mod read;
mod redirected;
mod redirection;
pub(crate) mod scan;
mod tildes;
mod tokens;
mod unended;
mod word;

use crate::diag::{Diagnostic, Source};
use std::sync::Arc;

pub use encoding::{MAX_BYTES as MOST_SOURCE, decode};
pub use foreign_operators::with_own_operators;
pub use hints::operator_elsewhere;

/// Returns the start of the line of a place.
fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Returns the line of a place, up to that place.
fn line_before(text: &str, at: usize) -> &str {
    &text[line_start(text, at)..at]
}

/// Returns the line of a place, and its start.
fn line_at(text: &str, at: usize) -> (usize, &str) {
    let start = line_start(text, at);
    (start, text[start..].lines().next().unwrap_or_default())
}

/// A text, as far as it could be read.
pub struct Parsed<'s> {
    pub script: ast::Block<'s>,
    /// The reason why the reading stopped early, if it did. The part before it is still useful: a form of
    /// sh there is often the cause.
    pub error: Option<Box<Diagnostic>>,
}

/// Reads a whole script.
pub fn parse(source: &Arc<Source>) -> Parsed<'_> {
    parse_from(source, 0)
}

/// Reads a script from the beginning of a line on, with whole statements before it.
pub fn parse_from(source: &Arc<Source>, from: usize) -> Parsed<'_> {
    let text = source.text();
    let empty = || ast::Block { statements: Vec::new(), span: crate::span::Span::new(0, text.len()) };
    if let Err(error) = encoding::check(source) {
        return Parsed { script: empty(), error: Some(error) };
    }
    let scan = scan::scan(text);
    if let Some(problem @ scan::Problem::TooDeep { .. }) = &scan.problem {
        return Parsed { script: empty(), error: Some(brackets::explain(source, problem)) };
    }
    read::script(source, scan, from)
}
