//! Tests `--audit` and `--dry-run` from the view of a user who relies on them: the records in the log,
//! their chain as other programs compute it, and that a dry run does nothing.

use crate::support;
use crate::support::{Outcome, Run};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn records(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).expect("a log is UTF-8");
    assert!(text.ends_with('\n'), "{text:?}");
    text.lines().map(|line| serde_json::from_str(line).expect("a record is JSON")).collect()
}

fn audited(directory: &Path, code: &str) -> Outcome {
    Run::pipewright().dir(directory).args(["--audit", "log", "-c", code]).run()
}

fn events(records: &[Value]) -> Vec<&str> {
    records.iter().filter_map(|record| record["event"].as_str()).collect()
}

#[test]
fn a_program_has_a_record_before_its_start_and_one_after_its_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let outcome = audited(
        directory.path(),
        "env.ADDED = $'\\xff'\nenv.HOME = null\ncd /\nA=1 sh -c 'exit 3' $'\\xfe' > /dev/null 2>&1 || true",
    );
    assert_eq!(outcome.status, 0, "{outcome}");
    let records = records(&directory.path().join("log"));
    assert_eq!(events(&records), ["begin", "open", "exec", "end", "finish"]);
    let (exec, end) = (&records[2], &records[3]);
    assert_eq!(exec["argv"], serde_json::json!(["sh", "-c", "exit 3", {"base64": "/g=="}]));
    assert!(exec["program"].as_str().is_some_and(|path| path.ends_with("/sh")), "{exec}");
    assert_eq!((&exec["directory"], &exec["at"]), (&"/".into(), &"-c:4:1".into()));
    assert_eq!(exec["environment"]["A"], "1");
    assert_eq!(exec["environment"]["ADDED"], serde_json::json!({"base64": "/w=="}));
    assert_eq!(exec["environment"].get("HOME"), Some(&Value::Null));
    assert!(exec["environment"].get("PATH").is_none(), "it was inherited: {exec}");
    assert_eq!(exec["redirections"][0], serde_json::json!({"fd": 1, "mode": "file", "path": "/dev/null"}));
    assert_eq!(exec["redirections"][1], serde_json::json!({"fd": 2, "mode": "copy", "of": 1}));
    assert_eq!((&end["exec"], &end["status"], &end["signal"]), (&exec["seq"], &3.into(), &Value::Null));
    assert!(
        end["pid"].as_i64().is_some_and(|pid| pid > 1)
            && end["wall"].as_f64().is_some_and(|wall| wall >= 0.0)
    );
}

#[test]
fn actions_of_the_run_itself_are_recorded() {
    let directory = tempfile::tempdir().expect("a directory");
    let code = "echo x > out\nwrite('file', 'text')\nlet job = spawn { /bin/sleep 60 }\nsleep 50ms\njob.kill()\n\
                printf x | cat > copy\nwith memory=1M { try { /bin/true } catch e { true } }";
    let outcome = audited(directory.path(), code);
    assert_eq!(outcome.status, 0, "{outcome}");
    let records = records(&directory.path().join("log"));
    let of = |event: &str| records.iter().filter(|record| record["event"] == event).collect::<Vec<_>>();
    let opened: Vec<_> = of("open").iter().filter_map(|record| record["path"].as_str()).collect();
    assert_eq!(opened, ["out", "copy"]);
    assert_eq!((&of("write")[0]["bytes"], &of("kill")[0]["signal"]), (&4.into(), &"SIGTERM".into()));
    assert_eq!(of("exec").len(), of("end").len() + of("failed").len(), "each exec has its end: {records:?}");
}

#[test]
fn the_log_is_its_owners_and_several_runs_share_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("log");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let outcome = audited(directory.path(), "for i in (1..=20) { /bin/true $i }");
                assert_eq!(outcome.status, 0, "{outcome}");
            });
        }
    });
    assert_eq!(fs::metadata(&log).expect("it is there").permissions().mode() & 0o777, 0o600);
    assert_eq!(records(&log).len(), 4 * 42);
    let verified = Run::pipewright().arg("--audit-verify").arg(&log).run();
    assert_eq!(verified.status, 0, "{verified}");
}

