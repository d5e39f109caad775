//! Values as text: as the word that a program receives, and as messages show them.
//!
//! The two differ on purpose. A *word* is in the form that other programs understand; the *display* is in the
//! form of Pipewright source code.
//!
//! | value | word | display |
//! | --- | --- | --- |
//! | `5.0` (the result of `10 / 2`) | `5`, since `head -n` refuses `5.0` | `5.0` |
//! | `250ms` | `0.25s`, since sleep(1) and timeout(1) don't know `ms` | `250ms` |
//! | `1.5h` | `90m` | `90m` |
//! | `64K` | `64K` | `64K` |
//! | `64K + 1B` | `65537`, since head(1) and dd(1) don't know `B` | `65537B` |
//! | `"a b"` | `a b` | `'a b'` |
//! | a secret | an error | `***` |
//! | `null`, a list, a map, a range, a function | an error | `null`, `[1, 2]`, `{k: 1}` … |
//!
//! A display parses as the same literal, and a word is parsed by the conversion (`float(w)`, `duration(w)` …).

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::{Duration, Size, Type, Value, ValueError};
use crate::diag::{MASK, floor_boundary, quote_word};

/// A value that can't be one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAWord {
    /// Its type.
    pub found: Type,
}

impl fmt::Display for NotAWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not one word", self.found.phrase())
    }
}

impl std::error::Error for NotAWord {}

impl NotAWord {
    /// Returns how to turn it into words.
    pub const fn hint(self) -> &'static str {
        match self.found {
            Type::Null => "give a default: $[x ?? \"\"]; or let ...$list drop its null elements",
            Type::List => "one argument an element: ...$list; one text of all: $[list.join(\" \")]",
            Type::Range => "go through it: for i in (range) { … }",
            Type::Map => "take a field: ${map.key}",
            Type::Function => "call it: $[f(…)]",
            Type::Secret => "its text is taken out by x.reveal()",
            Type::Worker => "send it messages: w.send(x), w.ask(x); its process is ${w.pid}",
            Type::Queue => {
                "add tasks to it: q.add(x); for task in (q) { … } runs them; q.stats() counts them"
            }
            Type::Pool => "ask one of its workers: pool.ask(x); it has ${pool.size} workers",
            Type::Service => "its parts are fields: $[web.addresses[0]]; web.stats() describes its instances",
            Type::Job => "its process is ${job.pid}; job.wait() waits for it, and job.kill() ends it",
            _ => "use one of its fields",
        }
    }
}

impl Value {
    /// Returns the text that a program receives for it as one argument: the bytes of a string, the digits of a
    /// number, a duration in seconds, minutes or hours.
    ///
    /// ```
    /// use pipewright::Value;
    /// use std::time::Duration;
    ///
    /// assert_eq!(&*Value::from(10.0).to_word()?, b"10");
    /// assert_eq!(&*Value::from(Duration::from_millis(250)).to_word()?, b"0.25s");
    /// assert!(Value::from(vec!["a", "b"]).to_word().is_err());
    /// # Ok::<(), pipewright::ValueError>(())
    /// ```
    ///
    /// # Errors
    /// Fails if it is null, a list, a map, a range, a function, a job or a secret, or a float that is not finite.
    pub fn to_word(&self) -> Result<Cow<'_, [u8]>, ValueError> {
        to_word(self).map_err(|_| ValueError::expected("one word", self))
    }

    /// Returns it in the notation of the language, on one line, cut to this many bytes and `…`, to show it to a
    /// person.
    ///
    /// ```
    /// use pipewright::Value;
    ///
    /// let value = Value::from(vec!["a b", "it's", "\u{1b}[2J"]);
    /// assert_eq!(value.display(80), r"['a b', $'it\'s', $'\x1b[2J']");
    /// assert_eq!(value.display(7), "['a b',…");
    /// ```
    pub fn display(&self, max: usize) -> String {
        display(self, max)
    }
}

/// Returns the value as the text of one argument.
///
/// # Errors
/// Fails with [`NotAWord`] for null, lists, maps, ranges and opaque values, and for floats that are not finite.
#[inline]
pub fn to_word(value: &Value) -> Result<Cow<'_, [u8]>, NotAWord> {
    match value {
        Value::Str(text) => Ok(Cow::Borrowed(text.as_bytes())),
        other => {
            let mut out = Vec::new();
            write_word(other, &mut out)?;
            Ok(Cow::Owned(out))
        }
    }
}

