//! What is nested deeper than the stack of its thread has room for.
//!
//! The scanner allows 256 brackets and blocks within one another, for which the main thread has room. A thread of a host
//! may have a stack of any size, and an overflow of it would end the host.

use super::tokens::Rule;
use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use crate::sys::stack;
use std::cell::Cell;
use std::sync::Arc;

thread_local! {
    /// Where the grammar met the end of the stack.
    static MET: Cell<Option<usize>> = const { Cell::new(None) };
}

type State<'t> = Box<pest::ParserState<'t, Rule>>;

/// Asked by each rule of the grammar that calls others. A rule without room fails, and what is read without it is
/// wrong: [`met`] tells.
#[inline]
pub fn room(state: State<'_>) -> pest::ParseResult<State<'_>> {
    if stack::is_low() {
        MET.set(MET.get().max(Some(state.position().pos())));
        return Err(state);
    }
    Ok(state)
}

/// Returns where the reading that has just ended met the end of the stack, if it did.
pub fn met() -> Option<usize> {
    MET.take()
}

/// Returns the page for it.
#[cold]
pub fn stack_is_full(source: &Arc<Source>, span: Span) -> Box<Diagnostic> {
    let page = Diagnostic::new(code::NESTING, "nested more deeply than the stack of this thread has room for")
        .at(source, span, "one level too many")
        .help("move the inner part into a function or a variable, or read the script in a thread with a larger stack");
    Box::new(page)
}
