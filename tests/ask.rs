//! Tests questions at a terminal: `input`, `confirm`, and `read_line` if the terminal is the standard input.

use crate::support;
use crate::support::Run;
use crate::support::pty::{self, Terminal};
use pipewright::{CancelToken, Engine, Error, ErrorKind, Limits, Report, Run as HostRun, Script};
use std::fs;
use std::io::Read;
use std::process::Command;
use std::time::{Duration, Instant};

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

/// Starts a script at a terminal, below a shell that then shows how it ended and whether the terminal still echoes.
fn at_terminal(code: &str, around: &str) -> Terminal {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("trap : INT; {around}; echo \"status $?\"; stty -a | tr ' ' '\\n' | grep -x -e -echo -e echo -e icanon")])
        .env_clear()
        .env("PATH", support::path())
        .env("PW", support::pipewright())
        .env("CODE", code);
    Terminal::start(&mut command)
}

const PLAIN: &str = "\"$PW\" -c \"$CODE\"";
const SANE: &str = "icanon\necho\n";

#[test]
fn the_answer_is_the_line_that_is_typed() {
    let mut terminal =
        at_terminal("let name = input('Name? '); echo \"[$name]\"; echo $[read_line()]", PLAIN);
    terminal.expect("Name? ");
    terminal.line("Ada L");
    terminal.expect("[Ada L]\n");
    terminal.line("next");
    let (_, shown) = terminal.end();
    assert_eq!(shown, format!("next\nnext\nstatus 0\n{SANE}"));
}

#[test]
fn the_question_is_asked_at_the_terminal_when_the_streams_are_elsewhere() {
    let around = "printf 'x\\ny\\n' | \"$PW\" -c \"$CODE\" > out; cat out";
    let code = "let name = input('Name? '); echo \"[$name]\"; cat";
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut terminal = at_terminal(code, &format!("cd {}; {around}", directory.path().display()));
    terminal.expect("Name? ");
    terminal.line("Ada");
    terminal.expect("[Ada]\nx\ny\nstatus 0");
    terminal.end();
    assert_eq!(fs::read_to_string(directory.path().join("out")).expect("it was made"), "[Ada]\nx\ny\n");
}

#[test]
fn each_line_in_a_pipeline_can_be_asked_about() {
    let code =
        "seq 2 | each n { if (confirm(\"Delete $n? \")) { echo \"gone $n\" } else { echo \"kept $n\" } }";
    let mut terminal = at_terminal(code, PLAIN);
    terminal.expect("Delete 1? [y/N] ");
    terminal.line("maybe");
    terminal.expect("Delete 1? [y/N] ");
    terminal.line("yes");
    terminal.expect("gone 1\nDelete 2? [y/N] ");
    terminal.line("");
    terminal.expect("kept 2\nstatus 0");
}

#[test]
fn a_secret_is_not_shown() {
    let code = "let word = input('Password: ', secret: true); echo \"[$[word.type()]]\"; cat <<< $word; fail \"not hunter2\"";
    let mut terminal = at_terminal(code, PLAIN);
    terminal.expect("Password: ");
    terminal.line("hunter2");
    terminal.expect("\n[secret]\nhunter2\n");
    let (_, shown) = terminal.end();
    assert!(shown.contains("not ***") && shown.ends_with(&format!("status 1\n{SANE}")), "{shown}");
}

#[test]
fn the_terminal_shows_what_is_typed_again_however_a_secret_ends() {
    let ask = "input('Password: ', secret: true)";
    for (code, keys, ends) in [
        (format!("let a = {ask}"), CTRL_C, "status 130"),
        (format!("let a = {ask}; echo $[a == null]"), CTRL_D, "true\nstatus 0"),
        (format!("with timeout=200ms {{ let a = {ask} }}"), "", "status 124"),
    ] {
        let mut terminal = at_terminal(&code, PLAIN);
        terminal.expect("Password: ");
        terminal.keys(keys);
        let (_, shown) = terminal.end();
        assert!(shown.contains(ends) && shown.ends_with(SANE), "{code}: {shown}");
    }
}

