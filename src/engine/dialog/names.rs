//! The names, the working directory and the environment of a dialog.

use super::Dialog;
use crate::check::Meaning;
use crate::check::program::{Formal, Function};
use crate::value::Value;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The kind of a name.
///
/// ```
/// use pipewright::Session;
/// use pipewright::dialog::{Dialog, Kind};
///
/// let mut dialog = Dialog::new(Session::new())?;
/// dialog.run(dialog.check("1", "let host = 'web1'; fn ping() { echo $host }")?);
/// assert_eq!((dialog.kind("host"), dialog.kind("ping")), (Some(Kind::Variable), Some(Kind::Function)));
/// assert_eq!(dialog.kind("pong"), None);
/// assert!(dialog.names().any(|(name, _)| name == "ping"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `let NAME = …`
    Variable,
    /// `fn NAME(…) { … }`
    Function,
    /// `use "FILE" as NAME`
    File,
}

/// A function that an entry has declared, as its callers see it.
///
/// ```
/// use pipewright::Session;
/// use pipewright::dialog::Dialog;
///
/// let mut dialog = Dialog::new(Session::new())?;
/// dialog.run(dialog.check("1", "# Says hello.\nfn greet(who, times: int = 1, loud: bool = false) { echo hello $who }")?);
/// let greet = dialog.function("greet").ok_or("it is declared")?;
/// assert_eq!(greet.usage(), "greet WHO [--times INT] [--loud]");
/// assert_eq!(greet.doc(), "Says hello.");
/// assert_eq!(greet.parameter_count(), 3);
/// assert_eq!(greet.options().map(|(name, _)| name).collect::<Vec<_>>(), ["--times", "--loud"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Signature<'d>(&'d Function);

impl Signature<'_> {
    /// Returns the comment above it, which may be empty.
    pub fn doc(&self) -> &str {
        &self.0.doc
    }

    /// Returns its usage as a command: `greet WHO [--loud]`.
    pub fn usage(&self) -> String {
        let parameters = self.0.formals().map(|formal| format!(" {}", formal.usage()));
        format!("{}{}", self.0.name, parameters.collect::<String>())
    }

    /// Returns the number of its parameters.
    pub fn parameter_count(&self) -> usize {
        self.0.parameters.len()
    }

    /// Returns its options as a command: `--times`, and the text with the value, `[--times INT]`.
    pub fn options(&self) -> impl Iterator<Item = (String, String)> {
        let name = |formal: &Formal| formal.option().split(' ').next().unwrap_or_default().to_string();
        let optional = self.0.formals().filter(|formal| formal.optional || formal.is_repeated());
        optional.flat_map(move |formal| {
            let short = formal.short.map(|letter| format!("-{letter}"));
            let names = std::iter::once(name(formal)).chain(short);
            names.map(|name| (name, formal.usage()))
        })
    }
}

impl Dialog {
    /// Returns the names that entries have declared, in no particular order.
    pub fn names(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.earlier.names().map(|(name, meaning)| (name, kind_of(meaning)))
    }

    /// Returns the kind of a name.
    pub fn kind(&self, name: &str) -> Option<Kind> {
        self.earlier.meaning(name).map(kind_of)
    }

    /// Returns the value of a variable.
    pub fn value(&self, name: &str) -> Option<Value> {
        match self.earlier.meaning(name)? {
            Meaning::Variable(slot) => Some(self.interpreter.value_of(slot)),
            _ => None,
        }
    }

    /// Returns a function that an entry has declared.
    pub fn function(&self, name: &str) -> Option<Signature<'_>> {
        match self.earlier.meaning(name)? {
            Meaning::Function(id) => Some(Signature(self.interpreter.function_of(id))),
            _ => None,
        }
    }

    /// Returns the working directory of commands. It is empty if it is that of this process, and this process has
    /// none.
    pub fn cwd(&self) -> PathBuf {
        self.interpreter.directory()
    }

    /// Returns an environment variable of programs.
    pub fn env(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        self.interpreter.environment().get(name.as_ref().as_bytes()).map(OsStr::from_bytes)
    }

    /// Returns the whole environment: names and values, in the order in which they were first set.
    pub fn environment(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        let variables = self.interpreter.environment().iter();
        variables.map(|(name, value)| (OsStr::from_bytes(name), OsStr::from_bytes(value)))
    }

    /// Returns whether a text contains part of a value that was made with `secret(…)`. A front-end keeps such a text
    /// out of its history.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::Dialog;
    ///
    /// let mut dialog = Dialog::new(Session::new())?;
    /// dialog.run(dialog.check("1", "let s = secret('hunter2')")?);
    /// assert!(dialog.has_secret("login --password hunter2") && !dialog.has_secret("login"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn has_secret(&self, text: &str) -> bool {
        *self.interpreter.redactions().apply(text.as_bytes()) != *text.as_bytes()
    }
}

fn kind_of(meaning: Meaning) -> Kind {
    match meaning {
        Meaning::Variable(_) => Kind::Variable,
        Meaning::Function(_) => Kind::Function,
        Meaning::File => Kind::File,
    }
}
