//! Runs scripts and compares their output: each `tests/golden/**/NAME.pw` is run in its own directory, and
//! standard output, standard error and exit status are compared with the files beside it.
//!
//! | file | holds | without it |
//! | --- | --- | --- |
//! | `NAME.out`, `NAME.err` | what is printed | nothing is |
//! | `NAME.status` | the exit status | 0 |
//! | `NAME.options` | options of ours, one a line | none |
//! | `NAME.args` | the script's arguments, one a line | none |
//! | `NAME.in` | standard input | empty |
//! | `NAME.env` | variables, `NAME=value` a line | PATH, HOME and LC_ALL only |
//! | `NAME.setup/` | what is copied into the directory before | an empty directory |
//!
//! The time of a stage is shown as `after N ms`.
//!
//! `UPDATE=1 cargo test --test suite golden` rewrites them, for `git diff` to judge; `ONLY=errors/` takes only
//! files whose path contains that.

use crate::support;
use crate::support::{Outcome, Run};
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn scripts_print_what_they_should() {
    let update = std::env::var_os("UPDATE").is_some();
    let only = std::env::var("ONLY").unwrap_or_default();
    let golden = support::root().join("tests/golden");
    let scripts: Vec<_> = support::files(&golden, ".pw")
        .into_iter()
        .filter(|path| path.to_string_lossy().contains(&only))
        .collect();
    // Scripts in a setup folder are not cases.
    let scripts = scripts.iter().filter(|path| !path.to_string_lossy().contains(".setup/"));

    have_room_for_calls();
    let mut count = 0;
    let mut failures = Vec::new();
    for script in scripts {
        count += 1;
        let outcome = run(script);
        assert!(!outcome.timed_out, "{} hangs", script.display());
        if update {
            write(script, &outcome);
        } else if let Some(difference) = difference(script, &outcome) {
            failures.push(format!(
                "==== {}\n{difference}",
                script.strip_prefix(&golden).unwrap_or(script).display()
            ));
        }
    }
    assert!(count > 0, "no script below {} matches {only:?}", golden.display());
    assert!(failures.is_empty(), "{} of {count} differ\n{}", failures.len(), failures.join("\n"));
}

/// Gives the programs of the tests stacks of 64 MiB. Without optimisation 2,000 open calls of a script, which is the
/// limit that two of the scripts show, need more than the usual 8 MiB.
fn have_room_for_calls() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut stack = getrlimit(Resource::Stack);
    stack.current = Some(64 << 20);
    setrlimit(Resource::Stack, stack).expect("a soft limit below the hard one");
}

/// The suggestions of each page pass the check, because a wrong hint is worse than none.
#[test]
fn suggestions_of_a_page_pass_the_check() {
    let pages = support::files(&support::root().join("tests/golden"), ".err");
    let mut count = 0;
    for page in pages {
        let text = String::from_utf8_lossy(&fs::read(&page).expect("it is there")).into_owned();
        for suggested in suggestions(&text) {
            count += 1;
            let check = |text: &str| Run::pipewright().args(["--check", "-c", text]).run();
            let mut outcome = check(&suggested);
            // A suggested line may need the variables of the script.
            if outcome.status != 0 {
                let script = fs::read_to_string(page.with_extension("pw")).unwrap_or_default();
                let variables = script.lines().filter(|line| line.starts_with("let "));
                let variables: String = variables.map(|line| format!("{line}\n")).collect();
                outcome = check(&format!("{variables}if true {{\n{suggested}}}"));
            }
            assert!(outcome.status == 0, "{}: {suggested}\n{outcome}", page.display());
        }
    }
    assert!(count > 20, "pages suggest what to write: {count}");
}

/// Returns the examples of a page: the indented lines below `help: …:`.
fn suggestions(page: &str) -> Vec<String> {
    let mut suggestions: Vec<String> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("help: ") {
            inside = line.ends_with(':');
            suggestions.extend(inside.then(String::new));
        } else if let (true, Some(line), Some(last)) =
            (inside, line.strip_prefix("      "), suggestions.last_mut())
        {
            *last += &format!("{line}\n");
        } else {
            inside = false;
        }
    }
    suggestions
}

fn run(script: &Path) -> Outcome {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let beside = |extension: &str| script.with_extension(extension);
    copy_tree(&beside("setup"), directory.path());
    let name = script.file_name().expect("it is a file");
    // With its bare name, so that pages show the same path on every machine.
    fs::copy(script, directory.path().join(name)).expect("the script can be copied");
    let mut run =
        Run::pipewright().dir(directory.path()).args(lines(&beside("options"))).arg(name).timeout(30);
    run = run.args(lines(&beside("args"))).stdin(fs::read(beside("in")).unwrap_or_default());
    for line in lines(&beside("env")) {
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{line:?} in {script:?}"));
        run = run.env(name, value);
    }
    let mut outcome = run.run();
    outcome.stderr = support::without_times(&outcome.stderr);
    outcome
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default()
}

/// Returns the three files with their expected content; none if the file should not exist.
fn expected_files(script: &Path, outcome: &Outcome) -> [(PathBuf, Option<Vec<u8>>); 3] {
    let unless_empty = |bytes: &[u8]| (!bytes.is_empty()).then(|| bytes.to_owned());
    let status = (outcome.status != 0).then(|| format!("{}\n", outcome.status).into_bytes());
    [
        (script.with_extension("out"), unless_empty(&outcome.stdout)),
        (script.with_extension("err"), unless_empty(&outcome.stderr)),
        (script.with_extension("status"), status),
    ]
}

fn write(script: &Path, outcome: &Outcome) {
    for (path, content) in expected_files(script, outcome) {
        match content {
            Some(content) => fs::write(&path, content).expect("a golden file can be written"),
            None if path.exists() => fs::remove_file(&path).expect("a golden file can be removed"),
            None => {}
        }
    }
}

fn difference(script: &Path, outcome: &Outcome) -> Option<String> {
    let mut text = String::new();
    for (path, now) in expected_files(script, outcome) {
        let then = fs::read(&path).ok();
        if then != now {
            let kind = path.extension().unwrap_or_default().to_string_lossy();
            text += &format!("-- .{kind} (- expected, + now)\n");
            text += &diff(&then.unwrap_or_default(), &now.unwrap_or_default());
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Returns the lines that differ, without the common beginning and end.
fn diff(then: &[u8], now: &[u8]) -> String {
    let (then, now) = (String::from_utf8_lossy(then), String::from_utf8_lossy(now));
    let (then, now): (Vec<_>, Vec<_>) =
        (then.split_inclusive('\n').collect(), now.split_inclusive('\n').collect());
    let same = then.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let rest = (then.len().min(now.len())) - same;
    let same_end = then.iter().rev().zip(now.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let show = |sign: char, lines: &[&str]| {
        lines[same..lines.len() - same_end].iter().fold(String::new(), |text, line| {
            let end = if line.ends_with('\n') { "" } else { " (no line feed at the end)\n" };
            text + &format!("{sign}{line}{end}")
        })
    };
    show('-', &then) + &show('+', &now)
}

/// Copies a directory's content, if there is one. Links stay links.
fn copy_tree(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    for entry in entries.flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() {
            fs::create_dir_all(&to).expect("a directory can be made");
            copy_tree(&from, &to);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&from).expect("a link"), &to)
                .expect("a link can be made");
        } else {
            fs::copy(&from, &to).expect("a file can be copied");
        }
    }
}
