//! Hints for a statement that does not end, or a block that does not begin.

use super::ast::Simple;
use super::line_before;
use super::read::{Reader, Stop};
use crate::diag::{Diagnostic, code};
use crate::span::Span;

impl<'s> Reader<'s> {
    /// Returns the error for a statement that continues where it should end, which is often a call of another
    /// language.
    pub(super) fn not_ended(&self, span: Span) -> Stop {
        if let Some(error) = super::redirected::page(self.source, span.start as usize) {
            return Stop::Error(error);
        }
        let (before, rest) = self.text.split_at(span.start as usize);
        let line = line_before(before, before.len());
        let last = line.trim_end().rsplit(' ').next().unwrap_or_default();
        let help = if !rest.starts_with('{') {
            None
        } else if last.starts_with("fn(") || last.starts_with("function(") || line.contains("= fn") {
            Some(
                "a function without a name is written: x => x + 1, or (a, b) => a + b; with statements: fn name(a) { … }",
            )
        } else if rest[1..].trim_start().starts_with('|') || last.contains('.') {
            Some("the parentheses contain a function: xs.map(x => x + 1)")
        } else {
            None
        };
        let label = "begin another on a new line, or after `;`";
        match help {
            Some(help) => {
                let error = Diagnostic::new(code::SYNTAX, "a block is not a function in an expression");
                Stop::Error(Box::new(error.at(self.source, span, "not expected here").help(help)))
            }
            None => self.error(code::SYNTAX, span, "the statement should end here", label),
        }
    }

    pub(super) fn block_after_command(&self, simple: &Simple<'s>, span: Span) -> Stop {
        let first = simple.words.first().map_or("", |word| &self.text[word.span.range()]);
        let help = match first {
            "lines" | "json" | "bytes" | "capture" => {
                format!("`{first} {{ … }}` is a value: let x = {first} {{ … }}")
            }
            "else" | "catch" => format!("put `{first}` on the line of the `}}` before it"),
            "elif" => "write: } else if … {".into(),
            "until" => "write: while ! … {".into(),
            "loop" => "a loop without end is: while true { … }".into(),
            "ensure" => "what runs in the end whatever happens is: defer { … }".into(),
            "timeout" => return self.block_behind_program(simple, span, "timeout"),
            "nice" => return self.block_behind_program(simple, span, "nice"),
            "cd" => return self.block_behind_program(simple, span, "cwd"),
            "unless" => "write: if ! cmd { … }, or if (not (x == 1)) { … }".into(),
            "import" => "another file is used by: use \"lib/file.pw\"".into(),
            _ => "put the block on its own, or quote the brace if it is meant as text: '{'".into(),
        };
        let mut error = Diagnostic::new(code::SYNTAX, "a block can't follow a command");
        error = error.at(self.source, span, "this command is not ended").help(help);
        Stop::Error(Box::new(error))
    }

    /// Returns the error for `timeout 1s { … }`. A program can't take a block; an option of `with` does the same
    /// for blocks.
    fn block_behind_program(&self, simple: &Simple<'s>, span: Span, option: &str) -> Stop {
        let value = match simple.words.last() {
            Some(word) if simple.words.len() > 1 => &self.text[word.span.range()],
            _ => "…",
        };
        let value = match option {
            "cwd" if !value.starts_with(['$', '"', '\'']) => format!("\"{value}\""),
            // `timeout 5` means seconds.
            "timeout" if value.bytes().all(|byte| byte.is_ascii_digit()) => format!("{value}s"),
            _ => value.trim_start_matches('$').to_string(),
        };
        let error = Diagnostic::new(code::SYNTAX, "a block can't follow a command");
        let error = error.at(self.source, span, "this command is not ended");
        let rest = self.text[span.end as usize..].lines().next().unwrap_or_default().trim();
        let block = if rest.ends_with('}') { rest } else { "{" };
        Stop::Error(Box::new(error.help(format!("write: with {option}={value} {block}"))))
    }

    /// Returns the error for a missing block, on the line of its head.
    pub(super) fn block_missing(&self, at: Span) -> Option<Box<Diagnostic>> {
        let before = &self.text[..at.start as usize];
        let line = line_before(before, before.len());
        let page = |start: usize, length: usize, message: &str, label: &str, help: &str| {
            let span = Span::new(start, start + length);
            let error = Diagnostic::new(code::SYNTAX, message).at(self.source, span, label);
            Some(Box::new(error.help(help)))
        };
        // `at` may be the end of the line, or be on a later one.
        if let Some(error) = super::glued::page(self.source, before.trim_end().len()) {
            return Some(error);
        }
        if self.text[at.range()].starts_with('\n') && line.trim_end().ends_with(':') {
            let help = format!("write: {}", braced(line.trim().trim_end_matches(':').trim_end()));
            let message = "a block is written in braces";
            return page(before.trim_end().len() - 1, 1, message, "not in Pipewright", &help);
        }
        let next = self.text[at.start as usize..].trim_start();
        let found = &self.text[at.range()];
        let block_follows = next.trim_start_matches(';').trim_start().starts_with('{');
        if found == ";" && block_follows {
            return page(
                at.start as usize,
                1,
                "a `;` separates a head from its block",
                "ends the statement too early",
                "remove it",
            );
        }
        if found == "\n" && block_follows {
            let end = before.trim_end().len();
            return page(
                end.saturating_sub(1),
                1,
                "a block begins on the line of its head",
                "the `{` is missing here",
                "move the `{` to the end of this line",
            );
        }
        None
    }
}

/// Returns `if x == 1` in the form of the language.
fn braced(head: &str) -> String {
    const SIGNS: &[&str] = &["==", "!=", " < ", " > ", "<=", ">=", " in ", " and ", " or ", "not "];
    let (keyword, rest) = head.split_once(' ').unwrap_or((head, ""));
    match keyword {
        "if" | "while" if !rest.starts_with('(') && SIGNS.iter().any(|sign| rest.contains(sign)) => {
            format!("{keyword} ({rest}) {{ … }}")
        }
        "for" => match rest.split_once(" in ") {
            Some((name, items)) if items.starts_with('[') => format!("for {name} in ({items}) {{ … }}"),
            _ => format!("{head} {{ … }}"),
        },
        "if" | "while" => format!("{head} {{ … }}"),
        _ => "{ … }".to_string(),
    }
}
