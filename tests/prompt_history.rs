//! Tests the history at the prompt: the entries that begin as typed, the search, last arguments, deletion, privacy.
use crate::support::home::{Home, prompt};
use crate::support::pty::Terminal;
use std::fs;

/// The keys of a user.
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const DELETE: &str = "\x1b[3~";
const CTRL_R: &str = "\x12";

fn file(home: &Home) -> String {
    fs::read_to_string(home.path().join(".local/state/pipewright/history.jsonl")).expect("it is there")
}

/// A prompt with these entries in its history.
fn with_entries(entries: &[&str]) -> (Home, Terminal) {
    let (home, mut terminal) = prompt();
    for entry in entries {
        terminal.run(entry);
    }
    (home, terminal)
}

#[test]
fn up_goes_to_the_entries_that_begin_as_typed_and_down_returns() {
    let (_home, mut terminal) = with_entries(&["echo first", "true", "echo second", "printf other"]);
    terminal.keys(&format!("echo {UP}"));
    terminal.expect("> echo second");
    terminal.keys(UP);
    terminal.expect("> echo first");
    terminal.keys(UP);
    terminal.keys(&format!("{DOWN}{DOWN}"));
    terminal.keys("thi'rd'\r");
    terminal.expect("\nthird\n");
    terminal.ready();
    // An entry that was changed is typed text.
    terminal.keys(&format!("{UP}\x7f\x7f\x7f\x7f\x7f\x7f\x7f{UP}{UP}"));
    terminal.expect("> echo second");
}

#[test]
fn keys_of_the_history_that_come_together_are_all_heeded() {
    let (_home, mut terminal) = with_entries(&["echo one", "echo two", "echo three"]);
    terminal.keys(&format!("{UP}{UP}{UP}\recho e'nd'\r"));
    terminal.expect("\none\n");
    terminal.expect("\nend\n");
}

#[test]
fn ctrl_r_lists_the_entries_with_all_words_and_enter_takes_one() {
    let (_home, mut terminal) = with_entries(&[
        "echo apple pie",
        "echo cherry",
        "echo apple cake",
        "for x in [1] {\n    echo $x apple\n}",
    ]);
    terminal.keys(&format!("{CTRL_R}appl ECHO"));
    terminal.expect("(no entry has this)");
    terminal.keys("\x17echo");
    terminal.expect("(1 of 3)");
    let list = terminal.expect("echo apple pie");
    let [first, second] = ["> for x in [1] { …", "  echo apple cake"].map(|row| list.find(row));
    assert!(first.is_some() && first < second, "{list}");
    terminal.keys(DOWN);
    terminal.expect("> echo apple cake");
    terminal.keys(CTRL_R);
    terminal.expect("(3 of 3)");
    terminal.keys("\r");
    terminal.expect("> echo apple pie");
    assert!(terminal.run("").ends_with("apple pie\n"));
    // Esc restores the line.
    terminal.keys(&format!("echo ke{CTRL_R}pt"));
    terminal.expect("> echo kept  (no entry has this)");
    terminal.keys("\x1b");
    terminal.expect("> echo ke");
    terminal.keys("ep'ed'\r");
    terminal.expect("\nkeeped\n");
    terminal.ready();
    // Ctrl-C clears the line, and the next is an ordinary one.
    terminal.keys(&format!("{CTRL_R}cherry"));
    terminal.expect("> echo cherry");
    terminal.keys("\x03");
    terminal.ready();
    assert!(terminal.run("echo or'dinary'").ends_with("ordinary\n"));
}

#[test]
fn the_list_is_as_narrow_as_the_terminal() {
    let long = format!("echo {}", "漢字 ".repeat(30));
    let (_home, mut terminal) = with_entries(&["echo short", &long]);
    terminal.resize(24);
    terminal.keys(CTRL_R);
    terminal.expect("> echo 漢字 漢字 漢字 …");
    terminal.expect("  echo short");
    terminal.keys(&format!("{DOWN}\r"));
    terminal.expect("> echo short");
    terminal.line("");
    terminal.expect("\nshort\n");
}

