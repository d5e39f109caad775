//! Tests what a prompt is beside its entries: titles, widths, odd terminals, odd directories.
use crate::support::home::{Home, prompt};
use crate::support::pty::Terminal;
use std::fs;

fn configured(text: &str) -> (Home, Terminal) {
    let home = Home::new();
    fs::create_dir_all(home.path().join(".config/pipewright")).expect("it is ours");
    fs::write(home.path().join(".config/pipewright/rc.pw"), text).expect("it is ours");
    let terminal = Terminal::start(&mut home.command());
    (home, terminal)
}

#[test]
fn the_title_is_the_directory_or_the_running_entry_and_no_secret() {
    let home = Home::new();
    let mut terminal = Terminal::start(&mut home.command());
    terminal.expect_bytes("\x1b]2;~\x07");
    terminal.ready();
    terminal.line("true; echo a");
    terminal.expect_bytes("\x1b]2;true; echo a\x07");
    terminal.expect_bytes("\x1b]2;~\x07");
    terminal.ready();
    terminal.line(" echo hidden");
    terminal.expect_bytes("\x1b]2;pipewright\x07");
    // A terminal that has none shows no part of it.
    let mut plain = Terminal::start(home.command().env("TERM", "linux"));
    assert!(!String::from_utf8_lossy(&plain.expect_bytes("\x1b[?2004h")).contains("]2;"));
}

#[test]
fn colours_and_titles_of_an_own_prompt_have_no_width() {
    let (_home, mut terminal) = configured("fn prompt() { return $'\\e]0;mine\\a\\e[1mme\\e[0m $ ' }");
    // The cursor is behind five columns.
    terminal.expect_bytes("me $ \r\x1b[5C");
}

#[test]
fn type_knows_functions_keywords_builtins_and_programs() {
    let (_home, mut terminal) = prompt();
    terminal.run("fn greet(who) { echo $who }");
    let told = terminal.run("type greet for cd env");
    assert!(
        told.starts_with("greet is a function\nfor is a shell keyword\ncd is a shell builtin\nenv is /"),
        "{told}"
    );
}

#[test]
fn without_home_it_is_that_of_the_account() {
    let home = Home::new();
    let mut terminal = Terminal::start(home.command().env_remove("HOME"));
    terminal.ready();
    let account = terminal.run("getent passwd $(id -u) | cut -d: -f6");
    assert_eq!(terminal.run("echo ~"), account);
    terminal.run("cd");
    assert_eq!(terminal.run("pwd"), account);
}

#[test]
fn a_removed_directory_still_runs_programs() {
    let (home, mut terminal) = prompt();
    terminal.run("mkdir gone");
    terminal.run("cd gone");
    fs::remove_dir(home.path().join("gone")).expect("it is empty");
    assert_eq!(terminal.run("/bin/echo still"), "still\n");
    assert_eq!(terminal.run("echo here | cat"), "here\n");
    terminal.expect("~/gone (removed) > ");
    assert_eq!(terminal.run("cd .."), "");
    assert!(terminal.run("pwd").contains(&home.path().display().to_string()));
    // The next one is entered again.
    assert_eq!(terminal.run("mkdir gone; cd gone; /bin/pwd | sed 's:.*/::'"), "gone\n");
}

#[test]
fn a_failed_pipeline_is_one_line_and_a_key_shows_the_rest() {
    let (_home, mut terminal) = prompt();
    let shown = terminal.run("echo a | false | cat");
    assert_eq!(shown.lines().next(), Some("error[E1001]: `false` exited with 1 (! shows more)"));
    assert!(!shown.contains("stage"), "{shown}");
    let page = terminal.run("!");
    assert!(page.contains("stage 3: cat: succeeded") && page.contains("^^^^^ exited with 1"), "{page}");
    // The status is still that of the pipeline.
    terminal.line("");
    terminal.expect("0|1|0 > ");
}

#[test]
fn a_failure_ends_the_entry_and_the_next_runs() {
    let (_home, mut terminal) = prompt();
    let shown = terminal.run("sh -c 'exit 3'; echo se'cond'");
    assert!(!shown.contains("second"), "{shown}");
    assert_eq!(terminal.run("sh -c 'exit 3' || true; echo se'cond'"), "second\n");
}

#[test]
fn narrow_and_wide_terminals_and_emoji() {
    let (_home, mut terminal) = prompt();
    for columns in [8, 15, 300] {
        terminal.resize(columns);
        terminal.line("echo 'a 🦀👩‍👩‍👧 漢 end'");
        terminal.expect("\na 🦀👩‍👩‍👧 漢 end\n");
        terminal.ready();
        terminal.line("nosuchprogram");
        terminal.expect("E1002");
        terminal.ready();
    }
}

#[test]
fn the_mode_of_vi_is_the_shape_of_the_cursor() {
    let home = Home::new();
    fs::write(home.path().join(".inputrc"), "set editing-mode vi\n").expect("it is ours");
    let mut terminal = Terminal::start(&mut home.command());
    terminal.expect_bytes("\x1b[6 q");
    terminal.keys("echo one\x1b");
    terminal.expect_bytes("\x1b[2 q");
    terminal.keys("a two");
    terminal.expect_bytes("\x1b[6 q");
    terminal.keys("\x1b");
    terminal.expect_bytes("\x1b[2 q");
    terminal.keys("0cwecho");
    terminal.expect_bytes("\x1b[6 q");
    terminal.keys("\r");
    terminal.expect_bytes("\x1b[0 q");
    terminal.expect("one two\n");
    // With the keys of Emacs it stays as it is.
    let other = Home::new();
    let mut plain = other.prompt();
    plain.line("echo a");
    assert!(!String::from_utf8_lossy(&plain.expect_bytes("\x1b[?2004h")).contains(" q"));
}
