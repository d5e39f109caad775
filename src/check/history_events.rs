//! `sudo !!`, `ls !$`: events of the history, which bash expands where somebody types.

use super::context::Context;
use crate::diag::{Diagnostic, code};
use crate::syntax::ast::Word;

/// Refuses words that bash would take from its history. As text, `sudo !!` would look for a program `!!`.
pub fn check(context: &Context<'_, '_>, words: &[Word<'_>]) -> Option<Diagnostic> {
    let text = |word: &Word<'_>| &context.text[word.span.range()];
    // `^a^b` is the entry before with b in place of a.
    let changes =
        words.first().filter(|word| text(word).strip_prefix('^').is_some_and(|rest| rest.contains('^')));
    let word = changes.or_else(|| words.iter().find(|word| is_event(text(word))))?;
    let written = &context.text[word.span.range()];
    let help = format!("take an earlier entry by the arrow up; quote it if it is meant as text: '{written}'");
    let message = format!("`{written}` is an event of bash's history");
    Some(context.error(code::SH_HISTORY, word.span, message, "not in Pipewright", &help))
}

/// Returns whether a word as it is written is an event: `!!`, `!$`, `!-2`, `!42`, `!git`. In quotes it is text.
fn is_event(word: &str) -> bool {
    if word.contains(['\'', '"', '\\', '`']) {
        return false;
    }
    let begins = word.strip_prefix('!').is_some_and(|rest| {
        rest.starts_with(|next: char| next.is_ascii_alphanumeric() || "!$^*:-?#".contains(next))
    });
    begins || word.contains("!!") || word.ends_with("!$")
}
