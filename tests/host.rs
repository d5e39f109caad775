//! Tests what a host adds to the language: functions, stages, values.

use pipewright::{
    CancelToken, Engine, ErrorKind, Output, Script, Session, Signal, StageCx, StageError, Value, ValueError,
};
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Creates the engine that these tests need.
fn engine() -> Engine {
    let copy = |cx: &mut StageCx<'_>| -> Result<u8, StageError> {
        let streams = cx.streams();
        std::io::copy(streams.stdin, streams.stdout)?;
        Ok(0)
    };
    let upper = |cx: &mut StageCx<'_>| -> Result<u8, StageError> {
        let streams = cx.streams();
        for line in streams.stdin.lines() {
            writeln!(streams.stdout, "{}", line?.to_uppercase())?;
        }
        Ok(0)
    };
    let endless = |cx: &mut StageCx<'_>| -> Result<u8, StageError> {
        loop {
            cx.stdout().write_all(b"y\n")?;
        }
    };
    let told = |cx: &mut StageCx<'_>| -> Result<u8, StageError> {
        let args: Vec<String> = cx.args().iter().map(|arg| format!("{arg:?}")).collect();
        let who = cx.env("WHO").map(|who| who.to_string_lossy().into_owned());
        let cwd = cx.cwd().display().to_string();
        writeln!(cx.stdout(), "{} {who:?} {cwd}", args.join(","))?;
        writeln!(cx.stderr(), "to stderr")?;
        Ok(0)
    };
    Engine::builder()
        .function("none", || ())
        .function("double", |n: i64| n * 2)
        .function("join_all", |words: Vec<String>, by: String| words.join(&by))
        .function("three", |a: bool, b: f64, c: Option<String>| format!("{a} {b} {c:?}"))
        .function("count", |a: Vec<u8>, b: PathBuf, c: Duration, d: BTreeMap<String, u16>| {
            a.len() + b.as_os_str().len() + c.as_secs() as usize + d.len()
        })
        .function("refuse", |name: String| -> Result<String, String> { Err(format!("no {name}")) })
        .function("panics", |_: Value| -> i64 { panic!("on purpose") })
        .stage("copy", copy)
        .stage("upper", upper)
        .stage("endless", endless)
        .stage("told", told)
        .stage("status", |cx: &mut StageCx<'_>| -> Result<u8, StageError> { Ok(cx.args().len() as u8) })
        .stage("broken", |_: &mut StageCx<'_>| -> Result<u8, StageError> {
            Err(StageError::new("the table is gone").with_status(4))
        })
        .stage("crash", |_: &mut StageCx<'_>| -> Result<u8, StageError> { panic!("on purpose") })
        .build()
        .unwrap()
}