#[test]
fn alt_dot_inserts_the_last_argument_and_then_older_ones() {
    let (_home, mut terminal) =
        with_entries(&["echo one 'two words'", "echo three | cat -s", "echo four # five"]);
    terminal.keys("echo '<' \x1b.");
    terminal.expect("> echo '<' four");
    terminal.keys("\x1b.");
    terminal.expect("> echo '<' -s");
    terminal.keys("\x1b.");
    terminal.expect("> echo '<' 'two words'");
    assert!(terminal.run("").ends_with("< two words\n"));
}

#[test]
fn entries_are_deleted_in_the_file_and_in_other_sessions() {
    let (home, mut one) = with_entries(&["echo keep", "echo hunter2", "echo hunter2 again", "echo last"]);
    let mut other = home.prompt();
    assert_eq!(one.run("history --delete hunter2 again"), "1 entry deleted\n");
    assert!(!file(&home).contains("again"));
    assert_eq!(one.run("history --delete --last 1"), "1 entry deleted\n");
    one.line("history --delete");
    one.expect("with at least one of these");
    one.ready();
    // In the list, Delete deletes the selected one.
    one.keys(&format!("{CTRL_R}hunter2"));
    one.expect("> echo hunter2");
    one.keys(DELETE);
    one.expect("(no entry has this)");
    assert!(!file(&home).contains("hunter2"));
    one.keys("\x07");
    one.run("echo next");
    other.run("true");
    other.keys("echo hunt");
    other.keys(UP);
    other.keys("'er3'\r");
    other.expect("\nhunter3\n");
    other.ready();
    other.keys(&format!("echo k{UP}"));
    other.expect("> echo keep");
}

#[test]
fn a_private_session_leaves_nothing_and_knows_its_own() {
    let (home, mut terminal) = with_entries(&["echo before"]);
    terminal.line("history --private");
    terminal.expect("private >");
    terminal.run("echo sec'ret'");
    terminal.keys(&format!("echo s{UP}"));
    terminal.expect("> echo sec'ret'");
    terminal.keys("\x03");
    terminal.ready();
    terminal.run("history --private off");
    terminal.run("echo after");
    let entries = file(&home);
    assert!(
        entries.contains("before") && entries.contains("after") && !entries.contains("sec'"),
        "{entries}"
    );
    terminal.keys(&format!("echo s{UP}'ame'\r"));
    terminal.expect("\nsame\n");
    let mut private = Terminal::start(home.command().arg("--private"));
    private.expect("private >");
    private.run("echo sec'ret'");
    assert!(!file(&home).contains("sec'ret"));
}

#[test]
fn an_event_is_offered_while_it_is_typed_and_runs_nothing_else() {
    let (_home, mut terminal) = with_entries(&["echo one"]);
    terminal.keys("printf '%s,' !!");
    terminal.expect("\u{2192} printf '%s,' echo one");
    terminal.keys("\x1b[C");
    terminal.expect("> printf '%s,' echo one");
    assert!(terminal.run("").starts_with("echo,one,"));
    terminal.keys("env !! x");
    terminal.expect("\u{2192} env printf '%s,' echo one x");
    terminal.line("");
    terminal.expect("E0");
}

#[test]
fn a_suggestion_is_taken_whole_or_by_words() {
    let (_home, mut terminal) = with_entries(&["echo one two/three"]);
    for (keys, line) in [
        ("\x1bf", "echo one'!'"),
        ("\x1bf\x1bf", "echo one two'!'"),
        ("\x1b[1;3C\x1b[1;3C\x1bf", "echo one two/three'!'"),
        ("\x05", "echo one two/three'!'"),
        ("\x1b[F", "echo one two/three'!'"),
    ] {
        terminal.keys("ec");
        terminal.expect("ho one two/three");
        terminal.keys(&format!("\x1bf{keys}'!'\r"));
        let shown = line.replace("echo ", "").replace('\'', "");
        terminal.expect(&format!("\n{shown}\n"));
        terminal.ready();
        terminal.run("echo one two/three");
    }
}