#[test]
fn the_terminal_shows_what_is_typed_again_after_a_signal() {
    let code = "echo \"pid $(sh -c 'echo $PPID')\"; let a = input('Password: ', secret: true)";
    let mut terminal = at_terminal(code, PLAIN);
    let shown = terminal.expect("Password: ");
    let pid = shown.split_once("pid ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    let pid = rustix::process::Pid::from_raw(pid.expect("it is shown")).expect("it is above zero");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    let (_, shown) = terminal.end();
    assert!(shown.contains("status 143") && shown.ends_with(SANE), "{shown}");
}

#[test]
fn a_line_at_a_terminal_leaves_the_next_one_to_a_program() {
    let mut terminal = at_terminal("{ each line { echo \"[$line]\"; break }; head -1 }", PLAIN);
    terminal.bytes(b"one\rtwo\r");
    terminal.expect("[one]\n");
    terminal.expect("two\nstatus 0");
}

#[test]
fn without_a_terminal_there_is_an_error_that_nothing_absorbs() {
    let run = |code: &str| Run::new("setsid").arg("-w").arg(support::pipewright()).args(["-c", code]).run();
    let outcome = run("let name = input('Name? ') ?? 'x'; echo \"$name\"");
    assert_eq!((outcome.status, outcome.out()), (1, String::new()), "{outcome}");
    assert!(outcome.err().contains("E1028") && outcome.err().contains("no terminal"), "{outcome}");
    let outcome = run("fn ask() { confirm('Sure? ') }; ask || echo absorbed; echo on");
    assert_eq!((outcome.status, outcome.out()), (1, String::new()), "{outcome}");
}

// ---------------------------------------------------------------------------------------------------- policy and log

const TWO_QUESTIONS: &str =
    "let name = input('Name? ')\nlet key = input('Key? ', secret: true)\necho \"[$name]\"\necho end";

/// Types the answers to these questions, and returns the output after the last one.
fn answer_both(mut terminal: Terminal) -> String {
    terminal.expect("Name? ");
    terminal.line("Ada");
    terminal.expect("Key? ");
    terminal.line("opensesame");
    terminal.end().1
}

#[test]
fn the_audit_log_has_the_questions_and_not_the_answers() {
    for (input, opens) in [("", 0), ("< /dev/null", 2)] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let log = directory.path().join("log");
        let around = format!("\"$PW\" --audit '{}' -c \"$CODE\" {input}", log.display());
        let shown = answer_both(at_terminal(TWO_QUESTIONS, &around));
        assert!(shown.contains("[Ada]\nend\nstatus 0"), "{shown}");
        let text = fs::read_to_string(&log).expect("it was made");
        let records: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("a record is JSON")).collect();
        let of = |event: &str| records.iter().filter(|record| record["event"] == event).collect::<Vec<_>>();
        let asked: Vec<_> =
            of("ask").iter().map(|record| (record["question"].clone(), record["secret"].clone())).collect();
        assert_eq!(asked, [("Name? ".into(), false.into()), ("Key? ".into(), true.into())]);
        assert_eq!(of("ask")[0]["at"], "-c:1:12");
        assert_eq!(of("open").len(), opens, "{text}");
        assert!(of("open").iter().all(|record| record["path"] == "/dev/tty"), "{text}");
        assert!(!text.contains("Ada") && !text.contains("opensesame"), "{text}");
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let run = Run::pipewright().dir(directory.path()).args(["--audit", "log", "-c", "let x = read_line()"]);
    run.stdin("line\n").run().success();
    let text = fs::read_to_string(directory.path().join("log")).expect("it was made");
    assert_eq!(text.lines().count(), 2, "reading the standard input is not recorded: {text}");
}

