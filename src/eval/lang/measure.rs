//! How much a value holds, with all that its elements hold.
//!
//! Scenario: `while (true) { all.push("x".repeat(1000000)) }` of a script that somebody sent: no string and no list is
//! large by itself. But to count a list at each `push` would make a loop of them quadratic. So counting is paid for: each
//! look at a value, and each element that is made, earns some of it. What a script holds it has made, so that what
//! grows is counted whenever it has grown by a part.

use crate::value::Value;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many elements each look may count, and earns.
const EARNED: u64 = 16;

/// What has been earned. Threads that meet here may miss a few.
#[derive(Default)]
pub struct Measuring {
    credit: AtomicU64,
    /// How much there must be for the next count: one that did not come to its end is not begun again for little more.
    wanted: AtomicU64,
}

impl Measuring {
    /// Notes elements that were made.
    pub fn earn(&self, elements: usize) {
        if elements > 0 {
            self.credit.fetch_add(elements as u64, Ordering::Relaxed);
        }
    }

    /// Whether a value holds more than so many bytes, as far as can be told now.
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
    /// None when it did not come to its end.
    bytes: Option<usize>,
    elements: u64,
}

/// Counts what a value holds until that is more than `most`, or as many elements were looked at as may be.
fn count(value: &Value, most: usize, may: u64) -> Counted {
    let mut bytes = 0_usize;
    let mut elements = 0_u64;
    // Values may be nested deeper than the stack is.
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

/// How many elements a value has itself.
pub fn elements(value: &Value) -> usize {
    match value {
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => 0,
    }
}

/// The bytes of a value without what its elements hold.
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
    fn what_elements_hold_is_counted_as_often_as_it_stands_there() {
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
