//! Tests the files that the prompt reads by itself: a FIFO among them does not block it, and `rc.pw`
//! uses files beside it.
use crate::support::home::Home;
use crate::support::pty::Terminal;
use std::fs;
use std::path::Path;

fn fifo(path: &Path) {
    fs::create_dir_all(path.parent().expect("it is in a directory")).expect("it is ours");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, path, mode).expect("a FIFO");
}

/// Starts a prompt, which would never show up if it waited for the other end of a FIFO.
fn answers(home: &Home) -> Terminal {
    let mut terminal = home.prompt();
    let said = terminal.run("echo here");
    assert!(said.starts_with("here\n"), "{said}");
    terminal
}

#[test]
fn git_files_that_are_fifos_or_endless_are_passed_over() {
    for name in [".git/HEAD", ".git"] {
        let home = Home::new();
        fifo(&home.path().join(name));
        let mut terminal = answers(&home);
        fs::create_dir_all(home.path().join("below")).expect("it is ours");
        assert_eq!(terminal.run("cd below; echo there"), "there\n");
    }
    let home = Home::new();
    fs::create_dir(home.path().join(".git")).expect("it is ours");
    std::os::unix::fs::symlink("/dev/zero", home.path().join(".git/HEAD")).expect("it is ours");
    answers(&home);
}

#[test]
fn a_directory_that_the_user_enters_is_read_as_carefully() {
    let home = Home::new();
    fifo(&home.path().join("theirs/.git/HEAD"));
    fs::create_dir(home.path().join("linked")).expect("it is ours");
    fs::write(home.path().join("linked/.git"), "gitdir: ../theirs/.git\n").expect("it is ours");
    let mut terminal = answers(&home);
    for directory in ["theirs", "../linked"] {
        assert_eq!(terminal.run(&format!("cd {directory}; echo there")), "there\n");
    }
}

#[test]
fn own_files_that_are_fifos_are_passed_over() {
    for name in [
        ".local/state/pipewright/history.jsonl",
        ".local/state/pipewright/complete",
        ".cache/pipewright/help.jsonl",
        ".inputrc",
    ] {
        let home = Home::new();
        fifo(&home.path().join(name));
        let mut terminal = answers(&home);
        terminal.run("history --last 1");
        terminal.keys("grep --colo\t");
        terminal.expect("grep --colo");
    }
}

#[test]
fn a_configuration_that_is_a_fifo_is_reported() {
    let home = Home::new();
    fifo(&home.path().join(".config/pipewright/rc.pw"));
    let mut terminal = Terminal::start(&mut home.command());
    let said = terminal.ready();
    assert!(said.contains("rc.pw: it is not a regular file"), "{said}");
    assert_eq!(terminal.run("echo here"), "here\n");
}

#[test]
fn the_configuration_uses_files_beside_it_and_not_in_the_current_directory() {
    let home = Home::new();
    let configuration = home.path().join(".config/pipewright");
    fs::create_dir_all(&configuration).expect("it is ours");
    fs::write(configuration.join("rc.pw"), "use \"helpers.pw\"\nuse \"lib/more.pw\"\n").expect("it is ours");
    fs::write(configuration.join("helpers.pw"), "fn whose() { echo mine }\n").expect("it is ours");
    fs::create_dir(configuration.join("lib")).expect("it is ours");
    fs::write(configuration.join("lib/more.pw"), "use \"deep.pw\"\nfn more() { echo more; deep.deep }\n")
        .expect("it is ours");
    fs::write(configuration.join("lib/deep.pw"), "fn deep() { echo deep }\n").expect("it is ours");
    fs::write(home.path().join("helpers.pw"), "fn whose() { echo theirs }\necho ran\n").expect("it is ours");
    let mut terminal = Terminal::start(&mut home.command());
    let said = terminal.ready();
    assert!(!said.contains("ran") && !said.contains("error"), "{said}");
    assert_eq!(terminal.run("helpers.whose()"), "mine\n");
    assert_eq!(terminal.run("more.more()"), "more\ndeep\n");
    // An entry of the prompt is in the current directory.
    assert_eq!(terminal.run("use \"helpers.pw\" as here"), "ran\n");
    assert_eq!(terminal.run("here.whose()"), "theirs\n");
}
