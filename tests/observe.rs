//! Tests what a host sees of a run while it is running, and what it can control outside of the script.

use pipewright::{AuditLog, Engine, ErrorKind, Event, Input, Script, Session, StageEnd, Value};
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn script(text: &str) -> Script {
    Script::parse("t", text).unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

/// Returns a line for each event of a run, with `P` for process IDs. The result of the run is ignored.
fn events(text: &str) -> Vec<String> {
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let lines = log.clone();
    let words = |argv: &[Vec<u8>]| {
        argv.iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join(" ")
    };
    let engine = Engine::builder()
        .observer(move |event: &Event<'_>| {
            let line = match *event {
                Event::Spawned { argv, place, depth, detached, .. } => {
                    let detached = if detached { " detached" } else { "" };
                    format!("+{depth} {} at {place}{detached}", words(argv))
                }
                Event::Ended { report, depth, .. } => {
                    assert!(report.pid.is_some());
                    assert!(report.max_rss > 0 || report.end == StageEnd::Abandoned, "{report:?}");
                    format!("-{depth} {} {}", words(&report.argv), report.end.status())
                }
                Event::Pipeline { report, depth, .. } => {
                    let stages = report.stages().iter().map(|stage| words(&stage.argv));
                    let stages = stages.collect::<Vec<_>>().join(" | ");
                    format!("={depth} {stages} at {}: {}", report.place(), report.status())
                }
                Event::Builtin { argv, place, depth, .. } => format!("*{depth} {} at {place}", words(argv)),
                Event::Redirected { operator, path, place, depth, .. } => {
                    format!("*{depth} {operator} {} at {place}", String::from_utf8_lossy(path))
                }
                Event::Warning { message, .. } => format!("! {message}"),
                _ => "another".to_owned(),
            };
            lines.lock().unwrap().push(line);
        })
        .build()
        .unwrap();
    let _ = engine.session().run(&script(text)).stderr(pipewright::Output::Null).capture();
    std::mem::take(&mut *log.lock().unwrap())
}

#[test]
fn each_program_and_pipeline_is_reported() {
    for (text, expected) in [
        (
            "/bin/echo a | /bin/cat",
            &[
                "+0 /bin/echo a at t:1:1",
                "+0 /bin/cat at t:1:15",
                "-0 /bin/echo a 0",
                "-0 /bin/cat 0",
                "=0 /bin/echo a | /bin/cat at t:1:1: 0",
            ][..],
        ),
        (
            "sh -c 'exit 3' || true",
            &[
                "+0 sh -c exit 3 at t:1:1",
                "-0 sh -c exit 3 3",
                "=0 sh -c exit 3 at t:1:1: 3",
                "*0 true at t:1:19",
                "=0 true at t:1:19: 0",
            ],
        ),
        (
            "sh -c 'kill -9 $$' || true",
            &[
                "+0 sh -c kill -9 $$ at t:1:1",
                "-0 sh -c kill -9 $$ 137",
                "=0 sh -c kill -9 $$ at t:1:1: 137",
                "*0 true at t:1:23",
                "=0 true at t:1:23: 0",
            ],
        ),
        (
            "cd /nonexistent || echo x",
            &[
                "*0 cd /nonexistent at t:1:1",
                "=0 cd /nonexistent at t:1:1: 1",
                "*0 echo x at t:1:20",
                "=0 echo x at t:1:20: 0",
            ],
        ),
        (
            "/bin/true > /dev/null",
            &[
                "*0 > /dev/null at t:1:13",
                "+0 /bin/true at t:1:1",
                "-0 /bin/true 0",
                "=0 /bin/true at t:1:1: 0",
            ],
        ),
        ("let x = \"$(echo y)\"", &["*1 echo y at t:1:12", "=1 echo y at t:1:12: 0"]),
        (
            "let s = secret('hunter2')\n/bin/echo $[s.reveal()]",
            &["+0 /bin/echo *** at t:2:1", "-0 /bin/echo *** 0", "=0 /bin/echo *** at t:2:1: 0"],
        ),
        ("with detach=true { /bin/true }", &["+0 /bin/true at t:1:20 detached"]),
    ] {
        assert_eq!(events(text), expected, "{text}");
    }
}

