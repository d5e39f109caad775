//! Regular expressions of the regex crate: linear time for every expression, no look-around and no
//! back-references. They work on bytes; `.`, `\w` and similar match UTF-8 characters, `(?-u:.)` any
//! byte.

use std::ops::Range;

use super::access::{argument, string};
use super::expression::{Expression, compile};
use super::limits::{self, Growth};
use super::{Host, MethodError, Outcome};
use crate::diag::code;
use crate::value::{List, Map, Value, format};

type Arguments<'a> = &'a mut [Value];

pub fn matches(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    Ok(compile("matches", arguments)?.is_match(host, string(this)?)?.into())
}

pub fn first(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let expression = compile("match", arguments)?;
    let text = string(this)?;
    let mut search = expression.search(text);
    Ok(search.next(host)?.map_or(Value::Null, |found| groups(&expression, text, found).into()))
}

pub fn all(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let expression = compile("match_all", arguments)?;
    let text = string(this)?;
    let mut search = expression.search(text);
    let mut growth = Growth::new(host, "match_all");
    let mut found: Vec<Value> = Vec::new();
    while let Some(spans) = search.next(growth.host)? {
        growth.add(spans.len(), spans.iter().flatten().map(Range::len).sum())?;
        found.push(groups(&expression, text, spans).into());
    }
    Ok(found.into())
}

/// Returns the texts of the groups by name, or by number for groups without a name; `"0"` is the whole
/// match.
fn groups(expression: &Expression, text: &[u8], found: &[Option<Range<usize>>]) -> Map {
    let values = found.iter().map(|group| group.clone().map_or(Value::Null, |group| text[group].into()));
    expression.group_names().zip(values).collect()
}

/// Replaces matches. A replacement text is literal: if `$1` in it were a group, a value that contains a
/// `$` would be code.
pub fn replace(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let expression = compile("replace_regex", arguments)?;
    let text = string(this)?;
    let mut search = expression.search(text);
    let with = argument(arguments, 1);
    let mut out = Vec::new();
    let mut end = 0;
    while let Some(found) = search.next(host)? {
        let Some(Some(whole)) = found.first() else { continue };
        out.extend_from_slice(&text[end..whole.start]);
        match with {
            Value::Str(literal) => out.extend_from_slice(literal),
            function => {
                let made = host.apply(function, &[groups(&expression, text, found).into()])?;
                if format::write_word(&made, &mut out).is_err() {
                    let kind = made.type_of().phrase();
                    let message = format!("`replace_regex` got {kind} from its function, and needs a string");
                    return Err(MethodError::new(code::WRONG_TYPE, message).at(1));
                }
            }
        }
        end = whole.end;
        limits::bytes(host, "replace_regex", Some(out.len()))?;
    }
    out.extend_from_slice(&text[end..]);
    limits::bytes(host, "replace_regex", Some(out.len()))?;
    Ok(out.into())
}

pub fn split(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let expression = compile("split_regex", arguments)?;
    let text = string(this)?;
    let mut search = expression.search(text);
    let mut growth = Growth::new(host, "split_regex");
    let mut parts = List::default();
    let mut start = 0;
    while let Some(found) = search.next(growth.host)? {
        let Some(Some(whole)) = found.first() else { continue };
        growth.add(1, whole.start - start)?;
        parts.push(text[start..whole.start].into());
        start = whole.end;
    }
    parts.push(text[start..].into());
    Ok(parts.into())
}
