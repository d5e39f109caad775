//! Tests that everyday programs work in a sandbox with obvious options, those of the table in docs/SANDBOX.md, and that
//! the message names the path when something is missing.

use crate::support::{self, Outcome, Run};
use std::fs;
use std::process::Command;

/// Runs a block in a directory with `in/` and `out/`; none if this system lacks an option or a program.
fn run(programs: &[&str], options: &str, block: &str) -> Option<Outcome> {
    let doctor = Command::new(support::pipewright()).arg("--doctor").output().expect("it starts");
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    for option in ["net=,", "tmp=", "net=\"loopback\""] {
        if !doctor.contains(&format!("yes  with {option}")) {
            assert!(std::env::var("CI").is_err(), "this system lacks {option}");
            eprintln!("not run: this system lacks {option}");
            return None;
        }
    }
    if !programs.iter().all(|program| support::have(program)) {
        return None;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for name in ["in", "out"] {
        fs::create_dir(directory.path().join(name)).expect("it can be made");
    }
    fs::write(directory.path().join("in/a.c"), "#include <stdio.h>\nint main(void) { puts(\"made\"); }\n")
        .expect("it can be written");
    fs::write(
        directory.path().join("in/serve.py"),
        "import http.server, threading, subprocess\n\
         class Answer(http.server.BaseHTTPRequestHandler):\n\
         \x20 def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(b'served\\n')\n\
         server = http.server.HTTPServer(('127.0.0.1', 0), Answer)\n\
         threading.Thread(target=server.serve_forever, daemon=True).start()\n\
         print(subprocess.run(['curl', '-sS', 'http://127.0.0.1:%d' % server.server_port], capture_output=True, text=True).stdout, end='')\n",
    )
    .expect("it can be written");
    let script = format!("with {options} {{ {block} }}");
    Some(Run::pipewright().args(["-c", &script]).dir(directory.path()).run())
}

#[track_caller]
fn prints(programs: &[&str], options: &str, block: &str, expected: &str) {
    if let Some(outcome) = run(programs, options, block) {
        assert_eq!(outcome.success().out(), expected, "{options} {block}");
    }
}

#[test]
fn interpreters_run() {
    if fs::exists("/usr/bin/python3").is_ok_and(|is| is) {
        let block = "/usr/bin/python3 -c 'import json, sqlite3; print(json.dumps([1]))'";
        prints(&[], "net=false, read=['/usr']", block, "[1]\n");
    }
    if fs::exists("/usr/bin/node").is_ok_and(|is| is) {
        prints(&[], "net=false, read=['/usr', '/etc/ssl?']", "/usr/bin/node -e 'console.log(6 * 7)'", "42\n");
    }
}

#[test]
fn compilers_and_git_work() {
    let options = "net=false, tmp=true, read=['/usr', 'in', 'out'], write=['out']";
    prints(&["gcc"], options, "gcc -o out/a in/a.c; ./out/a", "made\n");
    let options = "net=false, tmp=true, read=['/usr', 'out'], write=['out'], env={GIT_CONFIG_NOSYSTEM: 1, HOME: '/tmp'}";
    let block = "git init -q out/r; git -C out/r -c user.name=a -c user.email=a@b commit -q --allow-empty -m first; git -C out/r log --format=%s";
    prints(&["git"], options, block, "first\n");
}

#[test]
fn pictures_sound_and_databases_are_made() {
    let options = "net=false, tmp=true, read=['/usr', '/etc', 'out'], write=['out']";
    let block = "convert -size 8x8 xc:red out/a.png; identify -format '%wx%h\\n' out/a.png";
    prints(&["convert", "identify"], options, block, "8x8\n");
    let options = "net=false, read=['/usr', '/etc/alternatives?', 'out'], write=['out']";
    let block = "ffmpeg -v error -f lavfi -i sine=d=0.1 out/a.wav; ffprobe -v error -show_entries format=format_name -of csv=p=0 out/a.wav";
    prints(&["ffmpeg", "ffprobe"], options, block, "wav\n");
    let block = "sqlite3 out/a.db 'create table t (x); insert into t values (42); select x from t'";
    prints(&["sqlite3"], options, block, "42\n");
}

#[test]
fn a_client_reaches_a_server_of_its_own_network() {
    if fs::exists("/usr/bin/python3").is_ok_and(|is| is) {
        let options = "net='loopback', read=['/usr', '/etc/ssl?', 'in'], timeout=30s";
        prints(&["curl"], options, "/usr/bin/python3 in/serve.py 2> /dev/null", "served\n");
    }
}

#[test]
fn what_is_missing_is_named() {
    if let Some(outcome) = run(&["cat"], "read=['/usr']", "cat /etc/hostname") {
        assert!(outcome.err().contains("/etc/hostname: Permission denied"), "{}", outcome.err());
    }
}
