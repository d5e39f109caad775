//! Scripts of a stranger under `Limits::untrusted()`: each ends, with an error of a limit if it does not end by itself,
//! and leaves no process.
//!
//! The scripts are a table of attacks in several wrappings. `SCALE=6` runs all of them, as `.ci/long` does; otherwise
//! each wrapping gets a sixth of the table.

use crate::support::marked::left_after;
use crate::support::{self, setting};
use pipewright::{CancelToken, Engine, ErrorKind, Event, Limits, Output, RunOptions, Script, Session, Value};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Statements that never end, use up memory, fill the output, or leave processes behind.
const ATTACKS: &[&str] = &[
    "while (true) { }",
    "while (true) { try { fail 'x' } catch e { } }",
    "let s = 'x'; while (true) { s = s ++ s }",
    "let all = []; while (true) { all = all ++ [all] }",
    "let y = 'x'.repeat(1000000000); echo $y",
    "for i in (1..=1000000000) { }",
    "for i in (1..=100000) { /bin/true }",
    "_deep()",
    "sh -c 'while :; do :; done'",
    "sleep 1000",
    "/bin/sleep 1000 | /bin/sleep 1000 | /bin/sleep 1000",
    "sh -c 'trap \"\" TERM INT HUP; while :; do sleep 1; done'",
    "with grace=1h { sh -c 'trap \"\" TERM; sleep 1000 & wait; wait' }",
    "with signal='CONT', grace=1h { /bin/sleep 1000 }",
    "with timeout=1h { sleep 1000 }",
    "with timeout=1ms, retry=1000000 { /bin/sleep 1000 }",
    "with retry=1000000, backoff=1h { false }",
    "with detach=true { /bin/sleep 1000 }",
    "with nice=19, umask='000' { /bin/sleep 1000 }",
    "with open_files=1000000 { sh -c 'exec sleep 1000' }",
    "sh -c 'sleep 1000 &'",
    "sh -c 'sleep 1000 & sleep 1000 & exit 3'",
    "sh -c 'sleep 1000 > /dev/null 2>&1 < /dev/null &'",
    "sh -c '(trap \"\" TERM; sleep 1000) > /dev/null 2>&1 &'",
    "yes",
    "yes | cat | cat",
    "yes >&2",
    "cat /dev/zero",
    "while (true) { echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx }",
    "sh -c 'trap \"\" PIPE; while :; do echo x; done'",
    "let x = $(yes); echo $x",
    "let n = $(head -c 100000000 /dev/zero | tr '\\0' x); echo $n",
    "with max_output=200M { let x = $(yes); echo $x }",
    "yes | each l { let m = l }",
    "let j = spawn { sleep 1000 }; j.wait()",
    "for i in (1..=1000) { sleep 1000 & }",
    "{ sleep 1000 } | cat",
    "cat <(sleep 1000)",
    "printf '%16000000d%16000000d' 1 2",
    "let xs = (1..=100000000).map(x => x * 2); echo $[xs.len()]",
    "sh -c 'head -c 50000000 /dev/zero'",
    "sleep 1h",
];

/// The texts around an attack, whose place is `@`.
const WRAPPINGS: &[&str] = &[
    "@",
    "try { @ } catch e { }\nwhile (true) { }",
    "defer { @ }\ntrue",
    "defer { @ }\nsleep 1000",
    "fn main() { @ }",
    "let job = spawn { @ }\nsleep 1000\njob.wait()",
];

fn limits() -> Limits {
    let mut limits = Limits::untrusted();
    limits.wall_time = Some(Duration::from_millis(400));
    limits.grace = Some(Duration::from_millis(100));
    limits.output = Some(1 << 20);
    limits.captured_bytes = Some(4 << 20);
    limits.value_bytes = Some(4 << 20);
    limits
}

/// Creates a session whose processes can be found by a variable of their environment.
fn marked(engine: &Engine) -> (Session, String) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let value = format!("hostile-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut session = engine.session();
    session.set_env("PATH", support::path()).unwrap();
    session.set_env("PIPEWRIGHT_TEST", &value).unwrap();
    (session, format!("PIPEWRIGHT_TEST={value}"))
}

