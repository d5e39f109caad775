//! Job control of the prompt, on a real terminal.
#![cfg(feature = "prompt")]

mod support;

use support::home::{Home, prompt};
use support::pty::Terminal;

/// A key of the terminal.
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_Z: &str = "\x1a";
const CTRL_BACKSLASH: &str = "\x1c";

/// Gives a line to `cat -n`, which shows it.
fn numbered(terminal: &mut Terminal, line: &str) {
    terminal.keys(&format!("{line}\n"));
    terminal.expect(&format!("\t{line}\n"));
}

/// Stops what runs, which the prompt tells of.
fn stop(terminal: &mut Terminal, told: &str) {
    terminal.keys(CTRL_Z);
    terminal.expect(told);
    terminal.ready();
}

#[test]
fn ctrl_c_ends_all_of_an_entry() {
    let (_home, mut terminal) = prompt();
    for endless in [
        "printf 'it %s\n' runs; sh -c 'sleep 1000'",
        "printf 'it %s\n' runs; sh -c 'sleep 1000' || echo not this",
        "printf 'it %s\n' runs; while true { sh -c 'sleep 1000' || echo not this }",
        "printf 'it %s\n' runs; while true { let n = 1 }",
        "printf 'it %s\n' runs; { sh -c 'sleep 1000'; echo not this } | cat",
    ] {
        terminal.start_line(endless);
        terminal.expect("it runs\n");
        terminal.keys(CTRL_C);
        let shown = terminal.ready();
        assert!(!shown.contains("not this"), "{endless}: {shown}");
    }
    assert_eq!(terminal.run("echo on"), "on\n");
}

#[test]
fn ctrl_backslash_ends_what_runs_and_not_the_prompt() {
    let (_home, mut terminal) = prompt();
    for endless in
        ["sh -c 'ulimit -c 0; echo ready; exec sleep 1000'", "echo ready; while true { let n = 1 }"]
    {
        terminal.start_line(endless);
        terminal.expect("ready\n");
        terminal.keys(CTRL_BACKSLASH);
        terminal.ready();
    }
    assert_eq!(terminal.run("echo on"), "on\n");
}

#[test]
fn a_program_is_stopped_and_continued() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("cat -n");
    numbered(&mut terminal, "one");
    stop(&mut terminal, "[1] stopped: cat");
    assert!(terminal.run("jobs").contains(" Stopped cat -n"));
    assert_eq!(terminal.run("echo meanwhile"), "meanwhile\n");
    terminal.start_line("fg");
    numbered(&mut terminal, "two");
    // Once more, by number.
    stop(&mut terminal, "[1] stopped: cat");
    terminal.start_line("fg %1");
    numbered(&mut terminal, "three");
    terminal.keys(CTRL_D);
    terminal.ready();
    assert_eq!(terminal.run("jobs"), "");
    assert!(terminal.run("fg").contains("fg: there is no job"));
}

#[test]
fn a_function_is_stopped_and_goes_on_where_it_was() {
    let (_home, mut terminal) = prompt();
    terminal.run("let count = 1");
    terminal.run("fn two() { cat -n; count = 2; echo \"and then $count\" }");
    terminal.start_line("two");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[1] stopped: two");
    // The prompt has the variables of before.
    assert_eq!(terminal.run("echo $count"), "1\n");
    terminal.start_line("fg");
    numbered(&mut terminal, "b");
    terminal.keys(CTRL_D);
    assert!(terminal.ready().contains("and then 2\n"));
    assert_eq!(terminal.run("echo $count"), "1\n");
}

#[test]
fn a_loop_of_builtins_is_stopped() {
    let (home, mut terminal) = prompt();
    terminal.start_line("while test ! -e go { printf 'it %s\n' runs; sleep 0.01 }");
    terminal.expect("it runs\n");
    stop(&mut terminal, "[1] stopped: while");
    let shown = terminal.run("jobs");
    assert!(shown.contains(" Stopped while") && !shown.contains("it runs"), "{shown}");
    std::fs::write(home.path().join("go"), "").expect("it is ours");
    terminal.line("fg");
    terminal.ready();
    assert_eq!(terminal.run("jobs"), "");
}

#[test]
fn a_pipeline_with_a_block_is_stopped() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("{ cat -n; echo end of block } | cat");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[1] stopped: { cat");
    terminal.start_line("fg");
    numbered(&mut terminal, "b");
    terminal.keys(CTRL_D);
    assert!(terminal.ready().contains("end of block\n"));
}

