//! `progress=…` on a real terminal: the line at the bottom, output that scrolls above it, and no trace of it at the end.
use crate::support;
use crate::support::Run;
use crate::support::home::prompt;
use crate::support::place::Place;
use crate::support::pty::Terminal;
use crate::support::tmux::Tmux;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Prints a percentage, and waits until the file of that name is there.
const STEPS: &str = r#"#!/bin/sh
for percent in "$@"; do
    printf 'copied %s%%\r' "$percent"
    while ! [ -e "$percent" ]; do sleep 0.02; done
done
echo 'copied all'
"#;

/// Reads its input up to a file's being there.
const READER: &str = r#"#!/bin/sh
head -c 400 > /dev/null
while ! [ -e go ]; do sleep 0.02; done
cat > /dev/null
"#;

fn place() -> Place {
    let place = Place::new();
    place.write_program("steps", STEPS);
    place.write_program("reader", READER);
    place
}

/// Runs a script in a pane, which stays when it has ended.
fn pane<'a>(work: &'a Path, script: &str, columns: usize) -> Tmux<'a> {
    std::fs::write(work.join("script.pw"), script).expect("a file can be written");
    let tmux = Tmux(work);
    let binary = support::pipewright();
    let shown =
        format!("trap : INT; cd {} && {} script.pw; echo status $?; cat", work.display(), binary.display());
    tmux.run(&["new-session", "-d", "-x", &columns.to_string(), "-y", "12", &shown]);
    tmux
}

/// Returns the rows of a screen, without those at its end that are empty.
fn rows(screen: &str) -> Vec<&str> {
    screen.trim_end().lines().map(str::trim_end).collect()
}

#[test]
fn a_program_that_prints_percentages_has_a_line_below_what_it_prints() {
    if !support::have("tmux") {
        return;
    }
    let place = place();
    let work = place.work();
    let tmux = pane(&work, "with progress=\"percent\" { ./steps 10 50 }\necho after\n", 40);
    let shown = tmux.await_pane("10%", |shown| shown.contains("./steps: 10%"));
    assert_eq!(rows(&shown)[0], "copied 10%");
    place.write("10", "");
    let shown = tmux.await_pane("50%", |shown| shown.contains("./steps: 50%"));
    assert_eq!(rows(&shown).len(), 2, "{shown}");
    place.write("50", "");
    let shown = tmux.await_pane("the end", |shown| shown.contains("status 0"));
    assert_eq!(rows(&shown), ["copied all", "after", "status 0"]);
}

#[test]
fn the_line_survives_a_terminal_that_becomes_narrow_and_wide_again() {
    if !support::have("tmux") {
        return;
    }
    let place = place();
    let work = place.work();
    let tmux = pane(&work, "with progress=\"percent\" { echo first; ./steps 10 50 }\n", 60);
    tmux.expect("echo: 10%");
    for (columns, percent) in [("14", "10"), ("50", "50")] {
        tmux.run(&["resize-window", "-x", columns, "-y", "12"]);
        place.write(percent, "");
    }
    let shown = tmux.await_pane("the end", |shown| shown.contains("status 0"));
    assert_eq!(rows(&shown), ["first", "copied all", "status 0"]);
}

#[test]
fn a_file_of_a_redirection_is_measured() {
    if !support::have("tmux") {
        return;
    }
    let place = place();
    place.write("big", [b'x'; 1000]);
    let work = place.work();
    let tmux = pane(&work, "with progress=true { ./reader < big }\n", 40);
    tmux.expect("big: 40%");
    place.write("go", "");
    let shown = tmux.await_pane("the end", |shown| shown.contains("status 0"));
    assert_eq!(rows(&shown), ["status 0"]);
}

/// A loop whose turns wait for a file of their name, and print what they do.
const LOOP: &str = "for name in a b c d with jobs=2, progress=true {
    echo begin $name
    while ! test -e $name { /bin/sleep 0.02 }
    if (name == \"b\") { printf 'no line end' } else { echo end $name }
}
";

