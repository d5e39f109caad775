//! Tests the configuration of the prompt: rc.pw, abbreviations, keys of the user, imported environments.
use crate::support::home::{Home, prompt};
use crate::support::pty::Terminal;
use std::fs;

fn write(home: &Home, name: &str, text: &str) {
    let path = home.path().join(name);
    fs::create_dir_all(path.parent().expect("a name")).expect("it is ours");
    fs::write(path, text).expect("it is ours");
}

const RC: &str = ".config/pipewright/rc.pw";

#[test]
fn an_error_loses_only_its_statement() {
    let home = Home::new();
    let text = "\
let before = 1
# Calls a function that follows.
fn outer() { return inner() + 1 }
let wrong = $undeclared
sh -c 'exit 3'
fn broken() {
    echo 'never closed
let between = 2
fn inner() { return 41 }
use \"lib.pw\"
let after = 3
";
    write(&home, RC, text);
    write(&home, ".config/pipewright/lib.pw", "fn twice(n) { return n * 2 }\n");
    let mut terminal = Terminal::start(&mut home.command());
    let shown = terminal.ready();
    for place in ["rc.pw:4:13", "rc.pw:5:1", "rc.pw:7:10"] {
        assert!(shown.contains(place), "{place} in {shown}");
    }
    assert_eq!(terminal.run("echo $before $between $after $[lib.twice(outer())]"), "1 2 3 84\n");
}

#[test]
fn reload_runs_the_file_again() {
    let home = Home::new();
    write(&home, RC, "let value = 1; abbr old 'echo old'\n");
    let mut terminal = home.prompt();
    write(&home, RC, "let value = 2; abbr new 'echo new'\nfn f() { false }\n");
    assert_eq!(terminal.run("reload"), "");
    assert_eq!(terminal.run("echo $value"), "2\n");
    assert_eq!(terminal.run("abbr"), "abbr new 'echo new'\n");
    // What is used at the prompt stays.
    write(&home, "mine.pw", "fn name() { return 'mine' }\n");
    terminal.run("use 'mine.pw'");
    terminal.run("reload");
    assert_eq!(terminal.run("echo $[mine.name()]"), "mine\n");
}

#[test]
fn abbreviations_are_replaced_as_they_are_typed() {
    let (_home, mut terminal) = prompt();
    terminal.run("abbr say \"printf '<%s>'\"");
    terminal.keys("say ");
    terminal.expect("> printf '<%s>' ");
    assert!(terminal.run("say").starts_with("<say>"));
    // Enter, too, and undo takes it back.
    terminal.line("true; say");
    terminal.expect("> true; printf '<%s>'");
    terminal.expect("\n<>");
    terminal.ready();
    // Lines that are typed ahead have it, too.
    terminal.start_line("sh -c 'echo waits; read x'");
    terminal.expect("waits\n");
    terminal.keys("\rsay ahead\r");
    terminal.expect("<ahead>");
    terminal.ready();
    terminal.run("abbr --erase say");
    terminal.line("say x");
    terminal.expect("E1002");
    terminal.ready();
    terminal.line("abbr 'a b' c");
    terminal.expect("usage: abbr");
}

#[test]
fn a_key_runs_an_entry_and_inserts_its_text() {
    let (_home, mut terminal) = prompt();
    terminal.run("fn pick() { echo choosing; return 'picked words' }");
    terminal.run("bind ctrl-t 'pick()'");
    terminal.run("bind f5 'echo pressed'");
    terminal.keys("echo <> \x1b[D\x1b[D\x14");
    terminal.expect("choosing\n");
    terminal.expect("> echo <picked words>");
    terminal.keys("\x03");
    terminal.ready();
    terminal.keys("echo ke\x1b[15~");
    terminal.expect("pressed\n");
    terminal.expect("> echo ke");
    terminal.keys("pt\r");
    terminal.expect("\nkept\n");
    terminal.ready();
    assert_eq!(terminal.run("bind"), "bind ctrl-t 'pick()'\nbind f5 'echo pressed'\n");
    terminal.run("bind --erase ctrl-t");
    terminal.line("bind ctrl-c ls");
    terminal.expect("can't be changed");
    terminal.ready();
    // A key of the prompt comes back.
    terminal.run("bind ctrl-r 'echo mine'");
    terminal.run("bind --erase ctrl-r");
    terminal.keys("\x12");
    terminal.expect("(history:");
}

#[test]
fn the_environment_of_a_file_of_sh_is_imported() {
    let home = Home::new();
    write(
        &home,
        "activate",
        "echo hello\nexport NEW='two\nlines' PATH=\"/opt/x:$PATH\"; unset OLD; f() { :; }; local=1\n",
    );
    write(&home, "fails", "export LOST=1; exit 3\n");
    let mut terminal = Terminal::start(home.command().env("OLD", "1"));
    terminal.ready();
    assert_eq!(terminal.run("import-env activate"), "hello\n");
    assert_eq!(
        terminal.run("echo \"$NEW\" $[env.OLD ?? 'gone'] $[env.local ?? 'none']"),
        "two\nlines gone none\n"
    );
    assert!(terminal.run("echo $PATH").starts_with("/opt/x:/"));
    let shown = terminal.run("import-env ~/fails");
    assert!(shown.contains("exited with 3") && shown.contains("nothing is imported"), "{shown}");
    assert_eq!(terminal.run("echo $[env.LOST ?? 'not set']"), "not set\n");
    assert!(terminal.run("import-env nosuch").contains("No such file"));
    // What one would type in sh is offered so.
    terminal.line("source activate");
    terminal.expect("\u{2192} import-env activate");
    terminal.keys("\x1b[C");
    terminal.expect("> import-env activate");
    assert!(terminal.run("").ends_with("hello\n"));
    // In the configuration, too.
    write(&home, RC, "import-env ~/activate\nlet x = env.NEW\n");
    let mut other = Terminal::start(&mut home.command());
    other.ready();
    assert_eq!(other.run("echo $x"), "two\nlines\n");
}

#[test]
fn config_opens_the_file_in_the_editor() {
    let home = Home::new();
    write(&home, "edit", "#!/bin/sh\nprintf '%s:' \"$@\"; cat \"$2\"; echo 'let x = 1' >> \"$2\"; exit 5\n");
    let mut permissions = fs::metadata(home.path().join("edit")).expect("it is there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(home.path().join("edit"), permissions).expect("it is ours");
    let edit = || home.command().arg("config").env("EDITOR", "./edit  -w").output().expect("it starts");
    let first = edit();
    assert_eq!(first.status.code(), Some(5));
    let shown = String::from_utf8_lossy(&first.stdout).into_owned();
    let path = home.path().join(RC);
    assert!(shown.starts_with(&format!("-w:{}:# The configuration", path.display())), "{shown}");
    assert!(String::from_utf8_lossy(&edit().stdout).ends_with("let x = 1\n"));
    let failed = home.command().arg("config").env("VISUAL", "no-such-editor").output().expect("it starts");
    assert_eq!(failed.status.code(), Some(127));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("no program no-such-editor"));
}
