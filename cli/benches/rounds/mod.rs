//! Rounds of programs side by side, for the benches that compare with other programs.
//!
//! Each round runs all programs of a workload once, in turn, so that what else the machine does hits all alike. A ratio is
//! the median of the rounds' ratios to the first program of the workload, in wall time and in processor time (of all
//! processes). `ROUNDS=21 ONLY=held SCALE=1` takes more rounds of the workloads whose name holds "held"; SCALE=10 makes
//! all of them ten times smaller. A program that is not installed is left out.

use std::env;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

pub struct Workload {
    pub name: String,
    /// Programs by name, each with a line for sh. The first is what the others are compared with.
    pub programs: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy)]
struct Measured {
    wall: f64,
    cpu: f64,
    /// The most that one process had, in KiB.
    memory: i64,
}

/// Runs the workloads, and prints their figures. They are made with a directory for their files, and a scale.
pub fn run(workloads: impl FnOnce(&Path, usize) -> Vec<Workload>) {
    let number = |name, default| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (rounds, scale) = (number("ROUNDS", 5), number("SCALE", 1));
    let only = env::var("ONLY").unwrap_or_default();
    let directory = env::temp_dir().join(format!("pipewright-bench-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory can be made");
    for workload in workloads(&directory, scale).into_iter().filter(|workload| workload.name.contains(&only))
    {
        println!("{:<44}{:>10}{:>8}{:>8}{:>10}", workload.name, "ms", "wall", "cpu", "KiB");
        let programs: Vec<_> = workload.programs.iter().filter(|(_, line)| is_installed(line)).collect();
        let mut measured: Vec<Vec<Measured>> = vec![Vec::new(); programs.len()];
        for round in 0..=rounds {
            for place in 0..programs.len() {
                let place = (place + round) % programs.len();
                let once = measure(&programs[place].1, &directory);
                // The first round warms the caches.
                if round > 0 {
                    measured[place].push(once);
                }
            }
        }
        for ((name, _), own) in programs.iter().zip(&measured) {
            let ratio = |of: fn(&Measured) -> f64| {
                median(own.iter().zip(&measured[0]).map(|(own, floor)| of(own) / of(floor)).collect())
            };
            println!(
                "  {:<42}{:>10.1}{:>8.2}{:>8.2}{:>10}",
                name,
                median(own.iter().map(|once| once.wall).collect()) * 1e3,
                ratio(|once| once.wall),
                ratio(|once| once.cpu),
                own.iter().map(|once| once.memory).max().unwrap_or(0),
            );
        }
    }
    let _ = fs::remove_dir_all(&directory);
}

/// Returns whether the first program of a line is there.
fn is_installed(line: &str) -> bool {
    let name = line.split(' ').next().unwrap_or_default();
    let found =
        Command::new("sh").args(["-c", "command -v \"$1\"", "sh", name]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

fn measure(line: &str, directory: &Path) -> Measured {
    let errors = File::create(directory.join("errors")).expect("a file can be made");
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    let begun = Instant::now();
    // `reap` waits for it, and learns what it used.
    #[allow(clippy::zombie_processes)]
    let child = command.spawn().expect("sh starts");
    let (succeeded, usage) = reap(child.id());
    let wall = begun.elapsed().as_secs_f64();
    let printed = || fs::read_to_string(directory.join("errors")).unwrap_or_default();
    assert!(succeeded, "{line} failed: {}", printed());
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Measured { wall, cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), memory: usage.ru_maxrss }
}

/// Waits for a child. Returns whether it exited with 0, and what it and its own children used.
fn reap(pid: u32) -> (bool, libc::rusage) {
    let mut status = 0;
    // SAFETY: all zeros is a valid rusage, and the call fills it in.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers live, and nothing else waits for this child.
    let reaped = unsafe { libc::wait4(pid as libc::pid_t, &raw mut status, 0, &raw mut usage) };
    assert!(reaped == pid as libc::pid_t, "a child can be awaited");
    (libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, usage)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
