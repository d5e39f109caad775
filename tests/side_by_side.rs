//! Loops side by side: generated loops print the same and end the same with `jobs=1`, `2`, `8` and without; and what a closed
//! pipe, a full disk, few descriptors and a large input come to.
//!
//! `LOOPS=1000` runs more than the few of CI, `SEED=7` others.

use crate::support::rng::Rng;
use crate::support::{Outcome, Run, have, pipewright, setting};
use std::fmt::Write;

/// How a generated loop runs: the options in its head.
const WAYS: [&str; 4] = ["", " with jobs=1", " with jobs=2", " with jobs=8"];

/// A generated loop, without its options.
struct Generated {
    before: String,
    head: String,
    body: String,
    fails: bool,
}

impl Generated {
    fn new(rng: &mut Rng) -> Self {
        let turns = rng.below(9);
        let fails = rng.chance(30);
        let mut body = String::new();
        for _ in 0..rng.within(1, 5) {
            statement(&mut body, rng, fails);
        }
        let (before, head) = match rng.below(4) {
            0 => (String::new(), format!("for x in (1..={turns})")),
            1 => (format!("let xs = list(1..={turns})\n"), "for x in (xs)".to_string()),
            2 => (String::new(), format!("seq {turns} | each x")),
            _ => (String::new(), "for x in 1 {2..4} 5".to_string()),
        };
        let functions = "fn shown(x) { echo \"shown $x\"; sh -c 'echo to error $1 >&2' sh $x }\n";
        Self { before: format!("{functions}{before}"), head, body, fails }
    }

    fn script(&self, options: &str) -> String {
        format!("{}{}{options} {{\n{}}}\necho \"then $?\"\n", self.before, self.head, self.body)
    }
}

/// Adds a statement whose output does not depend on what runs beside it. `x` is the item.
fn statement(body: &mut String, rng: &mut Rng, fails: bool) {
    let at = rng.within(1, 8);
    let pause = rng.below(25);
    let end = if fails { 15 } else { 14 };
    let _ = match rng.below(end) {
        0 => writeln!(body, "    echo \"line $x\""),
        1 => writeln!(body, "    sh -c 'echo out $1; echo error $1 >&2; echo again $1' sh $x"),
        2 => writeln!(body, "    printf 'no end %s,' $x"),
        3 => writeln!(body, "    sleep {pause}ms; echo \"after {pause}\""),
        4 => writeln!(body, "    if (int(x) == {at}) {{ echo leaving; break }}"),
        5 => writeln!(body, "    if (int(x) == {at}) {{ echo going on; continue }}"),
        6 => writeln!(body, "    defer {{ echo \"end of $x\" }}"),
        7 => writeln!(body, "    {{ sleep {pause}ms; echo \"job of $x\" }} &\n    wait"),
        8 => writeln!(body, "    {{ let job = spawn {{ sh -c 'echo spawned $1' sh $x }}; job.wait() }}"),
        9 => writeln!(body, "    shown $x"),
        10 => writeln!(body, "    seq 2 | each l {{ echo \"$x.$l\" }}"),
        11 => writeln!(
            body,
            "    with retry=2 {{ test -e \"tried-$x\" || {{ touch \"tried-$x\"; sh -c 'exit 3' }} }}\n    rm -f \"tried-$x\""
        ),
        12 => writeln!(
            body,
            "    try {{ with timeout=30ms {{ /bin/sleep 60 }} }} catch e {{ echo \"${{e.code}}\" }}"
        ),
        13 => writeln!(body, "    echo \"$(echo captured $x | tr a-z A-Z)\" || echo never"),
        _ => writeln!(body, "    if (int(x) == {at}) {{ echo \"about to fail\"; sh -c 'exit $1' sh {at} }}"),
    };
}

fn run(script: &str, merged: bool) -> Outcome {
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("script.pw"), script).expect("a script can be written");
    let run = if merged {
        Run::new("sh").args(["-c", "exec \"$1\" script.pw 2>&1", "sh"]).arg(pipewright())
    } else {
        Run::pipewright().arg("script.pw")
    };
    run.dir(directory.path()).run()
}

