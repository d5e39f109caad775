//! Tests the scripts in `scripts/` that do a job and are called with options: releases, backups, deployments and
//! so on.
//!
//! They are run as users run them, by their `#!` line, on real trees, logs and repositories. The names would be
//! split, matched or taken for options by a script of sh, and some steps fail half-way.

use crate::support;
use crate::support::place::{HOSTILE, Place, assert_fails, assert_fails_with, assert_says, names, need};
use crate::support::{Outcome, Run};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

#[test]
fn each_script_has_a_usage_and_the_canonical_layout() {
    let place = Place::new();
    for (script, usage) in [
        ("release.pw", "[--repository PATH] [--branch STR] [--issues STR] [--go] [--push] PART [CHECK…]"),
        (
            "backup.pw",
            "[--last INT] [--daily INT] [--weekly INT] [--monthly INT] [--exclude STR] [--verify] [--dry-run] SOURCE TARGET",
        ),
        ("watch-log.pw", "[--limit INT] [--notify STR] [--follow] LOG"),
        ("report.pw", "[--where STR] [--top INT] [--format STR] FILE GROUP SUM"),
        ("convert.pw", "[--force] HOW TO [FILES…]"),
        ("dotfiles.pw", "[--home PATH] [--dry-run] SOURCE"),
        ("ci.pw", "[--logs PATH] PLAN"),
        ("disk-usage.pw", "[--top INT] [--limit SIZE] DIRECTORY"),
        ("deploy.pw", "[--only STR] [--dry-run] CONFIG"),
        (
            "run-tests.pw",
            "[--report PATH] [--timeout DURATION] [--retry INT] [--jobs INT] [--strict] [--slowest INT] [--only STR] DIRECTORY",
        ),
        (
            "thumbnails.pw",
            "[--pixels INT] [--timeout DURATION] [--memory SIZE] [--retry INT] [--sheet] [--jobs INT] SOURCE TO",
        ),
        (
            "db-backup.pw",
            "[--keep INT] [--wait DURATION] [--timeout DURATION] [--max-age DURATION] DATABASE TARGET",
        ),
        ("health-check.pw", "[--state PATH] [--notify STR] CONFIG"),
        ("run-untrusted.pw", "[--seconds INT] [--memory SIZE] TESTS [SUBMISSIONS…]"),
        ("links.pw", "[--web] [--timeout DURATION] [--jobs INT] [--rate FLOAT] DIRECTORY"),
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
    assert_says(
        &dry,
        &[
            "1.9.3 -> 1.10.0, 1 changes since the beginning\n## 1.10.0, 20",
            "\n\n### Other\n\n- --amend $(touch canary) (",
            "nothing is changed",
        ],
    );
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
    assert!(lines[0].starts_with("## 1.10.1, 20") && lines[7].starts_with("## 1.10.0, 20"), "{log}");
    assert_eq!(lines[2..7], ["### Other", "", "- third", "- `touch canary`", ""], "{log}");
    assert_eq!(lines[11..], ["- --amend $(touch canary)"], "{log}");
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

    assert_fails(&release(&place, &["tiny"]), "the part is major, minor, patch or auto, and not tiny");
    fs::remove_file(place.at("a repo/.git/hooks/commit-msg")).expect("it is there");
    git(&place, &["tag", "v2.0.0"]);
    assert_fails(&release(&place, &["major"]), "no commits since v2.0.0");
    commit(&place, "another");
    assert_fails(&release(&place, &["major"]), "the tag v2.0.0 is there already");
    place.write("a repo/VERSION", "1.2.2\n");
    git(&place, &["checkout", "--quiet", "-b", "$(touch${IFS}canary)"]);
    let said =
        "this is branch '$(touch${IFS}canary)', and not main; there are changes that are not committed\n";
    assert_fails(&release(&place, &["patch"]), said);
    place.write("a repo/VERSION", "one\n");
    assert_fails(&release(&place, &["major"]), "VERSION holds no number such as 1.2.3: one");
}

#[test]
fn the_commits_tell_which_release_is_due_and_what_the_changelog_holds() {
    if !need(&["git"]) {
        return;
    }
    let place = Place::new();
    repository(&place);
    release(&place, &["patch", "--go"]).success();
    place.write("a repo/CHANGELOG.md", format!("# Changes\n\n{}", place.read("a repo/CHANGELOG.md")));
    for subject in ["fix(io): a leak, #12", "docs: a word"] {
        commit(&place, subject);
    }
    assert_says(&release(&place, &["auto"]).success(), &["1.9.4 -> 1.9.5, 2 changes since v1.9.4\n"]);
    commit(&place, "feat: more");
    assert_says(&release(&place, &["auto"]).success(), &["1.9.4 -> 1.10.0, 3 "]);
    commit(&place, "refactor: all\n\nBREAKING CHANGE: much");
    commit(&place, "fix!: another");
    release(&place, &["auto", "--go", "--issues", "https://example.org/i"]).success();
    let log = place.read("a repo/CHANGELOG.md");
    let lines: Vec<_> =
        log.lines().map(|line| line.rsplit_once(" (").map_or(line, |(text, _)| text)).collect();
    assert!(lines[2].starts_with("## 2.0.0, 20") && lines[21].starts_with("## 1.9.4, 20"), "{log}");
    assert_eq!(lines[..2], ["# Changes", ""]);
    assert_eq!(
        lines[4..20],
        [
            "### Breaking",
            "",
            "- another",
            "- all",
            "",
            "### New",
            "",
            "- more",
            "",
            "### Fixed",
            "",
            "- a leak, [#12](https://example.org/i/12)",
            "",
            "### Other",
            "",
            "- a word"
        ],
        "{log}"
    );
}

#[test]
fn a_release_is_published_as_a_whole_or_not_at_all() {
    if !need(&["git", "grep"]) {
        return;
    }
    let place = Place::new();
    repository(&place);
    Run::new("git").dir(place.work()).args(["init", "--quiet", "--bare", "remote"]).run().success();
    git(&place, &["remote", "add", "origin", "../remote"]);
    git(&place, &["push", "--quiet", "--set-upstream", "origin", "main"]);
    let head = git(&place, &["rev-parse", "HEAD"]);

    // Neither a failing check nor a remote that refuses changes anything.
    let args = ["major", "--go", "--push"];
    assert_fails(&release(&place, &[&args[..], &["--", "grep", "-q", "3", "VERSION"]].concat()), "back at ");
    place.write_program("remote/hooks/pre-receive", "#!/bin/sh\necho 'closed for today' >&2\nexit 1\n");
    assert_fails(&release(&place, &args), "closed for today");
    assert_eq!(git(&place, &["rev-parse", "HEAD"]), head);
    assert_eq!(git(&place, &["status", "--porcelain"]) + &git(&place, &["tag"]), "");

    fs::remove_file(place.at("remote/hooks/pre-receive")).expect("it is there");
    let made = release(&place, &[&args[..], &["--", "grep", "-q", "2.0.0", "VERSION"]].concat()).success();
    assert_says(&made, &["published v2.0.0\n"]);
    let there = git(&place, &["ls-remote", "--heads", "--tags", "origin"]);
    assert!(there.contains("refs/heads/main\n") && there.contains("refs/tags/v2.0.0^{}\n"), "{there}");

    // Another user has pushed in the meantime.
    git(&place, &["reset", "--quiet", "--hard", "HEAD~1"]);
    commit(&place, "mine");
    assert_fails(&release(&place, &["minor"]), "1 commits of origin/main are not here");
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
        let (sums, archives): (Vec<_>, _) =
            found.into_iter().partition(|n| n.as_bytes().ends_with(b".sha256"));
        assert_eq!(sums.len(), archives.len(), "each has its checksum");
        archives
    };
    let after_each = [(); 3].map(|()| {
        backup(&["--last", "2"]).success();
        archives()
    });
    let kept = archives();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(kept[0], after_each[1][1], "the oldest was removed: {after_each:?}");
    assert!(other.exists() && stranger.exists(), "those of another name are left alone");

    let dry = backup(&["--last", "1", "--dry-run"]).success();
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
    // tar packs the files that it could read and reports a failure, but gzip still makes an archive of them.
    place.write_program("../bin/tar", "#!/bin/sh\necho half of it\nexit 2\n");
    assert_fails_with(&place.run("backup.pw", &["site", "out", "--last", "1"]), 2, "`tar` exited with 2");
    assert_eq!(names(&place.at("out")), kept);
    assert_fails(&place.run("backup.pw", &["site", "site/out"]), "site/out lies in site");
    assert_fails(&place.run("backup.pw", &["none", "out"]), "no directory none");
    assert_fails(&place.run("backup.pw", &["site", "out", "--last", "0"]), "--last is at least 1, and not 0");
    place.write_program("../bin/df", "#!/bin/sh\necho Avail; echo 10\n");
    assert_fails(&place.run("backup.pw", &["site", "out"]), "/out has 10B free, and the archive may need ");
    assert_eq!(names(&place.at("out")), kept);
}

