//! Strings: splitting, searching, changing.

use memchr::{memchr_iter, memmem};

use super::access::{argument, int, list, not_utf8, optional_int, optional_string, string, utf8};
use super::limits::{self, Growth, Pace};
use super::{Host, MethodError, Outcome};
use crate::diag::{code, quote_word};
use crate::value::{List, Str, Value};

type Arguments<'a> = &'a mut [Value];

pub fn len(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(Value::Int(count(utf8("len", this)?)))
}

pub fn is_empty(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(string(this)?.is_empty().into())
}

/// Implements `lines`, like the block `lines { … }`: a line feed at the end makes no empty line.
pub fn lines(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let text = string(this)?;
    if text.is_empty() {
        return Ok(List::default().into());
    }
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    parts(host, "lines", pieces(text, memchr_iter(b'\n', text), 1))
}

/// Returns the list of the parts of a text.
fn parts<'t>(host: &mut dyn Host, method: &'static str, texts: impl Iterator<Item = &'t [u8]>) -> Outcome {
    let mut parts = Vec::new();
    let mut growth = Growth::new(host, method);
    for text in texts {
        growth.add(1, text.len())?;
        parts.push(Value::from(text));
    }
    Ok(parts.into())
}

pub fn split(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let text = string(this)?;
    let limit = match optional_int(argument(arguments, 1))? {
        None => usize::MAX,
        Some(limit) => match usize::try_from(limit) {
            Ok(limit @ 1..) => limit,
            _ => {
                return Err(MethodError::value(
                    "`split` makes at least one part, so `limit` is 1 or more",
                    1,
                ));
            }
        },
    };
    match optional_string(argument(arguments, 0))? {
        None => split_at_blanks(host, text, limit),
        Some(separator) => {
            if separator.is_empty() {
                return Err(MethodError::value("`split` can't split at nothing", 0)
                    .help("for the characters write: s.chars()"));
            }
            let finder = memmem::Finder::new(separator);
            parts(host, "split", pieces(text, finder.find_iter(text).take(limit - 1), separator.len()))
        }
    }
}

/// Cuts a text at separators, of which only the positions and the common length are known.
fn pieces(text: &[u8], ends: impl Iterator<Item = usize>, length: usize) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    ends.map(Some).chain([None]).map(move |end| {
        let piece = &text[start..end.unwrap_or(text.len())];
        start += piece.len() + length;
        piece
    })
}

fn split_at_blanks(host: &mut dyn Host, text: &[u8], limit: usize) -> Outcome {
    let mut rest = text.trim_ascii();
    let mut made = 0;
    let texts = std::iter::from_fn(|| {
        if rest.is_empty() {
            return None;
        }
        made += 1;
        let end = rest.iter().position(u8::is_ascii_whitespace).filter(|_| made < limit);
        let (piece, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind.trim_ascii_start();
        Some(piece)
    });
    parts(host, "split", texts)
}

pub fn chars(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let text = utf8("chars", this)?;
    let each = text.char_indices().map(|(at, c)| &text.as_bytes()[at..at + c.len_utf8()]);
    parts(host, "chars", each)
}

pub fn bytes(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let text = string(this)?;
    limits::items(host, "bytes", text.len())?;
    Ok(text.iter().map(|byte| Value::Int(i64::from(*byte))).collect::<List>().into())
}

pub fn trim(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(string(this)?.trim_ascii().into())
}

pub fn trim_start(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(string(this)?.trim_ascii_start().into())
}

pub fn trim_end(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(string(this)?.trim_ascii_end().into())
}

pub fn strip_prefix(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let (text, prefix) = (string(this)?, string(argument(arguments, 0))?);
    Ok(text.strip_prefix(prefix.as_bytes()).map_or_else(|| this.clone(), Value::from))
}

pub fn strip_suffix(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let (text, suffix) = (string(this)?, string(argument(arguments, 0))?);
    Ok(text.strip_suffix(suffix.as_bytes()).map_or_else(|| this.clone(), Value::from))
}

pub fn contains(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    Ok(memmem::find(string(this)?, string(argument(arguments, 0))?).is_some().into())
}

pub fn starts_with(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    Ok(string(this)?.starts_with(string(argument(arguments, 0))?).into())
}

pub fn ends_with(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    Ok(string(this)?.ends_with(string(argument(arguments, 0))?).into())
}

/// Finds a text. The index counts characters, as `slice` does, so the text before the match must be
/// UTF-8.
pub fn find(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let text = string(this)?;
    let Some(at) = memmem::find(text, string(argument(arguments, 0))?) else { return Ok(Value::Null) };
    match std::str::from_utf8(&text[..at]) {
        Ok(before) => Ok(Value::Int(count(before))),
        Err(error) => Err(not_utf8("find", text, error.valid_up_to())),
    }
}

pub fn replace(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let text = string(this)?;
    let (old, new) = (string(argument(arguments, 0))?, string(argument(arguments, 1))?);
    if old.is_empty() {
        return Err(MethodError::value("`replace` can't look for nothing", 0));
    }
    let finder = memmem::Finder::new(old);
    let mut pace = Pace::default();
    let mut count = 0;
    for _ in finder.find_iter(text) {
        count += 1;
        pace.turn(host)?;
    }
    if count == 0 {
        return Ok(this.clone());
    }
    let kept = text.len() - count * old.len();
    let len = count.checked_mul(new.len()).and_then(|added| added.checked_add(kept));
    let mut out = Vec::with_capacity(limits::bytes(host, "replace", len)?);
    let mut start = 0;
    for at in finder.find_iter(text) {
        pace.turn(host)?;
        out.extend_from_slice(&text[start..at]);
        out.extend_from_slice(new);
        start = at + old.len();
    }
    out.extend_from_slice(&text[start..]);
    Ok(out.into())
}

pub fn upper(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(utf8("upper", this)?.to_uppercase().into())
}

pub fn lower(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(utf8("lower", this)?.to_lowercase().into())
}

pub fn pad_start(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let (text, padding) = padding(host, "pad_start", this, arguments)?;
    Ok([padding.as_bytes(), text.as_bytes()].concat().into())
}

pub fn pad_end(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let (text, padding) = padding(host, "pad_end", this, arguments)?;
    Ok([text.as_bytes(), padding.as_bytes()].concat().into())
}

/// Returns the padding that fills a text to a width.
fn padding<'v>(
    host: &mut dyn Host,
    method: &str,
    this: &'v Value,
    arguments: &[Value],
) -> Outcome<(&'v str, String)> {
    let text = utf8(method, this)?;
    let width = int(argument(arguments, 0))?;
    let fill = match argument(arguments, 1) {
        Value::Null => " ",
        fill => utf8(method, fill).map_err(|error| error.at(1))?,
    };
    if count(fill) != 1 {
        let message = format!("`{method}` fills with one character, and not {}", quote_word(fill.as_bytes()));
        return Err(MethodError::value(message, 1));
    }
    let lacking = usize::try_from(width.saturating_sub(count(text))).unwrap_or(0);
    let len = lacking.checked_mul(fill.len()).and_then(|added| added.checked_add(text.len()));
    limits::bytes(host, method, len)?;
    Ok((text, fill.repeat(lacking)))
}

