//! `--audit-verify`: whether the chain of each run in a log holds.

use super::{FIRST, sha256};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// What a log holds, if nothing is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub records: usize,
    pub runs: usize,
    /// The runs that have no last record: they go on, were killed, or the end of the log is missing.
    pub unfinished: Vec<String>,
}

/// What is wrong with a log.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    pub problem: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for Fault {}

/// What of a record makes the chain.
struct Link {
    run: String,
    seq: u64,
    prev: String,
    event: String,
}

impl Link {
    fn read(record: &[u8]) -> Option<Self> {
        let record: Value = serde_json::from_slice(record).ok()?;
        let text = |name: &str| record.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            run: text("run")?,
            seq: record.get("seq")?.as_u64()?,
            prev: text("prev")?,
            event: text("event")?,
        })
    }
}

/// Where the chain of a run stands.
struct Chain {
    seq: u64,
    digest: String,
    finished: bool,
    /// By `exec`, after which nothing comes but that it failed.
    replaced: bool,
}

/// Follows the chain of each run.
///
/// # Errors
/// The first line that is not what the line before it says.
pub fn verify(log: &[u8]) -> Result<Verified, Fault> {
    let mut runs: BTreeMap<String, Chain> = BTreeMap::new();
    let mut verified = Verified::default();
    for (at, line) in log.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let fault = |problem| Fault { line: at + 1, problem };
        let text = line.strip_suffix(b"\n").ok_or(fault("its end is missing"))?;
        let link = Link::read(text).ok_or(fault("it is no record"))?;
        let known = runs.get(&link.run);
        let (seq, prev) = known.map_or((0, FIRST), |chain| (chain.seq + 1, chain.digest.as_str()));
        let may_follow = |chain: &Chain| !chain.finished || chain.replaced && link.event == "failed";
        if !known.is_none_or(may_follow) {
            return Err(fault("it comes after the last record of its run"));
        }
        if link.seq != seq {
            return Err(fault("records before it are missing, or not in their order"));
        }
        if link.prev != prev {
            return Err(fault("the record before it of the same run was changed"));
        }
        verified.records += 1;
        let replaced = link.event == "replace";
        let finished = replaced || link.event == "finish";
        runs.insert(link.run, Chain { seq, digest: sha256::hex(text), finished, replaced });
    }
    verified.runs = runs.len();
    verified.unfinished = runs.into_iter().filter(|(_, chain)| !chain.finished).map(|(run, _)| run).collect();
    Ok(verified)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two runs at the same time.
    fn log() -> Vec<String> {
        let mut last: BTreeMap<&str, (u64, String)> = BTreeMap::new();
        let mut lines = Vec::new();
        for (run, event) in [("a", "begin"), ("b", "begin"), ("a", "exec"), ("b", "finish"), ("a", "finish")]
        {
            let (seq, prev) = last
                .get(run)
                .map_or((0, FIRST.to_owned()), |(seq, line)| (seq + 1, sha256::hex(line.as_bytes())));
            let line = format!(r#"{{"run":"{run}","seq":{seq},"prev":"{prev}","event":"{event}"}}"#);
            last.insert(run, (seq, line.clone()));
            lines.push(line);
        }
        lines
    }

    fn check(lines: &[String]) -> Result<Verified, Fault> {
        verify((lines.join("\n") + "\n").as_bytes())
    }

    #[test]
    fn a_log_that_nobody_touched_is_whole() {
        assert_eq!(check(&log()), Ok(Verified { records: 5, runs: 2, unfinished: Vec::new() }));
        assert_eq!(verify(b""), Ok(Verified::default()));
    }

    #[test]
    fn every_change_is_noticed() {
        for at in 0..5 {
            let mut removed = log();
            removed.remove(at);
            let whole = check(&removed).is_ok_and(|found| found.runs == 2 && found.unfinished.is_empty());
            assert!(!whole, "without line {at}");
        }
        // The last record of a run is covered by nothing but that it is the last.
        for at in 0..3 {
            let mut changed = log();
            changed[at] = changed[at].replace('}', ",\"x\":1}");
            assert!(check(&changed).is_err(), "with line {at} changed");
        }
        let mut swapped = log();
        swapped.swap(0, 2);
        assert!(check(&swapped).is_err());
        let mut more = log();
        more.push(more[4].clone());
        assert!(check(&more).is_err());
        assert!(verify(log().join("\n").as_bytes()).is_err(), "the last line is cut off");
        assert!(verify(b"[]\n").is_err());
    }
}