/// Runs a script, and returns what went wrong.
fn wrong_with(engine: &Engine, text: &str) -> Option<String> {
    let script = match Script::builder("theirs").alone().parse(text) {
        Ok(script) => script,
        Err(error) => return Some(format!("refused: {}", error.render(false, 100))),
    };
    let (mut session, marker) = marked(engine);
    let running = session.run(&script).stdout(Output::Null).stderr(Output::Null).start().unwrap();
    let (sender, ended) = channel();
    std::thread::spawn(move || sender.send(running.wait()));
    let Ok(ended) = ended.recv_timeout(Duration::from_secs(60)) else { return Some("hangs".into()) };
    let left = left_after(&marker, Duration::ZERO);
    if !left.is_empty() {
        return Some(format!("left {left:?} after {ended:?}"));
    }
    let expected = [ErrorKind::Limit, ErrorKind::TimedOut, ErrorKind::Script];
    ended.err().filter(|error| !expected.contains(&error.kind())).map(|error| format!("{error:?}"))
}

#[test]
fn a_strangers_script_ends_and_leaves_no_process() {
    let engine = Engine::builder().limits(limits()).build().unwrap();
    let share = 6 / setting("SCALE", 1).clamp(1, 6) as usize;
    let wrapped = WRAPPINGS.iter().enumerate().flat_map(|(at, wrapping)| {
        let attacks = ATTACKS.iter().skip(at % share).step_by(share);
        attacks.map(move |attack| format!("fn _deep() {{ _deep() }}\n{}", wrapping.replace('@', attack)))
    });
    let texts: Vec<String> = wrapped.collect();
    assert!(share > 1 || texts.len() >= 200, "{}", texts.len());
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(what) = wrong_with(&engine, text) {
                        wrong.lock().unwrap().push(format!("{text}\n=> {what}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n\n"));
}

/// Attacks by programs, which only a sandbox stops. (A fork bomb is among the submissions of `run_untrusted`.)
const PROGRAMS: &[&str] = &[
    "sh -c 'setsid sleep 1000 &'",
    "setsid -f sleep 1000",
    "sh -c 'setsid sh -c \"setsid sleep 1000 & sleep 1000\" > /dev/null 2>&1 < /dev/null &'",
    "nohup setsid sleep 1000",
    "sh -c 'cat /etc/passwd && echo GOT'",
    "sh -c 'cat \"/proc/$PPID/environ\" && echo GOT'",
    "sh -c 'ls /root /home && echo GOT'",
    "sh -c 'echo x > /tmp/hostile-was-here && echo GOT'",
    "sh -c 'chmod 777 /usr/bin/env && echo GOT'",
    "sh -c 'kill -9 1; kill -0 -1 && sleep 1000'",
    "/usr/bin/python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 22)); print(\"GOT\")'",
    "/usr/bin/python3 -c 'x = bytearray(5 << 30); print(\"GOT\")'",
    "/usr/bin/python3 -c 'import os, time; [os.fork() or time.sleep(1000) for _ in range(30)]; time.sleep(1000)'",
    "/usr/bin/python3 -c 'import os; os.open(\"/dev/tty\", os.O_RDWR); print(\"GOT\")'",
    "/usr/bin/python3 -c 'import ctypes; print(\"GOT\" if ctypes.CDLL(None).unshare(0x10000000) == 0 else 1)'",
    "echo /etc/*",
    "echo $[read('/etc/passwd')]",
    "write('/tmp/hostile-was-here', 'x')",
    "cd /etc; pwd",
    "with read=['/etc'], isolate=false { cat /etc/passwd; echo GOT }",
    "env.LD_PRELOAD = '/etc/passwd'; sh -c 'cat /etc/shadow && echo GOT'",
];

#[test]
fn in_a_sandbox_programs_reach_nothing_and_leave_nothing() {
    let sandbox = || {
        RunOptions::new([
            ("net", Value::from(false)),
            ("read", vec!["/usr"].into()),
            ("isolate", true.into()),
            ("memory", "256M".into()),
        ])
    };
    let engine = Engine::builder().limits(limits()).options(sandbox()).build().unwrap();
    let trial = engine.session().run(&Script::parse("t", "true").unwrap()).status();
    if let Err(error) = trial {
        assert_ne!(std::env::var("CI").ok().as_deref(), Some("true"), "{}", error.render(false, 100));
        eprintln!("SKIPPED: no sandbox here: {}", error.render(false, 100));
        return;
    }
    for text in PROGRAMS {
        assert_eq!(wrong_with(&engine, text), None, "{text}");
        let script = Script::parse("theirs", *text).unwrap();
        let (mut session, _) = marked(&engine);
        let printed = match session.run(&script).capture() {
            Ok(captured) => captured.stdout,
            Err(error) => error.captured().map(|captured| captured.stdout.clone()).unwrap_or_default(),
        };
        let printed = String::from_utf8_lossy(&printed).into_owned();
        let secret = ["GOT", "root:", "/etc/passwd"].iter().find(|part| printed.contains(**part));
        assert_eq!(secret, None, "{text} printed {printed}");
    }
    assert!(!std::path::Path::new("/tmp/hostile-was-here").exists());
}

fn failure(limits: Limits, text: &str) -> pipewright::Error {
    let engine = Engine::builder().limits(limits).build().unwrap();
    engine.session().run(&Script::parse("t", text).unwrap()).read().unwrap_err()
}

#[test]
fn each_ceiling_has_its_error() {
    let mut few = Limits::untrusted();
    few.output = Some(1000);
    few.captured_bytes = Some(1000);
    let engine = Engine::builder().limits(few.clone()).build().unwrap();
    let flood = Script::parse("t", "yes | head -c 5000").unwrap();
    let code = |error: pipewright::Error| {
        assert_eq!(error.kind(), ErrorKind::Limit, "{error:?}");
        error.diagnostic().code.id()
    };
    // Wherever the output leads.
    let file = tempfile::tempfile().unwrap();
    for output in
        [Output::lines(|_| {}), Output::from(std::io::sink()), Output::from(file.try_clone().unwrap())]
    {
        let error = engine.session().run(&flood).stdout(output).status().unwrap_err();
        assert_eq!(code(error), "E3080");
    }
    assert!(file.metadata().unwrap().len() <= 1000);
    few.output = None;
    assert_eq!(code(failure(few.clone(), "yes | head -c 5000")), "E3009");
    assert_eq!(code(failure(few.clone(), "while (true) { yes | head -c 100 || true }")), "E3009");
    assert_eq!(code(failure(few.clone(), "try { with detach=true { /bin/true } } catch e { }")), "E3081");
    few.captured_bytes = None;
    few.open_files = Some(20);
    let engine = Engine::builder().limits(few.clone()).build().unwrap();
    for text in ["sh -c 'ulimit -n'", "with open_files=90 { sh -c 'ulimit -n' }"] {
        assert_eq!(engine.session().run(&Script::parse("t", text).unwrap()).read().unwrap(), "20");
    }
    few.source_bytes = Some(10);
    let engine = Engine::builder().limits(few).build().unwrap();
    assert!(engine.script("t", "echo small").is_ok());
    assert!(engine.script("t", "echo larger").unwrap_err().to_string().contains("larger than 10 bytes"));
}

#[test]
fn the_values_of_a_run_share_their_memory() {
    let mut limits = Limits::untrusted();
    limits.memory = Some(8 << 20);
    let hoards = [
        "let all = []; for i in (1..=10000) { all.push(str(i).repeat(1000)) }",
        "let a = {}; for i in (1..=100000) { a[str(i)] = i }",
        "let a = []; for i in (1..=100000) { a.push(x => x + i) }",
        "let t = 'x'; while (true) { t = t ++ t }",
        "let big = 'x'.repeat(3000000); let a = big ++ '1'; let b = big ++ '2'; let c = big ++ '3'",
        "let all = []; for n in (1..=20) { all.push(list(1..=50000).map(x => x)) }",
        "fn deep(n: int) { let own = 'x'.repeat(100000) ++ str(n); deep(n + 1); echo $own }\ndeep(0)",
        "let s = '[' ++ '\"a\",'.repeat(200000) ++ '1]'; let all = json(s)",
        "let all = []; let s = 'x'.repeat(1000); while (true) { all.push(s.chars()) }",
        "for i in (1..=12) { { let own = 'x'.repeat(1000000) ++ str(i); sleep 1h; echo $own } & }; wait",
        "let all = []; while (true) { let t = \"$(head -c 300000 /dev/zero | tr '\\0' x)\"; all.push(t) }",
        "try { let all = []; while (true) { all.push('x'.repeat(100000)) } } catch e { }\nwhile (true) { }",
    ];
    for text in hoards {
        let error = failure(limits.clone(), text);
        let (kind, code) = (error.kind(), error.diagnostic().code.id());
        assert_eq!((kind, code), (ErrorKind::Limit, "E3082"), "{text}\n{}", error.render(false, 100));
    }
    let fine = [
        "for i in (1..=100) { let t = 'x'.repeat(1000000) ++ str(i) }",
        "let t = 'x'.repeat(3000000); let all = list(1..=5).map(n => t)",
        "let a = []; for i in (1..=10) { a = list(1..=50000) }",
        "let n = {}; for i in (1..=100) { n.last = 'x'.repeat(1000000) }",
        "fn one() { return 'x'.repeat(1000000) }; for i in (1..=100) { let t = one() }",
        "for i in (1..=20) { let job = spawn { let t = 'x'.repeat(2000000) ++ str(i); echo $[t.len()] }; job.wait() }",
    ];
    let engine = Engine::builder().limits(limits).build().unwrap();
    for text in fine {
        let mut session = engine.session();
        let run = session.run(&Script::parse("t", text).unwrap()).status();
        assert!(run.is_ok(), "{text}\n{}", run.unwrap_err().render(false, 100));
    }
}

/// A writer whose client never reads.
struct Stalled(std::sync::mpsc::Receiver<()>);

impl Write for Stalled {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.recv();
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_host_whose_writer_or_reader_blocks_gets_its_call_back() {
    let warnings: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = warnings.clone();
    let observer = move |event: &Event<'_>| {
        if let Event::Warning { message, .. } = event {
            seen.lock().unwrap().push(message.to_string());
        }
    };
    let engine = Engine::builder().observer(observer).build().unwrap();
    let short = Duration::from_millis(100);
    for text in ["echo hello", "yes", "echo hello; sleep 1000", "defer { yes }; echo hello"] {
        let (client, gone) = channel();
        let script = Script::parse("t", text).unwrap();
        let mut session = engine.session();
        let run = session.run(&script).stdout(Stalled(gone)).timeout(short).grace(short);
        assert_eq!(run.status().unwrap_err().kind(), ErrorKind::TimedOut, "{text}");
        drop(client);
    }
    let told = warnings.lock().unwrap().clone();
    assert!(told.len() == 4 && told.iter().all(|told| told.contains("abandoned")), "{told:?}");
    // A reader that never gives anything.
    let (never, _other) = UnixStream::pair().unwrap();
    struct Silent(UnixStream);
    impl std::io::Read for Silent {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }
    let script = Script::parse("t", "cat").unwrap();
    let run =
        Session::new().run(&script).stdin(pipewright::Input::reader(Silent(never))).timeout(short).read();
    assert_eq!(run.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn deferred_blocks_end_after_the_grace_whatever_stops_the_run() {
    let short = Duration::from_millis(100);
    for text in [
        "defer { sleep 1000 }; true",
        "defer { while (true) { try { sleep 1000 } catch e { } } }; sleep 1000",
    ] {
        let script = Script::parse("t", text).unwrap();
        let error = Session::new().run(&script).timeout(short).grace(short).status().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{text}");
        let token = CancelToken::new().unwrap();
        let other = token.clone();
        std::thread::spawn(move || other.cancel());
        let error = Session::new().run(&script).cancel(&token).grace(short).status().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{text}");
        drop(Session::new().run(&script).grace(short).start().unwrap());
    }
}

#[test]
fn processes_in_the_groups_of_programs_are_ended_and_reported() {
    for (text, fails) in [
        ("sh -c 'sleep 1000 > /dev/null 2>&1 &'", false),
        ("sh -c 'sleep 1000 > /dev/null 2>&1 & exit 3'", true),
        ("sh -c 'sleep 1000 > /dev/null 2>&1 &' | cat; sleep 1000", true),
    ] {
        let warnings: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = warnings.clone();
        let observer = move |event: &Event<'_>| {
            if let Event::Warning { message, .. } = event {
                seen.lock().unwrap().push(message.to_string());
            }
        };
        let engine = Engine::builder().observer(observer).build().unwrap();
        let (mut session, marker) = marked(&engine);
        let script = Script::parse("t", text).unwrap();
        let ended = session.run(&script).timeout(Duration::from_secs(2)).status();
        assert_eq!(ended.is_err(), fails, "{text}: {ended:?}");
        assert!(left_after(&marker, Duration::ZERO).is_empty(), "{text}");
        let told = warnings.lock().unwrap().join("\n");
        assert!(told.starts_with("ended what the script left running: sleep (process "), "{text}: {told}");
    }
}

#[test]
fn a_process_that_ends_by_itself_has_a_moment() {
    let directory = tempfile::tempdir().unwrap();
    let mut session = Session::new();
    session.set_cwd(directory.path()).unwrap();
    let script = Script::parse("t", "sh -c '(sleep 0.1; echo late > file) > /dev/null 2>&1 &'").unwrap();
    session.run(&script).status().unwrap();
    assert!(directory.path().join("file").exists());
}

#[test]
fn a_long_line_arrives_in_parts() {
    let (sender, parts) = channel();
    let sink = Box::new(move |part: &[u8]| sender.send(part.to_vec()).unwrap());
    let output = Output::Lines { sink, max_line: 4 };
    let script = Script::parse("t", "printf 'abcdefghij\\n\\nabcd\\nabcde'").unwrap();
    Session::new().run(&script).stdout(output).status().unwrap();
    let parts: Vec<Vec<u8>> = parts.iter().collect();
    assert_eq!(parts, [&b"abcd"[..], b"efgh", b"ij", b"", b"abcd", b"abcd", b"e"]);
}
