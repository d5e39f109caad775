//! Pipewright beside dash, in one run: `cargo bench`. The figures of docs/PERFORMANCE.md come from here.
//!
//! Each round runs every workload by both, in turn, so that what else the machine does hits both. A ratio is the median
//! of the rounds' ratios: below 1 Pipewright is faster. Wall time and processor time (of all processes) are told
//! apart. `ROUNDS=21 ONLY=pipe cargo bench` takes more rounds of the workloads whose name holds "pipe".

#[path = "../../tests/support/ordinary.rs"]
mod ordinary;

use ordinary::ordinary_lines;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

struct Workload {
    name: &'static str,
    /// So many runs make one measurement.
    runs: usize,
    dash: Script,
    pipewright: Script,
    /// Of the script that is only parsed, its size in bytes.
    parses: Option<usize>,
}

enum Script {
    Code(String),
    File(PathBuf),
    Check(PathBuf),
}

#[derive(Clone, Copy)]
struct Measured {
    wall: f64,
    cpu: f64,
    /// The most that the interpreter itself had, in KiB.
    memory: i64,
}

fn main() {
    let directory = env::temp_dir().join(format!("pipewright-bench-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory can be made");
    let rounds = env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(7);
    let only = env::var("ONLY").unwrap_or_default();
    let ours = env!("CARGO_BIN_EXE_pipewright");
    println!(
        "{:<26}{:>11}{:>11}{:>8}{:>8}{:>10}",
        "workload", "dash ms", "ours ms", "wall", "cpu", "ours KiB"
    );
    for workload in workloads(&directory).into_iter().filter(|workload| workload.name.contains(&only)) {
        let mut pairs = Vec::new();
        for round in 0..=rounds {
            let pair = match round % 2 {
                0 => {
                    let dash = measure("dash", &workload.dash, workload.runs, &directory);
                    (dash, measure(ours, &workload.pipewright, workload.runs, &directory))
                }
                _ => {
                    let own = measure(ours, &workload.pipewright, workload.runs, &directory);
                    (measure("dash", &workload.dash, workload.runs, &directory), own)
                }
            };
            // The first warms the caches.
            if round > 0 {
                pairs.push(pair);
            }
        }
        let of = |what: fn(&(Measured, Measured)) -> f64| median(pairs.iter().map(what).collect());
        let ours = of(|pair| pair.1.wall);
        print!(
            "{:<26}{:>11.2}{:>11.2}{:>8.2}{:>8.2}{:>10}",
            workload.name,
            of(|pair| pair.0.wall) * 1e3,
            ours * 1e3,
            of(|pair| pair.1.wall / pair.0.wall),
            of(|pair| pair.1.cpu / pair.0.cpu),
            pairs.iter().map(|pair| pair.1.memory).max().unwrap_or(0),
        );
        match workload.parses {
            Some(bytes) => println!("  {:.1} MB/s", bytes as f64 / 1e6 / ours),
            None => println!(),
        }
    }
    if "parse alone 5 MB".contains(&only) {
        parse_alone(&directory, rounds);
    }
    let _ = fs::remove_dir_all(&directory);
}

/// From text to syntax tree, without the check, beside `bash -n`, which does the same.
fn parse_alone(directory: &Path, rounds: usize) {
    let lines = ordinary_lines(5_000_000);
    let path = directory.join("alone.sh");
    fs::write(&path, &lines).expect("a script can be written");
    let mut pairs = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let status = Command::new("bash").arg("-n").arg(&path).status().expect("bash runs");
        assert!(status.success());
        let bash = start.elapsed().as_secs_f64();
        let start = Instant::now();
        pipewright::fuzzing::parse(lines.as_bytes());
        pairs.push((bash, start.elapsed().as_secs_f64()));
    }
    let speed = |seconds: f64| lines.len() as f64 / 1e6 / seconds;
    let bash = speed(median(pairs.iter().map(|pair| pair.0).collect()));
    let ours = speed(median(pairs.iter().map(|pair| pair.1).collect()));
    println!("parse alone 5 MB: {ours:.1} MB/s, bash -n {bash:.1} MB/s");
}

