//! Tests calls of the interpreter that may block forever: opening, reading and writing FIFOs and full pipes, waiting
//! for jobs. A time limit, a signal and a host each end them within seconds; deferred blocks run, and no process is
//! left. `growing.rs` tests calls that grow.

use crate::support;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Run;
use crate::support::marked::left_after;
use pipewright::{CancelToken, Engine, Error, ErrorKind, Limits, Output, Script, Session};
use rustix::process::{Pid, Signal, kill_process};

/// The time after which a call counts as hanging.
const HANG: Duration = Duration::from_secs(5);

/// Each waits for something that never happens: `ff` is a FIFO without another end, `full` one whose reader takes
/// nothing.
const WAITS: &[(&str, &str)] = &[
    ("open for <", "cat < ff"),
    ("open for < of a block", "{ true; cat } < ff"),
    ("open for < of each", "each line { echo $line } < ff"),
    ("open for >", "/bin/echo x > ff"),
    ("open for > of a builtin", "echo x > ff"),
    ("open for >|", "echo x >| ff"),
    ("open for >>", "echo x >> ff"),
    ("open for &>", "echo x &> ff"),
    ("open for > and <", "cat < ff > out"),
    ("open with a umask", "with umask=\"077\" { echo x > ff }"),
    ("open under atomic", "with atomic=true { echo x > ff }"),
    ("open by a link", "ln -s ff link; cat < link"),
    ("open in another directory", "mkdir sub; with cwd=\"sub\" { cat < ../ff }"),
    ("open in a function", "fn f() { cat < ff }; f"),
    ("open in a condition", "if cat < ff { echo yes }"),
    ("open with an alternative", "cat < ff || true"),
    ("open in a first stage", "cat < ff | cat"),
    ("open in a last stage", "/bin/echo x | cat > ff"),
    ("open in the stage of a block", "{ cat < ff } | cat"),
    ("open in a last block", "echo x | { cat > ff }"),
    ("open in two stages", "cat < ff | cat > ff2"),
    ("open in a stage beside one that runs", "cat < ff | sleep 60"),
    ("open in a stage after one that runs", "sleep 60 | cat > ff | sleep 60"),
    ("open in a captured pipeline", "let x = $(cat < ff | cat)"),
    ("open in a capture", "let x = $(cat < ff)"),
    ("open in a capture of a builtin", "let x = \"$(echo x > ff)\""),
    ("open in the capture of a block", "let x = lines { true; cat < ff }"),
    ("open in capture", "let x = capture { cat < ff }"),
    ("open in a process substitution", "cat <(cat < ff)"),
    ("open for a process substitution", "echo x > >(cat > ff)"),
    ("open in a job", "cat < ff &\nwait"),
    ("open in a job that the script awaits at its end", "cat < ff &"),
    ("open in a spawned job", "let job = spawn { echo x > ff }; job.wait()"),
    ("open with retries", "with retry=3 { cat < ff }"),
    ("read", "let x = read(\"ff\")"),
    ("write", "write(\"ff\", \"x\")"),
    ("append", "write(\"ff\", \"x\", append: true)"),
    ("read in a stage", "true | { let x = read(\"ff\"); echo $x }"),
    ("write in a job", "let job = spawn { write(\"ff\", \"x\") }; job.wait()"),
    ("read of <>", "each line { echo $line } <> ff"),
    ("write to a full FIFO", "sleep 60 < full &\nwrite(\"full\", \"x\".repeat(200_000))"),
    ("echo to a full FIFO", "sleep 60 < full &\nlet x = \"x\".repeat(200_000); echo $x > full"),
    ("printf to a full FIFO", "sleep 60 < full &\nprintf '%0200000d' 1 > full"),
    (
        "echo in a job to a full FIFO",
        "sleep 60 < full &\nlet x = \"x\".repeat(200_000); let job = spawn { echo $x > full }",
    ),
    (
        "echo in a stage to a full FIFO",
        "sleep 60 < full &\nlet x = \"x\".repeat(200_000); echo $x | { each l { echo $l } } > full",
    ),
    ("a relay to a full FIFO", "sleep 60 < full &\nwith idle_timeout=1m { yes } > full"),
    ("a job", "let job = spawn { sleep 60 }; job.wait()"),
    ("a job of a program", "sh -c 'sleep 60' &\nwait"),
];

