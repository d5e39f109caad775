//! Tests that the stored pictures are current: the scripts that make them run and produce the same bytes.
use crate::support;
use std::fs;
use std::process::Command;

/// Pictures that contain output of git or wc, which depends on the version.
const OF_THE_MACHINE: &[&str] = &["completion", "names"];

#[test]
fn diagrams_are_current() {
    let made = tempfile::TempDir::new().expect("a temporary directory");
    let stored = support::root().join("docs/architecture");
    let run = Command::new(support::pipewright())
        .arg(stored.join("diagram.pw"))
        .arg(&stored)
        .arg(made.path())
        .output()
        .expect("it starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let pictures = support::files(&stored, ".svg");
    assert_eq!(pictures.len(), support::files(made.path(), ".svg").len(), "one for each description");
    for picture in pictures {
        let name = picture.file_name().expect("it is a file");
        let new = fs::read_to_string(made.path().join(name)).expect("each picture has a description");
        let old = fs::read_to_string(&picture).expect("it is a file");
        assert_eq!(old, new, "{}: docs/architecture/diagram.pw draws it differently", picture.display());
    }
}

#[test]
fn pictures_are_current() {
    let has_tmux = Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success());
    if !has_tmux {
        assert!(std::env::var_os("CI").is_none(), "tmux is missing");
        eprintln!("SKIPPED: tmux is missing");
        return;
    }
    let made = tempfile::TempDir::new().expect("a temporary directory");
    let stored = support::root().join("docs/prompt");
    let script = stored.join("screenshots.pw");
    let run =
        Command::new(support::pipewright()).arg(script).arg(support::pipewright()).arg(made.path()).output();
    let run = run.expect("it starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let pictures = support::files(&stored, ".svg");
    assert!(pictures.len() >= 8, "{pictures:?}");
    for picture in pictures {
        let name = picture.file_name().expect("it is a file");
        let new = fs::read_to_string(made.path().join(name)).expect("the script makes each stored picture");
        let old = fs::read_to_string(&picture).expect("it is a file");
        let of_the_machine = OF_THE_MACHINE.iter().any(|name| picture.file_stem() == Some(name.as_ref()));
        let same = old == new || of_the_machine && old.lines().next() == new.lines().next();
        let differ: Vec<_> = old.lines().zip(new.lines()).filter(|(old, new)| old != new).take(5).collect();
        let picture = picture.display();
        assert!(same, "{picture}: docs/prompt/screenshots.pw draws it differently\n{differ:#?}");
    }
}
