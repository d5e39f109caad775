//! Tests the limits: stages that end early, fail or are missing; inputs that are huge, broken or
//! nested; and the use of system resources.
//!
//! `GIB=10 cargo test --test suite limits::` streams more than the default of 1 GiB, and `SCALE=10` makes
//! larger texts; `.ci/long` does both.

use crate::support;
use crate::support::ordinary::ordinary_lines;
use crate::support::{Outcome, Run, setting};
use std::fs;
use std::path::Path;
use std::time::Duration;

const MIB: u64 = 1 << 20;

#[test]
fn a_writer_whose_reader_has_ended_is_a_success() {
    for script in
        ["yes | head -1", "probe flood | probe take 2 | cat", "cat /dev/zero | cat | cat | head -c 1 | wc -c"]
    {
        let outcome = Run::code(script).timeout(10).run().success();
        assert!(outcome.elapsed < Duration::from_secs(3), "{script}: {:?}", outcome.elapsed);
        assert!(outcome.stderr.is_empty(), "{script}: {outcome}");
    }
    assert_eq!(Run::code("yes | head -1").run().stdout, b"y\n");
    // A status that looks like the signal is not the signal.
    assert_eq!(Run::code("probe exit 141 | cat").run().status, 141);
}

#[test]
fn a_missing_program_anywhere_starts_no_stage() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for script in [
        "touch made | cat | nosuchprogram",
        "touch made | nosuchprogram | cat",
        "touch made | ./nosuchprogram",
        "touch made | cat | cat > missing/file",
        "touch made | cat < missing",
    ] {
        let outcome = Run::code(script).dir(directory.path()).run();
        assert!(outcome.status != 0, "{script}: {outcome}");
        assert!(!directory.path().join("made").exists(), "{script} started its first stage");
    }
    assert_eq!(Run::code("nosuchprogram").run().status, 127);
    assert_eq!(Run::code("/etc/passwd").run().status, 126);
}

#[test]
fn a_failing_middle_stage_is_named_with_its_caret() {
    let outcome = Run::code("echo a | probe drain 7 | cat | wc -l").run();
    assert_eq!(outcome.status, 7, "{outcome}");
    let page = outcome.err();
    let lines: Vec<_> = page.lines().collect();
    let source =
        lines.iter().position(|line| line.contains("echo a | probe")).expect("the page shows the line");
    let (stage, caret) = (lines[source].find("probe drain 7"), lines[source + 1].find('^'));
    assert!(stage.is_some() && stage == caret, "{page}");
    assert!(
        lines[source + 1].contains("^^^^^^^^^^^^^") && !lines[source + 1].contains("^^^^^^^^^^^^^^"),
        "{page}"
    );
    for told in ["E1001", "`probe` exited with 7", "stage 1", "stage 2", "stage 3", "stage 4"] {
        assert!(page.contains(told), "{told} is missing:\n{page}");
    }
}

#[test]
fn a_redirection_that_would_truncate_an_input_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("f");
    std::os::unix::fs::symlink("f", directory.path().join("link")).expect("a link can be made");
    let mut wrong = Vec::new();
    for script in [
        "sort < f > f",
        "sort f > f",
        "cat f | sort > f",
        "sort > f < f",
        "sort < f > ./f",
        "sort < link > f",
        "let x = \"f\"\nsort < $x > $x",
        "cat f | { sort > f; }",
        "{ sort < f; } > f",
        "sort < f &> f",
        "sort 'f' > \"f\"",
    ] {
        fs::write(&file, "b\na\n").expect("a file can be written");
        let outcome = Run::code(script).dir(directory.path()).run();
        let told = outcome.stderr.starts_with(b"error[E0404]") || outcome.stderr.starts_with(b"error[E1005]");
        let intact = fs::read(&file).is_ok_and(|bytes| bytes == b"b\na\n");
        if !told || !intact || outcome.status == 0 || !outcome.stdout.is_empty() {
            wrong.push(format!("{script}: intact {intact}, {outcome}"));
        }
    }
    assert_none(wrong);
    for script in ["sort < f >> g", "sort < f > h", "cat f; true > g", "echo f > i"] {
        Run::code(script).dir(directory.path()).run().success();
    }
}

