//! JSON (RFC 8259): `json(text)` and `to_json(value, indent?)`.
//!
//! - Keys keep their order; if a key appears twice, the last value counts, as in `{a: 1, a: 2}`.
//! - A whole number beyond 64 bits is an error, and never rounded; a number with a fraction or an exponent
//!   is a float. `-0` is the whole number 0, as in Python.
//! - Durations, sizes, ranges and functions have no form in JSON, and are refused: `str(x)` converts the
//!   first two to text.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::access::{argument, not_utf8, optional_int, utf8};
use super::limits::{self, Growth, Pace};
use super::{Host, MethodError, Outcome};
use crate::diag::code;
use crate::value::{Map, Str, Value};

/// How deep lists and maps may be nested.
const DEPTH: usize = 256;

/// Returns the value of a message. A whole number beyond 64 bits is a float, as it is for Node.
///
/// # Errors
/// Fails if it is not JSON, or too large.
pub fn read_message(host: &mut dyn Host, text: &str) -> Outcome {
    read(host, text).map(|(value, _)| value)
}

/// Returns a message as one line of JSON, without the line end.
///
/// # Errors
/// Fails if JSON can't carry the value.
pub fn write_message(host: &mut dyn Host, method: &'static str, value: &Value) -> Outcome<Vec<u8>> {
    let mut writer = Writer { method, host, pace: Pace::default(), out: Vec::new(), indent: None };
    writer.value(value, 0).map_err(|error| error.at(0))?;
    Ok(writer.out)
}

/// Implements `json(text)`.
pub fn parse(host: &mut dyn Host, _: &Value, arguments: &mut [Value]) -> Outcome {
    let text = utf8("json", argument(arguments, 0)).map_err(|error| error.at(0))?;
    if text.trim().is_empty() {
        let message = "`json`: the text is empty";
        return Err(MethodError::new(code::BAD_CONVERSION, message).at(0));
    }
    let (value, has_large) = read(host, text)?;
    // A number that looked too large for an integer may be a float: 1e30.
    match has_large.then(|| first_large(text)).flatten() {
        None => Ok(value),
        Some((line, column, number)) => {
            let message =
                format!("`json`: {number} at line {line} column {column} does not fit in an integer");
            Err(MethodError::new(code::OVERFLOW, message).at(0).help("have it written as a string"))
        }
    }
}

/// Returns the value of a text, and whether it holds a number that looks too large for an integer.
fn read(host: &mut dyn Host, text: &str) -> Outcome<(Value, bool)> {
    let growth = Growth::new(host, "json");
    let mut reading = Reading { text, growth, has_large: false, zeros: None, stopped: None };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // Its own limit is 128; `Reading` keeps the limit of the language.
    deserializer.disable_recursion_limit();
    let value = Item { reading: &mut reading, depth: 0 }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    let value = value.map_err(|error| refusal(&error, reading.stopped))?;
    Ok((value, reading.has_large))
}

#[cold]
fn refusal(error: &serde_json::Error, stopped: Option<Stop>) -> MethodError {
    match stopped {
        Some(Stop::Depth) => {
            let message = format!("`json`: the text is nested more than {DEPTH} levels deep");
            MethodError::new(code::NESTED_TOO_DEEPLY, message).at(0)
        }
        Some(Stop::Growth(error)) => error.at(0),
        None => MethodError::new(code::BAD_CONVERSION, format!("`json`: this is not JSON: {error}")).at(0),
    }
}

/// The state of parsing a text.
struct Reading<'h> {
    text: &'h str,
    growth: Growth<'h>,
    /// Whether a number was read that is too large for an integer, if it is one.
    has_large: bool,
    /// The negative zeros of the text that were not read yet, the next one last. `None` until the first one is read.
    zeros: Option<Vec<&'h str>>,
    stopped: Option<Stop>,
}

impl Reading<'_> {
    /// Returns whether the negative zero that was just read is `-0`, a whole number. The library returns the
    /// float -0.0 for it.
    fn next_zero_is_whole(&mut self) -> bool {
        let text = self.text;
        let zeros = self.zeros.get_or_insert_with(|| {
            let is_zero = |number: &&str| number.parse() == Ok(-0.0_f64) && number.starts_with('-');
            let mut zeros: Vec<&str> = numbers(text).map(|(_, number)| number).filter(is_zero).collect();
            zeros.reverse();
            zeros
        });
        zeros.pop().is_some_and(is_whole)
    }
}

enum Stop {
    Depth,
    Growth(MethodError),
}

/// The reader of one value.
struct Item<'r, 'h> {
    reading: &'r mut Reading<'h>,
    depth: usize,
}

impl<'h> Item<'_, 'h> {
    fn stop<E: Error>(self, why: Stop) -> E {
        self.reading.stopped = Some(why);
        E::custom("stopped")
    }

    /// Returns the reader of a nested value.
    fn inner(&mut self) -> Item<'_, 'h> {
        Item { reading: self.reading, depth: self.depth + 1 }
    }

    /// Counts data that is about to be kept.
    fn add<E: Error>(&mut self, items: usize, bytes: usize) -> Result<(), E> {
        self.reading.growth.add(items, bytes).map_err(|error| {
            self.reading.stopped = Some(Stop::Growth(error));
            E::custom("stopped")
        })
    }
}

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Value, D::Error> {
        self.add(1, 0)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map_or_else(|_| self.visit_f64(value as f64), |value| Ok(Value::Int(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        const TWO_63: f64 = 9_223_372_036_854_775_808.0;
        self.reading.has_large |= value.abs() >= TWO_63;
        if value == 0.0 && value.is_sign_negative() && self.reading.next_zero_is_whole() {
            return Ok(Value::Int(0));
        }
        Ok(Value::Float(value))
    }

    fn visit_str<E: Error>(mut self, value: &str) -> Result<Value, E> {
        self.add(0, value.len())?;
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        if self.depth >= DEPTH {
            return Err(self.stop(Stop::Depth));
        }
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner())? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        if self.depth >= DEPTH {
            return Err(self.stop(Stop::Depth));
        }
        let mut map: IndexMap<Str, Value> = IndexMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.add(0, key.len())?;
            map.insert(key.into(), entries.next_value_seed(self.inner())?);
        }
        Ok(Map::from_entries(map).into())
    }
}

