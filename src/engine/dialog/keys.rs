//! The keys of the terminal while no entry runs: Ctrl-C, Ctrl-\ and Ctrl-Z, and text that was typed ahead.

use super::Dialog;
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

    /// Takes the text that the user typed while an entry ran and that no program read: a line with its line end, or, if
    /// the terminal is not in canonical mode (termios(3), "Canonical and noncanonical mode"), its input, at most 4096
    /// bytes. An editor that takes all of the text also takes the input of the program that the first entry runs.
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
}
