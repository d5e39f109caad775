//! The words of the language, for completion and help.

use crate::builtins::{self, keywords};
use crate::check::settings;
use crate::methods::{self, Method};
use crate::value::Value;
use std::fmt;

/// A word of the language: see [`words`].
///
/// ```
/// use pipewright::dialog::{Word, words};
///
/// let help = |name| words().find(|word: &Word| word.name() == name).map(|word| word.help());
/// assert!(help("defer").is_some() && help("ls").is_none());
/// ```
#[derive(Clone, Copy)]
pub struct Word(Entry);

/// The tables that the check and the evaluation use.
#[derive(Clone, Copy)]
enum Entry {
    Keyword(&'static keywords::Keyword),
    Builtin(&'static builtins::BuiltinSpec),
    Setting(&'static settings::OptionSpec),
    Function(&'static Method),
    Method(&'static Method),
}

/// The kind of a [`Word`].
///
/// ```
/// use pipewright::dialog::{WordKind, words};
///
/// let is_builtin = |name| words().any(|word| word.kind() == WordKind::Builtin && word.name() == name);
/// assert!(is_builtin("cd") && !is_builtin("ls"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WordKind {
    /// `if`
    Keyword,
    /// `cd`
    Builtin,
    /// `timeout`, of `with timeout=30s { … }`
    Setting,
    /// `json`, of `json(text)`
    Function,
    /// `trim`, of `text.trim()`
    Method,
}

/// Returns all words of the language with their help: keywords, builtins, methods, functions and options of
/// `with`. A method of several types has an entry for each type.
///
/// ```
/// use pipewright::Value;
/// use pipewright::dialog::{WordKind, words};
///
/// let text = Value::from("a b");
/// let methods: Vec<&str> = words().filter(|word| word.is_method_of(&text)).map(|word| word.name()).collect();
/// assert!(methods.contains(&"split") && !methods.contains(&"push"));
/// let with = words().find(|word| word.kind() == WordKind::Setting && word.name() == "timeout").ok_or("none")?;
/// assert!(with.help().starts_with("Ends the block"));
/// # Ok::<(), &str>(())
/// ```
pub fn words() -> impl Iterator<Item = Word> {
    let keywords = keywords::KEYWORDS.iter().map(Entry::Keyword);
    let builtins = builtins::ALL.iter().map(Entry::Builtin);
    let settings = settings::ALL.iter().map(Entry::Setting);
    let functions = methods::FUNCTIONS.iter().map(Entry::Function);
    let methods = methods::METHODS.iter().map(Entry::Method);
    keywords.chain(builtins).chain(settings).chain(functions).chain(methods).map(Word)
}

impl Word {
    /// Returns its spelling.
    pub fn name(&self) -> &'static str {
        match self.0 {
            Entry::Keyword(row) => row.name,
            Entry::Builtin(row) => row.name,
            Entry::Setting(row) => row.name,
            Entry::Function(row) | Entry::Method(row) => row.name,
        }
    }

    /// Returns its kind.
    pub fn kind(&self) -> WordKind {
        match self.0 {
            Entry::Keyword(_) => WordKind::Keyword,
            Entry::Builtin(_) => WordKind::Builtin,
            Entry::Setting(_) => WordKind::Setting,
            Entry::Function(_) => WordKind::Function,
            Entry::Method(_) => WordKind::Method,
        }
    }

    /// Returns its help, a sentence or two. [`tools::explain`](crate::tools::explain) returns more.
    pub fn help(&self) -> &'static str {
        match self.0 {
            Entry::Keyword(row) => row.doc,
            Entry::Builtin(row) => row.doc,
            Entry::Setting(row) => row.doc,
            Entry::Function(row) | Entry::Method(row) => row.doc,
        }
    }

    /// Returns whether it is a function or method that accepts arguments.
    pub fn takes_arguments(&self) -> bool {
        matches!(self.0, Entry::Function(row) | Entry::Method(row) if !row.parameters.is_empty())
    }

    /// Returns whether it is a method of this value's type.
    pub fn is_method_of(&self, value: &Value) -> bool {
        matches!(self.0, Entry::Method(row) if row.receiver.types().contains(&value.type_of()))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind(), self.name())
    }
}
