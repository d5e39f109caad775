//! Tools that work with the text of a script without running it, and the manual of the language.

#[cfg(feature = "program")]
use super::{ParseError, source};
use crate::diag::Code;
#[cfg(feature = "program")]
use crate::diag::{Diagnostic, code};
use crate::process::StageReport;

/// Formats a script in the canonical layout.
///
/// ```
/// use pipewright::tools;
///
/// assert_eq!(tools::format("t", "echo  a|cat")?, "echo a | cat\n");
/// # Ok::<(), pipewright::ParseError>(())
/// ```
///
/// # Errors
/// Fails if the text can't be parsed. Names are not checked and may be missing.
#[cfg(feature = "program")]
pub fn format(name: &str, text: impl Into<Vec<u8>>) -> Result<String, ParseError> {
    crate::layout::format(&source(name, text.into())?).map_err(|error| ParseError(vec![*error]))
}

/// Returns the syntax tree of a script as JSON, for editors and similar tools. Its form may change.
///
/// ```
/// let tree = pipewright::tools::syntax_tree("t", "ls | wc")?;
/// assert!(tree.contains(r#""span""#));
/// # Ok::<(), pipewright::ParseError>(())
/// ```
///
/// # Errors
/// Fails if the text can't be parsed.
#[cfg(feature = "program")]
pub fn syntax_tree(name: &str, text: impl Into<Vec<u8>>) -> Result<String, ParseError> {
    let source = source(name, text.into())?;
    // The tree is written recursively, as deep as the script is nested.
    crate::sys::stack::with_room(|| {
        let parsed = crate::syntax::parse(&source);
        match parsed.error {
            Some(error) => Err(ParseError(vec![*error])),
            None => serde_json::to_string_pretty(&parsed.script).map_err(|error| {
                let message = format!("the tree can't be written: {error}");
                ParseError(vec![Diagnostic::new(code::INTERNAL, message)])
            }),
        }
    })
}

/// Returns a table of processes, one on each line: process ID, times, peak memory, how it ended, its command. `with
/// stats=true` prints it.
///
/// ```
/// use pipewright::tools::process_table;
/// use pipewright::{Engine, Event, StageReport};
/// use std::sync::{Arc, Mutex};
///
/// let ended: Arc<Mutex<Vec<StageReport>>> = Arc::default();
/// let list = ended.clone();
/// let engine = Engine::builder()
///     .observer(move |event: &Event<'_>| {
///         if let Event::Ended { report, .. } = event {
///             list.lock().unwrap().push((*report).clone());
///         }
///     })
///     .build()?;
/// engine.session().run(&engine.script("t", "cat | sort")?).status()?;
/// let table = process_table(&ended.lock().unwrap());
/// assert_eq!(table.lines().count(), 3, "{table}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn process_table(reports: &[StageReport]) -> String {
    crate::eval::process_table(reports)
}

/// Returns the manual page of a diagnostic such as `E0201`, a keyword, a builtin, a method, a function, an option of
/// `with`, or the replacement of a word of sh; none if the name is unknown.
///
/// ```
/// use pipewright::tools::explain;
///
/// assert!(explain("E0201").is_some_and(|page| page.starts_with("E0201: name is not declared")));
/// assert!(explain("timeout").is_some_and(|page| page.starts_with("with timeout=")));
/// assert!(explain("split").is_some_and(|page| page.contains("separator")));
/// assert!(explain("export").is_some_and(|page| page.contains("env.NAME = expression")));
/// assert_eq!(explain("no such thing"), None);
/// ```
pub fn explain(topic: &str) -> Option<String> {
    if let Some(code) = Code::find(topic) {
        return Some(format!("{}: {}\n\n{}\n", code.id(), code.title(), code.explanation()));
    }
    let builtin = crate::builtins::ALL.iter().find(|row| row.name == topic);
    let builtin = builtin.map(|row| format!("{}\n\n{}\n", row.synopsis, row.doc));
    // `match` and `json` have several meanings, and other words may, too.
    let pages = [
        crate::builtins::keywords::explain(topic),
        builtin,
        crate::methods::explain(topic),
        crate::check::settings::explain(topic),
    ];
    let pages: Vec<String> = pages.into_iter().flatten().collect();
    if pages.is_empty() { crate::check::sh_constructs::explain(topic) } else { Some(pages.join("\n")) }
}

/// Returns the candidate that is most similar to a name, for "did you mean", or `None` if no candidate is similar.
///
/// ```
/// use pipewright::tools::similar;
///
/// assert_eq!(similar("chekc", &["check", "json"]), Some("check"));
/// assert_eq!(similar("quiet", &["check", "json"]), None);
/// ```
#[cfg(feature = "program")]
pub fn similar<'c>(name: &str, candidates: &[&'c str]) -> Option<&'c str> {
    crate::diag::similar(name, candidates.iter().copied())
}

/// Returns which word of a command names the program that the first word runs: `sudo -u you ls` runs ls. Returns the
/// number of words if none of them does, and none if the first word runs no other program.
///
/// ```
/// use pipewright::tools::wrapped;
///
/// assert_eq!(wrapped(&["sudo", "-u", "you", "A=1", "ls", "-l"]), Some(4));
/// assert_eq!(wrapped(&["timeout", "-k", "5"]), Some(3));
/// assert_eq!(wrapped(&["ls", "sudo"]), None);
/// ```
pub fn wrapped<W: AsRef<str>>(words: &[W]) -> Option<usize> {
    crate::programs::wrapped(words)
}