#[test]
fn backups_of_days_weeks_and_months_are_kept() {
    if !need(&["tar", "gzip", "mv", "rm", "mkdir", "date", "sha256sum", "df"]) {
        return;
    }
    let place = Place::new();
    place.write("site/a", "a");
    place.write("site/b.log", "b");
    // Every noon and midnight of three months, long ago.
    for day in (1..=31).map(|d| format!("202001{d:02}")).chain((1..=29).map(|d| format!("202002{d:02}"))) {
        for hour in ["00", "12"] {
            place.write(format!("out/site-{day}T{hour}0000.000000000Z.tar.gz"), "old");
        }
    }
    let args = ["site", "out", "--last", "2", "--daily", "4", "--weekly", "4", "--monthly", "9"];
    let outcome = place.run("backup.pw", &[&args[..], &["--exclude", "*.log"]].concat()).success();
    assert_eq!(outcome.out().matches("removed ").count(), 120 - 6, "{outcome}");
    let kept: Vec<_> = names(&place.at("out")).iter().map(|n| n.to_string_lossy().into_owned()).collect();
    let old: Vec<_> =
        kept.iter().filter_map(|name| name.get(5..16).filter(|at| at.starts_with("2020"))).collect();
    // By day 29, 28, 27; by week (they end on Sundays) 23 and 16; by month January.
    let wanted = ["20200131T12", "20200216T12", "20200223T12", "20200227T12", "20200228T12", "20200229T12"];
    assert_eq!(old, wanted, "{kept:?}");

    assert_eq!(kept.len(), 8, "one is new, with its checksum: {kept:?}");
    let list = Run::new("tar").dir(place.at("out")).args(["-tzf", &kept[6]]).run().success();
    assert_eq!(list.out(), "site/\nsite/a\n", "what is excluded is not there");
    for name in &old {
        let name = format!("site-{name}0000.000000000Z.tar.gz");
        let sum = Run::new("sha256sum").dir(place.at("out")).arg(&name).run().success();
        place.write(format!("out/{name}.sha256"), sum.out());
    }
    assert_says(
        &place.run("backup.pw", &["site", "out", "--verify"]).success(),
        &["7 archives, 0 damaged\n"],
    );
    place.write(format!("out/{}", kept[6]), "rotten");
    let damaged = place.run("backup.pw", &["site", "out", "--verify"]);
    assert_fails(&damaged, "DAMAGED ");
    assert_says(&damaged, &["7 archives, 1 damaged\n"]);
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
        "who           rows      n      %   mean  median  least  greatest\n\
         zoë              2  42.25  101.2  21.13   21.13   2.25     40.00\n\
         Smith, \"Bob\"     1   1.50    3.6   1.50    1.50   1.50      1.50\n\
         $'new\\nline'     1  -2.00   -4.8  -2.00   -2.00  -2.00     -2.00\n\
         total            4  41.75  100.0  10.44    1.88  -2.00     40.00\n"
    );
    let json = place.run("report.pw", &["--format", "json", "--", "-in put.csv", "who", "n"]).success();
    let words: String = json.out().split_whitespace().collect();
    assert_eq!(
        words,
        r#"{"groups":[{"who":"zoë","rows":2,"sum":42.25,"share":101.2,"mean":21.125,"median":21.125,"least":2.25,"greatest":40.0},{"who":"Smith,\"Bob\"","rows":1,"sum":1.5,"share":3.6,"mean":1.5,"median":1.5,"least":1.5,"greatest":1.5},{"who":"new\nline","rows":1,"sum":-2.0,"share":-4.8,"mean":-2.0,"median":-2.0,"least":-2.0,"greatest":-2.0}],"total":{"rows":4,"sum":41.75,"share":100.0,"mean":10.4375,"median":1.875,"least":-2.0,"greatest":40.0}}"#
    );
    let again = place.run("report.pw", &["--format", "csv", "--", "-in put.csv", "who,note", "n"]).success();
    place.write("again.csv", &again.stdout);
    assert_eq!(
        again.out(),
        "who,note,rows,n,%,mean,median,least,greatest\nzoë,x,1,40.00,95.8,40.00,40.00,40.00,40.00\n\
         zoë,y,1,2.25,5.4,2.25,2.25,2.25,2.25\n\"Smith, \"\"Bob\"\"\",$(touch canary),1,1.50,3.6,1.50,1.50,1.50,1.50\n\
         \"new\nline\",,1,-2.00,-4.8,-2.00,-2.00,-2.00,-2.00\n"
    );
    // The script reads its own output.
    let twice = place.run("report.pw", &["again.csv", "who", "n", "--top", "1"]).success();
    assert_eq!(
        twice.out(),
        "who         rows      n      %   mean  median  least  greatest\n\
         zoë            2  42.25  101.2  21.13   21.13   2.25     40.00\n\
         (2 others)     2  -0.50   -1.2  -0.25   -0.25  -2.00      1.50\n\
         total          4  41.75  100.0  10.44    1.88  -2.00     40.00\n"
    );
    place.write("in.json", r#"[{"who": "a", "n": 1}, {"who": "b", "n": 2.5}, {"who": "a", "n": 3}]"#);
    let table = place.run("report.pw", &["in.json", "who", "n"]).success();
    assert_eq!(
        table.out(),
        "who    rows     n      %  mean  median  least  greatest\n\
         a         2  4.00   61.5  2.00    2.00   1.00      3.00\n\
         b         1  2.50   38.5  2.50    2.50   2.50      2.50\n\
         total     3  6.50  100.0  2.17    2.50   1.00      3.00\n"
    );
    let some = place.run("report.pw", &["in.json", "who", "n", "--where", "n=2.5"]).success();
    assert_says(&some, &["b         1  2.50  100.0", "total     1  2.50"]);
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
        "the format is table, json or csv, and not xml",
    );
    for (condition, said) in [
        ("who=b", "in.csv has no rows with who=b"),
        ("who", "--where is COLUMN=VALUE, and not who"),
        ("what=b", "in.csv has no column what, but who, n"),
    ] {
        assert_fails(&place.run("report.pw", &["in.csv", "who", "n", "--where", condition]), said);
    }
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
fn all_steps_run_and_the_end_reports_which_failed() {
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

    // Both a failing check and one that a signal ends together with the script restore the old release.
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

/// A stand-in for ssh: it joins its words with blanks, and a shell on the host parses them again. Each host has
/// its own directory `@HOST@`; the host `down` can't be reached, and `full` can't store files.
const SSH: &str = r#"#!/bin/sh
while [ "$1" != -- ]; do shift; done
host=$2; shift 2
if [ "$host" = down ]; then echo "ssh: connect to host down port 22: Connection refused" >&2; exit 255; fi
case "$host $*" in "full "*tar*) cat > /dev/null; echo "tar: No space left on device" >&2; exit 2 ;; esac
exec sh -c "$(printf '%s\n' "$*" | sed "s|@HOST@|$HOME/$host|g")"
"#;

