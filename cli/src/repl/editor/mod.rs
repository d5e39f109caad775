//! The line editor: rustyline with the knowledge of the prompt. Everything that can be decided without a terminal is
//! decided elsewhere.

mod action;
mod assistant;
mod keys;
mod offer;
mod recall;
mod search;
mod shape;

use super::abbreviations::Abbreviations;
use super::bindings::Bindings;
use super::complete::world::Live;
use assistant::Assistant;
use keys::Shared;
use pipewright::dialog::{KeyQueue, Rewritten};
use pipewright::program::terminal_width;
use rustyline::error::ReadlineError;
use rustyline::history::{History as _, MemHistory};
use rustyline::{ColorMode, CompletionType, Config, EditMode, GraphemeClusterMode, KeyEvent};
use shape::Shape;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// The result of reading a line.
pub enum Read {
    Entry(String),
    /// A text to be edited by a program.
    Outside(String),
    /// A key of the user runs an entry.
    Bound(Bound),
    /// Ctrl-C cleared the line.
    Cleared,
    /// Ctrl-D, or the terminal was closed.
    End,
}

/// A key of the user that was pressed.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// The line, and its cursor.
    pub text: String,
    pub cursor: usize,
    /// The entry to run.
    pub entry: String,
}

pub struct Editor {
    line: rustyline::Editor<Assistant, MemHistory>,
    /// The queue of its keys; none if the editor reads the terminal itself.
    queue: Option<Arc<KeyQueue>>,
    shared: Shared,
    colours: bool,
    bindings: Bindings,
    /// The bound keys.
    bound: Vec<KeyEvent>,
}

/// The settings of the editor.
pub struct EditorConfig {
    /// The file of the history.
    pub history: Option<PathBuf>,
    pub abbreviations: Abbreviations,
    pub bindings: Bindings,
    pub colours: bool,
    pub vi: bool,
}

/// The first descriptor number that select(2) does not accept.
const FD_SETSIZE: RawFd = 1024;

/// The number of entries that the arrows, suggestions and Ctrl-R search.
const AT_HAND: usize = 100_000;

impl Editor {
    /// # Errors
    /// Fails with the reason why there is no terminal for editing.
    pub fn new(
        live: Rc<Live>,
        queue: Option<Arc<KeyQueue>>,
        habits: &EditorConfig,
    ) -> Result<Self, ReadlineError> {
        let config = Config::builder()
            .max_history_size(AT_HAND)
            .and_then(|config| config.history_ignore_dups(true))?
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .completion_prompt_limit(200)
            .edit_mode(if habits.vi { EditMode::Vi } else { EditMode::Emacs })
            .color_mode(if habits.colours { ColorMode::Enabled } else { ColorMode::Disabled })
            // The keys of jobs are signals while a line is edited, too: as bytes that arrive with Enter, they would be
            // lost.
            .enable_signals(true)
            .keyseq_timeout(Some(if habits.vi { 100 } else { 500 }))
            .build();
        let history = MemHistory::with_config(&config);
        let mut line = rustyline::Editor::with_history(config, history)?;
        let shared = Shared {
            shape: Arc::new(Shape::new(habits.vi)),
            abbreviations: habits.abbreviations.clone(),
            ..Shared::default()
        };
        line.set_helper(Some(Assistant::new(live, queue.clone(), shared.clone(), habits.history.clone())));
        keys::bind(&mut line, &shared, queue.as_ref());
        let bindings = habits.bindings.clone();
        Ok(Self { line, queue, shared, colours: habits.colours, bindings, bound: Vec::new() })
    }

    /// Reads one entry. The texts before and behind the cursor are already in the line.
    pub fn read(&mut self, prompt: &(String, String), (left, right): (&str, &str)) -> Read {
        self.bind_keys();
        self.line.helper().into_iter().for_each(Assistant::begin);
        // With a pipe for signals, the editor waits by select(2) and notices a signal that came before it waited:
        // read(2) would leave Ctrl-C for the next key. Its pipes, two for each line after the first, must be below the
        // limit of select.
        let selects = next_are_below(4, FD_SETSIZE);
        let _printer = selects.then(|| self.line.create_external_printer().ok());
        let queue = self.queue.as_ref().filter(|_| selects);
        if let Some(queue) = queue {
            queue.prepare();
        }
        self.shared.shape.begin();
        let read = self.line.readline_with_initial(prompt, (left, right));
        if queue.is_some_and(|queue| queue.end()) {
            // The editor could not write it after it had failed to restore the modes.
            super::print("\x1b[?2004l");
        }
        self.shared.shape.end();
        let outside = self.shared.outside.swap(false, Ordering::Relaxed);
        let bound = self.shared.bound.lock().unwrap_or_else(PoisonError::into_inner).take();
        match read {
            Ok(text) => match bound {
                Some(bound) => Read::Bound(Bound { text, ..bound }),
                None if outside => Read::Outside(text),
                None => Read::Entry(text),
            },
            Err(ReadlineError::Interrupted) => Read::Cleared,
            // A key came while the terminal was being set up.
            Err(ReadlineError::Errno(errno))
                if io::Error::from(errno).kind() == io::ErrorKind::Interrupted =>
            {
                Read::Cleared
            }
            // A byte that is not text, where the editor reads the terminal itself.
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => Read::Cleared,
            Err(_) => Read::End,
        }
    }

