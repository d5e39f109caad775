//! Hints of the code guard: the script's own command, rewritten.

mod languages;
mod shell;

use super::place;
use super::report::Place;
use super::rewrite::{Rewrite, ValueText};
use super::source::Source;
use crate::check::context::Context;
use crate::programs::{Fault, Language, Problem, Subject};
use crate::span::Span;
use crate::syntax::ast;

const AS_CODE: &str = "text that is meant as code is $[code(x)]";

/// The data from which a hint is made.
struct Hint<'t, 's> {
    text: &'s str,
    problems: &'t [&'t Problem],
    source: &'t Source<'t, 's>,
    place: Place<'t, 's>,
}

/// Returns the help for the problems of one place that takes code.
pub fn help<'s>(
    context: &Context<'_, 's>,
    problems: &[&Problem],
    source: &Source<'_, 's>,
    place: Place<'_, 's>,
) -> String {
    let hint = Hint { text: context.text, problems, source, place };
    let first = problems[0];
    match (&first.fault, first.reader.language) {
        (Fault::Nested(_), _) => hint.declared_twice(),
        (Fault::Misquoted(state), _) => hint.unquoted(*state),
        (_, _) if matches!(first.subject, Subject::Names(_)) => hint.names(),
        (_, Language::Sh) => hint.shell(),
        (Fault::Code(_), _) if first.is_whole => hint.whole(),
        (_, Language::Sed) => hint.sandbox(),
        (_, Language::AwkText) => hint.environment_of_awk(),
        (_, Language::Awk) => hint.by_environment(place::awk, ""),
        (_, Language::Perl) => hint.by_environment(place::perl, ""),
        (_, Language::Ruby) => hint.by_environment(place::ruby, ""),
        (_, Language::Js) => hint.by_environment(place::js, ""),
        (_, Language::Php) => hint.by_environment(place::php, ""),
        (_, Language::Lua) => hint.by_environment(place::lua, ""),
        (_, Language::Python) => hint.by_environment(place::python, "import os; "),
        (_, Language::Jq) => hint.jq(),
        (_, Language::Psql) => hint.psql(),
        (_, Language::Sqlite) => hint.sqlite(),
        (_, Language::Make) => hint.in_place("double the dollars, which make reads", |value| {
            format!("$[{}.replace('$', '$$')]", value.expression)
        }),
        (_, Language::Assignment) => {
            "write the name of the variable in the script: env NAME=$x cmd".to_string()
        }
        (_, Language::Yq) => only(
            "hand the value over in the environment, as strenv(x) of the yq in Go and $ENV.x of that in Python",
        ),
        (_, Language::Command) => hint.declared("the text is the name of a program with its arguments"),
        (_, Language::Loaded) if first.is_whole => hint.whole(),
        (_, Language::Keys) => hint.declared("what is typed there may be run"),
        _ => hint.declared("a number is $[int(x)]"),
    }
}

impl Hint<'_, '_> {
    fn rewrite(&self) -> Rewrite<'_> {
        Rewrite::new(self.text, self.place.span, self.place.is_line)
    }

    fn spans(&self) -> impl Iterator<Item = Span> {
        self.problems.iter().filter_map(|problem| match problem.subject {
            Subject::Value(value) => self.source.values.get(value).copied(),
            Subject::Names(_) => None,
        })
    }

    fn values(&self) -> Option<Vec<(Span, ValueText<'_>)>> {
        self.spans().map(|span| Some((span, self.value_at(span)?))).collect()
    }

    fn value_at(&self, span: Span) -> Option<ValueText<'_>> {
        let text = &self.text[span.range()];
        ValueText::of(text).or_else(|| {
            // The value of a variable is already an expression.
            let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
            let expression = text.to_string();
            is_name.then_some(ValueText {
                expression,
                word: text,
                name: "value".to_string(),
                is_environment: false,
            })
        })
    }

    fn is_expression(&self, span: Span) -> bool {
        !self.text[span.range()].starts_with(['$', '.'])
    }

    /// Returns the line with each value replaced in its place, after a sentence.
    fn in_place(&self, sentence: &str, with: impl Fn(&ValueText<'_>) -> String) -> String {
        let line = || {
            let mut rewrite = self.rewrite();
            for (span, value) in self.values()? {
                let text = with(&value);
                let bare = text.strip_prefix("$[").and_then(|text| text.strip_suffix(']'));
                let is_list = self.text[span.range()].starts_with("...$[");
                rewrite.replace(
                    span,
                    match bare {
                        Some(bare) if self.is_expression(span) => bare.to_string(),
                        _ if is_list => format!("...{text}"),
                        _ => text,
                    },
                );
            }
            rewrite.line()
        };
        line().map_or_else(|| sentence.to_string(), |line| format!("{sentence}:\n{line}"))
    }

    /// Returns the help for a text that is one value: it is meant as code.
    fn whole(&self) -> String {
        self.in_place(&format!("the whole text is a value; {AS_CODE}"), as_code)
    }

    fn declared(&self, sentence: &str) -> String {
        self.in_place(&format!("{sentence}; {AS_CODE}"), as_code)
    }

    fn declared_twice(&self) -> String {
        let sentence = "pass the value as an argument after that code; if it is meant as code there, write quote(code(x))";
        self.in_place(sentence, |value| {
            let inner = value.expression.strip_prefix("quote(").and_then(|text| text.strip_suffix(')'));
            format!("$[quote(code({}))]", inner.unwrap_or(&value.expression))
        })
    }

    /// Returns the help for `{}` in the code of `find -exec` and `xargs -I`.
    fn names(&self) -> String {
        let sentence = "pass the name as an argument";
        let Subject::Names(word) = self.problems[0].subject else { return sentence.to_string() };
        let span = self.source.words[word];
        let line = || {
            let text = &self.text[span.range()];
            let code = text.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
            let is_shell = self.problems[0].reader.language == Language::Sh;
            if !is_shell
                || code.contains(['\'', '"', '$', '\\', '`'])
                || self.after(span).is_some_and(|next| !matches!(next, ";" | "';'" | "\";\"" | "+"))
            {
                return None;
            }
            let mut rewrite = self.rewrite();
            rewrite.replace(span, format!("'{}' sh {{}}", code.replace("{}", "\"$1\"")));
            rewrite.line()
        };
        line().map_or_else(
            || format!("{sentence}: sh -c 'cmd \"$1\"' sh {{}}"),
            |line| format!("{sentence}:\n{line}"),
        )
    }

    /// Returns the word after another.
    fn after(&self, span: Span) -> Option<&str> {
        let next = self.place.words.iter().find(|word| word.span.start >= span.end)?;
        Some(&self.text[next.span.range()])
    }

    fn word_of(&self, span: Span) -> Option<&ast::Word<'_>> {
        self.place.words.iter().find(|word| word.span.start <= span.start && span.end <= word.span.end)
    }
}

/// Returns only a sentence, where the line can't be rewritten.
fn only(sentence: &str) -> String {
    format!("{sentence}; {AS_CODE}")
}

/// Returns a value marked as code, in place of a quoted one.
fn as_code(value: &ValueText<'_>) -> String {
    let inner = value.expression.strip_prefix("quote(").and_then(|text| text.strip_suffix(')'));
    format!("$[code({})]", inner.unwrap_or(&value.expression))
}
