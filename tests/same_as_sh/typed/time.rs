//! `time [-p] PIPELINE`, which bash alone has.

use crate::same_as_sh::compare::{Bench, Comparison, Text, small};
use crate::support::rng::Rng;

const COMMANDS: &[&str] = &[
    "echo a",
    "cat f1",
    "cat f1 | cat",
    "cat f2 | sort -r | cat",
    "{ echo a; echo b; }",
    "{ cat f1; cat f2; } > out",
    "true",
    "A=1 printenv A",
    "f",
    "cat f1 > out",
    "sh -c 'echo e >&2'",
    "sh -c 'echo e >&2' 2> err",
    "{ sh -c 'echo e >&2'; } 2> err",
    "test -d d",
    "cat < f2",
    "echo \"$(cat f1)\"",
    "{ true; } | cat",
    "cd .",
    "export A=2",
];

const FAILURES: &[&str] =
    &["false", "sh -c 'exit 3'", "[ -f nosuch ]", "cat nosuch 2> /dev/null", "true | sh -c 'exit 2'"];

fn timed(rng: &mut Rng) -> String {
    let option = rng.pick(&["", "", "-p "]);
    format!("time {option}{}", rng.pick(COMMANDS))
}

fn statement(rng: &mut Rng, text: &mut Text) {
    let one = timed(rng);
    let failure = rng.pick(FAILURES);
    match rng.below(16) {
        0..=3 => text.same(&one),
        4 => text.same(&format!("{{ {one}; }} 2> err2")),
        5 => text.same(&format!("{one} && echo then")),
        6 => text.same(&format!("true && {one}")),
        7 => text.same(&format!("time {failure} || echo \"failed $?\"")),
        8 => text.same(&format!("! time {failure}")),
        9 => text.same(&format!("time ! {failure}")),
        10 => text.each("if time -p true {\n", "if time -p true; then\n").same("echo yes\n").each("}", "fi"),
        11 => text
            .each("time for v in a b {\n", "time for v in a b; do\n")
            .each("echo $v\n", "echo \"$v\"\n")
            .each("}", "done"),
        12 => {
            text.each("time if [ -f f1 ] {\n", "time if [ -f f1 ]; then\n").same("echo yes\n").each("}", "fi")
        }
        13 => text.each("time while true {\n", "time while true; do\n").same("break\n").each("}", "done"),
        // bash 5.2 can't read a block behind `time` there.
        14 => text.same("echo \"$(time -p cat f1 | cat)\""),
        _ => text.same("time [ -f nosuch ] && echo no"),
    };
    text.same("\n");
}

fn generate(rng: &mut Rng) -> Text {
    let mut text = Text::default();
    text.each("fn f() {\n", "f() {\n").same("echo \"in f\"\n}\n");
    for _ in 0..rng.within(1, 3) {
        statement(rng, &mut text);
    }
    if rng.chance(25) {
        text.same(&format!("time {}\n", rng.pick(FAILURES)));
    }
    text.same("echo end\n");
    text
}

#[test]
fn times_are_printed_as_by_bash() {
    let bench = Bench { errors: true, numbers: true, ..small() };
    Comparison { name: "time", make: generate, bench, cases: 150, refused_percent: 10, dash_percent: 0 }
        .run();
}

#[test]
fn unsupported_forms_of_time_are_refused() {
    let lines = [
        "time",
        "time -p",
        "time -v true",
        "time -- true",
        "time > out",
        "time 2> out",
        "time && echo x",
        "true | time cat",
        "A=1 time true",
        "command time true",
        "time time true",
        "! time ! true",
        "time A=1",
        "fn time() { true }",
    ];
    for line in lines {
        let outcome = crate::support::Run::code(format!("{line}\necho ran")).run();
        assert!(outcome.is_refusal() && outcome.out().is_empty(), "{line}: {outcome:?}");
    }
    // A variable and a value may have the name.
    let script =
        "let time = 5\ntime += 1\nif (time > 5) { echo $time }\nlet m = {time: 1}\necho ${m.time} time";
    assert_eq!(crate::support::Run::code(script).run().out(), "6\n1 time\n");
}
