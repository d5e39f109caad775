//! The functions that convert: `int(x)`, `float(x)`, `str(x)`, `duration(x)`, `size(x)`.

use super::access::{argument, take};
use super::{Host, MethodError, Outcome};
use crate::diag::code;
use crate::value::format::{display, to_word};
use crate::value::literal::{NumberError, parse_duration, parse_float, parse_int, parse_size};
use crate::value::{Size, Value};

type Arguments<'a> = &'a mut [Value];

pub fn kind(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(this.type_name().into())
}

pub fn str(_: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    match take(arguments, 0) {
        text @ Value::Str(_) => Ok(text),
        other => match to_word(&other) {
            Ok(word) => Ok(word.into_owned().into()),
            Err(error) => {
                Err(MethodError::new(code::NOT_A_WORD, format!("`str`: {error}")).at(0).help(match other {
                    Value::List(_) => "join it: xs.join(\" \"); or write it as JSON: to_json(xs)",
                    Value::Map(_) => "write it as JSON: to_json(m)",
                    _ => error.hint(),
                }))
            }
        },
    }
}

/// Returns the result of a conversion, or the default of the call for null and for a value that can't
/// be converted.
fn or_default(arguments: Arguments, convert: impl FnOnce(&Value) -> Outcome) -> Outcome {
    let outcome = convert(argument(arguments, 0));
    match outcome {
        Err(MethodError::Message(_)) if arguments.len() > 1 && is_absent(&arguments[0]) => {
            Ok(take(arguments, 1))
        }
        outcome => outcome,
    }
}

/// Returns whether a value may mean "none": null, and text, which a program may have printed in place
/// of a number.
fn is_absent(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Str(_))
}

/// Implements `x.or(default)`.
pub fn or(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    Ok(match this {
        Value::Null => take(arguments, 0),
        Value::Str(text) if text.is_empty() => take(arguments, 0),
        value => value.clone(),
    })
}

pub fn int(_: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    or_default(arguments, to_int)
}

fn to_int(value: &Value) -> Outcome {
    match value {
        Value::Int(n) => Ok(Value::Int(*n)),
        Value::Float(x) => match super::number::to_int(x.trunc()) {
            Some(n) => Ok(Value::Int(n)),
            None => {
                let message = format!("`int`: {} does not fit in an integer", display(value, 60));
                Err(MethodError::new(code::OVERFLOW, message).at(0))
            }
        },
        Value::Str(_) => parsed("int", value, |text| {
            // Programs print 08 and mean eight, as `date +%m` does.
            let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
            match digits.trim_start_matches('0') {
                _ if !digits.bytes().all(|byte| byte.is_ascii_digit()) => parse_int(text),
                "" if digits.is_empty() => parse_int(text),
                "" => Ok(0),
                significant => parse_int(&format!("{sign}{significant}")),
            }
        }),
        other => Err(unconvertible("int", "a number or string", other)),
    }
}

pub fn float(_: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    or_default(arguments, |value| match value {
        Value::Int(n) => Ok(Value::Float(*n as f64)),
        Value::Float(x) => Ok(Value::Float(*x)),
        text @ Value::Str(_) => parsed("float", text, parse_float),
        other => Err(unconvertible("float", "a number or string", other)),
    })
}

pub fn duration(_: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    or_default(arguments, |value| match value {
        Value::Duration(duration) => Ok((*duration).into()),
        text @ Value::Str(_) => parsed("duration", text, parse_duration),
        other => Err(unconvertible("duration", "a string such as \"30s\"", other)),
    })
}

pub fn size(_: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    or_default(arguments, |value| match value {
        Value::Size(size) => Ok((*size).into()),
        Value::Int(bytes) => Ok(Size::from_bytes(*bytes).into()),
        text @ Value::Str(_) => parsed("size", text, parse_size),
        other => Err(unconvertible("size", "a string such as \"64K\" or a number of bytes", other)),
    })
}

/// Parses the text without blanks around it: `$(wc -l < f)` is padded on some systems.
fn parsed<T: Into<Value>>(
    function: &str,
    value: &Value,
    parse: impl Fn(&str) -> Result<T, NumberError>,
) -> Outcome {
    let outcome = match value {
        Value::Str(text) => text.to_utf8().map_or(Err(NumberError::NotANumber), |text| parse(text.trim())),
        _ => Err(NumberError::NotANumber),
    };
    outcome.map(Into::into).map_err(|error| {
        let shown = display(value, 60);
        let reason = match (&error, function) {
            (NumberError::NotANumber, "duration") => {
                "it is not a number with a unit of time, such as 30s".into()
            }
            (NumberError::NotANumber, "size") => "it is not a size, such as 64K".into(),
            (NumberError::NotANumber, "int") => "it is not a whole number".into(),
            (error, _) => error.to_string().replacen("this ", "it ", 1),
        };
        let message = format!("`{function}`: {shown} can't be converted: {reason}");
        let whole = MethodError::new(code::BAD_CONVERSION, message).at(0);
        match error.help() {
            Some(help) => whole.help(help),
            None => whole,
        }
    })
}

#[cold]
fn unconvertible(function: &str, wanted: &str, found: &Value) -> MethodError {
    let message = format!("`{function}` converts {wanted}, and this is {}", found.type_of().phrase());
    let error = MethodError::new(code::WRONG_TYPE, message).at(0);
    let help = match (function, found) {
        (_, Value::Null) => "give a default for null: x ?? …",
        ("int" | "float", Value::Duration(_)) => "divide by a unit: d // 1s",
        ("int" | "float", Value::Size(_)) => "take its bytes: size.bytes()",
        ("int" | "float", Value::Bool(_)) => "choose: b ? 1 : 0",
        ("duration", Value::Int(_) | Value::Float(_)) => "multiply by a unit: x * 1s",
        ("size", Value::Float(_)) => "multiply by a unit: x * 1M",
        (_, Value::List(_)) => "convert each: xs.map(x => int(x))",
        _ => return error,
    };
    error.help(help)
}
