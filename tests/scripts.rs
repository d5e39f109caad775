//! Tests the scripts in `scripts/`, each on real input: processes, logs, trees of hostile names,
//! repositories.
//!
//! They are run as users run them, by their `#!` line.

use crate::support;
use crate::support::Run;
use crate::support::place::{HOSTILE, Place, names, need};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

#[test]
fn each_script_is_executable_short_and_passes_the_check() {
    let scripts = support::files(&support::root().join("scripts"), ".pw");
    assert!(scripts.len() >= 6);
    for script in scripts {
        let text = fs::read_to_string(&script).expect("scripts are UTF-8");
        assert!(text.starts_with("#!/usr/bin/env pipewright\n# "), "{script:?}");
        assert!(text.lines().count() <= 150, "{script:?}");
        assert!(
            fs::metadata(&script).expect("it is there").permissions().mode() & 0o111 == 0o111,
            "{script:?}"
        );
        let outcome = Run::pipewright().arg("--check").arg(&script).run().success();
        assert_eq!(outcome.out() + &outcome.err(), "", "{script:?}");
    }
}

// ---------------------------------------------------------------------------------------- processes.pw

#[test]
fn processes_are_found_by_text_whatever_it_holds() {
    if !need(&["ps", "awk", "grep", "sort", "head", "sleep"]) {
        return;
    }
    let place = Place::new();
    let name = "-sleeper $(touch canary) 'x; y' *";
    let mut sleeper = Command::new("sleep").arg0(name).arg("60").spawn().expect("sleep starts");
    let found = place.script("processes.pw").arg(name).run();
    let nobody = place.script("processes.pw").arg(format!("{name} no such")).run();
    sleeper.kill().expect("it can be killed");
    sleeper.wait().expect("it is our child");

    let found = found.success();
    let lines: Vec<_> = found.out().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 4, "{found}");
    assert!(lines[1].contains(" 1 processes ") && lines[1].ends_with(" MiB"), "{found}");
    assert!(lines[3].contains(&sleeper.id().to_string()) && lines[3].contains(name), "{found}");
    assert_eq!(nobody.status, 1, "{nobody}");
    assert!(nobody.err().starts_with("error[E1010]: no process has '-sleeper $(touch canary)"), "{nobody}");
}

#[test]
fn all_processes_are_reported_without_a_text() {
    if !need(&["ps", "awk", "grep", "sort", "head"]) {
        return;
    }
    let outcome = Place::new().script("processes.pw").args(["", "2"]).run().success();
    let (users, largest) = outcome
        .out()
        .split_once("The largest:\n")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("two parts");
    let count: u32 =
        users.lines().filter_map(|line| line.split_whitespace().nth(1)?.parse::<u32>().ok()).sum();
    assert!(count >= 2, "this test and more: {outcome}");
    assert_eq!(largest.lines().count(), 2, "{outcome}");
}

// ---------------------------------------------------------------------------------------- access-log.pw

#[test]
fn a_log_of_100_000_lines_is_summarised() {
    if !need(&["awk", "cut", "grep", "head", "mktemp", "sort", "uniq", "wc"]) {
        return;
    }
    let place = Place::new();
    let outcome = place.script("access-log.pw").run().success();
    let out = outcome.out();
    assert!(out.starts_with("100000 requests, "), "{outcome}");
    let statuses =
        out.split("Statuses:\n").nth(1).and_then(|rest| rest.split("Busiest").next()).expect("a part");
    let sum: u32 = statuses
        .lines()
        .map(|line| line.split_whitespace().nth(1).expect("a count").parse::<u32>().expect("a number"))
        .sum();
    assert_eq!(sum, 100_000, "{outcome}");
    assert!(out.contains("Busiest hours:\n  11:00   8000\n  12:00   8000\n"), "{outcome}");
    assert!(out.contains(" times /?q=$(reboot)\n"), "{outcome}");
}

#[test]
fn a_given_log_is_read_and_left_alone() {
    if !need(&["awk", "cut", "grep", "head", "sort", "uniq", "wc"]) {
        return;
    }
    let place = Place::new();
    let line = |client: &str, path: &str, status: u32| {
        format!(
            "{client} - - [21/Nov/2026:07:00:00 +0000] \"GET {path} HTTP/1.1\" {status} 1048576 \"-\" \"`touch${{IFS}}canary`\"\n"
        )
    };
    let log = line("10.0.0.1", "/", 200)
        + &line("10.0.0.2", "/$(touch${IFS}canary)", 500)
        + &line("10.0.0.2", "/", 503);
    let name = "-access log;$(touch canary)";
    fs::write(place.work().join(name), &log).expect("it can be written");
    let outcome = place.script("access-log.pw").arg(name).run().success();
    assert_eq!(
        outcome.out(),
        "3 requests, 3.0 MiB sent\nStatuses:\n  200        1\n  500        1\n  503        1\nBusiest hours:\n  07:00      3\n\
         Most asked for:\n         2 /\n         1 /$(touch${IFS}canary)\nMost errors:\n         2 10.0.0.2\n\
         Suspicious:\n  1 times /$(touch${IFS}canary)\n",
        "{outcome}"
    );
    assert_eq!(fs::read_to_string(place.work().join(name)).expect("it is there"), log);
}

