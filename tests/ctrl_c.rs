//! Ctrl-C while a script runs, on a real terminal: it reaches each program once, and what the program makes of it decides
//! whether the script goes on, as in bash.
use crate::support;
use crate::support::marked::left_after;
use crate::support::pty::Terminal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

const CTRL_C: &str = "\x03";
const CTRL_BACKSLASH: &str = "\x1c";
const INT: i32 = 2;
const QUIT: i32 = 3;
/// A time that is ample even on a slow machine.
const GIVE_UP: Duration = Duration::from_secs(20);

/// A program like terraform(1): at the first signal it saves its state, which takes a while, and at the second it gives
/// up. Ctrl-C also ends its sleeps. It writes to the terminal, also in a capture.
const SAVER: &str = r#"#!/bin/sh
exec > /dev/tty
signals=0
trap 'echo told by INT; signals=$((signals + 1)); [ $signals -lt 2 ] || { echo aborted; exit 1; }' INT
trap 'echo told by TERM; echo aborted; exit 1' TERM HUP
echo working
while [ $signals = 0 ]; do sleep 0.02; done
for turn in 1 2 3 4 5 6 7 8 9 10; do sleep 0.02; done
echo saved
"#;

/// A program that prints the signals that it gets, and survives all that can be caught.
const DEAF: &str = r#"#!/bin/sh
for signal in INT TERM HUP QUIT; do trap "echo deaf to $signal" $signal; done
echo listening
while :; do sleep 0.02; done
"#;

/// A program that saves its state when the terminal is closed, which takes 0.3 s, and gives up if it is asked to end
/// before that.
const HANGER: &str = r#"#!/bin/sh
hung_up=
trap 'echo HUP >> log; hung_up=1' HUP
trap 'echo TERM >> log; exit 1' TERM
echo working
while [ -z "$hung_up" ]; do sleep 0.02; done
for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 0.02; done
echo saved >> log
"#;

/// A program that ignores the closing of the terminal.
const CLINGER: &str = r#"#!/bin/sh
trap '' HUP
trap 'echo TERM >> log; exit 1' TERM
echo working
while :; do sleep 0.02; done
"#;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a temporary directory"));
        place.program("saver", SAVER);
        place.program("deaf", DEAF);
        place.program("hanger", HANGER);
        place.program("clinger", CLINGER);
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::write(&path, text).expect("there is room");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }

    /// Starts a program with arguments on its own terminal.
    fn start(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Terminal {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", support::path())
            .env("HOME", self.path())
            .env("PIPEWRIGHT", support::pipewright())
            .env("TERM", "xterm")
            .env("NO_COLOR", "1");
        Terminal::start(&mut command)
    }

    fn script(&self, code: &str) -> Terminal {
        self.start(support::pipewright(), &["-c", code])
    }
}

fn have(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    found.is_ok_and(|output| output.status.success())
}

/// Returns how often a text was shown.
fn times(shown: &str, text: &str) -> usize {
    shown.matches(text).count()
}

#[track_caller]
fn died_of(status: ExitStatus, signal: i32, shown: &str) {
    assert_eq!((status.signal(), status.code()), (Some(signal), None), "{shown}");
}

/// Presses Ctrl-C once the program works. Returns the output from then on, and how it ended.
#[track_caller]
fn interrupted(mut terminal: Terminal, working: &str) -> (ExitStatus, String) {
    terminal.expect(working);
    terminal.keys(CTRL_C);
    terminal.end()
}

/// Presses Ctrl-C again. A pending signal does not count twice (signal(7)), and the program may have been faster than
/// the interpreter.
fn press_again(terminal: &mut Terminal) {
    std::thread::sleep(Duration::from_millis(200));
    terminal.keys(CTRL_C);
}

