//! Tests front ends: a script in parts, in a process that is not its own.
use pipewright::dialog::{Dialog, Ended, News};
use pipewright::policy::Rules;
use pipewright::{Engine, ErrorKind, Limits, Output, Session};
use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

/// Runs an entry. Returns its output, with how it ended as the last line.
#[track_caller]
fn enter(dialog: &mut Dialog, text: &str) -> Vec<String> {
    let (sender, lines) = channel();
    let send = move |line: &[u8]| sender.send(String::from_utf8_lossy(line).into_owned()).unwrap_or_default();
    let entry = dialog.check("cell", text).expect("it passes the check");
    let ended = dialog.run(entry.stdout(Output::lines(send)));
    let end = match ended {
        Ended::Value(value) => value.display(80),
        Ended::Failed(error) => error.to_string(),
        other => format!("{other:?}"),
    };
    lines.iter().chain([end]).collect()
}

fn lives(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

#[test]
fn entries_share_what_they_declare_and_nothing_is_the_process_s() {
    let directory = tempfile::tempdir().expect("there is room");
    fs::create_dir(directory.path().join("sub")).expect("it is ours");
    fs::write(directory.path().join("lib.pw"), "fn twice(x) { return x * 2 }\n").expect("it is ours");
    let mut session = Session::new();
    session.set_cwd(directory.path()).expect("it is there");
    session.set("start", 20);
    let here = std::env::current_dir().expect("there is one");
    let mut dialog = Dialog::new(session).expect("there is room");
    let mut other = Dialog::new(Session::new()).expect("there is room");
    assert_eq!(enter(&mut dialog, "use \"lib.pw\"; let n = lib.twice(start) + 1; cd sub"), ["null"]);
    assert_eq!(enter(&mut dialog, "n += 1; pwd | sed 's:.*/::'; echo $n"), ["sub", "42", "null"]);
    assert_eq!(enter(&mut dialog, "env.GREETING = 'hi'; printenv GREETING"), ["hi", "null"]);
    assert!(dialog.cwd().ends_with("sub") && other.cwd() == here);
    assert_eq!(std::env::current_dir().expect("there is one"), here);
    assert!(other.env("GREETING").is_none() && other.check("cell", "echo $n").is_err());
    assert_eq!(enter(&mut other, "cat"), ["null"], "there is nothing to read");
}

#[test]
fn a_failed_entry_declares_nothing_and_the_next_entry_runs() {
    let mut dialog = Dialog::new(Session::new()).expect("there is room");
    assert_eq!(enter(&mut dialog, "let a = 1; false; let b = 2"), ["cell:1:12: `false` exited with 1"]);
    assert_eq!(enter(&mut dialog, "echo $a"), ["1", "null"]);
    assert!(dialog.check("cell", "echo $b").is_err());
    assert_eq!(enter(&mut dialog, "exit 3"), ["Exit(3)"]);
}

#[test]
fn an_entry_that_was_checked_before_another_ran_is_checked_again() {
    let mut dialog = Dialog::new(Session::new()).expect("there is room");
    let mut other = Dialog::new(Session::new()).expect("there is room");
    let check = |dialog: &Dialog, text| dialog.check("cell", text).expect("it passes the check");
    let [first, second] = ["fn f() { return 1 }; let a = f()", "let b = 2"].map(|text| check(&dialog, text));
    dialog.run(first);
    dialog.run(second);
    assert_eq!(enter(&mut dialog, "echo $a $b $[f()]"), ["1 2 1", "null"]);
    let stranger = check(&dialog, "echo $a");
    let ended = other.run(stranger);
    assert!(matches!(&ended, Ended::Failed(error) if error.exit_code() == 2), "{ended:?}");
}

#[test]
fn a_program_of_the_front_end_gets_its_arguments_byte_for_byte() {
    let mut dialog = Dialog::new(Session::new()).expect("there is room");
    let argv: [&[u8]; 5] = [b"printf", b"<%s>\\n", b"$(x) 'y\n", b"", b"-\xff"];
    let (sender, lines) = channel();
    let send = move |line: &[u8]| sender.send(line.to_vec()).unwrap_or_default();
    let entry = dialog.program(&argv).expect("it passes the check").stdout(Output::lines(send));
    assert!(matches!(dialog.run(entry), Ended::Value(_)));
    assert_eq!(lines.iter().collect::<Vec<_>>().join(&b'\n'), b"<$(x) 'y\n>\n<>\n<-\xff>");
    assert!(dialog.program(&["printf", "a\0b"]).is_err());
    assert!(dialog.program(&[] as &[&str]).is_err());
}

#[test]
fn a_token_ends_the_entry_and_its_programs_and_no_other() {
    let mut dialog = Dialog::new(Session::new()).expect("there is room");
    let token = dialog.cancel_token();
    let (ready, begun) = channel();
    let stop = thread::spawn(move || {
        begun.recv().expect("the program has begun");
        token.cancel();
    });
    let send = move |_: &[u8]| ready.send(()).unwrap_or_default();
    let entry =
        dialog.check("cell", "sh -c 'echo ready; sleep 1000' | cat; echo not this").expect("it is fine");
    let ended = dialog.run(entry.stdout(Output::lines(send)));
    assert!(matches!(ended, Ended::Signal(_)), "{ended:?}");
    stop.join().expect("it ends");
    assert_eq!(enter(&mut dialog, "echo next"), ["next", "null"]);
}

#[test]
fn jobs_run_beside_the_entries_and_end_with_the_dialog() {
    let mut dialog = Dialog::new(Session::new()).expect("there is room");
    enter(&mut dialog, "let job = spawn { sh -c 'sleep 1000' }");
    assert_eq!(enter(&mut dialog, "echo beside"), ["beside", "null"]);
    let pid = enter(&mut dialog, "while (job.pid == null) { sleep 0.01 }; echo $[job.pid]").remove(0);
    let [job] = &dialog.jobs()[..] else { panic!("one job: {:?}", dialog.jobs()) };
    assert_eq!((job.number(), job.is_suspended()), (1, false));
    assert!(lives(&pid));
    drop(dialog);
    assert!(!lives(&pid));
}

#[test]
fn jobs_that_end_are_reported_once() {
    let mut dialog = Dialog::new(Session::new()).expect("there is room");
    enter(&mut dialog, "sh -c 'exit 3' &");
    let news = loop {
        let news = dialog.news();
        if !news.is_empty() {
            break news;
        }
        thread::yield_now();
    };
    let [(job, News::Ended(Ended::Failed(error)))] = &news[..] else { panic!("{news:?}") };
    assert_eq!((&*job.text(), error.exit_code()), ("sh -c 'exit 3'", 3));
    assert!(dialog.news().is_empty() && dialog.job(Some(1)).is_none());
}

#[test]
fn policy_and_limits_of_the_engine_hold() {
    let rules = Rules::new().allow_run(&["echo", "**"]).expect("it is a pattern");
    let mut limits = Limits::default();
    limits.steps = Some(100);
    let engine = Engine::builder().policy(rules).limits(limits).build().expect("nothing is wrong");
    let mut dialog = Dialog::new(engine.session()).expect("there is room");
    let entry = dialog.check("cell", "env true").expect("it is fine");
    let ended = dialog.run(entry);
    assert!(matches!(&ended, Ended::Failed(error) if error.kind() == ErrorKind::Policy), "{ended:?}");
    for text in ["while (true) { try { let n = 1 } catch e { } }", "let more = 1"] {
        let ended = dialog.run(dialog.check("cell", text).expect("it is fine"));
        assert!(matches!(&ended, Ended::Failed(error) if error.kind() == ErrorKind::Limit), "{ended:?}");
    }
}

#[test]
fn a_writer_that_fails_is_the_host_s_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut dialog = Dialog::new(Session::new()).expect("there is room");
    let entry = dialog.check("cell", "echo text").expect("it is fine").stdout(Output::Writer(Box::new(Full)));
    let ended = dialog.run(entry);
    assert!(matches!(&ended, Ended::Failed(error) if error.kind() == ErrorKind::Host), "{ended:?}");
    assert_eq!(enter(&mut dialog, "echo next"), ["next", "null"]);
}

#[test]
fn an_entry_waits_for_what_comes_late_but_not_for_the_jobs_that_it_leaves() {
    let mut dialog = Dialog::new(Session::new()).expect("there is room");
    let late = enter(&mut dialog, "sh -c '(sleep 0.3; echo late) & echo now'");
    assert_eq!(late, ["now", "late", "null"]);
    let job = enter(&mut dialog, "sh -c 'echo up; sleep 60' &\necho beside");
    assert!(job.contains(&"beside".to_string()), "{job:?}");
    assert_eq!(dialog.jobs().len(), 1);
    // A request to end an entry also ends the wait for its output.
    let entry = dialog.check("cell", "sh -c 'sleep 60 & echo up'; kill %1").expect("it passes the check");
    let token = dialog.cancel_token();
    let (sender, lines) = channel();
    let send = move |line: &[u8]| sender.send(line.to_vec()).unwrap_or_default();
    let canceller = thread::spawn(move || {
        lines.recv().expect("a line");
        token.cancel();
    });
    let ended = dialog.run(entry.stdout(Output::lines(send)));
    canceller.join().expect("it does not panic");
    assert!(matches!(ended, Ended::Signal(_)), "{ended:?}");
}
