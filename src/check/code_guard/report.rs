//! Conversion of findings into diagnostics.

use super::hints;
use super::source::Source;
use crate::check::context::Context;
use crate::diag::{Diagnostic, code};
use crate::programs::{Fault, Language, Problem, State, Subject};
use crate::span::Span;
use crate::syntax::ast;

/// The text from which a hint is made.
#[derive(Clone, Copy)]
pub struct Place<'t, 's> {
    pub span: Span,
    /// The words of the command; none of a variable or an input.
    pub words: &'t [ast::Word<'s>],
    pub is_input: bool,
    /// Whether a part of it can be shown alone.
    pub is_line: bool,
}

impl<'t, 's> Place<'t, 's> {
    pub fn command(words: &'t [ast::Word<'s>]) -> Self {
        let span = |word: Option<&ast::Word<'s>>| word.map(|word| word.span).unwrap_or_default();
        Self { span: span(words.first()).to(span(words.last())), words, is_input: false, is_line: true }
    }

    pub const fn variable(span: Span, is_line: bool) -> Self {
        Self { span, words: &[], is_input: false, is_line }
    }

    pub const fn input(span: Span, is_line: bool) -> Self {
        Self { span, words: &[], is_input: true, is_line }
    }
}

/// Returns the errors of one command: for each place that takes code, the first problem, with a hint
/// for all its values.
pub fn all<'s>(
    context: &Context<'_, 's>,
    problems: &[Problem],
    source: &Source<'_, 's>,
    place: Place<'_, 's>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, problem) in problems.iter().enumerate() {
        let is_first = problems[..at].iter().all(|before| before.reader != problem.reader);
        if !is_first {
            continue;
        }
        let same: Vec<&Problem> =
            problems[at..].iter().filter(|other| other.reader == problem.reader).collect();
        let span = match problem.subject {
            Subject::Value(value) => source.values[value],
            Subject::Names(word) => source.words[word],
        };
        let help = hints::help(context, &same, source, place);
        let page = page(context, problem, span);
        found.push(if help.is_empty() { page } else { page.help(help) });
    }
    found
}

fn page(context: &Context<'_, '_>, problem: &Problem, span: Span) -> Diagnostic {
    let label = problem.reader.label.as_str();
    let variable = label.strip_suffix('=');
    let (code, message, note) = match (&problem.fault, problem.subject) {
        (Fault::Might, Subject::Names(_)) => (
            code::MAYBE_CODE,
            format!("`{label}` runs this text as code, and it contains names of files"),
            "the text of a name would be code",
        ),
        (Fault::Might, _) if problem.reader.language == Language::AwkText => (
            code::ESCAPED_VALUE,
            "awk reads the backslashes of this value".to_string(),
            "\\n would become a line feed",
        ),
        (Fault::Might, _) if problem.reader.language == Language::Assignment => (
            code::MAYBE_CODE,
            "a value names the variable that is set".to_string(),
            "it may be one that programs run or load",
        ),
        (Fault::Might, _) => match variable {
            Some(name) => (
                code::MAYBE_CODE,
                format!("programs take options or load code by `{name}`, and it contains a value"),
                "may be run",
            ),
            None => {
                let message = format!("`{label}` may run this text, and it contains a value");
                (code::MAYBE_CODE, message, "may be parsed as code")
            }
        },
        (Fault::Misquoted(state), _) => {
            (code::MISQUOTED_CODE, format!("quote() is {}", where_in(*state)), "its quotes do not hold here")
        }
        (Fault::Nested(inner), _) => (
            code::MISQUOTED_CODE,
            format!("`{inner}` within the code reads this value as code once more"),
            "quoted once, and read twice",
        ),
        (Fault::Code(_), _) => match variable {
            Some(name) => (
                code::UNGUARDED_CODE,
                format!("programs run `{name}` as code, and it contains a value"),
                "would be parsed as code",
            ),
            None => (
                code::UNGUARDED_CODE,
                format!("`{label}` runs this text as code, and it contains a value"),
                "would be parsed as code",
            ),
        },
    };
    Diagnostic::new(code, message).at(context.source, span, note)
}

const fn where_in(state: State) -> &'static str {
    match state {
        State::SingleQuoted => "inside single quotes of the code",
        State::DoubleQuoted => "inside double quotes of the code",
        State::Backquoted => "inside backquotes of the code",
        State::Arithmetic => "in an arithmetic expression of the code",
        State::Parameter => "in a parameter expansion of the code",
        State::Comment => "in a comment of the code",
        State::HereDocument => "in a here-document of the code",
        State::Escaped => "after a backslash or a dollar of the code",
        State::Unquoted => "in the code",
    }
}
