//! Dropping values without recursion, however deeply they are nested.
//!
//! Scenario: `x = [x]` a million times in a loop. Rust drops a list by dropping its elements, each of
//! which is a list, and so on: a million stack frames, and a crash. Here, if a container is dropped
//! while another is being dropped, its contents are only put on a heap, and the outermost drop empties
//! the heap. The stack therefore never holds more than two containers, of whatever kinds (including the
//! captures of a closure).

use std::any::Any;
use std::cell::{Cell, RefCell};

use indexmap::IndexMap;

use super::{Str, Value};

/// The contents of a dropped container.
pub(super) enum Contents {
    List(#[expect(dead_code, reason = "held to be dropped")] Vec<Value>),
    Map(#[expect(dead_code, reason = "held to be dropped")] IndexMap<Str, Value>),
    Payload(#[expect(dead_code, reason = "held to be dropped")] Box<dyn Any + Send + Sync>),
}

thread_local! {
    /// Whether a drop further up the stack is emptying `HEAP`.
    static DROPPING: Cell<bool> = const { Cell::new(false) };
    static HEAP: RefCell<Vec<Contents>> = const { RefCell::new(Vec::new()) };
}

/// Drops contents now, or leaves them to a drop that is in progress.
pub(super) fn drop_flat(remains: Contents) {
    if DROPPING.get() {
        // When the thread ends, its heap may be gone before its last values. Those are dropped here.
        _ = HEAP.try_with(|heap| heap.borrow_mut().push(remains));
        return;
    }
    DROPPING.set(true);
    let _reset = Reset;
    let mut next = Some(remains);
    while let Some(remains) = next {
        drop(remains);
        next = HEAP.try_with(|heap| heap.borrow_mut().pop()).ok().flatten();
    }
}

/// Clears the mark, even if the drop of an engine's payload panicked.
struct Reset;

impl Drop for Reset {
    fn drop(&mut self) {
        DROPPING.set(false);
    }
}
