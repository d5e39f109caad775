//! Tests that a value is one argument, whatever bytes it contains.
//!
//! Thousands of hostile values pass through every way in which a script can make an argument of a value,
//! and must reach a child's argv unchanged, each as one argument. No system call may start a shell that the script
//! does not name.
//!
//! `SEED=7 VALUES=1000000 cargo test --test suite safety::` tries others; `.ci/long` tries 100,000.

use crate::support;
use crate::support::probe_output::{decode, encode};
use crate::support::rng::Rng;
use crate::support::{Outcome, Run, have, setting};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Text that is code somewhere: in a shell, in a pattern, for an option parser, on a terminal.
const HOSTILE: &[&[u8]] = &[
    b"$(touch pwned)",
    b"`touch pwned`",
    b"; touch pwned",
    b"\ntouch pwned\n",
    b"| touch pwned",
    b"& touch pwned &",
    b"'",
    b"\"",
    b"'; touch pwned; '",
    b"\"; touch pwned; \"",
    b"\\",
    b"\\\\",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"  ",
    b"$HOME",
    b"${HOME}",
    b"$x",
    b"...$args",
    b"$[1 + 1]",
    b"$((1))",
    b"*",
    b"?",
    b"[a-z]",
    b"**",
    b"{a,b}",
    b"{1..3}",
    b"~",
    b"~root",
    b"!",
    b"!!",
    b"#",
    b"=",
    b"a=b",
    b"--",
    b"-",
    b"-n",
    b"-rf",
    b"--help",
    b"> pwned",
    b"< /etc/passwd",
    b"2>&1",
    b"<<EOF",
    b"&&",
    b"||",
    b"(",
    b")",
    b"{",
    b"}",
    b"\xff",
    b"\xc3",
    b"\xf0\x9f\x98\x80",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"\x1b[31m",
    b"\x07",
    b"\x7f",
    b"\x80",
    b"%s%n",
    b"%(",
    b"\\x41",
    b"\\n",
    b"IFS=",
    b"PATH=.",
    b"true",
    b"let x = 1",
    b"\"\"\"",
    b"$'",
    b"\\'",
    b"\xef\xbb\xbf",
    b"\x01",
];

fn value(rng: &mut Rng) -> Vec<u8> {
    let mut value = Vec::new();
    match rng.weighted(&[10, 45, 35, 9, 1]) {
        0 => {}
        1 => (0..rng.within(1, 4)).for_each(|_| value.extend_from_slice(rng.pick(HOSTILE))),
        2 => (0..rng.within(1, 24)).for_each(|_| value.push(rng.within(1, 255) as u8)),
        3 => {
            for _ in 0..rng.within(1, 6) {
                value.extend_from_slice(rng.pick(HOSTILE));
                value.push(rng.within(1, 255) as u8);
            }
        }
        _ => value = rng.pick(HOSTILE).repeat(rng.within(1, 300)),
    }
    value
}

fn values(rng: &mut Rng, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|_| value(rng)).collect()
}

fn arguments(values: &[Vec<u8>]) -> impl Iterator<Item = &OsStr> {
    values.iter().map(|value| OsStr::from_bytes(value))
}

/// Asserts that the probe got these arguments and nothing else happened.
#[track_caller]
fn assert_arguments(outcome: &Outcome, expected: &[Vec<u8>], what: impl std::fmt::Display) {
    if outcome.stdout == encode(expected.iter().map(Vec::as_slice))
        && outcome.status == 0
        && outcome.stderr.is_empty()
    {
        return;
    }
    assert!(outcome.status == 0, "{what}: {outcome}");
    let got =
        decode(&outcome.stdout).unwrap_or_else(|| panic!("{what}: the probe was not reached\n{outcome}"));
    for (at, expected) in expected.iter().enumerate() {
        let got = got.get(at).copied();
        assert!(
            got == Some(expected),
            "{what}: argument {at} should be {:?} and is {:?}",
            Shown(Some(expected)),
            Shown(got)
        );
    }
    panic!("{what}: {} arguments where {} were given\n{}", got.len(), expected.len(), outcome.err());
}

