//! Values in place of a command: `if $dry_run { … }`, `make && $[n > 2]`, `$editor $file`.
//!
//! A bool on its own is a status, like a `$flag` in sh that holds `true` or `false`. A string names a program. Any
//! other value is an error that neither `||` nor `!` treats as the failure of a command.

use crate::check::program::*;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::lang::word::words_in;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::value::{Value, format};

/// The result of the first word of a command.
pub enum Name {
    /// A status: no program runs.
    Truth(bool),
    /// The name of the program, and the other arguments of the word; empty if the word is not a value.
    Words(Vec<Vec<u8>>),
}

/// Returns the value of a command that is a single word.
pub fn value_alone(command: &Command) -> Option<&Expr> {
    match (&command.target, &*command.words) {
        (Target::Program, [word]) if command.assignments.is_empty() => value_of(word),
        _ => None,
    }
}

fn value_of(word: &Word) -> Option<&Expr> {
    match word {
        Word::Text(text) => match &*text.parts {
            [Part::Value(value)] => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the status of a command that is only this word.
pub fn truth_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        // `true` and `false` are builtins of sh, wherever the word comes from.
        Value::Str(text) if text.as_bytes() == b"true" => Some(true),
        Value::Str(text) if text.as_bytes() == b"false" => Some(false),
        _ => None,
    }
}

impl Interpreter {
    /// Evaluates the first word of a command that runs a program, if the word is a value. `is_plain` means that the
    /// command has no redirection and no assignment.
    pub(in crate::eval) fn name_of_program(&mut self, command: &Command, is_plain: bool) -> Eval<Name> {
        let (Target::Program, [first, rest @ ..]) = (&command.target, &*command.words) else {
            return Ok(Name::Words(Vec::new()));
        };
        if let Some(expr) = value_of(first) {
            let value = self.expr(expr)?;
            return match truth_of(&value).filter(|_| is_plain && rest.is_empty()) {
                Some(truth) => Ok(Name::Truth(truth)),
                None => Ok(Name::Words(vec![self.program_named(&value, expr.span)?])),
            };
        }
        if let Word::Text(text) = first
            && let [Part::Capture(capture)] = &*text.parts
            && capture.unquoted.is_some()
        {
            let name = self.text_of(text)?;
            self.check_captured_program(&name, text.span)?;
            return Ok(Name::Words(vec![name]));
        }
        if let Word::Splice { list, guarded } = first {
            let value = self.expr(list)?;
            if let Value::List(items) = &value
                && let Some(name) = items.iter().find(|item| !matches!(item, Value::Null))
            {
                self.program_named(name, list.span)?;
            }
            let mut words = Vec::new();
            self.splice_value(&value, list.span, *guarded, 0, &mut words)?;
            let handed: Vec<usize> = words_in(&value).collect();
            self.judge_handed(&[], 1, &handed, &words, list.span)?;
            return Ok(Name::Words(words));
        }
        Ok(Name::Words(Vec::new()))
    }

    fn program_named(&self, value: &Value, span: Span) -> Eval<Vec<u8>> {
        let Value::Str(name) = value else { return Err(self.not_a_program(value, span)) };
        self.check_argument(name, false, span)?;
        Ok(name.to_vec())
    }

    pub(in crate::eval) fn not_a_program(&self, value: &Value, span: Span) -> Unwind {
        if value.as_secret().is_some() {
            return self.secret_seen(span);
        }
        let written = self.source().text().get(span.range()).unwrap_or_default();
        let path = written.strip_prefix("$[").and_then(|text| text.strip_suffix(']'));
        let path = path.unwrap_or_else(|| written.trim_start_matches('$').trim_matches(['{', '}']));
        let found = value.type_of();
        let message = match value {
            Value::Null => "null is not the name of a program".to_string(),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Duration(_) | Value::Size(_) => {
                format!("{} is {}, not the name of a program", format::display(value, 60), found.phrase())
            }
            _ => format!("{} is not the name of a program", found.phrase()),
        };
        let error = page(code::WRONG_TYPE, self.source(), span, message, found.name());
        let help = match value {
            Value::Bool(_) => {
                format!(
                    "a bool is a command only by itself: without arguments, redirections and assignments, {path}"
                )
            }
            Value::List(_) => format!("a command and its arguments as a list: ...${path}"),
            Value::Null => format!("test it: if ({path} != null) {{ … }}"),
            _ => format!("values are compared in parentheses: if ({path} > 2) {{ … }}"),
        };
        Error::value(error.help(help)).into()
    }
}
