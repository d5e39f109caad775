//! Comparison of elements: sorting, the smallest and the largest, and duplicates.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use super::access::{argument, list, map};
use super::limits::Pace;
use super::{Host, MethodError, Outcome};
use crate::value::ops::{self, OpError};
use crate::value::{List, Map, Value};

type Arguments<'a> = &'a mut [Value];

pub fn sort(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let list = list(this)?;
    let order = sorted(host, list, |error| MethodError::operator("sort", error))?;
    Ok(order.into_iter().map(|at| list[at].clone()).collect::<List>().into())
}

pub fn sort_by(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let list = list(this)?;
    let mut keys = Vec::with_capacity(list.len());
    for item in list.iter() {
        keys.push(host.apply(argument(arguments, 0), std::slice::from_ref(item))?);
    }
    let order = sorted(host, &keys, |error| MethodError::operator("sort_by", error).at(0))?;
    Ok(order.into_iter().map(|at| list[at].clone()).collect::<List>().into())
}

pub fn sort_map_by(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let map = map(this)?;
    let mut keys = Vec::with_capacity(map.len());
    for (key, value) in map.iter() {
        keys.push(host.apply(argument(arguments, 0), &[key.clone().into(), value.clone()])?);
    }
    let order = sorted(host, &keys, |error| MethodError::operator("sort_by", error).at(0))?;
    let entries = order.into_iter().filter_map(|at| map.at(at));
    Ok(entries.map(|(key, value)| (key.clone(), value.clone())).collect::<Map>().into())
}

/// Returns the indices of the values in order; equal values keep their order.
fn sorted(
    host: &mut dyn Host,
    values: &[Value],
    failure: impl Fn(OpError) -> MethodError,
) -> Outcome<Vec<usize>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let mut width = 1;
    // All values have one type with a total order, so the sort of the standard library can be used: its comparison
    // can't fail. It sorts run by run, since it can't be interrupted.
    if values.iter().all(|value| matches!(value, Value::Str(_)))
        || values.iter().all(|value| matches!(value, Value::Int(_)))
    {
        width = RUN;
        for run in order.chunks_mut(RUN) {
            run.sort_by(|a, b| ops::compare(&values[*a], &values[*b]).unwrap_or(Ordering::Equal));
            host.go_on()?;
        }
    }
    let mut pace = Pace::default();
    merge_sort(&mut order, width, |a, b| {
        pace.turn(host)?;
        ops::compare(&values[a], &values[b]).map_err(&failure)
    })?;
    Ok(order)
}

/// The number of elements that are sorted at once.
const RUN: usize = 16 << 10;

