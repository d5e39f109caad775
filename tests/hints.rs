//! Mistakes of new users, of porters and of users of other shells: one error, whose help is the user's own line as it is
//! written here, and that line passes the check.
//!
//! The errors of a run have their tests in `golden/errors`.

use pipewright::{Engine, diag::Diagnostic};
use std::fmt::Write as _;

/// A text, the help of its only error, and the text that passes.
type Row = (&'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    // Values and commands.
    (
        "let r = {ok: true}\nif r.ok { echo x }",
        "write: if (r.ok) {",
        "let r = {ok: true}\nif (r.ok) { echo x }",
    ),
    ("let n = 1\nfalse || n += 1", "write: false || { n += 1 }", "let n = 1\nfalse || { n += 1 }"),
    (
        "fn note(x) { echo $x }\nfalse || note(\"x\")",
        "write: false || { note(\"x\") }",
        "fn note(x) { echo $x }\nfalse || { note(\"x\") }",
    ),
    (
        "fn step() { echo hi }\nlet j = spawn { step() &> \"log\" }\nj.wait()",
        "give it to a block: { step() } &> \"log\"",
        "fn step() { echo hi }\nlet j = spawn { { step() } &> \"log\" }\nj.wait()",
    ),
    (
        "let x = \"a,b\"\nlet a, b = x.split(\",\")",
        "take a list apart: let [a, b] = x.split(\",\")",
        "let x = \"a,b\"\nlet [a, b] = x.split(\",\")",
    ),
    (
        "let a = \"x\"\nif test -e x && (a == \"x\") { echo hi }",
        "write: if test -e x && $[a == \"x\"] {",
        "let a = \"x\"\nif test -e x && $[a == \"x\"] { echo hi }",
    ),
    (
        "let done = 4\nif done % 100 == 0 { echo x }",
        "write: if (done % 100 == 0) {",
        "let done = 4\nif (done % 100 == 0) { echo x }",
    ),
    ("let files = *.pw", "the names of files are a list: glob(\"*.pw\")", "let files = glob(\"*.pw\")"),
    (
        "let files = src/*.txt",
        "the names of files are a list: glob(\"src/*.txt\")",
        "let files = glob(\"src/*.txt\")",
    ),
    ("ls | each { echo x }", "write: each line { echo x }", "ls | each line { echo x }"),
    // Operators of C.
    (
        "let n = 5\nif (n == 1 && n < 3 || n != 4) { echo 1 }",
        "write: if (n == 1 and n < 3 or n != 4) { echo 1 }",
        "let n = 5\nif (n == 1 and n < 3 or n != 4) { echo 1 }",
    ),
    (
        "let found = false\nlet n = 5\nwhile (!found && n > 0) { n -= 1 }",
        "write: while (not found and n > 0) { n -= 1 }",
        "let found = false\nlet n = 5\nwhile (not found and n > 0) { n -= 1 }",
    ),
    (
        "let n = 5\nif (n = 1) { echo 1 }",
        "write: if (n == 1) { echo 1 }",
        "let n = 5\nif (n == 1) { echo 1 }",
    ),
    (
        "let s = \"ab\"\nif (s =~ \"^a\") { echo 1 }",
        "write: if (s.matches(\"^a\")) { echo 1 }",
        "let s = \"ab\"\nif (s.matches(\"^a\")) { echo 1 }",
    ),
    ("let a = true\nlet b = a || false", "write: let b = a or false", "let a = true\nlet b = a or false"),
    ("let s = \"a\"\nlet t = s || \"b\"", "write: let t = s.or(\"b\")", "let s = \"a\"\nlet t = s.or(\"b\")"),
    // Blocks.
    ("let n = 1\nif (n > 2) {echo x }", "write: if (n > 2) { echo x }", "let n = 1\nif (n > 2) { echo x }"),
    ("try {false}", "write: try { false }", "try { false }"),
    ("fn f() {echo hi}", "write: fn f() { echo hi }", "fn f() { echo hi }"),
    ("fn f() {}", "write: fn f() { }", "fn f() { }"),
    ("defer {}", "write: defer { }", "defer { }"),
    ("if true { echo a } else {}", "write: if true { echo a } else { }", "if true { echo a } else { }"),
    ("timeout 1s { sleep 3 }", "write: with timeout=1s { sleep 3 }", "with timeout=1s { sleep 3 }"),
    ("with timeout=1m30s { sleep 3 }", "write the sum: 1m + 30s", "with timeout=1m + 30s { sleep 3 }"),
    ("let x = 10MB", "write 10M", "let x = 10M"),
    (
        "{ make; make test; } && echo ok",
        "join its commands, which is the same in sh:\n{ make && make test; } && echo ok",
        "{ make && make test; } && echo ok",
    ),
    // Names of other languages.
    (
        "let s = \"abc\"\necho $[s.indexOf(\"b\")]",
        "write: s.find(\"b\")",
        "let s = \"abc\"\necho $[s.find(\"b\")]",
    ),
    (
        "let s = \"abc\"\necho $[s.sub(\"a\", \"b\")]",
        "write: s.replace(\"a\", \"b\")",
        "let s = \"abc\"\necho $[s.replace(\"a\", \"b\")]",
    ),
    ("echo $[sqrt(4)]", "write: 4 ** 0.5", "echo $[4 ** 0.5]"),
    ("sleep(1)", "it is a command: sleep 1", "sleep 1"),
    (
        "let x = random()",
        "a number from 1 to 6 is: int($(shuf -i 1-6 -n 1))",
        "let x = int($(shuf -i 1-6 -n 1))",
    ),
    // What porters write.
    ("source lib.pw", "a file's functions and variables are used by: use \"lib.pw\"", "echo"),
    (
        "pushd d > /dev/null\nmake\npopd > /dev/null",
        "write: let previous = $(pwd); cd d",
        "let previous = $(pwd); cd d\nmake\ncd $previous",
    ),
    (
        "read -p \"Name? \" x",
        "write, where the answer keeps its blanks: let x = input(\"Name? \")",
        "let x = input(\"Name? \")",
    ),
    (
        "cd \"$(dirname \"$0\")\"",
        "write: cd \"$[script_path().dirname()]\"",
        "cd \"$[script_path().dirname()]\"",
    ),
    (
        "DRY_RUN=${DRY_RUN:-\"\"}",
        "write: let DRY_RUN = env.DRY_RUN.or(\"\")",
        "let DRY_RUN = env.DRY_RUN.or(\"\")",
    ),
    ("x=${0##*/}", "write: let x = script_path().basename()", "let x = script_path().basename()"),
    ("above=0", "write: let above = 0", "let above = 0"),
    ("declare -a p=()", "write: let p = []", "let p = []"),
    ("ls\nx=$?", "write: let x = (try { ls }).status", "let x = (try { ls }).status"),
    ("make; if [ $? -ne 0 ]; then echo bad; fi", "write: if ! make { echo bad }", "if ! make { echo bad }"),
    (
        "file=$1\nshift\nls \"$@\"",
        "write: let file = args[0]",
        "let file = args[0]\nargs = args.slice(1)\nls ...$args",
    ),
    (
        "let cmd = [\"ls\", \"-l\"]\neval \"$cmd\"",
        "a command is a list of words; if `cmd` is one: ...$[flags(cmd)]",
        "let cmd = [\"ls\", \"-l\"]\n...$[flags(cmd)]",
    ),
    (
        "sleep 5 &\nkill $!",
        "write, where the job is a value: let job = spawn { sleep 5 }",
        "let job = spawn { sleep 5 }\njob.kill()",
    ),
    (
        "while getopts \"vo:\" opt; do\n  case $opt in\n    v) verbose=1 ;;\n    o) out=$OPTARG ;;\n  esac\ndone\nshift $((OPTIND - 1))",
        "the options of a script are the parameters of its `main`:\nfn main(verbose/v: bool = false, out/o = \"\", ...words) { … }",
        "fn main(verbose/v: bool = false, out/o = \"\", ...words) { echo $verbose $out ...$words }",
    ),
    (
        "curl -s http://x.org/?a=1&b=2&c=3",
        "`&` ends a command; an address that holds one is quoted: curl -s 'http://x.org/?a=1&b=2&c=3'",
        "curl -s 'http://x.org/?a=1&b=2&c=3'",
    ),
    (
        "lines=$(wc -l < f)\necho $lines",
        "write: let lines_ = $(wc -l < f)",
        "let lines_ = $(wc -l < f)\necho $lines_",
    ),
    ("cat <<$'EOF'\nhi\nEOF", "leave the dollar out: <<'EOF'", "cat <<'EOF'\nhi\nEOF"),
];

