//! A host that runs scripts for a long time and in many threads accumulates nothing. Its limits hold even if a process
//! keeps a pipe open, and a run that it drops has ended.
//!
//! `RUNS=10000`, `LIMITS=200` and `DROPS=1000` are the numbers of docs/RELIABILITY.md. No time is asserted but that of
//! a hang; each test prints what it measured (`cargo test --release --test embed_endurance -- --nocapture`).

mod support;

use crate::support::marked::left_after;
use crate::support::rng::Rng;
use crate::support::setting;
use pipewright::{CancelToken, Engine, Error, ErrorKind, Input, Limits, Output, Script, Session};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time after which something counts as hanging.
const HANG: Duration = Duration::from_secs(30);

/// Runs one test at a time, since each counts resources of this process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn script(text: &str) -> Script {
    Script::parse("test", text).unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

/// Creates a session whose processes can be found by a variable of their environment.
fn marked(test: &str) -> (Session, String) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let value = format!("{test}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut session = Session::new();
    session.set_env("PATH", support::path()).unwrap();
    session.set_env("PIPEWRIGHT_TEST", &value).unwrap();
    (session, format!("PIPEWRIGHT_TEST={value}"))
}

// ---------------------------------------------------------------------------------------------------- many runs

/// Returns the descriptors, threads, children and resident KiB of this process.
fn figures() -> [i64; 4] {
    let count = |path: &str| std::fs::read_dir(path).map_or(0, |entries| entries.count()) as i64;
    let mut children = 0;
    for task in std::fs::read_dir("/proc/self/task").expect("procfs").flatten() {
        let text = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        children += text.split_whitespace().count() as i64;
    }
    let memory = std::fs::read_to_string("/proc/self/statm").expect("procfs");
    let pages: i64 =
        memory.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("the second number");
    [count("/proc/self/fd"), count("/proc/self/task"), children, pages * 4]
}

struct Kinds {
    program: Script,
    evaluated: Script,
    captured: Script,
    failing: Script,
    missing: Script,
    thrown: Script,
    fed: Script,
    long: Script,
    endless: Script,
    limited: Engine,
}

impl Kinds {
    fn new() -> Self {
        let mut limits = Limits::untrusted();
        limits.steps = Some(50);
        Self {
            program: script("/bin/true"),
            evaluated: Script::builder("t").input("n").parse("fn main() { return (n * 2 + 1) % 7 }").unwrap(),
            captured: script(r#"let text = "$(printf a | cat)"; echo "$text$(echo b)""#),
            failing: script("echo a; sh -c 'echo b >&2; exit 3' | cat"),
            missing: script("/bin/true | nosuchprogram"),
            thrown: script("fn deep(n: int) { if (n == 0) { fail \"deep\" }; deep $[n - 1] }; deep 5"),
            fed: script("sort | each line { echo $line }"),
            long: script("sleep 60 | /bin/sleep 60"),
            endless: script("while (true) { }"),
            limited: Engine::builder().limits(limits).build().unwrap(),
        }
    }

    /// Runs one script of the kind whose turn it is.
    fn run(&self, session: &mut Session, turn: u64) {
        let kind = |result: Result<(), Error>| result.map_err(|error| error.kind());
        match turn % 12 {
            0 | 1 => assert!(session.run(&self.program).status().unwrap().success()),
            2 | 3 => {
                let n = (turn % 1_000) as i64;
                let value = session.run(&self.evaluated).arg("n", n).value().unwrap();
                assert_eq!(format!("{value:?}"), ((n * 2 + 1) % 7).to_string());
            }
            4 => assert_eq!(session.run(&self.captured).read().unwrap(), "ab"),
            5 => {
                let error = session.run(&self.failing).capture().unwrap_err();
                assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Script, 3));
            }
            6 => {
                let run = session.run(&self.missing).stderr(Output::Null).status();
                assert_eq!(run.unwrap_err().exit_code(), 127);
            }
            7 => {
                let error = session.run(&self.thrown).status().unwrap_err();
                assert!(error.render(false, 80).contains("deep"));
            }
            8 => {
                let run = session.run(&self.fed).stdin(Input::Reader(Box::new(&b"b\na\n"[..])));
                let lines = Output::lines(|line| assert!(line == b"a" || line == b"b"));
                run.stdout(lines).status().unwrap();
            }
            9 => {
                let run = session.run(&self.long).timeout(Duration::from_millis(3)).capture();
                assert_eq!(kind(run.map(drop)), Err(ErrorKind::TimedOut));
            }
            10 => {
                let token = CancelToken::new().unwrap();
                let running = session.run(&self.long).cancel(&token).start().unwrap();
                token.cancel();
                // Every other run is dropped in the middle.
                if turn % 24 == 10 {
                    assert_eq!(kind(running.wait().map(drop)), Err(ErrorKind::Cancelled));
                }
            }
            _ => {
                let run = self.limited.session().run(&self.endless).status();
                assert_eq!(kind(run.map(drop)), Err(ErrorKind::Limit));
            }
        }
    }
}