fn script(engine: &Engine, text: &str) -> Script {
    engine.script("test", text).unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

fn read(text: &str) -> String {
    let engine = engine();
    let script = script(&engine, text);
    engine.session().run(&script).read().unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

fn failure(text: &str) -> pipewright::Error {
    let engine = engine();
    let script = script(&engine, text);
    engine.session().run(&script).stdout(Output::Null).stderr(Output::Null).status().unwrap_err()
}

// ------------------------------------------------------------------------------------------------ functions

#[test]
fn functions_take_and_give_typed_values() {
    assert_eq!(read("echo $[double(21)] $[none() == null]"), "42 true");
    assert_eq!(read(r#"echo $[join_all(["a", "b c"], "-")]"#), "a-b c");
    assert_eq!(read("echo $[three(true, 2, null)]"), "true 2 None");
    assert_eq!(read(r#"echo $[count("ab", "/tmp", 3s, {x: 1})]"#), "10");
    assert_eq!(read("let xs = [1, 2].map(n => double(n)); echo ...$xs"), "2 4");
    // A result is data, whatever it contains.
    assert_eq!(read(r#"printf '[%s]' $[join_all(['$(id)', '; x'], ' ')]"#), "[$(id) ; x]");
    // They are called for their effect, from other threads, and in a function of the script.
    assert_eq!(read("fn f() { return double(4) }; double(1); { echo $[f()] } | cat"), "8");
}

#[test]
fn calls_are_checked_before_anything_runs() {
    let wrong = |text: &str| engine().script("t", text).unwrap_err().to_string();
    assert_eq!(wrong("let x = double(1, 2)"), "`double` takes one argument, and is called with 2");
    assert_eq!(wrong("let x = none(1)"), "`none` takes 0 arguments, and is called with 1");
    assert!(wrong("let x = double(n: 1)").contains("takes its arguments in order"));
    assert!(wrong("let x = double(...[1])").contains("of a function of the script only"));
    assert!(wrong("let x = double").contains("is a function"));
    let unknown = engine().script("t", "let x = doubl(1)").unwrap_err();
    assert!(unknown.render(false, 80).contains("did you mean `double`?"), "{}", unknown.render(false, 80));
    // They are unknown without the engine.
    assert!(Script::parse("t", "let x = double(1)").is_err());
    // The declarations of a script are its own.
    assert_eq!(read("fn double(a, b) { return a ++ b }; echo $[double(\"x\", \"y\")]"), "xy");
}

#[test]
fn a_wrong_argument_is_the_scripts_mistake_and_a_failure_the_hosts() {
    let error = failure("true\nlet n = double(\"x\")");
    assert_eq!(error.kind(), ErrorKind::Script);
    assert_eq!(error.to_string(), "test:2:16: argument 1 of `double`: the value is a string, not an integer");
    let error = failure("let n = refuse(\"luck\")");
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Host, "test:1:9: `refuse` failed: no luck")
    );
    assert!(error.render(false, 80).contains("^^^^^^"), "{}", error.render(false, 80));
    let error = failure("let n = panics(1)");
    assert_eq!(error.kind(), ErrorKind::Host);
    assert_eq!(error.to_string(), "test:1:9: `panics` of the host panicked: on purpose");
    // A script can catch the failure, and continue.
    assert_eq!(read("try { refuse(\"x\") } catch e { echo $[e.message] }"), "`refuse` failed: no x");
    let secret = failure("let n = refuse(secret(\"hunter2\"))");
    assert!(secret.to_string().contains("a secret, not a string"), "{secret}");
}

#[test]
fn names_that_would_shadow_are_refused() {
    let function = |name: &str| Engine::builder().function(name, || 1).build().unwrap_err().to_string();
    let stage = |name: &str| {
        let stage = |_: &mut StageCx<'_>| -> Result<u8, StageError> { Ok(0) };
        Engine::builder().stage(name, stage).build().unwrap_err().to_string()
    };
    for name in ["if", "flag", "read", "env", "null", "json", "main"] {
        assert!(function(name).contains("the language has this word"), "{name}");
    }
    for name in ["", "a b", "1st", "a-b", "é", "a.b"] {
        assert!(function(name).contains("none of a name"), "{name}");
    }
    for name in ["for", "echo", "[", "export", "set", "eval", "json"] {
        let message = stage(name);
        assert!(message.contains("the language has this word") || name == "[", "{name}: {message}");
    }
    for name in ["", "-x", "a/b", "a b", "a\n", "a.b"] {
        assert!(stage(name).contains("none of a name"), "{name}");
    }
    let twice = Engine::builder().function("f", || 1).function("f", || 2).build().unwrap_err();
    assert_eq!(twice.to_string(), "a function called `f` was given twice");
}

// ------------------------------------------------------------------------------------------------ stages

#[test]
fn stages_stand_anywhere_in_a_pipeline() {
    assert_eq!(read("echo abc | upper"), "ABC");
    assert_eq!(read("echo abc | upper | cat"), "ABC");
    assert_eq!(read("printf 'b\\na\\n' | sort | upper | copy | cat | copy"), "A\nB");
    assert_eq!(read("upper <<< abc"), "ABC");
    assert_eq!(read("echo \"<$(echo abc | upper)>\" $[capture { told x }.err]"), "<ABC> to stderr");
    let hosted = engine();
    let mut session = hosted.session();
    let input = vec![b'x'; 3_000_000];
    let copied = session.run(&script(&hosted, "copy | cat | copy | copy")).stdin(input.clone()).capture();
    assert!(copied.unwrap().stdout == input);
}

#[test]
fn stages_have_arguments_environment_directory_and_redirections() {
    let directory = tempfile::tempdir().unwrap();
    let hosted = engine();
    let mut session = hosted.session();
    session.set_cwd(directory.path()).unwrap();
    let text = "let x = 'a b'; WHO=me told $x * ...$[['1', '2']] > out 2> err; cat out err";
    std::fs::write(directory.path().join("file"), "").unwrap();
    let cwd = directory.path().canonicalize().unwrap();
    let printed = session.run(&script(&hosted, text)).read().unwrap();
    assert_eq!(printed, format!("'a b','file','1','2' Some(\"me\") {}\nto stderr", cwd.display()));
    // A value that looks like an option is not one, as for a program.
    let error = failure("let x = '-rf'; told $x");
    assert!(error.to_string().contains("begins with"), "{error}");
    // `command` and a value name programs.
    let error = failure("let name = 'told'; $name");
    assert!(error.to_string().contains("no program told"), "{error}");
    let error = failure("command told");
    assert!(error.to_string().contains("no program told"), "{error}");
}

#[test]
fn a_reader_that_ends_ends_a_stage_quietly() {
    assert_eq!(read("endless | head -n 2"), "y\ny");
    assert_eq!(read("endless | copy | upper | head -n 1"), "Y");
    assert_eq!(read("yes | copy | head -n 1"), "y");
}

#[test]
fn output_is_there_before_a_stage_waits() {
    // The writer continues only when its first line has come out.
    let directory = tempfile::tempdir().unwrap();
    let hosted = engine();
    let mut session = hosted.session();
    session.set_cwd(directory.path()).unwrap();
    let text = "mkfifo go; { echo first; cat go } | upper | { head -n 1; echo second >| go; cat }";
    let run = script(&hosted, text);
    assert_eq!(session.run(&run).timeout(Duration::from_secs(20)).read().unwrap(), "FIRST\nSECOND");
}

#[test]
fn stages_fail_as_commands_do() {
    let error = failure("status a b");
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Script, 2));
    let error = failure("echo x | broken");
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Host, 4));
    assert!(error.to_string().contains("broken: the table is gone"), "{error}");
    let error = failure("broken | cat");
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Host, 4));
    assert_eq!(read("if status { echo yes }; if status a { echo no } else { echo fine }"), "yes\nfine");
    assert_eq!(read("broken 2> /dev/null || echo absorbed"), "absorbed");
    for text in ["crash", "crash | cat", "echo x | crash", "crash || true", "echo \"$(crash)\""] {
        let error = failure(text);
        assert_eq!(error.kind(), ErrorKind::Host, "{text}: {error}");
        assert!(error.to_string().contains("`crash` of the host panicked: on purpose"), "{text}: {error}");
    }
    let error = failure("echo x | upper > /dev/full");
    assert!(error.to_string().contains("can't write"), "{error}");
}

