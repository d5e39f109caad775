//! The mode of vi's keys, as the shape of the cursor: a bar inserts, a block commands. The line editor tells its mode
//! only to handlers of keys, before the key is carried out.

use crate::repl::{print, window};
use rustyline::{EditMode, EventContext, InputMode};
use std::sync::atomic::{AtomicBool, Ordering};

/// The shape of the cursor.
#[derive(Debug, Default)]
pub struct Shape {
    /// Whether the user has vi's keys, and the terminal knows shapes.
    is_shown: bool,
    is_block: AtomicBool,
    /// Whether a `c` waits for its motion, after which text is inserted.
    changes: AtomicBool,
}

impl Shape {
    pub fn new(vi: bool) -> Self {
        Self { is_shown: vi && window::is_known(), ..Self::default() }
    }

    /// Shows that a line begins, in which text is inserted.
    pub fn begin(&self) {
        self.changes.store(false, Ordering::Relaxed);
        if self.is_shown {
            self.is_block.store(false, Ordering::Relaxed);
            print(window::BAR);
        }
    }

    /// Shows the usual cursor.
    pub fn end(&self) {
        if self.is_shown {
            print(window::USUAL);
        }
    }

    /// Shows the mode after a key.
    pub fn follow(&self, key: Option<char>, context: &EventContext) {
        if !self.is_shown || context.mode() != EditMode::Vi {
            return;
        }
        let is_command = context.input_mode() == InputMode::Command;
        let inserts = is_command && key.is_some_and(|key| "iIaAsSCR".contains(key));
        let leaves = !is_command && key == Some('\x1b');
        self.changes.store(is_command && key == Some('c'), Ordering::Relaxed);
        self.set((is_command && !inserts) || leaves);
    }

    /// Shows that the text has changed.
    pub fn changed(&self) {
        if self.changes.swap(false, Ordering::Relaxed) {
            self.set(false);
        }
    }

    fn set(&self, is_block: bool) {
        if self.is_shown && self.is_block.swap(is_block, Ordering::Relaxed) != is_block {
            print(if is_block { window::BLOCK } else { window::BAR });
        }
    }
}
