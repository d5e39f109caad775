//! What is nested deeper than the stack of its thread has room for.
//!
//! The scanner allows 256 brackets and blocks within one another, for which the main thread has room. A thread of a host
//! may have a stack of any size, and an overflow of it would end the host.

use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

/// Returns the page for it.
#[cold]
pub fn stack_is_full(source: &Arc<Source>, span: Span) -> Box<Diagnostic> {
    let page = Diagnostic::new(code::NESTING, "nested more deeply than the stack of this thread has room for")
        .at(source, span, "one level too many")
        .help("move the inner part into a function or a variable, or read the script in a thread with a larger stack");
    Box::new(page)
}