/// Runs the binary through a shell that sets a limit.
fn limited(limit: &str, code: &str) -> Run {
    let script = format!("ulimit {limit} && exec \"$0\" -c \"$1\"");
    Run::new("bash").args(["-c", &script]).arg(support::pipewright()).arg(code)
}

#[test]
fn five_hundred_stages_fit_the_default_limit_of_descriptors() {
    let pipeline = format!("echo hi{}", " | cat".repeat(499));
    let outcome = limited("-n 1024", &pipeline).run().success();
    assert_eq!(outcome.stdout, b"hi\n");
    let outcome = limited("-n 1024", &format!("for i in (1..=3) {{ {pipeline} }}; echo \"$({pipeline})\""))
        .run()
        .success();
    assert_eq!(outcome.stdout, b"hi\n".repeat(4));
    // If even that is too little, the result is an error and not a panic.
    let outcome = limited("-n 64", &pipeline).run();
    assert!(outcome.status != 0 && !outcome.is_crash() && !outcome.stderr.is_empty(), "{outcome}");
}

#[test]
fn no_process_can_be_started_is_an_error() {
    if rustix::process::geteuid().is_root() {
        // The limit applies only to ordinary users.
        return;
    }
    let outcome = limited("-u 1", "/bin/true").run();
    assert!(outcome.status != 0 && outcome.stderr.starts_with(b"error[E1011]"), "{outcome}");
}

#[test]
fn a_stream_passes_beside_our_memory() {
    let peak = |bytes: u64| {
        let script = format!("probe flood {bytes} | cat | probe drain 0");
        Run::code(script).watch_memory().timeout(60 + 60 * setting("GIB", 1)).run().success().peak_memory
    };
    let (little, much) = (peak(MIB), peak(setting("GIB", 1) << 30));
    assert!(little > 0 && much < little + MIB, "{little} bytes, then {much}");
}

#[test]
fn lines_of_a_stream_take_constant_memory() {
    let script = format!("probe flood {} | each line {{ let x = line }}", scaled(2_000_000));
    let outcome = Run::code(script).watch_memory().timeout(60).run().success();
    assert!(outcome.peak_memory < 24 * MIB, "{} bytes", outcome.peak_memory);
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let to_full = |code: &str| {
        let outcome = Run::new("bash")
            .args(["-c", "exec \"$0\" -c \"$1\" > /dev/full"])
            .arg(support::pipewright())
            .arg(code)
            .run();
        assert!(outcome.status != 0 && !outcome.is_crash(), "{code}: {outcome}");
        assert!(outcome.err().contains("No space left"), "{code}: {outcome}");
    };
    to_full("echo hi");
    to_full("printf hi");
    to_full("pwd");
    to_full("for i in (1..=100000) { echo $i }");
    for code in [
        "echo hi > /dev/full",
        "cat /etc/passwd > /dev/full",
        "echo \"$(echo hi > /dev/full)\"",
        "{ echo a; echo b; } > /dev/full",
        "echo a | each line { echo $line } > /dev/full",
        "echo a | { cat; echo b; } > /dev/full",
        "with idle_timeout=10s { echo hi } > /dev/full",
        "with idle_timeout=10s { cat /etc/passwd } > /dev/full",
        "with idle_timeout=10s { echo hi | cat } > /dev/full",
        "write(\"/dev/full\", \"hi\")",
        "let r = capture { echo hi > /dev/full }; if (not r.ok) { fail r.error.message }",
    ] {
        let outcome = Run::code(code).run();
        assert!(
            outcome.status == 1 && !outcome.stderr.is_empty() && !outcome.is_crash(),
            "{code}: {outcome}"
        );
    }
}

/// In sh, `cat` would read the lines of the script after it.
#[test]
fn a_command_cannot_read_the_script_that_comes_by_standard_input() {
    let outcome = Run::pipewright().stdin("cat\necho not reached\n").run();
    assert_eq!((outcome.status, outcome.out().as_str()), (1, ""));
    assert!(outcome.err().contains("Bad file descriptor"), "{}", outcome.err());
    let outcome = Run::pipewright().stdin("echo a | cat\ncat <<< b\ncat &\n").run().success();
    assert_eq!(outcome.out(), "a\nb\n");
}

