//! The size of a value, including its elements.
//!
//! Scenario: `while (true) { all.push("x".repeat(1000000)) }` in an untrusted script, where no string and no list
//! is large by itself. But counting the list at each `push` would make the loop quadratic. So the right to count
//! has to be earned: each check of a value, and each new element, earns the right to count some elements. As a
//! result, a growing value is counted again only after it has grown by a certain fraction.

use crate::value::Value;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many elements each check earns and may count.
const EARNED: u64 = 16;

/// The earned credit. Threads that update it at the same time may lose a few.
#[derive(Default)]
pub struct Measuring {
    credit: AtomicU64,
    /// The credit that the next count needs. A count that could not finish is repeated only with much more credit.
    wanted: AtomicU64,
}

impl Measuring {
    /// Notes new elements.
    pub fn earn(&self, elements: usize) {
        if elements > 0 {
            self.credit.fetch_add(elements as u64, Ordering::Relaxed);
        }
    }

    /// Returns whether a value is larger than this many bytes, as far as is known now.
    pub fn exceeds(&self, value: &Value, most: usize) -> bool {
        if elements(value) == 0 {
            return false;
        }
        if let Some(bytes) = count(value, most, EARNED).bytes {
            return bytes > most;
        }
        let credit = self.credit.fetch_add(EARNED, Ordering::Relaxed) + EARNED;
        if credit < self.wanted.load(Ordering::Relaxed) {
            return false;
        }
        let Counted { bytes, elements } = count(value, most, credit);
        match bytes {
            Some(bytes) => {
                let spent = |credit: u64| Some(credit.saturating_sub(elements));
                let _ = self.credit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent);
                self.wanted.store(0, Ordering::Relaxed);
                bytes > most
            }
            None => {
                self.wanted.store(credit.saturating_mul(2), Ordering::Relaxed);
                false
            }
        }
    }
}

struct Counted {
    /// None if the count did not finish.
    bytes: Option<usize>,
    elements: u64,
}

/// Counts the size of a value until it exceeds `most`, or the allowed number of elements was visited.
fn count(value: &Value, most: usize, may: u64) -> Counted {
    let mut bytes = 0_usize;
    let mut elements = 0_u64;
    // Values may be nested more deeply than the stack allows.
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        bytes = bytes.saturating_add(own_bytes(value));
        elements += self::elements(value) as u64;
        if bytes > most {
            break;
        }
        if elements > may {
            return Counted { bytes: None, elements };
        }
        let holds = |value: &&Value| matches!(value, Value::Str(_) | Value::List(_) | Value::Map(_));
        match value {
            Value::List(list) => rest.extend(list.iter().filter(holds)),
            Value::Map(map) => {
                bytes = map.keys().fold(bytes, |sum, key| sum.saturating_add(key.as_bytes().len()));
                rest.extend(map.values().filter(holds));
            }
            _ => {}
        }
    }
    Counted { bytes: Some(bytes), elements }
}

/// Returns the number of a value's own elements.
pub fn elements(value: &Value) -> usize {
    match value {
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => 0,
    }
}

/// Returns the size of a value without the sizes of its elements.
pub fn own_bytes(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.as_bytes().len(),
        other => elements(other).saturating_mul(16),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::from("x"), |value, _| Value::from(vec![value.clone(), value]))
    }

    #[test]
    fn content_of_elements_is_counted_each_time_it_appears() {
        assert_eq!(count(&nested(3), usize::MAX, 100).bytes, Some(8 + 16 * 14));
        assert_eq!(count(&nested(3), usize::MAX, 13).bytes, None);
        assert!(count(&nested(60), 10_000, 10_000).bytes.is_some_and(|bytes| bytes > 10_000));
    }

    #[test]
    fn a_list_that_grows_is_counted_once_in_a_while() {
        let measuring = Measuring::default();
        let text = Value::from("x".repeat(1000));
        let mut list: Vec<Value> = Vec::new();
        while !measuring.exceeds(&Value::from(list.clone()), 1_000_000) {
            list.push(text.clone());
            assert!(list.len() < 1500, "{}", list.len());
        }
        assert!(list.len() > 980, "{}", list.len());
    }
}
