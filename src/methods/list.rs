//! Lists, ranges, and methods that call a function for each element.

use std::sync::Arc;

use indexmap::IndexMap;

use super::access::{argument, int, list, optional_int, take, unbound};
use super::limits::{self, Growth, Pace};
use super::text::cut;
use super::{Host, MethodError, Outcome, SideBySide};
use crate::diag::code;
use crate::value::format::to_word;
use crate::value::{List, Map, Range, Str, Value, ops};

type Arguments<'a> = &'a mut [Value];

pub fn len(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(Value::Int(list(this)?.len() as i64))
}

pub fn is_empty(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(list(this)?.is_empty().into())
}

pub fn first(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(list(this)?.first().cloned().unwrap_or_default())
}

pub fn last(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(list(this)?.last().cloned().unwrap_or_default())
}

pub fn push(this: &mut Value, arguments: Arguments) -> Outcome {
    let list = own(this)?;
    limits::elements("push", list.len() + 1)?;
    list.push(take(arguments, 0));
    Ok(Value::Null)
}

pub fn pop(this: &mut Value, _: Arguments) -> Outcome {
    let list = own(this)?;
    if list.is_empty() {
        return Err(MethodError::new(
            code::INDEX_OUT_OF_RANGE,
            "`pop` takes the last element, and the list is empty",
        )
        .help("test before: if (not xs.is_empty()) { … }"));
    }
    Ok(list.change(Vec::pop).unwrap_or_default())
}

pub fn insert(this: &mut Value, arguments: Arguments) -> Outcome {
    let list = own(this)?;
    limits::elements("insert", list.len() + 1)?;
    let at = place("insert", int(argument(arguments, 0))?, list.len(), list.len() + 1)?;
    list.change(|values| values.insert(at, take(arguments, 1)));
    Ok(Value::Null)
}

pub fn remove(this: &mut Value, arguments: Arguments) -> Outcome {
    let list = own(this)?;
    let at = place("remove", int(argument(arguments, 0))?, list.len(), list.len())?;
    Ok(list.change(|values| values.remove(at)))
}

fn own(this: &mut Value) -> Outcome<&mut List> {
    match this {
        Value::List(list) => Ok(list),
        other => Err(unbound("list", other)),
    }
}

/// Returns an index below `end` of a list of `len`; a negative one counts from the end.
fn place(method: &str, at: i64, len: usize, end: usize) -> Outcome<usize> {
    let from_start = if at < 0 { at.saturating_add(len as i64) } else { at };
    match usize::try_from(from_start) {
        Ok(place) if place < end => Ok(place),
        _ => {
            let elements = if len == 1 { "1 element".into() } else { format!("{len} elements") };
            let message = format!("`{method}`: index {at} is outside of the list, which has {elements}");
            Err(MethodError::new(code::INDEX_OUT_OF_RANGE, message).at(0))
        }
    }
}

pub fn contains(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let found = ops::contains(argument(arguments, 0), this);
    found.map(Value::Bool).map_err(|error| MethodError::operator("contains", error).at(0))
}

pub fn index_of(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut pace = Pace::default();
    for (at, item) in list(this)?.iter().enumerate() {
        pace.turn(host)?;
        let same = ops::equal(argument(arguments, 0), item);
        if same.map_err(|error| MethodError::operator("index_of", error).at(0))? {
            return Ok(Value::Int(at as i64));
        }
    }
    Ok(Value::Null)
}

pub fn slice(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let list = list(this)?;
    let (start, end) = cut(list.len() as i64, arguments)?;
    Ok(list[start..end].to_vec().into())
}

pub fn reverse(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(list(this)?.iter().rev().cloned().collect::<List>().into())
}

/// Flattens one level. An element that is not a list is unchanged.
pub fn flatten(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let mut growth = Growth::new(host, "flatten");
    let mut out = Vec::new();
    for item in list(this)?.iter() {
        match item {
            Value::List(inner) => {
                growth.add(inner.len(), 0)?;
                out.extend_from_slice(inner);
            }
            other => {
                growth.add(1, 0)?;
                out.push(other.clone());
            }
        }
    }
    Ok(out.into())
}

