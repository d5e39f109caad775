//! Types random keys at the prompt and at bash, at random speeds, and compares the commands that have run: no key may be
//! lost, and none may reach another command.
//!
//! `SCALE=10` types 2,000 sessions, as `.ci/long` does; `SEED=N` begins with another.
use crate::support::home::Home;
use crate::support::pty::Terminal;
use crate::support::rng::Rng;
use crate::support::setting;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What a session does to a shell, one after the other.
enum Act {
    /// Keys that arrive together.
    Keys(String),
    /// The user hesitates, for this many microseconds.
    Pause(u64),
    Resize(u16),
    /// The user waits until a command has run and the shell reads again.
    See(String),
}

#[test]
fn no_key_is_lost_at_any_speed() {
    let bash = "/bin/bash";
    let sessions = if setting("SCALE", 1) > 1 { 2000 } else { 24 };
    let first = setting("SEED", 1);
    for seed in first..first + sessions {
        let acts = session(&mut Rng::new(seed));
        let home = Home::new();
        let ours = typed(&mut home.command(), home.path(), &acts);
        let other = Home::new();
        let mut command = other.command();
        let mut beside = Command::new(bash);
        beside.args(["--norc", "--noprofile", "-i"]).current_dir(other.path()).env_clear();
        beside.envs(
            command
                .env("HISTCONTROL", "ignoredups")
                .env("LC_ALL", "C.UTF-8")
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let theirs = typed(&mut beside, other.path(), &acts);
        let lines =
            |log: &str| log.lines().map(|line| line.replace(" long", "")).collect::<Vec<_>>().join(" ");
        assert!(ours == theirs, "SEED={seed}\n{}\nand\n{}\n{}", lines(&ours), lines(&theirs), shown(&acts));
    }
}

/// Types a session. Returns the words that its commands have written.
#[track_caller]
fn typed(shell: &mut Command, directory: &Path, acts: &[Act]) -> String {
    let log = directory.join("log");
    let read = || std::fs::read_to_string(&log).unwrap_or_default();
    let mut terminal = Terminal::start(shell);
    terminal.ready();
    for act in acts {
        match act {
            Act::Keys(keys) => terminal.keys(keys),
            Act::Pause(time) => std::thread::sleep(Duration::from_micros(*time)),
            Act::Resize(columns) => terminal.resize(*columns),
            Act::See(word) => {
                terminal.until(&format!("{word} in the log; it has {:?}", read()), || {
                    read().lines().any(|line| line == word)
                });
                terminal.catch_up();
                terminal.line("echo ba'ck'");
                terminal.expect("\nback\n");
                terminal.ready();
            }
        }
    }
    terminal.line("exit");
    terminal.end();
    read()
}

/// Returns a session that has the same meaning for every shell that edits lines as readline(3) does.
fn session(rng: &mut Rng) -> Vec<Act> {
    let mut acts = Vec::new();
    for number in 0..rng.below(12) + 4 {
        let word = format!("w{number}");
        let command = format!("echo {word} >> log");
        let kind = rng.below(12);
        if matches!(kind, 4 | 7) {
            // The keys that erase are the terminal's own while a program runs, and don't reach back before its start.
            see(number, &mut acts);
        }
        let keys = match kind {
            0 => format!("{command}\r"),
            // Several in one piece, as of a paste into a terminal without brackets.
            1 => format!("{command}\recho {word}b >> log\r\recho {word}c >> log\r"),
            2 => format!("\x1b[200~{command}\x1b[201~\recho {word}p >> log\r"),
            // A long line, past the buffers of an editor.
            3 => format!("echo {word} {} >> log\r", "long ".repeat(rng.below(400))),
            4 => format!("ecko\x7f\x7fho {word} >> log\r"),
            5 => format!("cho {word} >> log\x01e\r"),
            6 => format!("echo {word} >> log{}y\r", "\x1b[D".repeat(7)),
            7 => format!("not this\x15{command}\r"),
            8 => format!("{command}\r\x1b[A\r"),
            9 => format!("sh -c 'sleep 0.0{}; echo {word} >> log'\r", rng.below(9)),
            10 => format!("{}; true\r{command}\r", ODD[rng.below(ODD.len())]),
            _ => format!("echo é漢{word} >> log\r"),
        };
        cut(rng, &keys, &mut acts);
    }
    acts.push(Act::Keys("echo last >> log\r".to_owned()));
    acts.push(Act::See("last".to_owned()));
    acts
}

/// Waits until the shell has done everything.
fn see(number: usize, acts: &mut Vec<Act>) {
    let seen = format!("seen{number}-{}", acts.len());
    acts.push(Act::Keys(format!("echo {seen} >> log\r")));
    acts.push(Act::See(seen));
}

/// Programs that end in odd ways.
const ODD: [&str; 5] = [
    "sh -c 'kill -KILL $$'",
    "sh -c 'stty raw -echo; kill -KILL $$'",
    "sh -c 'stty -icanon -echo; sleep 0.02; kill -TERM $$'",
    "sh -c \"printf '\\033[?25l\\033[?2004h\\033[?1000h'; exit 3\"",
    "sh -c 'exit 7'",
];

/// Cuts keys into pieces with pauses.
fn cut(rng: &mut Rng, keys: &str, acts: &mut Vec<Act>) {
    let speed = [0, 50, 1000][rng.below(3)];
    let mut piece = String::new();
    for letter in keys.chars() {
        piece.push(letter);
        // A terminal sends the bytes of a key together.
        let is_in_sequence =
            piece.rfind('\x1b').is_some_and(|at| piece[at..].len() < 3 || piece.contains('~'));
        if !is_in_sequence && rng.below(20) == 0 && speed > 0 {
            acts.push(Act::Keys(std::mem::take(&mut piece)));
            acts.push(Act::Pause(rng.below(speed) as u64));
            if rng.below(10) == 0 {
                acts.push(Act::Resize(40 + rng.below(100) as u16));
            }
        }
    }
    acts.push(Act::Keys(piece));
}

fn shown(acts: &[Act]) -> String {
    let mut text = String::new();
    for act in acts {
        let _ = match act {
            Act::Keys(keys) => write!(text, "{keys:?} "),
            Act::Pause(time) => write!(text, "({time} µs) "),
            Act::Resize(columns) => write!(text, "({columns} columns) "),
            Act::See(word) => write!(text, "(until {word}) "),
        };
    }
    text
}