#[test]
fn many_runs_in_many_threads_gather_nothing() {
    const THREADS: u64 = 8;
    let _alone = alone();
    let runs = setting("RUNS", 800);
    let kinds = Kinds::new();
    let pause = Barrier::new(THREADS as usize + 1);
    let started = Instant::now();
    let (before, after) = std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (kinds, pause) = (&kinds, &pause);
            scope.spawn(move || {
                let mut session = Session::new();
                let mut some =
                    |turns: u64| (0..turns).for_each(|turn| kinds.run(&mut session, thread + turn));
                // Resources that are allocated once, such as arenas of the allocator.
                some(48);
                pause.wait();
                pause.wait();
                some(runs / THREADS);
                pause.wait();
                pause.wait();
            });
        }
        let idle = || {
            pause.wait();
            let figures = settled();
            pause.wait();
            figures
        };
        (idle(), idle())
    });
    let [descriptors, threads, children, memory] = std::array::from_fn(|at| after[at] - before[at]);
    println!(
        "{runs} runs in {THREADS} threads, {:.1} s: descriptors {descriptors:+}, threads {threads:+}, children \
         {children:+}, memory {memory:+} KiB of {}",
        started.elapsed().as_secs_f64(),
        after[3]
    );
    assert_eq!((descriptors, threads, children), (0, 0, 0), "before {before:?}, after {after:?}");
    assert!(memory < 4096, "{memory} KiB more");
}

/// Returns the figures once all joined threads are gone from /proc, and the threads that copy from a reader have ended.
fn settled() -> [i64; 4] {
    let start = Instant::now();
    let mut last = figures();
    loop {
        std::thread::sleep(Duration::from_millis(20));
        let now = figures();
        if now[..3] == last[..3] || start.elapsed() > HANG {
            return now;
        }
        last = now;
    }
}

// ---------------------------------------------------------------------------------------------------- limits

/// The holders of the pipe of a capture when its time is up: the name, the script, its grace, and whether all can be
/// ended.
const HOLDERS: &[(&str, &str, u64, bool)] = &[
    ("a program", "/bin/sleep 60", 0, true),
    ("a grandchild", "sh -c 'sleep 60 & sleep 60'", 0, true),
    ("one in another session", "probe shape session", 0, true),
    ("one that is stopped", "probe shape stopped", 0, true),
    ("one that ignores TERM", "with grace=100ms { probe shape ignoring }", 100, true),
    ("a daemon", "probe shape daemon", 0, true),
];

