//! Tests programs that the prompt itself starts on its terminal: the editor of an entry, the pager of a
//! long value.
use crate::support::have;
use crate::support::home::Home;
use crate::support::pty::Terminal;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Starts a prompt with variables, whose temporary files are in its home.
#[track_caller]
fn prompt_with(home: &Home, variables: &[(&str, &str)]) -> Terminal {
    fs::create_dir_all(home.path().join("tmp")).expect("it is ours");
    let mut command = home.command();
    command.env("TMPDIR", home.path().join("tmp")).envs(variables.iter().copied());
    let mut terminal = Terminal::start(&mut command);
    terminal.ready();
    terminal
}

/// An editor that does one thing.
fn editor(home: &Home, text: &str) -> String {
    let path = home.path().join("an-editor");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("it is ours");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    path.to_str().expect("it is text").to_string()
}

#[track_caller]
fn assert_no_draft(home: &Home) {
    let left: Vec<_> = fs::read_dir(home.path().join("tmp")).expect("it is there").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_entry_is_edited_by_vim() {
    if !have("vim") {
        return;
    }
    let home = Home::new();
    let mut terminal = prompt_with(&home, &[("EDITOR", "vim -u NONE")]);
    terminal.run("stty -a > before");
    for keys in ["\x1be", "\x18\x05"] {
        terminal.keys("printf '%s,' one; printf '%s\\n' one");
        terminal.keys(keys);
        // The entry is removed from the screen, where it will reappear.
        terminal.expect_bytes("\x1b[1A\r\x1b[J");
        terminal.expect("entry.pw\"");
        terminal.keys(":%s/one/two/g\r");
        terminal.expect("two");
        terminal.keys("othree\x1b");
        terminal.expect("three");
        terminal.keys("ddk:wq\r");
        // Vim also writes the sequence that the prompt writes when it reads.
        terminal.ready();
        terminal.expect("printf '%s,' two; printf '%s\\n' two");
        // The entry has come back, and has not run.
        assert!(terminal.run("").ends_with("two,two\n"));
    }
    assert_no_draft(&home);
    // A stopped vim could not be continued.
    terminal.keys("printf '%s,' four\x1be");
    terminal.expect("entry.pw\"");
    terminal.keys("\x1a");
    terminal.expect("four");
    terminal.keys("A five\x1b:wq\r");
    terminal.ready();
    terminal.expect("printf '%s,' four five");
    assert!(terminal.run("").ends_with("four,five,"));
    assert_eq!(terminal.run("jobs"), "");
    // The editor gives up, and nothing has changed.
    terminal.keys("printf '%s,' six\x1be");
    terminal.expect("entry.pw\"");
    terminal.keys("A seven\x1b:w\r:cq\r");
    terminal.expect("vim: it exited with 1; the entry is as it was");
    terminal.expect("printf '%s,' six");
    assert!(terminal.run("").ends_with("six,"));
    terminal.run("stty -a > after");
    assert_eq!(terminal.run("cmp before after"), "");
    assert_no_draft(&home);
}

#[test]
fn the_draft_is_private_and_what_comes_back_is_text() {
    let home = Home::new();
    let program = editor(
        &home,
        "stat -c '%a %n' \"$(dirname \"$2\")\" > mode; echo \"$#\" > count; touch \"$2~\"; printf 'echo \"$[1 + 1]\"\\necho b\\n' > \"$2\"",
    );
    let mut terminal =
        prompt_with(&home, &[("VISUAL", &format!(" {program}  --wait ")), ("EDITOR", "no-such")]);
    terminal.keys("\x1be");
    terminal.ready();
    terminal.expect("echo b");
    assert!(terminal.run("").ends_with("2\nb\n"));
    let mode = fs::read_to_string(home.path().join("mode")).expect("it was written");
    assert!(mode.starts_with("700 "), "{mode}");
    assert_eq!(fs::read_to_string(home.path().join("count")).expect("it was written"), "2\n");
    assert_no_draft(&home);
    for (written, message) in
        [("\\033[2J", "it has written control characters"), ("\\377", "it has written what is not UTF-8")]
    {
        editor(&home, &format!("printf '{written}' > \"$2\""));
        terminal.keys("printf '%s,' kept\x1be");
        assert!(terminal.ready().contains(&format!("{message}; the entry is as it was")));
        terminal.expect("printf '%s,' kept");
        assert!(terminal.run("").ends_with("kept,"));
    }
    editor(&home, "head -c 2000000 /dev/zero > \"$2\"");
    terminal.keys("\x1be");
    assert!(terminal.ready().contains("more than 1 MiB"));
    editor(&home, "rm \"$2\"");
    terminal.keys("\x1be");
    assert!(terminal.ready().contains("the entry is as it was"));
    // Not below the shell: when dash is about to run a program, it loses a Ctrl-C of that moment.
    editor(&home, "exec sleep 1000");
    terminal.keys("printf '%s,' kept\x1be");
    terminal.expect("kept");
    terminal.expect_bytes("\x1b[?2004l");
    terminal.keys("\x03");
    assert!(terminal.ready().contains("ended by SIGINT"));
    terminal.expect("kept");
    terminal.keys("\x03");
    terminal.ready();
    assert_no_draft(&home);
}

#[test]
fn a_missing_editor_is_reported() {
    let home = Home::new();
    let mut terminal = prompt_with(&home, &[("EDITOR", "no-such-editor")]);
    terminal.keys("printf '%s,' kept\x1be");
    assert!(terminal.ready().contains("no-such-editor"));
    terminal.expect("printf '%s,' kept");
    // No shell parses the variable.
    terminal.keys("\x15env.EDITOR = 'touch;$(touch ran) `touch ran`'\r");
    terminal.ready();
    terminal.keys("x\x1be");
    terminal.ready();
    assert!(!home.path().join("ran").exists());
}

#[test]
fn the_keys_of_vi_have_an_editor_too() {
    let home = Home::new();
    fs::write(home.path().join(".inputrc"), "set editing-mode vi\n").expect("it is ours");
    let program = editor(&home, "echo \"printf '%s,' edited\" > \"$1\"");
    let mut terminal = prompt_with(&home, &[("EDITOR", &program)]);
    // In insert mode it is a letter.
    terminal.keys("printf '%s,' v");
    terminal.expect("printf '%s,' v");
    terminal.keys("\x1b");
    // The cursor goes back, as it does in vi.
    terminal.expect_bytes("\x1b[D");
    terminal.keys("v");
    terminal.ready();
    terminal.expect("printf '%s,' edited");
    assert!(terminal.run("").ends_with("edited,"));
}

#[test]
fn long_values_are_shown_by_less() {
    if !have("less") {
        return;
    }
    let home = Home::new();
    let mut terminal = prompt_with(&home, &[]);
    terminal.run("stty -a > before");
    // A value that fits is printed.
    assert!(terminal.run("list(1..=9).map(n => \"short $n\").join(\"\\$[1]\")").contains("short 9"));
    terminal.line("list(1..=5000).map(n => \"line number $n of a list that is long\")");
    terminal.expect("'line number 22 of a list that is long'");
    terminal.keys("G");
    // Without a cut.
    terminal.expect("'line number 5000 of a list that is long'");
    terminal.keys("q");
    terminal.ready();
    assert_eq!(terminal.run("printf '%s\\n' on"), "on\n");
    terminal.run("stty -a > after");
    assert_eq!(terminal.run("cmp before after"), "");
}

#[test]
fn a_pager_is_a_job_as_any_other() {
    let home = Home::new();
    // Not less: if a stop comes just before it waits for a key, it stops only after the next key.
    let pager = editor(&home, "head -n 3 > /dev/tty; read key < /dev/tty; echo \"pressed $key\"");
    let mut terminal = prompt_with(&home, &[("PAGER", &pager)]);
    terminal.line("list(1..=5000).map(n => \"line number $n of a list that is long\")");
    terminal.expect("'line number 2 of a list that is long'");
    terminal.keys("\x1a");
    terminal.expect("[1] stopped: command ");
    terminal.ready();
    assert_eq!(terminal.run("printf '%s\\n' meanwhile"), "meanwhile\n");
    terminal.start_line("fg");
    terminal.keys("k\r");
    terminal.expect("pressed k");
    terminal.ready();
    assert_eq!(terminal.run("jobs"), "");
}

#[test]
fn another_pager_may_be_named() {
    let home = Home::new();
    let mut terminal = prompt_with(&home, &[("PAGER", "tail -n 2")]);
    let shown = terminal.run("list(1..=5000).map(n => \"line number $n of a list that is long\")");
    assert_eq!(shown, "  'line number 5000 of a list that is long'\n]\n");
    // Without a pager the rest is left out.
    terminal.run("env.PAGER = ''");
    terminal.run("env.PATH = '/nowhere'");
    let shown = terminal.run("list(1..=5000).map(n => \"line number $n of a list that is long\")");
    assert!(shown.ends_with("lines more\n"), "{shown}");
    terminal.run("env.PAGER = 'no-such-pager'");
    let shown = terminal.run("list(1..=5000).map(n => \"line number $n of a list that is long\")");
    assert!(shown.contains("no-such-pager") && shown.ends_with("lines more\n"), "{shown}");
}
