//! What can be done with the text of a script beside running it, and what is told of the language.

#[cfg(feature = "cli")]
use super::{ParseError, source};
use crate::diag::Code;
#[cfg(feature = "cli")]
use crate::diag::{Diagnostic, code};
use crate::process::StageReport;

/// A script in the canonical layout.
///
/// ```
/// use pipewright::tools;
///
/// assert_eq!(tools::format("t", "echo  a|cat")?, "echo a | cat\n");
/// # Ok::<(), pipewright::ParseError>(())
/// ```
///
/// # Errors
/// What stops the reading of the text. It is not checked: names may be missing.
#[cfg(feature = "cli")]
pub fn format(name: &str, text: impl Into<Vec<u8>>) -> Result<String, ParseError> {
    crate::layout::format(&source(name, text.into())?).map_err(|error| ParseError(vec![*error]))
}

/// The syntax tree of a script as JSON.
///
/// # Errors
/// What stops the reading of the text.
#[cfg(feature = "cli")]
pub fn syntax_tree(name: &str, text: impl Into<Vec<u8>>) -> Result<String, ParseError> {
    let source = source(name, text.into())?;
    let parsed = crate::syntax::parse(&source);
    match parsed.error {
        Some(error) => Err(ParseError(vec![*error])),
        None => serde_json::to_string_pretty(&parsed.script).map_err(|error| {
            let message = format!("the tree can't be written: {error}");
            ParseError(vec![Diagnostic::new(code::INTERNAL, message)])
        }),
    }
}

/// A table of processes, a line for each: number, times, the most memory, how it ended, its command. What
/// `with stats=true` prints.
pub fn process_table(reports: &[StageReport]) -> String {
    crate::eval::process_table(reports)
}

/// The manual of a diagnostic such as `E0201`, a builtin, a method, a function or an option of `with`; none when there
/// is nothing of this name.
pub fn explain(topic: &str) -> Option<String> {
    if let Some(code) = Code::find(topic) {
        return Some(format!("{}: {}\n\n{}\n", code.id(), code.title(), code.explanation()));
    }
    let builtin = crate::builtins::ALL.iter().find(|row| row.name == topic);
    let builtin = builtin.map(|row| format!("{}\n\n{}\n", row.synopsis, row.doc));
    builtin.or_else(|| crate::methods::explain(topic)).or_else(|| crate::check::settings::explain(topic))
}
