//! Tests `exec`: the script's process becomes a program. Compared with bash and dash where they have the
//! same feature.

use crate::support;
use crate::support::Run;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

/// Runs a text in Pipewright and both shells with the same arguments. Returns the output and status that
/// all three share.
#[track_caller]
fn same_as_sh(code: &str, arguments: &[&str]) -> (i32, String) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("text"), "a\nb\n").expect("there is room");
    let run = |program: &std::ffi::OsStr, options: &[&str]| {
        let run = Run::new(program).args(options).args(["-c", code]);
        // The first argument after the text is `$0` for sh.
        let run = if options.is_empty() { run } else { run.arg("sh") };
        let outcome =
            run.args(arguments).env("GREETING", "hello").dir(directory.path()).stdin("input\n").run();
        (outcome.status, outcome.out(), outcome.to_string())
    };
    let ours = run(support::pipewright().as_os_str(), &[]);
    for shell in ["bash", "dash"] {
        let theirs = run(shell.as_ref(), &["-eu"]);
        assert_eq!((ours.0, &ours.1), (theirs.0, &theirs.1), "{code}: {shell}\n{}\n{}", ours.2, theirs.2);
    }
    (ours.0, ours.1)
}

#[test]
fn it_is_what_it_is_in_sh() {
    for (code, status, out) in [
        ("exec echo hi", 0, "hi\n"),
        ("exec printf '%s|' a 'b c' ''; echo never", 0, "a|b c||"),
        ("exec sh -c 'exit 7'", 7, ""),
        ("exec cat", 0, "input\n"),
        ("exec cat < text", 0, "a\nb\n"),
        ("exec cat text > copy", 0, ""),
        ("exec sh -c 'echo out; echo err >&2' 2>&1", 0, "out\nerr\n"),
        ("exec sh -c 'cat <&3' 3< text", 0, "a\nb\n"),
        ("exec cat <<END\nhere $GREETING\nEND", 0, "here hello\n"),
        ("GREETING=other exec sh -c 'echo $GREETING'", 0, "other\n"),
        ("cd /; exec pwd", 0, "/\n"),
        ("true && exec echo on", 0, "on\n"),
        ("true && true && exec echo on", 0, "on\n"),
        ("exec /no/such/program", 127, ""),
        ("exec no-such-program; echo never", 127, ""),
        ("exec /etc/passwd", 126, ""),
        ("exec ./text", 126, ""),
        ("exec env -i sh -c 'echo ${GREETING-unset}'", 0, "unset\n"),
        // It runs the program, not the builtin.
        ("exec test 1 -eq 2", 1, ""),
        ("exec sh -c 'kill -TERM $$'", 143, ""),
        ("exec sh -c 'trap : TERM; kill -TERM $$; echo on'", 0, "on\n"),
        ("exec sh -c 'sleep 0.05 & wait; echo waited'", 0, "waited\n"),
    ] {
        assert_eq!(same_as_sh(code, &[]), (status, out.to_owned()), "{code}");
    }
}

#[test]
fn an_entrypoint_passes_its_arguments_on() {
    let ours = |arguments: &[&str]| {
        let code = "if (args.is_empty()) { exec echo nothing }\nexec ...$[flags(args)]";
        Run::code(code).args(arguments).run()
    };
    let theirs = |arguments: &[&str]| {
        let code = "[ $# = 0 ] && exec echo nothing; exec \"$@\"";
        Run::new("sh").args(["-c", code, "sh"]).args(arguments).run()
    };
    for arguments in [
        &[][..],
        &["echo", "-n", "--", "a b"],
        &["sh", "-c", "echo \"$0|$@\"", "x y", "-z", ""],
        &["sh", "-c", "exit 3"],
        &["no-such-program", "-x"],
    ] {
        let (ours, theirs) = (ours(arguments), theirs(arguments));
        assert_eq!(
            (ours.status, ours.out()),
            (theirs.status, theirs.out()),
            "{arguments:?}\n{ours}\n{theirs}"
        );
    }
}

