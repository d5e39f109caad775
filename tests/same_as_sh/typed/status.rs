//! Compares `$?`: its value after each kind of statement, and the value that nested code starts with.

use super::false_tests::Generator;
use super::{Text, compare};
use crate::support::rng::Rng;

/// Statements that ask for the status, or leave one, the same in both languages.
const SAME: &[&str] = &[
    "echo $?",
    "echo \"status: $?\"",
    "echo a$?b",
    "cat << EOF\n$?\nEOF",
    "cat << 'EOF'\n$?\nEOF",
    "A=$? printenv A",
    "[ $? -eq 0 ] && echo zero",
    "[ $? -ne 0 ] && echo other",
    "[ $? -eq 0 ] || echo other",
    "export S=$?; printenv S",
    "unset S; echo $?",
    "sh -c 'exit 7' || echo $?",
    "sh -c 'exit 7' || echo \"$?\" || echo no",
    "[ -f nosuch ] || echo $?",
    "[ -f f1 ] && echo $?",
    "[ -f nosuch ] && echo no",
    "sh -c 'exit 7' || true",
    "! sh -c 'exit 7'",
    "! false | true && echo no; echo $?",
    "f",
    "f && echo $?",
    "{ echo $?; } | cat",
    "echo x | { cat; echo $?; }",
    "true | true",
    "sh -c 'exit 7' || { echo $?; }",
    "{ echo $?; echo $?; }",
    "echo \"$(echo $?)\"",
    "echo \"$([ -f nosuch ] && echo no; echo $?)\"",
    "true & echo $?; wait; echo $?",
    "echo x > out$?",
    "sh -c 'exit 7' || test $? -eq 7 && echo seven",
    "sh -c 'exit 7' || f",
    "> empty",
    "cd d; echo $?; cd ..",
    "echo $? | cat",
    "printf '%s\\n' $? \"$?\" '$?' \\$?",
];

fn statement(rng: &mut Rng, text: &mut Text) {
    match rng.below(14) {
        0 => text
            .each("if sh -c 'exit 1' {\n", "if sh -c 'exit 1'; then\n")
            .same("echo no\n")
            .each("} else {\n", "else\n")
            .same("echo $?\n[ -f nosuch ] && echo no\n")
            .each("}", "fi"),
        1 => text
            .each("if [ -f f1 ] {\n", "if [ -f f1 ]; then\n")
            .same("f\n[ -f nosuch ] && echo no\n")
            .each("}", "fi"),
        2 => text.each("if [ -f nosuch ] {\n", "if [ -f nosuch ]; then\n").same("echo no\n").each("}", "fi"),
        3 => text
            .each("for v in a b {\n", "for v in a b; do\n")
            .same("echo $?\n[ $v = a ] && echo first\n")
            .each("}", "done"),
        4 => text
            .each("for v in $? x {\n", "for v in $? x; do\n")
            .each("echo $v\n", "echo \"$v\"\n")
            .each("}", "done"),
        5 => text
            .each("for v in a b {\n", "for v in a b; do\n")
            .same("[ -f nosuch ] && echo no\nbreak\n")
            .each("}", "done"),
        6 => text
            .each("for v in a b {\n", "for v in a b; do\n")
            .same("[ $v = a ] && continue\n[ -f nosuch ] && echo no\n")
            .each("}", "done"),
        7 => text
            .each("while [ -f nosuch ] {\n", "while [ -f nosuch ]; do\n")
            .same("echo no\n")
            .each("}", "done"),
        8 => text.each("match (\"x\") {\ny => { echo no }\n}", "case x in\ny) echo no;;\nesac"),
        9 => text
            .each("match (\"x\") {\n* => {\n", "case x in\n*)\n")
            .same("echo $?\n[ -f nosuch ] && echo no\n")
            .each("}\n}", ";;\nesac"),
        10 => text.each("let x = 1", "x=1"),
        _ => text.same(rng.pick(SAME)),
    };
    text.same("\n");
}

fn generate(rng: &mut Rng) -> Text {
    let mut text = Text::default();
    text.each("let yes = true\nlet no = false\n", "yes=true\nno=false\n");
    text.each("fn f() {\n", "f() {\n").same("echo \"in f: $?\"\n}\n");
    for _ in 0..rng.within(2, 5) {
        if rng.chance(35) {
            Generator::asking(rng).statements(0, false, &mut text);
        } else {
            statement(rng, &mut text);
        }
        if rng.chance(60) {
            text.same("echo \"now $?\"\n");
        }
    }
    text.same(rng.pick(&["echo \"at the end: $?\"\n", "exit $?\n", "exit\n", "true\n"]));
    text
}

#[test]
fn the_status_is_that_of_sh() {
    compare("status", generate, 350, 30);
}

#[test]
fn commands_without_a_single_status_are_refused() {
    let lines = [
        "let x = $?",
        "echo $[$? + 1]",
        "if ($? == 0) { echo yes }",
        "let s = \"status $?\"",
        "echo $? \"$(true)\"",
        "echo \"$(true)$?\"",
        "A=$(true) printenv A $?",
        "echo $? > \"$(echo out)\"",
        "for v in $? \"$(echo x)\" { echo $v }",
        "match (\"0\") { $? => { echo zero } }",
        "echo ${?}",
    ];
    for line in lines {
        let outcome = crate::support::Run::code(format!("{line}\necho ran")).run();
        assert!(outcome.is_refusal() && outcome.out().is_empty(), "{line}: {outcome:?}");
    }
}

/// A `defer` sees the status of the end, and leaves it unchanged.
#[test]
fn deferred_commands_see_the_status_of_the_end() {
    let cases = [
        ("defer { echo $? }\nsh -c 'exit 3'", "3\n", 3),
        ("defer { echo $? }\nexit 4", "4\n", 4),
        ("defer { echo $? }\ntrue", "0\n", 0),
        ("defer { echo $?; [ -f nosuch ] && echo no }\nexit 4", "4\n", 4),
        ("{ defer { echo $?; true }\n[ -f nosuch ] && echo no }\necho $?", "1\n1\n", 0),
        ("fn f() { defer { echo $? }\nreturn false }\nf || echo $?", "1\n1\n", 0),
        ("with ok=[0, 3] { sh -c 'exit 3'\necho $? }", "3\n", 0),
        ("try { sh -c 'exit 5' } catch e { echo $? }\necho $?", "5\n0\n", 0),
        ("printf 'a\\nb\\n' | each l { echo \"$l $?\"; [ $l = a ] && true; echo $? }", "a 0\n0\nb 0\n1\n", 0),
    ];
    for (script, out, status) in cases {
        let outcome = crate::support::Run::code(script).run();
        assert_eq!((outcome.out().as_str(), outcome.status), (out, status), "{script}: {outcome:?}");
    }
}
