//! The working directory of a prompt. It is a path, as in scripts; the process of the prompt works in it, too, so that
//! it stays reachable when another process removes it: programs still run there, as in sh.

use super::Dialog;
use std::path::Path;

impl Dialog {
    /// Gives the entries the directory of this process as a path.
    pub(super) fn adopt_directory(&mut self) {
        if self.terminal.is_some() && !self.interpreter.has_directory() {
            self.interpreter.adopt_directory();
        }
    }

    /// Makes the process follow an entry that has changed the directory.
    pub(super) fn follow_directory(&self) {
        // A job that was started in a removed directory works in that of the process.
        let is_bound = self.is_lost && self.interpreter.jobs().iter().any(|job| job.state.status().is_none());
        if self.terminal.is_some() && self.interpreter.has_directory() && !is_bound {
            let _ = std::env::set_current_dir(self.cwd());
        }
    }

    /// If the directory was removed, makes the entries work in that of the process, which the kernel keeps.
    pub(super) fn hold_directory(&mut self) {
        if self.terminal.is_none() || !self.interpreter.has_directory() {
            return;
        }
        let is_gone =
            |path: &Path| path.metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        // The process may work in another one, if it could not follow.
        let is_held = || std::env::current_dir().is_err();
        if is_gone(&self.cwd()) && is_held() {
            self.interpreter.lose_directory();
            self.is_lost = true;
        }
    }
}
