//! The literals of `secret("…")`, masked in the pages of the check.
//!
//! A run masks what `secret` was called with: only the value tells what is secret, whichever expression made it. The check
//! runs nothing, and its excerpts show lines of the script, so it masks what stands there to be read. The two ways meet in
//! [`Redactions`], which masks both alike.

use crate::diag::{Diagnostic, Redactions};

/// Returns the page with the literal secrets of its sources masked.
pub fn mask(page: Diagnostic) -> Diagnostic {
    let redactions = Redactions::default();
    let mut found = false;
    for label in &page.labels {
        for literal in literals(label.source.text()) {
            redactions.add(literal.as_bytes());
            found = true;
        }
    }
    if found { page.redact(&redactions) } else { page }
}

/// Returns the texts in quotes after each `secret(`. The text is searched, not the tree: a page of the parser has none.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("secret(").filter_map(|(at, call)| {
        let argument = text[at + call.len()..].trim_start().trim_start_matches('$');
        let quote = argument.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let inside = argument.trim_start_matches(quote);
        let end = inside.char_indices().find(|(at, sign)| *sign == quote && !inside[..*at].ends_with('\\'));
        Some(&inside[..end.map_or(inside.len(), |(at, _)| at)])
    })
}
