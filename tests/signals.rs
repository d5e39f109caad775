//! Tests what a script does with signals, and with processes that its programs leave running.
//! `kill_storm.rs` tests trees that are hard to end; this file tests the other promises.

use crate::support;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Run;
use rustix::process::{Pid, Signal, kill_process};

/// A script that runs beside the test, in its own directory.
struct Beside {
    child: Child,
    directory: tempfile::TempDir,
}

struct Ended {
    /// The exit status, or 128+n after the signal n.
    status: i32,
    exited: bool,
    out: String,
    err: String,
}

impl Beside {
    fn start(options: &[&str], code: &str) -> Self {
        support::inherited::shed();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str| File::create(directory.path().join(name)).expect("it can be made");
        let child = Command::new(support::pipewright())
            .env_clear()
            .env("PATH", support::path())
            .args(options)
            .args(["-c", code])
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .expect("it starts");
        Self { child, directory }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// Waits until the script has made a file.
    fn until(self, name: &str) -> Self {
        eventually(&format!("the file {name}"), || self.path(name).exists());
        self
    }

    fn send(self, signal: Signal) -> Self {
        // Signals that are closer together would merge, and they do if the script gets no processor in
        // between.
        std::thread::sleep(Duration::from_millis(200));
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
        self
    }

    fn end(mut self) -> Ended {
        eventually("its end", || self.child.try_wait().expect("it is ours").is_some());
        let status = self.child.wait().expect("it is ours");
        let text = |name: &str| fs::read_to_string(self.path(name)).expect("it was made");
        Ended {
            status: status.code().or_else(|| status.signal().map(|n| 128 + n)).unwrap_or(-1),
            exited: status.code().is_some(),
            out: text("out"),
            err: text("err"),
        }
    }
}

#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "it never came to {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn is_running(pid: &str) -> bool {
    Path::new(&format!("/proc/{}", pid.trim())).exists()
}

#[test]
fn the_first_signal_lets_a_deferred_block_finish() {
    let code = "defer { touch cleaning; probe drain 0 < fifo; echo cleaned }\necho done";
    let script = format!("mkfifo fifo\n{code}");
    let run = Beside::start(&[], &script).until("cleaning").send(Signal::TERM);
    std::thread::sleep(Duration::from_millis(100));
    drop(File::options().write(true).open(run.path("fifo")).expect("a reader has it"));
    let ended = run.end();
    assert_eq!((ended.status, &*ended.out, &*ended.err), (143, "done\ncleaned\n", ""));
    assert!(!ended.exited, "it dies of the signal");
}

#[test]
fn a_second_signal_ends_what_a_deferred_block_runs() {
    for waits in
        ["probe ignore-term 60", "sleep 60", "{ probe ignore-term 60; } | cat", "x = $(probe ignore-term 60)"]
    {
        let code =
            format!("let x = ''\ndefer {{ echo next }}\ndefer {{ touch cleaning; {waits}; echo never }}\n");
        let ended = Beside::start(&[], &code).until("cleaning").send(Signal::HUP).send(Signal::INT).end();
        // Earlier deferred blocks run.
        assert_eq!((ended.status, &*ended.out), (130, "next\n"), "{waits}: {}", ended.err);
    }
}

#[test]
fn a_second_signal_kills_programs_and_what_was_deferred_runs() {
    let code = "defer { echo cleaned }\ntouch waiting; probe ignore-term 60";
    let started = Instant::now();
    let ended = Beside::start(&[], code).until("waiting").send(Signal::INT).send(Signal::INT).end();
    assert_eq!((ended.status, &*ended.out, &*ended.err), (130, "cleaned\n", ""));
    assert!(started.elapsed() < Duration::from_secs(4), "that was the grace");
}

#[test]
fn signals_close_together_are_one() {
    // As timeout(1) sends them: to the process, and then to its group.
    let code = "defer { touch cleaning; probe drain 0 < fifo; echo cleaned }\nmkfifo fifo";
    let run = Beside::start(&[], code).until("cleaning");
    let pid = Pid::from_child(&run.child);
    for signal in [Signal::TERM, Signal::HUP, Signal::TERM] {
        kill_process(pid, signal).expect("it runs");
    }
    std::thread::sleep(Duration::from_millis(100));
    drop(File::options().write(true).open(run.path("fifo")).expect("a reader has it"));
    let ended = run.end();
    assert_eq!((ended.status > 128, &*ended.out), (true, "cleaned\n"), "{}", ended.err);
}

