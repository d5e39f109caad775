//! The failures of a loop's turns, combined into the one error of the loop.

use super::TurnMark;
use crate::diag::Diagnostic;
use crate::eval::report::unwind::{Error, Eval, Unwind};
use crate::fleet::Turn;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The number of failures that are kept in addition to the first. The error page shows all of them.
const MOST_KEPT: usize = 8;

/// The failures of a loop that come first in the input.
#[derive(Default)]
pub struct Failures(BTreeMap<Turn, Failure>);

struct Failure {
    mark: Arc<TurnMark>,
    error: Box<Error>,
}

/// The counts of failed, started and remaining turns.
#[derive(Clone, Copy)]
pub struct Rest {
    /// The number of turns that have failed.
    pub failed: u64,
    /// The number of items that were taken.
    pub taken: u64,
    /// The number of items that were not started, if known.
    pub left: Option<u64>,
    /// Whether the loop continues after a failure (`halt="never"`).
    pub went_on: bool,
}

impl Failures {
    pub fn add(&mut self, turn: Turn, mark: Arc<TurnMark>, error: Box<Error>) {
        self.0.insert(turn, Failure { mark, error });
        if self.0.len() > MOST_KEPT + 1 {
            self.0.pop_last();
        }
    }

    /// Forgets the failures of turns that would not have run, because an earlier turn left the loop.
    pub fn forget_after(&mut self, turn: Turn) {
        self.0.split_off(&(turn + 1));
    }

    /// Returns the error of the first failed turn, with notes about the others.
    pub fn into_error<T: Default>(mut self, rest: Rest) -> Eval<T> {
        let Some((_, first)) = self.0.pop_first() else { return Ok(T::default()) };
        let mut error = first.error;
        let mut page =
            std::mem::replace(&mut error.diagnostic, Diagnostic::new(crate::diag::code::INTERNAL, ""));
        page = page.note(format!("in turn {} of the loop, for {}", first.mark.number, first.mark.item));
        let others = rest.failed.saturating_sub(1);
        if others > 0 {
            page = page.note(match others {
                1 => "1 other turn failed:".to_string(),
                others => format!("{others} other turns failed:"),
            });
            let shown = self.0.len() as u64;
            for failure in self.0.values() {
                let message = &failure.error.diagnostic.message;
                page =
                    page.note(format!("turn {}, for {}: {message}", failure.mark.number, failure.mark.item));
            }
            if others > shown {
                page = page.note(format!("… and {} more", others - shown));
            }
        }
        if let Some(note) = not_started(rest) {
            page = page.note(note);
        }
        error.diagnostic = page;
        Err(Unwind::Error(error))
    }
}

fn not_started(rest: Rest) -> Option<String> {
    match rest.left {
        _ if rest.went_on => None,
        Some(0) => None,
        Some(1) => Some("1 turn was not started".to_string()),
        Some(left) => Some(format!("{left} turns were not started")),
        None => Some(format!("the input was not read beyond item {}", rest.taken)),
    }
}
