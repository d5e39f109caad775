//! The user's rc.pw. Its statements run one by one, like entries, so that an error in one loses only that one.

use super::own::Own;
use super::{Next, PAGES, Shell, places, show_page};
use crate::print::print_error;
use pipewright::diag::{quote_word, reason};
use pipewright::dialog::{Entry, Typed};
use pipewright::{ParseError, Signal};
use std::ops::Range;
use std::path::Path;

impl Shell {
    /// Runs the user's rc.pw, whose errors do not prevent the prompt. Returns the status if it has ended the prompt.
    pub(super) fn configure(&mut self) -> Option<u8> {
        let path = places::configuration()?;
        let text = match places::read(&path, u64::MAX) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => {
                let path = quote_word(path.as_os_str().as_encoded_bytes());
                print_error(&format!("pipewright: can't read {path}: {}\n", reason(&error)));
                return None;
            }
        };
        self.is_configuring = true;
        let status = self.run_statements(&path, &text);
        self.is_configuring = false;
        (self.status, self.statuses) = (0, vec![0]);
        status
    }

    fn run_statements(&mut self, path: &Path, text: &str) -> Option<u8> {
        // Functions that call one another wait for those that they call.
        let mut waiting: Vec<Range<usize>> = Vec::new();
        for statement in statements(text) {
            let source = &text[statement.clone()];
            if let Some(own) = Own::parse(source) {
                if let Next::Exit(status) = self.perform_own(own) {
                    return Some(status);
                }
                continue;
            }
            let is_function = is_function(source);
            let checked = self.check_statements(path, text, std::slice::from_ref(&statement));
            if checked.is_err() && is_function {
                waiting.push(statement);
                if let Ok(entry) = self.check_statements(path, text, &waiting) {
                    waiting.clear();
                    let _ = self.run_checked(Ok(entry), path, text);
                }
                continue;
            }
            let ended = self.run_checked(checked, path, text);
            // Ctrl-C ends all of it.
            if ended.is_some() || self.status == 128 + Signal::INT.number() as u8 {
                return ended;
            }
        }
        // Each is checked alone, so that the errors are those of one function.
        for statement in waiting {
            let checked = self.check_statements(path, text, &[statement]);
            if let Some(status) = self.run_checked(checked, path, text) {
                return Some(status);
            }
        }
        None
    }

    /// Checks statements at their lines in the file.
    fn check_statements(
        &self,
        path: &Path,
        text: &str,
        statements: &[Range<usize>],
    ) -> Result<Entry, ParseError> {
        self.dialog.borrow().check_file(path, &only(text, statements))
    }

    fn run_checked(&mut self, checked: Result<Entry, ParseError>, path: &Path, text: &str) -> Option<u8> {
        match checked {
            Ok(entry) => match self.perform_checked(Ok(entry), &path.to_string_lossy(), text) {
                Next::Entry => None,
                Next::Exit(status) => Some(status),
            },
            Err(error) => {
                error.diagnostics().iter().take(PAGES).for_each(show_page);
                None
            }
        }
    }
}

/// Returns a text with only these parts, which keep their lines.
fn only(text: &str, parts: &[Range<usize>]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for part in parts {
        kept.extend(text[at..part.start].matches('\n'));
        kept.push_str(&text[part.clone()]);
        at = part.end;
    }
    kept
}

fn is_function(statement: &str) -> bool {
    let first = statement.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with("fn "))
}

/// Splits a file into statements, as the prompt would take its lines. The comment above a statement belongs to it.
fn statements(text: &str) -> Vec<Range<usize>> {
    let mut statements = Vec::new();
    let (mut start, mut end) = (0, 0);
    // The end of the first line behind which a statement that is never closed is given up.
    let mut next_begin = None;
    while end < text.len() {
        let line = &text[end..];
        let line = &line[..line.find('\n').map_or(line.len(), |length| length + 1)];
        let is_begun = !is_blank(&text[start..end]);
        if is_begun
            && next_begin.is_none()
            && line.starts_with(|first: char| first.is_alphanumeric() || first == '#')
        {
            next_begin = Some(end);
        }
        end += line.len();
        let part = &text[start..end];
        let is_whole = !is_blank(part) && (Own::parse(part).is_some() || !Typed::new(part).is_incomplete());
        // An open bracket must not take the rest of the file.
        let given_up = next_begin.filter(|_| end == text.len() && !is_whole);
        if let Some(begin) = given_up {
            end = begin;
        }
        if is_whole || given_up.is_some() || (end == text.len() && !is_blank(&text[start..end])) {
            statements.push(start..end);
            (start, next_begin) = (end, None);
        }
    }
    statements
}

/// Returns whether a text has only blank lines and comments.
fn is_blank(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        statements(text).into_iter().map(|statement| &text[statement]).collect()
    }

    #[test]
    fn statements_are_those_that_the_prompt_would_take() {
        assert_eq!(split("a\nb\n"), ["a\n", "b\n"]);
        assert_eq!(split("# what\nfn f() {\n  x\n}\n\n# end\n"), ["# what\nfn f() {\n  x\n}\n"]);
        assert_eq!(split("let a = [\n1,\n2]\nb"), ["let a = [\n1,\n2]\n", "b"]);
        assert_eq!(split(""), [""; 0]);
    }

    #[test]
    fn an_open_bracket_loses_only_its_statement() {
        assert_eq!(split("fn f() {\n  x\nlet a = 1\nb\n"), ["fn f() {\n  x\n", "let a = 1\n", "b\n"]);
        assert_eq!(split("a 'b\nc\nd"), ["a 'b\n", "c\n", "d"]);
        assert_eq!(split("fn f() {\n  x\n"), ["fn f() {\n  x\n"]);
    }

    #[test]
    fn statements_keep_their_lines() {
        let text = "a\nb\nc\n";
        assert_eq!(only(text, std::slice::from_ref(&(2..4))), "\nb\n");
        assert_eq!(only(text, &[0..2, 4..6]), "a\n\nc\n");
    }
}
