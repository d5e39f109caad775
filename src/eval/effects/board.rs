//! The board: the loops side by side, services, workers and queues of runs at this moment, for a program that watches them.
//!
//! A loop or worker posts itself when it begins, and its posting disappears when it ends; a service stays until the code
//! that made it ends. The watching program reads the board from another thread. It may change how many turns of a loop run at once, and
//! restart, reload and stop a service. A run without a board does nothing for it.

use super::observe::Progress;
use super::running::{
    ActionError, ResizeError, RunningLoop, RunningQueue, RunningService, RunningWorker, ServiceAction,
};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

/// The loops side by side, services, workers and queues that an engine's runs have at this moment: see
/// [`crate::EngineBuilder::board`]. Clones share them, and any thread may use them.
///
/// ```
/// use pipewright::{Board, Engine};
/// use std::sync::{Arc, Mutex};
///
/// let board = Board::default();
/// let seen = Arc::new(Mutex::new(Vec::new()));
/// let (list, shown) = (seen.clone(), board.clone());
/// let engine = Engine::builder()
///     .board(board)
///     .function("look", move |_: i64| list.lock().unwrap().extend(shown.loops()))
///     .build()?;
/// let script = engine.script("job", "for n in (1..=3) with jobs=2 { look(n) }")?;
/// engine.session().run(&script).status()?;
/// let seen = seen.lock().unwrap();
/// assert_eq!((seen.len(), &*seen[0].place, seen[0].jobs), (3, "job:1:1", 2));
/// assert_eq!(seen[0].progress.total, Some(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Board(Arc<Shared>);

#[derive(Default)]
struct Shared {
    postings: Mutex<Postings>,
    begun: OnceLock<()>,
    /// Called with the first posting.
    first: Option<Box<First>>,
}

type First = dyn Fn(&Board) + Send + Sync;

#[derive(Default)]
struct Postings {
    last: u64,
    open: BTreeMap<u64, Entry>,
}

/// What is posted.
#[derive(Clone)]
pub(in crate::eval) enum Entry {
    Loop(Arc<LoopEntry>),
    Service(Arc<dyn ServiceEntry>),
    Worker(Arc<dyn WorkerEntry>),
    Queue(Arc<dyn QueueEntry>),
}

/// A queue as its loop posts it.
pub(in crate::eval) trait QueueEntry: Send + Sync {
    /// Returns its state; none if its store can't be read.
    fn state(&self, id: u64) -> Option<RunningQueue>;
}

/// A worker as it posts itself.
pub(in crate::eval) trait WorkerEntry: Send + Sync {
    /// Returns its state; none once it has ended.
    fn state(&self, id: u64) -> Option<RunningWorker>;
}

/// A service as it posts itself.
pub(in crate::eval) trait ServiceEntry: Send + Sync {
    /// Returns its state; none once it is gone.
    fn state(&self, id: u64) -> Option<RunningService>;
    /// Begins to carry out an action.
    fn act(&self, action: ServiceAction) -> Result<(), ActionError>;
}

/// A loop as it posts itself.
pub(in crate::eval) struct LoopEntry {
    pub place: String,
    pub text: String,
    pub began: Instant,
    pub progress: Box<dyn Fn() -> Progress + Send + Sync>,
    /// How its number of turns at once is read and set; none if its turns run one after another.
    pub size: Option<Size>,
}

/// The number of turns at once of a loop.
pub(in crate::eval) struct Size {
    pub get: Box<dyn Fn() -> usize + Send + Sync>,
    pub set: Box<dyn Fn(usize) + Send + Sync>,
}

/// A loop, service, worker or queue on the board. Dropping it takes it off.
pub(in crate::eval) struct Posting {
    board: Board,
    id: u64,
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().open.keys()).finish()
    }
}

