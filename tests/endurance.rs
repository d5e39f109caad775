//! A long run accumulates nothing, and time limits hold even if there are many.
//!
//! `SPAWNS=100000` starts that many programs and a tenth as many pipelines, `DEADLINES=200` sets that many limits at
//! once. No time is asserted; each test prints what it measured (`cargo test --test suite endurance -- --nocapture`).

use crate::support::{Run, setting};

/// Returns what the probe reports about the interpreter: descriptors, threads, zombies, resident memory in KiB.
fn figures(line: &str) -> [i64; 4] {
    let numbers: Vec<i64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().unwrap_or_else(|_| panic!("no figures: {line}"))
}

#[test]
fn programs_and_pipelines_leave_nothing_in_the_interpreter() {
    let spawns = setting("SPAWNS", 2_000);
    let script = format!(
        r#"
        fn rounds(count: int) {{
            for i in (1..=count) {{
                for j in (1..=10) {{ /bin/true }}
                probe emit a 2> /dev/null | cat | probe drain 0
                let none = try {{ probe emit a | cat > /nowhere/file | nosuchprogram }}
                let half = try {{ {{ echo a; cat; }} < /dev/null | each line {{ probe exit 3 }} }}
                let text = "$(cat <(echo a) <<< b)"
            }}
        }}
        rounds 100
        probe parent
        rounds {}
        probe parent
        "#,
        spawns / 10
    );
    let outcome = Run::code(script).timeout(120 + spawns / 20).run().success();
    let out = outcome.out();
    let lines: Vec<[i64; 4]> = out.lines().map(figures).collect();
    let [before, after] = lines[..] else { panic!("{out}") };
    let [descriptors, threads, zombies, memory] = std::array::from_fn(|at| after[at] - before[at]);
    println!(
        "{spawns} programs and {} pipelines in {:.1} s: descriptors {descriptors:+}, threads {threads:+}, zombies \
         {zombies:+}, memory {memory:+} KiB of {}",
        spawns / 10,
        outcome.elapsed.as_secs_f64(),
        after[3]
    );
    assert_eq!((descriptors, threads, zombies, after[2]), (0, 0, 0, 0), "{out}");
    assert!(memory < 1024, "{memory} KiB more: {out}");
}

/// Returns the number of milliseconds in each line, sorted.
fn sorted_times(out: &str) -> Vec<f64> {
    let mut times: Vec<f64> = out.lines().filter_map(|line| line.split(' ').next()?.parse().ok()).collect();
    times.sort_by(f64::total_cmp);
    times
}

fn share(times: &[f64], percent: usize) -> f64 {
    times.get((times.len().max(1) - 1) * percent / 100).copied().unwrap_or(f64::NAN)
}

#[test]
fn many_time_limits_at_once() {
    let limits = setting("DEADLINES", 50);
    let script = format!(
        r#"
        for i in (1..={limits}) {{
            {{
                let start = now()
                let r = try {{ with timeout=2s {{ /bin/sleep 30 }} }}
                let late = now() - start - 2s
                echo "$[late.seconds() * 1000.0] ${{r.status}}"
            }} &
        }}
        wait
        "#
    );
    let outcome = Run::code(script).timeout(60).run().success();
    let out = outcome.out();
    assert_eq!(out.lines().filter(|line| line.ends_with(" 124")).count() as u64, limits, "{out}");
    let times = sorted_times(&out);
    println!(
        "lateness of {limits} time limits at once: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        share(&times, 50),
        share(&times, 99),
        share(&times, 100)
    );
}