/// Rows whose later lines have errors of their own.
const SEVERAL: &[&str] = &["pushd", "file=$1", "sleep 5 &", "lines=", "cmd=", "curl"];

fn errors(text: &str) -> Vec<Diagnostic> {
    let engine = Engine::builder().own_process().build().expect("it has no names");
    match engine.script("script", text) {
        Ok(_) => Vec::new(),
        Err(error) => error.diagnostics().to_vec(),
    }
}

#[test]
fn a_hint_is_the_users_line_and_passes_the_check() {
    let mut wrong = String::new();
    for (text, help, mended) in ROWS {
        let found = errors(text);
        let first = found.first().and_then(|error| error.help.first()).map_or("", String::as_str);
        if first != *help {
            let _ = writeln!(wrong, "{text}\n  expected: {help}\n  now: {first}");
        }
        let is_one = found.len() == 1 || SEVERAL.iter().any(|start| text.starts_with(start));
        if !is_one {
            let pages: Vec<String> = found.iter().map(ToString::to_string).collect();
            let _ = writeln!(wrong, "{text}\n  several errors: {pages:?}");
        }
        for error in errors(mended) {
            let _ = writeln!(wrong, "{mended}\n  does not pass: {error}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_word_of_a_refused_loop_or_function_has_no_error_of_its_own() {
    for text in [
        "while [ 1 -lt 2 ]; do\n  echo x\n  break\ndone",
        "f() {\n  return 1\n}",
        "for ((;;)); do\n  date\n  break\ndone",
        "while getopts \"v\" opt; do\n  continue\ndone",
    ] {
        assert_eq!(errors(text).len(), 1, "{text}: {:?}", errors(text));
    }
}
