//! The entry that the prompt offers in place of a line of sh. It is shown as grey text, and a key accepts it.

use pipewright::dialog::Rewritten;
use rustyline::{Cmd, ConditionalEventHandler, Event, EventContext, RepeatCount};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The offered entry, shared by the line and the handlers of its keys.
#[derive(Default)]
pub struct Offer {
    /// The line, and the entry for it, if there is one.
    known: Mutex<(String, Option<Rewritten>)>,
    /// Whether the user has pressed the key that accepts the entry.
    is_taken: AtomicBool,
}

impl Offer {
    /// Stores the entry to offer for a line.
    pub fn put(&self, line: &str, entry: Option<Rewritten>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = (line.to_owned(), entry);
    }

    /// Returns the result for a line. The outer `None` means that the line has not been examined, and the inner one
    /// that there is no entry for it.
    pub fn of(&self, line: &str) -> Option<Option<Rewritten>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (known.0 == line).then(|| known.1.clone())
    }

    /// Returns the entry for a line if the user has accepted it.
    pub fn take(&self, line: &str) -> Option<String> {
        let is_taken = self.is_taken.swap(false, Ordering::Relaxed);
        self.of(line).flatten().filter(|_| is_taken).map(|entry| entry.text)
    }
}

/// The key that accepts the entry when the cursor is at the end of the line.
///
/// The entry is inserted as a completion of the line, because `Cmd::Replace` leaves the cursor before the inserted
/// text.
pub struct Take(pub Arc<Offer>);

impl ConditionalEventHandler for Take {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let is_offered =
            context.pos() == context.line().len() && self.0.of(context.line()).flatten().is_some();
        self.0.is_taken.store(is_offered, Ordering::Relaxed);
        is_offered.then_some(Cmd::Complete)
    }
}