// ---------------------------------------------------------------------------------------- duplicates.pw

fn hostile_tree(place: &Place) {
    let dir = place.work().join("-tree $(touch canary)");
    fs::create_dir_all(dir.join("-sub\ndirectory")).expect("a directory can be made");
    for name in HOSTILE {
        fs::write(dir.join(OsStr::from_bytes(name)), "the same\n").expect("a file can be made");
    }
    fs::write(dir.join("plain"), "the same\n").expect("a file can be made");
    fs::write(dir.join("-sub\ndirectory/deep"), "the same\n").expect("a file can be made");
    fs::write(dir.join("another"), "another\n").expect("a file can be made");
    fs::write(dir.join("-sub\ndirectory/other"), "other\n").expect("a file can be made");
    fs::write(dir.join("empty 1"), "").expect("a file can be made");
    fs::write(dir.join("empty 2"), "").expect("a file can be made");
    symlink("plain", dir.join("link")).expect("a link can be made");
}

#[test]
fn duplicates_are_found_in_a_tree_of_hostile_names() {
    if !need(&["sha256sum"]) {
        return;
    }
    let place = Place::new();
    hostile_tree(&place);
    let tree = place.work().join("-tree $(touch canary)");
    let before = names(&tree);
    let outcome = place.script("duplicates.pw").arg("-tree $(touch canary)").run().success();
    let out = outcome.out();
    // All but one of them, each on its own line.
    assert_eq!(
        out.lines().filter(|line| line.contains(" is the same as ")).count(),
        HOSTILE.len() + 1,
        "{outcome}"
    );
    assert!(
        out.ends_with(&format!(
            "{} duplicates of {} bytes found\n",
            HOSTILE.len() + 1,
            9 * (HOSTILE.len() + 1)
        )),
        "{outcome}"
    );
    assert_eq!(names(&tree), before);
}

#[test]
fn duplicates_are_removed_on_request_and_nothing_else() {
    if !need(&["sha256sum", "rm"]) {
        return;
    }
    let place = Place::new();
    hostile_tree(&place);
    let tree = place.work().join("-tree $(touch canary)");
    fs::write(place.work().join("outside"), "the same\n").expect("a file can be made");
    place.script("duplicates.pw").args(["-tree $(touch canary)", "--delete"]).run().success();
    let left = names(&tree);
    let same = left.iter().filter(|name| fs::read(tree.join(name)).is_ok_and(|text| text == b"the same\n"));
    let deep = tree.join("-sub\ndirectory/deep").exists();
    assert_eq!(same.filter(|name| *name != "link").count() + usize::from(deep), 1, "{left:?}");
    for name in ["another", "empty 1", "empty 2", "link", "-sub\ndirectory"] {
        assert!(tree.join(name).symlink_metadata().is_ok(), "{name}: {left:?}");
    }
    assert!(tree.join("-sub\ndirectory/other").exists() && place.work().join("outside").exists());
}

// ---------------------------------------------------------------------------------------- git-report.pw

