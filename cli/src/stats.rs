//! `--stats`: a table of all processes at the end.

use pipewright::tools::process_table;
use pipewright::{Event, Observer, StageReport};
use std::sync::{Arc, Mutex, PoisonError};

/// The reports of the processes that have ended.
#[derive(Clone, Default)]
pub struct Stats(Arc<Mutex<Vec<StageReport>>>);

impl Stats {
    pub fn table(&self) -> String {
        process_table(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Stats {
    fn event(&self, event: &Event<'_>) {
        if let Event::Ended { report, .. } = event {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((*report).clone());
        }
    }
}
