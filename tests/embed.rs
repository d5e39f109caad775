//! Tests the interpreter in another program: the promises to embedders.

use pipewright::{CancelToken, ErrorKind, Input, Output, Script, Session, Value};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn script(text: &str) -> Script {
    Script::parse("test", text).unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

#[test]
fn values_are_data_whatever_they_hold() {
    let script = Script::builder("t").input("x").parse("printf '[%s]' $x").unwrap();
    for text in ["$(touch canary)", "; rm -rf /", "a b *", "'\"`", "", "--", "\u{1b}[31m"] {
        let mut session = Session::new();
        let printed = session.run(&script).arg("x", text).read().unwrap();
        assert_eq!(printed, format!("[{text}]"));
    }
    let bytes = Session::new().run(&script).arg("x", Value::str(&b"\xff\xfe"[..])).capture().unwrap();
    assert_eq!(bytes.stdout, b"[\xff\xfe]");
}

#[test]
fn a_script_is_parsed_once_and_run_often_in_many_threads() {
    let script = Script::builder("t").input("n").parse("let m = n * 2; sh -c 'echo $0' $m").unwrap();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let script = script.clone();
            std::thread::spawn(move || {
                for n in 0..10 {
                    let mut session = Session::new();
                    let n = thread * 100 + n;
                    assert_eq!(session.run(&script).arg("n", n).read().unwrap(), (n * 2).to_string());
                    assert_eq!(session.get::<i32>("m"), Ok(n * 2));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn an_environment_that_was_cleared_has_no_pwd() {
    let printed = |session: &mut Session, text: &str| session.run(&script(text)).read().unwrap();
    let mut session = Session::new();
    let named = printed(&mut session, "/usr/bin/printenv PWD; cd /; /usr/bin/printenv PWD");
    assert_eq!(named, format!("{}\n/", std::env::current_dir().unwrap().display()));
    session.remove_env("PWD");
    assert_eq!(
        printed(&mut session, "/usr/bin/printenv PWD || echo none; cd /; /usr/bin/printenv PWD || echo none"),
        "none\nnone"
    );
    session.clear_env();
    session.set_env("A", "1").unwrap();
    assert_eq!(printed(&mut session, "/usr/bin/env; cd /; /usr/bin/env"), "A=1\nA=1");
}

#[test]
fn sessions_have_directories_and_environments_of_their_own() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let before = (std::env::current_dir().unwrap(), std::env::vars_os().count());
    let script =
        script("pwd; sh -c 'pwd; echo $WHO'; cd /; env.WHO = 'changed'; touch \"$PWD/none\" || true");
    let run = |directory: &Path, who: &str| {
        let directory = directory.canonicalize().unwrap();
        let mut session = Session::new();
        session.set_cwd(&directory).unwrap();
        session.set_env("WHO", who).unwrap();
        let printed = session.run(&script).stderr(Output::Null).read().unwrap();
        assert_eq!(printed, format!("{0}\n{0}\n{who}", directory.display()));
        // A script changes only its own state.
        assert_eq!(session.cwd(), Some(&*directory));
        assert_eq!(session.env("WHO").unwrap(), who);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| (0..5).for_each(|_| run(one.path(), "one")));
        scope.spawn(|| (0..5).for_each(|_| run(other.path(), "other")));
    });
    assert_eq!((std::env::current_dir().unwrap(), std::env::vars_os().count()), before);
    let _ = std::fs::remove_file("/none");
}

#[test]
fn both_streams_are_captured_and_fed_together() {
    let script = script("sh -c 'cat; cat >&2' ; echo done");
    let text = "line\n".repeat(100_000);
    let captured = Session::new().run(&script).stdin(&*text).capture().unwrap();
    assert_eq!(captured.stdout.len(), text.len() + "done\n".len());
    assert!(captured.stderr.is_empty() && captured.report.success());
    let noisy = script_noise();
    let captured = Session::new().run(&noisy).capture().unwrap();
    assert_eq!((captured.stdout.len(), captured.stderr.len()), (300_000, 300_000));
}

fn script_noise() -> Script {
    script("sh -c 'head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2'")
}

#[test]
fn lines_arrive_one_by_one_and_readers_are_read() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = lines.clone();
    let output = Output::lines(move |line| seen.lock().unwrap().push(line.to_vec()));
    let reader = Input::Reader(Box::new(std::io::Cursor::new("b\na\nno end")));
    Session::new().run(&script("sort")).stdin(reader).stdout(output).status().unwrap();
    assert_eq!(*lines.lock().unwrap(), [b"a".to_vec(), b"b".to_vec(), b"no end".to_vec()]);
    // A reader that never ends does not hold up a run that needs no more input.
    let endless = Input::Reader(Box::new(std::io::repeat(b'y')));
    let head = Session::new().run(&script("head -c 10")).stdin(endless).read().unwrap();
    assert_eq!(head, "y".repeat(10));
}

#[test]
fn a_failure_knows_its_place_kind_and_status() {
    let error = Session::new().run(&script("true\nsh -c 'exit 7'")).status().unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Script, 7));
    assert_eq!(error.to_string(), "test:2:1: `sh` exited with 7");
    assert!(error.render(false, 80).contains("2 | sh -c 'exit 7'"), "{}", error.render(false, 80));
    // `exit` is the script's own decision, and not a failure of the run.
    assert_eq!(Session::new().run(&script("exit 3")).status().unwrap().status(), 3);
    let missing = Script::builder("t").input("x").parse("echo $x").unwrap();
    let error = Session::new().run(&missing).status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(Script::builder("t").input("a b").parse("true").is_err());
    assert!(Script::load("/no/such/script").unwrap_err().to_string().contains("No such file"));
}

