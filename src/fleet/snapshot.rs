//! What a line of progress is made of: a loop, or one program.

use super::progress::State;
use super::watched::Part;
use std::time::Duration;

/// How far a loop or program has come at one moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Snapshot {
    Loop(State),
    Program {
        /// What the line calls it.
        name: String,
        /// None before it has said anything.
        part: Option<Part>,
        /// How long it has run.
        after: Duration,
    },
}

impl Snapshot {
    /// Returns the line for so many columns, or for a log.
    pub fn line(&self, columns: Option<usize>) -> String {
        match self {
            Self::Loop(state) => state.line(columns),
            Self::Program { name, part, after } => Part::line(*part, name, *after, columns),
        }
    }

    /// Returns whether nothing has happened since another moment but that time has passed.
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
