//! Compares what the five tasks do, and their lines, with each library.

use beside::{with_duct, with_pipewright, with_xshell};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

#[test]
fn the_most_frequent_line_is_found_whatever_the_word_is() {
    let all = [with_pipewright::most_frequent, with_duct::most_frequent, with_xshell::most_frequent];
    for most_frequent in all {
        let text = "; rm -rf / a\nno\n; rm -rf / b\n; rm -rf / a\n";
        assert_eq!(most_frequent(text, "; rm -rf /").unwrap().trim(), "2 ; rm -rf / a");
        assert_eq!(most_frequent("$(id)\n", "$(id)").unwrap().trim(), "1 $(id)");
        // The first program fails.
        assert!(most_frequent("a\n", "b").is_err());
    }
}

#[test]
fn a_failure_of_a_pipeline_names_its_stage() {
    let error = |error: Box<dyn std::error::Error>| error.to_string();
    let ours = error(with_pipewright::most_frequent("a\n", "b").unwrap_err());
    assert!(ours.contains("`grep` exited with 1"), "{ours}");
    assert!(error(with_duct::most_frequent("a\n", "b").unwrap_err()).contains("grep"));
    assert!(error(with_xshell::most_frequent("a\n", "b").unwrap_err()).contains("grep"));
}

#[test]
fn the_names_of_a_directory_are_stored() {
    for store_names in [with_pipewright::store_names, with_duct::store_names, with_xshell::store_names] {
        let directory = tempfile::tempdir().unwrap();
        let names = directory.path().join("a b");
        fs::create_dir(&names).unwrap();
        fs::write(names.join("b"), "").unwrap();
        fs::write(names.join("Z"), "").unwrap();
        let out = directory.path().join("$out; x");
        store_names(&names, &out).unwrap();
        let unpacked = Command::new("gzip").arg("-cd").stdin(fs::File::open(&out).unwrap()).output().unwrap();
        assert_eq!(unpacked.stdout, b"Z\nb\n");
        assert!(store_names(Path::new("/no/such"), &out).is_err());
    }
}

#[test]
fn a_failed_program_has_its_status_and_messages() {
    for attempt in [with_pipewright::attempt, with_duct::attempt, with_xshell::attempt] {
        let (status, messages) = attempt(Path::new("/no such")).unwrap();
        assert!(status == 2 && messages.contains("/no such"), "{status} {messages}");
        assert_eq!(attempt(Path::new("/")).unwrap(), (0, String::new()));
    }
}

/// Returns whether a process with this argument exists.
fn runs(argument: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut commands = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    commands.any(|command| command.split(|byte| *byte == 0).any(|word| word == argument.as_bytes()))
}

#[test]
fn a_time_limit_ends_the_programs_of_a_task() {
    let limit = Duration::from_millis(200);
    type Limited = fn(&str, Duration) -> beside::Result<()>;
    let all: [(Limited, u32, bool); 3] = [
        (with_pipewright::limited, 1, false),
        // They end the program that they started, not the one that this has started.
        (with_duct::limited, 2, true),
        (with_xshell::limited, 3, true),
    ];
    for (limited, number, leaves) in all {
        // A length that no other process sleeps.
        let seconds = format!("{number}0.{}", std::process::id());
        assert!(limited(&seconds, limit).is_err());
        assert_eq!(runs(&seconds), leaves, "{number}");
    }
}

#[test]
fn each_line_is_passed_on_when_it_arrives() {
    let follows: [fn(&Path, Box<dyn FnMut(&str) + Send>) -> beside::Result<()>; 3] = [
        |file, line| with_pipewright::follow(file, line),
        |file, line| with_duct::follow(file, line),
        |file, line| with_xshell::follow(file, line),
    ];
    for follow in follows {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "one\ntwo\n").unwrap();
        let (sender, lines) = channel();
        follow(file.path(), Box::new(move |line| sender.send(line.to_owned()).unwrap())).unwrap();
        assert_eq!(lines.iter().collect::<Vec<_>>(), ["one", "two"]);
        assert!(follow(Path::new("/no/such"), Box::new(|_| ())).is_err());
    }
}

/// Returns the lines of each function between its braces.
fn lines(source: &str) -> Vec<usize> {
    let functions = source.split("\npub fn ").skip(1);
    functions.map(|text| text.lines().skip(1).take_while(|line| *line != "}").count()).collect()
}

#[test]
fn the_table_of_the_documentation_has_these_lines() {
    let ours = lines(include_str!("../src/with_pipewright.rs"));
    let duct = lines(include_str!("../src/with_duct.rs"));
    let xshell = lines(include_str!("../src/with_xshell.rs"));
    assert!(ours.len() == 5 && duct.len() == 5 && xshell.len() == 5);
    let page = include_str!("../../../docs/EMBEDDING.md");
    let rows: Vec<Vec<usize>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| lines of code |"))
        .skip(2)
        .take(5)
        .map(|line| line.split('|').filter_map(|cell| cell.trim().parse().ok()).collect())
        .collect();
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(*row, [ours[at], duct[at], xshell[at]], "row {at}");
        assert!(ours[at] <= duct[at] && ours[at] <= xshell[at], "row {at}");
    }
    assert_eq!(rows.len(), 5);
}
