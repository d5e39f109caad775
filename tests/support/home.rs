//! A prompt with its own home directory.

use super::pty::Terminal;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A new home directory: no configuration, no history.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(TempDir::new().expect("a temporary directory"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(super::pipewright());
        command
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", super::path())
            .env("HOME", self.0.path())
            .env("TERM", "xterm-256color")
            .env("NO_COLOR", "1");
        command
    }

    /// A prompt that waits for its first entry.
    #[track_caller]
    pub fn prompt(&self) -> Terminal {
        let mut terminal = Terminal::start(&mut self.command());
        terminal.ready();
        terminal
    }
}

/// Starts a prompt in a new home.
#[track_caller]
pub fn prompt() -> (Home, Terminal) {
    let home = Home::new();
    let terminal = home.prompt();
    (home, terminal)
}
