//! The data behind a progress line: the state of a loop or of one program.

use super::progress::State;
use super::watched::Part;
use std::time::Duration;

/// The progress of a loop or program at one moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Snapshot {
    Loop(State),
    Program {
        /// The name of the program in the line.
        name: String,
        /// The part that is done, or `None` until the program has reported one.
        part: Option<Part>,
        /// The time that the program has run.
        after: Duration,
    },
}

impl Snapshot {
    /// Returns the line, at most `columns` wide, or without a limit for a log.
    pub fn line(&self, columns: Option<usize>) -> String {
        match self {
            Self::Loop(state) => state.line(columns),
            Self::Program { name, part, after } => Part::line(*part, name, *after, columns),
        }
    }

    /// Returns whether only the time differs from an earlier snapshot.
    pub fn is_same(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Loop(now), Self::Loop(then)) => {
                (now.done, now.failed, now.running) == (then.done, then.failed, then.running)
            }
            (Self::Program { part: now, .. }, Self::Program { part: then, .. }) => {
                now.map(|part| part.done) == then.map(|part| part.done)
            }
            _ => false,
        }
    }
}