#[test]
fn a_stopped_job_goes_on_in_the_background() {
    let (home, mut terminal) = prompt();
    terminal.start_line("sh -c 'echo ready; until test -e go; do sleep 0.01; done; echo gone > went'");
    terminal.expect("ready\n");
    stop(&mut terminal, "[1] stopped: sh");
    assert!(terminal.run("bg").contains("[1] sh -c"));
    assert!(terminal.run("jobs").contains(" Running sh -c"));
    std::fs::write(home.path().join("go"), "").expect("it is ours");
    terminal.run("wait");
    assert_eq!(terminal.run("cat went"), "gone\n");
}

#[test]
fn a_job_in_the_background_that_reads_is_stopped_until_it_has_the_terminal() {
    let (_home, mut terminal) = prompt();
    let mut shown = terminal.run("cat -n &");
    while !shown.contains("[1] stopped: cat") {
        shown = terminal.run("sleep 0.01");
    }
    terminal.start_line("fg");
    numbered(&mut terminal, "typed");
    terminal.keys(CTRL_D);
    terminal.ready();
}

#[test]
fn kill_ends_a_job_by_its_number() {
    let (_home, mut terminal) = prompt();
    terminal.run("sh -c 'sleep 1000' &");
    terminal.run("while true { sleep 0.01 } &");
    terminal.start_line("cat -n");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[3] stopped: cat");
    for number in 1..=3 {
        terminal.run(&format!("kill %{number}; wait %{number}"));
    }
    assert_eq!(terminal.run("jobs"), "");
    assert!(terminal.run("kill %1").contains("there is no job %1"));
}

#[test]
fn a_program_that_is_stopped_alone_stops_its_job() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("sh -c 'kill -STOP $$; echo continued'");
    terminal.expect("[1] stopped: sh");
    terminal.ready();
    assert!(terminal.run("fg").contains("continued\n"));
}

#[test]
fn modes_are_restored_after_a_program_was_killed_or_stopped() {
    let (_home, mut terminal) = prompt();
    let before = terminal.run("stty -a");
    assert!(before.contains(" icanon "), "{before}");
    let page = terminal.run("sh -c 'stty raw -echo; kill -KILL $$'");
    assert!(page.contains("SIGKILL"), "{page}");
    assert_eq!(terminal.run("stty -a"), before);
    terminal.start_line("sh -c 'stty -echo -icanon; kill -TSTP 0; stty -a; stty sane'");
    terminal.expect("[1] stopped: sh");
    terminal.ready();
    assert_eq!(terminal.run("stty -a"), before);
    // The job has its own again.
    assert!(terminal.run("fg").contains(" -icanon "));
    // What stty changes by itself is meant.
    terminal.run("stty -ixon");
    assert!(terminal.run("stty -a").contains(" -ixon "));
}

#[test]
fn leaving_with_a_stopped_job_asks_once() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("cat -n");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[1] stopped: cat");
    terminal.line("exit 0");
    terminal.expect("a job is stopped; leave again to end it");
    terminal.line("exit 0");
    assert_eq!(terminal.end().0.code(), Some(0));
}

#[test]
fn a_prompt_in_a_prompt_has_its_own_jobs() {
    let (_home, mut terminal) = prompt();
    terminal.run("let outer = 1");
    terminal.line(&format!("'{}'", support::pipewright().display()));
    terminal.ready();
    assert!(terminal.run("echo $outer").contains("is not declared"));
    terminal.start_line("cat -n");
    numbered(&mut terminal, "a");
    stop(&mut terminal, "[1] stopped: cat");
    terminal.start_line("fg");
    numbered(&mut terminal, "b");
    terminal.keys(CTRL_C);
    terminal.ready();
    terminal.line("exit 0");
    terminal.ready();
    assert_eq!(terminal.run("echo $outer"), "1\n");
    assert_eq!(terminal.run("jobs"), "");
}

#[test]
fn vim_is_stopped_continued_and_killed() {
    let home = Home::new();
    if !support::have("vim") {
        return;
    }
    let mut terminal = home.prompt();
    let before = terminal.run("stty -a");
    terminal.line("vim -u NONE -N file");
    terminal.expect("\"file\" [New");
    terminal.keys("ihello\x1b:w\r");
    terminal.expect("written");
    stop(&mut terminal, "[1] stopped: vim");
    assert_eq!(terminal.run("stty -a"), before);
    assert_eq!(terminal.run("cat file"), "hello\n");
    terminal.line("fg");
    terminal.expect("hello");
    terminal.keys(":call system('kill -KILL ' . getpid())\r");
    terminal.ready();
    assert_eq!(terminal.run("stty -a"), before);
}