/// Appends the value's word to a text, for interpolation.
///
/// # Errors
/// Fails as [`to_word`] does; nothing is appended then.
pub fn write_word(value: &Value, out: &mut Vec<u8>) -> Result<(), NotAWord> {
    use std::io::Write;
    // Writing to a vector does not fail.
    _ = match value {
        Value::Str(text) => out.write_all(text),
        Value::Int(n) => write!(out, "{n}"),
        Value::Bool(b) => write!(out, "{b}"),
        Value::Float(x) if x.is_finite() => {
            let text = format!("{x:?}");
            out.write_all(text.strip_suffix(".0").unwrap_or(&text).as_bytes())
        }
        Value::Duration(duration) => out.write_all(duration_text(*duration, false).as_bytes()),
        Value::Size(size) => match size_text(*size) {
            (count, "B") => write!(out, "{count}"),
            (count, unit) => write!(out, "{count}{unit}"),
        },
        Value::Null
        | Value::Float(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Range(_)
        | Value::Opaque(_) => return Err(NotAWord { found: value.type_of() }),
    };
    Ok(())
}

/// Returns the value as a message shows it, on one line, cut to `max` bytes and `…`.
pub fn display(value: &Value, max: usize) -> String {
    let mut out = String::new();
    write_display(value, &mut out, max, 0);
    if out.len() > max {
        out.truncate(floor_boundary(&out, max));
        out.push('…');
    }
    out
}

/// Deeper values are shown as `…`: they would be hard to read, and cost stack.
const DISPLAY_DEPTH: usize = 8;

/// Appends text until `max` is exceeded; the caller cuts it.
fn write_display(value: &Value, out: &mut String, max: usize, depth: usize) {
    // Writing to a string does not fail.
    _ = match value {
        Value::Null => write!(out, "null"),
        Value::Bool(b) => write!(out, "{b}"),
        Value::Int(n) => write!(out, "{n}"),
        Value::Float(x) => write!(out, "{x:?}"),
        Value::Duration(duration) => write!(out, "{}", duration_text(*duration, true)),
        Value::Size(size) => {
            let (count, unit) = size_text(*size);
            write!(out, "{count}{unit}")
        }
        Value::Str(text) => write!(out, "{}", quote_text(text, max)),
        Value::Range(range) => {
            write!(out, "{}{}{}", range.start, if range.inclusive { "..=" } else { "..<" }, range.end)
        }
        Value::Opaque(_) if value.as_secret().is_some() => write!(out, "{MASK}"),
        Value::Opaque(opaque) if opaque.name.is_empty() => write!(out, "<{}>", opaque.kind),
        Value::Opaque(opaque) => write!(out, "<{} {}>", opaque.kind, opaque.name),
        Value::List(list) => {
            write_items(out, max, depth, ('[', ']'), list.iter(), |out, item| {
                write_display(item, out, max, depth + 1);
            });
            Ok(())
        }
        Value::Map(map) => {
            write_items(out, max, depth, ('{', '}'), map.iter(), |out, (key, item)| {
                _ = write!(out, "{}: ", quote_text(key, max));
                write_display(item, out, max, depth + 1);
            });
            Ok(())
        }
    };
}

fn write_items<T>(
    out: &mut String,
    max: usize,
    depth: usize,
    (open, close): (char, char),
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push(open);
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        if depth >= DISPLAY_DEPTH {
            out.push('…');
            break;
        }
        if out.len() > max {
            break;
        }
        write(out, item);
    }
    out.push(close);
}

/// Quotes a string, looking at no more of it than can be shown.
fn quote_text(text: &[u8], max: usize) -> String {
    // Bytes that continue a character are included, so that half a character does not look like invalid UTF-8.
    let is_within = |at: &usize| text.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let start = text.len().min(max.saturating_add(1));
    let cut = (start..start + 4).find(|at| !is_within(at)).unwrap_or(start);
    let shown = &text[..cut];
    let quoted = quote_word(shown);
    // A bare word would read as a variable in an expression.
    if quoted.ends_with('\'') { quoted } else { format!("'{quoted}'") }
}

/// Returns the duration in the largest unit of h, m and s that divides it. Below a second it uses seconds, or
/// (`millis`) milliseconds, with a decimal fraction. It never uses the form `1m30s`, which no program reads.
fn duration_text(duration: Duration, millis: bool) -> String {
    const SECOND: u64 = 1_000_000_000;
    let sign = if duration.nanos < 0 { "-" } else { "" };
    let nanos = duration.nanos.unsigned_abs();
    let is_whole = |unit: u64| nanos != 0 && nanos.is_multiple_of(unit);
    if is_whole(3600 * SECOND) {
        format!("{sign}{}h", nanos / (3600 * SECOND))
    } else if is_whole(60 * SECOND) {
        format!("{sign}{}m", nanos / (60 * SECOND))
    } else if millis && 0 < nanos && nanos < SECOND {
        format!("{sign}{}ms", decimal(nanos, 1_000_000, 6))
    } else {
        format!("{sign}{}s", decimal(nanos, SECOND, 9))
    }
}

