//! The log of a loop: a line of JSON for each finished turn. A later run reads it and skips the items that are done.
//!
//! The first line names the loop. A line is complete when it ends with a line feed. The last line may be incomplete,
//! because the run that wrote it was killed. Items are compared by their JSON text and counted, so two of three equal
//! items can be done.

mod item;
mod record;

pub use item::{Item, NoItem};
pub use record::{Finished, Head, RecordedEnd};

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead};

/// The largest number of bytes in a line. A longer line is not a record.
const LONGEST_LINE: u64 = 64 << 20;

/// The items that a log holds as done.
pub struct DoneItems {
    /// How often each item is done, by its digest, because the items themselves may be long.
    counts: HashMap<u128, u64>,
    /// Random keys, so that no item can be crafted to have the digest of another.
    keys: [RandomState; 2],
    /// The length of the complete lines in bytes.
    length: u64,
}

/// The reason why a log can't be continued.
#[derive(Debug)]
pub enum Unusable {
    /// The first line is not the first line of a loop's log.
    NoLog,
    /// The log belongs to another loop, with this script and variable.
    OtherLoop {
        script: String,
        variable: String,
    },
    /// The complete line with this number, from 1, is not a record.
    Damaged(u64),
    Unreadable(io::Error),
}

impl DoneItems {
    /// Reads the log of the loop that `head` names. A log without a complete line counts as empty.
    pub fn read(log: impl BufRead, head: &Head<'_>) -> Result<Self, Unusable> {
        let mut done =
            Self { counts: HashMap::new(), keys: [RandomState::new(), RandomState::new()], length: 0 };
        let mut lines = Lines { log, line: Vec::new(), number: 0 };
        while lines.advance()? {
            let line = lines.line.as_slice();
            if lines.number == 1 {
                Head::check(line, head)?;
            } else {
                let record = record::parse(line).ok_or(Unusable::Damaged(lines.number))?;
                if record.succeeded {
                    *done.counts.entry(done.digest(record.item)).or_default() += 1;
                }
            }
            done.length += line.len() as u64;
        }
        Ok(done)
    }

    /// Returns the length of the complete lines in bytes. Any text after them is a line that was cut off.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Uses up one done turn with this item. Returns false if none is left.
    pub fn take(&mut self, item: &Item) -> bool {
        if self.counts.is_empty() {
            return false;
        }
        let digest = self.digest(item.json().as_bytes());
        let Some(count) = self.counts.get_mut(&digest) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&digest);
        }
        true
    }

    fn digest(&self, item: &[u8]) -> u128 {
        let [high, low] = self.keys.each_ref().map(|key| u128::from(key.hash_one(item)));
        high << 64 | low
    }
}

/// The complete lines of a log.
struct Lines<R> {
    log: R,
    /// The line that was read last, with its line feed.
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn advance(&mut self) -> Result<bool, Unusable> {
        self.line.clear();
        self.number += 1;
        let mut limited = io::Read::take(&mut self.log, LONGEST_LINE);
        limited.read_until(b'\n', &mut self.line).map_err(Unusable::Unreadable)?;
        if self.line.len() as u64 == LONGEST_LINE && !self.line.ends_with(b"\n") {
            return Err(if self.number == 1 { Unusable::NoLog } else { Unusable::Damaged(self.number) });
        }
        let is_complete = self.line.ends_with(b"\n");
        // A file that another program wrote must not be mistaken for a log that was cut off.
        if !is_complete && self.number == 1 && !Head::begins(&self.line) {
            return Err(Unusable::NoLog);
        }
        Ok(is_complete)
    }
}

#[cfg(test)]
mod tests;