#[test]
fn time_and_cancelling_end_stages() {
    let hosted = engine();
    let waits = script(&hosted, "sleep 20 | copy | cat");
    let started = Instant::now();
    let error = hosted.session().run(&waits).timeout(Duration::from_millis(100)).status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let token = CancelToken::new().unwrap();
    token.cancel();
    let error = hosted.session().run(&waits).cancel(&token).status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let writes = script(&hosted, "endless | sh -c 'sleep 20'");
    let error = hosted.session().run(&writes).timeout(Duration::from_millis(100)).status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let asks = Engine::builder()
        .stage("asks", |cx: &mut StageCx<'_>| -> Result<u8, StageError> {
            while !cx.cancelled() {
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(0)
        })
        .build()
        .unwrap();
    let run = script(&asks, "asks | cat");
    let error = asks.session().run(&run).timeout(Duration::from_millis(100)).status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_stage_runs_in_many_sessions_at_once() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let hosted = Engine::builder()
        .function("next", move || seen.fetch_add(1, Ordering::SeqCst))
        .stage("upper", |cx: &mut StageCx<'_>| -> Result<u8, StageError> {
            let mut text = String::new();
            cx.stdin().read_to_string(&mut text)?;
            cx.stdout().write_all(text.to_uppercase().as_bytes())?;
            Ok(0)
        })
        .build()
        .unwrap();
    let script = script(&hosted, "let n = next(); echo \"n $n\" | upper | cat");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (hosted, script) = (hosted.clone(), script.clone());
            std::thread::spawn(move || {
                for _ in 0..10 {
                    assert!(hosted.session().run(&script).read().unwrap().starts_with("N "));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(calls.load(Ordering::SeqCst), 40);
}

// ------------------------------------------------------------------------------------------------ results and calls

fn plain(text: &str) -> Script {
    Script::parse("test", text).unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

#[test]
fn a_run_gives_the_result_of_main_or_of_its_last_call() {
    let value = |text: &str| format!("{:?}", Session::new().run(&plain(text)).value().unwrap());
    assert_eq!(value("fn main() { return [1, 'x'] }"), "[1, 'x']");
    assert_eq!(value("fn main() { return false }"), "false");
    assert_eq!(value("fn f(n) { return n + 1 }; let n = 3; f(n)"), "4");
    assert_eq!(value("fn f(n) { str(n); return n }; defer { f(9) }; f(2)"), "2");
    for text in ["true", "fn f() { return 1 }; f(); true", "exit 0", "let xs = [1]; if true { xs.push(2) }"] {
        assert_eq!(value(text), "null", "{text}");
    }
    let error = Session::new().run(&plain("fn main() { fail 'no' }")).value().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Script);
    // If the binary runs it, the result of main is a status.
    let error = Session::new().run(&plain("fn main() { return 3 }")).status().unwrap_err();
    assert!(error.to_string().contains("but the value is not used"), "{error}");
}

#[test]
fn variables_have_types_of_rust() {
    let mut session = Session::new();
    let text = "let name = 'x'; let xs = [1, 2]; let wait = 1500ms; let none = null; let bad = $'\\xff'";
    session.run(&plain(text)).status().unwrap();
    assert_eq!(session.get::<&str>("name"), Ok("x"));
    assert_eq!(session.get::<Vec<u16>>("xs"), Ok(vec![1, 2]));
    assert_eq!(session.get::<Duration>("wait"), Ok(Duration::from_millis(1500)));
    assert_eq!(session.get::<Option<String>>("none"), Ok(None));
    let says = |error: ValueError| error.to_string();
    assert_eq!(says(session.get::<i64>("name").unwrap_err()), "the value is a string, not an integer");
    assert_eq!(says(session.get::<i64>("other").unwrap_err()), "no variable `other`");
    assert!(says(session.get::<String>("bad").unwrap_err()).contains("not UTF-8"));
}

#[test]
fn functions_of_a_script_are_called_after_it_ran() {
    let mut session = Session::new();
    assert_eq!(session.call("f", &[]).unwrap_err().kind(), ErrorKind::UnknownFunction);
    let text = "let count = 10
        fn add(n: int, m = 1) { count += n * m; return count }
        fn rest(...all) { return all.len() }
        fn prints() { sh -c 'exit 3' }
        { fn inner() { } }";
    session.run(&plain(text)).status().unwrap();
    assert_eq!(format!("{:?}", session.call("add", &[2.into()]).unwrap()), "12");
    assert_eq!(format!("{:?}", session.call("add", &[2.into(), 5.into()]).unwrap()), "22");
    assert_eq!(session.get::<i64>("count"), Ok(22));
    assert_eq!(format!("{:?}", session.call("rest", &["a".into(), Value::Null]).unwrap()), "2");
    // A clone is independent.
    let mut other = session.clone();
    other.call("add", &[100.into()]).unwrap();
    assert_eq!((session.get::<i64>("count"), other.get::<i64>("count")), (Ok(22), Ok(122)));
    let wrong = |session: &mut Session, name: &str, values: &[Value]| session.call(name, values).unwrap_err();
    assert!(wrong(&mut session, "add", &["x".into()]).to_string().contains("is declared as int"));
    assert!(wrong(&mut session, "add", &[]).to_string().contains("takes 1 to 2 arguments"));
    let error = wrong(&mut session, "prints", &[]);
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Script, 3));
    assert_eq!(error.to_string(), "test:4:23: `sh` exited with 3");
    assert_eq!(wrong(&mut session, "inner", &[]).kind(), ErrorKind::UnknownFunction);
    // After an early end of a script its variables have no values.
    session.run(&plain("let g = f; exit 0; let b = 2; fn f() { return b }")).status().unwrap();
    assert_eq!(session.get::<Option<i64>>("b"), Ok(None));
    assert_eq!(wrong(&mut session, "f", &[]).kind(), ErrorKind::UnknownFunction);
}