#[test]
fn a_program_gets_one_signal_and_saves() {
    let place = Place::new();
    for code in [
        "./saver; echo on",
        "sh -c './saver; exit'; echo on",
        "with timeout=60s { ./saver }; echo on",
        "if ./saver { echo on }",
        "echo \"$(./saver)\"; echo on",
        "./saver & wait; echo on",
        "let job = spawn { ./saver }; job.wait(); echo on",
        "fn f() { ./saver }\nf; echo on",
        "try { ./saver }; echo on",
    ] {
        let (status, shown) = interrupted(place.script(code), "working");
        assert_eq!(times(&shown, "told by"), 1, "{code}: {shown}");
        assert!(shown.contains("saved") && !shown.contains("aborted"), "{code}: {shown}");
        if code.starts_with("sh -c") {
            // dash has no trap here, and dies of the signal when its program has ended.
            died_of(status, INT, &shown);
        } else {
            assert!(status.success() && shown.contains("on"), "{code}: {status} {shown}");
        }
    }
}

#[test]
fn a_program_that_dies_of_it_ends_the_script_by_it() {
    let place = Place::new();
    for code in [
        "echo working; sleep 60; echo never",
        "echo working; /bin/sleep 60; echo never",
        "echo working; /bin/sleep 60 || echo never; echo never",
        "echo working; try { /bin/sleep 60 } catch e { echo never }\necho never",
        "echo working; if /bin/sleep 60 { echo never } else { echo never }\necho never",
        "echo working; /bin/sleep 60 | cat; echo never",
        "echo working; /bin/sleep 60 | { cat; echo never }\necho never",
        "echo working; { /bin/sleep 60; echo never } | cat; echo never",
        "echo working; let x = $(/bin/sleep 60); echo never",
        "echo working; /bin/sleep 60 & wait; echo never",
        "echo working; let job = spawn { sleep 60; echo never }; job.wait(); echo never",
        "echo working; while true { sleep 0.01 }",
        "echo working; while true { /bin/true }",
        "echo working; with retry=3 { /bin/sleep 60 }; echo never",
        "echo working; cat <(/bin/sleep 60); echo never",
        // As one of two stages.
        "/bin/sleep 60 | ./saver; echo never",
    ] {
        let (status, shown) = interrupted(place.script(code), "working");
        died_of(status, INT, &format!("{code}: {shown}"));
        assert!(!shown.contains("never") && !shown.contains("error"), "{code}: {shown}");
    }
    let (status, shown) =
        interrupted(place.script("defer { echo cleaned }\necho working; /bin/sleep 60"), "working");
    died_of(status, INT, &shown);
    assert!(shown.contains("cleaned"), "{shown}");
}

/// xargs(1) dies of the key at once, and its program continues without it.
#[test]
fn a_program_whose_parent_died_of_it_gets_no_second_signal() {
    let place = Place::new();
    if !have("xargs") {
        return;
    }
    let (status, shown) = interrupted(place.script("echo x | xargs ./saver; echo never"), "working");
    died_of(status, INT, &shown);
    assert_eq!((times(&shown, "told by"), times(&shown, "aborted")), (1, 0), "{shown}");
    assert!(shown.contains("saved") && !shown.contains("never"), "{shown}");
    // The interpreter doesn't wait for a program that ignores it. dash itself loses a key that comes while it starts a
    // program: so it says when it has started all of them.
    let code = "sh -c '(trap \"\" INT; exec sleep 60) & echo working; read line'; echo never";
    let (status, shown) = interrupted(place.script(code), "working");
    died_of(status, INT, &shown);
}

#[test]
fn python_and_less_go_on() {
    let place = Place::new();
    if have("less") {
        fs::write(place.path().join("text"), "first line\n".repeat(100)).expect("there is room");
        let mut terminal = place.script("less text; echo on");
        terminal.expect("first line");
        // As often as the key is pressed: less reads single keys.
        for _ in 0..3 {
            terminal.keys(CTRL_C);
            std::thread::sleep(Duration::from_millis(100));
        }
        terminal.keys("q");
        let (status, shown) = terminal.end();
        assert!(status.success() && shown.contains("on"), "{status} {shown}");
    }
    if have("python3") {
        let mut terminal = place.script("python3 -i -q -c 'print(\"rea\" + \"dy\")'; echo on");
        terminal.expect("ready");
        terminal.expect(">>> ");
        terminal.keys(CTRL_C);
        // Python may look for signals a moment before it waits for a key.
        terminal.line("");
        terminal.expect("KeyboardInterrupt");
        terminal.line("print('still ' + 'there')");
        terminal.expect("still there");
        terminal.line("exit()");
        let (status, shown) = terminal.end();
        assert!(status.success() && shown.contains("on"), "{status} {shown}");
    }
}

