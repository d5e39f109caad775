//! The entry that is offered in the place of a line of sh, as grey text that a key takes.

use rustyline::{Cmd, ConditionalEventHandler, Event, EventContext, RepeatCount};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The entry that is offered, shared by the line and the handlers of its keys.
#[derive(Default)]
pub struct Offer {
    /// The line, and the entry if there is one.
    known: Mutex<(String, Option<String>)>,
    /// The key for it was pressed.
    is_taken: AtomicBool,
}

impl Offer {
    /// Puts the entry that is offered for a line.
    pub fn put(&self, line: &str, entry: Option<String>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = (line.to_owned(), entry);
    }

    /// Returns what is known of a line: nothing, that there is no entry for it, or the entry.
    pub fn of(&self, line: &str) -> Option<Option<String>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (known.0 == line).then(|| known.1.clone())
    }

    /// Returns the entry for a line whose key was pressed.
    pub fn take(&self, line: &str) -> Option<String> {
        self.is_taken.swap(false, Ordering::Relaxed).then(|| self.of(line))??
    }
}

/// The key that takes the entry, where the cursor stands at the end of the line.
///
/// The entry comes there as a completion of the line, since `Cmd::Replace` leaves the cursor before what it has put in.
pub struct Take(pub Arc<Offer>);

impl ConditionalEventHandler for Take {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let is_offered =
            context.pos() == context.line().len() && self.0.of(context.line()).flatten().is_some();
        self.0.is_taken.store(is_offered, Ordering::Relaxed);
        is_offered.then_some(Cmd::Complete)
    }
}