#[test]
fn a_loop_has_a_line_below_what_its_turns_print() {
    if !support::have("tmux") {
        return;
    }
    let place = place();
    let work = place.work();
    let tmux = pane(&work, LOOP, 40);
    let shown = tmux.await_pane("two turns", |shown| shown.contains("0/4, 2 running"));
    assert_eq!(rows(&shown)[0], "begin a", "{shown}");
    place.write("b", "");
    tmux.await_pane("one ended", |shown| shown.contains("1/4, 2 running"));
    for (columns, name) in [("22", "a"), ("60", "c")] {
        tmux.run(&["resize-window", "-x", columns, "-y", "12"]);
        place.write(name, "");
    }
    let shown = tmux.await_pane("three ended", |shown| shown.contains("3/4, 1 running"));
    assert!(rows(&shown).starts_with(&["begin a", "end a", "begin b"]), "{shown}");
    place.write("d", "");
    let shown = tmux.await_pane("the end", |shown| shown.contains("status 0"));
    let expected =
        ["begin a", "end a", "begin b", "no line endbegin c", "end c", "begin d", "end d", "status 0"];
    assert_eq!(rows(&shown), expected);
}

#[test]
fn calls_of_a_function_for_each_element_have_a_line() {
    if !support::have("tmux") {
        return;
    }
    let place = place();
    let work = place.work();
    let script = "fn wait_for(name) {
    while ! test -e $name { /bin/sleep 0.02 }
    return name.upper()
}
echo ...$[[\"a\", \"b\", \"c\"].map(wait_for, jobs: 2, progress: true)]
";
    let tmux = pane(&work, script, 40);
    tmux.expect("0/3, 2 running");
    place.write("b", "");
    tmux.expect("1/3, 2 running");
    place.write("a", "");
    place.write("c", "");
    let shown = tmux.await_pane("the end", |shown| shown.contains("status 0"));
    assert_eq!(rows(&shown), ["A B C", "status 0"]);
}

#[test]
fn ctrl_c_in_a_loop_leaves_no_trace_of_the_line() {
    if !support::have("tmux") {
        return;
    }
    let place = place();
    let work = place.work();
    let tmux = pane(&work, LOOP, 40);
    tmux.expect("0/4, 2 running");
    tmux.keys(&["C-c"]);
    let shown = tmux.await_pane("the end", |shown| shown.contains("status 130"));
    assert!(!shown.contains("running"), "{shown}");
}

#[test]
fn a_job_of_a_prompt_draws_only_while_it_has_the_terminal() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("for n in 1 with jobs=1, progress=true { /bin/sleep 1000 }");
    terminal.expect("0/1, 1 running");
    terminal.keys("\x1a");
    terminal.expect("[1] stopped");
    terminal.ready();
    let shown = terminal.run("sleep 0.6");
    assert!(!shown.contains("running"), "{shown}");
    terminal.start_line("fg");
    terminal.expect("0/1, 1 running");
    terminal.keys("\x03");
    terminal.ready();
}

#[test]
fn without_a_terminal_a_line_comes_every_ten_seconds() {
    let place = place();
    let mut command = Command::new(support::pipewright());
    command.args(["-c", LOOP]).current_dir(place.work()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stderr.take().expect("it is piped")).read_line(&mut line).expect("it is text");
    for name in ["a", "b", "c", "d"] {
        place.write(name, "");
    }
    assert!(child.wait().expect("it is ours").success());
    assert!(line.starts_with("pipewright: 0/4, 2 running, oldest: a (1"), "{line}");
}

#[test]
fn ctrl_c_leaves_no_trace_of_the_line() {
    let place = place();
    let mut command = Command::new(support::pipewright());
    command.args(["-c", "with progress=\"percent\" { ./steps 10 }"]).current_dir(place.work());
    let mut terminal = Terminal::start(command.env("TERM", "xterm"));
    terminal.expect_bytes("./steps: 10%");
    terminal.keys("\x03");
    let (status, _) = terminal.end();
    assert_eq!(status.signal(), Some(2));
}

#[test]
fn nothing_of_the_line_reaches_a_file_or_pipe() {
    let place = place();
    place.write("50", "");
    let script = "with progress=\"percent\" { ./steps 50 }";
    let outcome = Run::code(script).dir(place.work()).run().success();
    assert_eq!((outcome.out().as_str(), outcome.err().as_str()), ("copied 50%\rcopied all\n", ""));
}
