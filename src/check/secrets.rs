//! The literals of `secret("…")`, masked in the error pages of the check.
//!
//! A run masks the values with which `secret` was called: only the value shows what is secret, whichever expression
//! produced it. The check runs nothing, and its excerpts show lines of the script, so it masks the literals in them.
//! Both use [`Redactions`].

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

/// Returns the quoted texts after each `secret(`. The text is searched, not the tree: an error of the parser has no
/// tree.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("secret(").filter_map(|(at, call)| {
        let argument = text[at + call.len()..].trim_start().trim_start_matches('$');
        let quote = argument.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let inside = argument.trim_start_matches(quote);
        let end = inside.char_indices().find(|(at, sign)| *sign == quote && !inside[..*at].ends_with('\\'));
        Some(&inside[..end.map_or(inside.len(), |(at, _)| at)])
    })
}
