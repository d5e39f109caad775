//! Tests `--fmt`: the formatted text means the same as before, and formatting it again changes nothing.

#[path = "fmt/generator.rs"]
mod generator;
use crate::support;
use crate::support::{Run, setting};
use pipewright::{Script, tools};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Formats a text; none if it is not a script. It runs in this process, because there are thousands of texts.
fn formatted(text: &str) -> Option<String> {
    match tools::format("script.pw", text) {
        Ok(text) => Some(text),
        Err(error) => {
            assert!(!error.to_string().contains("E9001"), "{error}\n{text}");
            None
        }
    }
}

/// Returns the syntax tree of a text, without its spans.
fn tree(text: &str) -> Option<serde_json::Value> {
    let tree = tools::syntax_tree("script.pw", text).ok()?;
    let mut tree = serde_json::from_str(&tree).expect("it is JSON");
    strip(&mut tree);
    Some(tree)
}

fn strip(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::Object(map) if map.contains_key("start") && map.contains_key("end") => *value = Value::Null,
        Value::Object(map) => map.values_mut().for_each(strip),
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[track_caller]
fn assert_stays(text: &str) -> bool {
    let Some(once) = formatted(text) else { return false };
    assert_eq!(formatted(&once).as_deref(), Some(&*once), "a second time, of\n{text}");
    assert_eq!(tree(text), tree(&once), "{text}\n---- became\n{once}");
    true
}

#[test]
fn scripts_say_the_same() {
    let mut count = 0;
    for directory in ["scripts", "tests/golden"] {
        for path in support::sample(2, support::files(&support::root().join(directory), ".pw")) {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            count += usize::from(assert_stays(&text));
        }
    }
    for directory in ["docs", "."] {
        for page in fs::read_dir(support::root().join(directory)).expect("it is there").flatten() {
            if page.path().extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(page.path()).expect("a page is UTF-8");
                for block in text.split("```").skip(1).step_by(2) {
                    let code = block.split_once('\n').map_or("", |(_, code)| code);
                    count += usize::from(assert_stays(code));
                }
            }
        }
    }
    assert!(count > 200, "scripts were found: {count}");
}

/// `PROGRAMS=10000` for a long night.
#[test]
fn generated_programs_say_the_same_and_keep_their_comments() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let count = setting("PROGRAMS", 400);
    let seed = setting("SEED", 1);
    let write = |name: String, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("it can be written");
        path
    };
    let mut programs = Vec::new();
    for number in 0..count {
        let text = generator::program(seed + number);
        programs.push((write(format!("{number}.pw"), &text), text));
    }
    // Several programs at a time, so that few processes are started. The formatter itself compares the
    // trees.
    let mut wrong = Vec::new();
    for programs in programs.chunks(100) {
        let run = || Run::pipewright().arg("--fmt").args(programs.iter().map(|(path, _)| path)).run();
        let outcome = run();
        assert!(outcome.status == 0, "{outcome}");
        let once: Vec<_> = programs.iter().map(|(path, _)| fs::read_to_string(path)).collect();
        run();
        for ((path, text), once) in programs.iter().zip(once) {
            let once = once.expect("a script is UTF-8");
            let twice = fs::read_to_string(path).expect("a script is UTF-8");
            if once != twice {
                wrong.push(format!("{text}\n---- became\n{once}\n---- and then\n{twice}"));
            }
            let marks = |text: &str| text.matches("# c").count();
            assert_eq!(marks(text), marks(&once), "{text}\n---- became\n{once}");
            assert!(once.lines().all(|line| line.contains("kept ") || !line.ends_with(' ')), "{once}");
            assert!(!once.contains("\n\n\n") || text.contains("body\n\n\n"), "{once}");
        }
    }
    assert!(wrong.is_empty(), "{} change again\n{}", wrong.len(), wrong[0]);
    for (_, text) in programs.iter().take(40) {
        assert_stays(text);
    }
}

/// A statement of each kind.
const STATEMENTS: &[&str] = &[
    "echo a 'b c' \"d $e\" > f 2>&1",
    "A=1 B=\"$x\" cmd -o {a,b} *.txt ~/x",
    "cat <<E\na $b\nE",
    "cat <<-'E' | wc\n\tx\n\tE",
    "cat <<< $x | sort | uniq -c |& tee log",
    "a && b || ! c",
    "let x = [1, 2.5, \"s\", {k: 'v', w: null}]",
    "let [a, b] = xs",
    "let f = (x, y = 2) => x + y * 3 ** 2",
    "x = a ?? b",
    "xs[0].k += f(1, name=2) - -3",
    "env.PATH = \"$HOME/bin:$PATH\"",
    "fn f(a, b: int = 1, ...rest) { return $[a + b] }",
    "if (a == 1 and not b) { c } else if d { e } else { }",
    "while true { break; continue }",
    "for x in a *.txt ...$xs { echo $x }",
    "for k, v in (m) { echo $k $v }",
    "ls | each line { echo $line }",
    "match (x) { 1 | 2 => a, \"s\" => { b }, * => c }",
    "try { a } catch e { echo $e }",
    "with cwd=\"/tmp\" timeout=5s { a }",
    "defer { rm -f x }",
    "let j = spawn { sleep 1 }",
    "let y = capture { a } .stdout",
    "use \"lib.pw\" as lib",
    "fail \"no $x\"",
    "exit 3",
    "{ a; b } &> log",
    "diff <(a) >(b)",
    "let z = $(ls | wc -l) + lines { a }.len()",
    "let r = true ? 1..=3 : x[1]",
    "echo ${a.b} $[f(x)] $'t\\n' \\$",
    "# a comment",
];

