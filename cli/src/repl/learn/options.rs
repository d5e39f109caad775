//! The options and commands of a program, as its help text names them.

use serde::{Deserialize, Serialize};

/// The options and commands of a program, or of one of its commands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Help {
    pub options: Vec<Flag>,
    /// Names, and what is said of each.
    pub commands: Vec<(String, String)>,
}

/// An option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// With its dashes.
    pub name: String,
    pub value: Takes,
    /// One line; may be empty.
    pub note: String,
    /// Those that it says it takes; empty when it names none.
    pub values: Vec<String>,
}

impl Flag {
    pub fn new(name: String, value: Takes) -> Self {
        Self { name, value, note: String::new(), values: Vec::new() }
    }
}

/// The kinds of value that an option takes, each with the name that the help gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Takes {
    Nothing,
    /// `--sort=WORD`
    Joined(String),
    /// `--color[=WHEN]`
    Optional(String),
    /// `--data <data>`
    Next(String),
}
