//! The thread that supervises all services and pools of a run.

use crate::sys::event::Event;
use crate::sys::poll::{Interest, PollSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The longest wait. Each event wakes the supervisor earlier.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// A service or a pool.
pub trait Supervised: Send + Sync {
    /// Handles all events, and adds the descriptors to wait for. Returns how long to wait at most.
    fn turn(&self, set: &mut PollSet) -> Duration;

    /// Returns whether nothing of it runs, and nothing will.
    fn has_ended(&self) -> bool;
}

/// The supervisor of a run. Its thread exists while there are services or pools.
#[derive(Debug)]
pub struct Supervisor {
    wake: Arc<Event>,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    supervised: Vec<Arc<dyn Supervised>>,
    has_thread: bool,
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List").field("supervised", &self.supervised.len()).finish_non_exhaustive()
    }
}

impl Supervisor {
    /// Creates a supervisor of nothing.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    pub fn new() -> io::Result<Self> {
        Ok(Self { wake: Arc::new(Event::new()?), list: Mutex::default() })
    }

    /// Lets the thread look at everything now.
    pub fn wake(&self) {
        self.wake.set();
    }

    /// Returns the flag that wakes the thread.
    pub fn waking(&self) -> Arc<Event> {
        self.wake.clone()
    }

    /// Begins to supervise a service or a pool.
    ///
    /// # Errors
    /// Fails if the system has no thread for it.
    pub fn add(self: &Arc<Self>, one: Arc<dyn Supervised>) -> io::Result<()> {
        let mut list = self.lock();
        if !list.has_thread {
            let own = self.clone();
            let builder = std::thread::Builder::new().name("pipewright-services".into());
            builder.stack_size(crate::eval::STACK).spawn(move || own.run())?;
            list.has_thread = true;
        }
        list.supervised.push(one);
        drop(list);
        self.wake();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut set = PollSet::default();
        loop {
            self.wake.reset();
            let supervised = self.lock().supervised.clone();
            set.clear();
            let mut wait = LONGEST_WAIT;
            for one in &supervised {
                wait = wait.min(one.turn(&mut set));
            }
            drop(supervised);
            let mut list = self.lock();
            list.supervised.retain(|one| !one.has_ended());
            if list.supervised.is_empty() {
                list.has_thread = false;
                return;
            }
            drop(list);
            set.add(self.wake.reader(), Interest::Read);
            // Whatever ended the wait, the next turn looks at everything.
            let _ = set.wait(Some(wait));
        }
    }
}
