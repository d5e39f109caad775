//! Maps.

use indexmap::IndexMap;

use super::access::{argument, list, map, string, take, unbound};
use super::limits::{self, Growth, Pace};
use super::list::holds;
use super::{Host, Outcome};
use crate::value::{List, Map, Value};

type Arguments<'a> = &'a mut [Value];

pub fn len(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(Value::Int(map(this)?.len() as i64))
}

pub fn is_empty(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(map(this)?.is_empty().into())
}

pub fn keys(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(map(this)?.keys().cloned().map(Value::Str).collect::<List>().into())
}

pub fn values(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(map(this)?.values().cloned().collect::<List>().into())
}

pub fn entries(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let mut growth = Growth::new(host, "entries");
    let mut entries = List::default();
    for (key, value) in map(this)?.iter() {
        growth.add(1, 2 * size_of::<Value>() + key.as_bytes().len())?;
        entries.push(Value::from(vec![Value::Str(key.clone()), value.clone()]));
    }
    Ok(entries.into())
}

pub fn has(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    Ok(map(this)?.contains_key(string(argument(arguments, 0))?.as_bytes()).into())
}

pub fn get(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    match map(this)?.get(string(argument(arguments, 0))?.as_bytes()) {
        Some(value) => Ok(value.clone()),
        None => Ok(take(arguments, 1)),
    }
}

pub fn remove(this: &mut Value, arguments: Arguments) -> Outcome {
    match this {
        Value::Map(map) => Ok(map.remove(string(argument(arguments, 0))?.as_bytes()).unwrap_or_default()),
        other => Err(unbound("map", other)),
    }
}

pub fn merge(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut pace = Pace::default();
    let mut merged = map(this)?.clone();
    for other in list(argument(arguments, 0))?.iter() {
        for (key, value) in map(other)?.iter() {
            limits::items(host, "merge", merged.len() + 1)?;
            pace.turn(host)?;
            merged.insert(key.clone(), value.clone());
        }
    }
    Ok(merged.into())
}

pub fn map_values(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut entries = IndexMap::with_capacity(map(this)?.len());
    for (key, value) in map(this)?.iter() {
        entries.insert(key.clone(), host.apply(argument(arguments, 0), std::slice::from_ref(value))?);
    }
    Ok(Map::from_entries(entries).into())
}

pub fn filter(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let mut entries = IndexMap::new();
    for (key, value) in map(this)?.iter() {
        if holds("filter", host, argument(arguments, 0), &[key.clone().into(), value.clone()])? {
            entries.insert(key.clone(), value.clone());
        }
    }
    Ok(Map::from_entries(entries).into())
}
