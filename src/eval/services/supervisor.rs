//! The thread that supervises all services of a run.

use super::state::ServiceState;
use crate::sys::event::Event;
use crate::sys::poll::{Interest, PollSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The longest wait. Each event wakes the supervisor earlier.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The supervisor of a run. Its thread exists while there are services.
#[derive(Debug)]
pub struct Supervisor {
    wake: Event,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    services: Vec<Arc<ServiceState>>,
    has_thread: bool,
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List").field("services", &self.services.len()).finish_non_exhaustive()
    }
}

impl Supervisor {
    /// Creates a supervisor without services.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left.
    pub fn new() -> io::Result<Self> {
        Ok(Self { wake: Event::new()?, list: Mutex::default() })
    }

    /// Lets the thread look at all services now.
    pub fn wake(&self) {
        self.wake.set();
    }

    /// Begins to supervise a service.
    ///
    /// # Errors
    /// Fails if the system has no thread for it.
    pub fn add(self: &Arc<Self>, service: Arc<ServiceState>) -> io::Result<()> {
        let mut list = self.lock();
        if !list.has_thread {
            let own = self.clone();
            let builder = std::thread::Builder::new().name("pipewright-services".into());
            builder.stack_size(crate::eval::STACK).spawn(move || own.run())?;
            list.has_thread = true;
        }
        list.services.push(service);
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
            let services = self.lock().services.clone();
            set.clear();
            let mut wait = LONGEST_WAIT;
            for service in &services {
                wait = wait.min(service.turn(&mut set));
            }
            drop(services);
            let mut list = self.lock();
            list.services.retain(|service| !service.has_ended());
            if list.services.is_empty() {
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