struct Shown<'a>(Option<&'a [u8]>);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            None => f.write_str("missing"),
        }
    }
}

fn rng(salt: u64) -> Rng {
    Rng::new(setting("SEED", 4_711).wrapping_mul(31).wrapping_add(salt))
}

/// Returns the number of values that a test tries in each form.
fn rounds(values_a_round: usize) -> usize {
    (setting("VALUES", 2_000) as usize).div_ceil(values_a_round)
}

/// Runs a test in a directory in which a value that was run as code would leave a trace.
fn in_clean_directory(test: impl FnOnce(&Path)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    test(directory.path());
    let left: Vec<_> =
        fs::read_dir(directory.path()).expect("it is there").flatten().map(|e| e.file_name()).collect();
    assert!(left.is_empty(), "something ran: {left:?}");
}

/// A way to make a word of a value: the text around a name, and what the child should get.
type Form = (&'static str, &'static str, fn(&[u8]) -> Vec<u8>);

const FORMS: &[Form] = &[
    ("${", "}", <[u8]>::to_vec),
    ("\"a${", "}\"", |value| [b"a", value].concat()),
    ("\"${", "}\"", <[u8]>::to_vec),
    ("pre-${", "}'post'", |value| [b"pre-", value, b"post"].concat()),
    ("$[", "]", <[u8]>::to_vec),
    ("\"$[", "] \"", |value| [value, b" "].concat()),
    ("$['=' ++ ", "]", |value| [b"=", value].concat()),
    ("\"$(printf '%s.' \"${", "}\")\"", |value| [value, b"."].concat()),
    // Two values side by side are one argument.
    ("${args[0]}${", "}", <[u8]>::to_vec),
];

#[test]
fn a_value_in_a_word_is_one_argument_of_the_same_bytes() {
    const COUNT: usize = 100;
    let mut script = String::from("probe argv --");
    for at in 1..=COUNT {
        for (before, after, _) in FORMS {
            script += &format!(" {before}args[{at}]{after}");
        }
    }
    let mut rng = rng(1);
    in_clean_directory(|directory| {
        for round in 0..rounds(COUNT) {
            // The first is empty, for the form that takes two.
            let values: Vec<_> = [Vec::new()].into_iter().chain(values(&mut rng, COUNT)).collect();
            let expected: Vec<_> = [b"--".to_vec()]
                .into_iter()
                .chain(
                    values[1..]
                        .iter()
                        .flat_map(|value| FORMS.iter().map(move |(_, _, result)| result(value))),
                )
                .collect();
            let outcome = Run::code(&script).dir(directory).args(arguments(&values)).run();
            assert_arguments(&outcome, &expected, format!("round {round}"));
        }
    });
}

#[test]
fn variables_of_the_language_and_of_the_environment_are_one_argument() {
    const COUNT: usize = 50;
    let mut script = String::new();
    let mut words = String::from("probe argv --");
    for at in 0..COUNT {
        script += &format!("let x{at} = args[{at}]\nlet m{at} = {{ key: args[{at}] }}\n");
        words += &format!(" $x{at} \"$x{at}\" $V{at} \"$V{at}\" $x{at}$V{at} ${{m{at}.key}}");
    }
    script += &words;
    let mut rng = rng(2);
    in_clean_directory(|directory| {
        for round in 0..rounds(COUNT) {
            let values = values(&mut rng, COUNT);
            let mut run = Run::code(&script).dir(directory).args(arguments(&values));
            for (at, value) in values.iter().enumerate() {
                run = run.env(format!("V{at}"), OsStr::from_bytes(value));
            }
            let mut expected = vec![b"--".to_vec()];
            for value in &values {
                expected.extend([value.clone(), value.clone(), value.clone(), value.clone()]);
                expected.extend([value.repeat(2), value.clone()]);
            }
            assert_arguments(&run.run(), &expected, format!("round {round}"));
        }
    });
}

