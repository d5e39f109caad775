//! The keys of the terminal while no entry runs: Ctrl-C, Ctrl-\ and Ctrl-Z, and what was typed ahead.

use super::Dialog;
use crate::process::Signal;

impl Dialog {
    /// For a line editor: the keys of the terminal are its own from now on, until an entry runs. Those that came before are
    /// forgotten, Ctrl-C too, since they were for what ran: whether Ctrl-Z was one of them.
    ///
    /// To be called before a line is read, and once more when the editor has its handler for SIGINT (sigaction(2)), which is
    /// then called for Ctrl-\ and Ctrl-Z as well. A key that comes with Enter, or after it, is for the entry that is run
    /// next. Where the dialog has no terminal nothing is done.
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

    /// Takes what was typed while an entry ran, and was read by nobody: a line with its end, or what the terminal has where
    /// it gives no lines (termios(3), "Canonical and noncanonical mode"), of at most 4096 bytes. An editor that takes all
    /// of it takes from the program that the first entry runs.
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