/// Returns the first whole number of a JSON text that does not fit: its line, its column, and its text.
///
/// The library reads such a number as a float and does not return its text, so this searches again.
fn first_large(text: &str) -> Option<(usize, usize, &str)> {
    let is_large = |number: &str| is_whole(number) && number.parse::<i64>().is_err();
    let (start, number) = numbers(text).find(|(_, number)| is_large(number))?;
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    Some((line, start - line_start + 1, number))
}

fn is_whole(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

/// Returns the numbers of a JSON text in their spelling, with their positions.
fn numbers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at;
            at += 1;
            match bytes.get(start)? {
                b'"' => {
                    while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'"') {
                        at += if *byte == b'\\' { 2 } else { 1 };
                    }
                    at += 1;
                }
                b'-' | b'0'..=b'9' => {
                    let of_number =
                        |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                    at += bytes[at..].iter().take_while(of_number).count();
                    return Some((start, &text[start..at]));
                }
                _ => {}
            }
        }
    })
}

/// Implements `to_json(value, indent?)`.
pub fn write(host: &mut dyn Host, _: &Value, arguments: &mut [Value]) -> Outcome {
    const MOST: usize = 16;
    let indent = match optional_int(argument(arguments, 1))? {
        None => None,
        Some(indent) => match usize::try_from(indent) {
            Ok(indent @ ..=MOST) => Some(indent),
            _ => {
                let message = format!("`to_json` indents by 0 to {MOST} blanks, not by {indent}");
                return Err(MethodError::value(message, 1));
            }
        },
    };
    let mut writer = Writer { method: "to_json", host, pace: Pace::default(), out: Vec::new(), indent };
    writer.value(argument(arguments, 0), 0).map_err(|error| error.at(0))?;
    Ok(writer.out.into())
}

struct Writer<'h> {
    /// The method, for messages.
    method: &'static str,
    host: &'h mut dyn Host,
    pace: Pace,
    out: Vec<u8>,
    /// The blanks for each level; none for a single line.
    indent: Option<usize>,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Outcome<()> {
        limits::bytes(self.host, self.method, Some(self.out.len()))?;
        self.pace.turn(self.host)?;
        match value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Int(n) => self.out.extend_from_slice(n.to_string().as_bytes()),
            // Always with a point or an exponent, so that it is parsed as a float again.
            Value::Float(x) if x.is_finite() => self.out.extend_from_slice(format!("{x:?}").as_bytes()),
            Value::Str(text) => self.string(text)?,
            Value::List(list) => {
                self.items(b"[]", list.iter(), depth, |writer, item| writer.value(item, depth + 1))?
            }
            Value::Map(map) => self.items(b"{}", map.iter(), depth, |writer, (key, value)| {
                writer.string(key)?;
                writer.out.extend_from_slice(if writer.indent.is_some() { b": " } else { b":" });
                writer.value(value, depth + 1)
            })?,
            Value::Duration(_) | Value::Size(_) | Value::Float(_) | Value::Range(_) | Value::Opaque(_) => {
                return Err(no_form(self.method, value));
            }
        }
        Ok(())
    }

    fn items<T>(
        &mut self,
        brackets: &[u8; 2],
        items: impl ExactSizeIterator<Item = T>,
        depth: usize,
        mut write: impl FnMut(&mut Self, T) -> Outcome<()>,
    ) -> Outcome<()> {
        if depth >= DEPTH {
            let message = format!("`{}`: the value is nested more than {DEPTH} levels deep", self.method);
            return Err(MethodError::new(code::NESTED_TOO_DEEPLY, message));
        }
        let is_empty = items.len() == 0;
        self.out.push(brackets[0]);
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.line(depth + 1);
            write(self, item)?;
        }
        if !is_empty {
            self.line(depth);
        }
        self.out.push(brackets[1]);
        Ok(())
    }

    /// Begins a line, if the output has lines.
    fn line(&mut self, depth: usize) {
        if let Some(indent) = self.indent {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + indent * depth, b' ');
        }
    }

    fn string(&mut self, text: &Str) -> Outcome<()> {
        let text = text.to_utf8().map_err(|error| not_utf8(self.method, text, error.valid_up_to()))?;
        // Writing to a vector does not fail.
        serde_json::to_writer(&mut self.out, text)
            .map_err(|error| MethodError::new(code::INTERNAL, format!("`to_json`: {error}")))
    }
}

#[cold]
fn no_form(method: &str, value: &Value) -> MethodError {
    let message = format!("`{method}`: {} has no form in JSON", value.type_of().phrase());
    let error = MethodError::new(code::WRONG_TYPE, message);
    match value {
        Value::Duration(_) => error.help("write text, str(d), or a number, d.seconds()"),
        Value::Size(_) => error.help("write text, str(size), or a number, size.bytes()"),
        Value::Opaque(_) if value.as_secret().is_some() => error.help("take its text out: x.reveal()"),
        Value::Range(_) => error.help("make a list of the range: list(r)"),
        _ => error,
    }
}

#[cfg(test)]
mod tests;