/// Creates a directory with the FIFOs.
fn place() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for name in ["ff", "ff2", "full"] {
        let path = directory.path().join(name);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).expect("a FIFO");
    }
    directory
}

/// Runs the rows in parallel, a few at a time, since most of them only wait.
fn each_row(try_row: impl Fn(&str, &str) -> Result<(), String> + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    let only = std::env::var("ONLY").ok();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((name, code)) =
                    WAITS.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    if only.as_ref().is_some_and(|only| !name.contains(&**only)) {
                        continue;
                    }
                    if let Err(failure) = try_row(name, code) {
                        failures.lock().expect("no thread panics").push(format!("{name}: {code}: {failure}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no thread panics");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns the problem if a call took too long.
fn in_time(started: Instant) -> Result<(), String> {
    let elapsed = started.elapsed();
    if elapsed < HANG { Ok(()) } else { Err(format!("it took {elapsed:?}")) }
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} and not {expected:?}")) }
}

#[test]
fn a_time_limit_ends_each() {
    each_row(|_, code| {
        let place = place();
        let marker = format!("blocking-{}", place.path().display());
        let text =
            format!("defer {{ touch deferred }}\nwith timeout=300ms {{ defer {{ touch inner }}\n{code}\n}}");
        let started = Instant::now();
        let outcome = Run::code(text).dir(place.path()).env("PIPEWRIGHT_TEST", &marker).timeout(20).run();
        in_time(started)?;
        expect("status", (outcome.status, outcome.err().contains("E3003")), (124, true))
            .map_err(|wrong| format!("{wrong}; {outcome}"))?;
        expect("deferred", ["inner", "deferred"].map(|name| place.path().join(name).exists()), [true; 2])?;
        expect("left", left_after(&format!("PIPEWRIGHT_TEST={marker}"), HANG), Vec::new())
    });
}

struct Beside {
    child: Child,
    place: tempfile::TempDir,
    marker: String,
}

impl Beside {
    /// Starts a script that creates the file `waiting`, and waits for that file.
    fn start(code: &str) -> Self {
        support::inherited::shed();
        let place = place();
        let marker = format!("blocking-{}", place.path().display());
        let file = |name: &str| File::create(place.path().join(name)).expect("it can be made");
        let child = Command::new(support::pipewright())
            .env_clear()
            .env("PATH", support::path())
            .env("PIPEWRIGHT_TEST", &marker)
            .args(["-c", &format!("defer {{ touch deferred }}\ntouch waiting\n{code}")])
            .current_dir(place.path())
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .expect("it starts");
        let beside = Self { child, place, marker };
        eventually(|| beside.place.path().join("waiting").exists());
        beside
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is ours");
    }

    /// Waits for its end, and returns the status, or 128+n after the signal n.
    fn end(mut self) -> Result<i32, String> {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                break status;
            }
            if started.elapsed() > 4 * HANG {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        in_time(started)?;
        expect("deferred", self.place.path().join("deferred").exists(), true)?;
        expect("left", left_after(&format!("PIPEWRIGHT_TEST={}", self.marker), HANG), Vec::new())?;
        Ok(status.code().or_else(|| status.signal().map(|n| 128 + n)).unwrap_or(-1))
    }
}

#[track_caller]
fn eventually(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "it never came to that");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_signal_ends_each() {
    each_row(|name, code| {
        let signal = [Signal::INT, Signal::TERM, Signal::HUP][name.len() % 3];
        let beside = Beside::start(code);
        // It waits by then. An earlier signal ends it as well.
        std::thread::sleep(Duration::from_millis(100));
        beside.send(signal);
        expect("status", beside.end()?, 128 + signal.as_raw())
    });
}

#[test]
fn a_signal_that_comes_just_before_a_call_is_not_lost() {
    // Sends signals at every moment of a start.
    for microseconds in (0..40).map(|step| step * 50) {
        let beside = Beside::start("echo x > ff");
        std::thread::sleep(Duration::from_micros(microseconds));
        beside.send(Signal::TERM);
        assert_eq!(beside.end(), Ok(128 + Signal::TERM.as_raw()));
    }
}

// ---------------------------------------------------------------------------------------------------- a host

fn script(code: &str) -> Result<Script, String> {
    let text = format!("defer {{ touch deferred }}\n{code}");
    Script::parse("test", text).map_err(|error| error.render(false, 100))
}

/// Runs a row in a host, ends it in the given way, and checks what is left.
fn hosted(
    code: &str,
    engine: &Engine,
    defers: bool,
    run: impl FnOnce(&mut Session, &Script) -> Result<(), String>,
) -> Result<(), String> {
    let (place, script) = (place(), script(code)?);
    let marker = format!("blocking-{}", place.path().display());
    let mut session = engine.session();
    session.set_env("PATH", support::path()).map_err(|error| error.to_string())?;
    session.set_env("PIPEWRIGHT_TEST", &marker).map_err(|error| error.to_string())?;
    session.set_cwd(place.path()).map_err(|error| error.to_string())?;
    let started = Instant::now();
    run(&mut session, &script)?;
    in_time(started)?;
    if defers {
        expect("deferred", place.path().join("deferred").exists(), true)?;
    }
    expect("left", left_after(&format!("PIPEWRIGHT_TEST={marker}"), HANG), Vec::new())?;
    expect("descriptors", open_in(place.path()), Vec::new())
}

/// Returns the files that this process has open in a directory, in any thread.
fn open_in(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir("/proc/self/fd").expect("procfs").flatten();
    let targets = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.filter(|target| target.starts_with(directory)).collect()
}

fn ended_as<T>(result: Result<T, Error>, kind: ErrorKind) -> Result<(), String> {
    match result {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(error.render(false, 100)),
        Ok(_) => Err("it succeeded".to_string()),
    }
}

fn silent<'s>(session: &'s mut Session, script: &'s Script) -> pipewright::Run<'s> {
    session.run(script).stdout(Output::Null).stderr(Output::Null)
}

#[test]
fn the_time_of_a_run_ends_each() {
    let engine = Engine::default();
    each_row(|_, code| {
        hosted(code, &engine, true, |session, script| {
            let run = silent(session, script).timeout(Duration::from_millis(300));
            ended_as(run.status(), ErrorKind::TimedOut)
        })
    });
}

#[test]
fn a_limit_of_the_engine_ends_each() {
    let mut limits = Limits::default();
    limits.wall_time = Some(Duration::from_millis(300));
    let engine = Engine::builder().limits(limits).build().expect("it has no names");
    each_row(|_, code| {
        hosted(code, &engine, false, |session, script| {
            ended_as(silent(session, script).status(), ErrorKind::TimedOut)
        })
    });
}

#[test]
fn a_token_ends_each() {
    let engine = Engine::default();
    each_row(|_, code| {
        hosted(code, &engine, true, |session, script| {
            let token = CancelToken::new().expect("a descriptor is left");
            let canceller = token.clone();
            let thread = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(200));
                canceller.cancel();
            });
            let ended = silent(session, script).cancel(&token).status();
            thread.join().expect("it does not panic");
            ended_as(ended, ErrorKind::Cancelled)
        })
    });
}

