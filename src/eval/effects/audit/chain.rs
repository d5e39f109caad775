//! The chain of the records of a log, whatever run appends the next one: each contains its number and
//! the digest of the previous record. So a changed, moved or removed record, or a removed run, does not
//! match the next record.

use super::sha256;
use crate::diag::reason;
use crate::sys::log::{Locked, LogFile};
use std::io;

/// The digest in the first record of a log.
pub const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The last record of a log that this run knows.
#[derive(Debug)]
pub struct Chain {
    /// Its number; 0 if there is none yet.
    pub line: u64,
    pub digest: String,
    /// The start of the record, and the end of the log.
    start: u64,
    end: u64,
}

impl Chain {
    pub fn new() -> Self {
        Self { line: 0, digest: FIRST.to_owned(), start: 0, end: 0 }
    }

    /// Appends the record that `write` returns for its position in the log.
    ///
    /// # Errors
    /// Fails with the reason why it can't be written, or why the existing log can't be continued.
    pub fn append(
        &mut self,
        log: &LogFile,
        write: impl FnOnce(u64, &str) -> Result<Vec<u8>, String>,
    ) -> Result<(), String> {
        let failed = |error: io::Error| reason(&error);
        let locked = log.lock().map_err(failed)?;
        if !locked.is_in_place() {
            return Err("another file has taken its place, or none is there any more".to_string());
        }
        if log.is_regular {
            self.follow(&locked)?;
        }
        let mut record = write(self.line + 1, &self.digest)?;
        let digest = sha256::hex(&record);
        record.push(b'\n');
        locked.append(&record).map_err(failed)?;
        self.line += 1;
        self.digest = digest;
        self.start = self.end;
        self.end += record.len() as u64;
        Ok(())
    }

    /// Moves on to the last record, if other records were appended.
    fn follow(&mut self, log: &Locked<'_>) -> Result<(), String> {
        let failed = |error: io::Error| reason(&error);
        let size = log.size().map_err(failed)?;
        if size == self.end {
            return Ok(());
        }
        if size < self.end {
            return Err("records of it were taken away while it was written".to_string());
        }
        if self.end > self.start {
            let length = usize::try_from(self.end - self.start).unwrap_or(usize::MAX);
            let own = log.read_at(self.start, length).map_err(failed)?;
            if own.split_last().map(|(_, record)| sha256::hex(record)) != Some(self.digest.clone()) {
                return Err("a record of it was changed while it was written".to_string());
            }
        }
        let (start, record) = last_record(log, size)?;
        let number = serde_json::from_slice::<serde_json::Value>(&record)
            .ok()
            .and_then(|record| record.get("line")?.as_u64())
            .ok_or("its last line is not a record")?;
        *self = Self { line: number, digest: sha256::hex(&record), start, end: size };
        Ok(())
    }
}

/// Returns the last line without its line end, and its position.
fn last_record(log: &Locked<'_>, size: u64) -> Result<(u64, Vec<u8>), String> {
    /// The first size to read. Most records fit; for a longer one the size is doubled each time.
    const FIRST_LOOK: u64 = 4096;
    let mut look = FIRST_LOOK;
    loop {
        let from = size.saturating_sub(look);
        let length = usize::try_from(size - from).map_err(|error| error.to_string())?;
        let tail = log.read_at(from, length).map_err(|error| reason(&error))?;
        let Some((b'\n', text)) = tail.split_last() else {
            return Err("its last record is cut off; keep it, and begin another log".to_string());
        };
        match text.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => return Ok((from + end as u64 + 1, text[end + 1..].to_vec())),
            None if from == 0 => return Ok((0, text.to_vec())),
            None => look = look.saturating_mul(2),
        }
    }
}
