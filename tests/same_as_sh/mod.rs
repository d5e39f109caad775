//! Tests that what looks like sh means the same as in sh, or is refused before anything runs.
//!
//! Pipewright, bash (`-euo pipefail -O failglob`) and, for scripts in the language of POSIX, dash run generated
//! scripts. Each runs in a fresh copy of one directory. Standard output, the resulting files, the exit status and the
//! output of programs on standard error must be the same.
//!
//! `SEED=7 CASES=100000 cargo test --test suite same_as_sh::` runs others; `CASE=123` with the same seed runs one case
//! again. All comparisons together have some 2,000 cases, and cost less than a minute of processor time:
//!
//! | comparison | texts |
//! | --- | --- |
//! | this one | random scripts; a difference is shown with the smallest script that still has it |
//! | `constructs` | constructs of a line: backslashes, captures, lists in parentheses, wrappers |
//! | `rewrites` | lines of sh that are taken or offered rewritten |
//! | `typed` | statements that have a status: `export`, `$?`, `time`, tests before `&&` |

mod compare;
mod constructs;
mod generate;
mod redirections;
mod rewrites;
mod script;
mod typed;
mod walk;
mod words;

use crate::support::{have, setting};
use compare::{Bench, Text, Verdict, chosen, large};
use generate::Generator;
use script::{Language, Script};
use std::time::{Duration, Instant};

/// The percentage of cases that may be refused. With more, the test would show little.
const REFUSED_PERCENT: usize = 5;

#[test]
fn random_scripts_do_the_same_as_in_sh_or_are_refused() {
    if !have("bash") || !have("dash") {
        return;
    }
    // The number of differences that are shown before the test gives up.
    let shown = setting("SHOWN", 5) as usize;
    let (seed, numbers, only) = chosen(20_260, 250);
    let bench = large();
    let script = |case: u64| Generator::new(seed.wrapping_mul(1_000_003).wrapping_add(case)).script();
    let tally = bench.judge_all(&numbers, false, |case| text(&script(case)), shown);
    // Stages run at the same time, so the order of their output is not defined in any shell.
    let is_steady =
        |case: u64| (0..3).all(|_| matches!(bench.judge(case, text(&script(case))), Verdict::Different(_)));
    let (steady, unsteady): (Vec<_>, Vec<_>) =
        tally.different.iter().cloned().partition(|(case, _)| is_steady(*case));
    println!(
        "SEED={seed}: {} cases, {} of them also by dash, {} refused, {} not for bash, {} unsteady\n{}",
        tally.judged,
        tally.posix,
        tally.refused.len(),
        tally.unreadable.len(),
        unsteady.len(),
        tally.refusals()
    );
    let told: Vec<String> = steady
        .into_iter()
        .map(|(case, told)| format!("#### CASE={case}\n{}", shrink(&bench, script(case), case, told)))
        .collect();
    assert!(told.is_empty(), "SEED={seed}\n{}", told.join("\n"));
    assert!(unsteady.len() * 200 <= tally.judged + 200, "{} cases end now so, now otherwise", unsteady.len());
    if !only {
        assert!(
            tally.unreadable.len() * 100 <= tally.judged,
            "the generator makes what bash can't read: {:?}",
            tally.unreadable
        );
        let few = tally.refused.len() * 100 <= tally.judged * REFUSED_PERCENT;
        assert!(few, "too many are refused: {}", tally.refused.len());
        assert!(tally.posix * 4 >= tally.judged, "only {} are POSIX's", tally.posix);
    }
}

fn text(script: &Script) -> Text {
    let (ours, sh) = (script.text(Language::Pipewright), script.text(Language::Sh));
    Text { ours, sh, is_posix: script.is_posix() }
}

/// Returns the smallest script that still differs, with the difference. It searches for at most half a minute, because
/// a script that hangs takes its whole time at each step.
fn shrink(bench: &Bench, mut script: Script, case: u64, mut told: String) -> String {
    let judge = |script: &Script| match bench.judge(case, text(script)) {
        Verdict::Different(told) => Some(told),
        _ => None,
    };
    let start = Instant::now();
    // The same kind of difference, and not one that the removal of a part causes.
    let kind = |told: &str| told.split([':', '(']).next().unwrap_or_default().to_owned();
    let wanted = kind(&told);
    let differs = |script: &Script| judge(script).filter(|told| kind(told) == wanted);
    let step = |script: &Script| {
        let mut smaller = script.smaller().take_while(|_| start.elapsed() < Duration::from_secs(30));
        smaller.find_map(|smaller| differs(&smaller).map(|told| (smaller, told)))
    };
    while let Some((smaller, now)) = step(&script) {
        (script, told) = (smaller, now);
    }
    told
}