#[test]
fn a_second_one_asks_and_a_third_one_kills() {
    let place = Place::new();
    for options in [&[][..], &["--guard"]] {
        let mut terminal =
            place.start(support::pipewright(), &[options, &["-c", "./deaf; echo never"]].concat());
        terminal.expect("listening");
        terminal.keys(CTRL_C);
        terminal.expect("deaf to INT");
        press_again(&mut terminal);
        terminal.expect("deaf to TERM");
        press_again(&mut terminal);
        let (status, shown) = terminal.end();
        died_of(status, INT, &shown);
        assert!(!shown.contains("never"), "{shown}");
    }
}

#[test]
fn a_request_by_another_process_asks_at_once() {
    let place = Place::new();
    let mut terminal = place.script("./saver; echo never");
    terminal.expect("working");
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(terminal.pid() as i32).expect("it runs"),
        rustix::process::Signal::INT,
    )
    .expect("it runs");
    let (status, shown) = terminal.end();
    died_of(status, INT, &shown);
    assert!(shown.contains("told by TERM") && !shown.contains("told by INT"), "{shown}");
}

#[test]
fn a_job_in_the_background_is_left_to_a_key_of_its_own() {
    let place = Place::new();
    if !have("python3") {
        return;
    }
    // The key belongs to Python: the job in the interpreter continues.
    let code = "let job = spawn { while (not 'go'.exists()) { sleep 0.01 }; echo job done }\n\
                python3 -i -q; touch go; wait; echo on";
    let mut terminal = place.script(code);
    terminal.expect(">>> ");
    terminal.keys(CTRL_C);
    terminal.line("");
    terminal.expect("KeyboardInterrupt");
    terminal.line("exit()");
    let (status, shown) = terminal.end();
    assert!(status.success() && shown.contains("job done") && shown.contains("on"), "{status} {shown}");
}

#[test]
fn a_loop_of_sh_around_scripts_ends() {
    let place = Place::new();
    for shell in ["bash", "dash"] {
        for options in ["", "--guard"] {
            let code = format!(
                "for i in 1 2 3; do $PIPEWRIGHT {options} -c 'echo working; /bin/sleep 60'; done; echo never"
            );
            let (status, shown) = interrupted(place.start(shell, &["-c", &code]), "working");
            died_of(status, INT, &shown);
            assert_eq!((times(&shown, "working"), times(&shown, "never")), (0, 0), "{shell}: {shown}");
        }
    }
}

#[test]
fn ctrl_backslash_is_for_the_programs_first() {
    let place = Place::new();
    let mut terminal = place.script("echo working; /bin/sleep 60 || echo never");
    terminal.expect("working");
    terminal.keys(CTRL_BACKSLASH);
    let (status, shown) = terminal.end();
    died_of(status, QUIT, &shown);
    assert!(!shown.contains("never") && !status.core_dumped(), "{shown}");
}

/// Programs that the terminal does not reach get the key from the interpreter.
#[test]
fn a_program_in_a_group_of_its_own_gets_it_once() {
    let place = Place::new();
    // Without a terminal on its standard streams, a script puts its programs in their own groups.
    let code = "$PIPEWRIGHT -c './saver; echo on' < /dev/null > log 2>&1; cat log; echo ended";
    let mut terminal = place.start("sh", &["-c", &format!("trap : INT; {code}")]);
    terminal.expect("working");
    terminal.keys(CTRL_C);
    let shown = terminal.expect("ended");
    assert_eq!((times(&shown, "told by"), times(&shown, "aborted")), (1, 0), "{shown}");
    assert!(shown.contains("saved") && shown.contains("on\n"), "{shown}");
}

