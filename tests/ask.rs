//! Questions at a terminal: `input`, `confirm`, and `read_line` where the terminal is the standard input.

use crate::support;
use crate::support::Run;
use crate::support::pty::Terminal;
use std::fs;
use std::process::Command;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

/// A script at a terminal, below a shell that shows then how it ended and whether the terminal still shows what is
/// typed.
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
