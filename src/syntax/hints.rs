//! Hints where the grammar found no rule, and the text looks like another language or a common mistake.

mod calls;
mod foreign;
mod pattern;

use super::{line_before, line_start};
use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

/// The text around the place where the reading stopped.
struct Around<'s> {
    /// The place where the next token begins, after blanks.
    at: usize,
    /// The text before it, without blanks at its end.
    before: &'s str,
    rest: &'s str,
    text: &'s str,
    /// The first word of the line.
    first: &'s str,
}

type Guess = Option<(Span, String, String)>;

/// Returns an error for a mistake that is recognised by its look.
pub fn hints(source: &Arc<Source>, at: usize) -> Option<Box<Diagnostic>> {
    let text = source.text();
    let at = at + text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
    let before = text[..at].trim_end_matches([' ', '\t']);
    let first = text[line_start(text, before.len())..].split_ascii_whitespace().next().unwrap_or_default();
    let around = Around { at, before, rest: &text[at..], text, first };
    let (span, message, help) = around
        .pattern()
        .or_else(|| around.call_among_commands())
        .or_else(|| around.dangling())
        .or_else(|| around.after_block())
        .or_else(|| around.operator())
        .or_else(|| around.foreign())
        .or_else(|| around.parenthesis())
        .or_else(|| around.two_values())
        .or_else(|| around.value())
        .or_else(|| around.command())?;
    let error = Diagnostic::new(code::SYNTAX, message).at(source, span, "not expected here");
    Some(Box::new(error.help(help)))
}

/// Returns an operator of another language in a text: its position, its length, and what to write.
pub fn operator_elsewhere(text: &str) -> Option<(usize, usize, String)> {
    const SIGNS: &[(&str, &str)] = &[
        ("===", "write: x == y"),
        ("!==", "write: x != y"),
        ("<>", "write: x != y"),
        ("<=>", "compare by: x < y, x == y, x > y"),
    ];
    const WORDS: &[(&str, &str)] = &[
        ("not in", "write: not (x in xs)"),
        ("is not", "write: x != null"),
        ("is", "write: x == null"),
        ("isnt", "write: x != y"),
        ("eq", "write: x == y"),
        ("ne", "write: x != y"),
        ("mod", "write: x % y"),
        ("div", "write: x // y"),
        ("xor", "write: a != b"),
        ("-eq", "write: x == y"),
        ("-ne", "write: x != y"),
        ("-lt", "write: x < y"),
        ("-le", "write: x <= y"),
        ("-gt", "write: x > y"),
        ("-ge", "write: x >= y"),
        ("contains", "write: xs.contains(x), or x in xs"),
        ("instanceof", "write: x.type() == \"list\""),
    ];
    let line = text.lines().next().unwrap_or_default();
    let quoted = |at: usize| line[..at].matches('"').count() % 2 == 1;
    let sign = SIGNS.iter().filter_map(|(sign, help)| Some((line.find(sign)?, *sign, *help)));
    let word = WORDS.iter().filter_map(|(word, help)| {
        let at = line.match_indices(word).map(|(at, _)| at).find(|at| {
            let before = line[..*at].ends_with([' ', '\t']) || *at == 0;
            before && line[at + word.len()..].starts_with([' ', '\t'])
        })?;
        Some((at, *word, *help))
    });
    let first = sign.chain(word).filter(|(at, ..)| !quoted(*at));
    let (at, sign, help) = first.min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())))?;
    Some((at, sign.len(), help.to_string()))
}