#[test]
fn standard_descriptors_may_be_closed() {
    for (closed, code) in [
        ("0<&-", "cat /dev/null"),
        ("0<&-", "true | cat"),
        ("1>&-", "true"),
        ("1>&-", "/bin/true"),
        ("2>&-", "echo hi"),
        ("0<&- 1>&- 2>&-", "true; /bin/true | /bin/true"),
        ("0<&- 1>&- 2>&-", "false || echo \"$(echo x)\" > /dev/null"),
    ] {
        let script = format!("exec \"$0\" -c \"$1\" {closed}");
        let outcome = Run::new("bash").args(["-c", &script]).arg(support::pipewright()).arg(code).run();
        assert!(outcome.status == 0, "{closed} {code}: {outcome}");
    }
    // A file that the script opens never replaces a closed stream.
    let directory = tempfile::tempdir().expect("a temporary directory");
    let script = "exec \"$0\" -c \"echo lost 2> file\" 1>&- 2> err";
    let outcome =
        Run::new("bash").args(["-c", script]).arg(support::pipewright()).dir(directory.path()).run();
    assert!(
        !outcome.is_crash() && fs::read(directory.path().join("file")).is_ok_and(|bytes| bytes != b"lost\n"),
        "{outcome}"
    );
}

/// Returns the problem of a check that should end soon, in bounded memory, with a success or a clear
/// error.
fn excess(outcome: &Outcome, memory: u64) -> Option<String> {
    let page = outcome.err().chars().take(300).collect::<String>();
    if outcome.timed_out {
        return Some("no end".to_owned());
    }
    if outcome.is_crash() || ![0, 2].contains(&outcome.status) {
        return Some(format!("status {}\n{page}", outcome.status));
    }
    if outcome.peak_memory >= memory {
        return Some(format!("{} MiB", outcome.peak_memory / MIB));
    }
    if outcome.status != 0 && (!outcome.stderr.starts_with(b"error[E0") || outcome.stderr.len() > 64 * 1024) {
        return Some(format!("a page of {} bytes: {page}", outcome.stderr.len()));
    }
    None
}

/// Reports all problems, so that one failure does not hide another.
#[track_caller]
fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nesting_of_any_bracket_ends_in_a_clear_error() {
    let deep = scaled(10_000);
    let pairs: &[(&str, &str, &str)] = &[
        ("echo ", "$(echo ", ")"),
        ("echo ", "\"$(echo ", ")\""),
        ("echo ", "$[", "]"),
        ("echo ", "\"$[", "]\""),
        ("echo ", "${x[", "]}"),
        ("echo ", "{a,", "}"),
        ("echo ", "{", "}"),
        ("echo ", "[", "]"),
        ("echo ", "(", ")"),
        ("echo ", "<(cat ", ")"),
        ("echo ", "$((", "))"),
        ("echo ", "${", "}"),
        ("echo ", "${x:-", "}"),
        ("echo ", "`", "`"),
        ("echo ", "=(", ")"),
        ("", "{ ", "}"),
        ("", "{", "}"),
        ("", "(", ")"),
        ("", "((", "))"),
        ("", "[[ ", " ]]"),
        ("", "if true { ", " }"),
        ("", "if (true) { ", " } else { true }"),
        ("", "while (false) { ", "}"),
        ("", "for x in a { ", " }"),
        ("", "cat | { ", " }"),
        ("", "cat | each x { ", " }"),
        ("", "fn f() { ", " }"),
        ("", "try { ", " }"),
        ("", "! { ", " }"),
        ("", "if ", ""),
        ("", "! ", ""),
        ("", "f(", ")"),
        ("", "f[", "] = 1"),
        ("let x = ", "(", ")"),
        ("let x = ", "[", "]"),
        ("let x = ", "{ a: ", "}"),
        ("let x = ", "f(", ")"),
        ("let x = ", "lines { echo $[", "] }"),
        ("let x = ", "capture { ", " }"),
        ("let x = ", "-", "1"),
        ("let x = ", "not ", ""),
        ("let x = ", "a => ", ""),
        ("let x = ", "(a, b) => ", ""),
        ("let x = ", "1 ? ", " : 2"),
        ("let x = ", "2 ** ", "2"),
        ("let x = ", "1 ?? ", "2"),
        ("let x = ", "\"${", "}\""),
        ("let x = ", "$(", ")"),
        ("let x = ", "y[", "]"),
        ("match (1) ", "{ * => ", "}"),
    ];
    let mut wrong = Vec::new();
    for (before, open, close) in pairs {
        for closed in [true, false] {
            let close = if closed { close.repeat(deep) } else { String::new() };
            let text = format!("{before}{}{close}\n", open.repeat(deep));
            let outcome = check(text.as_bytes(), 10);
            wrong.extend(
                excess(&outcome, 200 * MIB).map(|what| format!("{before}{open}… closed: {closed}: {what}")),
            );
        }
    }
    assert_none(wrong);
}