#[test]
fn a_run_that_is_dropped_ends() {
    let engine = Engine::default();
    each_row(|_, code| {
        hosted(code, &engine, true, |session, script| {
            let running = silent(session, script).start().map_err(|error| error.to_string())?;
            std::thread::sleep(Duration::from_millis(200));
            drop(running);
            Ok(())
        })
    });
}

// ---------------------------------------------------------------------------------------------------- what goes on

/// Scripts of sh that open both ends of a FIFO.
const MEETINGS: &[&str] = &[
    "cat < ff & echo x > ff; wait",
    "echo x > ff & cat < ff; wait",
    "echo x >> ff & cat < ff; wait",
    "/bin/echo x > ff & cat < ff; wait",
    "cat < ff | echo x >| ff",
    "echo x >| ff | cat < ff",
    "cat < ff | tr a b | echo a >| ff",
    "cat < ff | sh -c 'echo x > ff; cat'",
    "cat < ff | { echo x >| ff; cat; }",
    "sh -c 'echo go; cat ff >&2' | head -n 1 > ff",
    "cat < ff | cat < ff2 | sh -c 'echo a > ff; echo b > ff2'",
    "cat < ff 2>&1 | sh -c 'echo x > ff; cat' | cat > out; cat out",
    "{ cat; } < ff & { echo a; echo b; } > ff; wait",
    "{ cat < ff; } | { echo a >| ff; }",
    "true < ff & true > ff; wait; echo both",
    "sh -c 'sleep 0.2; echo late' > ff & cat < ff; wait",
    "cat < ff > one & cat < ff2 > two & echo 1 > ff; echo 2 > ff2; wait; cat one two",
    "cat < ff > ff2 & cat < ff2 & echo through > ff; wait",
    "ln -s ff link; cat link & echo x > link; wait",
    "cat ff & echo x > ff; wait",
    "echo x <> ff; echo done",
    "test -f ff || echo 'not a file'; [ -p ff ] || echo 'no FIFO'; echo f*",
    "sh -c 'seq 100000 > ff' & sort -n < ff | tail -n 1; wait",
    "cat < ff & sh -c 'exec 3> ff; sleep 0.2; echo x >&3'; wait",
];