#[test]
fn the_chain_is_what_sha256sum_says_and_breaks_where_it_was_changed() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("log");
    audited(directory.path(), "/bin/true 1; /bin/true 2");
    let text = fs::read_to_string(&log).expect("it is there");
    let lines: Vec<_> = text.lines().collect();
    for pair in lines.windows(2) {
        let sum = Run::new("sha256sum").stdin(pair[0]).run().stdout;
        let record: Value = serde_json::from_str(pair[1]).expect("a record is JSON");
        assert_eq!(record["prev"], String::from_utf8_lossy(&sum)[..64]);
    }
    fs::write(&log, text.replacen("\"1\"", "\"3\"", 1)).expect("it can be written");
    let changed = Run::pipewright().arg("--audit-verify").arg(&log).run();
    assert!(changed.status == 1 && changed.stderr.ends_with(b"was changed\n"), "{changed}");
    let cut = lines[..lines.len() - 1].join("\n") + "\n";
    fs::write(&log, cut).expect("it can be written");
    let cut = Run::pipewright().arg("--audit-verify").arg(&log).run();
    assert!(cut.status == 1 && cut.to_string().contains("has no end"), "{cut}");
}

#[test]
fn an_action_that_cannot_be_recorded_is_not_done() {
    for code in [
        "touch made",
        "echo x > made",
        "write('made', 'x')",
        "touch made || touch made",
        "defer { touch made }",
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let run = Run::pipewright().dir(directory.path());
        let outcome = run.args(["--audit", "/dev/full", "-c", code]).run();
        assert_eq!(outcome.status, 126, "{code}: {outcome}");
        assert!(!directory.path().join("made").exists(), "{code}");
        assert!(outcome.to_string().contains("E1020"), "{outcome}");
    }
}

fn verify(log: &Path) -> Outcome {
    Run::pipewright().arg("--audit-verify").arg(log).run()
}

/// Writes a log of three consecutive runs.
fn three_runs(directory: &Path) -> Vec<String> {
    for run in 1..=3 {
        audited(directory, &format!("/bin/true {run}"));
    }
    let text = fs::read_to_string(directory.join("log")).expect("a log is UTF-8");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_run_that_was_taken_out_or_moved_is_missed() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("log");
    let lines = three_runs(directory.path());
    assert_eq!(verify(&log).status, 0);
    let each = lines.len() / 3;
    let check = |lines: &[String], expected: &str| {
        fs::write(&log, lines.join("\n") + "\n").expect("it can be written");
        let found = verify(&log);
        assert!(found.status == 1 && found.to_string().contains(expected), "{expected}: {found}");
    };
    let mut first = lines.clone();
    first.drain(..each);
    check(&first, "line 1: records 1 to 4 are missing before it");
    let mut second = lines.clone();
    second.drain(each..2 * each);
    check(&second, "line 5: records 5 to 8 are missing before it");
    let mut moved = lines.clone();
    moved.rotate_left(each);
    check(&moved, "line 1: it is record 5: records were moved or added");
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    check(&swapped, "line 2: it is record 3: records were moved or added");
    let mut twice = lines.clone();
    twice.extend_from_slice(&lines[each..2 * each]);
    check(&twice, "line 13: it is record 5: records were moved or added");
    let mut changed = lines.clone();
    changed[each] = changed[each].replace("begin", "begun");
    check(&changed, "line 6: the record before it was changed");
}

#[test]
fn a_log_that_is_replaced_or_changed_during_the_run_ends_it() {
    for change in [
        "mv log old",
        "rm log",
        "cp log new; mv new log",
        "mv log old; ln -s old log; rm log; cp old log",
        "head -n 1 log > new; cat new > log",
        "sed -i s/begin/begun/ log",
        "sed s/begin/begun/ log > new; cat new > log",
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let outcome = audited(directory.path(), &format!("sh -c '{change}'\ntouch made"));
        // Only the check finds a change in the middle of a record that is not the last one of this run.
        if change.starts_with("sed s") {
            assert_eq!(verify(&directory.path().join("log")).status, 1, "{change}");
            continue;
        }
        assert_eq!(outcome.status, 126, "{change}: {outcome}");
        assert!(outcome.to_string().contains("E1020"), "{change}: {outcome}");
        assert!(!directory.path().join("made").exists(), "{change}");
    }
}