pub fn repeat(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let text = string(this)?;
    let times = int(argument(arguments, 0))?;
    let Ok(times) = usize::try_from(times) else {
        return Err(MethodError::value(format!("`repeat` can't repeat {times} times"), 0));
    };
    limits::bytes(host, "repeat", text.len().checked_mul(times))?;
    Ok(text.repeat(times).into())
}

pub fn slice(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let text = utf8("slice", this)?;
    let (start, end) = cut(count(text), arguments)?;
    if text.is_ascii() {
        return Ok(Str::from(&text[start..end]).into());
    }
    let offset = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(offset, _)| offset);
    Ok(text.get(offset(start)..offset(end)).unwrap_or_default().into())
}

/// Returns the indices of `slice(start, end?)`: negative ones count from the end, and those beyond an
/// end are at that end. So `s.slice(0, 80)` shortens a long string and keeps a short one.
pub fn cut(len: i64, arguments: &[Value]) -> Outcome<(usize, usize)> {
    let place = |at: i64| (if at < 0 { at.saturating_add(len) } else { at }).clamp(0, len);
    let start = place(int(argument(arguments, 0))?);
    let end = place(optional_int(argument(arguments, 1))?.unwrap_or(len)).max(start);
    // Both are within 0 and a length.
    Ok((usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0)))
}

pub fn to_utf8(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let text = string(this)?;
    match String::from_utf8_lossy(text) {
        std::borrow::Cow::Borrowed(_) => Ok(this.clone()),
        std::borrow::Cow::Owned(text) => {
            limits::bytes(host, "to_utf8", Some(text.len()))?;
            Ok(text.into())
        }
    }
}

/// Implements `xs.join(separator?)`: it is here because it makes a string.
pub fn join(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let items = list(this)?;
    let separator = optional_string(argument(arguments, 0))?.map(Str::as_bytes).unwrap_or_default();
    let mut out = Vec::new();
    let mut pace = Pace::default();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(separator);
        }
        if crate::value::format::write_word(item, &mut out).is_err() {
            let message =
                format!("`join` joins strings and numbers, and element {at} is {}", item.type_of().phrase());
            return Err(MethodError::new(code::NOT_A_WORD, message)
                .help("make strings of the elements first: xs.map(x => …).join(…)"));
        }
        limits::bytes(host, "join", Some(out.len()))?;
        pace.turn(host)?;
    }
    Ok(out.into())
}

/// Returns the number of characters. A length is below 2^63.
fn count(text: &str) -> i64 {
    text.chars().count() as i64
}
