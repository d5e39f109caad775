//! The check: from the syntax tree to the resolved tree, or to all that is wrong with it, before anything runs.

mod code_slots;
mod expressions;
mod lower;
mod names;
mod patterns;
pub mod program;
mod redirections;
mod scope;
mod sh_habits;
mod truncation;
mod words;

use crate::diag::{Diagnostic, Source};
use crate::span::Span;
use crate::syntax;
use program::Program;
use std::sync::Arc;

/// Reads and checks a script.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text; never empty.
pub fn check(source: &Arc<Source>) -> Result<Program, Vec<Diagnostic>> {
    let parsed = syntax::parse(source);
    let (program, mut errors) = lower::script(source, parsed.script);
    // Where the reading stopped after a habit of sh, the habit is the cause: the end of it is not worth a page.
    if let Some(error) = parsed.error {
        let sh = errors.iter().any(|error| error.code.id().starts_with("E03"));
        // What could not be read may hold the declarations that the rest misses.
        errors.retain(|error| error.code != crate::diag::code::UNDECLARED_NAME);
        if !sh {
            errors.push(habit_of_line(source, &error).unwrap_or(*error));
        }
    }
    if errors.is_empty() { Ok(program) } else { Err(errors) }
}

/// A line that can't be read and begins with a word of sh is explained by that word.
fn habit_of_line(source: &Arc<Source>, error: &Diagnostic) -> Option<Diagnostic> {
    let at = error.primary()?.span.start as usize;
    let text = source.text();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = &text[start..];
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    let word =
        line[blank..].split(|c: char| !c.is_ascii_alphanumeric()).next().filter(|word| !word.is_empty())?;
    if crate::builtins::KEYWORDS.contains(&word) {
        return None;
    }
    let row = sh_habits::of_word(word)?;
    let span = Span::new(start + blank, start + blank + word.len());
    let help =
        if row.example.is_empty() { row.help.to_string() } else { format!("{}:\n{}", row.help, row.example) };
    Some(Diagnostic::new(row.code, row.message).at(source, span, "not in Pipewright").help(help))
}

#[cfg(test)]
mod tests;