#[test]
fn long_chains_are_not_nesting() {
    let long = scaled(10_000);
    let mut wrong = Vec::new();
    for (text, runs) in [
        (format!("true{}", " && true".repeat(long)), true),
        (format!("false{}", " || false".repeat(long) + " || true"), true),
        ("true; ".repeat(long), true),
        (format!("let x = 1{}", " + 1".repeat(long)), false),
        (format!("let x = [{}]", "1, ".repeat(long)), true),
        (format!("let x = \"a\"{}", " ++ \"a\"".repeat(long)), false),
        (format!("echo x > /dev/null{}", " > /dev/null".repeat(long / 10)), true),
        (format!("if (false) {{ true }}{}", " else if (false) { true }".repeat(long / 10)), true),
        (format!("let x = true{}", " and true".repeat(long)), false),
        (format!("cat{}", " | cat".repeat(long)), false),
        (format!("let x = y{}", ".a".repeat(long)), false),
        (format!("let x = y{}", "[0]".repeat(long)), false),
        (format!("let x = 1{}", " ? 1 : 1".repeat(long)), false),
        (format!("let x = 2{}", " ** 2".repeat(long)), false),
        (format!("let x = 1{}", " ?? 1".repeat(long)), false),
    ] {
        let what = text.chars().take(40).collect::<String>();
        let outcome = if runs { run_text(text.as_bytes(), &[], 30) } else { check(text.as_bytes(), 30) };
        wrong.extend(excess(&outcome, 300 * MIB).map(|excess| format!("{what}: {excess}")));
        if runs && outcome.status != 0 {
            wrong.push(format!("{what}: {}", outcome.err().lines().next().unwrap_or_default()));
        }
    }
    assert_none(wrong);
}

/// Runs a text from a file.
fn run_text(text: &[u8], options: &[&str], seconds: u64) -> Outcome {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("script.pw");
    fs::write(&file, text).expect("a file can be written");
    Run::pipewright().args(options).arg(&file).dir(directory.path()).watch_memory().timeout(seconds).run()
}

fn check(text: &[u8], seconds: u64) -> Outcome {
    run_text(text, &["--check"], seconds)
}

fn scaled(size: usize) -> usize {
    setting("SCALE", 1) as usize * size
}

/// The size in bytes of a large text.
fn megabytes() -> usize {
    scaled(2_000_000)
}

#[test]
fn a_script_of_many_megabytes_is_checked_within_its_memory() {
    let text = format!("if false {{\n{}}}\necho done\n", ordinary_lines(megabytes()));
    let small = run_text(b"sleep 0.1; echo done\n", &[], 60).success();
    let outcome = run_text(text.as_bytes(), &[], 180);
    assert!(outcome.status == 0 && outcome.stdout == b"done\n", "{outcome}");
    let times = outcome.peak_memory.saturating_sub(small.peak_memory) as f64 / text.len() as f64;
    assert!(times <= 12.0, "{times:.1} times the source's size");
}