#[test]
fn a_loop_prints_the_same_and_ends_the_same_whatever_runs_it() {
    let seed = setting("SEED", 1);
    let mut rng = Rng::new(seed);
    for number in 0..setting("LOOPS", 30) {
        let generated = Generated::new(&mut rng);
        let merged = rng.chance(50);
        let plain = run(&generated.script(""), merged);
        assert!(!plain.is_refusal(), "loop {number}:\n{}\n{plain}", generated.script(""));
        for options in &WAYS[1..] {
            let script = generated.script(options);
            let outcome = run(&script, merged);
            let context = || format!("SEED={seed} loop {number}:\n{script}\n{outcome}\n== plain:\n{plain}");
            assert!(!outcome.timed_out && !outcome.is_crash(), "{}", context());
            assert_eq!(outcome.status, plain.status, "{}", context());
            if plain.status == 0 {
                assert!(outcome.stdout == plain.stdout && outcome.stderr == plain.stderr, "{}", context());
                continue;
            }
            assert!(generated.fails, "{}", context());
            // Later turns may have run, and print. The error is the one of the loop without `jobs`.
            let page = |outcome: &Outcome| {
                let text = if merged { outcome.out() } else { outcome.err() };
                text.lines().find(|line| line.starts_with("error[")).map(str::to_owned)
            };
            assert_eq!(page(&outcome), page(&plain), "{}", context());
            if !merged {
                assert!(outcome.stdout.starts_with(&plain.stdout), "{}", context());
            }
        }
    }
}

#[test]
fn a_turn_whose_output_is_dropped_may_have_ended_before() {
    let script =
        "for x in (1..=8) with jobs=8 { defer { echo end }\n echo $x; if (x == 2) { break } }\necho then";
    for _ in 0..30 {
        assert_eq!(Run::code(script).timeout(20).run().success().out(), "1\nend\n2\nend\nthen\n");
    }
}

#[test]
fn a_reader_that_has_had_enough_ends_the_loop() {
    let script = "for i in (1..=1000000) with jobs=4 { echo $i } | head -n 2\necho done";
    let outcome = Run::code(script).run().success();
    assert_eq!((outcome.out(), outcome.err()), ("1\n2\ndone\n".to_string(), String::new()));
    let outer = "\"$1\" -c 'for i in (1..=1000000) with jobs=4 { seq 1000 }' | head -n 1";
    let outcome = Run::new("sh").args(["-c", outer, "sh"]).arg(pipewright()).run().success();
    assert_eq!((outcome.out(), outcome.err()), ("1\n".to_string(), String::new()));
    // Turns that print nothing are ended, too.
    let script = "for i in (1..=8) with jobs=8 { if (i > 1) { /bin/sleep 60 }\n seq 100000 } | head -n 1";
    assert_eq!(Run::code(script).timeout(20).run().success().out(), "1\n");
}

#[test]
fn a_full_disk_is_the_failure_of_a_turn() {
    for _ in 0..10 {
        let outcome = Run::code("for i in (1..=9) with jobs=3 { echo $i } > /dev/full").run();
        assert!(outcome.status == 1 && outcome.err().contains("No space left on device"), "{outcome}");
    }
    // What is held goes to a file, which is not to grow beyond this.
    let script =
        "for i in (1..=2) with jobs=2 { if (i == 1) { sleep 500ms } else { head -c 20M /dev/zero } } | wc -c";
    let limited = "ulimit -f 4000; exec \"$1\" -c \"$2\"";
    let outcome = Run::new("sh").args(["-c", limited, "sh"]).arg(pipewright()).arg(script).run();
    assert!(outcome.status == 1 && outcome.err().contains("error[E2021]"), "{outcome}");
}

#[test]
fn few_descriptors_mean_fewer_turns_at_once() {
    let script = "for i in (1..=60) with jobs=50 { sh -c 'sleep 0.02; echo $1' sh $i }";
    let limited = "ulimit -n 40; exec \"$1\" -c \"$2\"";
    let outcome = Run::new("sh").args(["-c", limited, "sh"]).arg(pipewright()).arg(script).run().success();
    let expected: String = (1..=60).map(|i| format!("{i}\n")).collect();
    assert_eq!(outcome.out(), expected);
    assert_eq!(outcome.err().lines().count(), 1, "{outcome}");
    assert!(outcome.err().contains("for now"), "{outcome}");
}

#[test]
fn held_output_takes_little_memory_and_leaves_no_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let script =
        "for i in (1..=3) with jobs=3 { if (i == 1) { sleep 300ms }\n head -c 60M /dev/zero } | wc -c";
    let run = Run::code(script).env("TMPDIR", directory.path()).watch_memory();
    let outcome = run.run().success();
    assert_eq!(outcome.out().trim(), (3 * (60 << 20)).to_string());
    assert!(outcome.peak_memory < 48 << 20, "{}", outcome.peak_memory);
    assert_eq!(std::fs::read_dir(directory.path()).expect("it is there").count(), 0);
}

