//! Signals end scripts at random moments, while they run trees of processes that are hard to end. Nothing may be left.
//!
//! Each run has a marker in its environment, which all of its processes inherit, and /proc is searched for it. This
//! test is the subreaper of its runs, so a zombie that a run leaves becomes its child. A time limit ends the same
//! trees, too.
//!
//! `RUNS=2000`, `LOOPS=1000` and `TIMEOUTS=1000` run more than CI does, `SEED=7` runs others; `--nocapture` shows the times from the
//! signal, or the end of the limit, to the moment when all processes are gone.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::support::marked::processes_with;
use crate::support::rng::Rng;
use crate::support::setting;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, set_child_subreaper, waitpid};

const SHAPES: [&str; 8] =
    ["plain", "ignoring", "stopped", "session", "daemon", "orphan", "forking", "roving"];

/// The time that processes get to end, and the time that may pass beyond that.
const GRACE: Duration = Duration::from_secs(5);
const BEYOND: Duration = Duration::from_secs(2);

#[derive(Debug)]
struct Case {
    shape: &'static str,
    signal: Signal,
    /// Whether it runs below a second process, and which of the two gets the signal.
    guard: Option<Target>,
    /// The time from the start to the signal.
    after: Duration,
    /// The time of a second signal.
    again: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Outer,
    Inner,
}

#[test]
fn nothing_is_left_behind() {
    nothing_is_left_behind_by(SCRIPT, setting("RUNS", 30));
}

#[test]
fn nothing_is_left_behind_of_turns_side_by_side() {
    nothing_is_left_behind_by(LOOP, setting("LOOPS", 16));
}

fn nothing_is_left_behind_by(script: &str, runs: u64) {
    let _alone = alone();
    let seed = setting("SEED", 1);
    let mut rng = Rng::new(seed);
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for run in 0..runs {
        let case = case(run, runs > 1000, &mut rng);
        let directory = tempfile::tempdir().expect("a temporary directory");
        match storm(script, &case, run, directory.path()) {
            Ok(time) => times.entry(class(&case)).or_default().push(time),
            Err(problem) => wrong.push(format!("run {run} {case:?}: {problem}")),
        }
    }
    for (class, times) in &mut times {
        times.sort();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_millis();
        println!("{class}: {} runs, p50 {} ms, p99 {} ms, max {} ms", times.len(), at(50), at(99), at(100));
    }
    assert!(wrong.is_empty(), "SEED={seed}: {} of {runs} runs:\n{}", wrong.len(), wrong.join("\n"));
}

/// Runs one test at a time, so that this process adopts no orphans of other tests.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    set_child_subreaper(Some(rustix::process::getpid())).expect("a subreaper (Linux 3.4)");
    support::inherited::shed();
    guard
}

#[test]
fn a_time_limit_ends_the_whole_tree() {
    let _alone = alone();
    let runs = setting("TIMEOUTS", 16);
    let mut rng = Rng::new(setting("SEED", 1));
    let mut times = Vec::new();
    let mut wrong = Vec::new();
    let stalls = Stalls::watch();
    for run in 0..runs {
        let shape = SHAPES[(run % 8) as usize];
        let limit = Duration::from_millis(rng.within(20, 150) as u64);
        stalls.take();
        match limited(shape, limit, run) {
            // The time on a busy machine is not a failure, but so many runs are meant to measure it.
            Ok(time) if runs >= 1000 && time > Duration::from_millis(500) => {
                let stalled = stalls.take();
                wrong.push(format!(
                    "run {run} {shape} {limit:?}: {time:?} beyond limit and grace (a sleep of 5 ms took {stalled:?})"
                ));
            }
            Ok(time) => times.push(time),
            Err(problem) => wrong.push(format!("run {run} {shape} {limit:?}: {problem}")),
        }
    }
    times.sort();
    let at = |share: usize| times.get(times.len().saturating_sub(1) * share / 100).unwrap_or(&Duration::ZERO);
    println!(
        "time limits: {} runs, beyond limit and grace: p50 {:?}, max {:?}",
        times.len(),
        at(50),
        at(100)
    );
    assert!(wrong.is_empty(), "{} of {runs} runs:\n{}", wrong.len(), wrong.join("\n"));
}

