//! Tests files that `write()` creates: their permissions under `with umask=` and for secrets, and `with
//! file_size=`. Both hold with and without `atomic=true`.

use crate::support;
use crate::support::Run;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const PREFIX: &str = "let key = secret('opensesame')\n";

/// Runs a line in a directory where the file `there` has mode 0640 and the text `old`, with a umask of 022.
fn run(options: &str, line: &str) -> (support::Outcome, tempfile::TempDir) {
    let place = tempfile::tempdir().expect("a temporary directory");
    let there = place.path().join("there");
    fs::write(&there, "old").expect("there is room");
    fs::set_permissions(&there, fs::Permissions::from_mode(0o640)).expect("it is ours");
    let code = format!("{PREFIX}with {options} {{ {line} }}");
    let umask = "umask 022; exec \"$0\" -c \"$1\"";
    let run = Run::new("sh").args(["-c", umask]).arg(support::pipewright()).arg(code);
    (run.dir(place.path()).run(), place)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it was made").permissions().mode() & 0o7777
}

#[test]
fn a_new_file_has_the_mode_that_umask_and_secrets_give_it() {
    for (options, line, expected) in [
        ("umask=\"022\"", "write('f', 'x')", 0o644),
        ("umask=\"077\"", "write('f', 'x')", 0o600),
        ("umask=\"000\"", "write('f', 'x')", 0o666),
        ("umask=\"027\"", "write('f', 'x', append: true)", 0o640),
        ("umask=\"000\"", "echo x > f", 0o666),
        ("umask=\"022\"", "write('f', key)", 0o600),
        ("umask=\"000\"", "write('f', key)", 0o600),
        ("umask=\"000\"", "write('f', key, append: true)", 0o600),
        ("umask=\"000\"", "write('f', \"key=$key\")", 0o600),
        ("umask=\"277\"", "write('f', key)", 0o400),
        ("timeout=9s", "write('f', 'x')", 0o644),
        ("timeout=9s", "write('f', key)", 0o600),
        ("timeout=9s", "write('f', key, append: true)", 0o600),
    ] {
        for atomic in [false, true] {
            let (outcome, place) = run(&format!("{options}, atomic={atomic}"), line);
            outcome.success();
            let found = mode(&place.path().join("f"));
            assert_eq!(found, expected, "{options}, atomic={atomic}: {line}: 0{found:o}");
        }
    }
}

#[test]
fn a_file_that_is_there_keeps_its_mode() {
    for line in
        ["write('there', key)", "write('there', 'x', append: true)", "echo x > there", "echo x >> there"]
    {
        for options in ["umask=\"077\"", "umask=\"000\"", "umask=\"000\", atomic=true"] {
            let (outcome, place) = run(options, line);
            outcome.success();
            assert_eq!(mode(&place.path().join("there")), 0o640, "{options}: {line}");
        }
    }
}

#[test]
fn a_file_becomes_no_larger_than_file_size() {
    for (line, expected) in [
        ("write('there', '1234567890')", "1234567890"),
        ("write('there', '1234567', append: true)", "old1234567"),
        ("write('there', '12345'); write('there', '67890', append: true)", "1234567890"),
        ("write('there', '1234567890'); write('there', '1234567890')", "1234567890"),
        ("echo -n 123456789 > there", "123456789"),
    ] {
        for options in ["file_size=10B", "file_size=10B, atomic=true"] {
            let (outcome, place) = run(options, line);
            outcome.success();
            let text = fs::read_to_string(place.path().join("there")).expect("it is there");
            assert_eq!(text, expected, "{options}: {line}");
        }
    }
}

#[test]
fn a_write_beyond_file_size_changes_nothing() {
    for (line, left) in [
        ("write('there', '12345678901')", "old"),
        ("write('there', key.reveal() ++ key.reveal())", "old"),
        ("write('there', '12345678', append: true)", "old"),
        ("write('there', '12345'); write('there', '678901', append: true)", "12345"),
        ("ln -s there link; write('link', '12345678', append: true)", "old"),
        ("echo 12345678 >> there", "old"),
        ("{ write('/dev/stdout', '12345678901') } > there", ""),
        ("{ write('/dev/fd/3', '12345678', append: true) } 3>> there", "old"),
    ] {
        for atomic in [false, true] {
            let (outcome, place) = run(&format!("file_size=10B, atomic={atomic}"), line);
            let text = fs::read_to_string(place.path().join("there")).expect("it is there");
            let left = if atomic { "old" } else { left };
            assert_eq!((outcome.status, &*text), (1, left), "atomic={atomic}: {line}: {outcome}");
            assert!(outcome.err().contains("File too large"), "atomic={atomic}: {line}: {outcome}");
        }
    }
    for line in ["write('/dev/null', 'x'.repeat(100))", "write('f', 'x'.repeat(10))", "echo -n '' > f"] {
        run("file_size=10B", line).0.success();
    }
}
