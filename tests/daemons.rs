//! Tests what a script leaves running at its end. As in sh, a daemon (a process in a session that a program has made)
//! survives a normal end of the script. Any other process gets a second to end by itself, and is then ended. When a
//! signal or a time limit ends the script, or a block has `daemons="end"`, nothing is left.

use crate::support;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::marked::{left_after, processes_with};
use rustix::process::{Pid, Signal, kill_process};

/// A time that is ample even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A script in its own directory, with a marker in its environment by which its processes are found.
struct Marked {
    command: Command,
    marker: String,
    directory: tempfile::TempDir,
}

impl Marked {
    fn new(name: &str, options: &[&str], code: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let value = format!("{name}-{}", std::process::id());
        let mut command = Command::new(support::pipewright());
        command.env_clear().env("PATH", support::path()).env("HOME", directory.path());
        command.env("DAEMONS", &value).args(options).args(["-c", code]).current_dir(directory.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, marker: format!("DAEMONS={value}"), directory }
    }

    /// Runs it to its end. A daemon may hold its output, so this does not wait for the end of the output.
    fn run(mut self) -> Ended {
        let (out, err) = (self.directory.path().join("out"), self.directory.path().join("err"));
        let file = |path: &Path| Stdio::from(fs::File::create(path).expect("it can be made"));
        let status = self.command.stdout(file(&out)).stderr(file(&err)).status().expect("it starts");
        let text = |path: &Path| fs::read_to_string(path).expect("it was made");
        let (out, err) = (text(&out), text(&err));
        Ended {
            status: status.code().unwrap_or(-1),
            out,
            err,
            marker: self.marker,
            directory: self.directory,
        }
    }

    fn start(&mut self) -> Child {
        self.command.spawn().expect("it starts")
    }
}

struct Ended {
    status: i32,
    out: String,
    err: String,
    marker: String,
    directory: tempfile::TempDir,
}

#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "it never came to {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ways to start a daemon. Each daemon has created the file `up` once it is one.
const DAEMONS: &[(&str, &str)] = &[
    ("setsid", "setsid -f sh -c 'touch up; sleep 60'"),
    ("in the background of a shell", "sh -c 'setsid sh -c \"touch up; sleep 60\" &'"),
    ("forked twice", "sh -c '(setsid sh -c \"touch up; sleep 60 & wait\" &)'"),
];

const UP: &str = "while (not 'up'.exists()) { sleep 5ms }";

#[test]
fn a_daemon_survives_a_normal_end_of_the_script() {
    for (name, daemon) in DAEMONS {
        for (end, status) in [("", 0), ("exit 3", 3), ("fail 'no'", 1), ("false", 1)] {
            let ended = Marked::new("stays", &[], &format!("{daemon}\n{UP}\n{end}")).run();
            let left = left_after(&ended.marker, Duration::ZERO);
            assert!(!left.is_empty(), "{name}, {end}: nothing is left");
            assert_eq!(ended.status, status, "{name}, {end}: {}", ended.err);
            assert!(!ended.err.contains("left running"), "{name}, {end}: {}", ended.err);
        }
    }
}