#[test]
fn a_policy_is_asked_for_a_terminal_that_is_not_the_standard_input() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let policy = |name: &str, rules: &str| {
        let path = directory.path().join(name);
        fs::write(&path, rules).expect("there is room");
        format!("\"$PW\" --policy '{}' -c \"$CODE\"", path.display())
    };
    let nothing = policy("nothing", "[allow]\n");
    let terminal = policy("terminal", "[allow]\nread = ['/dev/tty']\nwrite = ['/dev/tty']\n");
    let reading = policy("reading", "[allow]\nread = ['/dev/tty']\n");
    for around in [nothing.clone(), format!("{terminal} < /dev/null")] {
        let shown = answer_both(at_terminal(TWO_QUESTIONS, &around));
        assert!(shown.contains("[Ada]\nend\nstatus 0"), "{around}: {shown}");
    }
    for (around, refused) in [(nothing, "reading /dev/tty"), (reading, "writing /dev/tty")] {
        for code in ["let name = input('Name? ') ?? 'x'", "if (confirm('Sure? ')) { echo yes }"] {
            let mut terminal = at_terminal(code, &format!("{around} < /dev/null"));
            terminal.expect("E3004");
            terminal.expect(&format!("not allowed by the policy: {refused}"));
            let (_, shown) = terminal.end();
            assert!(shown.contains("status 126"), "{code}: {shown}");
        }
    }
    // The input was given to the run.
    let path = directory.path().join("nothing");
    let run = Run::pipewright().arg("--policy").arg(path).args(["-c", "echo $[read_line()]"]);
    assert_eq!(run.stdin("line\n").run().success().out(), "line\n");
}

// ---------------------------------------------------------------------------------------------------- a host

/// The time after which a question counts as hanging.
const HANG: Duration = Duration::from_secs(5);

/// Runs a script in a host, at a terminal, and ends it once the question is shown. Returns how it ended, and whether
/// the terminal echoes.
fn asked_in_a_host(
    engine: &Engine,
    code: &str,
    end: impl FnOnce(HostRun<'_>, &dyn Fn()) -> ErrorKind,
) -> (ErrorKind, bool) {
    let (mut master, slave) = pty::open();
    let script = Script::parse("test", code).unwrap_or_else(|error| panic!("{}", error.render(false, 100)));
    let mut session = engine.session();
    let run = session.run(&script).stdin(fs::File::from(slave.try_clone().expect("a descriptor is left")));
    // Reads up to the end of the question.
    let shown = std::thread::spawn(move || {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(b"? ") && master.read(&mut byte).is_ok_and(|count| count == 1) {
            text.extend(byte);
        }
        master
    });
    let asked = || {
        while !shown.is_finished() {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let started = Instant::now();
    let kind = end(run, &asked);
    assert!(started.elapsed() < HANG, "{code}");
    let modes = rustix::termios::tcgetattr(&slave).expect("a terminal has modes");
    let _master = shown.join().expect("it does not panic");
    (kind, modes.local_modes.contains(rustix::termios::LocalModes::ECHO))
}

#[test]
fn a_host_ends_a_question() {
    let soon = Duration::from_millis(300);
    let mut limits = Limits::default();
    limits.wall_time = Some(soon);
    let limited = Engine::builder().limits(limits).build().expect("it has no names");
    for code in
        ["let a = input('Name? ')", "let a = input('Key? ', secret: true)", "let a = confirm('Sure? ')"]
    {
        let engine = Engine::default();
        let kind_of = |ended: Result<Report, Error>| ended.expect_err("there is no answer").kind();
        let late = asked_in_a_host(&engine, code, |run, _| kind_of(run.timeout(soon).status()));
        assert_eq!(late, (ErrorKind::TimedOut, true), "{code}: timeout");
        let limited = asked_in_a_host(&limited, code, |run, _| kind_of(run.status()));
        assert_eq!(limited, (ErrorKind::TimedOut, true), "{code}: wall_time");
        let cancelled = asked_in_a_host(&engine, code, |run, asked| {
            let token = CancelToken::new().expect("a descriptor is left");
            let running = run.cancel(&token).start().expect("it starts");
            asked();
            token.cancel();
            kind_of(running.wait())
        });
        assert_eq!(cancelled, (ErrorKind::Cancelled, true), "{code}: token");
        let dropped = asked_in_a_host(&engine, code, |run, asked| {
            let running = run.start().expect("it starts");
            asked();
            drop(running);
            ErrorKind::Cancelled
        });
        assert_eq!(dropped, (ErrorKind::Cancelled, true), "{code}: drop");
    }
}
