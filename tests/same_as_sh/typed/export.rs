//! `export NAME=word …` and `unset NAME …`.

use super::{Text, compare};
use crate::support::rng::Rng;

const NAMES: &[&str] = &["A", "B", "C", "LONG_NAME_1", "lower", "Mixed", "_x"];

/// Values that are written the same way in both languages.
const VALUES: &[&str] = &[
    "1",
    "",
    "a=b",
    "'two words'",
    "\"two  words\"",
    "$'tab\\t'",
    "*",
    "f?",
    "[f]1",
    "~",
    "~/x",
    "x:~/y",
    "~:~root:~",
    "a~",
    "'~'",
    "\"~\"",
    "\\~",
    "a\\ b",
    "$HOME",
    "\"$HOME/x\"",
    "$HOME:~",
    "x$HOME",
    "${HOME}",
    "$(echo 'a  b')",
    "\"$(echo x)\"",
    "$(printf 'l1\\nl2\\n\\n')",
    "é",
    "--",
    "-n",
    "a,b",
    "#x",
    "a#b",
    "$(cat f2)",
    "'$HOME'",
    "\"\"",
    "''x''",
    "%s",
    "!",
    "'a\nb'",
    "\\*",
    "x\\\\y",
    "$",
    "a{b",
    "{}",
    "x}",
    "d/*",
    "$(echo '*')",
    "1:2:~",
    "\"a$(echo b)c\"",
    "PATH=~",
    "=",
    "==x",
    "'='",
    "+x",
    "\"`\\`\"",
];

fn generate(rng: &mut Rng) -> Text {
    let mut text = Text::default();
    for _ in 0..rng.within(1, 4) {
        statement(rng, &mut text);
        text.same(rng.pick(&["\n", "\n", "; "]));
    }
    for name in NAMES {
        text.same(&format!("printenv {name} || echo '{name} is not set'\n"));
    }
    text
}

fn statement(rng: &mut Rng, text: &mut Text) {
    match rng.weighted(&[60, 22, 6, 4, 4, 4, 4, 3, 3]) {
        0 => exports(rng, text),
        1 => unsets(rng, text),
        2 => {
            exports(rng, text);
            text.same(" && ");
            unsets(rng, text);
        }
        3 => {
            exports(rng, text);
            text.same(rng.pick(&[" > out", " >> f1", " 2> err", " < f1"]));
        }
        4 => {
            exports(rng, text);
            text.same(" | cat");
        }
        5 => {
            text.same("{ ");
            exports(rng, text);
            text.same("; }");
        }
        6 => {
            text.same("echo \"$(");
            exports(rng, text);
            text.same("; printenv A || true)\"");
        }
        7 => {
            text.same("cat empty | ");
            exports(rng, text);
        }
        _ => {
            exports(rng, text);
            text.same(" & wait");
        }
    }
}

fn exports(rng: &mut Rng, text: &mut Text) {
    text.same("export");
    for _ in 0..rng.within(1, 3) {
        let name = rng.pick(NAMES);
        text.same(&format!(" {name}={}", rng.pick(VALUES)));
        if rng.chance(12) {
            text.same(&format!(" {name}=again"));
        }
    }
    if rng.chance(10) {
        // All words are expanded before the first is set.
        text.same(" HOME=/elsewhere B=$HOME C=~");
    }
}

fn unsets(rng: &mut Rng, text: &mut Text) {
    text.same(if rng.chance(25) { "unset -v" } else { "unset" });
    for _ in 0..rng.within(1, 3) {
        text.same(&format!(" {}", rng.pick(NAMES)));
    }
}

#[test]
fn exports_and_unsets_do_the_same_as_in_sh() {
    compare("export", generate, 120, 20);
}

/// Forms that are refused, because shells disagree about them or they mean something else in shells.
#[test]
fn unsupported_forms_of_export_and_unset_are_refused() {
    let lines = [
        "export",
        "export A",
        "export -p",
        "export -n A",
        "export -f f",
        "export -- A=1",
        "export A+=1",
        "export \"A=1\"",
        "export $HOME=1",
        "export A{1,2}=x",
        "export A={1,2}",
        "export A=x{1,2}y",
        "B=1 export A=2",
        "command export A=1",
        "'export' A=1",
        "export IFS=,",
        "export CDPATH=/",
        "export GLOBIGNORE=x",
        "export TIMEFORMAT=x",
        "export POSIXLY_CORRECT=1",
        "export OPTIND=2",
        "export PS1=x",
        "export PS4=x",
        "export PROMPT_COMMAND=x",
        "export BASHOPTS=x",
        "export BASH=x",
        "export SHELLOPTS=x",
        "export UID=1",
        "export EUID=1",
        "export PPID=1",
        "export RANDOM=1",
        "export SECONDS=1",
        "export LINENO=1",
        "export A=(1 2)",
        "export A[0]=1",
        "export $(cat f1)",
        "export ...$args",
        "export args=1",
        "unset",
        "unset -v",
        "unset -f f",
        "unset -n A",
        "unset -- A",
        "unset 'A'",
        "unset $HOME",
        "unset A=1",
        "unset A[0]",
        "unset HOME",
        "unset PATH",
        "unset IFS",
        "A=1 unset B",
        "command unset A",
        "unset {A,B}",
        "let A = 1\nexport A=2",
        "let A = 1\nunset A",
        "fn f() { true }\nexport f=1",
        "fn export() { true }",
        "fn unset() { true }",
    ];
    for line in lines {
        let text = format!("{line}\necho \"ran $[args.len()]\"");
        let outcome = crate::support::Run::code(&text).run();
        assert!(outcome.is_refusal() && outcome.out().is_empty(), "{line}: {outcome:?}");
    }
}