/// Sorts stably, from sorted runs of `width`, by a comparison that may fail, as for a string and a number. (The
/// sorts of the standard library can't stop, and they panic if the comparison is inconsistent from then on.)
fn merge_sort<E>(
    order: &mut Vec<usize>,
    mut width: usize,
    mut compare: impl FnMut(usize, usize) -> Result<Ordering, E>,
) -> Result<(), E> {
    let len = order.len();
    let mut merged = Vec::with_capacity(if width < len { len } else { 0 });
    while width < len {
        merged.clear();
        for run in order.chunks(width * 2) {
            let (mut left, mut right) = run.split_at(width.min(run.len()));
            while let (Some(a), Some(b)) = (left.first(), right.first()) {
                if compare(*a, *b)? == Ordering::Greater {
                    merged.push(*b);
                    right = &right[1..];
                } else {
                    merged.push(*a);
                    left = &left[1..];
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(order, &mut merged);
        width *= 2;
    }
    Ok(())
}

pub fn min(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    extreme(host, "min", list(this)?, Ordering::Less)
}

pub fn max(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    extreme(host, "max", list(this)?, Ordering::Greater)
}

fn extreme(host: &mut dyn Host, method: &str, items: &[Value], wanted: Ordering) -> Outcome {
    let Some((mut best, rest)) = items.split_first() else { return Ok(Value::Null) };
    let mut pace = Pace::default();
    for item in rest {
        pace.turn(host)?;
        let order = ops::compare(item, best).map_err(|error| MethodError::operator(method, error))?;
        if order == wanted {
            best = item;
        }
    }
    Ok(best.clone())
}

/// Returns the first of equal elements.
pub fn unique(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let list = list(this)?;
    let failure = |error| MethodError::operator("unique", error);
    let mut hashes = Hashes::default();
    let mut seen: HashMap<u64, Vec<&Value>> = HashMap::with_capacity(list.len());
    let mut out = Vec::new();
    let mut pace = Pace::default();
    let type_shown = list.iter().find(|item| !matches!(item, Value::Null));
    for item in list.iter() {
        // Values of different types have different hashes, so the comparison would never refuse them.
        if let Some(other) = type_shown
            && item.type_of() != other.type_of()
        {
            ops::equal(item, other).map_err(failure)?;
        }
        let same = seen.entry(hashes.of(item, 0).map_err(failure)?).or_default();
        let mut is_new = true;
        pace.turn(host)?;
        for other in same.iter() {
            is_new = is_new && !ops::equal(item, other).map_err(failure)?;
        }
        if is_new {
            same.push(item);
            out.push(item.clone());
        }
    }
    Ok(out.into())
}

/// Hashes that are equal for values that `==` treats as equal.
#[derive(Default)]
struct Hashes {
    hashers: RandomState,
    /// The hashes of lists and maps that several values hold, by address. After `a = [a, a]` in a loop of 60 turns,
    /// visiting each element would take 2^60 steps.
    known: HashMap<usize, u64>,
}

impl Hashes {
    fn of(&mut self, value: &Value, depth: usize) -> Result<u64, OpError> {
        /// Deeper values are also refused by `==` if they are compared.
        const DEPTH: usize = 256;
        if depth > DEPTH {
            return Err(OpError::TooDeep { op: ops::Op::Eq });
        }
        let shared = match value {
            Value::List(list) if depth > 0 => list.shared_at(),
            Value::Map(map) if depth > 0 => map.shared_at(),
            _ => None,
        };
        if let Some(known) = shared.and_then(|place| self.known.get(&place)) {
            return Ok(*known);
        }
        let mut hasher = self.hashers.build_hasher();
        match value {
            // Of opaque values, only a secret is text.
            Value::Null | Value::Opaque(_) => value.as_secret().into_iter().for_each(|s| s.hash(&mut hasher)),
            Value::Bool(b) => b.hash(&mut hasher),
            // An integer equals a float of its value; integers that round to one float only share a bucket.
            Value::Int(n) => (*n as f64).to_bits().hash(&mut hasher),
            // Zero has two signs.
            Value::Float(x) => (*x + 0.0).to_bits().hash(&mut hasher),
            Value::Duration(duration) => duration.hash(&mut hasher),
            Value::Size(size) => size.hash(&mut hasher),
            Value::Str(text) => text.hash(&mut hasher),
            Value::Range(range) => range.bounds().hash(&mut hasher),
            Value::List(list) => {
                for item in list.iter() {
                    self.of(item, depth + 1)?.hash(&mut hasher);
                }
            }
            // Independent of the order of entries.
            Value::Map(map) => {
                let mut sum = 0_u64;
                for (key, value) in map.iter() {
                    let value = self.of(value, depth + 1)?;
                    sum = sum.wrapping_add(self.hashers.hash_one((key, value)));
                }
                sum.hash(&mut hasher);
            }
        }
        let hash = hasher.finish();
        if let Some(place) = shared {
            self.known.insert(place, hash);
        }
        Ok(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_merge_sort_is_the_standard_librarys(
            keys in prop::collection::vec(0..20_i64, 0..200),
            width in 1..50_usize,
        ) {
            let mut ours: Vec<usize> = (0..keys.len()).collect();
            let mut theirs = ours.clone();
            for run in ours.chunks_mut(width) {
                run.sort_by_key(|at| keys[*at]);
            }
            merge_sort(&mut ours, width, |a, b| Ok::<_, ()>(keys[a].cmp(&keys[b]))).unwrap();
            theirs.sort_by_key(|at| keys[*at]);
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn a_comparison_that_fails_stops_it(len in 2..100_usize, after in 0..50_usize) {
            let mut left = after;
            let mut order: Vec<usize> = (0..len).collect();
            let outcome = merge_sort(&mut order, 1, |a, b| {
                if left == 0 { return Err(()); }
                left -= 1;
                Ok(b.cmp(&a))
            });
            prop_assert!(outcome.is_err() || after > 0);
        }
    }
}