/// setsid(1) forks if it leads a process group, and returns at once. In a script of sh it does not lead one.
#[test]
fn setsid_is_awaited_as_in_sh() {
    for (code, expected) in [
        ("setsid sh -c 'sleep 0.1; echo program'; echo end", "program\nend\n"),
        ("setsid sh -c 'sleep 0.1; exit 3' || echo status $?; echo end", "status 3\nend\n"),
        ("env A=1 nice -n 1 setsid sh -c 'sleep 0.1; echo program'; echo end", "program\nend\n"),
        ("setsid sh -c 'sleep 0.1; echo program' | cat; echo end", "program\nend\n"),
        ("true | setsid sh -c 'sleep 0.1; echo program'; echo end", "program\nend\n"),
        ("{ setsid sh -c 'sleep 0.1; echo program'; echo inner; } | cat; echo end", "program\ninner\nend\n"),
        // It forks by itself.
        ("setsid -f sh -c 'sleep 0.3; echo never > /dev/null'; echo end", "end\n"),
    ] {
        for shell in ["dash", "bash"] {
            let mut command = Command::new(shell);
            command.args(["-c", code]).env("PATH", support::path()).stdin(Stdio::null());
            let output = command.output().expect("it starts");
            assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{shell}: {code}");
        }
        // Here the status of a command that failed before `||` is in a record.
        let code = code.replace("|| echo status $?", "|| echo \"status 3\"");
        let ended = Marked::new("setsid", &[], &code).run();
        assert_eq!((ended.status, &*ended.out), (0, expected), "{code}: {}", ended.err);
        left_after(&ended.marker, Duration::ZERO);
    }
    let late = Marked::new("limit", &[], "with timeout=50ms { setsid sleep 60 }").run();
    assert_eq!((late.status, left_after(&late.marker, Duration::ZERO)), (124, vec![]), "{}", late.err);
    // In a job it makes a daemon, as elsewhere.
    let ended = Marked::new("job", &[], &format!("setsid sh -c 'touch up; sleep 60' &\n{UP}")).run();
    assert_eq!((ended.status, &*ended.err), (0, ""));
    assert!(!left_after(&ended.marker, Duration::ZERO).is_empty(), "nothing is left");
}

