//! `pipewright top`: the loops and services of a running script, seen from another process.

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

/// Two instances that wait for that file.
const SERVICE: &str = "fn alive() { true }
let web = service with jobs=2, health=alive, interval=10ms { sh -c 'while ! [ -e go ]; do sleep 0.02; done' }
wait";

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

    /// Starts the table on a terminal.
    fn terminal(&self) -> Terminal {
        let mut command = Command::new(support::pipewright());
        command.arg("top").env("XDG_RUNTIME_DIR", self.sockets.path()).env("TERM", "xterm");
        Terminal::start(&mut command)
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
    let socket = script.socket();
    assert!(socket.exists());
    // A process that the script was starting may have the socket open until it runs its program.
    script.until("it is removed", |listed| *listed == serde_json::json!([]) && !socket.exists());
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
    let mut terminal = script.terminal();
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
    let mut terminal = script.terminal();
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
    assert!(outcome.err().contains("usage: pipewright top [--json | --serve ADDRESS]"), "{outcome}");
}

/// Returns the processes of the instances of the first service.
fn pids(listed: &serde_json::Value) -> Vec<u64> {
    let instances = listed[0]["services"][0]["instances"].as_array();
    instances.into_iter().flatten().filter_map(|one| one["pid"].as_u64()).collect()
}

fn are_ready(listed: &serde_json::Value) -> bool {
    let instances = &listed[0]["services"][0]["instances"];
    (0..2).all(|n| instances[n]["stage"] == "ready" && instances[n]["pid"].is_u64())
}

#[test]
fn a_service_is_listed_with_its_instances() {
    let mut script = Script::start(&[], SERVICE);
    let listed = script.until("both instances are ready and were found healthy", |listed| {
        are_ready(listed) && (0..2).all(|n| listed[0]["services"][0]["instances"][n]["healthy"] == true)
    });
    let web = &listed[0]["services"][0];
    assert_eq!(
        (&web["name"], &web["place"], &web["status"]),
        (&"web".into(), &"-c:2:11".into(), &"ready".into())
    );
    let one = &web["instances"][1];
    assert_eq!((&one["number"], &one["restarts"], &one["last_end"]), (&1.into(), &0.into(), &().into()));
    assert!(one["memory"].as_u64() > Some(0) && one["uptime"].as_f64() > Some(0.0), "{one}");
    script.finish();
    assert_eq!(script.top(), serde_json::json!([]));
}

#[test]
fn a_service_that_was_given_up_is_listed_with_the_reason_until_the_script_ends() {
    let code = "let web = service with most_restarts=2, backoff=1ms { sh -c 'exit 3' }
sh -c 'while ! [ -e go ]; do sleep 0.02; done'";
    let script = Script::start(&[], code);
    let listed = script.until("it has failed", |listed| listed[0]["services"][0]["status"] == "failed");
    let web = &listed[0]["services"][0];
    assert_eq!(web["problem"], "`web` failed, and again after 2 restarts in a row");
    assert_eq!(web["instances"][0]["last_end"], "`sh` exited with 3");
    assert_eq!(web["instances"][0]["restarts"], 2);
}

#[test]
fn keys_restart_reload_and_stop_a_service() {
    let mut script = Script::start(&[], SERVICE);
    let mut before = pids(&script.until("both instances run", are_ready));
    let mut terminal = script.terminal();
    terminal.expect("r restart");
    for key in ["r", "l"] {
        terminal.keys(key);
        let listed = script.until("both instances were replaced", |listed| {
            are_ready(listed) && pids(listed).iter().all(|pid| !before.contains(pid))
        });
        before = pids(&listed);
    }
    terminal.keys("s");
    terminal.expect("stop web? y stop");
    terminal.keys("n");
    terminal.expect("q quit");
    assert_eq!(pids(&script.top()), before);
    terminal.keys("s");
    terminal.expect("stop web? y stop");
    terminal.keys("y");
    // The script waits for nothing else.
    assert!(script.child.wait().expect("it can be awaited").success());
    terminal.expect("no script of yours runs");
    terminal.keys("q");
    assert!(terminal.end().0.success());
}

