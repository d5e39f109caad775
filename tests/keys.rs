//! Tests keys that are pressed while no program reads them: straight after Enter, and ahead of the next
//! prompt; on a real terminal.
use crate::support::home::prompt;
use crate::support::pty::Terminal;

use std::time::Duration;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_U: &str = "\x15";
const CTRL_Z: &str = "\x1a";
const CTRL_BACKSLASH: &str = "\x1c";

/// Enters code that shows a word that it does not contain, and waits for that word: then the prompt is there,
/// and no other program reads.
#[track_caller]
fn comes_back(terminal: &mut Terminal, to: &str) {
    // A Ctrl-Z before Enter has left the line unchanged.
    terminal.keys(&format!("{CTRL_U}echo ba'ck' {to}\r"));
    terminal.expect(&format!("\nback {to}\n"));
    reads(terminal);
}

/// Waits until the prompt reads. An earlier key does not belong to the entry.
#[track_caller]
fn reads(terminal: &mut Terminal) {
    terminal.ready();
    terminal.expect("> ");
}

#[test]
fn a_key_straight_after_enter_is_not_lost() {
    let (_home, mut terminal) = prompt();
    terminal.expect("> ");
    // From before the editor has read Enter until the programs run.
    let moments = [0, 100, 200, 500, 1000, 2000, 3000, 5000, 10_000, 20_000];
    for (round, moment) in moments.into_iter().enumerate() {
        for key in [CTRL_C, CTRL_BACKSLASH, CTRL_Z] {
            for entry in ["cat", "cat | cat", "{ cat } | cat", "each line { echo $line }"] {
                terminal.line(entry);
                std::thread::sleep(Duration::from_micros(moment));
                terminal.keys(key);
                reads(&mut terminal);
                comes_back(&mut terminal, &round.to_string());
                if key == CTRL_Z {
                    terminal.line("try { kill -KILL %1 }; wait");
                    reads(&mut terminal);
                }
            }
        }
    }
}

#[test]
fn a_key_straight_after_fg_is_not_lost() {
    let (_home, mut terminal) = prompt();
    terminal.expect("> ");
    for moment in [0, 200, 500, 1000, 2000, 5000, 10_000] {
        for (entry, key) in
            [("cat", CTRL_Z), ("{ cat } | cat", CTRL_Z), ("cat", CTRL_BACKSLASH), ("cat", CTRL_C)]
        {
            terminal.start_line(entry);
            terminal.keys(CTRL_Z);
            terminal.expect("[1] stopped: ");
            reads(&mut terminal);
            terminal.line("fg");
            std::thread::sleep(Duration::from_micros(moment));
            terminal.keys(key);
            reads(&mut terminal);
            comes_back(&mut terminal, &moment.to_string());
            terminal.line("try { kill -KILL %1 }; wait");
            reads(&mut terminal);
        }
    }
}

#[test]
fn keys_at_the_prompt_are_not_signals_for_the_next_entry() {
    let (_home, mut terminal) = prompt();
    for key in [CTRL_C, CTRL_BACKSLASH] {
        terminal.keys("echo not this");
        terminal.expect("echo not this");
        terminal.keys(key);
        terminal.ready();
        assert_eq!(terminal.run("cat /dev/null; echo on"), "on\n");
    }
    // There is nothing to stop, so the line stays.
    terminal.keys("echo one");
    terminal.expect("echo one");
    terminal.keys(CTRL_Z);
    terminal.ready();
    assert_eq!(terminal.run(" two"), "one two\n");
}

#[test]
fn entries_that_are_typed_ahead_run_in_their_order() {
    let (home, mut terminal) = prompt();
    let wait = "sh -c 'echo ready; until test -e go; do sleep 0.01; done; rm go'";
    let go = || std::fs::write(home.path().join("go"), "").expect("it is ours");
    terminal.start_line(wait);
    terminal.expect("ready\n");
    terminal.keys("echo fi'rst'\recho sec'ond'\rif true {\recho thi'rd'\r}\r");
    go();
    terminal.expect("\nfirst\n");
    terminal.expect("\nsecond\n");
    terminal.expect("\nthird\n");
    terminal.ready();
    // Keys after a program started are for the program.
    terminal.start_line(wait);
    terminal.expect("ready\n");
    terminal.keys(&format!("cat -n\rfor the program\r{CTRL_D}echo af'ter'\r"));
    go();
    terminal.expect("\tfor the program\n");
    terminal.expect("\nafter\n");
    terminal.ready();
    // An incomplete entry waits for more.
    for (typed, more) in [("echo wait", "ed\r"), ("{\recho waited\r", "}\r")] {
        terminal.start_line(wait);
        terminal.expect("ready\n");
        terminal.keys(typed);
        go();
        terminal.ready();
        terminal.keys(more);
        terminal.expect("\nwaited\n");
        terminal.ready();
    }
    // Keys are keys, whenever they are typed.
    terminal.start_line(wait);
    terminal.expect("ready\n");
    terminal.keys("echo ty'ed'\x1b[D\x1b[D\x1b[Dp\r\x1b[A\r");
    go();
    terminal.expect("\ntyped\n");
    terminal.expect("\ntyped\n");
    terminal.ready();
    // Ctrl-C discards it, as it discards a line.
    terminal.start_line("cat -n");
    terminal.keys("a\r");
    terminal.expect("\ta\n");
    terminal.keys(&format!("echo not th'is'{CTRL_C}"));
    let shown = terminal.ready();
    assert!(!shown.contains("not this"), "{shown}");
    assert_eq!(terminal.run("echo on"), "on\n");
}

#[test]
fn entries_in_one_piece_run_in_their_order() {
    let (_home, mut terminal) = prompt();
    terminal.keys("echo o'ne'\recho t'wo'\r\x1b[200~echo th'ree'\x1b[201~\recho fo'ur'\r");
    for word in ["one", "two", "three", "four"] {
        terminal.expect(&format!("\n{word}\n"));
    }
    terminal.ready();
    // The keys after an entry are for its program.
    terminal.start_line("head -n 1 | tr a-z A-Z");
    terminal.keys("for the program\recho for the pro'mpt'\r");
    terminal.expect("\nFOR THE PROGRAM\n");
    terminal.expect("\nfor the prompt\n");
    terminal.ready();
    // Longer than the buffers of the editor.
    terminal.keys(&format!("echo {} | wc -w\recho af'ter'\r", "word ".repeat(1500)));
    terminal.expect("\n1500\n");
    terminal.expect("\nafter\n");
    terminal.ready();
}

#[test]
fn bracketed_paste_waits_for_enter() {
    let (_home, mut terminal) = prompt();
    terminal.keys("\x1b[200~echo pas'ted'\recho to'o'\r\x1b[201~");
    terminal.expect("to'o'");
    terminal.keys("\r");
    terminal.expect("\npasted\ntoo\n");
}

#[test]
fn lines_that_are_typed_for_a_loop_are_left_off_by_ctrl_z() {
    let (_home, mut terminal) = prompt();
    terminal.start_line("each line { echo \"a line: $line\" }; echo af'ter'");
    terminal.keys("one\r");
    terminal.expect("\na line: one\n");
    terminal.keys(CTRL_Z);
    terminal.expect("[1] stopped: each");
    terminal.ready();
    assert_eq!(terminal.run("echo meanwhile"), "meanwhile\n");
    terminal.start_line("fg");
    terminal.keys("two\r");
    terminal.expect("\na line: two\n");
    terminal.keys(CTRL_BACKSLASH);
    let shown = terminal.ready();
    assert!(!shown.contains("after"), "{shown}");
    assert_eq!(terminal.run("jobs"), "");
}