fn workloads(directory: &Path) -> Vec<Workload> {
    let same = |name, runs, code: &str| Workload {
        name,
        runs,
        dash: Script::Code(code.to_owned()),
        pipewright: Script::Code(code.to_owned()),
        parses: None,
    };
    let times = |name, count: usize, body: &str| Workload {
        name,
        runs: 1,
        dash: Script::Code(format!("i=0; while [ $i -lt {count} ]; do {body}; i=$((i+1)); done")),
        pipewright: Script::Code(format!("let i = 0\nwhile (i < {count}) {{ {body}; i += 1 }}")),
        parses: None,
    };
    let file = |name: &str, text: &str| {
        let path = directory.join(name);
        fs::write(&path, text).expect("a script can be written");
        path
    };
    let lines = ordinary_lines(5_000_000);
    let sh = file("parse.sh", &format!("if false; then\n{lines}fi\n"));
    let pw = file("parse.pw", &format!("if false {{\n{lines}}}\n"));
    vec![
        same("start: -c true", 20, "true"),
        Workload {
            name: "start: an empty file",
            runs: 20,
            dash: Script::File(file("empty.sh", "# empty\n")),
            pipewright: Script::File(file("empty.pw", "# empty\n")),
            parses: None,
        },
        same("-c /bin/true", 20, "/bin/true"),
        times("1,000 programs", 1_000, "/bin/true"),
        times("1,000 three-stage pipes", 1_000, "/bin/echo hi | /bin/cat | /bin/cat > /dev/null"),
        Workload {
            dash: Script::Code(
                "i=0; while [ $i -lt 1000 ]; do x=$(/bin/echo hi); i=$((i+1)); done".to_owned(),
            ),
            pipewright: Script::Code(
                "let i = 0\nwhile (i < 1000) { let x = $(/bin/echo hi); i += 1 }".to_owned(),
            ),
            ..times("1,000 captures", 0, "")
        },
        Workload {
            dash: Script::Code("i=0; while [ $i -lt 1000 ]; do x=$(echo hi); i=$((i+1)); done".to_owned()),
            pipewright: Script::Code("let i = 0\nwhile (i < 1000) { let x = $(echo hi); i += 1 }".to_owned()),
            ..times("1,000 captured builtins", 0, "")
        },
        same("500 stages", 1, &format!("/bin/echo hi{}", " | /bin/cat".repeat(499))),
        same("1 GiB through three", 1, "head -c 1073741824 /dev/zero | cat | wc -c"),
        Workload {
            dash: Script::Code("i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done".to_owned()),
            pipewright: Script::Code("let i = 0\nwhile (i < 1000000) { i += 1 }".to_owned()),
            ..times("1,000,000 turns", 0, "")
        },
        Workload {
            name: "parse and check 5 MB",
            runs: 1,
            dash: Script::File(sh),
            pipewright: Script::Check(pw),
            parses: Some(lines.len()),
        },
    ]
}

/// The mean of some runs.
fn measure(program: &str, script: &Script, runs: usize, directory: &Path) -> Measured {
    let mut sum = Measured { wall: 0.0, cpu: 0.0, memory: 0 };
    for _ in 0..runs {
        let mut command = Command::new(program);
        match script {
            Script::Code(code) => command.args(["-c", code]),
            Script::File(path) => command.arg(path),
            Script::Check(path) => command.arg("--check").arg(path),
        };
        let errors = File::create(directory.join("errors")).expect("a file can be made");
        command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        let start = Instant::now();
        // `reap` waits for it, which also tells what it used.
        #[allow(clippy::zombie_processes)]
        let child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        let (succeeded, usage) = reap(child.id());
        sum.wall += start.elapsed().as_secs_f64();
        let told = || fs::read_to_string(directory.join("errors")).unwrap_or_default();
        assert!(succeeded, "{program} failed: {}", told());
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        sum.cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
        sum.memory = sum.memory.max(usage.ru_maxrss);
    }
    Measured { wall: sum.wall / runs as f64, cpu: sum.cpu / runs as f64, memory: sum.memory }
}

/// Waits for a child: whether it exited with 0, and what it and its own children used.
fn reap(pid: u32) -> (bool, libc::rusage) {
    let mut status = 0;
    // SAFETY: all zeros is a valid rusage, and the call fills it in.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers live, and nobody else waits for this child.
    let reaped = unsafe { libc::wait4(pid as libc::pid_t, &mut status, 0, &mut usage) };
    assert!(reaped == pid as libc::pid_t, "a child can be awaited");
    (libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, usage)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