// ------------------------------------------------------------------------------------------------ in the background

#[test]
fn a_run_in_the_background_is_waited_for() {
    let mut session = Session::new();
    let lines = Arc::new(AtomicUsize::new(0));
    let seen = lines.clone();
    let count = Output::lines(move |_| {
        seen.fetch_add(1, Ordering::SeqCst);
    });
    let running = session.run(&plain("printf 'a\\nb\\n'; let x = 1; exit 4")).stdout(count).start().unwrap();
    // It has its own session.
    assert!(session.value("x").is_none());
    assert_eq!(running.wait().unwrap().status(), 4);
    assert_eq!(lines.load(Ordering::SeqCst), 2);
    let running = session.run(&plain("sh -c 'exit 7'")).start().unwrap();
    while running.try_wait().is_ok_and(|report| report.is_none()) {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(running.try_wait().unwrap_err().exit_code(), 7);
    assert_eq!(running.wait().unwrap_err().exit_code(), 7);
    let missing = Script::builder("t").input("x").parse("echo $x").unwrap();
    assert_eq!(session.run(&missing).start().unwrap().wait().unwrap_err().kind(), ErrorKind::Input);
}

/// Waits until a file exists.
fn await_file(path: &std::path::Path) {
    let started = Instant::now();
    while !path.exists() {
        assert!(started.elapsed() < Duration::from_secs(20), "{} comes", path.display());
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_run_that_is_dropped_or_shut_down_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut session = Session::new();
    session.set_cwd(directory.path()).unwrap();
    let started = Instant::now();
    let text = "defer { touch cleaned }; sh -c 'touch begun; sleep 60'";
    let running = session.run(&plain(text)).start().unwrap();
    await_file(&directory.path().join("begun"));
    drop(running);
    assert!(directory.path().join("cleaned").exists(), "what is deferred has run");
    // A process that ignores TERM gets KILL, long before the grace of the script is over.
    let stubborn = "sh -c 'trap \"\" TERM; touch deaf; while :; do sleep 60; done'";
    let running = session.run(&plain(&format!("with grace=60s {{ {stubborn} }}"))).start().unwrap();
    await_file(&directory.path().join("deaf"));
    assert!(!running.shutdown(Duration::from_millis(50)).success());
    assert_eq!(running.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    // Cancelling the token of the run still works, and so does a token for both.
    let token = CancelToken::new().unwrap();
    let running = session.run(&plain("sleep 60")).cancel(&token).start().unwrap();
    token.cancel();
    assert_eq!(running.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    let running = session.run(&plain("sleep 50ms; touch on_its_own")).start().unwrap();
    running.detach();
    await_file(&directory.path().join("on_its_own"));
}

#[test]
fn a_signal_reaches_the_programs() {
    let directory = tempfile::tempdir().unwrap();
    let mut session = Session::new();
    session.set_cwd(directory.path()).unwrap();
    let text = "sh -c 'trap \"touch heard; exit 9\" USR1; touch ready; while :; do sleep 0.01; done'";
    let running = session.run(&plain(text)).stderr(Output::Null).start().unwrap();
    await_file(&directory.path().join("ready"));
    // It may have got that far before this thread knows it.
    while running.stages().is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    running.signal(Signal::parse(b"USR1").unwrap()).unwrap();
    assert_eq!(running.wait().unwrap_err().exit_code(), 9);
    assert!(directory.path().join("heard").exists());
    let running = session.run(&plain("true")).start().unwrap();
    while running.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(running.signal(Signal::TERM).is_err());
}

#[test]
fn many_runs_are_awaited_without_a_thread_for_each_wait() {
    use std::future::Future;
    use std::sync::mpsc;
    use std::task::{Context, Poll, Wake, Waker};
    struct Ready(mpsc::Sender<usize>, usize);
    impl Wake for Ready {
        fn wake(self: Arc<Self>) {
            let _ = self.0.send(self.1);
        }
    }
    let (sender, receiver) = mpsc::channel();
    let start = |place: usize| {
        let script = plain(&format!("sleep {}ms; exit {place}", 5 * (10 - place)));
        let future = Session::new().run(&script).start().unwrap().wait_async();
        Some(Box::pin(future))
    };
    let mut all: Vec<_> = (0..10).map(start).collect();
    (0..10).for_each(|place| sender.send(place).unwrap());
    let mut left = 10;
    while left > 0 {
        let place = receiver.recv().unwrap();
        let waker = Waker::from(Arc::new(Ready(sender.clone(), place)));
        let Some(future) = &mut all[place] else { continue };
        if let Poll::Ready(report) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            assert_eq!(usize::from(report.unwrap().status()), place);
            all[place] = None;
            left -= 1;
        }
    }
}

// ------------------------------------------------------------------------------------------------ lines and questions

#[test]
fn a_stage_leaves_what_it_has_not_read_to_the_next_reader() {
    let first = |cx: &mut StageCx<'_>| -> Result<u8, StageError> {
        let streams = cx.streams();
        let mut line = String::new();
        streams.stdin.read_line(&mut line)?;
        streams.stdout.write_all(line.to_uppercase().as_bytes())?;
        Ok(0)
    };
    let engine = Engine::builder().stage("first", first).build().expect("it is a name");
    let run = |code: &str| {
        let script = engine.script("t", code).unwrap_or_else(|error| panic!("{error}"));
        engine.session().run(&script).stdin("a\nb\nc\n").read().unwrap_or_else(|error| panic!("{error}"))
    };
    assert_eq!(run("first; echo $[read_line()]; cat"), "A\nb\nc");
    assert_eq!(run("cat > f; { first; cat } < f; rm f"), "A\nb\nc");
    assert_eq!(run("cat | { first; first; cat }"), "A\nB\nc");
}

#[test]
fn a_host_without_a_terminal_declares_how_its_user_is_asked() {
    let script = "let name = input('Name? '); if (confirm(\"Greet $name? \")) { echo \"Hello $name\" }";
    let engine = Engine::builder().build().expect("nothing is refused");
    let script_of = |engine: &Engine| engine.script("t", script).unwrap_or_else(|error| panic!("{error}"));
    let error = engine.session().run(&script_of(&engine)).read().expect_err("there is no terminal");
    assert_eq!(error.diagnostic().code.id(), "E1028");
    let engine = Engine::builder()
        .function("input", |_: String| "Ada")
        .function("confirm", |question: String| question == "Greet Ada? ")
        .build()
        .expect("a host may have these");
    let said = engine.session().run(&script_of(&engine)).read().expect("it is answered");
    assert_eq!(said, "Hello Ada");
}

#[test]
fn a_function_sees_the_state_of_the_script() {
    let engine = Engine::builder()
        .function_cx("state", |cx: &mut pipewright::FunctionCx<'_>, name: String| {
            let value = cx.env(&name).unwrap_or_default().to_os_string();
            let (at, directory) = (cx.span().start, cx.cwd().display().to_string());
            writeln!(cx.stderr(), "{name} at {at}").unwrap();
            write!(cx.stdout(), "[{directory}]").map(|()| value)
        })
        .function_cx("forever", |cx: &mut pipewright::FunctionCx<'_>| {
            while !cx.cancelled() {
                std::thread::yield_now();
            }
        })
        .build()
        .unwrap();
    let text = "cd /usr; env.A = 'x'; echo $[state('A')]; let b = state('B'); with cwd='/etc', env={B: 'y'} { echo $[state('B')]$b }";
    let captured = engine.session().run(&script(&engine, text)).capture().unwrap();
    assert_eq!(String::from_utf8_lossy(&captured.stdout), "[/usr]x\n[/usr][/etc]y\n");
    assert_eq!(String::from_utf8_lossy(&captured.stderr).lines().count(), 3);
    let run =
        |text: &str| engine.session().run(&script(&engine, text)).timeout(Duration::from_millis(50)).status();
    assert_eq!(run("forever()").unwrap_err().kind(), ErrorKind::TimedOut);
    let wrong = engine.script("t", "state(1, 2)").unwrap_err();
    assert!(wrong.to_string().contains("takes one argument"), "{wrong}");
}
