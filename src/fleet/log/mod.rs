//! The log of a loop: a line of JSON for each turn that has finished, by which a later run passes over the items that are
//! done.
//!
//! The first line names the loop. A line is complete when it ends with a line feed: the run that wrote the last one may have
//! been killed in the middle. Items are compared by their JSON text, and counted: of three equal items two may be done.

mod item;
mod record;

pub use item::{Item, NoItem};
pub use record::{Finished, Head, RecordedEnd};

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead};

/// The longest line that is read. Longer lines are not records.
const LONGEST_LINE: u64 = 64 << 20;

/// The items that a log holds as done.
pub struct DoneItems {
    /// How often each is done, by its digest: the items themselves may be long.
    counts: HashMap<u128, u64>,
    /// Secret keys, so that an item can't be crafted to have the digest of another.
    keys: [RandomState; 2],
    /// The bytes of the complete lines.
    length: u64,
}

/// Why a log can't be continued.
#[derive(Debug)]
pub enum Unusable {
    /// Its first line is not that of a log of a loop.
    NoLog,
    /// It is the log of another loop: the script and the variable of that one.
    OtherLoop {
        script: String,
        variable: String,
    },
    /// A complete line is not a record; its number, from 1.
    Damaged(u64),
    Unreadable(io::Error),
}

impl DoneItems {
    /// Reads the log of the loop that `head` names. A log without a complete line is an empty one.
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

    /// Returns how many bytes the complete lines have; what follows is a line that was cut off.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Takes one of the turns with this item that are done. Returns false when none is left.
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
    /// The one that was read last, with its line feed.
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
        // A file that some other program wrote is not to be taken for a log that was cut off.
        if !is_complete && self.number == 1 && !Head::begins(&self.line) {
            return Err(Unusable::NoLog);
        }
        Ok(is_complete)
    }
}

#[cfg(test)]
mod tests;
