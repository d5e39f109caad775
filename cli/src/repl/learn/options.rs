//! The options and commands of a program, from its help text.

use serde::{Deserialize, Serialize};

/// The options and commands of a program, or of one of its commands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Help {
    pub options: Vec<Flag>,
    /// The names, each with its description.
    pub commands: Vec<(String, String)>,
}

/// An option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// Its name, with its dashes.
    pub name: String,
    pub value: Takes,
    /// Its description, on one line; may be empty.
    pub note: String,
    /// The values that the help lists; empty if it lists none.
    pub values: Vec<String>,
}

impl Flag {
    pub fn new(name: String, value: Takes) -> Self {
        Self { name, value, note: String::new(), values: Vec::new() }
    }
}

/// How an option takes a value, with the name that the help gives it.
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
