//! The record of entries in the history.

use super::Shell;
use super::history::Entry;
use crate::print::print_error;
use pipewright::diag::reason;
use std::sync::atomic::Ordering;

impl Shell {
    /// Returns whether an entry begins with a blank, contains a secret, or names what it deletes.
    pub(super) fn is_private(&self, text: &str) -> bool {
        let secret = self.dialog.borrow().has_secret(text) || text.contains("secret(");
        let deletes = text.starts_with("history ") && text.contains(" --delete");
        secret || deletes || text.starts_with([' ', '\t'])
    }

    /// Reads the entries that sessions have recorded.
    pub(super) fn read_history(&mut self) {
        let Some(history) = &mut self.history else { return };
        if self.has_private && !self.private.load(Ordering::Relaxed) {
            self.has_private = false;
            history.read_anew();
        }
        let news = history.read();
        if news.begins_anew() {
            self.editor.forget();
        }
        news.entries().iter().for_each(|entry| self.editor.remember(&entry.text));
    }

    /// Records an entry, unless it is private.
    pub(super) fn keep(&mut self, entry: Entry) {
        if self.is_private(&entry.text) {
            return;
        }
        let is_private = self.private.load(Ordering::Relaxed);
        self.has_private |= is_private;
        let kept = match &self.history {
            Some(history) if !is_private => history.append(&entry),
            _ => return self.editor.remember(&entry.text),
        };
        if let Err(error) = kept {
            self.editor.remember(&entry.text);
            if !std::mem::replace(&mut self.forgetful, true) {
                print_error(&format!("the history can't be written: {}\n", reason(&error)));
            }
        }
    }
}
