//! Waking threads that wait by poll(2) for an action of another thread of this process.

use crate::sys::event::Event;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The changes of one object, such as a job: that it has ended or was suspended.
///
/// Shared by the thread that makes the changes and the threads that wait for them. Each waiting thread creates
/// one descriptor, for any number of objects; without a waiting thread there is none.
#[derive(Debug, Default)]
pub struct Changes(Mutex<Vec<Arc<Event>>>);

/// A wait for changes. Dropping it ends the wait.
pub struct Watch<'a> {
    event: Arc<Event>,
    watched: Vec<&'a Changes>,
}

impl Changes {
    /// Wakes the waiting threads. Call it after the change is visible.
    pub fn announce(&self) {
        self.lock().iter().for_each(|event| event.set());
    }

    /// Sets a flag at each change, as long as the object exists; and now, so that no change before this call is missed.
    pub fn set_at_each(&self, event: Arc<Event>) {
        self.lock().push(event.clone());
        event.set();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Event>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Watch<'a> {
    /// Begins to wait for changes of any of several objects. Earlier changes are not announced, so the caller
    /// must check its condition once the watch has begun.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    pub fn new(watched: impl IntoIterator<Item = &'a Changes>) -> std::io::Result<Self> {
        let event = Arc::new(Event::new()?);
        let watched: Vec<&Changes> = watched.into_iter().collect();
        watched.iter().for_each(|changes| changes.lock().push(event.clone()));
        Ok(Self { event, watched })
    }

    /// Returns the flag that each change sets. The caller resets it before it checks its condition.
    pub fn event(&self) -> &Event {
        &self.event
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        for changes in &self.watched {
            changes.lock().retain(|event| !Arc::ptr_eq(event, &self.event));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::poll::is_readable;

    #[test]
    fn a_change_of_any_wakes_each_thread_that_waits() {
        let (one, other) = (Changes::default(), Changes::default());
        one.announce();
        let (first, second) = (Watch::new([&one, &other]).unwrap(), Watch::new([&other]).unwrap());
        assert!(!is_readable(first.event().reader()) && !is_readable(second.event().reader()));
        one.announce();
        assert!(is_readable(first.event().reader()) && !is_readable(second.event().reader()));
        first.event().reset();
        other.announce();
        assert!(is_readable(first.event().reader()) && is_readable(second.event().reader()));
        drop((first, second));
        assert!(one.lock().is_empty() && other.lock().is_empty());
    }
}
