//! What looks like sh means what it means in sh, or is refused before anything runs.
//!
//! Random scripts are run by Pipewright, by bash (`-euo pipefail -O failglob`) and, where they hold nothing but POSIX's
//! language, by dash. Each runs in a fresh copy of one directory. Standard output, the files that result, the exit
//! status and what the programs wrote to standard error must be the same.
//!
//! `SEED=7 CASES=100000 cargo test --test same_as_sh` runs others. A difference is shown with the smallest script that
//! still has it; `CASE=123` with the same seed runs one case again.

mod compare;
mod constructs;
mod generate;
mod redirections;
mod script;
mod typed;
mod walk;
mod words;

use crate::support::{have, setting};
use compare::{Bench, Verdict};
use generate::Generator;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Of a hundred cases so many may be refused, or the test would show little.
const REFUSED_PERCENT: usize = 5;

#[test]
fn random_scripts_do_the_same_as_in_sh_or_are_refused() {
    if !have("bash") {
        return;
    }
    // So many differences are shown before the test gives up.
    let shown = setting("SHOWN", 5) as usize;
    let with_dash = have("dash");
    let (seed, cases) = (setting("SEED", 20_260), setting("CASES", 2_000));
    let first = setting("CASE", 0);
    let last = if first > 0 { first } else { cases };
    let next = AtomicU64::new(first.max(1));
    let dashed = AtomicUsize::new(0);
    let unsteady = AtomicUsize::new(0);
    let refused = Mutex::new(Vec::new());
    let differences = Mutex::new(Vec::new());
    let unreadable = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get() + 1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let bench = Bench::new(with_dash);
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    let given_up = differences.lock().expect("no panic holds it").len() >= shown;
                    if case > last || given_up {
                        break;
                    }
                    let script = Generator::new(seed.wrapping_mul(1_000_003).wrapping_add(case)).script();
                    dashed.fetch_add(usize::from(script.is_posix()), Ordering::Relaxed);
                    match bench.judge(&script, case) {
                        Verdict::Same => {}
                        Verdict::Refused(why) => refused.lock().expect("no panic holds it").push((case, why)),
                        Verdict::Unreadable(why) => {
                            unreadable.lock().expect("no panic holds it").push((case, why))
                        }
                        // Stages run at the same time: who writes first is not decided by any shell.
                        Verdict::Different(_)
                            if (0..3)
                                .any(|_| !matches!(bench.judge(&script, case), Verdict::Different(_))) =>
                        {
                            unsteady.fetch_add(1, Ordering::Relaxed);
                        }
                        Verdict::Different(told) => {
                            let shown = bench.shrink(script, case, told);
                            differences
                                .lock()
                                .expect("no panic holds it")
                                .push(format!("#### CASE={case}\n{shown}"));
                        }
                    }
                }
            });
        }
    });
    let (refused, dashed) = (refused.into_inner().expect("no panic holds it"), dashed.into_inner());
    let differences = differences.into_inner().expect("no panic holds it");
    let unreadable = unreadable.into_inner().expect("no panic holds it");
    println!(
        "SEED={seed}: {cases} cases, {dashed} of them also by dash, {} refused, {} not for bash, {} unsteady",
        refused.len(),
        unreadable.len(),
        unsteady.load(Ordering::Relaxed)
    );
    let mut why: Vec<_> =
        refused.iter().filter_map(|(case, page)| Some((page.lines().next()?, case))).collect();
    why.sort_unstable();
    for same in why.chunk_by(|a, b| a.0 == b.0) {
        println!("{:5} {} (such as CASE={})", same.len(), same[0].0, same[0].1);
    }
    let unsteady = unsteady.into_inner();
    assert!(unsteady * 200 <= cases as usize + 200, "{unsteady} cases end now so, now otherwise");
    assert!(differences.is_empty(), "SEED={seed}\n{}", differences.join("\n"));
    if first == 0 {
        assert!(
            unreadable.len() * 100 <= cases as usize,
            "the generator makes what bash can't read: {unreadable:?}"
        );
        let few = refused.len() * 100 <= cases as usize * REFUSED_PERCENT;
        assert!(few, "too many are refused: {} of {cases}", refused.len());
        assert!(dashed * 4 >= cases as usize, "only {dashed} of {cases} are POSIX's");
    }
}
