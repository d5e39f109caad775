//! Access to receivers and arguments as the types that `bind` has checked.

use super::{MethodError, Outcome};
use crate::diag::code;
use crate::value::{List, Map, Str, Value};

/// Returns an argument; null if it was left out.
pub fn argument(arguments: &[Value], at: usize) -> &Value {
    static NULL: Value = Value::Null;
    arguments.get(at).unwrap_or(&NULL)
}

/// Takes an argument out.
pub fn take(arguments: &mut [Value], at: usize) -> Value {
    arguments.get_mut(at).map(std::mem::take).unwrap_or_default()
}

/// Returns a string.
pub fn string(value: &Value) -> Outcome<&Str> {
    match value {
        Value::Str(text) => Ok(text),
        other => Err(unbound("string", other)),
    }
}

/// Returns a list.
pub fn list(value: &Value) -> Outcome<&List> {
    match value {
        Value::List(list) => Ok(list),
        other => Err(unbound("list", other)),
    }
}

/// Returns a map.
pub fn map(value: &Value) -> Outcome<&Map> {
    match value {
        Value::Map(map) => Ok(map),
        other => Err(unbound("map", other)),
    }
}

/// Returns an integer.
pub fn int(value: &Value) -> Outcome<i64> {
    match value {
        Value::Int(n) => Ok(*n),
        other => Err(unbound("int", other)),
    }
}

/// Returns a string, or none for null.
pub fn optional_string(value: &Value) -> Outcome<Option<&Str>> {
    if matches!(value, Value::Null) { Ok(None) } else { string(value).map(Some) }
}

/// Returns an integer, or none for null.
pub fn optional_int(value: &Value) -> Outcome<Option<i64>> {
    if matches!(value, Value::Null) { Ok(None) } else { int(value).map(Some) }
}

/// Returns true or false, or none for null.
pub fn optional_truth(value: &Value) -> Outcome<Option<bool>> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(truth) => Ok(Some(*truth)),
        other => Err(unbound("bool", other)),
    }
}

/// Returns a string as text.
pub fn utf8<'v>(method: &str, value: &'v Value) -> Outcome<&'v str> {
    let text = string(value)?;
    text.to_utf8().map_err(|error| not_utf8(method, text, error.valid_up_to()))
}

/// Returns the error of a string that is not UTF-8 from this byte on.
#[cold]
pub fn not_utf8(method: &str, text: &[u8], at: usize) -> MethodError {
    let byte = text.get(at).copied().unwrap_or_default();
    let message = format!(
        "`{method}` needs text in UTF-8, and the string is not from byte {at} on, which is 0x{byte:02x}"
    );
    MethodError::new(code::NOT_UTF8, message)
        .help("convert it with iconv where it comes from, or replace what is not UTF-8: s.to_utf8()")
}

/// Returns the error of a caller that did not bind: a bug, but not a reason to panic.
#[cold]
pub fn unbound(wanted: &str, found: &Value) -> MethodError {
    let message = format!("a method was called on {} in place of {wanted}", found.type_of().phrase());
    MethodError::new(code::INTERNAL, message)
}