#[test]
fn messages_that_are_not_failures_are_warnings() {
    let told = events("let n = 0; with retry=1, backoff=1ms { n += 1; if (n == 1) { sh -c 'exit 4' } }");
    let warnings: Vec<_> = told.iter().filter(|line| line.starts_with('!')).collect();
    assert_eq!(warnings.len(), 1, "{told:?}");
    assert!(warnings[0].starts_with("! t:1:62: run 1 of 2 failed: `sh` exited with 4; again"), "{told:?}");
}

#[test]
fn a_stage_that_was_started_before_one_that_could_not_be_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("none");
    std::fs::write(&file, "no program").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let told = events(&format!("/bin/sleep 60 | {}", file.display()));
    assert_eq!(told.iter().filter(|line| line.starts_with("+0 /bin/sleep 60")).count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|line| line.starts_with("-0 /bin/sleep 60")).count(), 1, "{told:?}");
}

#[test]
fn an_observer_that_panics_does_not_end_the_run_and_others_are_called() {
    let count = Arc::new(Mutex::new(0));
    let counted = count.clone();
    let engine = Engine::builder()
        .observer(|_: &Event<'_>| panic!("on purpose"))
        .observer(move |_: &Event<'_>| *counted.lock().unwrap() += 1)
        .build()
        .unwrap();
    assert_eq!(engine.session().run(&script("/bin/echo x | cat")).read().unwrap(), "x");
    assert_eq!(*count.lock().unwrap(), 5);
}

#[test]
fn background_programs_are_observed() {
    let running = Session::new().run(&script("/bin/sleep 60 | /bin/sleep 61")).start().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while running.stages().len() < 2 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    let stages = running.stages();
    let argv: Vec<_> = stages.iter().map(|stage| stage.argv.join(&b' ')).collect();
    assert_eq!(argv, [b"/bin/sleep 60", b"/bin/sleep 61"]);
    running.signal(pipewright::Signal::TERM).unwrap();
    let error = running.wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Script);
}

#[test]
fn a_call_of_a_function_is_configured_as_a_run() {
    let mut session = Session::new();
    let text = "let calls = 0\nfn upper(prefix) { calls += 1; echo $prefix; tr a-z A-Z }\nfn slow() { sleep 60 }\n\
                fn twice(n: int) { return n * 2 }";
    session.run(&script(text)).status().unwrap();
    let said = session.run_function("upper", &[Value::from("> ")]).stdin("text").read().unwrap();
    assert_eq!(said, "> \nTEXT");
    assert_eq!(session.get::<i64>("calls").unwrap(), 1);
    let started = Instant::now();
    let late = session.run_function("slow", &[]).timeout(Duration::from_millis(100)).status().unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(30));
    let doubled = session.run_function("twice", &[Value::from(21)]).value().unwrap();
    assert!(matches!(doubled, Value::Int(42)), "{doubled:?}");
    let background = session.run_function("upper", &[Value::from("x")]).stdin(Input::Null);
    assert!(background.stdout(pipewright::Output::Null).start().unwrap().wait().unwrap().success());
    let missing = session.run_function("none", &[]).status().unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::UnknownFunction);
    assert!(session.call("twice", &[]).is_err());
}

#[test]
fn a_dry_run_does_nothing_and_help_is_printed() {
    let directory = tempfile::tempdir().unwrap();
    let mut session = Session::new();
    session.set_cwd(directory.path()).unwrap();
    let said = session.run(&script("touch made; echo x > other")).dry_run().read().unwrap();
    assert!(said.contains("touch made"), "{said}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    let main = script("# Greets.\nfn main(name) { touch made }");
    let help = session.run(&main).args(["--help"]).read().unwrap();
    assert!(help.starts_with("usage: t NAME\n"), "{help}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_run_of_a_host_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    Session::new().run(&script("/bin/true")).audit(AuditLog::open(&log).unwrap()).status().unwrap();
    let found = AuditLog::verify(&std::fs::read(&log).unwrap()).unwrap();
    assert_eq!((found.runs, found.unfinished.len()), (1, 0));
    assert!(std::fs::read_to_string(&log).unwrap().contains("\"/bin/true\""));
}

#[test]
fn an_input_that_can_not_be_read_is_an_error_of_its_reader() {
    let error = Session::new().run(&script("cat")).stdin(Input::Unreadable).capture().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Script);
    assert_eq!(Session::new().run(&script("/bin/echo x")).stdin(Input::Unreadable).read().unwrap(), "x");
}
