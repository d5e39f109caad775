//! Receivers and arguments as the types that `bind` has found them to be.

use super::{MethodError, Outcome};
use crate::diag::code;
use crate::value::{List, Map, Str, Value};

/// An argument; null when it was left out.
pub fn argument(arguments: &[Value], at: usize) -> &Value {
    static NULL: Value = Value::Null;
    arguments.get(at).unwrap_or(&NULL)
}

/// An argument to keep.
pub fn take(arguments: &mut [Value], at: usize) -> Value {
    arguments.get_mut(at).map(std::mem::take).unwrap_or_default()
}

/// A string.
pub fn string(value: &Value) -> Outcome<&Str> {
    match value {
        Value::Str(text) => Ok(text),
        other => Err(unbound("string", other)),
    }
}

/// A list.
pub fn list(value: &Value) -> Outcome<&List> {
    match value {
        Value::List(list) => Ok(list),
        other => Err(unbound("list", other)),
    }
}

/// A map.
pub fn map(value: &Value) -> Outcome<&Map> {
    match value {
        Value::Map(map) => Ok(map),
        other => Err(unbound("map", other)),
    }
}

/// An integer.
pub fn int(value: &Value) -> Outcome<i64> {
    match value {
        Value::Int(n) => Ok(*n),
        other => Err(unbound("int", other)),
    }
}

/// A string, or none of null.
pub fn optional_string(value: &Value) -> Outcome<Option<&Str>> {
    if matches!(value, Value::Null) { Ok(None) } else { string(value).map(Some) }
}

/// An integer, or none of null.
pub fn optional_int(value: &Value) -> Outcome<Option<i64>> {
    if matches!(value, Value::Null) { Ok(None) } else { int(value).map(Some) }
}

/// True or false, or none of null.
pub fn optional_truth(value: &Value) -> Outcome<Option<bool>> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(truth) => Ok(Some(*truth)),
        other => Err(unbound("bool", other)),
    }
}

/// A string as text.
pub fn utf8<'v>(method: &str, value: &'v Value) -> Outcome<&'v str> {
    let text = string(value)?;
    text.to_utf8().map_err(|error| not_utf8(method, text, error.valid_up_to()))
}

/// The string is not UTF-8 from this byte on.
#[cold]
pub fn not_utf8(method: &str, text: &[u8], at: usize) -> MethodError {
    let byte = text.get(at).copied().unwrap_or_default();
    let message = format!(
        "`{method}` needs text in UTF-8, and the string is not from byte {at} on, which is 0x{byte:02x}"
    );
    MethodError::new(code::NOT_UTF8, message)
        .help("convert it with iconv where it comes from, or replace what is not UTF-8: s.to_utf8()")
}

/// A caller that did not bind: our mistake, but no reason to panic.
#[cold]
pub fn unbound(wanted: &str, found: &Value) -> MethodError {
    let message = format!("a method was called on {} in place of {wanted}", found.type_of().phrase());
    MethodError::new(code::INTERNAL, message)
}