#[test]
fn a_signal_ends_the_table_and_the_terminal_is_as_before() {
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut command = Command::new("sh");
        // The shell reports the status, and the modes of the terminal before and after.
        let text = "trap '' INT QUIT HUP; stty -g; sh -c 'trap - INT QUIT HUP; exec \"$0\" top' \"$0\"
            echo \"status $?\"; stty -g";
        command.args(["-c", text]).arg(support::pipewright());
        let mut terminal =
            Terminal::start(command.env("XDG_RUNTIME_DIR", directory.path()).env("TERM", "xterm"));
        let before = terminal.expect("\n").trim().to_string();
        terminal.expect("no script of yours runs");
        let child = child_named(terminal.pid(), "pipewright");
        // SAFETY: the process is a descendant of this test.
        assert_eq!(unsafe { libc::kill(child, signal) }, 0);
        terminal.expect_bytes("\x1b[?25h\x1b[?1049l");
        terminal.expect(&format!("status {}", 128 + signal));
        let (status, after) = terminal.end();
        assert!(status.success());
        assert_eq!(after.trim(), before);
    }
}

/// Waits for a child process of this name.
fn child_named(parent: u32, name: &str) -> i32 {
    let begun = Instant::now();
    loop {
        let children =
            fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
        let is_it = |pid: &&str| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
        };
        if let Some(pid) = children.split_whitespace().find(is_it) {
            return pid.parse().expect("a number");
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "no child {name} but: {children}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_script_that_is_stopped_is_left_out_however_often_it_is_asked() {
    let mut script = Script::start(&[], LOOP);
    script.until("two turns run", |listed| listed[0]["loops"][0]["running"] == 2);
    let send = |signal| {
        // SAFETY: it is a child that has not been awaited.
        assert_eq!(unsafe { libc::kill(script.child.id() as i32, signal) }, 0);
    };
    send(libc::SIGSTOP);
    // More connections than may wait: from then on another one would wait, too.
    let (socket, told) = (script.socket(), std::sync::mpsc::channel());
    std::thread::spawn(move || {
        while std::os::unix::net::UnixStream::connect(&socket).is_ok() && told.0.send(()).is_ok() {}
    });
    while told.1.recv_timeout(Duration::from_millis(500)).is_ok() {}
    assert_eq!(script.top(), serde_json::json!([]));
    drop(told.1);
    send(libc::SIGCONT);
    script.until("it is listed again", |listed| listed[0]["loops"][0]["running"] == 2);
    script.finish();
}

#[test]
fn a_queue_is_listed_with_its_tasks_while_a_loop_runs_them() {
    for options in [" with jobs=2", ""] {
        let code = format!(
            "let q = queue('tasks.db', 'mail')
q.add_all([1, 2, 3, 4, 5])
q.add(6, delay: 1h)
for task in (q){options} {{
    sh -c 'while ! [ -e go ]; do sleep 0.02; done'
    break
}}
sh -c 'while ! [ -e gone ]; do sleep 0.02; done'"
        );
        let running = if options.is_empty() { 1 } else { 2 };
        let mut script = Script::start(&[], &code);
        let listed = script.until("it runs", |listed| listed[0]["queues"][0]["running"] == running);
        let one = &listed[0]["queues"][0];
        assert_eq!((&one["name"], &one["file"]), (&"mail".into(), &"tasks.db".into()), "{one}");
        assert_eq!((&one["place"], &one["ready"]), (&"-c:4:13".into(), &(5 - running).into()), "{one}");
        assert_eq!((&one["delayed"], &one["failed"], &one["done"]), (&1.into(), &0.into(), &0.into()));
        assert!(one["waiting"].as_f64().is_some() && one["is_paused"] == false, "{one}");
        fs::write(script.work.path().join("go"), "").expect("a file can be written");
        script.until("it has ended", |listed| listed[0]["queues"] == serde_json::json!([]));
        fs::write(script.work.path().join("gone"), "").expect("a file can be written");
        script.finish();
    }
}

#[test]
fn a_worker_is_listed_until_it_ends() {
    let code = "let w = worker with channel=\"lines\" { sh -c 'printf \"1\\n2\\n3\\n\"; cat' }
w.receive()
sh -c 'while ! [ -e go ]; do sleep 0.02; done'
w.close()
w.wait()
sh -c 'while ! [ -e gone ]; do sleep 0.02; done'";
    let mut script = Script::start(&[], code);
    let listed = script.until("it runs", |listed| listed[0]["workers"][0]["waiting"] == 2);
    let one = &listed[0]["workers"][0];
    assert_eq!((&one["place"], &one["is_asked"]), (&"-c:1:9".into(), &false.into()));
    assert!(one["text"].as_str().is_some_and(|text| text.starts_with("sh -c 'printf")), "{one}");
    assert!(one["pid"].as_u64() > Some(0) && one["memory"].as_u64() > Some(0), "{one}");
    fs::write(script.work.path().join("go"), "").expect("a file can be written");
    script.until("it has ended", |listed| listed[0]["workers"] == serde_json::json!([]));
    fs::write(script.work.path().join("gone"), "").expect("a file can be written");
    script.finish();
}
