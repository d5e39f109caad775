//! Tests late output: a program has ended, and a process that it left behind still prints. A capture waits for the
//! end of file, as in sh. dash, bash and Pipewright run each writer here, and all must give the same result.
//!
//! The limits of a running program also bound the wait: a time limit, a signal, a host.

use crate::support;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::support::Run;
use crate::support::marked::processes_with;
use pipewright::{CancelToken, ErrorKind, Output, Script, Session};
use rustix::process::{Pid, Signal, kill_process};

/// Commands that mean the same in sh and here.
const WRITERS: &[(&str, &str)] = &[
    ("a child that is left", "sh -c '(sleep 0.3; echo late) & echo now'"),
    ("two, one after the other", "sh -c '(sleep 0.1; echo b) & (sleep 0.4; echo c) & echo a'"),
    ("one that prints again and again", "sh -c '(for i in 1 2 3 4; do sleep 0.15; echo $i; done) & echo 0'"),
    ("a session of its own", "setsid -f sh -c 'sleep 0.3; echo late'"),
    ("a child of nohup", "sh -c 'nohup sh -c \"sleep 0.3; echo late\" 2> /dev/null & echo now'"),
    ("a daemon, forked twice", "sh -c '(setsid sh -c \"sleep 0.3; echo late\" &) & echo now'"),
    ("a process substitution of bash", "bash -c 'seq 3 | tee >(sleep 0.3; sed s/^/copy/) > /dev/null'"),
    ("a coprocess of bash", "bash -c 'exec 3>&1; coproc { sleep 0.3; echo late >&3; }; echo now'"),
    ("one that closes the pipe and goes on", "sh -c '(sleep 0.3; echo late; exec >&-; sleep 2) & echo now'"),
    ("more than a pipe holds", "sh -c '(sleep 0.2; seq 50000) & echo now'"),
    ("a first stage", "sh -c '(sleep 0.3; echo late) & echo now' | tr a-z A-Z"),
    ("every stage", "sh -c '(sleep 0.2; echo late) & echo now' | sh -c '(sleep 0.4; echo later) & cat'"),
    ("a group of commands", "{ sh -c '(sleep 0.3; echo late) & echo now'; echo then; }"),
    ("a block that is piped", "{ sh -c '(sleep 0.3; echo late) & echo now'; echo then; } | cat"),
    ("standard error", "sh -c '(sleep 0.3; echo late >&2) & echo now' 2>&1"),
    ("a failure that is absorbed", "{ sh -c '(sleep 0.3; echo late) & exit 3' || echo failed; }"),
    ("one that is killed", "{ sh -c '(sleep 0.3; echo late) & kill -9 $$' || echo killed; }"),
    ("a capture in a capture", "echo \"$(sh -c '(sleep 0.3; echo late) & echo now')\""),
];

/// Commands that only bash has.
const WRITERS_OF_BASH: &[(&str, &str)] = &[
    ("a reader of a process substitution", "cat <(sh -c '(sleep 0.3; echo late) & echo now')"),
    ("a writer to one", "echo x > >(sh -c '(sleep 0.3; echo late) & cat')"),
];

/// The ways to capture the output of `COMMANDS` and to print it again.
const WAYS: &[&str] = &[
    "let x = $(COMMANDS)\nprintf '%s\\n' $x",
    "printf '%s\\n' \"$(COMMANDS)\"",
    "for line in (lines { COMMANDS }) { echo $line }",
    "printf '%s' $[bytes { COMMANDS }]",
    "let c = capture { COMMANDS }\nprintf '%s' ${c.out}",
    "let c = capture { COMMANDS }\nprintf '%s' ${c.out}\ntest \"${c.status}\" = 0",
    "with idle_timeout=30s { COMMANDS }",
    "with timeout=30s { let x = $(COMMANDS)\nprintf '%s\\n' $x }",
    "let job = spawn { let x = $(COMMANDS)\nprintf '%s\\n' $x }\nwait",
    "COMMANDS | cat",
    "COMMANDS | each line { echo $line }",
];

#[test]
fn late_output_is_not_lost() {
    std::thread::scope(|scope| {
        for (writers, shells) in [(WRITERS, &["dash", "bash"][..]), (WRITERS_OF_BASH, &["bash"])] {
            for (name, commands) in writers {
                scope.spawn(move || same_as(shells, name, commands));
            }
        }
    });
}

fn same_as(shells: &[&str], name: &str, commands: &str) {
    let expected = shells.iter().map(|shell| {
        let code = format!("x=$({commands}); printf '%s\\n' \"$x\"");
        sorted(&Run::new(shell).arg("-c").arg(code).run().success().out())
    });
    let expected: Vec<Vec<String>> = expected.collect();
    let first = &expected[0];
    assert!(expected.iter().all(|other| other == first), "{name}: {expected:?}");
    for way in WAYS {
        let code = way.replace("COMMANDS", commands);
        let ran = Run::code(&code).run();
        assert_eq!((ran.status, &sorted(&ran.out())), (0, first), "{name}:\n{code}\n{ran}");
    }
}

