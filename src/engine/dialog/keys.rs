//! The keys of the terminal while no entry runs: Ctrl-C, Ctrl-\ and Ctrl-Z, and those for a line editor.

use super::{Dialog, KeyQueue};
use crate::process::Signal;

impl Dialog {
    /// Gives the keys of the terminal to a line editor until the next entry runs. Earlier keys are discarded, including
    /// Ctrl-C, since they were meant for the entry that ran. Returns whether Ctrl-Z was one of them.
    ///
    /// Call this before reading a line, and again when the editor has installed its handler for SIGINT (sigaction(2)),
    /// which is then also called for Ctrl-\ and Ctrl-Z. A key that arrives with Enter or later goes to the next entry.
    /// Does nothing if the dialog has no terminal.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::Dialog;
    ///
    /// let dialog = Dialog::new(Session::new())?;
    /// assert!(!dialog.attend_keys());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attend_keys(&self) -> bool {
        let Some(terminal) = &self.terminal else { return false };
        if self.signal() == Some(Signal::INT) {
            self.take_signal();
        }
        terminal.attend_keys()
    }

    /// Takes a line, with its line end, that the user typed while an entry ran and that no program read, while the
    /// terminal still returns lines (termios(3), "Canonical and noncanonical mode"): the lines after it, and a Ctrl-D
    /// between them, can then be read by a program that the first line runs.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::Dialog;
    ///
    /// let dialog = Dialog::new(Session::new())?;
    /// // It has no terminal.
    /// assert_eq!(dialog.typed_ahead(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn typed_ahead(&self) -> Option<Vec<u8>> {
        self.terminal.as_ref()?.typed_ahead()
    }

    /// Returns the queue of the keys for a line editor that reads standard input; none if the dialog has no terminal.
    /// Keys that come while an entry runs, or with the Enter of the line before, are then read in their order, by the
    /// program that runs or by the next line.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::Dialog;
    ///
    /// let dialog = Dialog::new(Session::new())?;
    /// // It has no terminal.
    /// assert!(dialog.key_queue().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn key_queue(&self) -> Option<KeyQueue> {
        self.terminal.as_ref()?.key_queue()
    }
}