#[test]
fn two_ends_meet_as_in_bash() {
    for text in MEETINGS {
        let run = |run: Run| {
            let place = place();
            run.dir(place.path()).timeout(20).run()
        };
        let bash = run(Run::new("bash").args(["-c", text]));
        let ours = run(Run::code(text));
        assert!(!bash.timed_out && !ours.timed_out, "{text}: {bash} {ours}");
        assert_eq!((ours.status, ours.out(), ours.err()), (bash.status, bash.out(), bash.err()), "{text}");
    }
}

/// A program's file blocks like any other file: `O_NONBLOCK` belongs to the open file, not to the descriptor.
#[test]
fn programs_get_files_that_wait() {
    let place = place();
    fs::write(place.path().join("file"), "x").expect("it is ours");
    let code = "with timeout=1m {
        grep flags /proc/self/fdinfo/0 < ff &
        echo x > ff
        grep flags /proc/self/fdinfo/0 < file
        grep flags /proc/self/fdinfo/1 >> out
        grep flags /proc/self/fdinfo/1 > ff2 &
        cat < ff2; cat out
    }";
    let outcome = Run::code(code).dir(place.path()).timeout(20).run().success();
    let flags = |line: &str| {
        let octal = line.strip_prefix("flags:").expect("a line of fdinfo").trim();
        i32::from_str_radix(octal, 8).expect("octal digits")
    };
    let found: Vec<i32> = outcome.out().lines().map(flags).collect();
    assert_eq!(found.len(), 4, "{outcome}");
    assert!(found.iter().all(|flags| flags & libc::O_NONBLOCK == 0), "{outcome}");
}

#[test]
fn a_job_that_waits_is_killed() {
    for wait in ["cat < ff", "echo x > ff", "let x = read(\"ff\")", "write(\"ff\", \"x\")", "cat <(cat < ff)"]
    {
        let place = place();
        let code = format!("let job = spawn {{ {wait} }}; sleep 0.1; job.kill(); wait; echo ended");
        let outcome = Run::code(code).dir(place.path()).timeout(20).run();
        assert_eq!((outcome.status, outcome.out()), (0, "ended\n".to_string()), "{wait}: {outcome}");
        assert!(outcome.elapsed < HANG, "{wait}: {outcome}");
    }
}