#[test]
fn a_limit_or_a_token_ends_the_call_even_if_a_process_holds_the_pipe() {
    let _alone = alone();
    let rounds = setting("LIMITS", 5);
    let (mut most, mut left) = (0.0_f64, 0);
    println!("{:<34}{:>10}{:>10}{:>10}   ms beyond limit and grace", "held by", "p50", "p99", "max");
    for (what, text, grace, all) in HOLDERS {
        let script = script(text);
        for by_token in [false, true] {
            let mut late: Vec<f64> =
                (0..rounds).map(|round| lateness(&script, by_token, round, *all)).collect();
            late.iter_mut().for_each(|late| *late -= *grace as f64);
            late.sort_by(f64::total_cmp);
            let share = |percent: usize| late[(late.len() - 1) * percent / 100];
            let what = format!("{what}, {}", if by_token { "cancel" } else { "timeout" });
            println!("{what:<34}{:>10.1}{:>10.1}{:>10.1}", share(50), share(99), share(100));
            most = most.max(share(100));
            left += late.iter().filter(|late| **late > 100.0).count();
        }
    }
    println!("at most {most:.1} ms; {left} later than 100 ms");
}

/// Returns the milliseconds from the end of the time to the end of the call.
fn lateness(script: &Script, by_token: bool, round: u64, all: bool) -> f64 {
    let (mut session, marker) = marked("limit");
    let limit = Duration::from_millis(60 + round % 7);
    let token = CancelToken::new().unwrap();
    let run = session.run(script).cancel(&token);
    let started = Instant::now();
    let (error, since) = if by_token {
        let canceller = std::thread::spawn(move || {
            std::thread::sleep(limit);
            let now = Instant::now();
            token.cancel();
            now
        });
        let error = run.capture().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        (error, canceller.join().unwrap())
    } else {
        let error = run.timeout(limit).capture().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        (error, started + limit)
    };
    let late = since.elapsed();
    assert!(late < HANG, "{late:?}: {error}");
    let left = left_after(&marker, if all { Duration::from_secs(5) } else { Duration::ZERO });
    assert!(left.is_empty() || !all, "left: {left:?}");
    late.as_secs_f64() * 1e3
}

/// The host is process 1 of a container, so orphans become its children, and it reaps none of them. That zombies stay
/// forever is no reason to wait for them.
#[test]
fn a_host_that_reaps_no_orphans_does_not_wait_for_zombies() {
    let _alone = alone();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let orphans = script("sh -c 'sleep 60 & sleep 60'");
    let started = Instant::now();
    for _ in 0..12 {
        let (mut session, _) = marked("dead");
        let error = session.run(&orphans).timeout(Duration::from_millis(30)).capture().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
    let took = started.elapsed();
    rustix::process::set_child_subreaper(None).unwrap();
    while let Ok(Some(_)) = rustix::process::wait(rustix::process::WaitOptions::NOHANG) {}
    // It once took 7 s each: the grace, and 2 s for processes that SIGKILL does not end.
    assert!(took < Duration::from_secs(18), "{took:?}");
}

// ---------------------------------------------------------------------------------------------------- letting go

#[test]
fn a_run_that_is_dropped_leaves_no_process() {
    let _alone = alone();
    let drops = setting("DROPS", 40);
    let texts = [
        "probe shape plain",
        "probe shape session",
        "probe shape stopped",
        "with grace=30ms { probe shape ignoring }",
        "sleep 60 | sh -c 'sleep 60 & wait' | cat",
        "for i in (1..=1000) { /bin/true; sh -c 'sleep 60' & }",
        r#"let text = "$(sh -c 'sleep 60 & echo a; wait')""#,
        "defer { probe emit a }; probe flood | cat",
        "with timeout=1h, retry=9 { probe flood 100 | sh -c 'sleep 60' }",
    ];
    let scripts = texts.map(script);
    let mut random = Rng::new(setting("SEED", 1));
    for turn in 0..drops {
        let at = random.below(scripts.len());
        let (mut session, marker) = marked("drop");
        let run = session.run(&scripts[at]).stdout(Output::Null).stderr(Output::Null);
        let running = run.start().unwrap();
        std::thread::sleep(Duration::from_millis(random.below(40) as u64));
        drop(session);
        match random.below(3) {
            0 => drop(running),
            1 => drop(running.wait_async()),
            _ => {
                let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let _running = running;
                    std::panic::resume_unwind(Box::new("the host goes wrong"));
                }));
                assert!(unwound.is_err());
            }
        }
        let left = left_after(&marker, Duration::from_secs(1));
        assert!(left.is_empty(), "turn {turn}, {}: {left:?}", texts[at]);
    }
    let figures = settled();
    println!(
        "{drops} runs dropped in the middle: no process left; {} threads, {} children",
        figures[1], figures[2]
    );
    assert_eq!(figures[2], 0);
}

