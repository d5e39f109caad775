//! The output that a run keeps in memory for its host.

use super::error::{Error, ErrorKind};
use super::io::Output;
use super::{Captured, Report};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The standard output and standard error of a run, which threads fill.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept([Arc<Mutex<Vec<u8>>>; 2]);

impl Kept {
    /// Returns the output for one of the streams, which holds at most `max` bytes.
    pub fn writer(&self, stream: usize, max: usize) -> Output {
        Output::Writer(Box::new(Bounded { bytes: self.0[stream].clone(), max }))
    }

    /// Returns the output with the report of the run. An error gets the output.
    pub fn of(&self, result: Result<Report, Error>) -> Result<Captured, Error> {
        match result {
            Ok(report) => Ok(self.take(report)),
            Err(mut error) => {
                error.0.captured = Some(self.take(error.report().clone()));
                Err(error)
            }
        }
    }

    /// Returns the output, also of a script that failed.
    pub fn of_any(&self, result: Result<Report, Error>) -> Result<Captured, Error> {
        match result {
            Err(error) if error.kind() == ErrorKind::Script => {
                Ok(Captured { failure: Some(error.clone()), ..self.take(error.report().clone()) })
            }
            result => self.of(result),
        }
    }

    fn take(&self, report: Report) -> Captured {
        let take = |stream: &Mutex<Vec<u8>>| {
            std::mem::take(&mut *stream.lock().unwrap_or_else(PoisonError::into_inner))
        };
        Captured { stdout: take(&self.0[0]), stderr: take(&self.0[1]), report, failure: None }
    }
}

/// A stream with a size limit.
struct Bounded {
    bytes: Arc<Mutex<Vec<u8>>>,
    max: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes.len() + part.len() > self.max {
            return Err(io::Error::other(format!("more than {} bytes were printed", self.max)));
        }
        bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