impl Board {
    /// Creates an empty board. `first` is called once, by the thread of the first loop, service, worker or queue, when that is on the
    /// board: so a program can wait with what it needs to show the board.
    ///
    /// ```
    /// use pipewright::{Board, Engine};
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use std::sync::Arc;
    ///
    /// let calls = Arc::new(AtomicUsize::new(0));
    /// let count = calls.clone();
    /// let board = Board::new(move |_| { count.fetch_add(1, Ordering::Relaxed); });
    /// let engine = Engine::builder().board(board).build()?;
    /// let run = |text| engine.session().run(&engine.script("job", text)?).status().map_err(Box::<dyn std::error::Error>::from);
    /// run("for n in 1 2 { true }")?;
    /// assert_eq!(calls.load(Ordering::Relaxed), 0);
    /// run("for n in 1 2 with jobs=2 { true }")?;
    /// run("for n in 1 2 with jobs=2 { true }")?;
    /// assert_eq!(calls.load(Ordering::Relaxed), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(first: impl Fn(&Self) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { first: Some(Box::new(first)), ..Shared::default() }))
    }

    /// Returns the loops that run, in the order in which they began.
    pub fn loops(&self) -> Vec<RunningLoop> {
        let listed = self.entries().into_iter().filter_map(|(id, entry)| match entry {
            Entry::Loop(entry) => Some(entry.state(id)),
            _ => None,
        });
        listed.collect()
    }

    /// Returns the services of code that has not ended, in the order in which they began.
    pub fn services(&self) -> Vec<RunningService> {
        let listed = self.entries().into_iter().filter_map(|(id, entry)| match entry {
            Entry::Service(entry) => entry.state(id),
            _ => None,
        });
        listed.collect()
    }

    /// Returns the workers that run, in the order in which they began.
    pub fn workers(&self) -> Vec<RunningWorker> {
        let listed = self.entries().into_iter().filter_map(|(id, entry)| match entry {
            Entry::Worker(entry) => entry.state(id),
            _ => None,
        });
        listed.collect()
    }

    /// Returns the queues whose tasks loops run, in the order in which the loops began. A loop over a queue is also listed
    /// as a loop if it runs its turns side by side.
    pub fn queues(&self) -> Vec<RunningQueue> {
        let listed = self.entries().into_iter().filter_map(|(id, entry)| match entry {
            Entry::Queue(entry) => entry.state(id),
            _ => None,
        });
        listed.collect()
    }

    /// Lets a loop run up to `jobs` turns at once, at least one. Running turns are not ended.
    ///
    /// # Errors
    /// Fails if the loop has ended, or runs its turns one after another.
    pub fn resize(&self, id: u64, jobs: usize) -> Result<(), ResizeError> {
        let Some(Entry::Loop(entry)) = self.entry(id) else { return Err(ResizeError::Ended) };
        let size = entry.size.as_ref().ok_or(ResizeError::OneByOne)?;
        (size.set)(jobs.max(1));
        Ok(())
    }

    /// Begins to restart, reload or stop a service. Returns before that is done: its state shows how far it has come.
    ///
    /// # Errors
    /// Fails if the service has ended, or was stopped.
    pub fn act(&self, id: u64, action: ServiceAction) -> Result<(), ActionError> {
        match self.entry(id) {
            Some(Entry::Service(service)) => service.act(action),
            _ => Err(ActionError),
        }
    }

    /// Posts a loop, service, worker or queue.
    pub(in crate::eval) fn post(&self, entry: Entry) -> Posting {
        let mut postings = self.lock();
        postings.last += 1;
        let id = postings.last;
        postings.open.insert(id, entry);
        drop(postings);
        if let Some(first) = &self.0.first {
            self.0.begun.get_or_init(|| first(self));
        }
        Posting { board: self.clone(), id }
    }

    /// Returns what is posted. The state of an entry is read under a lock of its own, so not under that of the board.
    fn entries(&self) -> Vec<(u64, Entry)> {
        self.lock().open.iter().map(|(id, entry)| (*id, entry.clone())).collect()
    }

    fn entry(&self, id: u64) -> Option<Entry> {
        self.lock().open.get(&id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Postings> {
        self.0.postings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoopEntry {
    fn state(&self, id: u64) -> RunningLoop {
        RunningLoop {
            id,
            place: self.place.clone(),
            text: self.text.clone(),
            age: self.began.elapsed(),
            jobs: self.size.as_ref().map_or(1, |size| (size.get)()),
            can_resize: self.size.is_some(),
            progress: (self.progress)(),
        }
    }
}

impl Drop for Posting {
    fn drop(&mut self) {
        self.board.lock().open.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::progress::Progress as Counts;
    use crate::fleet::snapshot::Snapshot;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn entry(jobs: Option<&Arc<AtomicUsize>>) -> Entry {
        let size = jobs.map(|jobs| {
            let (read, write) = (jobs.clone(), jobs.clone());
            Size {
                get: Box::new(move || read.load(Ordering::Relaxed)),
                set: Box::new(move |jobs| write.store(jobs, Ordering::Relaxed)),
            }
        });
        let state = Counts::new(Some(3)).state(Duration::ZERO);
        Entry::Loop(Arc::new(LoopEntry {
            place: "t:1:1".into(),
            text: "for x in 1 2 3 with jobs=2 {".into(),
            began: Instant::now(),
            progress: Box::new(move || Progress::of(&Snapshot::Loop(state.clone()))),
            size,
        }))
    }

    #[test]
    fn a_loop_is_listed_until_its_posting_is_dropped() {
        let board = Board::default();
        let jobs = Arc::new(AtomicUsize::new(2));
        let postings = (board.post(entry(None)), board.post(entry(Some(&jobs))));
        let listed: Vec<_> =
            board.loops().into_iter().map(|one| (one.id, one.jobs, one.can_resize)).collect();
        assert_eq!(listed, [(1, 1, false), (2, 2, true)]);
        drop(postings);
        assert!(board.loops().is_empty());
    }

    #[test]
    fn a_loop_that_runs_is_resized_to_at_least_one() {
        let board = Board::default();
        let jobs = Arc::new(AtomicUsize::new(2));
        let postings = (board.post(entry(None)), board.post(entry(Some(&jobs))));
        assert_eq!(board.resize(2, 8), Ok(()));
        assert_eq!(jobs.load(Ordering::Relaxed), 8);
        assert_eq!(board.resize(2, 0), Ok(()));
        assert_eq!(jobs.load(Ordering::Relaxed), 1);
        assert_eq!(board.resize(1, 2), Err(ResizeError::OneByOne));
        drop(postings);
        assert_eq!(board.resize(2, 2), Err(ResizeError::Ended));
    }
}
