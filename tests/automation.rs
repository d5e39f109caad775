//! The scripts in `scripts/` that do a job and are called with options: releases, backups, deployments and their like.
//!
//! They are run as users run them, by their `#!` line, on real trees, logs and repositories, with names that a
//! script of sh would split, match or take for options, and with what fails half-way.

mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use support::{Outcome, Run, have};
use tempfile::TempDir;

/// Names that are one word only where a value is one argument.
const HOSTILE: &[&[u8]] = &[
    b"two words",
    b"new\nline",
    b"-dash",
    b"--",
    b"$(touch canary)",
    b"`touch canary`; touch canary",
    b"* [a]",
    b"'\"\\",
    b"\xff\xfe",
    b"~",
    b"ends\n",
];

/// A directory with `pipewright` in `bin/`, and an empty `work/` to run in.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a temporary directory");
        for name in ["bin", "work"] {
            fs::create_dir(place.path().join(name)).expect("a directory can be made");
        }
        symlink(support::pipewright(), place.path().join("bin/pipewright")).expect("a link can be made");
        Self(place)
    }

    fn work(&self) -> PathBuf {
        self.0.path().join("work")
    }

    fn at(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.work().join(name.as_ref())
    }

    fn run(&self, script: &str, args: &[&str]) -> Outcome {
        let mut path = self.0.path().join("bin").into_os_string();
        path.push(":");
        path.push(support::path());
        let script = support::root().join("scripts").join(script);
        Run::new(script).dir(self.work()).env("PATH", path).env("HOME", self.at("home")).args(args).run()
    }

    /// A file, with the directories above it.
    fn write(&self, name: impl AsRef<OsStr>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("it is below")).expect("a directory can be made");
        fs::write(&path, text).expect("a file can be made");
        path
    }

    fn write_program(&self, name: impl AsRef<OsStr>, text: &str) {
        let path = self.write(name, text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }

    fn read(&self, name: impl AsRef<OsStr>) -> String {
        let path = self.at(name);
        String::from_utf8_lossy(&fs::read(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"))).into_owned()
    }
}

impl Drop for Place {
    /// Whether text of the input was run: what it says would make this file.
    fn drop(&mut self) {
        assert!(std::thread::panicking() || !self.at("canary").exists(), "a value was run as code");
    }
}

fn need(programs: &[&str]) -> bool {
    programs.iter().all(|program| have(program))
}

fn names(directory: &Path) -> Vec<OsString> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{directory:?}: {error}"))
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    names
}

#[track_caller]
fn assert_fails(outcome: &Outcome, said: &str) {
    assert!(outcome.status == 1 && outcome.err().contains(said), "{said:?} is missing: {outcome}");
}

#[track_caller]
fn assert_says(outcome: &Outcome, said: &[&str]) {
    for text in said {
        assert!(outcome.out().contains(text), "{text:?} is missing: {outcome}");
    }
}

#[test]
fn each_script_has_a_usage_and_the_canonical_layout() {
    let place = Place::new();
    for (script, usage) in [
        ("release.pw", "[--repository PATH] [--go] PART"),
        ("backup.pw", "[--keep INT] [--dry-run] SOURCE TARGET"),
        ("watch-log.pw", "[--limit INT] [--notify STR] [--follow] LOG"),
        ("report.pw", "[--format STR] FILE GROUP SUM"),
        ("convert.pw", "[--force] HOW TO [FILES…]"),
        ("dotfiles.pw", "[--home PATH] [--dry-run] SOURCE"),
        ("ci.pw", "[--logs PATH] PLAN"),
        ("disk-usage.pw", "[--top INT] [--limit SIZE] DIRECTORY"),
        ("deploy.pw", "[--dry-run] CONFIG"),
        ("run-tests.pw", "[--report PATH] [--timeout DURATION] [--only STR] DIRECTORY"),
    ] {
        let help = place.run(script, &["--help"]).success();
        assert!(help.out().starts_with(&format!("usage: {script} {usage}\n\n")), "{help}");
        let wrong = place.run(script, &["--no-such-option"]);
        assert!(wrong.status == 2 && wrong.err().contains("--no-such-option"), "{wrong}");
        let path = support::root().join("scripts").join(script);
        Run::pipewright().args(["--fmt", "--check"]).arg(path).run().success();
    }
    for library in support::files(&support::root().join("scripts/lib"), ".pw") {
        Run::pipewright().args(["--fmt", "--check"]).arg(library).run().success();
    }
    assert_eq!(names(&place.work()), [""; 0], "nothing was done");
}

// ------------------------------------------------------------------------------------------ release.pw

fn git(place: &Place, args: &[&str]) -> String {
    let run = Run::new("git").dir(place.at("a repo")).env("HOME", place.work()).args(args).run();
    run.success().out()
}

fn repository(place: &Place) {
    place.write("a repo/VERSION", "1.9.3\n");
    git(place, &["init", "--quiet", "--initial-branch=main"]);
    git(place, &["config", "user.name", "Ada"]);
    git(place, &["config", "user.email", "ada@example.org"]);
    commit(place, "--amend $(touch canary)");
}

fn commit(place: &Place, subject: &str) {
    git(place, &["add", "--all"]);
    git(place, &["commit", "--quiet", "--allow-empty", &format!("--message={subject}")]);
}

fn release(place: &Place, args: &[&str]) -> Outcome {
    place.run("release.pw", &[&["--repository", "a repo"], args].concat())
}

#[test]
fn a_release_is_made_only_when_asked_for() {
    if !need(&["git"]) {
        return;
    }
    let place = Place::new();
    repository(&place);
    let dry = release(&place, &["minor"]).success();
    assert_says(&dry, &["1.9.3 -> 1.10.0, 1 changes\n- --amend $(touch canary) (", "nothing is changed"]);
    assert_eq!(git(&place, &["status", "--porcelain"]) + &git(&place, &["tag"]), "");

    release(&place, &["minor", "--go"]).success();
    commit(&place, "`touch canary`");
    commit(&place, "third");
    release(&place, &["patch", "--go"]).success();
    assert_eq!(place.read("a repo/VERSION"), "1.10.1\n");
    assert_eq!(git(&place, &["tag"]), "v1.10.0\nv1.10.1\n");
    assert_eq!(git(&place, &["status", "--porcelain"]), "");
    let log = place.read("a repo/CHANGELOG.md");
    let lines: Vec<_> = log.lines().map(|line| line.split(" (").next().unwrap_or(line)).collect();
    assert!(lines[0].starts_with("## 1.10.1, 20") && lines[5].starts_with("## 1.10.0, 20"), "{log}");
    assert_eq!(lines[2..5], ["- third", "- `touch canary`", ""], "{log}");
    assert_eq!(lines[7], "- --amend $(touch canary)", "{log}");
    assert_fails(&release(&place, &["major"]), "no commits since v1.10.1");
}

#[test]
fn a_release_that_fails_leaves_the_repository_as_it_was() {
    if !need(&["git"]) {
        return;
    }
    let place = Place::new();
    repository(&place);
    let head = git(&place, &["rev-parse", "HEAD"]);
    place.write_program("a repo/.git/hooks/commit-msg", "#!/bin/sh\necho 'not on Fridays' >&2\nexit 1\n");
    let outcome = release(&place, &["major", "--go"]);
    assert_fails(&outcome, "not on Fridays\nthe release failed: back at ");
    assert_eq!(git(&place, &["rev-parse", "HEAD"]), head);
    assert_eq!(git(&place, &["status", "--porcelain"]) + &git(&place, &["tag"]), "");
    assert_eq!(place.read("a repo/VERSION"), "1.9.3\n");

    assert_fails(&release(&place, &["tiny"]), "the part is major, minor or patch, and not tiny");
    git(&place, &["tag", "v2.0.0"]);
    assert_fails(&release(&place, &["major"]), "the tag v2.0.0 is there already");
    place.write("a repo/VERSION", "one\n");
    assert_fails(&release(&place, &["major"]), "VERSION holds no number such as 1.2.3: one");
}

// ------------------------------------------------------------------------------------------- backup.pw

#[test]
fn backups_are_whole_and_the_oldest_are_removed() {
    if !need(&["tar", "gzip", "mv", "rm", "mkdir"]) {
        return;
    }
    let place = Place::new();
    let source = "-my site\n$(touch canary)";
    for name in HOSTILE {
        place.write(Path::new(source).join(OsStr::from_bytes(name)), name);
    }
    let other = place.write(format!("out/{source}-old-20200101T000000.000000000Z.tar.gz"), "another's");
    let stranger = place.write("out/a.tar.gz", "another's");
    let backup = |args: &[&str]| place.run("backup.pw", &[args, &["--", source, "out"]].concat());
    let archives = || -> Vec<_> {
        let mut found = names(&place.at("out"));
        found.retain(|name| Some(&**name) != other.file_name() && Some(&**name) != stranger.file_name());
        found
    };
    let after_each = [(); 3].map(|()| {
        backup(&["--keep", "2"]).success();
        archives()
    });
    let kept = archives();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(kept[0], after_each[1][1], "the oldest was removed: {after_each:?}");
    assert!(other.exists() && stranger.exists(), "those of another name are left alone");

    let dry = backup(&["--keep", "1", "--dry-run"]).success();
    assert_eq!(dry.out().matches("would remove ").count(), 2, "{dry}");
    assert_eq!(archives(), kept);

    fs::create_dir(place.at("restored")).expect("a directory can be made");
    let archive = place.at("out").join(&kept[1]);
    Run::new("tar").dir(place.at("restored")).arg("-xzf").arg(archive).run().success();
    for name in HOSTILE {
        let path = place.at("restored").join(source).join(OsStr::from_bytes(name));
        assert_eq!(fs::read(path).expect("it is restored"), *name);
    }
}

#[test]
fn a_backup_that_fails_removes_none() {
    if !need(&["tar", "gzip", "mv", "rm", "mkdir"]) {
        return;
    }
    let place = Place::new();
    place.write("site/a", "a");
    place.run("backup.pw", &["site", "out"]).success();
    let kept = names(&place.at("out"));
    // tar packs what it could read, says that it failed, and gzip makes an archive of that all the same.
    place.write_program("../bin/tar", "#!/bin/sh\necho half of it\nexit 2\n");
    assert_fails_with(&place.run("backup.pw", &["site", "out", "--keep", "1"]), 2, "`tar` exited with 2");
    assert_eq!(names(&place.at("out")), kept);
    assert_fails(&place.run("backup.pw", &["site", "site/out"]), "site/out lies in site");
    assert_fails(&place.run("backup.pw", &["none", "out"]), "no directory none");
    assert_fails(&place.run("backup.pw", &["site", "out", "--keep", "0"]), "--keep is at least 1, and not 0");
}

#[track_caller]
fn assert_fails_with(outcome: &Outcome, status: i32, said: &str) {
    assert!(outcome.status == status && outcome.err().contains(said), "{said:?} is missing: {outcome}");
}

// ---------------------------------------------------------------------------------------- watch-log.pw

#[test]
fn a_log_raises_alerts_and_its_lines_stay_text() {
    if !need(&["cat"]) {
        return;
    }
    let place = Place::new();
    let login = "sshd: Failed password for root from 10.0.0.1 port 22\n".repeat(4);
    let log = login
        + "ERROR db $(touch canary)\nall is well\nERROR db `touch canary`\n"
        + "No space left on /srv/a b; touch canary\n";
    let name = "-log file;$(touch canary)";
    place.write(name, [log.as_bytes(), b"ERROR \xff\nERROR db \xff, a line without an end"].concat());
    place.write_program("notify", "#!/bin/sh\nprintf '%s|%s\\n' \"$1\" \"$2\" >> sent\n");
    let outcome = place.run("watch-log.pw", &["--notify", "./notify", "--", name]);
    let said = "ALERT login: 10.0.0.1, 3 times\nALERT error: db, 3 times\n2 alerts, 8 lines that count\n";
    assert_eq!((outcome.status, outcome.out().as_str()), (1, said), "{outcome}");
    assert_eq!(
        place.read("sent"),
        "login: 10.0.0.1|the last line: sshd: Failed password for root from 10.0.0.1 port 22\n\
         error: db|the last line: ERROR db \u{fffd}, a line without an end\n"
    );

    let calm = place.run("watch-log.pw", &["--limit", "9", "--", name]).success();
    assert_eq!(calm.out(), "0 alerts, 8 lines that count\n");
    let deaf = place.run("watch-log.pw", &["--notify", "false", "--", name]);
    assert_eq!(deaf.err(), "could not notify: `false` exited with 1\n".repeat(2), "{deaf}");
    assert_eq!(deaf.out(), said);
    assert_fails(&place.run("watch-log.pw", &["none"]), "can't read none");
}

// ------------------------------------------------------------------------------------------- report.pw

#[test]
fn a_report_reads_csv_as_it_is_written() {
    let place = Place::new();
    let csv = "who,n,note\r\n\"Smith, \"\"Bob\"\"\",1.5,\"$(touch canary)\"\r\n\"new\nline\",-2,\r\nzoë,40,x\r\nzoë,2.25,y";
    place.write("-in put.csv", csv);
    let table = place.run("report.pw", &["--", "-in put.csv", "who", "n"]).success();
    assert_eq!(
        table.out(),
        "who           rows      n\nzoë              2  42.25\nSmith, \"Bob\"     1   1.50\n$'new\\nline'     1  -2.00\n"
    );
    let json = place.run("report.pw", &["--format", "json", "--", "-in put.csv", "who", "n"]).success();
    let words: String = json.out().split_whitespace().collect();
    assert_eq!(
        words,
        r#"[{"key":"zoë","rows":2,"sum":42.25},{"key":"Smith,\"Bob\"","rows":1,"sum":1.5},{"key":"new\nline","rows":1,"sum":-2.0}]"#
    );
    place.write("in.json", r#"[{"who": "a", "n": 1}, {"who": "b", "n": 2.5}, {"who": "a", "n": 3}]"#);
    let table = place.run("report.pw", &["in.json", "who", "n"]).success();
    assert_eq!(table.out(), "who  rows     n\na       2  4.00\nb       1  2.50\n");
}

#[test]
fn a_report_refuses_what_it_would_misread() {
    let place = Place::new();
    for (text, column, said) in [
        ("who,n\na,1\n", "m", "in.csv has no column m, but who, n"),
        ("who,n\na \"b\",1\n", "n", "not CSV: a quote in the middle of a field"),
        ("who,n\na,1,2\n", "n", "a row of 3 fields under 2 names: a"),
        ("who,n\na,one\n", "n", "no number in the column to sum: one"),
        ("who,n\n", "n", "in.csv has no rows"),
    ] {
        place.write("in.csv", text);
        assert_fails(&place.run("report.pw", &["in.csv", "who", column]), said);
    }
    place.write("in.csv", "who,n\na,1\n");
    assert_fails(
        &place.run("report.pw", &["in.csv", "who", "n", "--format", "xml"]),
        "table or json, and not xml",
    );
}

// ------------------------------------------------------------------------------------------ convert.pw

#[test]
fn files_are_converted_and_those_that_fail_are_counted() {
    if !need(&["sort", "gzip", "tr", "mv", "rm", "mkdir"]) {
        return;
    }
    let place = Place::new();
    let all: Vec<_> = HOSTILE.iter().filter_map(|name| std::str::from_utf8(name).ok()).collect();
    for name in &all {
        place.write(name, "b\na\nb\n");
    }
    place.write("sub/-dash", "another\n");
    let args = [&["sort", "out put", "--"], &*all, &["none", "sub/-dash"]].concat();
    let outcome = place.run("convert.pw", &args);
    assert_eq!(outcome.status, 1, "{outcome}");
    assert_says(
        &outcome,
        &["$'new\\nline'", "none ", &format!("\n{} converted, 0 skipped, 2 failed\n", all.len())],
    );
    assert_eq!(
        outcome.err(),
        "none: can't open none: No such file or directory\nsub/-dash: another of the files has this name\n"
    );
    assert_eq!(names(&place.at("out put")).len(), all.len(), "no halves are left");
    for name in &all {
        assert_eq!(place.read(Path::new("out put").join(name)), "a\nb\n");
    }

    let again = place.run("convert.pw", &["upper", "out put", "--", "-dash"]).success();
    assert_says(&again, &["-dash  skipped", "0 converted, 1 skipped, 0 failed\n"]);
    place.run("convert.pw", &["upper", "out put", "--force", "--", "-dash"]).success();
    assert_eq!(place.read("out put/-dash"), "B\nA\nB\n");
    place.run("convert.pw", &["gzip", "out put", "--", "-dash"]).success();
    Run::new("gzip").arg("-t").arg(place.at("out put/-dash.gz")).run().success();

    place.write_program("../bin/tr", "#!/bin/sh\necho half of it\nexit 3\n");
    let failed = place.run("convert.pw", &["upper", "new", "--", "-dash"]);
    assert_eq!(failed.err(), "-dash: `tr` exited with 3\n");
    assert_eq!(names(&place.at("new")), [""; 0], "no half is left");
    assert_fails(&place.run("convert.pw", &["rot13", "out put"]), "no conversion rot13");
}

// ----------------------------------------------------------------------------------------- dotfiles.pw

#[test]
fn dotfiles_are_linked_once_and_nothing_is_lost() {
    if !need(&["ln", "mv", "mkdir", "readlink"]) {
        return;
    }
    let place = Place::new();
    for name in HOSTILE {
        place.write(Path::new("my files").join(OsStr::from_bytes(name)), name);
    }
    let deep = place.write("my files/config/-git/config", "new");
    place.write("home/.-dash", "old");
    fs::create_dir_all(place.at("home/.config/-git")).expect("a directory can be made");
    symlink("/no/such/place", place.at("home/.config/-git/config")).expect("a link can be made");
    let before = names(&place.at("home"));

    let count = HOSTILE.len() + 1;
    let dry = place.run("dotfiles.pw", &["my files", "--dry-run"]).success();
    assert_says(&dry, &[&format!("\n{count} would be linked, 2 would be moved aside, 0 right already\n")]);
    assert_eq!(names(&place.at("home")), before);

    let first = place.run("dotfiles.pw", &["my files"]).success();
    assert_says(&first, &[&format!("\n{count} linked, 2 moved aside, 0 right already\n")]);
    for name in HOSTILE {
        let link = place.at("home").join(OsStr::from_bytes(&[b".", *name].concat()));
        assert!(link.is_symlink(), "{link:?}");
        assert_eq!(fs::read(&link).expect("the link is right"), *name);
    }
    assert_eq!(fs::read_link(place.at("home/.config/-git/config")).expect("a link"), deep);
    let aside = names(&place.at("home")).into_iter().find(|n| n.as_bytes().starts_with(b".-dash.before-"));
    assert_eq!(place.read(Path::new("home").join(aside.expect("it is moved aside"))), "old");

    let done = names(&place.at("home"));
    let second = place.run("dotfiles.pw", &["my files"]).success();
    assert_eq!(second.out(), format!("0 linked, 0 moved aside, {count} right already\n"));
    assert_eq!(names(&place.at("home")), done);
    assert_fails(&place.run("dotfiles.pw", &["none"]), "no directory none");
}

// ---------------------------------------------------------------------------------------------- ci.pw

#[test]
fn all_steps_run_and_the_end_tells_which_failed() {
    let place = Place::new();
    place.write(
        "my steps.json",
        r#"[{"name": "build", "run": ["sh", "-c", "echo out; echo err >&2; sleep 0.2"]},
            {"name": "lint $(touch canary)", "run": ["sh", "-c", "seq 30; exit 3"]},
            {"name": "publish", "run": ["touch", "published"], "needs": ["build", "lint $(touch canary)"]},
            {"name": "announce", "run": ["touch", "published"], "needs": ["publish"]},
            {"name": "gone", "run": ["no-such-program", "-x"]},
            {"name": "killed", "run": ["sh", "-c", "kill -9 $$"]},
            {"name": "../last", "run": ["printf", "%s\n", "-n", "$(touch canary)", "a  b"], "needs": ["build"]}]"#,
    );
    let outcome = place.run("ci.pw", &["my steps.json", "--logs", "the logs"]);
    assert_fails(&outcome, "error[E1010]: 3 of 7 steps failed: lint $(touch canary), gone, killed\n");
    assert_says(
        &outcome,
        &[
            "==> publish: skipped, needs lint $(touch canary)\n==> announce: skipped, needs publish\n",
            "---- lint $(touch canary): status 3\n     11\n",
            "---- gone: status 127\n     pipewright: no program no-such-program in PATH\n",
            "---- killed: status 137\n     `sh` was ended by SIGKILL\n",
            "\nbuild                 ok           0.",
            "\npublish               skipped      0.0\n",
            "\n../last               ok           0.",
        ],
    );
    assert_eq!(place.read("the logs/build.log"), "out\nerr\n");
    assert_eq!(place.read("the logs/.._last.log"), "-n\n$(touch canary)\na  b\n");
    assert!(!place.at("published").exists());

    place.write("good.json", r#"[{"name": "a", "run": ["true"]}]"#);
    let good = place.run("ci.pw", &["good.json"]).success();
    assert_says(&good, &["==> a\nstep  result  seconds\na     ok          0.", "\nall 1 steps passed\n"]);
    place.write("typo.json", r#"[{"name": "a", "run": ["touch", "ran"], "needs": ["b"]}]"#);
    assert_fails(&place.run("ci.pw", &["typo.json"]), "step a needs b, which is no step before it");
    assert!(!place.at("ran").exists());
}

// --------------------------------------------------------------------------------------- disk-usage.pw

#[test]
fn disk_usage_counts_files_of_any_name() {
    if !need(&["find"]) {
        return;
    }
    let place = Place::new();
    for name in HOSTILE {
        place.write(Path::new("-a tree").join(OsStr::from_bytes(name)), [b'x'; 100]);
    }
    place.write("-a tree/.hidden/new\nline.log", [b'x'; 4096]);
    place.write("-a tree/logs/b.log", [b'x'; 2048]);
    symlink("/usr", place.at("-a tree/link")).expect("a link can be made");
    let outcome = place.run("disk-usage.pw", &["--top", "2", "--", "-a tree"]).success();
    assert_eq!(
        outcome.out(),
        "13 files, 7.1K\n\n\
         entry    files  size\n.hidden      1    4K\nlogs         1    2K\n\n\
         kind    files  size\n.log        2    6K\n(none)     11  1.1K\n\n\
         largest                   size\n$'.hidden/new\\nline.log'    4K\nlogs/b.log                  2K\n"
    );
    assert_fails(
        &place.run("disk-usage.pw", &["--limit", "6K", "--", "-a tree"]),
        "is more than the limit of 6K",
    );
    place.run("disk-usage.pw", &["--limit", "1M", "--", "-a tree"]).success();
    assert_fails(&place.run("disk-usage.pw", &["none"]), "no directory none");
}

// ------------------------------------------------------------------------------------------- deploy.pw

#[test]
fn a_release_is_put_in_place_and_old_ones_are_removed() {
    if !need(&["cp", "ln", "mv", "rm", "mkdir", "readlink", "grep"]) {
        return;
    }
    let place = Place::new();
    place.write("conf.json", r#"{"source": "-my site", "target": "-srv $(touch canary)", "keep": 2, "check": ["grep", "-q", "good", "index"]}"#);
    for name in HOSTILE {
        place.write(Path::new("-my site").join(OsStr::from_bytes(name)), name);
    }
    place.write("-my site/index", "good 1");
    place.write("-my site/.hidden", "h");
    place.run("deploy.pw", &["conf.json", "--dry-run"]).success();
    let target = place.at("-srv $(touch canary)");
    assert!(!target.exists());
    for _ in 0..3 {
        place.run("deploy.pw", &["conf.json"]).success();
    }
    assert_eq!(names(&target), ["current", "releases"]);
    assert_eq!(names(&target.join("releases")).len(), 2);
    assert_eq!(names(&target.join("current")), names(&place.at("-my site")));

    // A check that fails, and one that a signal ends with the script, both put the old release back.
    let good = fs::read_link(target.join("current")).expect("a link");
    place.write("-my site/index", "bad");
    assert_fails(&place.run("deploy.pw", &["conf.json"]), &format!("rolled back to {}\n", good.display()));
    let stop = r#"{"source": "-my site", "target": "-srv $(touch canary)", "check": ["sh", "-c", "kill -TERM $PPID; sleep 9"]}"#;
    place.write("stop.json", stop);
    assert_fails_with(&place.run("deploy.pw", &["stop.json"]), 143, "rolled back to releases/");
    assert_eq!(fs::read_link(target.join("current")).expect("a link"), good);
    assert_eq!(names(&target.join("releases")).len(), 2);
    assert_eq!(fs::read_to_string(target.join("current/index")).expect("it is there"), "good 1");
}

#[test]
fn a_first_release_that_fails_leaves_nothing() {
    if !need(&["cp", "ln", "mv", "rm", "mkdir", "false"]) {
        return;
    }
    let place = Place::new();
    place.write("site/index", "1");
    place.write("conf.json", r#"{"source": "site", "target": "srv", "check": ["false"]}"#);
    assert_fails(&place.run("deploy.pw", &["conf.json"]), "rolled back to nothing\n");
    assert_eq!(names(&place.at("srv")), ["releases"]);
    assert_eq!(names(&place.at("srv/releases")), [""; 0]);
    for (config, said) in [
        (r#"{"target": "srv"}"#, "conf.json: source is missing"),
        (r#"{"source": "none", "target": "srv"}"#, "/none"),
        (r#"{"source": "site", "target": "srv", "keep": 0}"#, "keep is at least 1, and not 0"),
        (r#"{"source": "#, "error[E"),
    ] {
        place.write("conf.json", config);
        assert_fails(&place.run("deploy.pw", &["conf.json"]), said);
    }
    place.write("conf.json", r#"{"source": "site", "target": "srv"}"#);
    place.write_program("../bin/mv", "#!/bin/sh\nexit 5\n");
    assert_fails_with(&place.run("deploy.pw", &["conf.json"]), 5, "rolled back to nothing\n");
    assert_eq!(names(&place.at("srv")), ["releases"], "no half of a link is left");
    place.write("srv/current/mine", "");
    assert_fails(&place.run("deploy.pw", &["conf.json"]), "/srv/current is no link");
    assert!(place.at("srv/current/mine").exists());
}

// ---------------------------------------------------------------------------------------- run-tests.pw

#[test]
fn tests_are_run_and_reported_as_json() {
    if !need(&["timeout", "python3"]) {
        return;
    }
    let place = Place::new();
    place.write_program("my tests/a.test", "#!/bin/sh\nexit 0\n");
    place
        .write_program("my tests/-b $(touch canary).test", "#!/bin/sh\nprintf 'said \"\\377\"\\n'; exit 4\n");
    place.write_program("my tests/new\nline.test", "#!/bin/sh\nexit 77\n");
    place.write_program("my tests/slow.test", "#!/bin/sh\nsleep 9\n");
    place.write("my tests/no program.test", "");
    place.write("my tests/data", "");
    let args = ["my tests", "--timeout", "300ms", "--report", "-the report"];
    let outcome = place.run("run-tests.pw", &args);
    assert_eq!(outcome.status, 1, "{outcome}");
    assert_says(
        &outcome,
        &[
            "---- -b $(touch canary).test: status 4\n     said \"\u{fffd}\"\n",
            "     out of time after 0.3s\n",
            "\n$'new\\nline.test'        skipped     0.",
            "\n1 ok, 3 FAILED, 1 skipped\n",
        ],
    );
    let read = "import json, sys; r = json.load(sys.stdin); print(r['total'], r['counts'], [(t['name'], t['status']) for t in r['tests']])";
    let report = Run::new("python3").args(["-c", read]).stdin(place.read("-the report")).run().success();
    assert_eq!(
        report.out(),
        "5 {'ok': 1, 'FAILED': 3, 'skipped': 1} [('-b $(touch canary).test', 4), ('a.test', 0), \
         ('new\\nline.test', 77), ('no program.test', 126), ('slow.test', 124)]\n"
    );
    let good = place.run("run-tests.pw", &["my tests", "--only", "a.test"]).success();
    assert_says(&good, &["\n1 ok, 0 FAILED, 0 skipped\n"]);
    assert_fails(&place.run("run-tests.pw", &["my tests", "--only", "zzz"]), "no tests in my tests");
}
