//! `test` compared with bash's (and dash's, for the rules of POSIX), and the calls that it refuses.

use super::*;
use crate::expand::testing::{Choices, quote, run_shell};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

/// Creates files of many kinds.
fn files() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("empty"), "").unwrap();
    fs::write(path("full"), "text").unwrap();
    fs::create_dir(path("dir")).unwrap();
    symlink("full", path("link")).unwrap();
    symlink("nowhere", path("broken")).unwrap();
    fs::hard_link(path("full"), path("same")).unwrap();
    for (name, mode) in [("suid", 0o4755), ("sgid", 0o2755), ("none", 0o000), ("script", 0o755)] {
        fs::write(path(name), "").unwrap();
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::create_dir(path("sticky")).unwrap();
    fs::set_permissions(path("sticky"), fs::Permissions::from_mode(0o1777)).unwrap();
    let setup = b"mkfifo fifo; touch -d 2001-01-01 old; touch -d 2031-01-01 new
        touch -a -d 2031-01-01 full; cp full -- -f; : > '!'";
    run_shell(&["bash"], setup, dir.path());
    drop(std::os::unix::net::UnixListener::bind(path("socket")).unwrap());
    dir
}

/// Returns the status of `test`.
fn status(args: &[&[u8]], directory: &Path) -> u8 {
    let own = fs::metadata("/proc/self").unwrap();
    // As the kernel would answer for these files: root in a test run has every permission except to run
    // a file without x.
    let access = |path: &Path, access: Access| {
        let Ok(meta) = fs::metadata(path) else { return false };
        match (own.uid(), access) {
            (0, Access::Execute) => meta.is_dir() || meta.mode() & 0o111 != 0,
            (0, _) => true,
            (_, Access::Read) => meta.mode() & 0o400 != 0,
            (_, Access::Write) => meta.mode() & 0o200 != 0,
            (_, Access::Execute) => meta.mode() & 0o100 != 0,
        }
    };
    let cx = Context {
        directory,
        own: &|_| None,
        may: &|_| true,
        access: &access,
        is_terminal: &|_| false,
        user: own.uid(),
        group: own.gid(),
    };
    match test(args, false, &cx) {
        Ok(value) => u8::from(!value),
        Err(_) => 2,
    }
}

#[track_caller]
fn compare(shell: &[&str], cases: &[Vec<&str>], directory: &Path) {
    let mut script = Vec::new();
    for case in cases {
        script.extend_from_slice(b"test");
        for arg in case {
            script.extend([b" ", quote(arg.as_bytes()).as_slice()].concat());
        }
        script.extend_from_slice(b"; printf $?\n");
    }
    let answer = run_shell(shell, &script, directory);
    assert_eq!(answer.len(), cases.len());
    for (case, expected) in cases.iter().zip(answer) {
        let args: Vec<_> = case.iter().map(|arg| arg.as_bytes()).collect();
        assert_eq!(status(&args, directory), expected - b'0', "{case:?} in {}", shell[0]);
    }
}

#[test]
fn every_expression_of_up_to_eight_words_is_answered_as_by_bash() {
    let dir = files();
    let words = [
        "!", "!", "(", ")", "(", ")", "-a", "-o", "-a", "=", "!=", "==", "<", ">", "-n", "-z", "-f", "-d",
        "-eq", "-lt", "-t", "", "x", "y", "1", "2", "full", "dir", "-", "--", "-x", "-nt", "-q", "-ab",
        "a=b",
    ];
    let mut choices = Choices::new(1);
    for most in [2, 3, 4, 5, 8] {
        let cases: Vec<_> = (0..4000)
            .map(|_| (0..=choices.below(most)).map(|_| choices.of(&words)).collect::<Vec<_>>())
            .filter(|case| !asks_for_option(case))
            .collect();
        compare(&["bash"], &cases, dir.path());
    }
}

/// Returns whether `-o` may be parsed as the test of an option, which is refused here and answered by
/// bash.
fn asks_for_option(case: &[&str]) -> bool {
    case.first() == Some(&"-o")
        || case.windows(2).any(|pair| pair[1] == "-o" && matches!(pair[0], "!" | "(" | "-a" | "-o"))
}

#[test]
fn dash_agrees_on_up_to_four_words() {
    let dir = files();
    let words = ["!", "=", "!=", "-n", "-z", "-f", "-d", "", "x", "full", "dir"];
    let mut choices = Choices::new(2);
    let cases: Vec<_> = (0..3000)
        .map(|_| (0..choices.below(5)).map(|_| choices.of(&words)).collect::<Vec<_>>())
        // The results of forms that POSIX leaves open differ.
        .filter(|case| {
            let args: Vec<_> = case.iter().map(|arg| arg.as_bytes()).collect();
            status(&args, dir.path()) < 2 && case.len() < 4
        })
        .collect();
    assert!(cases.len() > 1000);
    compare(&["dash"], &cases, dir.path());
}

