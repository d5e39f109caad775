//! A call in the place of a command: `cmd || note("x")`, `note("x") | cat`, `if note("x") {`. A call is
//! an expression, and a block makes it a command.

use super::{Around, Guess};
use crate::span::Span;

const MESSAGE: &str = "a call is an expression, not a command";

impl Around<'_> {
    pub(super) fn call_among_commands(&self) -> Guess {
        self.call_as_command().or_else(|| self.call_before_operator())
    }

    /// Returns the position of the call's parenthesis, after `||`, `&&`, `if` or `while`.
    fn call_as_command(&self) -> Guess {
        if !self.rest.starts_with('(') || self.before.len() != self.at {
            return None;
        }
        let (line, rest) = (self.line(), self.rest.lines().next().unwrap_or_default());
        let start = start_of_name(line)?;
        let (before, name) = line.split_at(start);
        let end = end_of_call(rest)?;
        let (arguments, behind) = rest.split_at(end);
        let last = before.trim_end().rsplit([' ', '\t', ';', '{']).next().unwrap_or_default();
        let call = match last {
            "||" | "&&" => format!("{{ {name}{arguments} }}"),
            "if" | "while" if behind.trim_start().starts_with('{') => format!("({name}{arguments})"),
            _ => return None,
        };
        let span = Span::new(self.at - name.len(), self.at + end);
        Some((span, MESSAGE.into(), format!("write: {}{call}{}", before.trim_start(), behind.trim_end())))
    }

    /// Returns the position of `||`, `&&` or `|` after the call that begins a statement.
    fn call_before_operator(&self) -> Guess {
        let is_operator = self.rest.starts_with("&&") || self.rest.starts_with('|');
        let statement = self.line().rsplit([';', '{']).next().unwrap_or_default().trim_start();
        let open = statement.find('(').filter(|open| start_of_name(&statement[..*open]) == Some(0))?;
        if !is_operator || end_of_call(&statement[open..])? != statement.len() - open {
            return None;
        }
        let rest = self.rest.lines().next().unwrap_or_default().trim_end();
        let span = Span::new(self.before.len() - statement.len(), self.before.len());
        Some((span, MESSAGE.into(), format!("write: {{ {statement} }} {rest}")))
    }
}

/// Returns the start of the name at the end of a text.
fn start_of_name(text: &str) -> Option<usize> {
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte);
    let start = text.len() - text.bytes().rev().take_while(|byte| of_name(byte)).count();
    let first = text.as_bytes().get(start)?;
    (first.is_ascii_alphabetic() || *first == b'_').then_some(start)
}

/// Returns the end of the arguments at the start of a text.
fn end_of_call(text: &str) -> Option<usize> {
    let mut depth = 0;
    let last = text.bytes().position(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth == 0
    })?;
    Some(last + 1)
}