/// Returns `nanos / unit` exactly, without trailing zeros.
fn decimal(nanos: u64, unit: u64, places: usize) -> String {
    let text = format!("{}.{:0places$}", nanos / unit, nanos % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Returns the count and the largest unit that divides the size.
fn size_text(size: Size) -> (i64, &'static str) {
    let shift = if size.bytes == 0 { 0 } else { size.bytes.trailing_zeros() / 10 };
    let units = ["B", "K", "M", "G", "T", "P", "E"];
    // 63 zeros at most: 6 units.
    (size.bytes >> (shift * 10), units[shift as usize])
}

#[cfg(test)]
mod tests {
    use super::super::{List, Map, Opaque, Range};
    use super::*;

    fn word(value: impl Into<Value>) -> String {
        String::from_utf8_lossy(&to_word(&value.into()).unwrap()).into_owned()
    }

    fn nanos(nanos: i64) -> Value {
        Duration::from_nanos(nanos).into()
    }

    #[test]
    fn words_are_what_programs_understand() {
        assert_eq!(word("a b\n"), "a b\n");
        assert_eq!(word(""), "");
        assert_eq!(to_word(&Value::str(b"\xff\0")).unwrap().as_ref(), b"\xff\0");
        assert_eq!(word(-42), "-42");
        assert_eq!(word(true), "true");
        assert_eq!(word(5.0), "5");
        assert_eq!(word(0.1), "0.1");
        assert_eq!(word(-0.0), "-0");
        assert_eq!(word(1e300), "1e300");
        assert_eq!(word(nanos(0)), "0s");
        assert_eq!(word(nanos(250_000_000)), "0.25s");
        assert_eq!(word(nanos(1_500_000_000)), "1.5s");
        assert_eq!(word(nanos(90_000_000_000)), "90s");
        assert_eq!(word(nanos(-300_000_000_000)), "-5m");
        assert_eq!(word(nanos(i64::MIN)), "-9223372036.854775808s");
        assert_eq!(word(Size::from_bytes(65536)), "64K");
        assert_eq!(word(Size::from_bytes(65537)), "65537");
        assert_eq!(word(Size::from_bytes(0)), "0");
        assert_eq!(word(Size::from_bytes(i64::MIN)), "-8E");
    }

    #[test]
    fn values_that_are_not_one_word_name_their_type() {
        for (value, expected) in [
            (Value::Null, "null is not one word"),
            (List::default().into(), "a list is not one word"),
            (Map::default().into(), "a map is not one word"),
            (Range::new(1, 2, true).into(), "a range is not one word"),
            (Opaque::new("function", "f", ()).into(), "a function is not one word"),
            (Value::Float(f64::NAN), "a float is not one word"),
        ] {
            let mut out = b"kept".to_vec();
            assert_eq!(write_word(&value, &mut out).unwrap_err().to_string(), expected);
            assert_eq!(out, b"kept");
        }
    }

    #[test]
    fn displays_read_as_source() {
        let map: Map = [("name", "web 1".into()), ("it's", Value::Null)].into_iter().collect();
        let list: Value = vec![
            1.into(),
            2.0.into(),
            nanos(250_000_000),
            nanos(1_500_000),
            Size::from_bytes(1).into(),
            map.into(),
            Range::new(1, 5, false).into(),
            Opaque::new("function", "deploy", ()).into(),
        ]
        .into();
        let expected =
            r"[1, 2.0, 250ms, 1.5ms, 1B, {'name': 'web 1', $'it\'s': null}, 1..<5, <function deploy>]";
        assert_eq!(display(&list, 1000), expected);
        assert_eq!(display(&list, 5), "[1, 2…");
        assert_eq!(display(&"\x1b[31m".into(), 100), r"$'\x1b[31m'");
    }

    #[test]
    fn displays_are_bounded() {
        let long = vec![Value::from("x".repeat(1_000_000)); 1000];
        assert_eq!(display(&long.into(), 20).len(), 20 + "…".len());
        assert_eq!(display(&"é".repeat(100).into(), 4), "'é…");
        let mut deep = Value::from(1);
        for _ in 0..20 {
            deep = vec![deep].into();
        }
        assert_eq!(display(&deep, 100), "[[[[[[[[[…]]]]]]]]]");
    }
}
