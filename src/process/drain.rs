//! Threads that read pipes to their ends, and the wait for them.
//!
//! A reader continues until the end of file: a process that the writers left behind may print late, and sh waits for
//! it. Only if the wait is stopped (a time limit, a signal, a host) is a pipe given up that a process still holds.

use crate::process::{Interrupt, Readable};
use crate::sys::pipe;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often to check whether the wait was stopped.
const LOOK: Duration = Duration::from_millis(20);
/// After a stop, a pipe that is quiet this long is given up. With one check before and one after, that is less than
/// the 100 ms by which a time limit may be late…
const QUIET: Duration = Duration::from_millis(60);
/// …and after this long, even if it is busy.
const DRAIN: Duration = Duration::from_secs(1);

/// The readers of one block's pipes. Each has a thread; the thread that runs the block adds them, and waits for them at
/// the end.
#[derive(Debug)]
pub struct Readers {
    started: Instant,
    stopped: AtomicBool,
    /// The pipes that have not ended.
    open: Mutex<Vec<Arc<OwnedFd>>>,
    ended: Condvar,
}

/// The task of one thread, to read a pipe to its end. It is dropped when the thread has done so or has given up.
#[derive(Debug)]
pub struct Reader {
    readers: Arc<Readers>,
    pipe: Arc<OwnedFd>,
}

impl Default for Readers {
    fn default() -> Self {
        let (stopped, open) = (AtomicBool::new(false), Mutex::default());
        Self { started: Instant::now(), stopped, open, ended: Condvar::new() }
    }
}

impl Readers {
    /// Adds a pipe that another thread reads.
    pub fn add(self: &Arc<Self>, pipe: OwnedFd) -> Reader {
        let pipe = Arc::new(pipe);
        self.open().push(pipe.clone());
        Reader { readers: self.clone(), pipe }
    }

    /// Waits until all pipes have ended, or for some time. Returns whether they have.
    pub fn wait(&self, time: Duration) -> bool {
        let waited = self.ended.wait_timeout_while(self.open(), time, |open| !open.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_empty()
    }

    /// Lets the readers give up pipes that have become quiet.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// Returns the pipes that have not ended.
    pub fn pipes(&self) -> Vec<Arc<OwnedFd>> {
        self.open().clone()
    }

    /// Returns the time at which they were created, before the first program that could hold one of the pipes.
    pub fn started(&self) -> Instant {
        self.started
    }

    fn open(&self) -> MutexGuard<'_, Vec<Arc<OwnedFd>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.readers.open().retain(|open| !Arc::ptr_eq(open, &self.pipe));
        self.readers.ended.notify_all();
    }
}

impl Reader {
    /// Calls `take` while there is data, until it reports the end with `Some(0)`. If it returns `None`, the read
    /// has to be repeated.
    ///
    /// After a stop, the last data of the writers is in the pipe and is read, however long `take` needs.
    ///
    /// # Errors
    /// Fails as poll(2) and `take` do.
    pub fn drain<E: From<io::Error>>(
        self,
        mut take: impl FnMut(BorrowedFd<'_>) -> Result<Option<usize>, E>,
    ) -> Result<(), E> {
        let pipe = self.pipe.as_fd();
        // No interrupt is needed here, since the event that ends the writers also ends the pipe.
        let never = Interrupt::none();
        let mut stopped: Option<Instant> = None;
        let mut last = Instant::now();
        let mut owed = pipe::capacity(pipe);
        loop {
            if stopped.is_none() && self.readers.stopped.load(Ordering::Acquire) {
                stopped = Some(Instant::now());
                last = Instant::now();
            }
            if never.wait_readable(pipe, Some(Instant::now() + LOOK))? != Readable::Ready {
                if stopped.is_some() && last.elapsed() > QUIET {
                    return Ok(());
                }
                continue;
            }
            if owed == 0 && stopped.is_some_and(|stopped| stopped.elapsed() > DRAIN) {
                return Ok(());
            }
            match take(pipe)? {
                Some(0) => return Ok(()),
                Some(count) => {
                    last = Instant::now();
                    if stopped.is_some() {
                        owed = owed.saturating_sub(count);
                    }
                }
                None => {}
            }
        }
    }
}
