//! Where the grammar found no rule, and the text has the look of another language, or of a slip that many make.

mod foreign;

use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

/// What stands around the place where the reading stopped.
struct Around<'s> {
    /// The place itself, after blanks.
    at: usize,
    /// All before it, without blanks at its end.
    before: &'s str,
    rest: &'s str,
    /// The first word of the line.
    first: &'s str,
}

type Guess = Option<(Span, String, String)>;

/// A page for a slip that is known by its look.
pub fn guess(source: &Arc<Source>, at: usize) -> Option<Box<Diagnostic>> {
    let text = source.text();
    let at = at + text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
    let before = text[..at].trim_end_matches([' ', '\t']);
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let first = text[line..].split_ascii_whitespace().next().unwrap_or_default();
    let around = Around { at, before, rest: &text[at..], first };
    let (span, message, help) = around
        .dangling()
        .or_else(|| around.after_block())
        .or_else(|| around.foreign())
        .or_else(|| around.parenthesis())
        .or_else(|| around.two_values())
        .or_else(|| around.value())
        .or_else(|| around.command())?;
    let error = Diagnostic::new(code::SYNTAX, message).at(source, span, "not expected here");
    Some(Box::new(error.help(help)))
}

impl Around<'_> {
    fn found(&self, length: usize) -> Span {
        Span::new(self.at, self.at + length)
    }

    /// The word that stands there, its length at least 1.
    fn word(&self) -> &str {
        let length =
            self.rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        &self.rest[..length]
    }

    /// Whether an expression stands on this line.
    fn expression(&self) -> bool {
        let line = &self.before[self.before.rfind('\n').map_or(0, |end| end + 1)..];
        // `fn f() { return 1, 2 }`
        let statement = line.rsplit(['{', ';']).next().unwrap_or_default().trim_start();
        matches!(self.first, "let" | "fail" | "return")
            || ["let ", "fail ", "return "].iter().any(|word| statement.starts_with(word))
            || line.contains(" = ")
            || line.ends_with(" =")
    }

    /// `ls |` at the end of the text: the operator is the culprit.
    fn dangling(&self) -> Guess {
        if !self.rest.trim().is_empty() {
            return None;
        }
        let before = self.before.trim_end();
        let operator = ["||", "&&", "|&", "|"].into_iter().find(|operator| before.ends_with(operator))?;
        let span = Span::new(before.len() - operator.len(), before.len());
        Some((
            span,
            format!("a command is missing after `{operator}`"),
            "remove it, or write the command that follows".into(),
        ))
    }

    fn after_block(&self) -> Guess {
        let word = self.word();
        if !self.before.ends_with('}') || word.is_empty() {
            return None;
        }
        let help = match word {
            "elif" | "elsif" | "elseif" | "elsef" => "write: } else if cmd { … }",
            "except" | "rescue" => "write: } catch error { … }",
            "finally" => "write `defer { … }` before, which runs in the end whatever happens",
            _ => return None,
        };
        Some((self.found(word.len()), format!("unexpected `{word}` after a block"), help.into()))
    }

    fn parenthesis(&self) -> Guess {
        if !self.rest.starts_with('(') {
            return None;
        }
        let help = match self.first {
            "for" => {
                "the whole expression stands in parentheses, and a range is written so: for i in (0..<10) { … }"
            }
            "def" | "func" | "function" | "fun" | "sub" | "proc" | "async" | "pub" => {
                "a function is written: fn name(a, b) { … }"
            }
            "switch" | "select" => "write: match (x) { a | b => { … } }",
            "throw" | "raise" | "panic!" => "write: fail \"message\"",
            "else" => "`else` stands on the line of the `}` before it: } else if (x == 2) { … }",
            "assert" => "write: if (not (x == 1)) { fail \"message\" }",
            _ if self.first.starts_with("panic!(") => "write: fail \"message\"",
            _ if self.first.starts_with("println!(") => "write: echo \"x is $x\"",
            "until" | "unless" => "write: while not, or if not, in parentheses: if (not (x == 1)) { … }",
            _ if self
                .before
                .rsplit([' ', '\t', '"'])
                .next()
                .is_some_and(|word| word.starts_with('$') && word.contains('.')) =>
            {
                "a method is called in an expression: $[name.trim()]"
            }
            _ => return None,
        };
        Some((self.found(1), "`(` can't stand in a word".into(), help.into()))
    }

    /// `[1 2]`, `let s = hello world`: nothing between two values.
    fn two_values(&self) -> Guess {
        let begins = self.rest.starts_with(|c: char| c.is_alphanumeric() || "\"'$_".contains(c));
        let ended = self.before.ends_with(|c: char| c.is_alphanumeric() || "\"')]_".contains(c));
        let apart = self.before.len() < self.at;
        if !(self.expression() && begins && ended && apart) {
            return None;
        }
        let in_list =
            self.before.rfind(['[', '(']).is_some_and(|open| !self.before[open..].contains([']', ')']));
        let help = if in_list {
            "elements of a list stand between commas in square brackets: [1, 2]"
        } else {
            "text is quoted: \"two words\"; what a program prints is $(cmd); strings are joined by `++`"
        };
        let length = self.word().len().max(1);
        Some((self.found(length), "an operator or a comma is missing before this".into(), help.into()))
    }

    /// Where an expression should begin or go on.
    fn value(&self) -> Guess {
        if !self.expression() {
            return None;
        }
        let quoted = || {
            Some((
                self.found(1),
                "an expression can't begin like this".into(),
                "text is quoted in an expression: \"/etc/hosts\"; a fraction begins with a digit: 0.5".into(),
            ))
        };
        match self.rest.as_bytes() {
            [b'&', b'&', ..] | [b'|', b'|', ..] => Some((
                self.found(2),
                format!("`{}` joins commands, not values", &self.rest[..2]),
                "in an expression write `and`, `or`, `not`".into(),
            )),
            [b'.' | b'/' | b'~' | b'*', ..] if self.before.ends_with('=') => quoted(),
            _ if self.before.ends_with(" .") => Some((
                Span::new(self.before.len() - 1, self.before.len()),
                "`.` joins no strings".into(),
                "strings are joined by `++`: \"a\" ++ \"b\"".into(),
            )),
            [b'0'..=b'9', ..] if self.before.ends_with('.') => Some((
                self.found(1),
                "an element is named by its index in brackets".into(),
                "write: args[0]".into(),
            )),
            [b',', ..] => Some((
                self.found(1),
                "`,` stands only in brackets".into(),
                "a list is [1, 2]; a number has no commas: 1_000".into(),
            )),
            _ if self.before.ends_with('{')
                && self.rest[self.word().len()..].trim_start().starts_with('=') =>
            {
                Some((
                    self.found(self.word().len().max(1)),
                    "a key and its value are joined by `:`".into(),
                    "a map is {name: \"web\", port: 80}".into(),
                ))
            }
            _ => None,
        }
    }

    fn command(&self) -> Guess {
        match self.rest.as_bytes() {
            [b'&', b'0'..=b'9', ..] if self.before.ends_with('>') => Some((
                Span::new(self.before.len() - 1, self.at + 2),
                "a descriptor is copied by one operator".into(),
                format!("write it without a blank: >{}", &self.rest[..2]),
            )),
            [b'&', b'&', ..] | [b'|', b'|', ..] => Some((
                self.found(2),
                format!("a command is missing before `{}`", &self.rest[..2]),
                "remove it, or quote it if it is meant as text".into(),
            )),
            _ if ["if {", "while {"].iter().any(|word| self.before.ends_with(word)) => Some((
                Span::new(self.before.len() - 1, self.before.len()),
                "a condition is missing before `{`".into(),
                "write: if cmd { … }, or if (expression) { … }".into(),
            )),
            _ if matches!(self.first, "if" | "while")
                && self.before.ends_with(')')
                && !self.word().is_empty() =>
            {
                Some((
                    self.found(self.word().len()),
                    "a block `{ … }` is missing after the condition".into(),
                    format!("write: {} (expression) {{ … }}", self.first),
                ))
            }
            _ => None,
        }
    }
}