/// Each job is notified of the same bytes, or of the same room, and one is faster.
#[test]
fn jobs_at_one_fifo_end() {
    for job in ["let x = read(\"full\")", "write(\"full\", \"x\".repeat(300000))", "echo $x > full"] {
        let place = place();
        let path = place.path().join("full");
        // Another process has both ends open, reads nothing, and writes little.
        let mut other = File::options().read(true).write(true).open(path).expect("a FIFO");
        std::io::Write::write_all(&mut other, b"some").expect("there is room");
        let jobs = format!("let job = spawn {{ {job} }}; jobs.push(job)");
        let code = format!(
            "let x = \"x\".repeat(100000); let jobs = []\nwith timeout=500ms {{ for i in (1..=8) {{ {jobs} }}; wait }}"
        );
        let outcome = Run::code(code).dir(place.path()).timeout(20).run();
        assert_eq!(outcome.status, 124, "{job}: {outcome}");
        assert!(outcome.elapsed < HANG, "{job}: {outcome}");
    }
}

#[test]
fn silence_and_retries_end() {
    for (options, status) in [("idle_timeout=200ms", 124), ("timeout=100ms, retry=2", 124)] {
        let place = place();
        let outcome = Run::code(format!("with {options} {{ cat < ff }}")).dir(place.path()).timeout(20).run();
        assert_eq!(outcome.status, status, "{options}: {outcome}");
        assert!(outcome.elapsed < HANG, "{options}: {outcome}");
    }
}

#[test]
fn a_file_that_is_used_is_not_a_fifo() {
    let place = place();
    let outcome = Run::code("use \"ff\" as f").dir(place.path()).timeout(20).run();
    assert_eq!(outcome.status, 2, "{outcome}");
    assert!(outcome.err().contains("can't use ff: it is not a regular file"), "{outcome}");
    let path = place.path().join("ff");
    let text = format!("use '{}' as f", path.display());
    assert!(Script::parse("test", text).is_err());
}

/// Before a run there is nothing to clean up, so the default action of the signal is right.
#[test]
fn a_signal_ends_reading_before_a_run() {
    support::inherited::shed();
    let rows: &[&[&str]] =
        &[&["ff"], &["--check", "ff"], &["--policy", "ff", "-c", "true"], &["--fmt", "ff"]];
    for row in rows {
        let place = place();
        let mut child = Command::new(support::pipewright())
            .args(*row)
            .current_dir(place.path())
            .stdin(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(200));
        kill_process(Pid::from_child(&child), Signal::INT).expect("it is ours");
        let started = Instant::now();
        while started.elapsed() < HANG && child.try_wait().expect("it is ours").is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        let status = child.wait().expect("it is ours");
        assert_eq!(status.signal(), Some(Signal::INT.as_raw()), "{row:?}");
    }
}

#[test]
fn a_script_may_come_by_a_fifo() {
    let place = place();
    let text = format!("{} ff & echo 'echo from the FIFO' > ff; wait", support::pipewright().display());
    let outcome = Run::new("bash").args(["-c", &text]).dir(place.path()).timeout(20).run().success();
    assert_eq!(outcome.out(), "from the FIFO\n");
}

#[cfg(feature = "prompt")]
#[test]
fn ctrl_c_ends_a_read_from_the_terminal() {
    use crate::support::pty::Terminal;
    for code in [
        "defer { echo cleaned }\n/bin/echo begun\nlet x = read(\"/dev/stdin\")\necho never",
        "defer { echo cleaned }\n/bin/echo begun\nlet x = read(\"/dev/tty\")\necho never",
        "defer { echo cleaned }\n/bin/echo begun\neach line { echo $line } < /dev/tty\necho never",
        "defer { echo cleaned }\n/bin/echo begun\ncat < ff\necho never",
        "defer { echo cleaned }\n/bin/echo begun\necho x > ff\necho never",
    ] {
        let place = place();
        let mut command = Command::new(support::pipewright());
        command.env_clear().env("PATH", support::path()).args(["-c", code]).current_dir(place.path());
        let mut terminal = Terminal::start(&mut command);
        terminal.expect("begun");
        std::thread::sleep(Duration::from_millis(100));
        let started = Instant::now();
        terminal.keys("\x03");
        terminal.expect("cleaned");
        let (status, shown) = terminal.end();
        assert!(started.elapsed() < HANG, "{code}");
        assert!(status.code() == Some(130) || status.signal() == Some(2), "{code}: {status} {shown}");
        assert!(!shown.contains("never"), "{code}: {shown}");
    }
}