pub fn chunks(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let size = int(argument(arguments, 0))?;
    match usize::try_from(size) {
        Ok(size @ 1..) => {
            let mut growth = Growth::new(host, "chunks");
            let mut chunks = List::default();
            for chunk in list(this)?.chunks(size) {
                growth.add(1, size_of_val(chunk))?;
                chunks.push(chunk.to_vec().into());
            }
            Ok(chunks.into())
        }
        _ => Err(MethodError::value(format!("`chunks` makes lists of 1 or more elements, not of {size}"), 0)),
    }
}

pub fn zip(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut growth = Growth::new(host, "zip");
    let mut pairs = List::default();
    for (a, b) in list(this)?.iter().zip(list(argument(arguments, 0))?.iter()) {
        growth.add(1, size_of_val(a) + size_of_val(b))?;
        pairs.push(Value::from(vec![a.clone(), b.clone()]));
    }
    Ok(pairs.into())
}

pub fn sum(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let mut items = list(this)?.iter();
    let Some(first) = items.next() else { return Ok(Value::Int(0)) };
    if matches!(first, Value::Str(_) | Value::List(_) | Value::Map(_) | Value::Null | Value::Bool(_)) {
        let message =
            format!("`sum` adds numbers, durations or sizes, and element 0 is {}", first.type_of().phrase());
        return Err(MethodError::new(code::WRONG_TYPE, message)
            .help("convert the elements: xs.map(x => int(x)).sum()"));
    }
    let mut total = first.clone();
    for item in items {
        total = ops::add(&total, item).map_err(|error| MethodError::operator("sum", error))?;
    }
    Ok(total)
}

/// Converts pairs to a map; if a key appears twice, the last value counts.
pub fn to_map(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let mut growth = Growth::new(host, "to_map");
    let mut entries = IndexMap::new();
    for (at, item) in list(this)?.iter().enumerate() {
        let pair = match item {
            Value::List(pair) => match &**pair {
                [key, value] => Some((key, value)),
                _ => None,
            },
            _ => None,
        };
        let Some((key, value)) = pair else {
            let message = format!("`to_map` takes pairs [key, value], and element {at} is none");
            return Err(MethodError::new(code::WRONG_TYPE, message)
                .help("make pairs: xs.map(x => [key, x]).to_map()"));
        };
        let key = key_of("to_map", key)?;
        growth.add(1, key.as_bytes().len())?;
        entries.insert(key, value.clone());
    }
    Ok(Map::from_entries(entries).into())
}

/// Returns a value as a map's key.
fn key_of(method: &str, value: &Value) -> Outcome<Str> {
    match value {
        Value::Str(key) => Ok(key.clone()),
        other => match to_word(other) {
            Ok(word) => Ok(word.into_owned().into()),
            Err(error) => {
                let message = format!("`{method}`: the keys of a map are strings, and {error}");
                Err(MethodError::new(code::NOT_A_WORD, message))
            }
        },
    }
}

pub fn map(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let function = argument(arguments, 0);
    if let Some(how) = side_by_side(arguments)? {
        return Ok(host.apply_to_each(function, list(this)?, how)?.into());
    }
    let mut out = Vec::with_capacity(list(this)?.len());
    for item in list(this)?.iter() {
        out.push(host.apply(function, std::slice::from_ref(item))?);
    }
    Ok(out.into())
}

pub fn filter(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut out = Vec::new();
    if let Some(how) = side_by_side(arguments)? {
        let answers = host.apply_to_each(argument(arguments, 0), list(this)?, how)?;
        for (item, answer) in list(this)?.iter().zip(answers) {
            if truth_of("filter", answer)? {
                out.push(item.clone());
            }
        }
        return Ok(out.into());
    }
    for item in list(this)?.iter() {
        if holds("filter", host, argument(arguments, 0), std::slice::from_ref(item))? {
            out.push(item.clone());
        }
    }
    Ok(out.into())
}

