//! A worker on the board of its run.

use super::Worker;
use crate::eval::Interpreter;
use crate::eval::effects::board::{Entry, WorkerEntry};
use crate::eval::effects::running::RunningWorker;
use crate::span::Span;
use crate::sys::usage;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// A worker as it is posted. It holds its posting, so the posting must not hold it.
struct Posted {
    worker: Weak<Worker>,
    place: String,
    text: String,
    began: Instant,
}

impl Interpreter {
    /// Posts a worker on the board of the run, if there is one.
    pub(super) fn post_worker(&self, worker: &Arc<Worker>, span: Span) {
        if let Some(board) = &self.shared.board {
            let posted = Posted {
                worker: Arc::downgrade(worker),
                place: self.source().position(span.start as usize),
                text: self.shared.redactions().apply_text(&worker.text),
                began: Instant::now(),
            };
            let _ = worker.posting.set(board.post(Entry::Worker(Arc::new(posted))));
        }
    }
}

impl WorkerEntry for Posted {
    fn state(&self, id: u64) -> Option<RunningWorker> {
        let worker = self.worker.upgrade()?;
        if worker.has_ended() || worker.is_over.load(Ordering::Relaxed) {
            return None;
        }
        let (is_asked, waiting) = {
            let inbox = worker.inbox();
            (inbox.is_asked, inbox.lines.len())
        };
        let pid = worker.state.get()?.pid().and_then(|pid| u32::try_from(pid).ok());
        let used = pid.map(usage::of_tree).unwrap_or_default();
        Some(RunningWorker {
            id,
            place: self.place.clone(),
            text: self.text.clone(),
            age: self.began.elapsed(),
            pid,
            is_asked,
            waiting,
            memory: used.memory,
            processor: used.processor,
        })
    }
}
