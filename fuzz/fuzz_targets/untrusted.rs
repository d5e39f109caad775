//! Any script that may run nothing, open nothing and change nothing ends in time, without a panic, and leaves the
//! process as it was. What the kernel says of the process is compared, and not what the library says of itself.
//!
//! `cargo +nightly fuzz run untrusted --target x86_64-unknown-linux-gnu -- -max_total_time=600`
#![no_main]

use pipewright::policy::{Denial, Request};
use pipewright::{Engine, ErrorKind, Limits, Output, Script};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

/// Of a run, by its limits.
const WALL: Duration = Duration::from_secs(2);

/// What it may be late, with the sanitizer and on a busy machine: a hang is what is looked for.
const LATE: Duration = Duration::from_secs(8);

/// Refuses everything.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut limits = Limits::untrusted();
    limits.steps = Some(2_000);
    limits.value_bytes = Some(64 << 10);
    limits.captured_bytes = Some(64 << 10);
    limits.wall_time = Some(WALL);
    let refuse = |request: &Request<'_>| Err(Denial::new(format!("{request}: no")));
    Engine::builder().policy(refuse).limits(limits).build().expect("it fits together")
});

/// Where the process is, with files that a script could change, take for a program or truncate.
static WATCHED: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = std::env::temp_dir().join(format!("pipewright-untrusted-{}", std::process::id()));
    fs::create_dir_all(directory.join("b")).expect("a directory to watch");
    fs::write(directory.join("a"), "text\n").expect("a file to watch");
    std::env::set_current_dir(&directory).expect("a directory to be in");
    directory
});

/// What a script must not change, beside the environment.
#[derive(Debug, PartialEq)]
struct Process {
    directory: PathBuf,
    files: BTreeMap<PathBuf, (u64, SystemTime, Vec<u8>)>,
    children: String,
    /// Page faults of children that were reaped: one that has run had some (proc_pid_stat(5), `cminflt`).
    children_faults: u64,
    descriptors: usize,
    threads: usize,
}

impl Process {
    fn now() -> Self {
        let mut files = BTreeMap::new();
        list(&WATCHED, &mut files);
        let tasks: Vec<PathBuf> = entries(Path::new("/proc/self/task"));
        let children = |task: &PathBuf| fs::read_to_string(task.join("children")).unwrap_or_default();
        let stat = fs::read_to_string("/proc/self/stat").expect("a /proc");
        // The name in parentheses may hold anything; the state, the third field, comes after the last one.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        Self {
            directory: std::env::current_dir().expect("a directory"),
            files,
            children: tasks.iter().map(children).collect(),
            children_faults: fields[11 - 3].parse().expect("a number"),
            descriptors: entries(Path::new("/proc/self/fd")).len(),
            threads: tasks.len(),
        }
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn list(directory: &Path, files: &mut BTreeMap<PathBuf, (u64, SystemTime, Vec<u8>)>) {
    for path in entries(directory) {
        let meta = fs::symlink_metadata(&path).expect("a file that stays");
        if meta.is_dir() {
            list(&path, files);
        }
        let text = fs::read(&path).unwrap_or_default();
        files.insert(path, (meta.len(), meta.modified().expect("a time"), text));
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(script) = Script::builder("fuzz").alone().parse(bytes) else { return };
    LazyLock::force(&WATCHED);
    let environment: Vec<_> = std::env::vars_os().collect();
    let before = Process::now();
    let started = Instant::now();
    let run = ENGINE.session().run(&script).stdout(Output::Null).stderr(Output::Null).status();
    let took = started.elapsed();
    assert!(took < WALL + LATE, "the run took {took:?}");
    if let Err(error) = run {
        assert_ne!(error.kind(), ErrorKind::Internal, "{}", error.render(false, 80));
        drop(error.render(false, 80));
    }
    let mut after = Process::now();
    // A thread that was joined may be in /proc for a moment more.
    for _ in 0..100 {
        if after.threads <= before.threads {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
        after = Process::now();
    }
    assert_eq!(after, before);
    // Its values are nobody's business who reads of a failure.
    assert!(std::env::vars_os().eq(environment), "the environment was changed");
});
