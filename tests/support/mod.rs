//! Shared by the tests: the paths of programs, running and capturing a program, a seeded random generator.
//!
//! `PIPEWRIGHT=/path/to/binary` tests a different build than the one that cargo has just made.

// Each test uses a part of this.
#![allow(dead_code)]

pub mod effect;
#[cfg(feature = "prompt")]
pub mod home;
pub mod inherited;
pub mod marked;
pub mod ordinary;
pub mod place;
pub mod probe_output;
#[cfg(feature = "prompt")]
pub mod pty;
pub mod rng;
pub mod run;
pub mod shells;
#[cfg(feature = "prompt")]
pub mod tmux;

// Each test binary takes what it needs.
#[allow(unused_imports)]
pub use run::{Outcome, Run};

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The binary under test.
pub fn pipewright() -> PathBuf {
    env::var_os("PIPEWRIGHT").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_pipewright")), PathBuf::from)
}

/// The repository's directory.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package of the binary lies below it")
}

/// Returns the path of the probe, a test program that reports what it was given (see `probe.rs`).
pub fn probe() -> &'static Path {
    static PROBE: OnceLock<PathBuf> = OnceLock::new();
    PROBE.get_or_init(|| example("probe", "tests/support/probe.rs"))
}

/// An example of the package.
///
/// `cargo test` builds it beside the binary; `cargo test --test suite` does not, so that the first test to ask for it
/// does.
pub fn example(name: &str, source: &str) -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_pipewright")).parent().expect("it lies in a directory");
    let example = built.join("examples").join(name);
    let written = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    if written(&example) < written(&root().join(source)) {
        let release = built.ends_with("release").then_some("--release");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", name])
            .args(release)
            .current_dir(root())
            .status()
            .expect("cargo runs");
        assert!(status.success() && example.exists(), "the example should be at {}", example.display());
    }
    example
}

/// Returns the PATH of scripts under test: the directory of the probe and those of the system.
pub fn path() -> OsString {
    let mut path = OsString::from(probe().parent().expect("it lies in a directory"));
    path.push(":/usr/local/bin:/usr/bin:/bin");
    path
}

/// Creates a directory for files that live as long as one case of a test: in memory, because the disk would take
/// most of the time of thousands of cases.
pub fn in_memory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let memory = PathBuf::from("/dev/shm");
        if tempfile::tempfile_in(&memory).is_ok() { memory } else { env::temp_dir() }
    })
}

/// Returns whether a program that a test compares with exists. In CI, which should have all of them, a missing one
/// is a failure.
pub fn have(program: &str) -> bool {
    let found = Command::new("/bin/sh")
        .args(["-c", "command -v \"$1\"", "sh", program])
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        assert!(env::var_os("CI").is_none(), "{program} is not installed");
        eprintln!("SKIPPED in part: {program} is not installed");
    }
    found
}

/// Returns a number from the environment, such as `CASES=100000`.
pub fn setting(name: &str, default: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text}: not a number")),
        Err(_) => default,
    }
}

/// Keeps one in `n` items, in their order; all of them with `SCALE`, as in `.ci/long`.
pub fn sample<T>(n: usize, items: impl IntoIterator<Item = T>) -> Vec<T> {
    let n = if env::var_os("SCALE").is_some() { 1 } else { n };
    items.into_iter().step_by(n).collect()
}

/// Returns a page with `after N ms` in place of each time of a stage.
pub fn without_times(page: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = page.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    for line in &mut lines {
        let Some(at) = line.windows(7).rposition(|window| window == b" after ") else { continue };
        let time = &line[at + 7..];
        let is_time = [&b" ms"[..], b" s", b" us"].iter().any(|unit| {
            time.strip_suffix(*unit)
                .is_some_and(|n| !n.is_empty() && n.iter().all(|b| b.is_ascii_digit() || *b == b'.'))
        });
        if is_time {
            line.truncate(at);
            line.extend_from_slice(b" after N ms");
        }
    }
    lines.join(&b'\n')
}

/// Returns all files under a directory whose name ends in `suffix`, sorted.
pub fn files(directory: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else if path.to_string_lossy().ends_with(suffix) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