#[test]
fn a_spliced_list_is_one_argument_an_element() {
    const COUNT: usize = 1_000;
    let script = "let copy = args\nprobe argv -- ...$args ...$[copy ++ [\"end\"]]";
    let mut rng = rng(3);
    in_clean_directory(|directory| {
        for round in 0..rounds(COUNT) {
            let values = values(&mut rng, COUNT);
            let expected: Vec<_> = [b"--".to_vec()]
                .into_iter()
                .chain(values.clone())
                .chain(values.clone())
                .chain([b"end".to_vec()])
                .collect();
            let outcome = Run::code(script).dir(directory).args(arguments(&values)).run();
            assert_arguments(&outcome, &expected, format!("round {round}"));
        }
    });
}

#[test]
fn each_item_of_a_loop_is_one_argument() {
    let mut rng = rng(4);
    in_clean_directory(|directory| {
        for round in 0..rounds(100).min(20) {
            let values = values(&mut rng, 100);
            let expected: Vec<_> = values
                .iter()
                .flat_map(|value| [b"--".to_vec(), value.clone(), [b"a", &value[..]].concat()])
                .collect();
            let outcome = Run::code("for x in ...$args { probe argv -- $x \"a$x\" }")
                .dir(directory)
                .args(arguments(&values))
                .run();
            assert_arguments(&outcome, &expected, format!("round {round}"));
        }
    });
}

#[test]
fn captured_text_is_one_argument_less_its_trailing_newlines() {
    const COUNT: usize = 60;
    let mut script = String::from("probe argv --");
    for at in 0..COUNT {
        script += &format!(" \"$(printf '%s' ${{args[{at}]}})\" $[$(printf '%s\\n\\n' ${{args[{at}]}})]");
    }
    let mut rng = rng(5);
    in_clean_directory(|directory| {
        for round in 0..rounds(COUNT) {
            let values = values(&mut rng, COUNT);
            let mut expected = vec![b"--".to_vec()];
            for value in &values {
                let end = value.iter().rposition(|&byte| byte != b'\n').map_or(0, |at| at + 1);
                expected.extend([value[..end].to_vec(), value[..end].to_vec()]);
            }
            let outcome = Run::code(&script).dir(directory).args(arguments(&values)).run();
            assert_arguments(&outcome, &expected, format!("round {round}"));
        }
    });
}

#[test]
fn captured_output_of_a_program_is_the_same_bytes() {
    const COUNT: usize = 500;
    let mut rng = rng(6);
    let inputs = tempfile::tempdir().expect("a temporary directory");
    let input = inputs.path().join("lines");
    in_clean_directory(|directory| {
        for round in 0..rounds(COUNT) {
            let values: Vec<Vec<u8>> = values(&mut rng, COUNT)
                .into_iter()
                .map(|value| value.into_iter().filter(|&b| b != b'\n').collect())
                .collect();
            fs::write(&input, values.join(&b"\n"[..])).expect("a file can be written");
            let whole = fs::read(&input).expect("it was written");
            let end = whole.iter().rposition(|&byte| byte != b'\n').map_or(0, |at| at + 1);
            let script = "let text = $(cat ${args[0]})\nprobe argv -- $text \"a$text\" \"$(cat ${args[0]})\"";
            let outcome = Run::code(script).dir(directory).arg(&input).run();
            let text = whole[..end].to_vec();
            let expected = [b"--".to_vec(), text.clone(), [b"a", &text[..]].concat(), text];
            assert_arguments(&outcome, &expected, format!("round {round}, as one text"));

            // The last line ends with the file, or does not exist if it is empty.
            let mut expected: Vec<_> = [b"--".to_vec()].into_iter().chain(values).collect();
            expected.pop_if(|last| last.is_empty());
            let outcome =
                Run::code("probe argv -- ...$[lines { cat ${args[0]} }]").dir(directory).arg(&input).run();
            assert_arguments(&outcome, &expected, format!("round {round}, as lines"));
        }
    });
}

#[test]
fn lines_of_a_stream_are_one_argument_each() {
    let mut rng = rng(7);
    in_clean_directory(|directory| {
        for round in 0..10 {
            let values: Vec<Vec<u8>> = values(&mut rng, 100)
                .into_iter()
                .map(|value| value.into_iter().filter(|&b| b != b'\n').collect())
                .collect();
            let mut input = values.join(&b"\n"[..]);
            input.push(b'\n');
            let expected: Vec<_> = values.iter().flat_map(|value| [b"--".to_vec(), value.clone()]).collect();
            let outcome =
                Run::code("cat | each line { probe argv -- $line }").dir(directory).stdin(input).run();
            assert_arguments(&outcome, &expected, format!("round {round}"));
        }
    });
}