#[test]
fn a_repository_is_reported_on() {
    if !need(&["git", "sort", "uniq", "head", "tr"]) {
        return;
    }
    let place = Place::new();
    let repository = place.work().join("a repository");
    fs::create_dir(&repository).expect("a directory can be made");
    let git = |args: &[&str]| {
        let run = Run::new("git")
            .dir(&repository)
            .env("HOME", place.work())
            .args(["-c", "user.name=Ada $(touch canary)"]);
        run.args(["-c", "user.email=ada@example.org"]).args(args).run().success()
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    for (at, file) in ["one", "$(touch canary)", "one"].into_iter().enumerate() {
        fs::write(repository.join(file), format!("{at}\n")).expect("a file can be made");
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", &format!("`touch canary` {at}")]);
    }
    git(&["update-ref", "refs/heads/--exec=touch-canary", "HEAD~1"]);
    fs::write(repository.join("one"), "changed\n").expect("a file can be written");
    fs::write(repository.join("-new file"), "new\n").expect("a file can be made");
    fs::remove_file(repository.join("$(touch canary)")).expect("a file can be removed");

    let outcome = place.script("git-report.pw").arg("a repository").env("HOME", place.work()).run().success();
    let out = outcome.out();
    for text in [
        "a repository: 3 commits on main\n",
        "(Ada $(touch canary), ",
        "Authors:\n      3\tAda $(touch canary)\n",
        "Changed most:\n        2 one\n        1 $(touch canary)\n",
        "  --exec=touch-canary: 0 ahead, 1 behind\n",
        "  main: 0 ahead, 0 behind\n",
        "  1 deleted\n",
        "  1 modified\n",
        "  1 untracked\n",
    ] {
        assert!(out.contains(text), "{text:?} is missing: {outcome}");
    }
    assert!(!repository.join("canary").exists());
}

#[test]
fn a_directory_without_a_repository_is_reported() {
    if !need(&["git"]) {
        return;
    }
    let place = Place::new();
    let outcome = place.script("git-report.pw").env("GIT_CEILING_DIRECTORIES", place.at("..")).run();
    assert_eq!(outcome.status, 1, "{outcome}");
    assert!(outcome.err().starts_with("error[E1010]: no git repository with a commit: "), "{outcome}");
}

// ---------------------------------------------------------------------------------------- csv-summary.pw

#[test]
fn a_csv_file_is_summed() {
    if !need(&["awk", "grep", "head", "sort", "tail", "tr"]) {
        return;
    }
    let place = Place::new();
    let rows: String = (0..3000).map(|at| format!("{at},region {},{}.50\r\n", at % 3, at % 3)).collect();
    let name = "-sales;$(touch canary).csv";
    fs::write(place.work().join(name), format!("id,$(touch canary),amount\r\n{rows}"))
        .expect("a file can be made");
    let outcome = place.script("csv-summary.pw").args([name, "$(touch canary)", "amount"]).run().success();
    assert_eq!(
        outcome.out(),
        "$(touch canary)      rows       amount\n\
         region 2             1000      2500.00\nregion 1             1000      1500.00\nregion 0             1000       500.00\n"
    );

    let example = place.script("csv-summary.pw").run().success();
    assert!(example.out().contains("west                    1      2500.00\n"), "{example}");
}

#[test]
fn a_csv_file_that_would_be_misread_is_refused() {
    if !need(&["awk", "grep", "head", "sort", "tail", "tr"]) {
        return;
    }
    let place = Place::new();
    let run = |text: &str, column: &str| {
        fs::write(place.work().join("t.csv"), text).expect("a file can be made");
        place.script("csv-summary.pw").args(["t.csv", "who", column]).run()
    };
    for (text, column, said) in [
        ("who,n\na,1\n", "m", "t.csv has no column m"),
        ("who,n\n\"a,b\",1\n", "n", "t.csv has fields in quotes"),
        ("who,n\na,1\nb,x\n", "n", "row 3: not a number: x"),
    ] {
        let outcome = run(text, column);
        assert!(outcome.status == 1 && outcome.err().contains(said), "{said:?}: {outcome}");
    }
    let outcome = place.script("csv-summary.pw").args(["missing.csv", "a", "b"]).run();
    assert!(
        outcome.status == 1 && outcome.err().starts_with("error[E1004]: can't open missing.csv"),
        "{outcome}"
    );
}

// ---------------------------------------------------------------------------------------- preflight.pw

#[test]
fn a_machine_that_has_all_is_ready() {
    if !need(&["git", "tar", "gzip", "sha256sum", "df", "awk", "printenv"]) {
        return;
    }
    let place = Place::new();
    let outcome =
        place.script("preflight.pw").arg(place.work()).env("DEPLOY_TARGET", "staging").run().success();
    assert!(outcome.out().ends_with("ok    target staging\nready to deploy\n"), "{outcome}");
    assert_eq!(outcome.err(), "");
}

#[test]
fn all_missing_programs_are_reported_at_once() {
    if !need(&["env", "df", "awk", "printenv"]) {
        return;
    }
    let place = Place::new();
    // A PATH with the programs that the script runs, but not with those that it checks for.
    for program in ["env", "df", "awk", "printenv"] {
        let found = Run::new("/bin/sh").args(["-c", "command -v \"$1\"", "sh", program]).run().success();
        symlink(found.out().trim_end(), place.at("../bin").join(program)).expect("a link can be made");
    }
    let run = place.script("preflight.pw").arg("$(touch canary)").env("PATH", place.at("../bin"));
    let outcome = run.env("DEPLOY_TARGET", "moon; touch canary").run();
    assert_eq!(outcome.status, 1, "{outcome}");
    let said: Vec<_> =
        outcome.err().lines().filter(|line| line.starts_with("FAIL")).map(str::to_owned).collect();
    assert_eq!(
        said,
        [
            "FAIL  program git is not installed",
            "FAIL  program tar is not installed",
            "FAIL  program gzip is not installed",
            "FAIL  program sha256sum is not installed",
            "FAIL  $(touch canary) is not a directory that can be written to",
            "FAIL  DEPLOY_TARGET is neither staging nor production: moon; touch canary",
        ],
        "{outcome}"
    );
    assert!(outcome.err().contains("error[E1010]: not ready to deploy\n"), "{outcome}");
    assert!(!outcome.out().contains("ready to deploy"), "{outcome}");
}

// ---------------------------------------------------------------------------------------- web-stack.pw, supervise.pw

/// A script that stays up, in a place. It is killed with the test.
struct Up(std::process::Child, Place);

impl Up {
    fn new(place: Place, script: &str, args: &[&str]) -> Self {
        let out = fs::File::create(place.at("out")).expect("a file can be made");
        let child = Command::new(support::pipewright())
            .arg(support::root().join("scripts").join(script))
            .args(args)
            .current_dir(place.work())
            .stdin(std::process::Stdio::null())
            .stderr(out.try_clone().expect("a descriptor is free"))
            .stdout(out)
            .spawn()
            .expect("it starts");
        Self(child, place)
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, signal).expect("it is ours");
    }

    fn await_line(&self, wanted: &str) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !self.1.read("out").lines().any(|line| line.contains(wanted)) {
            assert!(std::time::Instant::now() < end, "{wanted}: {}", self.1.read("out"));
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    fn end(&mut self) -> i32 {
        self.signal(rustix::process::Signal::TERM);
        let status = self.0.wait().expect("it is ours");
        std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(-1)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the answer of a server on this machine.
fn get(port: u16) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.lines().last()?.to_owned())
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

#[test]
fn a_web_stack_of_node_and_of_python_is_reloaded_and_ended() {
    let node =
        "require('http').createServer((q, a) => a.end('by ' + process.pid)).listen(process.env.PORT);\n";
    let python = "import os, http.server, socket
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'by %d' % os.getpid())
class Server(http.server.ThreadingHTTPServer):
    def server_bind(self):
        self.socket = socket.socket(fileno=3)
        self.server_name, self.server_port = 'localhost', 0
    def server_activate(self):
        pass
Server(None, Answer).serve_forever()
";
    for (program, name, text) in [("node", "web.js", node), ("python3", "web.py", python)] {
        if !need(&[program, "curl"]) {
            continue;
        }
        let place = Place::new();
        place.write(name, text);
        let port = free_port();
        let mut up = Up::new(place, "web-stack.pw", &[name, "--listen", &format!("127.0.0.1:{port}")]);
        up.await_line("serving at");
        let first = get(port).expect("it answers");
        assert!(first.starts_with("by "), "{first}");
        up.signal(rustix::process::Signal::HUP);
        up.await_line("reloaded");
        let second = get(port).expect("it answers");
        assert!(second.starts_with("by ") && second != first, "{first} {second}");
        up.signal(rustix::process::Signal::USR1);
        up.await_line("1 restarts");
        assert_eq!(up.end(), 15, "{}", up.1.read("out"));
        assert_eq!(get(port), None);
    }
}

#[test]
fn three_daemons_are_supervised() {
    if !need(&["python3", "sleep"]) {
        return;
    }
    let place = Place::new();
    place.write_program(
        "database",
        "#!/usr/bin/env python3
import os, socket, time
print('database up', flush=True)
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])
time.sleep(60)
",
    );
    place.write_program("worker", "#!/bin/sh\necho \"worker $PIPEWRIGHT_INSTANCE up\"\nexec sleep 60\n");
    place.write_program("web", "#!/bin/sh\necho web up\nexec sleep 60\n");
    let mut up = Up::new(place, "supervise.pw", &["./database", "./worker", "./web"]);
    up.await_line("all run");
    up.signal(rustix::process::Signal::HUP);
    up.signal(rustix::process::Signal::USR1);
    up.await_line("web/0 ready");
    let out = up.1.read("out");
    for line in ["database/0 ready", "worker/0 ready", "worker/1 ready"] {
        assert!(out.contains(line), "{out}");
    }
    assert_eq!(up.end(), 15, "{out}");
    assert!(up.1.read("logs/database.log").starts_with("database up\n"));
    assert!(up.1.read("logs/worker.log").contains("worker 1 up\n"));
}
