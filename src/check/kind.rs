//! The types of parameters, applied to words of a command line and to values.

use super::program::Kind;
use crate::diag::quote_word;
use crate::value::literal::{NumberError, parse_float, parse_int, parse_number};
use crate::value::{Str, Type, Value};

/// Converts a word of a command line to the type of a parameter.
///
/// # Errors
/// Fails with the reason, for the message.
pub fn from_word(kind: Option<Kind>, word: &[u8]) -> Result<Value, String> {
    let text = || String::from_utf8_lossy(word).into_owned();
    let shown = || quote_word(word);
    let number = |wanted: Type, what: &str| match parse_number(&text()) {
        Ok(value) if value.type_of() == wanted => Ok(value),
        _ => Err(format!("{} is not a {what}", shown())),
    };
    match kind {
        None | Some(Kind::Str) => Ok(Value::Str(Str::from(word))),
        Some(Kind::Path) if word.is_empty() => Err("the path is empty".to_string()),
        Some(Kind::Path) => Ok(Value::Str(Str::from(word))),
        Some(Kind::Int) => {
            parse_int(&text()).map(Value::Int).map_err(|error| not_a_number(&shown(), "integer", &error))
        }
        Some(Kind::Float) => {
            parse_float(&text()).map(Value::Float).map_err(|error| not_a_number(&shown(), "number", &error))
        }
        Some(Kind::Bool) => match word {
            b"true" => Ok(Value::Bool(true)),
            b"false" => Ok(Value::Bool(false)),
            _ => Err(format!("{} is neither true nor false", shown())),
        },
        // Zero is the same in every unit: `--limit 0`.
        Some(Kind::Duration) if word == b"0" => Ok(Value::Duration(Default::default())),
        Some(Kind::Size) if word == b"0" => Ok(Value::Size(Default::default())),
        Some(Kind::Duration) => number(Type::Duration, "duration, such as 30s, 5m or 250ms"),
        Some(Kind::Size) => number(Type::Size, "size, such as 64K or 2G"),
        Some(kind @ (Kind::List | Kind::Map)) => Err(format!(
            "a {} can't be made of text: give a value that is one, $x, or call the function as f(…)",
            kind.name()
        )),
    }
}

/// Returns the reason why a word is not the number that a type requires.
fn not_a_number(shown: &str, what: &str, error: &NumberError) -> String {
    let because = match error {
        NumberError::NotANumber => String::new(),
        other => format!(": {other}"),
    };
    let help = error.help().map_or_else(String::new, |help| format!("; {help}"));
    format!("{shown} is not {} {what}{because}{help}", if what == "integer" { "an" } else { "a" })
}

/// Returns whether a value of this type fits the type of a parameter.
pub fn accepts(kind: Kind, found: Type) -> bool {
    match kind {
        Kind::Int => found == Type::Int,
        Kind::Float => matches!(found, Type::Float | Type::Int),
        Kind::Bool => found == Type::Bool,
        Kind::Str | Kind::Path => found == Type::Str,
        Kind::List => found == Type::List,
        Kind::Map => found == Type::Map,
        Kind::Duration => found == Type::Duration,
        Kind::Size => found == Type::Size,
    }
}

/// Returns the conversion to write for a value that does not have the type of its parameter.
pub fn conversion(kind: Kind, found: Type) -> Option<String> {
    match (found, kind) {
        (Type::Str, Kind::Int | Kind::Float | Kind::Duration | Kind::Size) => {
            Some(format!("convert it: {}(x)", kind.name()))
        }
        (Type::Int | Type::Float, Kind::Duration) => Some("give the number a unit, as in 30s".into()),
        (Type::Int | Type::Float, Kind::Size) => Some("give the number a unit, as in 64K or 512B".into()),
        (Type::Int | Type::Float | Type::Duration | Type::Size, Kind::Str) => {
            Some("make a string of it: str(x)".into())
        }
        (Type::Range, Kind::List) => Some("make a list of it: list(r)".into()),
        (Type::Null, _) => Some("without a type a parameter takes any value, also null".into()),
        _ => None,
    }
}