#[test]
fn several_hosts_are_switched_in_turn_and_put_back_together() {
    if !need(&["tar", "env", "ln", "mv", "rm", "mkdir", "readlink", "sed", "ls"]) {
        return;
    }
    let place = Place::new();
    place.write_program("../bin/ssh", SSH);
    place.write("site/-index $(touch canary)", "1");
    let hosts = ["web1", "deploy@web2", "web3"];
    for host in hosts {
        fs::create_dir_all(place.at(format!("home/{host}"))).expect("a directory can be made");
    }
    let config = |hosts: &str, check: &str| {
        let config = format!(
            r#"{{"source": "site", "target": "/@HOST@/it's $(touch canary)", "hosts": [{hosts}], "batch": 2, "keep": 2,
                "check": ["sh", "-c", "{check}"]}}"#
        );
        place.write("conf.json", config);
    };
    let all = r#""web1", "deploy@web2", "web3""#;
    let target = |host: &str| place.at(format!("home/{host}/it's $(touch canary)"));
    let release_of = |host: &str| fs::read_link(target(host).join("current")).ok();
    let count = |host: &str| names(&target(host).join("releases")).len();

    // Only web3 fails the test.
    config(all, "test -e './-index $(touch canary)' && ! pwd | grep -q web3");
    let first = place.run("deploy.pw", &["conf.json"]);
    assert_fails(&first, "rolled back to nothing\n");
    assert!(hosts.iter().all(|host| release_of(host).is_none() && count(host) == 0), "{first}");

    config(all, "test -e './-index $(touch canary)' && pwd >> $HOME/checked");
    let good = place.run("deploy.pw", &["conf.json"]).success();
    assert_says(&good, &["deploy ", " to web1, deploy@web2, web3\n"]);
    let release = release_of("web1");
    assert!(release.is_some() && hosts.iter().all(|host| release_of(host) == release), "{good}");
    let checked: Vec<_> = place.read("home/checked").lines().map(|line| line.contains("web3")).collect();
    assert_eq!(checked, [false, false, true]);

    // One host can't be reached, one has a full disk, and one fails its check after others have passed theirs.
    config(&format!(r#"{all}, "down""#), "true");
    assert_fails_with(&place.run("deploy.pw", &["conf.json"]), 255, "Connection refused");
    fs::create_dir_all(place.at("home/full")).expect("a directory can be made");
    config(&format!(r#"{all}, "full""#), "true");
    assert_fails(&place.run("deploy.pw", &["conf.json"]), "could not copy to full: ");
    config(all, "! pwd | grep -q web3");
    assert_fails(&place.run("deploy.pw", &["conf.json"]), "rolled back to releases/");
    assert!(hosts.iter().all(|host| release_of(host) == release && count(host) == 1));

    config(all, "true");
    let only = place.run("deploy.pw", &["conf.json", "--only", "deploy@web2"]).success();
    assert!(release_of("deploy@web2") != release && release_of("web1") == release, "{only}");
    assert_fails(&place.run("deploy.pw", &["conf.json", "--only", "web9"]), "has no host web9, but web1, ");
    config(r#""web1", "web1""#, "true");
    assert_fails(&place.run("deploy.pw", &["conf.json"]), "a host is named twice");
    place.write("conf.json", r#"{"source": "site", "target": "srv", "hosts": ["web1"]}"#);
    assert_fails(&place.run("deploy.pw", &["conf.json"]), "begins with /, and is not srv");
}

// ---------------------------------------------------------------------------------------- run-tests.pw

#[test]
fn tests_are_run_and_reported_as_json() {
    if !need(&["python3"]) {
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
            "     timed out after 300ms: the block and its processes were ended\n",
            "\n$'new\\nline.test'        skipped     1      77\n",
            "\n\nslowest ",
            " seconds\nslow.test                   0.",
            "\n1 ok, 3 FAILED, 1 skipped\n",
        ],
    );
    let read = "import json, sys; r = json.load(sys.stdin); print(r['total'], r['counts'], [(t['name'], t['status']) for t in r['tests']])";
    let report = Run::new("python3").args(["-c", read]).stdin(place.read("-the report")).run().success();
    assert_eq!(
        report.out(),
        "5 {'ok': 1, 'flaky': 0, 'FAILED': 3, 'skipped': 1} [('-b $(touch canary).test', 4), ('a.test', 0), \
         ('new\\nline.test', 77), ('no program.test', 126), ('slow.test', 124)]\n"
    );
    let good = place.run("run-tests.pw", &["my tests", "--only", "a.test"]).success();
    assert_says(&good, &["\n1 ok, 0 FAILED\n"]);
    assert_fails(&place.run("run-tests.pw", &["my tests", "--only", "zzz"]), "no tests in my tests");
}

#[test]
fn a_flaky_test_is_run_again_and_reported() {
    if !need(&["python3"]) {
        return;
    }
    let place = Place::new();
    // It fails twice, and leaves a process that doesn't hold its output: nothing waits for it.
    let flaky = "#!/bin/sh\necho run >> runs; sleep 9 > /dev/null 2>&1 &\ntest $(wc -l < runs) -gt 2\n";
    place.write_program("tests/flaky.test", flaky);
    place.write_program("tests/broken.test", "#!/bin/sh\necho run >> broken; exit 1\n");
    place.write_program("tests/good.test", "#!/bin/sh\nexit 0\n");
    let outcome = place.run("run-tests.pw", &["tests", "--retry", "2", "--slowest", "1"]);
    assert_eq!(outcome.status, 1, "{outcome}");
    assert_says(
        &outcome,
        &[
            "broken.test  FAILED     3       1\nflaky.test   flaky      3       0\n\nslowest ",
            "\n1 ok, 1 flaky, 1 FAILED\n",
        ],
    );
    assert_eq!(place.read("broken"), "run\n".repeat(3));
    let read = "import json; print([(t['name'], t['result'], t['runs']) for t in json.load(open('report.json'))['tests']])";
    let report = Run::new("python3").dir(place.work()).args(["-c", read]).run().success();
    assert_eq!(
        report.out(),
        "[('broken.test', 'FAILED', 3), ('flaky.test', 'flaky', 3), ('good.test', 'ok', 1)]\n"
    );
    let args = ["tests", "--only", "flaky", "--retry", "2", "--slowest", "0"];
    for (strict, status) in [(&[][..], 0), (&["--strict"], 1)] {
        place.write("runs", "run\n");
        let outcome = place.run("run-tests.pw", &[&args, strict].concat());
        assert_eq!(outcome.status, status, "{outcome}");
        assert!(outcome.out().ends_with("\n0 ok, 1 flaky, 0 FAILED\n"), "{outcome}");
    }
}
