//! A queue on the board of its run, while a loop runs its tasks.

use super::Queue;
use crate::eval::Interpreter;
use crate::eval::effects::board::{Entry, Posting, QueueEntry};
use crate::eval::effects::running::RunningQueue;
use crate::queue::{Stats, Time};
use crate::span::Span;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A queue as a loop posts it.
struct Posted {
    queue: Arc<Queue>,
    place: String,
    file: String,
    began: Instant,
    /// The numbers of the last look.
    last: Mutex<Option<Stats>>,
}

impl Interpreter {
    /// Posts a queue on the board of the run, if there is one, until the posting is dropped.
    pub(super) fn post_queue(&self, queue: &Arc<Queue>, span: Span) -> Option<Posting> {
        let board = self.shared.board.as_ref()?;
        let posted = Posted {
            queue: queue.clone(),
            place: self.source().position(span.start as usize),
            file: self.shared.redactions().apply_text(&crate::diag::visible(&queue.written)),
            began: Instant::now(),
            last: Mutex::default(),
        };
        Some(board.post(Entry::Queue(Arc::new(posted))))
    }
}

impl Posted {
    /// Reads the store. The script may be using it, for example to add many tasks: that is not waited for, so the numbers
    /// may be those of the last look.
    fn stats(&self, now: Time) -> Option<Stats> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok(mut store)) = self.queue.store.as_ref().map(Mutex::try_lock)
            && let Ok(stats) = store.stats(now)
        {
            *last = Some(stats);
        }
        *last
    }
}

impl QueueEntry for Posted {
    fn state(&self, id: u64) -> Option<RunningQueue> {
        let now = Time::now();
        let stats = self.stats(now)?;
        Some(RunningQueue {
            id,
            place: self.place.clone(),
            name: self.queue.name.clone(),
            file: self.file.clone(),
            age: self.began.elapsed(),
            ready: stats.ready,
            delayed: stats.delayed,
            running: stats.running,
            failed: stats.failed,
            done: stats.done,
            is_paused: stats.is_paused,
            waiting: stats.oldest.map(|oldest| now.since(oldest)),
        })
    }
}