#[test]
fn file_names_that_a_pattern_matches_are_one_argument_each() {
    const COUNT: usize = 400;
    let mut rng = rng(8);
    for round in 0..rounds(COUNT).min(25) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut names: Vec<Vec<u8>> = Vec::new();
        for value in values(&mut rng, COUNT) {
            let mut name: Vec<u8> = value.into_iter().filter(|&byte| byte != b'/').take(255).collect();
            if name.is_empty() || name == b"." || name == b".." {
                name = b"plain".to_vec();
            }
            fs::write(directory.path().join(OsStr::from_bytes(&name)), "").expect("a file can be made");
            names.push(name);
        }
        names.sort();
        names.dedup();
        names.retain(|name| !name.starts_with(b"."));
        // A name that begins with a dash could be taken for an option, so it is passed with its directory.
        let expected: Vec<_> = names.iter().map(|name| guarded(name)).collect();
        let outcome = Run::code("probe argv *").dir(directory.path()).run();
        assert_arguments(&outcome, &expected, format!("round {round}, *"));
        let outcome = Run::code("probe argv ./*").dir(directory.path()).run();
        let dotted: Vec<_> = names.iter().map(|name| [b"./", &name[..]].concat()).collect();
        assert_arguments(&outcome, &dotted, format!("round {round}, ./*"));
        let script = "let text = $(for f in * { printf '%s\\n' $f })\nprobe argv -- $text";
        let outcome = Run::code(script).dir(directory.path()).run();
        let text = expected.join(&b"\n"[..]);
        let end = text.iter().rposition(|&byte| byte != b'\n').map_or(0, |at| at + 1);
        assert_arguments(
            &outcome,
            &[b"--".to_vec(), text[..end].to_vec()],
            format!("round {round}, in a loop"),
        );
    }
}

fn guarded(name: &[u8]) -> Vec<u8> {
    if name.starts_with(b"-") { [b"./", name].concat() } else { name.to_vec() }
}

#[test]
fn a_value_that_begins_with_a_dash_never_becomes_an_option() {
    let mut rng = rng(9);
    in_clean_directory(|directory| {
        for _ in 0..200 {
            let mut value = value(&mut rng);
            value.insert(0, b'-');
            let argument = OsStr::from_bytes(&value);
            for script in [
                "probe argv ${args[0]}",
                "probe argv \"${args[0]}\"",
                "probe argv ...$args",
                "let x = args[0]\nprobe argv a $x",
            ] {
                let outcome = Run::code(script).dir(directory).arg(argument).run();
                // Numbers are exempt.
                let is_number = std::str::from_utf8(&value).is_ok_and(|text| text.parse::<f64>().is_ok());
                let stopped = outcome.stderr.starts_with(b"error[E1008]") && outcome.stdout.is_empty();
                assert!(stopped || is_number, "{script} with {:?}: {outcome}", Shown(Some(&value)));
            }
            let meant = "probe argv $[flag(args[0])] ...$[flags(args)] -- ${args[0]}";
            let expected = [value.clone(), value.clone(), b"--".to_vec(), value.clone()];
            assert_arguments(&Run::code(meant).dir(directory).arg(argument).run(), &expected, meant);
        }
    });
}

#[test]
fn redirections_and_variables_of_a_command_take_values_as_they_are() {
    let mut rng = rng(10);
    for _ in 0..150 {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let value = value(&mut rng);
        let name: Vec<u8> =
            [b"f", &value[..]].concat().into_iter().filter(|&byte| byte != b'/').take(255).collect();
        let script = "printf '%s' \"${args[1]}\" > ${args[0]}\nX=${args[1]} probe env X\ncat < ${args[0]}\ncat <<< \"${args[1]}\"\ncat <<E\n${args[1]}\nE\n";
        let outcome = Run::code(script)
            .dir(directory.path())
            .args([OsStr::from_bytes(&name), OsStr::from_bytes(&value)])
            .run();
        let expected = [&b"X "[..], &encode([&value[..]]), &value, &value, b"\n", &value, b"\n"].concat();
        assert!(outcome.status == 0 && outcome.stdout == expected, "{:?}: {outcome}", Shown(Some(&value)));
        let left: Vec<OsString> =
            fs::read_dir(directory.path()).expect("it is there").flatten().map(|e| e.file_name()).collect();
        assert!(left == [OsStr::from_bytes(&name)], "{left:?} for {:?}", Shown(Some(&name)));
    }
}

