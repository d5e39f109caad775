//! Constructs that people type, by cases that are made for each.
//!
//! The text of a case is the same in all languages. `SEED=7 CASES=10000 cargo test --test suite -- constructs::` runs
//! others; `CASE=123` with the same seed runs one case again.

mod backslashes;
mod captures;
mod subshells;
mod wrappers;

use super::compare::{Bench, Texts, Verdict};
use crate::support::rng::Rng;
use crate::support::{have, setting};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A text, and whether dash should do with it what bash does.
pub struct Case {
    pub text: String,
    /// The text for sh, where it is another one.
    pub theirs: Option<String>,
    pub is_posix: bool,
}

/// A construct of sh, with a generator of cases.
struct Construct {
    case: fn(&mut Rng) -> Case,
    /// The options with which Pipewright reads a case.
    options: &'static [&'static str],
    /// The code of the error with which a run refuses a case.
    refusal: Option<&'static str>,
    /// The share of refused cases at most, so that the test shows something.
    refused_percent: usize,
}

#[test]
fn backslashes_in_double_quotes() {
    Construct { case: backslashes::case, options: &[], refusal: None, refused_percent: 12 }.compare();
}

#[test]
fn escapes_of_echo() {
    Construct { case: backslashes::echo, options: &[], refusal: None, refused_percent: 0 }.compare();
}

#[test]
fn lists_in_parentheses() {
    Construct { case: subshells::case, options: &[], refusal: None, refused_percent: 20 }.compare();
}

#[test]
fn unquoted_captures_at_the_prompt() {
    Construct {
        case: captures::case,
        options: &["--prompt"],
        refusal: Some("error[E1035]"),
        refused_percent: 35,
    }
    .compare();
}

#[test]
fn captures_that_nothing_splits() {
    Construct { case: captures::unsplit, options: &[], refusal: None, refused_percent: 0 }.compare();
}

#[test]
fn wrappers_hand_on_what_they_get() {
    Construct { case: wrappers::case, options: &[], refusal: None, refused_percent: 0 }.compare();
}

impl Construct {
    fn compare(&self) {
        if !have("bash") {
            return;
        }
        let (seed, cases) = (setting("SEED", 20_261), setting("CASES", 300));
        let first = setting("CASE", 0);
        let last = if first > 0 { first } else { cases };
        let next = AtomicU64::new(first.max(1));
        let refused = Mutex::new(Vec::new());
        let differences = Mutex::new(Vec::new());
        let posix = AtomicU64::new(0);
        let work = || {
            let bench = Bench::new(have("dash")).with_options(self.options);
            loop {
                let case = next.fetch_add(1, Ordering::Relaxed);
                if case > last || differences.lock().expect("no panic holds it").len() >= 5 {
                    break;
                }
                let Case { text, theirs, is_posix } =
                    (self.case)(&mut Rng::new(seed.wrapping_mul(1_000_003).wrapping_add(case)));
                posix.fetch_add(u64::from(is_posix), Ordering::Relaxed);
                let texts = Texts { theirs: theirs.unwrap_or_else(|| text.clone()), ours: text, is_posix };
                match bench.compare(&texts, case) {
                    Verdict::Same => {}
                    Verdict::Refused(page) => refused.lock().expect("no panic holds it").push((case, page)),
                    Verdict::Unreadable(page) => {
                        panic!("bash can't read CASE={case}: {page}\n{}", texts.ours)
                    }
                    Verdict::Different(all) if self.refusal.is_some_and(|code| all.contains(code)) => {
                        refused
                            .lock()
                            .expect("no panic holds it")
                            .push((case, "refused by the run".to_owned()));
                    }
                    Verdict::Different(all) => {
                        differences
                            .lock()
                            .expect("no panic holds it")
                            .push(format!("#### CASE={case}\n{all}"));
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            (0..2).for_each(|_| _ = scope.spawn(work));
        });
        let mut refused = refused.into_inner().expect("no panic holds it");
        refused.sort_by(|a, b| a.1.lines().next().cmp(&b.1.lines().next()));
        println!(
            "SEED={seed}: {cases} cases, {} of them also by dash, {} refused",
            posix.into_inner(),
            refused.len()
        );
        for same in refused.chunk_by(|a, b| a.1.lines().next() == b.1.lines().next()) {
            println!(
                "{:5} {} (such as CASE={})",
                same.len(),
                same[0].1.lines().next().unwrap_or_default(),
                same[0].0
            );
        }
        let differences = differences.into_inner().expect("no panic holds it");
        assert!(differences.is_empty(), "SEED={seed}\n{}", differences.join("\n"));
        if first == 0 {
            let most = cases as usize * self.refused_percent / 100;
            assert!(refused.len() <= most, "too many are refused: {} of {cases}", refused.len());
        }
    }
}
