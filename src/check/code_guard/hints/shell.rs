//! Hints for code of shells: parameters of the code, and `quote()`.

use super::{AS_CODE, Hint, only};
use crate::check::words::literal;
use crate::programs::{self, Fault, State, Subject};
use crate::span::Span;
use crate::syntax::ast::{self, PartKind, WordKind};

impl Hint<'_, '_> {
    pub(super) fn shell(&self) -> String {
        if !self.place.is_line {
            return format!("quote the value for the shell: $[quote(x)]; {AS_CODE}");
        }
        if let Some(line) = self.parameters() {
            return format!("pass the value as an argument:\n{line}");
        }
        match self.quoting() {
            Some(line) => format!("quote the value for the shell; {AS_CODE}:\n{line}"),
            None if self.problems[0].is_whole => self.whole(),
            None => only("put the value outside of quotes, as $[quote(x)]"),
        }
    }

    /// Rewrites `sh -c "rm $x"` as `sh -c 'rm "$1"' sh $x`.
    fn parameters(&self) -> Option<String> {
        let label = &self.problems[0].reader.label;
        let shell = label.strip_suffix(" -c")?;
        let is_shell = matches!(shell, "sh" | "bash" | "dash" | "zsh" | "ksh" | "mksh" | "ash");
        let values = self.values()?;
        let word = self.word_of(values.first()?.0)?;
        if !is_shell || self.after(word.span).is_some() || self.place.words.iter().any(is_appending) {
            return None;
        }
        let WordKind::Parts(parts) = &word.kind else { return None };
        // The whole text is a value: it is meant as code.
        if parts.len() < 2 {
            return None;
        }
        let mut code = String::new();
        let mut arguments = String::new();
        let mut number = 0;
        for (at, part) in parts.iter().enumerate() {
            match &part.kind {
                PartKind::Bare(text) | PartKind::Quoted(text) => {
                    code.push_str(std::str::from_utf8(text).ok()?)
                }
                PartKind::Value(..) | PartKind::Expr(_) => {
                    let state = self.state_of(part.span)?;
                    let next = match parts.get(at + 1).map(|part| &part.kind) {
                        Some(PartKind::Quoted(text) | PartKind::Bare(text)) => text.first().copied(),
                        _ => None,
                    };
                    number += 1;
                    code.push_str(&match state {
                        State::DoubleQuoted if next.is_some_and(|byte| byte.is_ascii_digit()) => {
                            format!("${{{number}}}")
                        }
                        State::DoubleQuoted => format!("${number}"),
                        State::Unquoted => format!("\"${number}\""),
                        _ => return None,
                    });
                    arguments.push(' ');
                    arguments.push_str(&self.text[part.span.range()]);
                }
                _ => return None,
            }
        }
        if code.contains(['\'', '\n']) || number > 9 {
            return None;
        }
        let mut rewrite = self.rewrite();
        rewrite.replace(word.span, format!("'{code}' {shell}{arguments}"));
        rewrite.line()
    }

    /// Returns the line with `quote()` around the values, and without the code's own quotes around
    /// them.
    fn quoting(&self) -> Option<String> {
        let mut rewrite = self.rewrite();
        for problem in self.problems {
            let Subject::Value(id) = problem.subject else { return None };
            let span = *self.source.values.get(id)?;
            let value = self.value_at(span)?;
            if problem.is_whole || self.is_expression(span) {
                return None;
            }
            let quoted = format!("$[quote({})]", value.expression);
            match problem.fault {
                Fault::Code(State::Unquoted) => rewrite.replace(span, quoted),
                Fault::Code(State::SingleQuoted | State::DoubleQuoted) => {
                    rewrite.replace(self.without_quotes(span)?, quoted);
                }
                _ => return None,
            }
        }
        rewrite.line()
    }

    /// Rewrites `'$[quote(x)]'` in the code without the quotes around it.
    pub(super) fn unquoted(&self, state: State) -> String {
        let sentence = "put it outside of quotes";
        let line = || {
            let mut rewrite = self.rewrite();
            for span in self.spans() {
                rewrite.replace(self.without_quotes(span)?, &self.text[span.range()]);
            }
            rewrite.line()
        };
        let is_quoted = matches!(state, State::SingleQuoted | State::DoubleQuoted);
        match is_quoted.then(line).flatten() {
            Some(line) => format!("{sentence}:\n{line}"),
            None => format!("{sentence}, as a word or a part of one: cmd --name=$[quote(x)]"),
        }
    }

    /// Returns the span of a value together with the code's quotes directly around it.
    fn without_quotes(&self, span: Span) -> Option<Span> {
        let (start, end) = (span.start as usize, span.end as usize);
        [("\\\"", "\\\""), ("'", "'"), ("\"", "\"")].into_iter().find_map(|(open, close)| {
            let fits = self.text[..start].ends_with(open) && self.text[end..].starts_with(close);
            let inside = start >= open.len()
                && self.word_of(span).is_none_or(|word| {
                    word.span.start as usize <= start - open.len()
                        && word.span.end as usize >= end + close.len()
                        && (open != "\""
                            || word.span.start as usize + 1 < start && (word.span.end as usize) > end + 1)
                });
            (fits && inside).then(|| Span::new(start - open.len(), end + close.len()))
        })
    }

    pub(super) fn state_of(&self, span: Span) -> Option<State> {
        let problem = self.problems.iter().find(|problem| match problem.subject {
            Subject::Value(value) => self.source.values.get(value) == Some(&span),
            Subject::Names(_) => false,
        })?;
        match problem.fault {
            Fault::Code(state) => Some(state),
            _ => None,
        }
    }
}

/// Returns whether the launcher adds words after the last one or in place of `{}`.
fn is_appending(word: &ast::Word<'_>) -> bool {
    literal(Some(word)).is_some_and(|name| matches!(programs::base_name(&name), "xargs" | "parallel"))
}
