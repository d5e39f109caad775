//! Runs the programs of examples/ that embed the library as a user would. The web service is a separate
//! package with its own test: examples/web-service.

use crate::support;
use crate::support::{Outcome, Run};
use std::path::Path;

fn example(name: &str, args: &[&Path]) -> Outcome {
    Run::new(support::example(name, &format!("examples/{name}.rs"))).args(args).run()
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

#[test]
fn tasks_run_after_what_they_need() {
    let out = directory();
    let outcome = example("build_tool", &[out.path()]);
    assert_eq!(outcome.status, 0, "{outcome}");
    assert_eq!(outcome.out(), "[sorted] 3 words\n[report] written\n");
    let report = std::fs::read_to_string(out.path().join("report")).expect("it was written");
    assert_eq!(report, "apple\nfig\npear\n100\n");
}

#[test]
fn a_function_of_the_host_decides_what_is_built() {
    let out = directory();
    let archive = || example("build_tool", &[out.path(), "archive".as_ref()]);
    assert_eq!(archive().out(), "[sorted] 3 words\n[report] written\n[archive] packed\n");
    // The report is written again, and is newer then.
    assert!(archive().out().ends_with("[archive] packed\n"));
    let old = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    let archived =
        std::fs::File::options().write(true).open(out.path().join("report.gz")).expect("it exists");
    archived.set_modified(old).expect("its time can be set");
    assert!(archive().out().ends_with("[archive] up to date\n"));
}

#[test]
fn a_release_is_tagged_with_its_notes() {
    let home = directory();
    let git = |arguments: &str| {
        let outcome = Run::new("git").args(arguments.split('|')).dir(home.path()).run();
        assert_eq!(outcome.status, 0, "{outcome}");
        outcome.out()
    };
    let commit = |file: &str| {
        std::fs::write(home.path().join(file), file).expect("a file can be written");
        git(&format!("add|{file}"));
        git(&format!("commit|-qm|add {file}"));
    };
    git("init|-q");
    git("config|user.name|A");
    git("config|user.email|a@example.org");
    commit("b; touch x");
    commit("a");
    let release = |arguments: &[&str]| {
        let arguments: Vec<&Path> = arguments.iter().map(Path::new).collect();
        example("release", &[&[home.path()], &arguments[..]].concat())
    };
    let dry = release(&["1.0", "--dry-run"]);
    assert!(dry.status == 0 && dry.out().contains("git tag"), "{dry}");
    assert_eq!(git("tag"), "");
    let first = release(&["1.0"]);
    assert_eq!(first.status, 0, "{first}");
    let notes = || std::fs::read_to_string(home.path().join("NOTES.md")).expect("it was written");
    assert_eq!(notes(), "# 1.0\n\n- add a\n- add b; touch x\n");
    assert_eq!(git("for-each-ref|--format=%(contents)|refs/tags/1.0").trim(), "- add a\n- add b; touch x");
    commit("c");
    assert_eq!(release(&["1.1"]).status, 0);
    assert_eq!(notes(), "# 1.1\n\n- add c\n");
    // The tag exists.
    std::fs::write(home.path().join("d"), "").expect("a file can be written");
    let again = release(&["no tag"]);
    assert!(again.status != 0 && again.err().contains("`git` exited with"), "{again}");
    std::fs::write(home.path().join("a"), "changed").expect("a file can be written");
    let changed = release(&["1.2"]);
    assert!(changed.status == 1 && changed.err().contains("commit these first"), "{changed}");
}

#[test]
fn the_first_task_that_fails_stops_the_others() {
    let out = directory();
    let outcome = example("build_tool", &[out.path(), "slow".as_ref(), "broken".as_ref()]);
    assert_eq!((outcome.status, outcome.out()), (1, "[slow] stopped\n".into()), "{outcome}");
    assert!(outcome.err().contains("[broken] error[E1001]: `grep` exited with 1"), "{outcome}");
    assert!(outcome.err().contains("[slow] cancelled"), "{outcome}");
    assert!(!out.path().join("report").exists());
}

#[test]
fn a_script_works_on_columns_that_rust_has_read() {
    let data = directory();
    let file = data.path().join("sales.csv");
    let table =
        "id,city,note\n1,\"Köln, links\",a\n2,Bonn,\"two\nlines\"\n3,\"Köln, links\",\"a \"\"b\"\"\"\n";
    std::fs::write(&file, table).expect("a file can be written");
    let outcome = example("data_tool", &[&file, "city".as_ref()]);
    assert_eq!(outcome.out(), "    2  Köln, links\n    1  Bonn\n", "{outcome}");
    let outcome = example("data_tool", &[&file, "town".as_ref()]);
    assert_eq!(outcome.status, 2, "{outcome}");
    assert!(outcome.err().contains("no column `town`"), "{outcome}");
}

#[test]
fn plugins_live_side_by_side() {
    let home = directory();
    let outcome = example("plugin_host", &[home.path()]);
    assert_eq!(outcome.status, 0, "{outcome}");
    let out = outcome.out();
    for number in (0..12).filter(|number| ![5, 7].contains(number)) {
        assert!(out.contains(&format!("plugin-{number} says 21\n")), "{outcome}");
        assert!(out.contains(&format!("plugin-{number}: exited with 0\n")), "{outcome}");
        let log = std::fs::read_to_string(home.path().join(format!("plugin-{number}/log"))).expect("its log");
        assert!(log.starts_with(&format!("plugin plugin-{number}\nline 1\n")), "{log}");
    }
    assert!(out.contains("plugin-5: Policy: "), "{outcome}");
    assert!(out.contains("plugin-7: Limit: "), "{outcome}");
}

#[test]
fn blocks_of_a_notebook_share_what_they_declare() {
    let pages = directory();
    let file = pages.path().join("page.md");
    let block = |text: &str| format!("```pipewright\n{text}\n```\n");
    let below = |text: &str| format!("\n```text\n{text}\n```\n");
    let blocks = ["let sizes = [3, 4]\necho out; sh -c 'echo err >&2'", "sizes.sum()", "false", "echo never"]
        .map(block);
    std::fs::write(&file, format!("# A page\n{}", blocks.concat())).expect("a file can be written");
    let outcome = example("notebook", &[&file]);
    let page =
        "error[E1001]: `false` exited with 1\n --> block 3:1:1\n  |\n1 | false\n  | ^^^^^ exited with 1";
    let shown = [below("out\nerr"), below("7"), below(page), String::new()];
    let expected: String = blocks.iter().zip(&shown).map(|(block, below)| block.clone() + below).collect();
    assert_eq!(outcome.out(), format!("# A page\n{expected}"), "{outcome}");
    assert_eq!(outcome.status, 1);
}