impl Around<'_> {
    /// Returns the line up to the place.
    fn line(&self) -> &str {
        line_before(self.before, self.before.len())
    }

    fn found(&self, length: usize) -> Span {
        Span::new(self.at, self.at + length)
    }

    /// Returns the word at the place. Its length is at least 1.
    fn word(&self) -> &str {
        let length =
            self.rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        &self.rest[..length]
    }

    /// Returns the error for an expression on this line.
    fn expression(&self) -> bool {
        let line = self.line();
        // `fn f() { return 1, 2 }`
        let statement = line.rsplit(['{', ';']).next().unwrap_or_default().trim_start();
        matches!(self.first, "let" | "fail" | "return")
            || ["let ", "fail ", "return "].iter().any(|word| statement.starts_with(word))
            || line.contains(" = ")
            || line.ends_with(" =")
    }

    /// Returns the error for `ls |` at the end of the text: the operator is the wrong part.
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
            "else" if self.rest[4..].starts_with(':') => "write: } else { … }",
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
            "let" if self.several_names().is_some() => return self.several_names(),
            "for" => {
                "the whole expression is in parentheses, and a range is written like this: for i in (0..<10) { … }"
            }
            "def" | "func" | "function" | "fun" | "sub" | "proc" | "async" | "pub" => {
                "a function is written: fn name(a, b) { … }"
            }
            "switch" | "select" => "write: match (x) { a | b => { … } }",
            "throw" | "raise" | "panic!" => "write: fail \"message\"",
            "else" => "put `else` on the line of the `}` before it: }  else if (x == 2) { … }",
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
            _ => return self.call_in_word(),
        };
        Some((self.found(1), "`(` can't be part of a word".into(), help.into()))
    }

    /// Returns the error for `let a, b = f(x)`.
    fn several_names(&self) -> Guess {
        let line = self.line();
        let (names, value) = line.trim_start().strip_prefix("let ")?.split_once('=')?;
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        let is_name = |name: &&str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if names.len() < 2 || !names.iter().all(is_name) {
            return None;
        }
        let value = format!("{}{}", value.trim_start(), self.rest.lines().next().unwrap_or_default());
        let help = format!("take a list apart: let [{}] = {}", names.join(", "), value.trim_end());
        let start = self.before.len() - line.trim_start().len();
        Some((Span::new(start, self.before.len()), "several names are written as a pattern".into(), help))
    }

    /// Returns the error for `echo f(1)`, `f (1)` or `[1].push(2)`.
    fn call_in_word(&self) -> Guess {
        let line = self.line();
        let statement = line.rsplit(['{', ';', '|', '&']).next().unwrap_or_default().trim_start();
        let callee = statement.rsplit([' ', '\t']).next().unwrap_or_default();
        let shown = match self.rest.find(')') {
            Some(end) if !self.rest[..end].contains(['\n', '$']) => &self.rest[..=end],
            _ => "(…)",
        };
        let is_name = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte))
        };
        let glued = self.before.len() == self.at;
        // `if x == 5: print(x)` has more important errors.
        if !line.contains('{') && matches!(self.first, "if" | "while" | "for" | "match" | "try" | "with") {
            return None;
        }
        let message = "`(` can't be part of a word".to_string();
        if glued && statement.starts_with(['[', '"', '\'']) && callee.contains('.') {
            let message = "a method at the start of a statement is called on a variable".to_string();
            let help = match callee.rsplit('.').next() {
                Some("each" | "forEach" | "map" | "for_each") => {
                    "go through a list by: for x in ([1, 2]) { … }"
                }
                _ => "write: let x = …, and then x.push(2); the value of an expression is $[…]",
            };
            return Some((self.found(1), message, help.to_string()));
        }
        if glued && self.before.ends_with(')') {
            let help = "a function that is a value is called in an expression: let x = (m.f)(1)".to_string();
            return Some((self.found(1), message, help));
        }
        let dollar = callee.trim_start_matches('"').strip_prefix('$').filter(|name| is_name(name));
        if let Some(name) = dollar.filter(|_| glued) {
            let help = format!("the value of a call is: $[{name}{shown}]");
            return Some((self.found(1), message, help));
        }
        if glued && is_name(callee) && callee != statement {
            let help = format!("the value of a call is: $[{callee}{shown}]; text is quoted: '('");
            return Some((self.found(1), message, help));
        }
        // The meaning of a parenthesis after the name of a program is unknown.
        let declared = self.before.contains(&format!("fn {callee}("));
        if !glued && callee == statement && is_name(callee) && declared {
            let help = format!("a call has no blank before it: {callee}{shown}");
            return Some((self.found(1), message, help));
        }
        None
    }

    /// Returns the error for `x not in xs`, `x === y` or `x is null`, in the place of an operator.
    fn operator(&self) -> Guess {
        if !self.expression() {
            return None;
        }
        let glued = self.before.len() == self.at;
        for (sign, next, help) in
            [("==", '=', "write: x == y"), ("!=", '=', "write: x != y"), ("<", '>', "write: x != y")]
        {
            if glued && self.before.ends_with(sign) && self.rest.starts_with(next) {
                let span = Span::new(self.at - sign.len(), self.at + 1);
                return Some((span, "there is no such operator".into(), help.into()));
            }
        }
        let (at, length, help) = operator_elsewhere(self.rest)?;
        // This applies only at the place where the reader stopped, since a sign in a later string does not count.
        (at == 0).then(|| (self.found(length), "there is no such operator".into(), help))
    }

    /// Returns the error for `[1 2]` or `let s = hello world`, which have nothing between two values.
    fn two_values(&self) -> Guess {
        let begins = self.rest.starts_with(|c: char| c.is_alphanumeric() || "\"'$_".contains(c));
        let ended = self.before.ends_with(|c: char| c.is_alphanumeric() || "\"')]_".contains(c));
        let apart = self.before.len() < self.at;
        if !(self.expression() && begins && ended && apart) {
            return None;
        }
        let in_list =
            self.before.rfind(['[', '(']).is_some_and(|open| !self.before[open..].contains([']', ')']));
        let line = self.line();
        let statement = line.rsplit(['{', ';']).next().unwrap_or_default().trim_start();
        let words = statement.strip_prefix("fail ").map(|first| {
            format!("{first} {}", self.rest.split([';', '}', '\n']).next().unwrap_or_default().trim())
        });
        if let Some(words) = words.filter(|words| !words.contains(['"', '\'', '(', '[', '$'])) {
            let help = format!("a message is quoted: fail \"{words}\"");
            return Some((self.found(self.word().len().max(1)), "this is not an expression".into(), help));
        }
        let help = if in_list {
            "elements of a list are separated by commas, in square brackets: [1, 2]"
        } else {
            "text is quoted: \"two words\"; what a program prints is $(cmd); strings are joined by `++`"
        };
        let length = self.word().len().max(1);
        Some((self.found(length), "an operator or a comma is missing before this".into(), help.into()))
    }

    /// Returns the error for a place where an expression should begin or continue.
    fn value(&self) -> Guess {
        if !self.expression() {
            return None;
        }
        if let Some(guess) = self.path_pattern() {
            return Some(guess);
        }
        match self.rest.as_bytes() {
            [b'&', b'&', ..] => Some((
                self.found(2),
                "`&&` joins commands, not values".into(),
                self.own_operators().unwrap_or_else(|| "in an expression write `and`, `or`, `not`".into()),
            )),
            [b'|', b'|', ..] => Some((
                self.found(2),
                "`||` joins commands, not values".into(),
                self.own_operators().unwrap_or_else(|| {
                    "in an expression write `or`; a default for null is: x ?? \"default\"".into()
                }),
            )),
            [b'.' | b'/' | b'~' | b'*' | b'[', ..] if self.before.ends_with('=') => self.bare_text(),
            _ if self.before.ends_with(" .") => Some((
                Span::new(self.before.len() - 1, self.before.len()),
                "`.` doesn't join strings".into(),
                "strings are joined by `++`: \"a\" ++ \"b\"".into(),
            )),
            [b'0'..=b'9', ..] if self.before.ends_with('.') && !self.before.ends_with("..") => Some((
                self.found(1),
                "an element is named by its index in brackets".into(),
                "write: args[0]".into(),
            )),
            [b',', ..] => Some((
                self.found(1),
                "`,` is only allowed in brackets".into(),
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

    fn own_operators(&self) -> Option<String> {
        Some(format!("write: {}", super::with_own_operators(self.text, self.at)?))
    }

    /// Returns the error for `let files = src/*.c`, which reads as a division and a product.
    fn path_pattern(&self) -> Guess {
        let start = self.before.rfind([' ', '\t', '(', '[', ',']).map_or(0, |end| end + 1);
        let word = self.text[start..].split([' ', '\t', '\n', ';', ')', '}', ']', ',']).next()?;
        let is_glued = self.before.len() == self.at && start < self.at;
        let is_path = word.chars().all(|letter| letter.is_ascii_alphanumeric() || "./*?_-".contains(letter));
        let is_pattern = word.contains(['*', '?']) && word.contains(['/', '.']);
        (is_glued && is_path && is_pattern).then(|| {
            let help = format!("the names of files are a list: glob(\"{word}\")");
            (Span::new(start, start + word.len()), "a pattern is not an expression".into(), help)
        })
    }

    /// Returns the error for `let files = *.c`, `let path = ~/x` or `let half = .5`: a word where an
    /// expression begins.
    fn bare_text(&self) -> Guess {
        let word = self.rest.split([' ', '\t', '\n', ';', ')', '}']).next().unwrap_or_default();
        let help = match word.as_bytes() {
            _ if word.contains(['"', '\'', '$', '\\']) => "text is quoted in an expression".into(),
            [b'.', b'0'..=b'9', ..] => format!("a fraction begins with a digit: 0{word}"),
            [b'~', b'/', ..] => format!("text is quoted in an expression: \"$HOME{}\"", &word[1..]),
            _ if word.contains(['*', '?']) => format!("the names of files are a list: glob(\"{word}\")"),
            _ => format!("text is quoted in an expression: \"{word}\""),
        };
        Some((self.found(word.len().max(1)), "an expression can't begin like this".into(), help))
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
