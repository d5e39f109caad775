//! Tests of `--sandbox FILE`: a whole script within options of `with`, which it can't leave.

use crate::support::{Outcome, Run};
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new(options: &str) -> Self {
        let place = Self(tempfile::tempdir().expect("a temporary directory"));
        place.write("options.toml", options);
        std::fs::create_dir(place.0.path().join("out")).expect("it is ours");
        place
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("it can be written");
    }

    fn run(&self, options: &[&str], code: &str) -> Outcome {
        let run = Run::pipewright().args(["--sandbox", "options.toml"]).args(options);
        run.args(["-c", code]).dir(self.0.path()).run()
    }
}

const CLOSED: &str =
    "net = false\nread = ['/usr', 'in']\nwrite = ['out']\ntimeout = '30s'\nmemory = '512M'\n";

#[test]
fn the_script_its_functions_and_programs_are_held_to_the_options() {
    let place = Place::new(CLOSED);
    place.write("in", "7\n");
    let good = place.run(&[], "fn f() { cat in > out/copy }; f; echo $[read('in').trim()]");
    assert_eq!((good.out(), good.status), ("7\n".into(), 0), "{good}");
    for (code, expected) in [
        ("echo $[read('/etc/passwd')]", "E2066"),
        ("echo x > here", "E2066"),
        ("with read=['/etc'] { cat /etc/passwd }", "E2066"),
        ("cat /etc/passwd", "Permission denied"),
        ("fn main() { cat /etc/passwd }", "Permission denied"),
        ("let job = spawn { cat /etc/passwd }; job.wait()", "Permission denied"),
        ("for i in (1..=2) with jobs=2 { cat /etc/passwd }", "Permission denied"),
        ("python3 -c 'import socket; socket.socket()'", "PermissionError"),
    ] {
        let outcome = place.run(&[], code);
        assert!(outcome.status != 0 && outcome.err().contains(expected), "{code}: {outcome}");
    }
    assert_eq!(place.run(&[], "printenv SECRET || echo none").out(), "none\n");
}

#[test]
fn errors_point_into_the_file() {
    let pages = [
        (
            "nett = false",
            "error[E0203]: `with` has no option nett\n --> options.toml:1:1",
            "did you mean `net`?",
        ),
        (
            "# no\nretry = 3",
            "error[E2069]: `retry` can't be given for a whole run\n --> options.toml:2:1",
            "in the script",
        ),
        (
            "memory = 3",
            "error[E2001]: `memory` takes a size above zero, such as 512M\n --> options.toml:1:1",
            "\"512M\"",
        ),
        (
            "read = ['/nonesuch']",
            "error[E2067]: `read` names /nonesuch: No such file or directory\n --> options.toml:1:1",
            "/nonesuch?",
        ),
        ("read = [", "pipewright: --sandbox options.toml: ", "line 1"),
    ];
    for (options, first, part) in pages {
        let outcome = Place::new(options).run(&[], "echo never");
        assert!(outcome.err().starts_with(first) && outcome.err().contains(part), "{options}: {outcome}");
        assert!(outcome.out().is_empty() && outcome.status != 0, "{options}: {outcome}");
    }
    let missing = Run::pipewright().args(["--sandbox", "/nonesuch", "-c", "true"]).run();
    assert_eq!(
        (missing.status, missing.err().as_str()),
        (2, "pipewright: --sandbox /nonesuch: No such file or directory\n")
    );
}

#[test]
fn a_limit_of_the_file_ends_the_script() {
    let outcome = Place::new("timeout = '100ms'\n").run(&[], "try { sleep 60 } catch e { sleep 60 }");
    assert_eq!(outcome.status, 124, "{outcome}");
    assert!(outcome.err().contains("options.toml:1:1"), "{outcome}");
}

#[test]
fn several_files_nest() {
    let place = Place::new(CLOSED);
    place.write("in", "7\n");
    place.write("more.toml", "read = ['/usr', '/etc']\n");
    for file in ["in", "/etc/passwd"] {
        let outcome = place.run(&["--sandbox", "more.toml"], &format!("cat {file}"));
        assert!(outcome.status == 1 && outcome.err().contains("Permission denied"), "{outcome}");
    }
}

#[test]
fn what_is_granted_is_in_the_audit_log_and_in_the_trace() {
    let place = Place::new("read = ['/usr']\nwrite = ['out']\n");
    let outcome = place.run(&["--trace", "--audit", "log"], "with write=['out'] { true }");
    assert!(
        outcome.err().starts_with("+ with read=['/usr'], write=['out']\n+ with write=['out']\n"),
        "{outcome}"
    );
    let log = std::fs::read_to_string(place.0.path().join("log")).expect("it is there");
    let lines: Vec<_> = log.lines().filter(|line| line.contains(r#""event":"sandbox""#)).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(
        lines[0].contains(r#""at":"options.toml:1:1","open":["read=['/usr']","write=['out']"]"#),
        "{log}"
    );
    assert!(lines[1].contains(r#""open":["write=['out']"]"#), "{log}");
}