#[test]
fn the_program_has_the_process_number_and_the_parent() {
    let child = |command: &mut Command| {
        let child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let number = child.id().to_string();
        let output = child.wait_with_output().expect("it ends");
        (number, String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    for before in ["", "/bin/true; ", "let x = $(/bin/true); ", "/bin/true & wait; ", "sh -c 'sleep 9 &'; "] {
        let code = format!("{before}exec sh -c 'echo $$'");
        let (number, told) = child(Command::new(support::pipewright()).args(["-c", &code]));
        assert_eq!(number, told, "{code}");
    }
}

#[test]
fn signals_and_descriptors_are_as_they_were() {
    // Earlier programs caused handlers and a watcher to be put in place.
    let code = "/bin/true | /bin/true; exec probe signals";
    let fds = Run::code("/bin/true; let x = $(/bin/true)\nexec probe fds").run().success();
    let plain = Run::new("sh").args(["-c", "exec probe fds"]).run().success();
    assert_eq!(fds.out().lines().count(), plain.out().lines().count(), "{fds}{plain}");
    // Signals that were ignored at the start still are, and no others.
    for signal in ["PIPE", "CHLD", "INT", "USR1", "EXIT"] {
        let script = format!("trap '' {signal}; exec \"$@\"");
        let ignored = |inner: &[&str]| {
            let mut command = Command::new("bash");
            command.args(["-c", &script, "bash"]).args(inner).env("PATH", support::path());
            String::from_utf8_lossy(&command.output().expect("it runs").stdout).into_owned()
        };
        let pipewright = support::pipewright();
        let ours = ignored(&[&pipewright.to_string_lossy(), "-c", code]);
        assert_eq!(ours, ignored(&["probe", "signals"]), "{signal}");
    }
}

#[test]
fn nothing_is_left_between_it_and_its_programs() {
    // Neither the watcher nor orphans of programs become children of the new program.
    let code = "sh -c 'exit 0'; exec sh -c 'cat /proc/$$/task/$$/children'";
    let outcome = Run::code(code).run().success();
    // Only the shell's cat, whose number the kernel has written.
    assert!(outcome.out().split_whitespace().count() <= 1, "{outcome}");
    // Orphans become children of the init process, or of the next process that adopts them.
    let code = "/bin/true; exec sh -c 'sh -c \"sleep 0.2 &\"; cat /proc/$$/task/$$/children'";
    let outcome = Run::code(code).run().success();
    assert!(outcome.out().split_whitespace().count() <= 1, "{outcome}");
}

#[test]
fn with_sets_the_directory_and_the_environment() {
    let code = "with cwd=\"/\", env={GREETING: \"hi\"} { exec sh -c 'echo \"$PWD $GREETING\"' }";
    let outcome = Run::code(code).run().success();
    assert_eq!(outcome.out(), "/ hi\n");
    let code = "let up = true\nmatch (\"start\") {\n    start => { if (up) { exec echo up } }\n    * => { }\n}\necho never";
    assert_eq!(Run::code(code).run().success().out(), "up\n");
}

#[test]
fn the_guard_passes_on_how_the_program_ended() {
    let run = |code: &str| {
        let mut command = Command::new(support::pipewright());
        command.args(["--guard", "-c", code]).env("PATH", support::path()).process_group(0);
        command.status().expect("it runs")
    };
    assert_eq!(run("/bin/true; exec sh -c 'exit 5'").code(), Some(5));
    assert_eq!(run("/bin/true; exec sh -c 'kill -KILL $$'").signal(), Some(9));
}

#[test]
fn a_running_job_refuses_it_and_an_ended_one_fails_as_usual() {
    let outcome = Run::code("let job = spawn { sleep 0.3 }\nexec echo never").run();
    assert!(outcome.err().contains("E1025") && outcome.out().is_empty(), "{outcome}");
    let code =
        "let job = spawn { sh -c 'exit 4' }\nwhile (job.status == null) { sleep 5ms }\nexec echo never";
    let outcome = Run::code(code).run();
    assert_eq!((outcome.status, &*outcome.out()), (4, ""), "{outcome}");
    let outcome = Run::code("sleep 0.05 &\nwait\nexec echo on").run().success();
    assert_eq!(outcome.out(), "on\n");
}

#[test]
fn the_trace_and_a_dry_run_show_it() {
    let trace = Run::pipewright().args(["--trace", "-c", "exec sh -c 'exit 3' x"]).run();
    assert!(trace.status == 3 && trace.err().contains("sh -c 'exit 3' x"), "{trace}");
    let dry = Run::pipewright().args(["--dry-run", "-c", "echo a > f; exec rm -r /tmp/x\necho never"]).run();
    assert!(dry.out().ends_with("exec rm -r /tmp/x\n"), "{dry}");
}

#[test]
fn the_audit_log_ends_with_it() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let log = directory.path().join("log");
    for (code, status, last) in [("exec sh -c 'exit 3'", 3, "replace"), ("exec ./text", 126, "finish")] {
        let _ = fs::remove_file(&log);
        fs::write(directory.path().join("text"), "text").expect("there is room");
        let run = Run::pipewright().arg("--audit").arg(&log).args(["-c", code]).dir(directory.path()).run();
        assert_eq!(run.status, status, "{run}");
        let text = fs::read_to_string(&log).expect("it was made");
        let record: serde_json::Value =
            serde_json::from_str(text.lines().last().expect("it has records")).expect("JSON");
        assert_eq!(record["event"], last, "{text}");
        let verified = Run::pipewright().arg("--audit-verify").arg(&log).run();
        assert!(verified.status == 0 && verified.err().is_empty(), "{verified}\n{text}");
    }
}

#[test]
fn the_script_for_containers_becomes_its_service() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let data = place.path().join("data");
    let run = |arguments: &[&str]| {
        let script = support::root().join("scripts/entrypoint.pw");
        let run = Run::pipewright().arg(script).args(arguments).env("DATA_DIR", &data);
        run.env("WAIT_FOR", place.path().join("socket")).env("WAIT_TIME", "200ms").run()
    };
    assert_eq!(run(&[]).status, 2);
    let late = run(&["true"]);
    assert!(late.status == 124 && late.err().contains("E3003"), "{late}");
    fs::write(place.path().join("socket"), "").expect("there is room");
    let service =
        run(&["sh", "-c", "printf '%s|' \"$0\" \"$@\"; test -d \"$DATA_DIR\"", "-x", "a b", ""]).success();
    assert_eq!(service.out(), "-x|a b||");
    let stopped = run(&["sh", "-c", "trap 'echo stopped; exit 7' TERM; kill -TERM $$"]);
    assert_eq!((stopped.status, &*stopped.out()), (7, "stopped\n"), "{stopped}");
}
