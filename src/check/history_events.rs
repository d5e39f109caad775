//! Events of the history such as `sudo !!` and `ls !$`, which bash expands when a user types them.

use super::context::Context;
use crate::diag::{Diagnostic, code};
use crate::syntax::ast::Word;

/// Refuses words that bash would replace from its history. As text, `sudo !!` would look for a program
/// `!!`.
pub fn check(context: &Context<'_, '_>, words: &[Word<'_>]) -> Option<Diagnostic> {
    let text = |word: &Word<'_>| &context.text[word.span.range()];
    // `^a^b` is the earlier entry with b in place of a.
    let changes =
        words.first().filter(|word| text(word).strip_prefix('^').is_some_and(|rest| rest.contains('^')));
    let word = changes.or_else(|| words.iter().find(|word| is_event(text(word))))?;
    let written = &context.text[word.span.range()];
    let help = format!("take an earlier entry by the arrow up; quote it if it is meant as text: '{written}'");
    let message = format!("`{written}` is an event of bash's history");
    Some(context.error(code::SH_HISTORY, word.span, message, "not in Pipewright", &help))
}

/// Returns whether a word is an event as it is written: `!!`, `!$`, `!-2`, `!42`, `!git`. In quotes it is
/// text.
fn is_event(word: &str) -> bool {
    if word.contains(['\'', '"', '\\', '`']) {
        return false;
    }
    let begins = word.strip_prefix('!').is_some_and(|rest| {
        rest.starts_with(|next: char| next.is_ascii_alphanumeric() || "!$^*:-?#".contains(next))
    });
    begins || word.contains("!!") || word.ends_with("!$")
}