/// The longest delay of a process that only wants to sleep 5 ms. A delay of this size is not caused by the tested
/// program.
struct Stalls(Arc<AtomicU64>);

impl Stalls {
    fn watch() -> Self {
        let longest = Arc::new(AtomicU64::new(0));
        let noted = longest.clone();
        // Ends with the test's process.
        std::thread::spawn(move || {
            loop {
                let started = Instant::now();
                std::thread::sleep(Duration::from_millis(5));
                noted.fetch_max(started.elapsed().as_millis() as u64, Ordering::Relaxed);
            }
        });
        Self(longest)
    }

    /// Returns the longest delay since the last call.
    fn take(&self) -> Duration {
        Duration::from_millis(self.0.swap(0, Ordering::Relaxed))
    }
}

/// Returns how long the tree lived beyond its limit, minus the grace if that was used.
fn limited(shape: &str, limit: Duration, run: u64) -> Result<Duration, String> {
    const GRACE: Duration = Duration::from_millis(200);
    let marker = format!("TIMEOUTS={}-{run}", std::process::id());
    let (name, value) = marker.split_once('=').expect("it has one");
    let (limit_ms, grace_ms) = (limit.as_millis(), GRACE.as_millis());
    let script = format!(
        "with timeout={limit_ms}ms, grace={grace_ms}ms {{ probe shape {shape} {marker} | cat; sleep 60 }}"
    );
    let started = Instant::now();
    let output = Command::new(support::pipewright())
        .env_clear()
        .env("PATH", support::path())
        .env(name, value)
        .args(["-c", &script])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let took = started.elapsed();
    let left = processes_with(&marker);
    let orphans = reap_orphans();
    let said = String::from_utf8_lossy(&output.stderr);
    if !left.is_empty() || orphans.living + orphans.dead > 0 {
        return Err(format!("{left:?} are left, {} zombies: {said}", orphans.dead));
    }
    // Processes that were found at the end of the script had survived the limit.
    if output.status.code() != Some(124) || said.contains("left running") {
        return Err(format!("{}: {said}", output.status));
    }
    let stubborn = ["ignoring", "orphan"].contains(&shape);
    Ok(took.saturating_sub(limit + if stubborn { GRACE } else { Duration::ZERO }))
}

/// Returns a case. All shapes and signals take turns, so that a few runs combine each shape with each signal.
fn case(run: u64, whole: bool, rng: &mut Rng) -> Case {
    let shape = SHAPES[(run % 8) as usize];
    let signal = [Signal::INT, Signal::TERM, Signal::KILL, Signal::HUP][(run / 8 % 4) as usize];
    // SIGKILL alone leaves only orphans; daemons need a second process.
    let needs_guard = signal == Signal::KILL && ["daemon", "orphan", "roving"].contains(&shape);
    let guard = needs_guard || rng.within(0, 3) == 0;
    let target = if rng.within(0, 1) == 0 { Target::Outer } else { Target::Inner };
    let stubborn = ["ignoring", "orphan"].contains(&shape) && signal != Signal::KILL;
    // Otherwise it takes the whole grace each time.
    let impatient = stubborn && !(whole && rng.within(0, 9) == 0);
    Case {
        shape,
        signal,
        guard: guard.then_some(if signal == Signal::KILL { target } else { Target::Outer }),
        after: Duration::from_micros(rng.within(0, 200_000) as u64),
        again: impatient.then(|| Duration::from_millis(rng.within(60, 300) as u64)),
    }
}

/// Returns the class of a case within which times are comparable: with a second signal, without one, killed.
fn class(case: &Case) -> &'static str {
    match case {
        Case { guard: Some(_), signal: Signal::KILL, .. } => "--guard, SIGKILL",
        Case { signal: Signal::KILL, .. } => "SIGKILL",
        Case { again: Some(_), .. } => "INT, TERM, HUP, twice",
        Case { shape: "ignoring" | "orphan", .. } => "INT, TERM, HUP, ignored",
        _ => "INT, TERM, HUP",
    }
}

const SCRIPT: &str = r#"
let file = args[0]
let shape = args[1]
let marker = args[2]
defer { rm -f -- $file }
touch -- $file
probe shape $shape $marker | cat
probe shape plain $marker
"#;

