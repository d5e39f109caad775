//! Equality, order and membership.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::{Op, OpError};
use crate::value::{Range, Value};

/// The deepest nesting of lists and maps that can be compared. It is the deepest nesting of a source text.
pub(super) const MAX_DEPTH: usize = 256;

/// The pairs of lists and maps that a comparison has already met, if other values share them.
///
/// Scenario: `a = [a, a]` in a loop of 60 turns needs little memory, but visiting each of its elements takes 2^60
/// steps. Without this, comparing two such lists would never end, whatever the limits of the script are.
#[derive(Default)]
struct Met(Option<HashSet<(usize, usize)>>);

impl Met {
    /// Returns whether the pair was met before. A difference ends a comparison, so such a pair is equal.
    fn again(&mut self, left: Option<usize>, right: Option<usize>) -> bool {
        match (left, right) {
            (Some(left), Some(right)) => !self.0.get_or_insert_default().insert((left, right)),
            // A value that is not shared is met only as often as its only holder.
            _ => false,
        }
    }
}

/// Returns `left == right`.
///
/// Lists are equal if they have the same length and equal elements; maps if they have the same keys with equal
/// values, in any order. A secret equals another secret, or a string, with the same text. Other opaque values are
/// equal if they are the same one.
///
/// # Errors
/// Fails for values of different types, other than null or an integer with a float, and for nesting deeper than 256.
#[inline]
pub fn equal(left: &Value, right: &Value) -> Result<bool, OpError> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Ok(a == b),
        (Value::Str(a), Value::Str(b)) => Ok(a == b),
        _ => equal_deep(left, right, 0, &mut Met::default()),
    }
}

fn equal_deep(left: &Value, right: &Value, depth: usize, met: &mut Met) -> Result<bool, OpError> {
    if depth > MAX_DEPTH {
        return Err(OpError::TooDeep { op: Op::Eq });
    }
    Ok(match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Range(a), Value::Range(b)) => a == b,
        (Value::Opaque(a), Value::Opaque(b)) if a.kind == b.kind => {
            Arc::ptr_eq(a, b) || left.as_secret().is_some_and(|left| Some(left) == right.as_secret())
        }
        (Value::Opaque(_), Value::Str(text)) if left.as_secret().is_some() => left.as_secret() == Some(text),
        (Value::Str(text), Value::Opaque(_)) if right.as_secret().is_some() => {
            right.as_secret() == Some(text)
        }
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            if a.is_same(b) || depth > 0 && met.again(a.shared_at(), b.shared_at()) {
                return Ok(true);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                if !equal_deep(a, b, depth + 1, met)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            if a.is_same(b) || depth > 0 && met.again(a.shared_at(), b.shared_at()) {
                return Ok(true);
            }
            for (key, a) in a.iter() {
                let Some(b) = b.get(key.as_bytes()) else { return Ok(false) };
                if !equal_deep(a, b, depth + 1, met)? {
                    return Ok(false);
                }
            }
            true
        }
        _ => match scalar_order(left, right) {
            Some(order) => order == Ordering::Equal,
            None => return Err(OpError::types(Op::Eq, left, right)),
        },
    })
}

/// Orders two values, for `<`, `<=`, `>`, `>=` and for sorting: numbers, durations, sizes, strings by their bytes,
/// and lists by their first difference.
///
/// # Errors
/// Fails for values of different types, for types without an order, and for nesting deeper than 256.
#[inline]
pub fn compare(left: &Value, right: &Value) -> Result<Ordering, OpError> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Ok(a.cmp(b)),
        (Value::Str(a), Value::Str(b)) => Ok(a.cmp(b)),
        _ => compare_deep(left, right, 0, &mut Met::default()),
    }
}

fn compare_deep(left: &Value, right: &Value, depth: usize, met: &mut Met) -> Result<Ordering, OpError> {
    if depth > MAX_DEPTH {
        return Err(OpError::TooDeep { op: Op::Lt });
    }
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => Ok(a.cmp(b)),
        (Value::List(a), Value::List(b)) => {
            if depth > 0 && met.again(a.shared_at(), b.shared_at()) {
                return Ok(Ordering::Equal);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                match compare_deep(a, b, depth + 1, met)? {
                    Ordering::Equal => {}
                    order => return Ok(order),
                }
            }
            Ok(a.len().cmp(&b.len()))
        }
        _ => scalar_order(left, right).ok_or_else(|| OpError::types(Op::Lt, left, right)),
    }
}

/// Returns `needle in haystack`: whether it is an element of a list, a part of a string, a key of a map, or a number
/// of a range.
///
/// Elements are compared as by `==` until one is equal. Looking for `"80"` among integers is therefore an error, as
/// it should be: it would never be found.
///
/// # Errors
/// Fails as [`equal`] does, and for a needle that the haystack can't contain.
pub fn contains(needle: &Value, haystack: &Value) -> Result<bool, OpError> {
    match (needle, haystack) {
        (_, Value::List(list)) => {
            for item in list.iter() {
                if equal(needle, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (Value::Str(part), Value::Str(text)) => Ok(memchr::memmem::find(text, part).is_some()),
        (Value::Str(key), Value::Map(map)) => Ok(map.contains_key(key.as_bytes())),
        (Value::Int(n), Value::Range(range)) => Ok(Range::contains(**range, *n)),
        _ => Err(OpError::types(Op::In, needle, haystack)),
    }
}

/// Orders two numbers, durations or sizes.
fn scalar_order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        // Values are finite. If a method lets a NaN in, it still has a place in a sorted list.
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).unwrap_or_else(|| a.total_cmp(b)),
        (Value::Int(a), Value::Float(b)) => int_float_order(*a, *b),
        (Value::Float(a), Value::Int(b)) => int_float_order(*b, *a).reverse(),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Size(a), Value::Size(b)) => a.cmp(b),
        _ => return None,
    })
}

/// Exact, where `n as f64` would round: 2^53 + 1 is not 2^53.
fn int_float_order(n: i64, x: f64) -> Ordering {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if x.is_nan() || x >= TWO_63 {
        Ordering::Less
    } else if x < -TWO_63 {
        Ordering::Greater
    } else {
        // In range, so the conversion truncates exactly; the fraction decides between equals.
        n.cmp(&(x as i64)).then_with(|| 0.0.partial_cmp(&x.fract()).unwrap_or(Ordering::Equal))
    }
}
