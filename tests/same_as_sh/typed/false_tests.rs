//! Compares tests before `&&`: lists that end with a false test, and the effect of its status.

use super::{Text, compare};
use crate::support::rng::Rng;

const TESTS: &[&str] = &[
    "[ -f f1 ]",
    "[ -f nosuch ]",
    "test -d d",
    "test 1 -eq 2",
    "command test -f f1",
    "command [ a = b ]",
    "[ -n \"$HOME\" ]",
    "[ -z \"$HOME\" ]",
    "$yes",
    "$no",
    "[ -f nosuch ] 2> /dev/null",
    "! [ -f f1 ]",
    "! test -f nosuch",
    "! $yes",
    "! $no",
];

/// The number of these without `!`.
const NOT_NEGATED: usize = 11;

pub struct Generator<'r> {
    rng: &'r mut Rng,
    /// The number of words printed so far, so that each is different.
    words: usize,
    /// Whether statements print the status of the statement before.
    asks: bool,
    /// Whether it is within a capture, where bash continues after a failure.
    captured: bool,
}

impl<'r> Generator<'r> {
    /// Makes statements that print the status of the statement before.
    pub fn asking(rng: &'r mut Rng) -> Self {
        Self { rng, words: 0, asks: true, captured: false }
    }

    fn word(&mut self) -> String {
        self.words += 1;
        format!("echo w{}", self.words)
    }

    /// Makes a list that only a test before `&&` can end early.
    fn list(&mut self, depth: usize, text: &mut Text) {
        let count = self.rng.within(2, 4);
        let ors: Vec<bool> = (1..count).map(|_| self.rng.chance(35)).collect();
        for at in 0..count {
            if at > 0 {
                text.same(if ors[at - 1] { " || " } else { " && " });
            }
            let is_last = at + 1 == count;
            // A failure is fine if something handles it.
            let may_fail = !is_last && ors[at..].contains(&true) && ors[at];
            let tests = match is_last {
                true if self.captured => 0,
                true => 15,
                false => 60,
            };
            match self.rng.weighted(&[tests, 30, 8, 8]) {
                // A negated pipeline that fails at the end of a list stops a script here, and not in
                // sh.
                0 if is_last => {
                    text.same(self.rng.pick(&TESTS[..NOT_NEGATED]));
                }
                0 => {
                    text.same(self.rng.pick(TESTS));
                }
                1 => {
                    let word = self.word();
                    text.same(&word);
                }
                2 if may_fail => {
                    text.same(self.rng.pick(&["false", "sh -c 'exit 3'", "cat nosuch 2> /dev/null"]));
                }
                3 if depth < 2 && is_last => self.compound(depth + 1, text),
                _ => {
                    text.same("true");
                }
            }
        }
    }

    /// Statements, each on a line.
    pub fn statements(&mut self, depth: usize, ends: bool, text: &mut Text) {
        let count = self.rng.within(1, 3);
        for _ in 0..count {
            match self.rng.weighted(&[60, 25, 15]) {
                0 => self.list(depth, text),
                1 if depth < 2 => self.compound(depth + 1, text),
                _ => {
                    let word = self.word();
                    text.same(&word);
                }
            }
            text.same("\n");
            if self.asks && self.rng.chance(60) {
                text.same("echo \"s $?\"\n");
            }
        }
        if ends {
            let word = self.word();
            text.same(&word).same("\n");
        }
    }

    fn compound(&mut self, depth: usize, text: &mut Text) {
        let ends = self.rng.chance(25);
        match self.rng.weighted(&[20, 20, 15, 15, 15, 8, 5]) {
            0 => {
                text.same("{\n");
                self.statements(depth, ends, text);
                text.same("}");
            }
            1 => {
                text.same("if ").same(self.rng.pick(&["true", "[ -f f1 ]", "[ -f nosuch ]"]));
                text.each(" {\n", "; then\n");
                self.statements(depth, ends, text);
                if self.rng.chance(50) {
                    text.each("} else {\n", "else\n");
                    self.statements(depth, ends, text);
                }
                text.each("}", "fi");
            }
            2 => {
                text.each("for v in a b {\n", "for v in a b; do\n");
                self.statements(depth, ends, text);
                text.each("}", "done");
            }
            3 => {
                text.each("while true {\n", "while true; do\n");
                self.statements(depth, true, text);
                text.same("break\n").each("}", "done");
            }
            4 => {
                text.each("match (\"x\") {\n* => {\n", "case x in\n*)\n");
                self.statements(depth, ends, text);
                text.each("}\n}", ";;\nesac");
            }
            5 => {
                text.same("{\n");
                self.statements(depth, ends, text);
                text.same("} > out");
            }
            _ => {
                text.same("echo \"$(\n");
                let ends = self.rng.chance(70);
                let outer = std::mem::replace(&mut self.captured, true);
                self.statements(depth, ends, text);
                self.captured = outer;
                text.same(")\"");
            }
        }
    }
}

fn generate(rng: &mut Rng) -> Text {
    let mut text = Text::default();
    text.each("let yes = true\nlet no = false\n", "yes=true\nno=false\n");
    let ends = rng.chance(85);
    let mut generator = Generator { rng, words: 0, asks: false, captured: false };
    if generator.rng.chance(30) {
        text.each("fn f() {\n", "f() {\n");
        let ends = generator.rng.chance(70);
        generator.statements(1, ends, &mut text);
        text.same("}\nf\n");
    }
    generator.statements(0, ends, &mut text);
    text
}

#[test]
fn lists_with_tests_do_the_same_as_in_sh() {
    compare("tests", generate, 450, 45);
}