/// The same tree in each of eight turns side by side.
const LOOP: &str = r#"
let file = args[0]
let shape = args[1]
let marker = args[2]
defer { rm -f -- $file }
touch -- $file
for n in (1..=16) with jobs=8 {
    probe shape $shape $marker | cat
    probe shape plain $marker }
"#;

fn storm(script: &str, case: &Case, run: u64, directory: &Path) -> Result<Duration, String> {
    let marker = format!("KILL_STORM={}-{run}", std::process::id());
    let file = directory.join("temporary");
    let mut command = Command::new(support::pipewright());
    let (name, value) = marker.split_once('=').expect("it has one");
    command
        .env_clear()
        .env("PATH", support::path())
        .env(name, value)
        .args(case.guard.map(|_| "--guard"))
        .args(["-c", script])
        .arg(&file)
        .args([case.shape, &marker])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    std::thread::sleep(case.after);
    let started = send(&child, case);
    if let Some(again) = case.again {
        std::thread::sleep(again);
        send(&child, case);
    }
    let status = await_end(&mut child, started)?;
    let took = await_no_survivor(&marker, started, case)?;
    check_status(status, case)?;
    // A killed process can't remove it, and after a second signal there may not have been enough time.
    let removes = case.signal != Signal::KILL || case.guard == Some(Target::Outer);
    if removes && case.again.is_none() && file.exists() {
        return Err("the temporary file is still there".into());
    }
    Ok(took)
}

/// Sends the signal to the process that the case names, and returns the time.
fn send(child: &Child, case: &Case) -> Instant {
    let outer = Pid::from_child(child);
    let inner = || {
        let id = outer.as_raw_pid();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        Pid::from_raw(children.split_whitespace().next()?.parse().ok()?)
    };
    let target = match case.guard {
        Some(Target::Inner) => inner().unwrap_or(outer),
        _ => outer,
    };
    let now = Instant::now();
    // It may have ended at the first signal.
    let _ = kill_process(target, case.signal);
    now
}

fn await_end(child: &mut Child, started: Instant) -> Result<ExitStatus, String> {
    while started.elapsed() < GRACE + BEYOND {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill();
    let _ = child.wait();
    Err("it does not end".into())
}

/// Waits until no process has the marker, and reaps adopted orphans. After any end but SIGKILL there may be no orphans.
fn await_no_survivor(marker: &str, started: Instant, case: &Case) -> Result<Duration, String> {
    let at_once = case.signal != Signal::KILL;
    loop {
        let time = started.elapsed();
        let left = processes_with(marker);
        let orphans = reap_orphans();
        if left.is_empty() && orphans.living == 0 {
            return if at_once && orphans.dead > 0 {
                Err(format!("{} zombies are left", orphans.dead))
            } else {
                Ok(time)
            };
        }
        if at_once || time > GRACE + BEYOND {
            for (pid, _) in &left {
                let _ = kill_process(*pid, Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(50));
            reap_orphans();
            let names: Vec<&String> = left.iter().map(|(_, name)| name).collect();
            return Err(format!("after {time:?} are left: {names:?}, {} other", orphans.living));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn check_status(status: ExitStatus, case: &Case) -> Result<(), String> {
    let number = case.signal.as_raw();
    // Before the script has begun, the default action of the signal is right.
    let ended = status.signal() == Some(number) || status.code() == Some(128 + number);
    // A second process passes the end of the inner one on as its own. The end of the outer one is not passed on.
    if ended { Ok(()) } else { Err(format!("it ended with {status}")) }
}

#[derive(Default)]
struct Orphans {
    living: usize,
    dead: usize,
}

/// Reaps the children of this process, which has started no other children.
fn reap_orphans() -> Orphans {
    let mut orphans = Orphans::default();
    for task in fs::read_dir("/proc/self/task").expect("procfs").flatten() {
        let children = fs::read(task.path().join("children")).unwrap_or_default();
        for pid in children.split(|byte| *byte == b' ').filter(|pid| !pid.is_empty()) {
            let pid = std::str::from_utf8(pid).ok().and_then(|pid| Pid::from_raw(pid.parse().ok()?));
            match waitpid(pid, WaitOptions::NOHANG) {
                Ok(Some(_)) => orphans.dead += 1,
                Ok(None) => orphans.living += 1,
                Err(_) => {}
            }
        }
    }
    orphans
}
