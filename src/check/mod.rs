//! The check: from the syntax tree to the resolved tree, or to all that is wrong with it, before anything runs.

mod code_slots;
mod expressions;
mod lower;
pub mod program;
mod scope;
mod sh_habits;
mod words;

use crate::diag::{Diagnostic, Source};
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
            errors.push(*error);
        }
    }
    if errors.is_empty() { Ok(program) } else { Err(errors) }
}

#[cfg(test)]
mod tests;
