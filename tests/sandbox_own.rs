//! Tests of what a sandbox has of its own: processes, a /tmp, a network, and limits for all of its programs together.

use crate::support::{self, Outcome, Run};
use std::path::Path;
use std::process::Command;

/// Returns whether this system has what an option needs, and says so if not.
fn can(option: &str) -> bool {
    let output = Command::new(support::pipewright()).arg("--doctor").output().expect("it starts");
    let has = String::from_utf8_lossy(&output.stdout).contains(&format!("yes  with {option}"));
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(has || !is_ci, "this system lacks {option}");
    if !has {
        eprintln!("not run: this system lacks {option}");
    }
    has
}

#[track_caller]
fn prints(place: &Path, script: &str, expected: &str) -> Outcome {
    let outcome = Run::pipewright().args(["-c", script]).dir(place).run();
    assert_eq!(outcome.out(), expected, "{script}\n{}", outcome.err());
    outcome
}

fn write(place: &Path, name: &str, text: &str) {
    std::fs::write(place.join(name), text).expect("it can be written");
}

/// Returns the number of control groups of Pipewright.
fn groups() -> usize {
    let find = Command::new("find").args(["/sys/fs/cgroup", "-name", "pipewright-*"]).output().expect("find");
    find.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count()
}

#[test]
fn isolated_programs_see_and_leave_no_process() {
    if !can("isolate=") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = directory.path();
    let script = r#"
with isolate=true {
    sh -c 'ls /proc | grep -c "^[0-9]*$"'
    seq 3 | tac | head -n 1
    echo $[(try { sh -c 'exit 7' }).status] $[(try { sh -c 'kill -9 $$' }).status]
    sh -c 'setsid sleep 7654 > /dev/null 2>&1 & setsid sh -c "sleep 7654" > /dev/null 2>&1 &'
}
"#;
    prints(place, script, "4\n3\n7 137\n");
    let left = Command::new("pgrep").args(["-f", "sleep 7654"]).output().expect("pgrep");
    assert!(left.stdout.is_empty(), "{}", String::from_utf8_lossy(&left.stdout));
    prints(place, "with isolate=true, timeout=300ms { /bin/sleep 7655 }", "");
    prints(place, "for i in (1..=4) with jobs=2, isolate=true { sh -c 'echo $$' }", "2\n2\n2\n2\n");
    let nested = prints(place, "with isolate=true { with tmp=true { true } }", "");
    assert!(nested.err().contains("E2070"), "{}", nested.err());
    let detached = prints(place, "with isolate=true, detach=true { /bin/sleep 1 }", "");
    assert!(detached.err().contains("`isolate` ends its programs with the block"), "{}", detached.err());
}

#[test]
fn isolated_programs_end_with_a_killed_script() {
    if !can("isolate=") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = directory.path();
    write(place, "script.pw", "with isolate=true { sh -c 'setsid sleep 7656 & echo ready; wait' }");
    let mut script = Command::new(support::pipewright())
        .arg("script.pw")
        .current_dir(place)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = [0; 6];
    std::io::Read::read_exact(script.stdout.as_mut().expect("a pipe"), &mut line).expect("it is ready");
    script.kill().expect("it runs");
    script.wait().expect("it ends");
    let running = || {
        let found = Command::new("pgrep").args(["-f", "^sleep 7656"]).output().expect("pgrep");
        !found.stdout.is_empty()
    };
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while running() {
        assert!(std::time::Instant::now() < until, "the kernel has not ended it");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn a_private_tmp_is_empty_and_goes() {
    if !can("tmp=") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = directory.path();
    for name in ["in", "out"] {
        std::fs::create_dir(place.join(name)).expect("it can be made");
    }
    write(place, "in/data", "data\n");
    let script = r#"
with tmp=true, read=["/usr", "in", "out"], write=["out"] {
    sh -c 'echo secret > /tmp/only-here; cat in/data; echo result > out/result; chmod 751 out/result'
    sh -c 'cat /tmp/only-here'
    echo $[(try { sh -c 'echo x > in/new' }).ok] $[(try { sh -c 'chmod 700 in/data' }).ok]
}
cat out/result
test -e /tmp/only-here || echo gone
ls -l out/result | cut -c 1-10
"#;
    prints(place, script, "data\nsecret\nfalse false\nresult\ngone\n-rwxr-x--x\n");
    prints(place, "with tmp=true, cwd=\"/\" { sh -c 'ls -A /tmp' }", "");
    let refused = prints(place, "with tmp=true, cwd=\"/\" { echo x > /tmp/pipewright-refused }", "");
    assert!(refused.err().contains("E2066"), "{}", refused.err());
    let hidden = prints(place, "with tmp=true { true }", "");
    assert_eq!(hidden.err().contains("E2070"), place.starts_with("/tmp"), "{}", hidden.err());
}

#[test]
fn a_network_of_its_own_has_only_loopback() {
    if !can("net=\"loopback\"") || !support::have("python3") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = directory.path();
    write(
        place,
        "net.py",
        "import socket\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\nsocket.create_connection(s.getsockname()); print('inside')\n\
         try: socket.create_connection(('192.0.2.1', 9), 2)\nexcept OSError as error: print(error.errno)\n\
         try: socket.socket(socket.AF_UNIX)\nexcept OSError as error: print(error.errno)\n",
    );
    prints(place, "with net=\"loopback\" { python3 net.py }", "inside\n101\n13\n");
}

#[test]
fn programs_together_stay_within_their_limits() {
    if !can("memory_all=") || !can("processes_all=") || !support::have("python3") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = directory.path();
    let before = groups();
    write(
        place,
        "forks.py",
        "import os, time\nn = 0\ntry:\n  while True:\n    if os.fork() == 0: time.sleep(600)\n    n += 1\nexcept OSError as e: print(n, e.errno)\n",
    );
    prints(place, "with processes_all=10 { python3 forks.py }", "9 11\n");
    let full = prints(place, "with processes_all=2 { /bin/sleep 5 | /bin/sleep 5 | /bin/sleep 5 | cat }", "");
    assert!(full.err().contains("processes_all=2"), "{}", full.err());
    // Each of them alone is small enough, and shared memory counts.
    let shared = "import mmap\nx = mmap.mmap(-1, 300 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\n";
    write(place, "shared.py", shared);
    let killed = prints(place, "with memory_all=100M, memory=1G { python3 shared.py }", "");
    assert!(
        killed.err().contains("killed a process of the block at its memory_all=100M"),
        "{}",
        killed.err()
    );
    prints(
        place,
        "with memory_all=300M { with processes_all=20 { with memory_all=100M { echo nested | cat } } }",
        "nested\n",
    );
    prints(place, "with memory_all=100M { sh -c 'setsid sleep 7657 > /dev/null 2>&1 &' }", "");
    assert_eq!(groups(), before);
    let left = Command::new("pgrep").args(["-f", "sleep 7657"]).output().expect("pgrep");
    assert!(left.stdout.is_empty(), "{}", String::from_utf8_lossy(&left.stdout));
}
