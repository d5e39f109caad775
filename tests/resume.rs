//! The log of a loop after SIGKILL at any moment: it can be read, and `resume=` runs what is missing and nothing else.
//!
//! `RUNS=200 cargo test --test suite resume::` does it as often as docs/RELIABILITY.md says.
use crate::support;
use crate::support::Run;
use crate::support::marked::left_after;
use crate::support::place::Place;
use crate::support::rng::Rng;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

const ITEMS: usize = 40;

/// Each turn adds a line to the file of its item.
const LOOP: &str = r#"
let items = list(1..=40).map(n => n % 2 == 0 ? "item $n" : "it's $n")
for item in (items) with jobs=8, resume="turns.jsonl" {
    sleep 5ms
    sh -c 'echo ran >> "$1"' sh "done/$item"
}
"#;

/// A time that is ample even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn counts(place: &Place) -> BTreeMap<String, usize> {
    let files = std::fs::read_dir(place.at("done")).expect("it is there").flatten();
    let count = |name: String| (name.clone(), place.read(format!("done/{name}")).lines().count());
    files.map(|file| count(file.file_name().to_string_lossy().into_owned())).collect()
}

/// Returns the items that a log holds as done, and how often. Every line but one that was cut off is JSON.
fn done(log: &str) -> BTreeMap<String, usize> {
    let (complete, _) = log.rsplit_once('\n').unwrap_or_default();
    let mut done = BTreeMap::new();
    for line in complete.lines().skip(1) {
        let turn: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(turn["status"], 0, "{line}");
        *done.entry(turn["item"].as_str().expect("a text").to_owned()).or_default() += 1;
    }
    done
}

#[test]
fn after_kill_at_any_moment_resume_runs_exactly_what_is_missing() {
    let mut numbers = Rng::new(19);
    for run in 0..support::setting("RUNS", 5) {
        let place = Place::new();
        place.write("script.pw", LOOP);
        std::fs::create_dir(place.at("done")).expect("a directory can be made");
        let marker = format!("RESUMED=resume-{}-{run}", std::process::id());
        let (name, value) = marker.split_once('=').expect("it has one");
        let mut command = Command::new(support::pipewright());
        command.arg("script.pw").current_dir(place.work()).env(name, value).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(numbers.below(200) as u64));
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        assert_eq!(left_after(&marker, PATIENCE), [""; 0]);

        let log = std::fs::read_to_string(place.at("turns.jsonl")).unwrap_or_default();
        let (logged, before) = (done(&log), counts(&place));
        Run::pipewright().arg("script.pw").dir(place.work()).run().success();
        let after = counts(&place);
        assert_eq!(after.len(), ITEMS);
        for (item, count) in &after {
            let more = usize::from(!logged.contains_key(item));
            assert_eq!(*count, before.get(item).unwrap_or(&0) + more, "{item} of run {run}:\n{log}");
        }
        let all = done(&place.read("turns.jsonl"));
        assert!(all.len() == ITEMS && all.values().all(|count| *count == 1), "{all:?}");
    }
}

#[test]
fn a_second_run_at_once_is_refused() {
    let place = Place::new();
    let script = "for n in 1 with jobs=1, log=\"turns.jsonl\" { echo begun > begun; while ! test -e go { sleep 10ms } }";
    let mut first = Command::new(support::pipewright());
    let mut first = first.args(["-c", script]).current_dir(place.work()).spawn().expect("it starts");
    while !place.at("begun").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = Run::code(script).dir(place.work()).run();
    place.write("go", "");
    assert!(first.wait().expect("it is ours").success());
    assert!(
        second.status == 1 && second.err().contains("error[E2027]: another run writes the log"),
        "{second}"
    );
    assert_eq!(place.read("turns.jsonl").lines().count(), 2);
}

#[test]
fn a_full_disk_ends_the_loop_and_the_message_says_what_runs_again() {
    let outcome = Run::code("for n in 1 2 3 with jobs=1, log=\"/dev/full\" { echo $n }").run();
    assert!(outcome.err().contains("can't write the log /dev/full: No space left on device"), "{outcome}");
    assert_eq!((outcome.status, outcome.out().as_str()), (1, ""));
}
