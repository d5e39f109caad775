//! Errors of values: a wrong type, a missing key or index, a failed operation.

use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::value::ops;
use crate::value::{Map, Str, Type, Value};

impl Interpreter {
    pub(in crate::eval) fn wrong_type(&self, span: Span, what: &str, expected: &str, found: Type) -> Unwind {
        let message = format!("{what} is {}, not {expected}", found.phrase());
        Error::value(page(code::WRONG_TYPE, self.source(), span, message, found.name())).into()
    }

    pub(in crate::eval) fn missing_key(&self, key: &Str, map: &Map, span: Span) -> Unwind {
        let message = format!("the map has no key `{}`", crate::diag::visible(key.as_bytes()));
        let mut error = page(code::MISSING_KEY, self.source(), span, message, "no such key");
        let keys: Vec<_> = map.keys().take(10).map(|key| crate::diag::visible(key.as_bytes())).collect();
        if !keys.is_empty() {
            error = error.note(format!("its keys are {}", keys.join(", ")));
        }
        Error::value(error).into()
    }

    /// Returns the position for an index of a list; negative indices count from the end.
    pub(in crate::eval) fn list_index(&self, key: &Value, length: usize, span: Span) -> Eval<usize> {
        let Value::Int(index) = key else {
            return Err(self.wrong_type(span, "an index of a list", "an integer", key.type_of()));
        };
        let place = if *index < 0 { index.checked_add_unsigned(length as u64) } else { Some(*index) };
        match place.and_then(|place| usize::try_from(place).ok()).filter(|place| *place < length) {
            Some(place) => Ok(place),
            None => {
                let message = format!("index {index} of a list of {length}");
                let error = page(code::INDEX_OUT_OF_RANGE, self.source(), span, message, "out of range");
                let help = match length {
                    0 => "the list is empty: ask for xs.len() before".to_string(),
                    1 => "its only index is 0".to_string(),
                    _ => format!("it goes from 0 to {}; from the end -1 is the last", length - 1),
                };
                Err(Error::value(error.help(help)).into())
            }
        }
    }

    pub(in crate::eval) fn op_error(&self, error: ops::OpError, span: Span) -> Unwind {
        let code = match error {
            ops::OpError::Types { .. } => code::WRONG_TYPE,
            ops::OpError::Overflow { .. } => code::OVERFLOW,
            ops::OpError::DivisionByZero { .. } => code::DIVISION_BY_ZERO,
            ops::OpError::NotReal { .. } => code::BAD_VALUE,
            ops::OpError::TooDeep { .. } => code::NESTED_TOO_DEEPLY,
            ops::OpError::TooLarge { .. } => code::TOO_LARGE,
        };
        let mut diagnostic = page(code, self.source(), span, error.to_string(), "here");
        if let Some(hint) = error.hint() {
            diagnostic = diagnostic.help(hint);
        }
        Error::value(diagnostic).into()
    }
}