/// Ways to run a program below the leader of the terminal's session. Each shell stays as long as the program runs.
const BELOW: &[(&str, &[&str])] = &[
    ("a script", &["$PIPEWRIGHT", "-c", "./$PROGRAM; echo never >> log"]),
    ("a script with a guard", &["$PIPEWRIGHT", "--guard", "-c", "./$PROGRAM; echo never >> log"]),
    ("a script in dash", &["dash", "-c", "\"$PIPEWRIGHT\" -c './$PROGRAM; echo never >> log'; exit"]),
    (
        "a script in a prompt of bash",
        &["bash", "--norc", "-i", "-c", "\"$PIPEWRIGHT\" -c './$PROGRAM; echo never >> log'; exit"],
    ),
    (
        "a script without a terminal",
        &[
            "dash",
            "-c",
            "\"$PIPEWRIGHT\" -c './$PROGRAM > /dev/tty; echo never >> log' < /dev/null > /dev/null 2>&1; exit",
        ],
    ),
    ("a pipeline", &["$PIPEWRIGHT", "-c", "./$PROGRAM | cat; echo never >> log"]),
    ("a capture", &["$PIPEWRIGHT", "-c", "let x = $(./$PROGRAM > /dev/tty); echo never >> log"]),
    ("a job", &["$PIPEWRIGHT", "-c", "./$PROGRAM &\nwait; echo never >> log"]),
];

/// Closes the terminal while a program works in each of these ways. Returns the output of the programs, and the time
/// that it took.
fn closed(program: &str, mut look: impl FnMut(&str, &str, Duration)) {
    for (name, words) in BELOW {
        let place = Place::new();
        let words: Vec<String> = words.iter().map(|word| word.replace("$PROGRAM", program)).collect();
        let first = words[0].replace("$PIPEWRIGHT", &support::pipewright().to_string_lossy());
        let rest: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let mut terminal = place.start(first, &rest);
        terminal.expect("working");
        let started = Instant::now();
        terminal.hang_up();
        // A shell may end before its script.
        let left = left_after(&format!("HOME={}", place.path().display()), GIVE_UP);
        assert!(left.is_empty(), "{name}: {left:?}");
        let log = fs::read_to_string(place.path().join("log")).unwrap_or_default();
        look(name, &log, started.elapsed());
    }
}

#[test]
fn a_program_may_save_when_the_terminal_is_closed() {
    closed("hanger", |name, log, _| {
        // A shell that passes the signal on ends then, and so sends it once more.
        let log = log.replacen("HUP\nHUP\n", "HUP\n", 1);
        assert_eq!(log, "HUP\nsaved\n", "{name}");
    });
}

#[test]
fn a_program_that_ignores_that_the_terminal_is_closed_is_asked_to_end() {
    closed("clinger", |name, log, elapsed| {
        assert_eq!(log, "TERM\n", "{name}");
        assert!(elapsed >= Duration::from_millis(900), "{name}: asked after {elapsed:?}");
    });
}

#[test]
fn the_terminal_is_as_it_was_after_a_program_was_ended() {
    let place = Place::new();
    let raw = "stty raw -echo; trap \"\" TERM; while :; do sleep 0.05; done";
    let code = format!("try {{ with timeout=0.3s, grace=0.1s {{ sh -c '{raw}' }} }}\nstty -a");
    let (status, shown) = place.script(&code).end();
    assert!(status.success(), "{shown}");
    for mode in [" icanon ", " echo ", "isig ", "opost "] {
        assert!(
            shown.contains(mode) && !shown.contains(&format!("-{}", mode.trim_start())),
            "{mode}: {shown}"
        );
    }
    // Settings of the script itself stay.
    let code = "stty -echo\ntry { with timeout=0.1s { /bin/sleep 9 } }\nstty -a\nstty echo";
    let (_, shown) = place.script(code).end();
    assert!(shown.contains("-echo "), "{shown}");
}
