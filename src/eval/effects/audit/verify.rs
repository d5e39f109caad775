//! `--audit-verify`: checks the chain of the records of a log.

use super::chain::FIRST;
use super::sha256;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// The summary of an unchanged log: see [`Log::verify`](super::Log::verify).
///
/// ```
/// use pipewright::{AuditLog, AuditSummary};
///
/// let summary: AuditSummary = AuditLog::verify(b"")?;
/// assert_eq!((summary.records, summary.runs), (0, 0));
/// # Ok::<(), pipewright::AuditFault>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The number of records.
    pub records: usize,
    /// The number of runs that have records.
    pub runs: usize,
    /// The runs without a final record: they are still running, were killed, or the end of the log is
    /// missing.
    pub unfinished: Vec<String>,
}

/// The first error of a log: see [`Log::verify`](super::Log::verify).
///
/// ```
/// use pipewright::{AuditFault, AuditLog};
///
/// let fault: AuditFault = AuditLog::verify(b"no record\n").unwrap_err();
/// assert_eq!(fault.line, 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The problem, a part of a sentence.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for Fault {}

/// The fields of a record that form the chain.
struct Link {
    run: String,
    seq: u64,
    line: u64,
    prev: String,
    event: String,
}

impl Link {
    fn read(record: &[u8]) -> Option<Self> {
        let record: Value = serde_json::from_slice(record).ok()?;
        let text = |name: &str| record.get(name)?.as_str().map(str::to_owned);
        let number = |name: &str| record.get(name)?.as_u64();
        Some(Self {
            run: text("run")?,
            seq: number("seq")?,
            line: number("line")?,
            prev: text("prev")?,
            event: text("event")?,
        })
    }
}

/// The state of a run.
struct Run {
    seq: u64,
    finished: bool,
    /// Whether `exec` has replaced the process, after which only a failure can follow.
    replaced: bool,
}

/// Follows the chain.
///
/// # Errors
/// Fails with the first line that does not match the line before it.
pub fn verify(log: &[u8]) -> Result<Summary, Fault> {
    let mut runs: BTreeMap<String, Run> = BTreeMap::new();
    let mut records = Vec::new();
    for (at, line) in log.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let fault = |problem: &str| Fault { line: at + 1, problem: problem.to_string() };
        let text = line.strip_suffix(b"\n").ok_or_else(|| fault("its end is missing"))?;
        records.push((Link::read(text).ok_or_else(|| fault("it is not a record"))?, text));
    }
    let numbers: HashSet<u64> = records.iter().map(|(link, _)| link.line).collect();
    let mut before = FIRST.to_owned();
    for (number, (link, text)) in (1_u64..).zip(&records) {
        let fault = |problem: String| Fault { line: number as usize, problem };
        if link.line != number {
            return Err(fault(misplaced(link.line, number, &numbers)));
        }
        if link.prev != before {
            return Err(fault("the record before it was changed".to_string()));
        }
        let known = runs.get(&link.run);
        let may_follow = |run: &Run| !run.finished || run.replaced && link.event == "failed";
        if !known.is_none_or(may_follow) {
            return Err(fault("it comes after the last record of its run".to_string()));
        }
        if link.seq != known.map_or(0, |run| run.seq + 1) {
            return Err(fault("records of its run are missing before it".to_string()));
        }
        before = sha256::hex(text);
        let replaced = link.event == "replace";
        let run = Run { seq: link.seq, finished: replaced || link.event == "finish", replaced };
        runs.insert(link.run.clone(), run);
    }
    Ok(Summary {
        records: records.len(),
        runs: runs.len(),
        unfinished: runs.into_iter().filter(|(_, run)| !run.finished).map(|(name, _)| name).collect(),
    })
}

/// Returns the explanation for a record with the number `found` where `expected` was expected.
fn misplaced(found: u64, expected: u64, numbers: &HashSet<u64>) -> String {
    if found < expected || numbers.contains(&expected) {
        return format!("it is record {found}: records were moved or added");
    }
    match found - expected {
        1 => format!("record {expected} is missing before it"),
        _ => format!("records {expected} to {} are missing before it", found - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two runs at the same time, and one after them.
    const EVENTS: [(&str, &str); 7] = [
        ("a", "begin"),
        ("b", "begin"),
        ("a", "exec"),
        ("b", "finish"),
        ("a", "finish"),
        ("c", "begin"),
        ("c", "finish"),
    ];

    fn log() -> Vec<String> {
        let mut seqs: BTreeMap<&str, u64> = BTreeMap::new();
        let mut prev = FIRST.to_owned();
        let mut lines = Vec::new();
        for (at, (run, event)) in EVENTS.into_iter().enumerate() {
            let seq = seqs.entry(run).and_modify(|seq| *seq += 1).or_default();
            let number = at + 1;
            let line =
                format!(r#"{{"run":"{run}","seq":{seq},"line":{number},"prev":"{prev}","event":"{event}"}}"#);
            prev = sha256::hex(line.as_bytes());
            lines.push(line);
        }
        lines
    }

    fn check(lines: &[String]) -> Result<Summary, Fault> {
        verify((lines.join("\n") + "\n").as_bytes())
    }

    #[track_caller]
    fn assert_fault(lines: &[String], line: usize, problem: &str) {
        assert_eq!(check(lines), Err(Fault { line, problem: problem.to_string() }));
    }

    #[test]
    fn a_log_that_was_not_touched_is_whole() {
        assert_eq!(check(&log()), Ok(Summary { records: 7, runs: 3, unfinished: Vec::new() }));
        assert_eq!(verify(b""), Ok(Summary::default()));
    }

    #[test]
    fn a_run_that_is_taken_out_is_missed() {
        let without = |run: &str| {
            let keeps = |line: &String| !line.contains(&format!(r#""run":"{run}""#));
            log().into_iter().filter(keeps).collect::<Vec<_>>()
        };
        assert_fault(&without("a"), 1, "record 1 is missing before it");
        assert_fault(&without("b"), 2, "record 2 is missing before it");
        assert_fault(&log().split_off(5), 1, "records 1 to 5 are missing before it");
        // Only a copy of its last record protects the end of a log.
        assert_eq!(check(&without("c")).map(|found| found.runs), Ok(2));
    }

    #[test]
    fn every_change_is_noticed() {
        for at in 0..6 {
            let mut removed = log();
            removed.remove(at);
            assert!(check(&removed).is_err(), "without line {at}");
            let mut changed = log();
            changed[at] = changed[at].replace('}', ",\"x\":1}");
            assert_fault(&changed, at + 2, "the record before it was changed");
            let mut swapped = log();
            swapped.swap(at, at + 1);
            assert_fault(&swapped, at + 1, &format!("it is record {}: records were moved or added", at + 2));
        }
        let mut more = log();
        more.push(more[6].clone());
        assert_fault(&more, 8, "it is record 7: records were moved or added");
        assert!(verify(log().join("\n").as_bytes()).is_err(), "the last line is cut off");
        assert!(verify(b"[]\n").is_err());
    }

    #[test]
    fn a_run_that_is_moved_after_another_is_noticed() {
        let mut moved = log();
        moved.rotate_left(5);
        assert_fault(&moved, 1, "it is record 6: records were moved or added");
    }
}
