//! Counts the costs of a start, a spawn and a pipeline. The counts are the same on every machine and under every load.
//!
//! System calls are counted for the tested binary, debug or release. Page faults, memory and instructions are counted
//! for a release, which `PIPEWRIGHT=target/…/release/pipewright` names. docs/PERFORMANCE.md has the figures next to
//! those of other shells.

use crate::support::{self, Run, have};
use std::fs;
use std::process::{Command, Stdio};

/// Returns the cost of one more turn, where `count` counts a whole script.
fn per_turn(count: impl Fn(&str) -> u64, body: &str) -> f64 {
    let turns = |turns: usize| count(&format!("for i in (1..={turns}) {{ {body} }}"));
    (turns(200) as f64 - turns(100) as f64) / 100.0
}

/// Counts the system calls of a script, over all of its processes.
fn system_calls(code: &str) -> u64 {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let counts = directory.path().join("counts");
    let outcome = Run::new("strace")
        .args(["-f", "-c", "-qq", "-o"])
        .arg(&counts)
        .arg(support::pipewright())
        .args(["-c", code])
        .run();
    assert!(outcome.status == 0, "{code}: {outcome}");
    let text = fs::read_to_string(&counts).expect("strace writes its table");
    let total = text.lines().rev().find(|line| line.ends_with("total")).expect("the table has a last line");
    total.split_whitespace().nth(3).and_then(|calls| calls.parse().ok()).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn system_calls_are_few() {
    if !have("strace") {
        return;
    }
    let start = system_calls("true");
    // The least of several runs: a watcher gets its own memory, with 24 more calls, once its program has run for 20 ms,
    // which can happen under strace and beside other tests.
    let program = (0..5).map(|_| system_calls("/bin/true")).min().expect("five runs");
    let spawn = per_turn(system_calls, "/bin/true");
    let stage = per_turn(system_calls, "/bin/true | /bin/true | /bin/true") / 3.0;
    println!("-c true {start}, -c /bin/true {program}, a spawn {spawn}, a stage {stage}");
    // 14 from the start of the C library, 5 from the interpreter.
    assert!(start <= 20, "{start} system calls for `-c true`");
    // 25 from /bin/true, 11 from the watcher.
    assert!(program <= 90, "{program} system calls for `-c /bin/true`");
    // A debug build checks the descriptor that it closes (the pidfd), once for each program.
    let asked = if is_release() { 0.0 } else { 1.0 };
    // 25 from /bin/true, 14 from the interpreter.
    assert!(spawn - asked <= 40.0, "{spawn} system calls for a spawn");
    // A debug build checks each descriptor that it closes, two for each stage. The number of polls of a pipeline
    // depends on the order in which stages end.
    assert!(stage <= 46.0 + 2.0 * asked, "{stage} system calls for each stage of three");
    let side_by_side = |body: &str| {
        let turns =
            |turns: usize| system_calls(&format!("for i in (1..={turns}) with jobs=2 {{ {body} }} 2>&1"));
        (turns(200) as f64 - turns(100) as f64) / 100.0
    };
    let (turn, alone) = (side_by_side("/bin/true"), side_by_side("true"));
    println!("a turn side by side {turn}, of a builtin {alone}");
    // 25 from /bin/true, 14 from its spawn, 4 for a pipe, 2 to tell the end, 3 to hand the turn to its thread; the polls
    // depend on the order in which turns end. A debug build checks the descriptors that it closes.
    assert!(turn - 3.0 * asked <= 56.0, "{turn} system calls for a turn side by side");
    assert!(alone - 2.0 * asked <= 14.0, "{alone} system calls for a turn of a builtin");
    let builtin = per_turn(system_calls, "true");
    assert!(builtin == 0.0, "{builtin} system calls for a builtin that does nothing");
    let capture = per_turn(system_calls, "let x = \"$(printf a)\"");
    assert!(capture == 0.0, "{capture} system calls for the capture of a builtin");
}

/// The signal of a child's end goes to one thread. A second thread that waits for it, too, would take it from the
/// first, which then waits in vain.
#[test]
fn one_thread_at_a_time_waits_for_the_signal_of_a_child() {
    if !have("strace") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let log = directory.path().join("log");
    // The first stage waits all the time, and the last one starts a second program.
    let code = "{ /bin/sleep 0.3; } | { sleep 100ms; /bin/sleep 0.01; /bin/sleep 0.5; }";
    let traced = Run::new("strace").args(["-f", "-qq", "-e", "trace=rt_sigtimedwait", "-o"]).arg(&log);
    traced.arg(support::pipewright()).args(["-c", code]).run().success();
    let text = fs::read_to_string(&log).expect("strace writes its log");
    let waits = text.lines().filter(|line| line.contains("rt_sigtimedwait([CHLD]"));
    let threads: std::collections::BTreeSet<&str> = waits.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(threads.len(), 1, "{text}");
}

/// Returns whether the tested binary is a release. If not, reports that a part is skipped.
fn is_release() -> bool {
    let release = support::pipewright().components().any(|part| part.as_os_str() == "release");
    if !release {
        eprintln!("SKIPPED in part: this is not a release; name one by PIPEWRIGHT=…/release/pipewright");
    }
    release
}

/// Counts the minor page faults of a command and its children (getrusage(2)). Takes the least of five runs, because the
/// kernel may have to fetch a page that it has put away.
#[expect(clippy::zombie_processes, reason = "wait4(2) waits for it, which tells what it used")]
fn page_faults(command: &[&str]) -> u64 {
    let once = || {
        let mut run = Command::new(command[0]);
        let child = run.args(&command[1..]).stdin(Stdio::null()).spawn().expect("the command starts");
        let mut status = 0;
        // SAFETY: the call fills both, which are plain integers; nothing else waits for the child.
        let (pid, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            (libc::wait4(child.id().cast_signed(), &raw mut status, 0, &raw mut usage), usage)
        };
        assert!(pid > 0 && status == 0, "{command:?}: {status}");
        u64::try_from(usage.ru_minflt).expect("a count")
    };
    (0..5).map(|_| once()).min().expect("five runs")
}

#[test]
fn page_faults_are_few() {
    if !is_release() {
        return;
    }
    let binary = support::pipewright();
    let binary = binary.to_str().expect("a path of UTF-8");
    let of = |code: &str| page_faults(&[binary, "-c", code]);
    let start = of("true");
    let program = of("/bin/true") - page_faults(&["/bin/true"]);
    let spawn = per_turn(of, "/bin/true") - page_faults(&["/bin/true"]) as f64;
    println!("-c true {start}, -c /bin/true {program} without its own, a spawn {spawn}");
    assert!(start <= 60, "{start} page faults for `-c true`");
    assert!(program <= 75, "{program} page faults for `-c /bin/true`");
    assert!(spawn <= 1.0, "{spawn} page faults for a spawn");
}

/// At its first program: a start alone takes 1.9 MB, but no process is small enough to be told so by getrusage(2), which
/// counts what the child had before its execve.
#[test]
fn memory_is_small() {
    if !is_release() {
        return;
    }
    let code = "sh -c 'exec grep VmHWM /proc/$PPID/status'";
    let peak = Run::code(code).run().success().out();
    let kilobytes: u64 = peak.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    println!("{kilobytes} kB as a program is started");
    assert!(kilobytes <= 3_840, "{kilobytes} kB");
}

/// Counts the instructions of a script in user mode. Valgrind can't follow the watcher, so it may start no program.
fn instructions(code: &str) -> u64 {
    let outcome = Run::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(support::pipewright())
        .args(["-c", code])
        .run()
        .success();
    let err = outcome.err();
    let line = err.lines().find_map(|line| line.split_once("Collected : "));
    line.and_then(|(_, count)| count.trim().parse().ok()).unwrap_or_else(|| panic!("{err}"))
}

#[test]
fn instructions_are_few() {
    if !is_release() || !have("valgrind") {
        return;
    }
    let start = instructions("true");
    let turns = |turns: usize| instructions(&format!("let i = 0; while (i < {turns}) {{ i += 1 }}"));
    let turn = (turns(11_000) - turns(1_000)) as f64 / 10_000.0;
    println!("-c true {start}, a turn of a loop {turn}");
    assert!(start <= 120_000, "{start} instructions for `-c true`");
    assert!(turn <= 330.0, "{turn} instructions for a turn of a loop");
}