#[test]
fn files_have_the_type_that_bash_reports() {
    let dir = files();
    let names = [
        "empty",
        "full",
        "dir",
        "link",
        "broken",
        "same",
        "suid",
        "sgid",
        "none",
        "script",
        "sticky",
        "fifo",
        "old",
        "new",
        "socket",
        "missing",
        "",
        "./full",
        "full/",
        "dir/",
        "/dev/null",
        "/",
        "/proc/self/fd/0",
        "-f",
        "!",
        "dir/../full",
        ".",
    ];
    let mut cases = Vec::new();
    for name in names {
        for operator in [
            "-a", "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-k", "-p", "-r", "-s", "-u", "-w", "-x", "-G",
            "-L", "-O", "-S", "-N",
        ] {
            cases.push(vec![operator, name]);
        }
        for other in names {
            for operator in ["-nt", "-ot", "-ef"] {
                cases.push(vec![name, operator, other]);
            }
        }
    }
    // Its input is a pipe there, and the terminal or nothing here.
    cases.retain(|case| !case.contains(&"/proc/self/fd/0"));
    compare(&["bash"], &cases, dir.path());
}

#[test]
fn numbers_are_compared_as_by_bash() {
    let dir = files();
    let numbers = [
        "0",
        "-0",
        "+1",
        "1",
        "01",
        "-1",
        " 1",
        "1 ",
        "\t1\t",
        "\n1",
        "1\n",
        "",
        " ",
        "x",
        "1x",
        "0x1",
        "1.0",
        "--1",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "- 1",
    ];
    let mut cases = Vec::new();
    for left in numbers {
        for right in numbers {
            for operator in ["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "<", ">", "="] {
                cases.push(vec![left, operator, right]);
            }
        }
        cases.push(vec!["-t", left]);
    }
    compare(&["bash"], &cases, dir.path());
}

#[test]
fn terminals_are_asked_for_by_descriptor() {
    let cx = Context {
        own: &|_| None,
        may: &|_| true,
        directory: Path::new("/"),
        access: &|_, _| false,
        is_terminal: &|fd| fd == 2,
        user: 0,
        group: 0,
    };
    assert_eq!(test(&[b"-t", b"2"], false, &cx), Ok(true));
    assert_eq!(test(&[b"-t", b"1"], false, &cx), Ok(false));
    assert_eq!(test(&[b"-t", b"99999999999"], false, &cx), Ok(false));
    assert_eq!(test(&[b"-t"], false, &cx), Ok(true));
}

#[test]
fn a_bracket_wants_its_partner() {
    let cx = Context {
        own: &|_| None,
        may: &|_| true,
        directory: Path::new("/"),
        access: &|_, _| false,
        is_terminal: &|_| false,
        user: 0,
        group: 0,
    };
    assert_eq!(test(&[b"x", b"]"], true, &cx), Ok(true));
    assert_eq!(test(&[b"]"], true, &cx), Ok(false));
    assert!(test(&[b"x"], true, &cx).is_err());
    assert!(test(&[], true, &cx).is_err());
    assert_eq!(test(&[b"]"], false, &cx), Ok(true));
}

#[test]
fn questions_for_the_shell_itself_are_refused() {
    let cx = Context {
        own: &|_| None,
        may: &|_| true,
        directory: Path::new("/"),
        access: &|_, _| false,
        is_terminal: &|_| false,
        user: 0,
        group: 0,
    };
    for operator in ["-v", "-R", "-o"] {
        let message = test(&[operator.as_bytes(), b"x"], false, &cx).expect_err("refused");
        assert!(message.contains("not supported"), "{message}");
    }
}

#[test]
fn hostile_expressions_are_refused() {
    let cx = Context {
        own: &|_| None,
        may: &|_| true,
        directory: Path::new("/"),
        access: &|_, _| false,
        is_terminal: &|_| false,
        user: 0,
        group: 0,
    };
    assert!(test(&vec![&b"("[..]; 100_000], false, &cx).is_err());
    assert!(test(&vec![&b"!"[..]; 100_000], false, &cx).is_err());
    let chain: Vec<&[u8]> = (0..100_001).map(|at| if at % 2 == 0 { &b"x"[..] } else { b"-a" }).collect();
    assert_eq!(test(&chain, false, &cx), Ok(true));
}
