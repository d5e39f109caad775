//! What keys do beyond the commands of the line editor.
//!
//! The handler of a key returns a command of the line editor, and knows only the text. An action that needs the history
//! or the names is therefore performed as a completion: the handler stores it and returns `Cmd::Complete`, and the
//! assistant returns the new line. (`Cmd::Replace` would leave the cursor before the inserted text.)

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// An action of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Inserts a `}` on its own line at the indentation of its block.
    Outdent,
    /// Replaces the abbreviation before the cursor, and inserts a blank.
    Expand,
    /// Accepts the offered entry.
    TakeOffer,
    /// Accepts the next word of the suggestion.
    TakeWord,
    /// Goes back to an older entry that begins with the typed text.
    Older,
    /// Goes forth to a newer one, and at last to the typed text.
    Newer,
    /// Inserts the last argument of the entry before; again, that of an older one.
    LastArgument,
    /// Begins a search of the history, or goes to an older match.
    SearchOlder,
    SearchNewer,
    /// Ends the search with the selected entry in the line.
    SearchTake,
    /// Ends the search with the line as it was.
    SearchLeave,
    /// Deletes the selected entry from the history.
    SearchDelete,
}

/// The requested action, shared by the handlers of keys and the assistant.
#[derive(Debug, Default)]
pub struct Asked {
    action: Mutex<Option<Action>>,
    /// Whether the history is being searched, so that keys have other meanings.
    is_searching: AtomicBool,
}

impl Asked {
    pub fn set(&self, action: Action) {
        *self.action.lock().unwrap_or_else(PoisonError::into_inner) = Some(action);
    }

    pub fn take(&self) -> Option<Action> {
        self.action.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn is_searching(&self) -> bool {
        self.is_searching.load(Ordering::Relaxed)
    }

    pub fn set_searching(&self, is_searching: bool) {
        self.is_searching.store(is_searching, Ordering::Relaxed);
    }
}
