//! The end of a pool with the code that made it.

use super::{Ending, Pool};
use crate::eval::Interpreter;
use crate::eval::report::unwind::Unwind;
use crate::process::Watch;
use crate::sys::poll::{Interest, PollSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Pool {
    /// Lets the workers read the end of their messages. Those that have not ended after a while get a signal.
    pub(in crate::eval::workers) fn end_soon(&self, after: Duration) {
        self.end(Ending::Soon(self.now() + after));
    }

    /// Waits until all workers have ended, which the grace bounds. The pool is of no use any more.
    pub(in crate::eval::workers) fn await_end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        let Ok(watch) = Watch::new([&self.changes]) else { return };
        loop {
            watch.event().reset();
            if self.lock().has_ended() {
                return;
            }
            let mut set = PollSet::default();
            set.add(watch.event().reader(), Interest::Read);
            let _ = set.wait(Some(Duration::from_secs(1)));
        }
    }
}

impl Interpreter {
    /// Returns the failure of a worker that was not replaced, unless the script knows it already.
    pub(in crate::eval::workers) fn untold_failure(&self, pool: &Pool) -> Option<Unwind> {
        let mut inner = pool.lock();
        if inner.machine.given_up().is_some() {
            let was_told = std::mem::replace(&mut inner.is_told, true);
            drop(inner);
            return (!was_told).then(|| self.given_up(pool));
        }
        let (worker, error) = inner.failed.take()?;
        worker.tell().then(|| error.into())
    }
}
