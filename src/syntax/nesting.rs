//! Text that is nested more deeply than the stack of its thread allows.
//!
//! The scanner allows 256 nested brackets and blocks, for which the main thread has room. A thread of a host may
//! have a stack of any size, and an overflow would end the host.

use super::tokens::Rule;
use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use crate::sys::stack;
use std::cell::Cell;
use std::sync::Arc;

thread_local! {
    /// The place where the grammar met the end of the stack.
    static MET: Cell<Option<usize>> = const { Cell::new(None) };
}

type State<'t> = Box<pest::ParserState<'t, Rule>>;

/// Returns whether there is room. Each rule of the grammar that calls others asks this. A rule without room
/// fails, and text that is read without it is wrong: [`met`] reports that.
#[inline]
pub fn room(state: State<'_>) -> pest::ParseResult<State<'_>> {
    if stack::is_low() {
        MET.set(MET.get().max(Some(state.position().pos())));
        return Err(state);
    }
    Ok(state)
}

/// Returns the place where the last reading met the end of the stack, if it did.
pub fn met() -> Option<usize> {
    MET.take()
}

/// Returns the error for text that is nested too deeply for the stack.
#[cold]
pub fn stack_is_full(source: &Arc<Source>, span: Span) -> Box<Diagnostic> {
    let page = Diagnostic::new(code::NESTING, "nested more deeply than the stack of this thread has room for")
        .at(source, span, "one level too many")
        .help("move the inner part into a function or a variable, or read the script in a thread with a larger stack");
    Box::new(page)
}