#[test]
fn time_and_cancelling_bound_the_whole_call() {
    // A grandchild in its own session holds the pipe of the capture, and ignores TERM.
    let holding = script("sh -c 'trap \"\" TERM; setsid sleep 20 & sleep 20'");
    let started = Instant::now();
    let with_grace = script("with grace=100ms { sh -c 'trap \"\" TERM; setsid sleep 20 & sleep 20' }");
    let error = Session::new().run(&with_grace).timeout(Duration::from_millis(200)).capture().unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::TimedOut, 124));
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    let token = CancelToken::new().unwrap();
    let child = token.child().unwrap();
    token.cancel();
    assert!(child.is_cancelled());
    let error = Session::new().run(&holding).cancel(&child).status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let error = Session::new()
        .run(&script("while (true) { }"))
        .timeout(Duration::from_millis(50))
        .status()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn a_slow_writer_gets_all_that_a_run_has_printed() {
    struct Slow(Arc<Mutex<usize>>);
    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            std::thread::sleep(Duration::from_millis(150));
            let taken = bytes.len().min(20_000);
            *self.0.lock().unwrap() += taken;
            Ok(taken)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let count = Arc::default();
    let slow = Output::Writer(Box::new(Slow(Arc::clone(&count))));
    Session::new().run(&script("head -c 120000 /dev/zero")).stdout(slow).status().unwrap();
    assert_eq!(*count.lock().unwrap(), 120_000);
}

#[test]
fn captured_output_has_a_limit() {
    let error = Session::new().run(&script("head -c 5000 /dev/zero")).max_output(1000).capture().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host, "{error}");
    assert!(error.to_string().contains("more than 1000 bytes"), "{error}");
}

#[test]
fn a_failure_of_the_host_is_distinguished_from_one_of_the_script() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the host's disk is full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error =
        Session::new().run(&script("echo x")).stdout(Output::Writer(Box::new(Full))).status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);
    assert!(error.to_string().contains("disk is full"), "{error}");
    let panics = Output::lines(|_| panic!("in the host's callback"));
    let error = Session::new().run(&script("echo x")).stdout(panics).status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);
    struct Slow(u8);
    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            if self.0 > 3 {
                return Err(std::io::Error::other("the host's reader broke"));
            }
            buffer[0] = b'x';
            Ok(1)
        }
    }
    let read = Session::new().run(&script("cat")).stdin(Input::Reader(Box::new(Slow(0)))).read();
    let error = read.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);
    assert!(error.to_string().contains("the host's reader broke"), "{error}");
}

#[test]
fn secrets_of_a_script_are_in_no_message() {
    let text = "let s = secret('hunter2'); fail \"no $[s.reveal()]\"";
    let error = Session::new().run(&script(text)).status().unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
