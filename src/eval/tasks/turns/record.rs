//! The record of a loop: its log and its progress.

use super::TurnMark;
use super::crew::{Crew, Work};
use super::log::{Ending, LoggedTurn, TurnLog};
use super::options::LoopOptions;
use super::source::Source;
use crate::eval::Interpreter;
use crate::eval::effects::board::{Entry, LoopEntry, Posting, Size};
use crate::eval::effects::observe;
use crate::eval::lang::items::Item;
use crate::eval::report::progress::Shown;
use crate::eval::report::timer::Timer;
use crate::eval::report::unwind::Eval;
use crate::fleet::Turn;
use crate::fleet::log::Item as LoggedItem;
use crate::fleet::progress::Progress;
use crate::fleet::snapshot::Snapshot;
use crate::process::Descriptor;
use crate::span::Span;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

/// The record of one loop. Without `log=`, `resume=`, `progress=` and a board it is empty.
#[derive(Default)]
pub struct Record {
    log: Option<TurnLog>,
    progress: Option<Shared>,
    /// The progress line, which disappears when this is dropped.
    shown: Option<Shown>,
    /// The loop on the board of the run.
    posting: Option<Posted>,
    /// The item that was taken last, until its turn starts.
    item: Option<LoggedItem>,
    /// The running turns, if the loop has a log.
    turns: BTreeMap<Turn, LoggedTurn>,
}

/// The progress of a loop, shared with the thread that draws it.
#[derive(Clone)]
struct Shared {
    progress: Arc<Mutex<Progress>>,
    began: Instant,
}

/// The loop on the board of the run, until this is dropped.
struct Posted {
    _posting: Posting,
    /// The number of turns at once that was asked for there.
    wanted: Arc<AtomicUsize>,
    /// The number that the loop uses.
    jobs: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::Loop(self.lock().state(self.began.elapsed()))
    }
}

impl Record {
    /// Opens the log and begins to show progress.
    pub fn begin(
        run: &mut Interpreter,
        work: &Work,
        span: Span,
        options: &LoopOptions,
        source: &Source<'_>,
    ) -> Eval<Self> {
        let mut record = Self::default();
        if let (Some(option), Work::Body(looped)) = (&options.log, work) {
            record.log = Some(TurnLog::open(run, option.clone(), looped)?);
        }
        if !options.progress && run.shared.board.is_none() {
            return Ok(record);
        }
        let progress = Arc::new(Mutex::new(Progress::new(source.left())));
        let shared = Shared { progress, began: Instant::now() };
        if options.progress {
            let told = shared.clone();
            record.shown = Some(Shown::begin(run, Arc::new(move || told.snapshot()), span)?);
        }
        record.progress = Some(shared);
        Ok(record)
    }

    /// Posts the loop on the board of the run, if there is one. `jobs` is its number of turns at once.
    pub fn post(&mut self, run: &Interpreter, span: Span, jobs: usize, crew: Option<&Crew>) {
        if let (Some(board), Some(progress)) = (&run.shared.board, &self.progress) {
            let wanted = Arc::new(AtomicUsize::new(jobs));
            let posting = board.post(entry(run, span, progress, crew.map(|crew| size(crew, &wanted))));
            self.posting = Some(Posted { _posting: posting, wanted, jobs });
        }
    }

    /// Returns the number of turns at once that was asked for on the board, if it was changed since the last call.
    pub fn new_jobs(&mut self) -> Option<usize> {
        let posted = self.posting.as_mut()?;
        let wanted = posted.wanted.load(Ordering::Relaxed);
        (std::mem::replace(&mut posted.jobs, wanted) != wanted).then_some(wanted)
    }

    /// Notes that an item was taken from the input. Returns true if the log holds it as done.
    pub fn passes_over(&mut self, run: &Interpreter, item: &Item) -> Eval<bool> {
        let Some(log) = &mut self.log else { return Ok(false) };
        let item = log.item(run, item)?;
        let is_done = log.passes_over(&item);
        self.item = (!is_done).then_some(item);
        if is_done && let Some(progress) = &self.progress {
            progress.lock().pass_over();
        }
        Ok(is_done)
    }

    /// Returns the timer that adds up the times of a turn's programs, if the loop has a log.
    pub fn timer(&self, outer: Option<&Arc<Timer>>) -> Option<Arc<Timer>> {
        self.log.as_ref().map(|_| Arc::new(Timer::within(outer.cloned())))
    }

    /// Notes that a turn has started.
    pub fn started(
        &mut self,
        run: &Interpreter,
        turn: Turn,
        mark: &Arc<TurnMark>,
        timer: Option<Arc<Timer>>,
    ) {
        if let Some(progress) = &self.progress {
            let item = run.shared.redactions().apply_text(&mark.item);
            progress.lock().begin(turn, item, progress.began.elapsed());
        }
        if let (Some(item), Some(timer)) = (self.item.take(), timer) {
            let logged = LoggedTurn { item, start: SystemTime::now(), timer, mark: mark.clone() };
            self.turns.insert(turn, logged);
        }
    }

    /// Notes that a turn has ended.
    pub fn ended(&mut self, run: &Interpreter, turn: Turn, ending: &Ending) -> Eval<()> {
        if let Some(progress) = &self.progress {
            progress.lock().end(turn, ending.is_success(), progress.began.elapsed());
        }
        match (&self.log, self.turns.remove(&turn)) {
            (Some(log), Some(logged)) => log.ended(run, &logged, ending),
            _ => Ok(()),
        }
    }

    /// Writes the output of a turn above the progress line. Returns `None` if no line is shown. The inner error is the
    /// error of write(2).
    pub fn pass(&self, run: &Interpreter, target: &Descriptor, bytes: &[u8]) -> Option<Eval<io::Result<()>>> {
        self.shown.as_ref().map(|shown| shown.pass(run, target, bytes))
    }

    /// Removes the progress line until the next frame, so that the loop can print a message.
    pub fn clear_line(&self) {
        if let Some(shown) = &self.shown {
            shown.clear();
        }
    }

    /// Returns whether a line is drawn below the output.
    pub fn draws(&self) -> bool {
        self.shown.as_ref().is_some_and(Shown::draws)
    }

    /// Stops showing progress. Later output is not that of a turn.
    pub fn end(&mut self) {
        self.shown = None;
        self.posting = None;
    }
}

/// Returns a loop as it is posted.
fn entry(run: &Interpreter, span: Span, progress: &Shared, size: Option<Size>) -> Entry {
    let (text, told) = (run.written(span), progress.clone());
    let line = crate::diag::visible(text.lines().next().unwrap_or_default().as_bytes());
    Entry::Loop(Arc::new(LoopEntry {
        place: run.source().position(span.start as usize),
        text: run.shared.redactions().apply_text(&line),
        began: progress.began,
        progress: Box::new(move || observe::Progress::of(&told.snapshot())),
        size,
    }))
}

/// Returns how the number of turns at once is read and set. The thread of the loop notices a change when it is woken.
fn size(crew: &Crew, jobs: &Arc<AtomicUsize>) -> Size {
    let (read, write, wake) = (jobs.clone(), jobs.clone(), crew.waker());
    Size {
        get: Box::new(move || read.load(Ordering::Relaxed)),
        set: Box::new(move |jobs| {
            write.store(jobs, Ordering::Relaxed);
            wake();
        }),
    }
}
