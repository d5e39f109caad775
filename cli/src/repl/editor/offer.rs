//! The entry that the prompt offers in place of a line of sh. It is shown as grey text, and a key accepts it.

use pipewright::dialog::Rewritten;
use std::sync::{Mutex, PoisonError};

/// The offered entry, shared by the line and the handlers of its keys.
#[derive(Default)]
pub struct Offer {
    /// The line, and the entry for it, if there is one.
    known: Mutex<(String, Option<Rewritten>)>,
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
}