/// Returns the lines sorted, because on a busy machine two writers may print in a different order than their delays
/// suggest.
fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn json_waits_too() {
    let code =
        "let x = json { sh -c '(sleep 0.3; echo \"\\\"late\\\"]\") & echo \"[\\\"now\\\",\"' }\necho ${x[1]}";
    assert_eq!(Run::code(code).run().success().out(), "late\n");
}

/// Starts a script in the background with a marker in its environment, by which its processes are found.
fn marked(marker: &str, code: &str) -> (Command, String) {
    let marker = format!("{marker}-{}", std::process::id());
    let mut command = Command::new(support::pipewright());
    command.env_clear().env("PATH", support::path()).env("LATE", &marker).args(["-c", code]);
    (command, format!("LATE={marker}"))
}

/// A way in which a host ends a run.
type End<'a> = &'a dyn Fn(&mut Session);

/// The processes that hold the pipe while nothing else runs.
const HOLDERS: &[(&str, &str)] = &[
    ("a child", "sh -c 'sleep 60 & echo up'"),
    ("one that ignores TERM", "sh -c '(trap \"\" TERM; sleep 60; sleep 60) & echo up'"),
    ("a session", "setsid -f sh -c 'echo up; sleep 60'"),
    ("a daemon", "sh -c '(setsid sleep 60 &); echo up'"),
];

/// The places where such a process holds the pipe.
const PLACES: &[&str] = &[
    "let x = $(HOLDER)",
    "let x = $(true; HOLDER)",
    "let c = capture { HOLDER }",
    "with idle_timeout=1h { HOLDER }",
    "let job = spawn { let x = $(HOLDER) }\nwait",
    "let x = $(HOLDER | cat)",
];

#[test]
fn a_time_limit_ends_the_wait_and_the_process_that_holds_the_pipe() {
    for (name, holder) in HOLDERS {
        for place in PLACES {
            let place = place.replace("HOLDER", holder);
            let code = format!("with timeout=200ms, grace=100ms {{ {place} }}");
            let (mut command, marker) = marked("limit", &code);
            let started = Instant::now();
            let output = command.stdin(Stdio::null()).output().expect("it starts");
            let error = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(124), "{name}: {code}\n{error}");
            assert!(error.contains("E3003") && !error.contains("left running"), "{name}: {code}\n{error}");
            assert!(started.elapsed() < Duration::from_secs(5), "{name}: {code}: {:?}", started.elapsed());
            assert_eq!(processes_with(&marker), [], "{name}: {code}");
        }
    }
}