    /// Binds the keys of the user, if they have changed.
    fn bind_keys(&mut self) {
        let Some(keys) = self.bindings.changed() else { return };
        for key in self.bound.drain(..) {
            self.line.unbind_sequence(key);
        }
        keys::bind(&mut self.line, &self.shared, self.queue.as_ref());
        for (key, entry) in keys {
            keys::bind_user(&mut self.line, &self.shared, key, entry);
            self.bound.push(key);
        }
    }

    /// Erases an entry that was just read from the screen. The entry is about to be offered again and would
    /// otherwise be shown twice.
    pub fn erase(prompt: &(String, String), text: &str) {
        if let Some(columns) = terminal_width() {
            super::print(&format!("\x1b[{}A\r\x1b[J", rows(&format!("{}{text}", prompt.0), columns)));
        }
    }

    /// Returns a prompt with an entry and a line end, as the terminal would show them if the user had typed the
    /// entry here.
    pub fn drawn(&self, (bare, styled): &(String, String), text: &str) -> String {
        let prompt = if self.colours { styled } else { bare };
        let painted =
            self.line.helper().filter(|_| self.colours).map(|assistant| assistant.paint(text, None));
        format!("{prompt}{}\n", painted.as_deref().unwrap_or(text))
    }

    /// Returns whether keys were read ahead.
    pub fn has_keys(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.has_left())
    }

    /// Adds keys that were read ahead.
    pub fn push_keys(&self, keys: &[u8]) {
        if let Some(queue) = &self.queue {
            queue.push(keys);
        }
    }

    /// Returns the text of the line that was analysed last.
    pub fn text(&self) -> String {
        self.line.helper().map(|assistant| assistant.text.borrow().clone()).unwrap_or_default()
    }

    /// Offers an entry in place of the refused entry. It appears in the empty line that is read next.
    pub fn offer(&mut self, entry: Rewritten) {
        self.shared.offer.put("", Some(entry));
    }

    /// Notes the entry that `!!` means.
    pub fn set_previous(&self, entry: &str) {
        if let Some(assistant) = self.line.helper() {
            entry.clone_into(&mut assistant.previous.borrow_mut());
        }
    }

    /// Forgets all available entries.
    pub fn forget(&mut self) {
        // It is only in memory, so nothing can fail.
        let _ = self.line.history_mut().clear();
    }

    /// Adds an entry to the available ones.
    pub fn remember(&mut self, text: &str) {
        // It is only in memory, so nothing can fail.
        let _ = self.line.history_mut().add(text);
    }
}

/// Returns how many rows of the terminal a text takes, including the line end that the line editor writes after it.
fn rows(text: &str, columns: usize) -> usize {
    const TAB: usize = 8;
    let widths = GraphemeClusterMode::from_env();
    let (mut row, mut column) = (1, 0);
    for letter in text.chars() {
        let width = match letter {
            '\n' => {
                (row, column) = (row + 1, 0);
                continue;
            }
            '\t' => TAB - column % TAB,
            other => widths.width(other.encode_utf8(&mut [0; 4])).into(),
        };
        column += width;
        if column > columns {
            (row, column) = (row + 1, width);
        }
    }
    // If a text fills its last row, the cursor is in the next one.
    if column == columns { row + 1 } else { row }
}

/// Returns whether each of the next `count` descriptors will be below `limit`.
fn next_are_below(count: usize, limit: RawFd) -> bool {
    let next: Vec<OwnedFd> =
        (0..count).map_while(|_| io::stdin().as_fd().try_clone_to_owned().ok()).collect();
    next.len() == count && next.iter().all(|fd| fd.as_raw_fd() < limit)
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn rows_are_those_of_the_terminal() {
        for (text, expected) in [
            ("", 1),
            ("~ > echo", 1),
            ("123456789", 1),
            ("1234567890", 2),
            ("12345678901", 2),
            ("1234567890\nab", 2),
            ("漢字漢字漢字", 2),
            ("1漢字漢字漢", 2),
            ("e\u{301}23456789", 1),
            ("a\tb", 1),
            ("a\tbc", 2),
        ] {
            assert_eq!(rows(text, 10), expected, "{text:?}");
        }
    }
}