#[test]
fn a_long_input_takes_no_memory() {
    let peak = |count: u32| {
        let script = format!("seq {count} | each n with jobs=4 {{ true }}");
        Run::code(script).timeout(120).watch_memory().run().success().peak_memory
    };
    let (short, long) = (peak(1000), peak(20_000));
    assert!(long < short + (2 << 20), "{short} for 1,000 turns, {long} for 20,000");
}

#[test]
#[cfg(feature = "prompt")]
fn ctrl_c_at_a_prompt_ends_all_turns_and_leaves_the_prompt() {
    use crate::support::home::Home;
    use crate::support::marked::{left_after, processes_with};
    use crate::support::pty::Terminal;
    use std::time::{Duration, Instant};
    let patience = Duration::from_secs(20);
    let home = Home::new();
    let marker = format!("TURNS=prompt-{}", std::process::id());
    let mut terminal = Terminal::start(&mut home.command());
    terminal.ready();
    let sleeps = "for n in (1..=6) with jobs=3 { @ /bin/sleep 60 }".replace('@', &marker);
    // A deferred block is run, and a program that handles the key ends as it likes.
    let handles = "for n in (1..=6) with jobs=3 { defer { echo end $n }; @ sh -c 'trap \"exit 3\" INT; sleep 60 & wait' }"
        .replace('@', &marker);
    for (entry, processes) in [(&sleeps, 3), (&handles, 6)] {
        terminal.start_line(entry);
        let begun = Instant::now();
        while processes_with(&marker).len() < processes {
            assert!(begun.elapsed() < patience, "{entry}: {:?}", processes_with(&marker));
        }
        terminal.keys("\x03");
        // A process in the background is deaf to the key, and holds the output of its turn. The next key ends the wait.
        if processes > 3 {
            terminal.expect("waiting for `sleep` (PID ");
            terminal.keys("\x03");
        }
        terminal.ready();
        assert_eq!(left_after(&marker, patience), [""; 0], "{entry}");
        assert!(terminal.run("echo still here").contains("still here"), "{entry}");
    }
    terminal.line("exit");
    terminal.end();
}

/// Returns whether a test may become another user, or mount a file system.
fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("SKIPPED in part: only root may do this");
    }
    is_root
}

#[test]
fn few_processes_mean_fewer_turns_at_once() {
    use std::os::unix::fs::PermissionsExt;
    if !is_root() || !have("setpriv") || !have("prlimit") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let copy = directory.path().join("pipewright");
    std::fs::copy(pipewright(), &copy).expect("it can be copied");
    for path in [directory.path(), &copy] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("it is ours");
    }
    // A user of this test alone: the limit counts all processes and threads of one.
    let user = format!("{}", 100_000 + std::process::id());
    let script = "for i in (1..=60) with jobs=50 { sh -c 'sleep 0.02; echo $1' sh $i }";
    let as_user =
        "exec setpriv --reuid=\"$1\" --regid=\"$1\" --clear-groups prlimit --nproc=20 \"$2\" -c \"$3\"";
    let run = Run::new("sh").args(["-c", as_user, "sh", &user]).arg(&copy).arg(script).dir(directory.path());
    let outcome = run.timeout(60).run().success();
    let expected: String = (1..=60).map(|i| format!("{i}\n")).collect();
    assert_eq!(outcome.out(), expected);
    assert_eq!(outcome.err().lines().count(), 1, "{outcome}");
    assert!(outcome.err().contains("for now"), "{outcome}");
}

#[test]
fn a_full_file_system_is_the_failure_of_a_turn_or_of_the_log() {
    if !is_root() || !have("unshare") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let on_small = |script: &str| {
        let mounted = "mount -t tmpfs -o size=256k small . && cd \"$PWD\" && TMPDIR=$PWD && export TMPDIR && exec \"$1\" -c \"$2\"";
        let run = Run::new("unshare").args(["-m", "sh", "-c", mounted, "sh"]).arg(pipewright()).arg(script);
        run.dir(directory.path()).timeout(60).run()
    };
    let held = on_small(
        "for i in (1..=2) with jobs=2 { if (i == 1) { sleep 500ms } else { head -c 20M /dev/zero } } | wc -c",
    );
    assert!(held.status == 1 && held.err().contains("error[E2021]"), "{held}");
    assert!(held.err().contains("No space left on device"), "{held}");
    let logged = on_small(
        "let long = \"x\".repeat(20000)\nfor n in (1..=40) with jobs=2, log=\"log\" { true; echo $n > /dev/null }\n\
         for n in (list(1..=40).map(n => \"$n$long\")) with jobs=2, log=\"log\" { true }",
    );
    assert!(logged.status == 1 && logged.err().contains("error[E2030]"), "{logged}");
    assert!(logged.err().contains("No space left on device"), "{logged}");
}
