//! `echo "one\ntwo"`: bash prints the backslash, and dash prints a line end.

use super::context::Context;
use super::errors::fits_help;
use super::words::literal;
use crate::builtins::echo::{self, Arg};
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast::{Part, Word, WordKind};

/// Refuses a backslash that `"…"` keeps in an argument of `echo` without `-e`. `words` are the
/// arguments.
pub fn kept_backslash(context: &Context<'_, '_>, command: Span, words: &[Word<'_>]) -> Option<Diagnostic> {
    let kept = words.iter().find_map(|word| first_kept(word, context.text))?;
    let texts: Vec<_> = words.iter().map_while(|word| literal(Some(word))).collect();
    let options = echo::options(texts.iter().map(|text| Arg { text: text.as_bytes(), literal: true }));
    if options.escapes {
        return None;
    }
    let message = "shells disagree about a backslash in an argument of echo";
    let page = context.error(code::SH_ECHO, kept, message, "text in bash, an escape in dash", "");
    let text = &context.text[command.range()];
    let Some(place) = words.get(options.count).map(|word| word.span.start as usize - command.start as usize)
    else {
        return Some(page);
    };
    if !fits_help(text) {
        return Some(page.help("for an escape write echo -e, for a backslash two of them"));
    }
    let (before, rest) = text.split_at(place);
    let escaped = format!("{before}-e {rest}");
    let mut doubled = text.to_owned();
    let mut places: Vec<usize> = Vec::new();
    words.iter().for_each(|word| all_kept(word, context.text, &mut places));
    places.sort_unstable();
    places.dedup();
    for place in places.into_iter().rev() {
        doubled.insert(place - command.start as usize, '\\');
    }
    Some(
        page.help(format!("to print what the escape stands for: {escaped}"))
            .help(format!("to print the backslash: {doubled}")),
    )
}

fn first_kept(word: &Word<'_>, text: &str) -> Option<Span> {
    match &word.kind {
        WordKind::Parts(parts) => parts.iter().find(|part| part.keeps_backslash(text)).map(|part| part.span),
        WordKind::Braces(words) => words.iter().find_map(|word| first_kept(word, text)),
        _ => None,
    }
}

fn all_kept(word: &Word<'_>, text: &str, into: &mut Vec<usize>) {
    let start = |part: &Part<'_>| part.keeps_backslash(text).then_some(part.span.start as usize);
    match &word.kind {
        WordKind::Parts(parts) => into.extend(parts.iter().filter_map(start)),
        WordKind::Braces(words) => words.iter().for_each(|word| all_kept(word, text, into)),
        _ => {}
    }
}
