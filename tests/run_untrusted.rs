//! Tests of `scripts/run-untrusted.pw`: submissions that are wrong or hostile, each with its verdict, and nothing left
//! of them. `.ci/long` judges them 100 times (`SCALE`).

use crate::support::place::{Place, need};
use crate::support::{self, Outcome};
use std::fs;
use std::process::Command;

/// The argument of the daemon's sleep, by which it would be found.
const DAEMON: &str = "7658.5";

/// The submissions with their verdicts. They add two numbers, or try not to.
const SUBMISSIONS: &[(&str, &str, &str)] = &[
    ("right.py", "print(sum(map(int, input().split())))", "correct"),
    (
        "right.js",
        "const t = require('fs').readFileSync(0, 'utf8').split(' '); console.log(+t[0] + +t[1])",
        "correct",
    ),
    (
        "right.c",
        "#include <stdio.h>\nint main(void) { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a + b); }",
        "correct",
    ),
    ("wrong.py", "print(7)", "second: wrong answer"),
    ("broken.c", "int main(void) { return x; }", "does not compile"),
    ("crash.c", "int main(void) { *(volatile int *)0 = 1; }", "first: failed with status 139"),
    ("loop.py", "while True: pass", "first: too slow"),
    ("loop.c", "int main(void) { for (;;); }", "first: too slow"),
    ("forks.py", "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass", "first: too slow"),
    ("forks.c", "#include <unistd.h>\nint main(void) { for (;;) fork(); }", "first: too slow"),
    ("memory.py", "x = []\nwhile True: x.append(bytearray(1 << 20))", "first: too much memory"),
    ("memory.js", "const a = []; while (true) a.push(Buffer.alloc(1 << 20, 1))", "first: too much memory"),
    ("output.py", "for i in range(10_000): print('x' * 1_000_000)", "first: too much output"),
    (
        "network.py",
        "import socket\nsocket.create_connection(('127.0.0.1', 80))",
        "first: failed with status 1",
    ),
    ("reads.py", "print(open('TESTS/first.out').read())", "first: failed with status 1"),
    ("writes.py", "open('/usr/pipewright-was-here', 'w')", "first: failed with status 1"),
    ("overwrites.py", "open(__file__, 'w')", "first: failed with status 1"),
    (
        "daemon.py",
        "import os\na, b = map(int, input().split())\nif os.fork() == 0:\n  os.setsid()\n  os.close(0); os.close(1); os.close(2)\n  os.execvp('sleep', ['sleep', 'DAEMON'])\nprint(a + b)",
        "correct",
    ),
];

fn can_run() -> bool {
    let doctor = Command::new(support::pipewright()).arg("--doctor").output().expect("it starts");
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    let lacks = |option: &&str| !doctor.contains(&format!("yes  with {option}"));
    if let Some(option) =
        ["net=,", "isolate=", "tmp=", "memory_all=", "processes_all="].into_iter().find(lacks)
    {
        assert!(std::env::var("CI").is_err(), "this system lacks {option}");
        eprintln!("not run: this system lacks {option}");
        return false;
    }
    ["/usr/bin/python3", "/usr/bin/node"].iter().all(|program| fs::exists(program).is_ok_and(|is| is))
        && need(&["gcc", "mktemp"])
}

fn submit(place: &Place, outcome: impl Fn(&[&str]) -> Outcome) {
    let tests = place.at("tests");
    fs::create_dir_all(&tests).expect("it can be made");
    for (name, text) in
        [("first.in", "3 4\n"), ("first.out", "7\n"), ("second.in", "10 20\n"), ("second.out", "30\n")]
    {
        fs::write(tests.join(name), text).expect("it can be written");
    }
    let tests = tests.to_str().expect("it is text");
    for (name, text, _) in SUBMISSIONS {
        place.write(*name, text.replace("TESTS", tests).replace("DAEMON", DAEMON) + "\n");
    }
    let names: Vec<&str> = SUBMISSIONS.iter().map(|(name, ..)| *name).collect();
    for _ in 0..support::setting("SCALE", 1) {
        let verdicts = outcome(&[&["--seconds=1", "tests"], &names[..]].concat()).success();
        let expected: String =
            SUBMISSIONS.iter().map(|(name, _, verdict)| format!("{name}: {verdict}\n")).collect();
        assert_eq!(verdicts.out(), expected, "{}", verdicts.err());
    }
}

#[test]
fn each_submission_gets_its_verdict_and_leaves_nothing() {
    if !can_run() {
        return;
    }
    let place = Place::new();
    submit(&place, |args| place.run("run-untrusted.pw", args));
    let left = Command::new("pgrep").args(["-f", &format!("^sleep {DAEMON}")]).output().expect("pgrep");
    assert!(left.stdout.is_empty(), "{}", String::from_utf8_lossy(&left.stdout));
    assert!(!fs::exists("/usr/pipewright-was-here").expect("it can be looked for"));
    for (name, text, _) in SUBMISSIONS.iter().filter(|(name, ..)| *name == "overwrites.py") {
        assert_eq!(place.read(name).trim_end(), *text);
    }
}