pub fn any(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    for item in list(this)?.iter() {
        if holds("any", host, argument(arguments, 0), std::slice::from_ref(item))? {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}

pub fn all(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    for item in list(this)?.iter() {
        if !holds("all", host, argument(arguments, 0), std::slice::from_ref(item))? {
            return Ok(false.into());
        }
    }
    Ok(true.into())
}

pub fn find(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    for item in list(this)?.iter() {
        if holds("find", host, argument(arguments, 0), std::slice::from_ref(item))? {
            return Ok(item.clone());
        }
    }
    Ok(Value::Null)
}

pub fn reduce(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut so_far = take(arguments, 0);
    for item in list(this)?.iter() {
        so_far = host.apply(argument(arguments, 1), &[so_far, item.clone()])?;
    }
    Ok(so_far)
}

pub fn group_by(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut groups: IndexMap<Str, Vec<Value>> = IndexMap::new();
    for item in list(this)?.iter() {
        let key = host.apply(argument(arguments, 0), std::slice::from_ref(item))?;
        groups.entry(key_of("group_by", &key)?).or_default().push(item.clone());
    }
    Ok(groups.into_iter().map(|(key, items)| (key, items.into())).collect::<Map>().into())
}

/// Implements `xs.count_by(key?)`: the number of elements with the same key, which is the element
/// itself without a function.
pub fn count_by(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut counts: IndexMap<Str, i64> = IndexMap::new();
    let mut pace = Pace::default();
    for item in list(this)?.iter() {
        pace.turn(host)?;
        let key = match argument(arguments, 0) {
            Value::Null => item.clone(),
            function => host.apply(function, std::slice::from_ref(item))?,
        };
        *counts.entry(key_of("count_by", &key)?).or_default() += 1;
    }
    Ok(counts.into_iter().map(|(key, count)| (key, Value::Int(count))).collect::<Map>().into())
}

/// Returns the answer of a function for a value, which must be true or false.
pub fn holds(method: &str, host: &mut dyn Host, function: &Value, arguments: &[Value]) -> Outcome<bool> {
    truth_of(method, host.apply(function, arguments)?)
}

/// Returns the arguments `jobs`, `rate` and `progress` of a method that calls its function for each element.
fn side_by_side(arguments: &[Value]) -> Outcome<Option<SideBySide>> {
    let wrong = |at, message| MethodError::new(code::BAD_VALUE, message).at(at);
    let rate = match argument(arguments, 2) {
        Value::Null => None,
        Value::Int(rate) if *rate > 0 => Some(*rate as f64),
        Value::Float(rate) if *rate > 0.0 && rate.is_finite() => Some(*rate),
        _ => return Err(wrong(2, "`rate` takes a number above zero")),
    };
    let progress = matches!(argument(arguments, 3), Value::Bool(true));
    let jobs = match optional_int(argument(arguments, 1))? {
        None if rate.is_none() && !progress => return Ok(None),
        None => Some(1),
        Some(jobs) => usize::try_from(jobs).ok().filter(|jobs| *jobs > 0),
    };
    let jobs = jobs.ok_or_else(|| wrong(1, "`jobs` takes a whole number of 1 or more"))?;
    Ok(Some(SideBySide { jobs, rate, progress }))
}

fn truth_of(method: &str, answer: Value) -> Outcome<bool> {
    match answer {
        Value::Bool(answer) => Ok(answer),
        other => {
            let found = other.type_of().phrase();
            let message = format!("`{method}` needs true or false from its function, and got {found}");
            Err(MethodError::new(code::WRONG_TYPE, message)
                .at(0)
                .help("compare: x => x != 0, x => x != \"\""))
        }
    }
}

fn range(value: &Value) -> Outcome<&Arc<Range>> {
    match value {
        Value::Range(range) => Ok(range),
        other => Err(unbound("range", other)),
    }
}

pub fn range_len(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let len = i64::try_from(range(this)?.len());
    len.map(Value::Int)
        .map_err(|_| MethodError::new(code::OVERFLOW, "`len`: the range holds more than 2^63 numbers"))
}

pub fn range_is_empty(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(range(this)?.is_empty().into())
}

/// Implements `list(x)`.
pub fn from(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    match take(arguments, 0) {
        list @ Value::List(_) => Ok(list),
        Value::Range(range) => {
            limits::items(host, "list", usize::try_from(range.len()).unwrap_or(usize::MAX))?;
            Ok(range.iter().map(Value::Int).collect::<List>().into())
        }
        other => {
            let message = format!("`list` makes a list of a range, and this is {}", other.type_of().phrase());
            Err(MethodError::new(code::WRONG_TYPE, message).at(0).help(match other {
                Value::Str(_) => "of a string: s.lines(), s.split(…) or s.chars()",
                Value::Map(_) => "of a map: m.entries(), m.keys() or m.values()",
                _ => "a list of one element: [x]",
            }))
        }
    }
}