#[test]
fn a_line_of_megabytes_is_a_line() {
    let size = megabytes() / 5;
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (text, expected) in [
        (format!("printf '%s' '{}' | wc -c", "x".repeat(size)), &*format!("{size}\n")),
        (format!("printf '%s' {} | wc -c", "x".repeat(size)), &*format!("{size}\n")),
        (format!("printf '%s' \"{}\" | wc -c", "x".repeat(size)), &*format!("{size}\n")),
        (format!("echo {}| wc -w", "word ".repeat(size / 5)), &*format!("{}\n", size / 5)),
        (format!("echo a # {}", "x".repeat(size)), "a\n"),
        (format!("cat <<E | wc -c\n{}\nE", "x".repeat(size)), &*format!("{}\n", size + 1)),
    ] {
        let what = text.chars().take(30).collect::<String>();
        let file = directory.path().join("long.pw");
        fs::write(&file, &text).expect("a file can be written");
        let outcome = Run::pipewright().arg(&file).watch_memory().timeout(60).run();
        assert!(outcome.status == 0 && outcome.out() == expected, "{what}: {outcome}");
        assert!(outcome.peak_memory < 800 * MIB, "{what}: {} MiB", outcome.peak_memory / MIB);
    }
    // An error in such a line shows a part of it.
    let outcome =
        check(format!("echo {} $nowhere {}", "x ".repeat(size / 4), "y ".repeat(size / 4)).as_bytes(), 30);
    assert!(outcome.status == 2 && outcome.stderr.len() < 4096, "{outcome}");
}

#[test]
fn an_argument_that_the_kernel_does_not_take_is_named() {
    let script = "let x = \"$(probe flood 131072)\"\n/bin/true $x\n";
    let outcome = Run::code(script).run();
    // The trailing newline of the flood is gone: 131,071 bytes pass.
    assert_eq!(outcome.status, 0, "{outcome}");
    let outcome = Run::code("let x = \"$(probe flood 131074)\"\n/bin/true $x\n").run();
    assert!(outcome.status != 0 && outcome.stderr.starts_with(b"error[E1006]"), "{outcome}");
    let outcome = Run::code("/bin/true ...$[lines { probe flood 3000000 }]").run();
    assert!(outcome.status != 0 && outcome.stderr.starts_with(b"error[E1006]"), "{outcome}");
}

