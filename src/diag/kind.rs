//! The kind of an error: its number, its name and what `--explain` prints.

use std::fmt;

/// The kind of an error: a row of the table. Codes are compared by number.
///
/// ```
/// use pipewright::diag::{Code, code};
///
/// let error = pipewright::Script::parse("t", "echo $x").unwrap_err();
/// assert_eq!(error.diagnostics()[0].code, code::UNDECLARED_NAME);
/// // As `pipewright --explain e0201`.
/// let code = Code::find("e0201").ok_or("no such code")?;
/// println!("{}: {}\n{}", code.id(), code.title(), code.explanation());
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy)]
pub struct Code(pub(super) &'static CodeSpec);

pub(super) struct CodeSpec {
    pub name: &'static str,
    pub id: &'static str,
    pub title: &'static str,
    pub explanation: &'static str,
}

impl Code {
    /// Returns the name of its constant, such as `UNDECLARED_NAME`.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// Returns its number, such as `E0201`.
    pub const fn id(self) -> &'static str {
        self.0.id
    }

    /// Returns whether it is a warning rather than an error.
    ///
    /// ```
    /// use pipewright::diag::Code;
    ///
    /// assert!(Code::find("W0001").is_some_and(Code::is_warning));
    /// assert!(!Code::find("e0201").is_some_and(Code::is_warning));
    /// ```
    pub fn is_warning(self) -> bool {
        self.0.id.starts_with('W')
    }

    /// Returns its title, one line without a full stop.
    pub const fn title(self) -> &'static str {
        self.0.title
    }

    /// Returns the usual cause of the error, and the remedy.
    pub const fn explanation(self) -> &'static str {
        self.0.explanation
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Code {}

impl std::hash::Hash for Code {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.id())
    }
}