/// Returns 5, or 1 with `SCALE`: a cut statement is tried with one in so many of the ends.
fn step() -> usize {
    if setting("SCALE", 1) > 1 { 1 } else { 5 }
}

/// Returns each statement cut off after each of its characters, with possible ends of a file or line: with a fifth
/// of those, in turn, unless `SCALE` is set.
fn cut_statements() -> impl Iterator<Item = String> {
    const ENDS: &[&str] = &[
        "", "\n", "\\", "\\\n", "\\\n\n", " \\\n", "\r", "\r\n", "\0", "\u{c}", "\u{2028}", "\u{a0}", "#c",
        " #c", " #c\n", " ", "\t\n", ";", "; ", "|\n", "\n\\\n",
    ];
    let step = step();
    let cut = |text: &'static str| text.char_indices().map(|(at, c)| &text[..at + c.len_utf8()]);
    STATEMENTS.iter().flat_map(move |text| cut(text)).enumerate().flat_map(move |(at, text)| {
        ENDS.iter().skip(at % step).step_by(step).map(move |end| format!("{text}{end}"))
    })
}

#[test]
fn a_script_that_passes_the_check_is_formatted_and_means_the_same() {
    let mut laid_out = 0;
    for text in cut_statements() {
        let passes = Script::parse("cut", text.as_str()).is_ok();
        let once = match tools::format("cut", text.as_str()) {
            Ok(once) => once,
            Err(error) => {
                let page = error.render(false, 100);
                assert!(!page.contains("E9001") && !passes, "{text:?}\n{page}");
                continue;
            }
        };
        laid_out += 1;
        assert_eq!(
            tools::format("cut", once.as_str()).ok().as_deref(),
            Some(&*once),
            "a second time, of {text:?}"
        );
        assert_eq!(Script::parse("cut", once.as_str()).is_ok(), passes, "{text:?} became {once:?}");
    }
    assert!(laid_out > 2000 / step(), "{laid_out}");
}

#[test]
fn a_file_is_replaced_as_a_whole_and_keeps_its_mode() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (file, link) = (directory.path().join("a.pw"), directory.path().join("link.pw"));
    fs::write(&file, "#!/usr/bin/env pipewright\necho   a\n").expect("it can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o751)).expect("its mode can be set");
    std::os::unix::fs::symlink("a.pw", &link).expect("a link can be made");

    let check = Run::pipewright().args(["--fmt", "--check"]).arg(&link).run();
    assert_eq!(check.status, 1);
    assert!(check.err().contains("link.pw:2: not in the canonical layout"), "{check}");
    assert!(read(&file).contains("echo   a"), "--check writes nothing");

    Run::pipewright().arg("--fmt").arg(&link).run().success();
    assert_eq!(read(&file), "#!/usr/bin/env pipewright\necho a\n");
    assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o7777, 0o751);
    assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
    assert_eq!(fs::read_dir(directory.path()).expect("it is there").count(), 2, "nothing is left over");
    let check = Run::pipewright().args(["--check", "--fmt"]).arg(&file).run().success();
    assert!(check.stderr.is_empty());
}

#[test]
fn a_file_that_is_not_a_script_is_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (good, bad) = (directory.path().join("good.pw"), directory.path().join("bad.pw"));
    fs::write(&good, "echo   a").expect("it can be written");
    fs::write(&bad, "echo   ( {").expect("it can be written");
    let outcome = Run::pipewright().arg("--fmt").args([&bad, &good]).run();
    assert_eq!(outcome.status, 2);
    assert!(outcome.err().contains("bad.pw:1:"), "{outcome}");
    assert_eq!((read(&bad), read(&good)), ("echo   ( {".into(), "echo a\n".into()));
}

#[test]
fn standard_input_goes_to_standard_output() {
    for arguments in [&["--fmt"][..], &["--fmt", "-"]] {
        let outcome = Run::pipewright().args(arguments).stdin("a|b").run().success();
        assert_eq!(outcome.out(), "a | b\n");
    }
    assert_eq!(formatted(""), Some(String::new()));
    assert_eq!(formatted("\n\n# only\n\n\n").as_deref(), Some("# only\n"));
}

#[test]
fn a_long_or_deep_script_is_laid_out_in_time() {
    let count = 4_000 * setting("SCALE", 1) as usize;
    let long = "if a { b | c > d }\nlet x = [1,2, 3]\n".repeat(count);
    let deep = format!("{}x{}", "if a {\n".repeat(250), "\n}".repeat(250));
    let wide = format!("a{}", " | { b }".repeat(count));
    for text in [long, deep, wide] {
        let outcome = Run::pipewright().arg("--fmt").stdin(text).timeout(60).run().success();
        assert!(outcome.cpu.as_secs() < 30, "{:?}", outcome.cpu);
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("it is there and UTF-8")
}
