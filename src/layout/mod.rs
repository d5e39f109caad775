//! The single canonical layout of a script, for `--fmt`. The rules are in docs/FORMAT.md.
//!
//! The text is cut into tokens with the help of the syntax tree, so that words, strings and bodies of
//! here-documents are moved but never changed. The tokens are then printed with the blanks and line ends of the
//! layout. Even if the printer has a bug, a script keeps its meaning: the result is parsed again and must give
//! the same tree.

mod collect;
mod print;
mod token;

use crate::diag::{Diagnostic, Source, code};
use crate::syntax::ast::Block;
use crate::syntax::{Parsed, parse, scan};
use crate::sys::stack;
use std::sync::Arc;
use token::Tokens;

/// Returns the text of a script in the canonical layout.
///
/// # Errors
/// Fails if the text can't be parsed, or, because of a bug, if the result would not mean the same.
pub fn format(source: &Arc<Source>) -> Result<String, Box<Diagnostic>> {
    // Functions walk the tree recursively several times, and a thread of a host may have a small stack.
    stack::with_room(|| format_here(source))
}

fn format_here(source: &Arc<Source>) -> Result<String, Box<Diagnostic>> {
    let script = read(source)?;
    let tokens = tokens(source, &script);
    let formatted = print::print(source.text(), &tokens);
    if formatted == source.text() {
        return Ok(formatted);
    }
    let again = Arc::new(Source::new(source.name(), formatted));
    let same = match read(&again) {
        Ok(script_again) => {
            shape(&script) == shape(&script_again)
                && comments(&tokens) == comments(&self::tokens(&again, &script_again))
        }
        Err(_) => false,
    };
    if !same {
        let message = "the formatted script would not say the same, so it is left as it is";
        return Err(Box::new(Diagnostic::new(code::INTERNAL, message).note(source.name())));
    }
    Ok(again.text().to_owned())
}

fn read(source: &Arc<Source>) -> Result<Block<'_>, Box<Diagnostic>> {
    let Parsed { script, error } = parse(source);
    match error {
        Some(error) => Err(error),
        None => Ok(script),
    }
}

fn tokens<'s>(source: &'s Source, script: &Block<'s>) -> Tokens<'s> {
    let scan = scan::scan(source.text());
    let here_documents = scan.here_documents.iter().map(|here| (here.operator, here.lines));
    collect::tokens(source.text(), script, here_documents)
}

/// Returns a tree as text, without its spans. None means that it can't be written, and is equal to nothing.
fn shape(script: &Block<'_>) -> Option<String> {
    let json = serde_json::to_string(script).ok()?;
    let mut shape = String::with_capacity(json.len() / 2);
    let mut rest = json.as_str();
    // In a string of JSON, quotes are escaped, so this is always a span.
    while let Some(at) = rest.find(r#"{"start":"#) {
        shape.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = rest.find('}').map_or("", |end| &rest[end + 1..]);
    }
    shape.push_str(rest);
    Some(shape)
}

fn comments<'t>(tokens: &'t Tokens<'_>) -> Vec<&'t str> {
    tokens.all.iter().flat_map(|token| &token.comments).map(|comment| comment.text).collect()
}

#[cfg(test)]
mod tests;