#[test]
fn background_processes_of_a_program_live_as_long_as_the_script() {
    let code = "
sh -c 'sh -c \"echo \\$\\$ > pid.new; mv pid.new pid; exec sleep 60\" > /dev/null 2>&1 &'
while (not \"pid\".exists()) { sleep 5ms }
let pid = $(cat pid)
# It has written its number, and is sleep in a moment.
while ($(cat /proc/${pid}/comm) != \"sleep\") { sleep 5ms }
echo \"$pid runs\"
exit 3
";
    let ended = Beside::start(&[], code).end();
    let pid = ended.out.trim_end().strip_suffix(" runs").expect("its number");
    assert_eq!(ended.status, 3);
    assert_eq!(ended.err, format!("pipewright: ended what the script left running: sleep (process {pid})\n"));
    assert!(!is_running(pid));
}

#[test]
fn detached_programs_and_their_daemons_outlive_the_script() {
    let code = "
with detach=true {
    sh -c 'echo $$ > one.new; mv one.new one; exec sleep 60'
    sh -c 'setsid sh -c \"echo \\$\\$ > two.new; mv two.new two; exec sleep 60\" & exit 0'
}
while (not 'one'.exists() or not 'two'.exists()) { sleep 5ms }
";
    let run = Beside::start(&[], code).until("one").until("two");
    let pids = ["one", "two"].map(|name| fs::read_to_string(run.path(name)).expect("its number"));
    let ended = run.end();
    let alive = pids.clone().map(|pid| is_running(&pid));
    for pid in &pids {
        let pid = Pid::from_raw(pid.trim().parse().expect("a number")).expect("a number");
        kill_process(pid, Signal::KILL).expect("it runs");
    }
    assert_eq!((ended.status, &*ended.err, alive), (0, "", [true; 2]));
}

#[test]
fn zombies_are_reaped_while_the_script_runs() {
    // Each leaves an orphan, which ends at once.
    let code = "for i in (1..=200) { sh -c 'probe exit 0 & exit 0' }\ntouch counted; sleep 60";
    let run = Beside::start(&[], code).until("counted");
    let pid = run.child.id();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("procfs");
    let count = children.split_whitespace().count();
    let ended = run.send(Signal::TERM).end();
    assert_eq!(ended.status, 143);
    // The watcher, a few from the last turns.
    assert!(count < 80, "{count} children");
}

#[test]
fn a_program_that_cleans_up_is_not_asked_twice() {
    // Processes that it starts for that have time until the grace is over.
    let code =
        "sh -c 'trap \"sleep 0.2; echo cleaned; exit\" TERM; touch waiting; while :; do sleep 0.01; done'";
    let ended = Beside::start(&[], code).until("waiting").send(Signal::TERM).end();
    assert_eq!((ended.status, &*ended.out), (143, "cleaned\n"), "{}", ended.err);
}

/// A program that runs alone is waited for with SIGCHLD, and not with a descriptor like the others.
#[test]
fn a_program_alone_is_waited_for_in_every_situation() {
    let ended = |code: &str| Beside::start(&[], code).end();
    // At the same time other programs end, and other threads wait.
    let beside = ended(
        "for i in {1..30} { /bin/true & }; let job = spawn { for i in {1..20} { /bin/true }; echo other }; \
         for i in {1..20} { /bin/true }; /bin/sleep 0.1; wait; echo all",
    );
    assert_eq!((beside.status, &*beside.out), (0, "other\nall\n"), "{}", beside.err);
    // A time limit, also for a program that ignores signals.
    let late =
        ended("with timeout=0.1s, grace=0.1s { sh -c 'trap \"\" TERM; while :; do sleep 0.05; done' }");
    assert_eq!(late.status, 124, "{}", late.err);
    // Processes that it leaves behind, and adopted ones, do not hold it up.
    let left = ended("sh -c 'sleep 100 & exit 3' || echo \"status 3\"; echo on");
    assert_eq!((left.status, &*left.out), (0, "status 3\non\n"), "{}", left.err);
    let script = "touch ready; /bin/sleep 100 || echo never; echo never";
    let asked = Beside::start(&[], script).until("ready").send(Signal::TERM).end();
    assert_eq!((asked.status, &*asked.out), (143, ""), "{}", asked.err);
}

/// The interpreter does not wait for its execve either.
#[test]
fn a_program_alone_that_cannot_be_executed_is_reported_like_any_other() {
    let run = Beside::start(
        &[],
        "printf '#!/no/such\\n' > script; printf text > text; chmod +x script text; \
         ./script || echo 1; with timeout=9s { ./script } || echo 2; ./text",
    );
    let run = run.end();
    assert_eq!((run.status, &*run.out), (126, "1\n2\n"), "{}", run.err);
    assert!(run.err.contains("E1003") && run.err.contains("./text is not a program"), "{}", run.err);
    // A program that is being written is tried again until it is closed.
    let directory = tempfile::tempdir().expect("a temporary directory");
    let program = directory.path().join("program");
    fs::copy("/bin/true", &program).expect("there is room");
    let writer = fs::OpenOptions::new().append(true).open(&program).expect("it is ours");
    let run = Beside::start(&[], &format!("touch begun; {}; echo ran", program.display())).until("begun");
    std::thread::sleep(Duration::from_millis(50));
    drop(writer);
    let run = run.end();
    assert_eq!((run.status, &*run.out), (0, "ran\n"), "{}", run.err);
}

#[test]
fn the_second_process_of_guard_is_not_seen() {
    for (code, status) in [("echo a; exit 3", 3), ("probe kill 9", 137), ("cat", 0)] {
        let plain = Run::code(code).stdin("text\n").run();
        let guarded = Run::pipewright().args(["--guard", "-c", code]).stdin("text\n").run();
        assert_eq!(plain.status, status, "{plain}");
        assert_eq!(
            (guarded.status, guarded.out(), guarded.err()),
            (status, plain.out(), plain.err()),
            "{code}"
        );
    }
    // It ends with the signal that has ended the inner one.
    let run = Beside::start(&["--guard"], "touch waiting; sleep 60").until("waiting");
    let pid = run.child.id();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("procfs");
    let inner = Pid::from_raw(children.trim().parse().expect("one")).expect("one");
    kill_process(inner, Signal::KILL).expect("it runs");
    let ended = run.end();
    assert_eq!((ended.status, ended.exited), (137, false), "{}", ended.err);
    // And it passes on the signals that it gets.
    let ended = Beside::start(&["--guard"], "defer { echo cleaned }\ntouch waiting; sleep 60")
        .until("waiting")
        .send(Signal::HUP)
        .end();
    assert_eq!((ended.status, &*ended.out, ended.exited), (129, "cleaned\n", false), "{}", ended.err);
}

#[test]
fn a_signal_that_asks_for_an_end_ends_the_programs_and_is_what_the_script_dies_of() {
    let code = "defer { echo cleaned }\nsh -c 'echo $$ > pid.new; mv pid.new pid; exec sleep 60'\necho never";
    for signal in [
        Signal::HUP,
        Signal::INT,
        Signal::QUIT,
        Signal::TERM,
        Signal::USR1,
        Signal::USR2,
        Signal::ALARM,
        Signal::XCPU,
    ] {
        for options in [&[][..], &["--guard"]] {
            let run = Beside::start(options, code).until("pid");
            let pid = fs::read_to_string(run.path("pid")).expect("its number");
            let ended = run.send(signal).end();
            let dies = (128 + signal.as_raw(), false, "cleaned\n", "");
            assert_eq!(
                (ended.status, ended.exited, &*ended.out, &*ended.err),
                dies,
                "{signal:?} {options:?}"
            );
            assert!(!is_running(&pid), "{signal:?} {options:?}");
        }
    }
}

/// Runs a text of a shell that runs `$0 -c "$CODE"`.
fn around(shell: &str, text: &str, code: &str) -> support::Outcome {
    Run::new(shell).args(["-c", text]).arg(support::pipewright()).env("CODE", code).run()
}

#[test]
fn a_shell_sees_that_a_signal_ended_the_script() {
    for (shell, signal, status) in [("dash", "TERM", 143), ("bash", "INT", 130), ("dash", "QUIT", 131)] {
        let code = format!("sh -c 'kill -{signal} $PPID'; sleep 60");
        let outcome = around(shell, "\"$0\" -c \"$CODE\"; echo $?", &code);
        assert_eq!(outcome.out(), format!("{status}\n"), "{shell}: {outcome}");
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    for signal in ["INT", "HUP", "QUIT", "USR1", "TERM"] {
        // By the script and by its programs.
        let code = format!("sh -c 'kill -{signal} $PPID'; sh -c 'kill -{signal} $$'; echo on");
        let outcome = around("bash", &format!("trap '' {signal}; exec \"$0\" -c \"$CODE\""), &code);
        assert_eq!((outcome.status, &*outcome.out()), (0, "on\n"), "{signal}: {outcome}");
    }
    // As with `cmd &` in sh without job control.
    let outcome = around("dash", "\"$0\" -c \"$CODE\" & wait $!", "sh -c 'kill -INT $PPID'; echo on");
    assert_eq!((outcome.status, &*outcome.out()), (0, "on\n"), "{outcome}");
}

#[test]
fn a_write_beyond_the_limit_on_files_is_an_error_of_the_script() {
    let script = "ulimit -f 4; cd \"$1\"; exec \"$0\" -c \
                  '/bin/true; try { write(\"f\", \"x\".repeat(100000)) } catch e { echo ${e.message} }'";
    let directory = tempfile::tempdir().expect("a temporary directory");
    let outcome =
        Run::new("bash").args(["-c", script]).arg(support::pipewright()).arg(directory.path()).run();
    assert!(outcome.status == 0 && outcome.out().contains("too large"), "{outcome}");
}