#[test]
fn a_signal_or_a_time_limit_ends_daemons_too() {
    for (name, daemon) in DAEMONS {
        let late =
            Marked::new("late", &[], &format!("{daemon}\n{UP}\nwith timeout=50ms {{ sleep 60 }}")).run();
        assert_eq!(
            (late.status, left_after(&late.marker, Duration::ZERO)),
            (124, vec![]),
            "{name}: {}",
            late.err
        );
        let mut asked = Marked::new("asked", &[], &format!("{daemon}\n{UP}\ntouch waits; sleep 60"));
        let mut child = asked.start();
        eventually("the end of its start", || asked.directory.path().join("waits").exists());
        kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
        child.wait().expect("it is ours");
        assert_eq!(left_after(&asked.marker, Duration::ZERO), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_process_that_is_not_a_daemon_has_a_second_to_end() {
    for code in [
        "sh -c '(sleep 0.05; echo late) & echo hi' | cat",
        "sh -c '(sleep 0.3; echo late) & echo hi'",
        "sh -c '(sleep 0.3; echo late) & echo hi'; exit 3",
        "sh -c 'trap \"\" TERM; (sleep 0.3; echo late) & echo hi'; false",
        "sh -c 'nohup sh -c \"sleep 0.3; echo late\" 2> /dev/null & echo hi'",
    ] {
        for _ in 0..4 {
            let ended = Marked::new("moment", &[], code).run();
            assert_eq!(ended.out, "hi\nlate\n", "{code}: {}", ended.err);
            assert!(!ended.err.contains("left running"), "{code}: {}", ended.err);
            assert_eq!(left_after(&ended.marker, Duration::ZERO), Vec::<String>::new(), "{code}");
        }
    }
}

#[test]
fn a_process_that_takes_longer_is_ended_and_named_unless_it_is_a_daemon() {
    let code =
        "sh -c 'sleep 60 & nohup sleep 61 > /dev/null 2>&1 & setsid -f sh -c \"touch up; exec sleep 62\"'";
    let ended = Marked::new("named", &[], &format!("{code}\n{UP}")).run();
    let left = left_after(&ended.marker, Duration::ZERO);
    assert_eq!(ended.status, 0);
    assert!(
        ended.err.starts_with("pipewright: ended what the script left running: sleep (process "),
        "{}",
        ended.err
    );
    assert_eq!(ended.err.matches("sleep (process ").count(), 2, "{}", ended.err);
    assert!(matches!(&*left, [one] if one.contains("(sleep)")), "{left:?}");
}

#[test]
fn a_signal_during_the_last_second_ends_daemons_too() {
    let code = format!("setsid -f sh -c 'touch up; exec sleep 60'\n{UP}\nsh -c 'sleep 59 & touch last'");
    let mut script = Marked::new("second", &[], &code);
    let mut child = script.start();
    eventually("the end of the text", || script.directory.path().join("last").exists());
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    child.wait().expect("it is ours");
    assert_eq!(left_after(&script.marker, Duration::ZERO), Vec::<String>::new());
}

#[test]
fn a_block_that_must_leave_nothing_ends_daemons() {
    for (name, daemon) in DAEMONS {
        for (body, status) in [("", 0), ("false", 1), ("exit 3", 3)] {
            let code = format!(
                "defer {{ touch after }}\nwith daemons=\"end\", grace=200ms {{ {daemon}\n{UP}\n{body} }}\nsetsid -f sleep 50"
            );
            let ended = Marked::new("block", &[], &code).run();
            let left = left_after(&ended.marker, Duration::ZERO);
            // The daemon from after the block stays.
            let expected = usize::from(status == 0);
            assert_eq!(
                (ended.status, left.len(), &*ended.out),
                (status, expected, ""),
                "{name}, {body}: {left:?} {}",
                ended.err
            );
            assert!(!ended.err.contains("left running"), "{name}: {}", ended.err);
            assert!(ended.directory.path().join("after").exists());
        }
    }
    let absorbed = "with daemons=\"end\" { setsid -f sleep 60; false } || echo absorbed\nlet d = \"keep\"\nwith daemons=d { true }";
    let ended = Marked::new("absorbed", &[], absorbed).run();
    assert_eq!((ended.status, &*ended.out), (0, "absorbed\n"), "{}", ended.err);
    assert_eq!(left_after(&ended.marker, Duration::ZERO), Vec::<String>::new());
}

#[test]
fn beside_other_jobs_it_is_the_end_of_the_script_that_ends_daemons() {
    let code = format!(
        "let job = spawn {{ sleep 0.5 }}\nwith daemons=\"end\" {{ setsid -f sh -c 'touch up; exec sleep 60'\n{UP} }}\njob.wait()"
    );
    let ended = Marked::new("beside", &[], &code).run();
    assert_eq!((ended.status, left_after(&ended.marker, Duration::ZERO)), (0, vec![]), "{}", ended.err);
}

#[test]
fn the_option_is_refused_without_adopted_orphans() {
    let script = pipewright::Script::parse("t", "with daemons=\"end\" { true }").unwrap();
    let error = pipewright::Session::new().run(&script).status().unwrap_err();
    assert_eq!(error.diagnostic().code, pipewright::diag::code::DAEMONS, "{error}");
    let error = pipewright::Script::parse("t", "with daemons=\"stop\" { true }").unwrap_err();
    assert!(error.to_string().contains("\"end\" or \"keep\""), "{error}");
}

#[test]
fn daemons_go_on_below_a_second_process_too() {
    let (_, daemon) = DAEMONS[0];
    let ended = Marked::new("guard", &["--guard"], &format!("{daemon}\n{UP}\nexit 3")).run();
    let left = left_after(&ended.marker, Duration::ZERO);
    assert!(ended.status == 3 && !left.is_empty(), "{} {left:?}: {}", ended.status, ended.err);
}

/// Kills by the script's command line, as pkill(1) does with `-9 -f`. The watcher has a different one.
#[test]
fn a_kill_by_the_command_line_leaves_nothing() {
    let mut script = Marked::new("pkill", &[], "sh -c 'sleep 60 & touch up; sleep 61' # by its text");
    let mut child = script.start();
    eventually("its program", || script.directory.path().join("up").exists());
    let with_its_text = || {
        let line = |pid: Pid| fs::read(format!("/proc/{}/cmdline", pid.as_raw_pid())).unwrap_or_default();
        let by_text = |pid: &Pid| String::from_utf8_lossy(&line(*pid)).contains("# by its text");
        processes_with(&script.marker).into_iter().map(|(pid, _)| pid).filter(by_text).collect::<Vec<_>>()
    };
    // The watcher gets its command line when the first program has run for a while.
    eventually("a watcher of its own", || with_its_text() == [Pid::from_child(&child)]);
    kill_process(Pid::from_child(&child), Signal::KILL).expect("it runs");
    child.wait().expect("it is ours");
    assert_eq!(left_after(&script.marker, PATIENCE), Vec::<String>::new());
}

// ---------------------------------------------------------------------------------------------------- real programs

#[test]
fn the_gc_of_git_finishes() {
    if !support::have("git") {
        return;
    }
    let code = r#"
git init -q .
git config user.email a@example.org; git config user.name a
git config gc.auto 1; git config gc.autoDetach true; git config maintenance.autoDetach true
for i in (1..=1500) { echo $i > "f$i" }
git add .
git commit -q -m many
"#;
    let ended = Marked::new("git", &[], code).run();
    assert_eq!((ended.status, &*ended.err), (0, ""));
    let objects = ended.directory.path().join(".git/objects");
    let packed = || {
        let pack = fs::read_dir(objects.join("pack")).into_iter().flatten().flatten();
        pack.filter(|file| file.path().extension().is_some_and(|ending| ending == "pack")).count() > 0
    };
    eventually("a pack by the gc of git", packed);
    eventually("the end of the gc of git", || processes_with(&ended.marker).is_empty());
}

#[test]
fn an_agent_and_a_multiplexer_go_on() {
    for (program, code) in [
        ("gpg-agent", "mkdir -m 700 home; gpg-agent --homedir home --daemon"),
        ("tmux", "tmux -S socket -f /dev/null new-session -d 'sleep 60'"),
    ] {
        if !support::have(program) {
            continue;
        }
        let ended = Marked::new("agent", &[], code).run();
        let left = left_after(&ended.marker, Duration::ZERO);
        assert_eq!(ended.status, 0, "{program}: {}", ended.err);
        assert!(left.iter().any(|one| one.contains(program)), "{program}: {left:?}");
    }
}

// ---------------------------------------------------------------------------------------------------- at the prompt

#[test]
#[cfg(feature = "prompt")]
fn jobs_of_nohup_and_setsid_survive_the_prompt() {
    use crate::support::home::Home;
    use crate::support::pty::Terminal;
    for killed in [false, true] {
        let home = Home::new();
        let value = format!("prompt-{killed}-{}", std::process::id());
        let mut terminal = Terminal::start(home.command().env("DAEMONS", &value));
        terminal.ready();
        // Otherwise they keep the terminal open.
        terminal.run("nohup sleep 100 < /dev/null > /dev/null 2>&1 &");
        terminal.run("setsid sleep 101 < /dev/null > /dev/null 2>&1 &");
        let marker = format!("DAEMONS={value}");
        let runs = |seconds: &str| {
            processes_with(&marker).iter().any(|(pid, _)| {
                let words = fs::read(format!("/proc/{}/cmdline", pid.as_raw_pid())).unwrap_or_default();
                words == format!("sleep\0{seconds}\0").as_bytes()
            })
        };
        eventually("both programs", || runs("100") && runs("101"));
        eventually("both jobs", || !terminal.run("jobs").contains("] - "));
        if killed {
            let pid = Pid::from_raw(terminal.pid().cast_signed()).expect("it runs");
            kill_process(pid, Signal::KILL).expect("it is ours");
        } else {
            // The prompt asks no question about them.
            terminal.line("exit 3");
        }
        let (status, shown) = terminal.end();
        assert_eq!(status.code(), (!killed).then_some(3), "{shown}");
        // By now the watcher and the hang-up of the terminal have had their time.
        std::thread::sleep(Duration::from_millis(300));
        let left = left_after(&marker, Duration::ZERO);
        assert_eq!(left.iter().filter(|one| one.contains("(sleep)")).count(), 2, "{killed}: {left:?}");
    }
}