#[test]
fn a_source_in_another_encoding_is_refused_with_its_place() {
    for (text, code, place) in [
        (&b"echo one\necho \xff two\n"[..], "E0105", "2:6"),
        (b"echo caf\xe9\n", "E0105", "1:9"),
        (b"echo \xed\xa0\x80\n", "E0105", "1:6"),
        (b"echo one\r\necho two\r\n", "E0106", "1:9"),
        (b"echo one\necho 'two\r\n'\n", "E0106", "2:10"),
        (b"\xef\xbb\xbfecho one\n", "E0107", "1:1"),
        (b"echo one\0\n", "E0108", "1:9"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0", "E0108", "1:8"),
        (b"# \xff\n", "E0105", "1:3"),
    ] {
        let outcome = run_text(text, &[], 10).refused();
        let page = outcome.err();
        assert!(page.starts_with(&format!("error[{code}]")), "{}: {page}", text.escape_ascii());
        assert!(page.contains(&format!("script.pw:{place}\n")), "{} at {place}: {page}", text.escape_ascii());
    }
    // The same through standard input.
    let outcome = Run::pipewright().stdin(&b"echo one\xff\n"[..]).run().refused();
    assert!(outcome.err().starts_with("error[E0105]"), "{outcome}");
    let outcome = run_text("echo é 日本 😀\necho $'\\xff'".as_bytes(), &[], 10).success();
    assert_eq!(outcome.stdout, "é 日本 😀\n".bytes().chain([0xff, b'\n']).collect::<Vec<_>>());
}

#[test]
fn arbitrary_bytes_never_crash_it() {
    let mut rng = support::rng::Rng::new(setting("SEED", 99));
    let pieces: &[&[u8]] = &[
        b"echo ",
        b"$(",
        b")",
        b"{ ",
        b"}",
        b"\"",
        b"'",
        b"|",
        b"&&",
        b"||",
        b"<<E",
        b"\nE\n",
        b"\n",
        b";",
        b"$x",
        b"${",
        b"$[",
        b"]",
        b"[",
        b"let x = ",
        b"if ",
        b"for f in ",
        b"match (",
        b"=> ",
        b"fn f(",
        b"...",
        b"*",
        b"\\",
        b"#",
        b"`",
        b"(",
        b"=",
        b"1",
        b"..=",
        b"&",
        b"> f",
        b"2>&1",
        b"<(",
        b"{a,b}",
        b"~",
        b"$'",
        b"\"\"\"",
        b"try { ",
        b"with ",
        b"each l { ",
        b" ",
        b"\t",
        b"\xc3\xa9",
        b"\x00",
        b"\xff",
        b"while ",
        b"not ",
        b"?? ",
        b"a.b",
        b"x[0]",
        b"in ",
        b"!",
        b"-",
        b"return ",
        b"spawn { ",
        b"\r\n",
        b"case x in",
        b"done",
        b"fi",
    ];
    for round in 0..setting("CASES", 2_000).min(20_000) / 10 {
        let mut text = Vec::new();
        for _ in 0..rng.within(1, 40) {
            text.extend_from_slice(rng.pick(pieces));
        }
        let outcome = check(&text, 10);
        let wrong = excess(&outcome, 100 * MIB);
        assert!(wrong.is_none(), "round {round}: {}\n{}", text.escape_ascii(), wrong.unwrap_or_default());
    }
}

#[test]
fn a_child_gets_three_descriptors_default_signals_and_its_own_group() {
    let outcome = Run::code("probe fds; probe signals; probe fds | cat; probe signals | cat; probe ids")
        .run()
        .success();
    let out = outcome.out();
    assert!(
        !out.lines()
            .any(|line| line.starts_with(|c: char| c.is_ascii_digit()) && !line.starts_with(['0', '1', '2'])),
        "{out}"
    );
    let here = fs::read_to_string("/proc/self/status").expect("procfs");
    let inherited =
        |name: &str| here.lines().find(|line| line.starts_with(name)).expect("it has one").to_owned();
    for line in out.lines().filter(|line| line.starts_with("SigIgn")) {
        // SIGPIPE, which Rust's runtime ignores in this test, has its original disposition in the
        // child.
        let number =
            |line: &str| u64::from_str_radix(line.split_whitespace().nth(1).unwrap_or("0"), 16).unwrap_or(0);
        let pipe = 1 << 12;
        // The C library keeps the two signals after these to itself.
        const ORDINARY: u64 = 0x7fff_ffff;
        assert_eq!(number(line) & ORDINARY, number(&inherited("SigIgn")) & ORDINARY & !pipe, "{out}");
    }
    for line in out.lines().filter(|line| line.starts_with("SigBlk")) {
        assert!(line.ends_with("0000000000000000"), "{out}");
    }
    // And the descriptors that this process inherited for the script, as in sh.
    let script = "exec 7</dev/null 251</dev/null; exec \"$0\" -c 'probe fds'";
    let outcome = Run::new("bash").args(["-c", script]).arg(support::pipewright()).run().success();
    let out = outcome.out();
    let numbers: Vec<&str> = out.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(numbers, ["0", "1", "2", "7", "251"], "{outcome}");
}

#[test]
fn a_program_without_an_interpreter_line_is_not_given_to_a_shell() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let executable = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("a file can be written");
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
    };
    executable("plain", "touch made\n");
    executable("lost", "#!/no/such/interpreter\n");
    executable("good", "#!/bin/sh\necho good\n");
    for (code, status) in [("./plain", 126), ("./lost", 126), ("./good", 0), ("./missing", 127), ("./", 126)]
    {
        let outcome = Run::code(code).dir(directory.path()).run();
        assert_eq!(outcome.status, status, "{code}: {outcome}");
    }
    assert!(!Path::new(&directory.path().join("made")).exists());
    // Relative and empty entries of PATH are ignored.
    let outcome = Run::code("good").env("PATH", ":.:./").dir(directory.path()).run();
    assert_eq!(outcome.status, 127, "{outcome}");
}
