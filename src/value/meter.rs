//! The memory of the values of a run, counted where values are made and dropped.
//!
//! Scenario: `all.push("x".repeat(1000000))` under a thousand variables in an untrusted script, where no value is large.
//! Values are made in hundreds of places, most of which know no run, and dropped anywhere, also by the host and on other
//! threads. Therefore a thread that works for a run enters the meter of the run, the constructors of strings, lists and
//! maps charge the meter of their thread, and each charge ends with its data.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory that the values of a run occupy, in bytes. All threads of the run share it.
#[derive(Debug, Default)]
pub(crate) struct Meter(AtomicUsize);

thread_local! {
    /// The meter of the run that this thread works for.
    static CURRENT: RefCell<Option<Arc<Meter>>> = const { RefCell::new(None) };
}

impl Meter {
    /// Returns how many bytes the values occupy.
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Charges the values that this thread makes to a meter, or to none, until the result is dropped.
    pub fn enter(meter: Option<Arc<Self>>) -> Entered {
        Entered(CURRENT.replace(meter))
    }
}

/// The meter of the code around, which is restored when this is dropped: a function of the host may run a script of its
/// own on the thread of another run.
#[must_use]
pub(crate) struct Entered(Option<Arc<Meter>>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// The part of the memory that some data occupies, a field of that data.
#[derive(Debug, Default)]
pub(super) struct Charge {
    meter: Option<Arc<Meter>>,
    bytes: usize,
}

impl Charge {
    /// Charges new data to the meter of this thread.
    pub fn new(bytes: usize) -> Self {
        // When the thread ends, its meter may be gone before its last values.
        let meter = CURRENT.try_with(|current| current.borrow().clone()).ok().flatten();
        if let Some(meter) = &meter {
            meter.0.fetch_add(bytes, Ordering::Relaxed);
        }
        Self { meter, bytes }
    }

    /// Notes that the data has another size now. The run that changed it is charged.
    pub fn set(&mut self, bytes: usize) {
        if self.bytes != bytes {
            *self = Self::new(bytes);
        }
    }
}

/// The charge of a copy of the data.
impl Clone for Charge {
    fn clone(&self) -> Self {
        Self::new(self.bytes)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if let Some(meter) = &self.meter {
            meter.0.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{List, Map, Str, Value};

    fn metered(values: impl FnOnce() -> Vec<Value>) -> (usize, usize) {
        let meter = Arc::<Meter>::default();
        let entered = Meter::enter(Some(meter.clone()));
        let values = values();
        drop(entered);
        let before = meter.bytes();
        // On another thread, where there is no meter.
        std::thread::spawn(move || drop(values)).join().unwrap();
        (before, meter.bytes())
    }

    #[test]
    fn data_is_charged_until_it_is_dropped() {
        for values in [
            (|| vec![Value::from("x".repeat(10_000))]) as fn() -> Vec<Value>,
            || vec![Value::from(vec![1; 625])],
            || {
                let mut list = List::default();
                (0..625).for_each(|n| list.push(Value::from(n)));
                vec![list.clone().into(), list.into()]
            },
            || {
                let mut text = Str::default();
                (0..10_000).for_each(|_| text.push_byte(b'x'));
                vec![text.into()]
            },
            || vec![(0..200).map(|n| (n.to_string(), n)).collect::<Value>()],
            || {
                let mut map = Map::default();
                (0..200).for_each(|n| map.insert(n.to_string(), n.into()));
                vec![map.clone().into(), map.into()]
            },
        ] {
            let (held, left) = metered(values);
            assert!((10_000..50_000).contains(&held), "{held}");
            assert_eq!(left, 0);
        }
    }

    #[test]
    fn a_copy_is_charged_when_it_is_made() {
        let (held, left) = metered(|| {
            let text = Value::from("x".repeat(10_000));
            let many: List = (0..1000).map(|_| text.clone()).collect();
            let mut other = many.clone();
            other.push(Value::Null);
            vec![many.into(), other.into()]
        });
        assert!((42_000..80_000).contains(&held), "{held}");
        assert_eq!(left, 0);
    }

    #[test]
    fn a_meter_inside_another_is_left_again() {
        let (outer, inner) = (Arc::<Meter>::default(), Arc::<Meter>::default());
        let _outer = Meter::enter(Some(outer.clone()));
        let inside = Meter::enter(Some(inner.clone()));
        let one = Value::from("one");
        drop(inside);
        let two = Value::from("two");
        assert!(outer.bytes() > 0 && inner.bytes() == outer.bytes());
        drop((one, two));
        assert_eq!((outer.bytes(), inner.bytes()), (0, 0));
    }
}
