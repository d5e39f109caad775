//! The variables of the modules of a run, which its forks share until they change them.
//!
//! A job in a loop forks the run at each turn, and most forks touch few variables. So a fork shares the values in
//! chunks, and the first write to a chunk copies that chunk. Values that are not shared are in one vector. The bounds
//! check of that vector detects shared values, so an access costs no more than one to a vector.

use crate::value::Value;
use std::sync::Arc;

/// How many values a write to a shared chunk copies.
const CHUNK: usize = 64;

/// The values of variables, by slot.
#[derive(Debug)]
pub struct Slots<T = Value> {
    /// All of them, while no fork shares them; otherwise empty.
    own: Vec<T>,
    shared: Option<Shared<T>>,
}

/// Values that forks share.
#[derive(Clone, Debug)]
struct Shared<T> {
    chunks: Arc<Vec<Arc<Vec<T>>>>,
    /// How often they were written here since the last fork.
    writes: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { own: Vec::new(), shared: None }
    }
}

impl<T> From<Vec<T>> for Slots<T> {
    fn from(own: Vec<T>) -> Self {
        Self { own, shared: None }
    }
}

impl<T: Clone> Clone for Slots<T> {
    /// Copies the values that are not shared yet: see [`Slots::fork`].
    fn clone(&self) -> Self {
        Self { own: self.own.clone(), shared: self.shared.clone() }
    }
}

impl<T: Clone> Slots<T> {
    /// Returns the same values for another thread, without copying any.
    pub fn fork(&mut self) -> Self {
        if self.shared.is_none() {
            let mut values = self.own.drain(..);
            let next = || Some(Arc::new(values.by_ref().take(CHUNK).collect::<Vec<T>>()));
            let chunks = std::iter::from_fn(next).take_while(|chunk| !chunk.is_empty()).collect();
            self.shared = Some(Shared { chunks: Arc::new(chunks), writes: 0 });
        }
        if let Some(shared) = &mut self.shared {
            shared.writes = 0;
        }
        Self { own: Vec::new(), shared: self.shared.clone() }
    }

    /// Returns the value of a slot, if there is one.
    pub fn get(&self, place: usize) -> Option<&T> {
        match &self.shared {
            None => self.own.get(place),
            Some(shared) => shared.chunks.get(place / CHUNK)?.get(place % CHUNK),
        }
    }

    /// Returns the value of a slot that has one.
    #[inline]
    pub fn value(&self, place: usize) -> &T {
        if place < self.own.len() { &self.own[place] } else { self.shared_value(place) }
    }

    /// Returns the value of a slot that has one, to be changed in this fork only.
    #[inline]
    pub fn value_mut(&mut self, place: usize) -> &mut T {
        if place < self.own.len() { &mut self.own[place] } else { self.shared_value_mut(place) }
    }

    #[cold]
    fn shared_value(&self, place: usize) -> &T {
        self.get(place).expect("the check counts the variables")
    }

    #[cold]
    fn shared_value_mut(&mut self, place: usize) -> &mut T {
        // After as many writes as there are chunks, each of them may have been copied. From now on the values belong to
        // this fork, so that a loop is fast.
        let copied = |shared: &Shared<T>| shared.writes + 1 >= shared.chunks.len();
        if self.shared.as_ref().is_none_or(copied) {
            return &mut self.all_mut()[place];
        }
        let Some(shared) = &mut self.shared else { unreachable!("just looked at") };
        shared.writes += 1;
        &mut Arc::make_mut(&mut Arc::make_mut(&mut shared.chunks)[place / CHUNK])[place % CHUNK]
    }

    /// Returns all values, to be changed in this fork only.
    pub fn all_mut(&mut self) -> &mut Vec<T> {
        if let Some(shared) = self.shared.take() {
            for chunk in Arc::unwrap_or_clone(shared.chunks) {
                self.own.append(&mut Arc::unwrap_or_clone(chunk));
            }
        }
        &mut self.own
    }

    /// Returns all values.
    pub fn into_all(mut self) -> Vec<T> {
        std::mem::take(self.all_mut())
    }

    /// Returns the values in order.
    #[cfg(test)]
    fn iter(&self) -> impl Iterator<Item = &T> {
        (0..).map_while(|place| self.get(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A value that counts how often values of its kind are copied.
    #[derive(Debug)]
    struct Counted(usize, Arc<AtomicUsize>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.1.fetch_add(1, Ordering::Relaxed);
            Self(self.0, self.1.clone())
        }
    }

    fn slots(count: usize) -> (Slots<Counted>, impl Fn() -> usize) {
        let copies = Arc::new(AtomicUsize::new(0));
        let all: Vec<Counted> = (0..count).map(|number| Counted(number, copies.clone())).collect();
        (all.into(), move || copies.swap(0, Ordering::Relaxed))
    }

    #[test]
    fn forks_of_100_000_variables_copy_none_and_a_write_copies_one_chunk() {
        let (mut slots, copies) = slots(100_000);
        let mut forks: Vec<_> = (0..10).map(|_| slots.fork()).collect();
        let mut grandchildren: Vec<_> = forks.iter_mut().map(Slots::fork).collect();
        assert_eq!(copies(), 0);
        for fork in &mut grandchildren {
            fork.value_mut(77).0 = 0;
            fork.value_mut(78).0 = 0;
            assert_eq!(copies(), CHUNK);
        }
        assert!(slots.iter().enumerate().all(|(place, value)| value.0 == place));
        let changed = grandchildren[0].iter().enumerate().filter(|(place, value)| value.0 != *place);
        assert_eq!(changed.map(|(place, _)| place).collect::<Vec<_>>(), [77, 78]);
    }

    #[test]
    fn a_loop_that_writes_soon_has_values_of_its_own() {
        let (mut slots, copies) = slots(1_000);
        let fork = slots.fork();
        for _ in 0..100_000 {
            slots.value_mut(5).0 += 1;
        }
        assert!(slots.shared.is_none() && copies() <= 1_000 + CHUNK);
        assert_eq!((slots.value(5).0, fork.value(5).0), (100_005, 5));
    }

    #[test]
    fn values_without_another_fork_are_not_copied() {
        let (mut slots, copies) = slots(50);
        for turn in 0..1_000 {
            drop(slots.fork());
            slots.value_mut(0).0 = turn;
        }
        assert_eq!(copies(), 0);
    }

    #[test]
    fn places_beyond_the_last_have_no_value() {
        let (mut slots, _) = slots(65);
        assert!(slots.get(64).is_some() && slots.get(65).is_none());
        let fork = slots.fork();
        assert!(fork.get(64).is_some() && fork.get(65).is_none() && fork.get(128).is_none());
        assert_eq!(fork.into_all().len(), 65);
    }
}
