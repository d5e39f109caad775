//! `pipewright top`: the loops of a running script, seen from another process.

use crate::support::pty::Terminal;
use crate::support::{self, Run, have};
use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Four turns that wait for the file `go`, two at once.
const LOOP: &str = "for n in (1..=4) with jobs=2 { sh -c 'while ! [ -e go ]; do sleep 0.02; done' }";

/// A script that runs in its own directory, and the directory of the sockets.
struct Script {
    work: TempDir,
    sockets: TempDir,
    child: Child,
}

impl Script {
    fn start(options: &[&str], code: &str) -> Self {
        let directory = || tempfile::tempdir().expect("a temporary directory");
        let (work, sockets) = (directory(), directory());
        let child = Command::new(support::pipewright())
            .args(options)
            .args(["-c", code])
            .current_dir(work.path())
            .env("XDG_RUNTIME_DIR", sockets.path())
            .stdin(Stdio::null())
            .spawn()
            .expect("the script starts");
        Self { work, sockets, child }
    }

    /// Lets the turns end, and waits for the script.
    fn finish(&mut self) {
        fs::write(self.work.path().join("go"), "").expect("a file can be written");
        let status = self.child.wait().expect("the script can be awaited");
        assert!(status.success(), "{status}");
    }

    fn top(&self) -> serde_json::Value {
        top(self.sockets.path())
    }

    /// Waits until the list of `top --json` is as described.
    fn until(&self, what: &str, holds: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let begun = Instant::now();
        loop {
            let listed = self.top();
            if holds(&listed) {
                return listed;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{what}: {listed}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn socket(&self) -> std::path::PathBuf {
        self.sockets.path().join("pipewright").join(format!("{}.sock", self.child.id()))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn top(sockets: &Path) -> serde_json::Value {
    let outcome = Run::pipewright().args(["top", "--json"]).env("XDG_RUNTIME_DIR", sockets).run().success();
    serde_json::from_str(&outcome.out()).expect("the list is JSON")
}

#[test]
fn a_loop_side_by_side_is_listed_while_it_runs() {
    let mut script = Script::start(&[], LOOP);
    let listed = script.until("two turns run with their programs", |listed| {
        listed[0]["loops"][0]["running"] == 2 && listed[0]["processes"].as_u64() >= Some(2)
    });
    let one = &listed[0]["loops"][0];
    assert_eq!((&listed[0]["script"], &listed[0]["pid"]), (&"-c".into(), &script.child.id().into()));
    assert_eq!((&one["place"], &one["jobs"], &one["total"]), (&"-c:1:1".into(), &2.into(), &4.into()));
    assert_eq!((&one["done"], &one["failed"], &one["oldest"]), (&0.into(), &0.into(), &"1".into()));
    script.finish();
    assert_eq!(script.top(), serde_json::json!([]));
}

#[test]
fn only_the_user_of_a_script_can_open_its_socket_and_it_is_removed_at_the_end() {
    let mut script = Script::start(&[], LOOP);
    script.until("two turns run", |listed| listed[0]["loops"][0]["running"] == 2);
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let socket = script.socket();
    assert!(fs::metadata(&socket).expect("it is there").file_type().is_socket());
    assert_eq!((mode(&socket), mode(socket.parent().expect("it has a directory"))), (0o600, 0o700));
    script.finish();
    assert!(!socket.exists());
}

#[test]
fn a_script_that_was_killed_leaves_a_socket_that_the_next_top_removes() {
    let mut script = Script::start(&[], LOOP);
    script.until("two turns run", |listed| listed[0]["loops"][0]["running"] == 2);
    script.child.kill().expect("it can be killed");
    script.child.wait().expect("it can be awaited");
    fs::write(script.work.path().join("go"), "").expect("a file can be written");
    assert!(script.socket().exists());
    assert_eq!(script.top(), serde_json::json!([]));
    assert!(!script.socket().exists());
}

#[test]
fn no_top_hides_a_script() {
    let mut script = Script::start(&["--no-top"], &format!("echo > begun; {LOOP}"));
    let begun = script.work.path().join("begun");
    while !begun.exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(script.top(), serde_json::json!([]));
    script.finish();
    assert_eq!(fs::read_dir(script.sockets.path()).expect("it is there").count(), 0);
}

#[test]
fn a_script_without_loops_side_by_side_makes_no_socket() {
    if !have("strace") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let log = directory.path().join("log");
    let traced = |code: &str| {
        let run = Run::new("strace").args(["-f", "-qq", "-e", "trace=socket", "-o"]).arg(&log);
        run.arg(support::pipewright())
            .args(["-c", code])
            .env("XDG_RUNTIME_DIR", directory.path())
            .run()
            .success();
        fs::read_to_string(&log).expect("strace writes its log")
    };
    let plain = traced("for n in 1 2 3 { /bin/true }; /bin/true | /bin/true; { true } &");
    assert!(!plain.contains("socket("), "{plain}");
    let looped = traced("for n in 1 2 3 with jobs=2 { /bin/true }");
    assert!(looped.contains("AF_UNIX"), "{looped}");
}

#[test]
fn a_directory_of_another_kind_is_not_used_and_the_script_runs() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = directory.path().join("pipewright");
    fs::create_dir(&place).expect("it can be made");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).expect("it is ours");
    let code = "for n in 1 2 with jobs=2 { echo $n }";
    let outcome = Run::code(code).env("XDG_RUNTIME_DIR", directory.path()).run().success();
    assert_eq!((outcome.out().as_str(), outcome.err().as_str()), ("1\n2\n", ""));
    assert_eq!(fs::read_dir(&place).expect("it is there").count(), 0);
}

#[test]
fn the_table_on_a_terminal_follows_a_loop_and_lets_it_run_more_turns_at_once() {
    let mut script = Script::start(&[], LOOP);
    script.until("two turns run", |listed| listed[0]["loops"][0]["running"] == 2);
    let mut command = Command::new(support::pipewright());
    let mut terminal = Terminal::start(
        command.arg("top").env("XDG_RUNTIME_DIR", script.sockets.path()).env("TERM", "xterm"),
    );
    terminal.expect("2 of 2 running");
    terminal.keys("+");
    terminal.expect("of 3 running");
    script.until("three turns run", |listed| listed[0]["loops"][0]["running"] == 3);
    terminal.keys("-");
    terminal.expect("of 2 running");
    script.finish();
    terminal.expect("no script of yours runs a loop side by side");
    terminal.keys("q");
    let (status, _) = terminal.end();
    assert!(status.success(), "{status}");
}

#[test]
fn the_turns_of_a_loop_with_one_job_stay_one_by_one() {
    let code = LOOP.replace("jobs=2", "jobs=1");
    let mut script = Script::start(&[], &code);
    let listed = script.until("a turn runs", |listed| listed[0]["loops"][0]["running"] == 1);
    assert_eq!(listed[0]["loops"][0]["can_resize"], false);
    let mut command = Command::new(support::pipewright());
    let mut terminal = Terminal::start(
        command.arg("top").env("XDG_RUNTIME_DIR", script.sockets.path()).env("TERM", "xterm"),
    );
    terminal.expect("1 of 1 running");
    terminal.keys("+");
    terminal.expect("the loop runs its turns one after another");
    terminal.keys("q");
    assert!(terminal.end().0.success());
    script.finish();
}

#[test]
fn a_wrong_option_of_top_is_refused() {
    let outcome = Run::pipewright().args(["top", "--jsno"]).run();
    assert_eq!(outcome.status, 2);
    assert!(outcome.err().contains("usage: pipewright top [--json]"), "{outcome}");
}
