//! The items of a loop side by side. The loop takes the next item when a turn can start.

use crate::eval::Interpreter;
use crate::eval::exec::lines::LineSource;
use crate::eval::lang::items::{Item, Items};
use crate::eval::queues::TaskSource;
use crate::eval::report::unwind::Eval;
use crate::value::{Str, Value};
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// The source of the items.
pub enum Source<'a> {
    Items(Items),
    Lines(LineSource<'a>),
    Tasks(Box<TaskSource>),
}

/// The result of taking an item.
pub enum Given {
    Item(Item),
    /// The next line or task has not arrived yet.
    Later,
    End,
}

impl Source<'_> {
    /// Takes the next item without waiting.
    pub fn take(&mut self, run: &mut Interpreter) -> Eval<Given> {
        match self {
            Self::Items(items) => Ok(items.next().map_or(Given::End, Given::Item)),
            Self::Lines(lines) => lines.take(run),
            Self::Tasks(tasks) => tasks.take(run),
        }
    }

    /// Returns the input that the items are read from, if any.
    pub fn input(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Items(_) | Self::Tasks(_) => None,
            Self::Lines(lines) => Some(lines.input()),
        }
    }

    /// Returns after which time to look for an item again, if nothing announces it.
    pub fn look_after(&self) -> Option<Duration> {
        match self {
            Self::Items(_) | Self::Lines(_) => None,
            Self::Tasks(_) => Some(TaskSource::look_after()),
        }
    }

    /// Returns the number of remaining items, if it is known.
    pub fn left(&self) -> Option<u64> {
        match self {
            Self::Items(items) => Some(items.left()),
            Self::Lines(_) | Self::Tasks(_) => None,
        }
    }
}

impl Given {
    /// Returns a line of an input as an item.
    pub fn line(line: Vec<u8>) -> Self {
        Self::Item(Item::One(Value::Str(Str::from(line))))
    }
}

/// Returns an item in the form for messages and tags, which is one line.
pub fn shown(item: &Item) -> String {
    match item {
        Item::One(value) => shown_value(value),
        Item::Pair(key, _) => shown_value(key),
    }
}

fn shown_value(value: &Value) -> String {
    /// The largest number of characters that are shown.
    const MOST: usize = 200;
    let text = match crate::value::format::to_word(value) {
        Ok(text) => crate::diag::visible(&text),
        Err(_) => crate::value::format::display(value, MOST),
    };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