#[test]
fn quoted_text_is_one_word_for_a_posix_shell() {
    const COUNT: usize = 200;
    let mut rng = rng(11);
    let script = "sh -c \"probe argv -- $[quote(args)]\"";
    in_clean_directory(|directory| {
        for round in 0..rounds(COUNT).min(25) {
            let values = values(&mut rng, COUNT);
            let expected: Vec<_> = [b"--".to_vec()].into_iter().chain(values.clone()).collect();
            let outcome = Run::code(script).dir(directory).args(arguments(&values)).run();
            assert_arguments(&outcome, &expected, format!("round {round}"));
        }
    });
}

/// Programs that take text as code.
const SHELLS: &[&str] =
    &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish", "busybox", "csh", "tcsh", "rbash"];

#[test]
fn no_system_call_starts_a_shell_that_the_script_did_not_name() {
    if !have("strace") {
        return;
    }
    let golden = support::root().join("tests/golden");
    let mut scripts = support::files(&golden, ".pw");
    scripts.retain(|path| !path.to_string_lossy().contains("/errors/"));
    for script in &support::sample(4, scripts) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let trace = directory.path().join("trace");
        let text = fs::read_to_string(script).unwrap_or_default();
        let _ = Run::new("strace")
            .args(["-f", "-qq", "-e", "trace=execve,execveat", "-e", "signal=none", "-o"])
            .arg(&trace)
            .arg(support::pipewright())
            .arg(script)
            .dir(directory.path())
            .run();
        assert_named(&fs::read_to_string(&trace).expect("strace writes its trace"), &text, script);
    }
    // A file without `#!`, which execvp and every shell would run with sh.
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("tool");
    fs::write(&file, "touch pwned\n").expect("a file can be written");
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
    let trace = directory.path().join("trace");
    let outcome = Run::new("strace")
        .args(["-f", "-qq", "-e", "trace=execve,execveat", "-o"])
        .arg(&trace)
        .arg(support::pipewright())
        .args(["-c", "./tool"])
        .dir(directory.path())
        .run();
    assert_eq!(outcome.status, 126, "{outcome}");
    assert!(!directory.path().join("pwned").exists());
    assert_named(&fs::read_to_string(&trace).expect("strace writes its trace"), "./tool", &file);
}

/// Asserts that each successful execve of a shell is of one that the text names.
fn assert_named(trace: &str, text: &str, script: &Path) {
    let words: Vec<_> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    for call in trace.lines().filter(|line| line.contains("execve") && line.trim_end().ends_with("= 0")) {
        let program = call.split('"').nth(1).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        let named = !SHELLS.contains(&program) || words.contains(&program);
        assert!(named, "{} started a shell: {call}", script.display());
    }
}

/// A process that is started without PWD determines it, once for each execution environment: what a subshell has
/// determined ends with the subshell.
#[test]
fn pwd_is_named_for_programs_after_a_subshell_that_started_some() {
    for subshell in [
        "let x = $(/usr/bin/env)",
        "let x = capture { cd /tmp; /usr/bin/env }",
        "true | { cd /tmp; /usr/bin/env > /dev/null }",
        "A=$(/usr/bin/env) /usr/bin/true",
    ] {
        let script = format!("{subshell}; /usr/bin/printenv PWD; cd /usr; /usr/bin/printenv OLDPWD PWD");
        let mut command = std::process::Command::new(crate::support::pipewright());
        let output = command.env_clear().current_dir("/").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "/\n/\n/usr\n", "{subshell}: {output:?}");
    }
}