// ------------------------------------------------------------------------------------------ what the host has

fn read(text: &str) -> String {
    Session::new().run(&script(text)).read().unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

#[test]
fn files_that_the_host_has_open_are_not_inherited() {
    let _alone = alone();
    use std::os::fd::AsRawFd;
    let file = std::fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let number = file.as_raw_fd();
    assert_eq!(read(&format!("test -e /dev/fd/{number} || echo none")), "none");
    // The directory that ls reads gets the first free number.
    assert_eq!(read("ls /proc/self/fd").lines().count(), 4);
    for text in [format!("cat <&{number}"), format!("cat < /dev/fd/{number}")] {
        let error = Session::new().run(&script(&text)).status().unwrap_err();
        assert!(error.to_string().contains("not open"), "{text}: {error}");
    }
}

#[test]
fn the_host_keeps_its_signals_and_descriptors() {
    let _alone = alone();
    let caught = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        status.lines().find(|line| line.starts_with("SigCgt")).unwrap().to_owned()
    };
    let before = caught();
    read("sleep 10ms; sh -c 'exit 0' | cat; echo \"$(echo x)\"");
    let now = figures()[0];
    for _ in 0..50 {
        read("echo x | cat; let y = capture { sh -c 'echo y' }; { echo a & wait } | cat");
    }
    assert_eq!(caught(), before);
    assert!(figures()[0] <= now + 8, "from {now} to {} descriptors", figures()[0]);
}

// ------------------------------------------------------------------------------------------------- stalled clients

#[test]
fn clients_that_never_read_hold_no_thread_after_the_limit() {
    let _alone = alone();
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").expect("procfs").flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.filter(|name| name.starts_with("pipewright")).count()
    };
    let mut limits = Limits::untrusted();
    limits.wall_time = Some(Duration::from_millis(200));
    limits.grace = Some(Duration::from_millis(100));
    limits.output = Some(1 << 30);
    // With a limit of the output a thread writes to the socket, otherwise the program does.
    for counted in [true, false] {
        limits.output = limits.output.filter(|_| counted);
        let engine = Engine::builder().limits(limits.clone()).build().unwrap();
        let flood = script("yes");
        let clients: Vec<_> = (0..30)
            .map(|_| {
                let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
                (engine.session().run(&flood).stdout(ours).start().unwrap(), theirs)
            })
            .collect();
        let mut open = Vec::new();
        for (running, theirs) in clients {
            assert_eq!(running.wait().unwrap_err().kind(), ErrorKind::TimedOut);
            open.push(theirs);
        }
        let started = Instant::now();
        while threads() > 0 {
            assert!(started.elapsed() < HANG, "{} threads are held", threads());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

// ------------------------------------------------------------------------------------------------------ SIGCHLD

#[test]
fn a_host_that_ignores_sigchld_gets_an_error_of_its_own() {
    let _alone = alone();
    const INNER: &str = "PIPEWRIGHT_IGNORES_SIGCHLD";
    if std::env::var_os(INNER).is_none() {
        // An ignored signal stays ignored in the program that env becomes.
        let test = "a_host_that_ignores_sigchld_gets_an_error_of_its_own";
        let mut ignoring = std::process::Command::new("env");
        ignoring.arg("--ignore-signal=CHLD").arg(std::env::current_exe().unwrap());
        let output = ignoring.args(["--exact", test]).env(INNER, "1").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    for text in ["/bin/true", "/bin/true || echo absorbed", "if /bin/false { echo a }", "/bin/true | cat"] {
        let error = Session::new().run(&script(text)).read().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Host, "{text}: {error:?}");
        assert!(format!("{error:?}").contains("SIGCHLD"), "{text}: {error:?}");
    }
}
