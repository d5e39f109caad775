//! Dropping values however deeply they are nested.
//!
//! Scenario: `x = [x]` a million times in a loop. Rust drops a list by dropping its elements, each of
//! which is a list, and so on: a million stack frames, a crash. Here the drop of a container that happens
//! within another's drop only puts the inner one's contents on a heap; the outermost drop works the heap
//! off. So the stack holds two containers at most, of whatever kinds (a closure's captures too).

use std::any::Any;
use std::cell::{Cell, RefCell};

use indexmap::IndexMap;

use super::{Str, Value};

/// The contents of a container that is gone.
pub(super) enum Contents {
    List(#[expect(dead_code, reason = "held to be dropped")] Vec<Value>),
    Map(#[expect(dead_code, reason = "held to be dropped")] IndexMap<Str, Value>),
    Payload(#[expect(dead_code, reason = "held to be dropped")] Box<dyn Any + Send + Sync>),
}

thread_local! {
    /// Whether a drop further up the stack works off `HEAP`.
    static DROPPING: Cell<bool> = const { Cell::new(false) };
    static HEAP: RefCell<Vec<Contents>> = const { RefCell::new(Vec::new()) };
}

/// Drops contents now, or leaves them to the drop that is under way.
pub(super) fn drop_flat(remains: Contents) {
    if DROPPING.get() {
        // When the thread ends, its heap may be gone before its last values are: those are dropped here.
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

/// Clears the mark, also when the drop of an engine's payload panicked.
struct Reset;

impl Drop for Reset {
    fn drop(&mut self) {
        DROPPING.set(false);
    }
}
