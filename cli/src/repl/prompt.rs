//! The text of the prompt: our own, or that of the user's `fn prompt`.

use super::Shell;
use super::pages::show_page;
use super::text::{self, State};
use crate::print::print_error;
use pipewright::Value;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

impl Shell {
    /// Returns the text without styles, and as it is shown.
    pub(super) fn prompt(&mut self) -> (String, String) {
        let dialog = self.dialog.borrow();
        let directory = dialog.cwd();
        let gone = !directory.exists();
        // Only its path from before is known.
        let named = || dialog.env("PWD").map(PathBuf::from);
        let directory =
            if directory.as_os_str().is_empty() { named().unwrap_or_default() } else { directory };
        let state = State {
            gone,
            home: dialog.env("HOME").map(PathBuf::from),
            branch: text::branch(&directory),
            directory,
            statuses: self.statuses.clone(),
            took: self.took,
            jobs: dialog.jobs().len(),
            private: self.private.load(Ordering::Relaxed),
        };
        self.place = state.place();
        let own = dialog.function("prompt").map(|function| function.parameter_count());
        drop(dialog);
        own.and_then(|parameters| self.own_prompt(&state, parameters)).unwrap_or_else(|| state.text())
    }

    /// Returns the result of the user's `fn prompt(last)`; if that fails, shows its error page and returns none.
    fn own_prompt(&mut self, state: &State, parameters: usize) -> Option<(String, String)> {
        let arguments = if parameters == 0 { Vec::new() } else { vec![state.value()] };
        let called = self.dialog.borrow_mut().call("prompt", &arguments);
        self.dialog.borrow().take_signal();
        match called {
            Ok(Value::Str(text)) => {
                let styled = String::from_utf8_lossy(&text).into_owned();
                Some((text::without_styles(&styled), styled))
            }
            Ok(other) => {
                let found = other.type_of().phrase();
                print_error(&format!("`prompt` returned {found}, and is to return a string\n"));
                None
            }
            Err(error) => {
                show_page(error.diagnostic());
                None
            }
        }
    }
}