#[test]
fn silence_of_the_process_that_holds_the_pipe_is_what_idle_timeout_is_about() {
    for (name, holder) in HOLDERS {
        let (mut command, marker) =
            marked("idle", &format!("with idle_timeout=300ms, grace=100ms {{ {holder} }}"));
        let output = command.stdin(Stdio::null()).output().expect("it starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*output.stdout), (Some(124), &b"up\n"[..]), "{name}: {error}");
        assert!(error.contains("no output for 300ms"), "{name}: {error}");
        assert_eq!(processes_with(&marker), [], "{name}");
    }
    let talks = "with idle_timeout=1s { sh -c '(for i in 1 2 3 4; do sleep 0.4; echo $i; done) & echo 0' }";
    assert_eq!(Run::code(talks).run().success().out(), "0\n1\n2\n3\n4\n");
}

#[test]
fn a_signal_ends_the_wait_and_the_process_that_holds_the_pipe() {
    for (name, holder) in HOLDERS {
        for place in PLACES {
            let place = place.replace("HOLDER", &holder.replace("echo up", "touch up"));
            let code = format!("defer {{ echo cleaned }}\nwith grace=100ms {{ {place} }}");
            let directory = tempfile::tempdir().expect("a temporary directory");
            let (mut command, marker) = marked("signal", &code);
            command.current_dir(directory.path()).stdin(Stdio::null()).stdout(Stdio::piped());
            let child = command.stderr(Stdio::piped()).spawn().expect("it starts");
            let up = directory.path().join("up");
            let started = Instant::now();
            while !up.exists() {
                assert!(started.elapsed() < Duration::from_secs(20), "{name}: {code}");
                std::thread::sleep(Duration::from_millis(2));
            }
            kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
            let started = Instant::now();
            let output = child.wait_with_output().expect("it is ours");
            assert!(!output.status.success(), "{name}: {code}");
            assert_eq!(output.stdout, b"cleaned\n", "{name}: {code}");
            assert!(started.elapsed() < Duration::from_secs(5), "{name}: {code}: {:?}", started.elapsed());
            assert_eq!(processes_with(&marker), [], "{name}: {code}");
        }
    }
}

#[test]
fn late_output_on_standard_error_is_kept_too() {
    let code =
        "let c = capture { sh -c '(sleep 0.3; echo late >&2) & echo now' }\necho \"${c.out}|${c.err}\"";
    assert_eq!(Run::code(code).run().success().out(), "now\n|late\n\n");
}

// ---------------------------------------------------------------------------------------------------- in a host

/// A session with a marker in its environment, by which its processes are found.
fn session(name: &str) -> (Session, String) {
    let value = format!("{name}-{}", std::process::id());
    let mut session = Session::new();
    session.set_env("PATH", support::path()).expect("it is a name");
    session.set_env("LATE", &value).expect("it is a name");
    (session, format!("LATE={value}"))
}

#[test]
fn a_host_gets_what_comes_late() {
    let script = Script::parse("t", "sh -c '(sleep 0.3; echo late; echo error >&2) & echo now'").unwrap();
    let (mut session, _) = session("host");
    assert_eq!(session.run(&script).stderr(Output::Null).read().unwrap(), "now\nlate");
    let captured = session.run(&script).capture().unwrap();
    assert_eq!((&*captured.stdout, &*captured.stderr), (&b"now\nlate\n"[..], &b"error\n"[..]));
    let (sender, lines) = channel();
    let each = move |line: &[u8]| sender.send(line.to_vec()).unwrap_or_default();
    let run = session.run(&script).stdout(Output::lines(each)).stderr(Output::Null);
    run.start().unwrap().wait().unwrap();
    assert_eq!(lines.iter().collect::<Vec<_>>(), [b"now".to_vec(), b"late".to_vec()]);
}

#[test]
fn a_host_ends_the_wait_and_the_process_that_holds_the_pipe() {
    for (name, holder) in HOLDERS {
        for place in
            ["HOLDER", "let x = $(HOLDER)", "let c = capture { HOLDER }", "with idle_timeout=1h { HOLDER }"]
        {
            let text = format!("with grace=100ms {{ {} }}", place.replace("HOLDER", holder));
            let script = Script::parse("t", text.as_str()).unwrap();
            let (mut session, marker) = session("ended");
            let ends: [(&str, End<'_>); 3] = [
                ("limit", &|session| {
                    let run = session.run(&script).timeout(Duration::from_millis(300));
                    assert_eq!(run.read().unwrap_err().kind(), ErrorKind::TimedOut, "{name}: {text}");
                }),
                ("token", &|session| {
                    let token = CancelToken::new().unwrap();
                    let run = session.run(&script).cancel(&token).stderr(Output::Null);
                    let canceller = std::thread::spawn(move || {
                        std::thread::sleep(Duration::from_millis(300));
                        token.cancel();
                    });
                    assert_eq!(run.read().unwrap_err().kind(), ErrorKind::Cancelled, "{name}: {text}");
                    canceller.join().unwrap();
                }),
                ("drop", &|session| {
                    let nothing = |_: &[u8]| {};
                    let run = session.run(&script).stdout(Output::lines(nothing)).start().unwrap();
                    std::thread::sleep(Duration::from_millis(300));
                    drop(run);
                }),
            ];
            for (end, run) in ends {
                let started = Instant::now();
                run(&mut session);
                // The output of the run is not part of the block, so it has the default grace of 5 s.
                let took = started.elapsed();
                assert!(took < Duration::from_secs(15), "{end}, {name}: {text}: {took:?}");
                assert_eq!(processes_with(&marker), [], "{end}, {name}: {text}");
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------- at a terminal

/// Returns the marked processes that are neither the prompt nor one of its own.
#[cfg(feature = "prompt")]
fn programs_with(marker: &str) -> Vec<String> {
    let names = processes_with(marker).into_iter().map(|(_, name)| name);
    names.filter(|name| !name.contains("(pipewright)") && !name.contains("(pw-")).collect()
}

#[test]
#[cfg(feature = "prompt")]
fn a_key_ends_the_wait_of_a_prompt() {
    use crate::support::home::Home;
    use crate::support::pty::Terminal;
    for entry in ["let x = $(setsid -f sleep 60)", "let x = $(true; setsid -f sleep 60)"] {
        let home = Home::new();
        let value = format!("prompt-{}", std::process::id());
        let mut terminal = Terminal::start(home.command().env("LATE", &value));
        terminal.ready();
        terminal.start_line(entry);
        terminal.expect("waiting for `sleep` (PID ");
        terminal.keys("\x03");
        terminal.ready();
        assert_eq!(programs_with(&format!("LATE={value}")), Vec::<String>::new(), "{entry}");
        terminal.line("exit");
        terminal.end();
    }
}

#[test]
#[cfg(feature = "prompt")]
fn a_user_at_a_terminal_is_told_what_is_waited_for() {
    use crate::support::pty::Terminal;
    for (code, what) in [
        ("let x = $(sh -c 'sleep 60 & echo up')", "`sh`"),
        ("let x = $(true; sh -c 'sleep 60 & echo up')", "the block at -c:1:9"),
        ("for x in a b with jobs=2 { if (x == \"b\") { sh -c 'sleep 60 & echo up' } }", "turn 2, for b"),
    ] {
        let (mut command, marker) = marked("terminal", code);
        let mut terminal = Terminal::start(&mut command);
        terminal.expect("waiting for `sleep` (PID ");
        terminal.expect(&format!("), which still holds the output of {what}"));
        terminal.keys("\x03");
        let (status, _) = terminal.end();
        assert!(!status.success(), "{code}: {status}");
        assert_eq!(processes_with(&marker), [], "{code}");
    }
}
