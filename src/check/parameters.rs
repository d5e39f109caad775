//! Parameters: the properties that callers need, and the refusal of invalid options.

use super::lower::Checker;
use super::program::*;
use crate::diag::code;
use crate::syntax::ast::{self, PartKind};
use crate::value::Str;

/// Returns the properties of a parameter that callers need.
pub fn formal(parameter: &ast::Parameter<'_>) -> Formal {
    let choices: Box<[Str]> = parameter.choices.iter().filter_map(literal).collect();
    let kind = match parameter.annotation {
        Some(name) => Kind::find(name.text),
        None => (!parameter.choices.is_empty()).then_some(Kind::Str),
    };
    let default = parameter.default.as_ref();
    let is_zero = default.is_some_and(|value| matches!(value.kind, ast::ExprKind::Number("0")));
    Formal {
        name: parameter.name.text.into(),
        kind,
        rest: parameter.rest,
        optional: default.is_some(),
        on: kind == Some(Kind::Bool)
            && default.is_some_and(|value| matches!(value.kind, ast::ExprKind::Bool(true))),
        short: parameter.short.and_then(|name| name.text.chars().next()),
        counts: parameter.short.is_some() && kind == Some(Kind::Int) && is_zero,
        choices,
    }
}

/// Returns the text of a string without values.
fn literal(string: &ast::Expr<'_>) -> Option<Str> {
    match &string.kind {
        ast::ExprKind::String(parts) => match &**parts {
            [] => Some(Str::from("")),
            [ast::Part { kind: PartKind::Quoted(text) | PartKind::Bare(text), .. }] => {
                Some(Str::from(&**text))
            }
            _ => None,
        },
        _ => None,
    }
}

impl<'s> Checker<'s> {
    /// Refuses a parameter that no command line can set, after those before it.
    pub(super) fn refuse_parameter(
        &mut self,
        parameter: &ast::Parameter<'s>,
        formal: &Formal,
        before: &[Formal],
    ) {
        let name = parameter.name.text;
        if let Some(short) = parameter.short {
            let letter = short.text;
            let twice = before.iter().find(|other| other.short == formal.short);
            let found = if letter.len() != 1 || !letter.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                let first = letter.chars().find(char::is_ascii_alphabetic).unwrap_or('x');
                Some(("a short option is one letter", "not one letter", format!("write: {name}/{first}")))
            } else if formal.rest {
                Some((
                    "`...` takes the remaining arguments, and has no option",
                    "has a letter",
                    format!("write: ...{name}"),
                ))
            } else if formal.on {
                let help = format!("--no-{} turns it off: leave the letter out", formal.dashed_name());
                Some(("the short option would turn on what is on", "its default is true", help))
            } else if let Some(other) = twice {
                let help = format!("`{}` has the letter: choose another one, or leave it out", other.name);
                Some(("two parameters have the same short option", "the second", help))
            } else {
                None
            };
            if let Some((message, label, help)) = found {
                self.error(code::BAD_PARAMETER, short.span, message, label, &help);
            }
        }
        for (at, choice) in parameter.choices.iter().enumerate() {
            let text = literal(choice);
            if text.is_none() {
                let message = "a choice is literal text";
                let help = "take a str, and look at it in the function: if (not (x in list)) { fail … }";
                self.error(code::BAD_PARAMETER, choice.span, message, "has a value in it", help);
            } else if parameter.choices[..at].iter().any(|earlier| literal(earlier) == text) {
                let message = format!("`{name}` has this choice already");
                self.error(code::BAD_PARAMETER, choice.span, message, "the second", "remove it");
            }
        }
    }
}