#[test]
fn a_file_that_is_not_a_log_is_not_continued() {
    for (content, reason) in [
        ("some text\n", "its last line is not a record"),
        ("{\"run\":\"a\"", "its last record is cut off"),
        ("{}\n", "its last line is not a record"),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let log = directory.path().join("log");
        fs::write(&log, content).expect("it can be written");
        let outcome = audited(directory.path(), "touch made");
        assert!(outcome.status == 126 && outcome.to_string().contains(reason), "{outcome}");
        assert!(!directory.path().join("made").exists());
        assert_eq!(fs::read_to_string(&log).expect("it is there"), content);
    }
}

#[test]
fn a_lock_that_another_process_keeps_is_given_up() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("log");
    let held = fs::File::create(&log).expect("it can be made");
    held.lock().expect("it is free");
    let outcome = audited(directory.path(), "touch made");
    assert!(outcome.status == 126 && outcome.to_string().contains("locked"), "{outcome}");
    assert!(!directory.path().join("made").exists());
}

#[test]
fn a_pipe_can_be_a_log_and_is_not_waited_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let made = Run::new("mkfifo").arg(directory.path().join("log")).run();
    assert_eq!(made.status, 0, "{made}");
    let alone = audited(directory.path(), "touch made");
    assert!(alone.status == 126 && !alone.timed_out, "{alone}");
    // With a reader, here the shell itself.
    let script = "exec 3<> log; exec \"$0\" --audit log -c '/bin/true'";
    let outcome = Run::new("sh").arg("-c").arg(script).arg(support::pipewright()).dir(directory.path()).run();
    assert_eq!(outcome.status, 0, "{outcome}");
}

#[test]
fn a_run_has_one_log() {
    let outcome = Run::pipewright().args(["--audit", "a", "--audit", "b", "-c", "true"]).run();
    assert!(outcome.status == 2 && outcome.to_string().contains("twice"), "{outcome}");
}

/// A limit on the size of files stands in for a full disk in the middle of a run.
#[test]
fn a_log_that_gets_full_ends_the_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = support::pipewright();
    let script = "trap '' XFSZ; ulimit -f 4; exec \"$0\" --audit log -c 'for i in (1..=100) { touch $i }'";
    let outcome = Run::new("sh").arg("-c").arg(script).arg(path).dir(directory.path()).run();
    assert_eq!(outcome.status, 126, "{outcome}");
    let made = fs::read_dir(directory.path()).expect("it is there").count() - 1;
    let text = fs::read_to_string(directory.path().join("log")).expect("it is there");
    let told = text.lines().filter(|line| line.contains("\"exec\"") && line.contains("touch")).count();
    assert!(0 < made && made <= told, "{made} files and {told} records");
}

/// A dry run of any script starts nothing, opens nothing and changes nothing.
#[test]
fn a_dry_run_does_nothing() {
    let log = tempfile::tempdir().expect("a directory");
    let log = log.path().join("log");
    let mut count = 0;
    for script in support::sample(3, support::files(&support::root().join("tests/golden"), ".pw")) {
        let name = script.to_string_lossy().into_owned();
        // Their options change how they are run.
        if name.contains(".setup/") || script.with_extension("options").exists() {
            continue;
        }
        let directory = tempfile::tempdir().expect("a directory");
        let run =
            Run::pipewright().dir(directory.path()).arg("--dry-run").arg("--audit").arg(&log).timeout(30);
        let outcome = run.arg(&script).run();
        assert!(!outcome.timed_out, "{name} hangs");
        assert!(!outcome.to_string().contains("E9001"), "{name}: {outcome}");
        let left = fs::read_dir(directory.path()).expect("it is there").count();
        assert_eq!(left, 0, "{name} has made files");
        count += 1;
    }
    assert!(count > 50, "{count} scripts were tried");
    let done: Vec<_> = records(&log)
        .into_iter()
        .filter(|record| !["begin", "finish"].contains(&record["event"].as_str().unwrap_or_default()))
        .collect();
    assert!(done.is_empty(), "{done:?}");
}
