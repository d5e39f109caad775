//! Lines of sh that the prompt takes or offers rewritten: sh's text in bash does what the rewritten text does here.
//!
//! What is not rewritten runs as it stands, and so is refused, or does the same.

use super::compare::{Bench, Comparison, Text, small};
use crate::support::rng::Rng;
use pipewright::Session;
use pipewright::dialog::Dialog;

/// Commands in which `@` is the value of a variable that is set.
const COMMANDS: &[&str] = &[
    "echo \"$@\"",
    "echo $@",
    "echo \"v: ${@}\" | cat",
    "printf '%s\n' \"$@\" > out",
    "[ \"$@\" = a ] && echo same",
    "[ \"$@\" = a ] || echo other",
    "echo \"`echo \"$HOME\"`$@\"",
    "echo \"`echo $@`\"",
    "echo `echo \\`echo $@\\``",
    "echo \"${@%.c} ${@##*/} ${#@}\"",
    "echo \"${@%.*}|${@#*/}|${@%%/*}|${@%/*}\"",
    "echo \"${@//o/0} ${@:-none}\"",
    "test -e \"$@\" && cat \"$@\" 2> err",
    "case $@ in a) echo one;; *.c|f?) echo file;; *) echo any;; esac",
    "case \"$@\" in ?) echo short;; [ab]*) echo ab;; esac",
    "if [[ -f $@ ]]; then echo file; fi",
    "if [[ \"$@\" == a ]]; then echo a; else echo b; fi",
    "x=\"$@\"; echo \"x $x\"",
    "n=`echo $@ | wc -c`; echo $n",
    "A=$@ printenv A",
    "cat <<< \"$@\"",
];

/// Commands with no variable.
const PLAIN: &[&str] = &[
    "cat f1",
    "echo `cat f1`",
    "echo $((2 + 3 * 4)) $((1-1))",
    "echo \"$((10-2-3))\" $(( (1 + 2) * 3 ))",
    "echo ${NOSUCH:-none} ${HOME:-x}",
    "export E=`cat f1`; printenv E",
    "cat f2 | while IFS= read -r l; do echo \"<$l>\"; done",
    "while IFS= read -r l; do echo \"$l\" | tr a-z A-Z; done < f2",
    "for i in $(seq 3); do echo $i; done",
    "for ((i=1; i<=3; i++)); do echo $i $((i * i)); done",
    "i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done",
    "k=3; until [ $k -eq 0 ]; do k=$((k - 1)); echo $k; done",
    "a=1 b='two words' c=~/x:~; echo \"$a $b $c\"",
    "d=\\$x\\ y\"z\\w\\\\\"; echo \"$d\"",
    "(cd d; for f in *; do echo $f; done)",
    "for f in a b; do echo $f; done | sort -r",
    "for f in a b; do echo $f; done > out; cat out",
    "if cat nosuch 2> err; then echo yes; elif test -d d; then echo d; else echo no; fi",
    "while true; do echo once; break; done",
    "for w in 'a b' \"c d\"; do echo \"$w\"; done",
    "y=1\ny=2\necho $y",
];

/// Words of `for`.
const WORDS: &[&str] = &[
    "a",
    "b.c",
    "f1",
    "d/x.c",
    "'two words'",
    "f?",
    "d/*",
    "{x,y}.o",
    "1",
    "\"q r\"",
    "`echo a`",
    "a/b.tar.gz",
];

struct Generator<'r> {
    rng: &'r mut Rng,
    names: usize,
}

impl Generator<'_> {
    /// Statements in which a variable is set, or none is.
    fn statements(&mut self, depth: usize, variable: Option<&str>) -> String {
        let separators = ["; ", "\n"];
        let count = self.rng.within(1, 3);
        let statements: Vec<String> = (0..count).map(|_| self.statement(depth, variable)).collect();
        statements.join(separators[self.rng.below(2)])
    }

    fn statement(&mut self, depth: usize, variable: Option<&str>) -> String {
        match (self.rng.below(10), variable) {
            (0..=2, _) if depth > 0 => self.for_loop(depth),
            (3, _) if depth > 0 => {
                let inside = self.statements(depth - 1, variable);
                let condition = self.rng.pick(&["[ -f f1 ]", "test -d f1", "! true", "grep -q one f1"]);
                let otherwise = self.statements(depth - 1, variable);
                format!("if {condition}; then {inside}; else\n{otherwise}\nfi")
            }
            (4..=7, Some(name)) => self.rng.pick(COMMANDS).replace('@', name),
            _ => self.rng.pick(PLAIN).to_owned(),
        }
    }

    fn for_loop(&mut self, depth: usize) -> String {
        self.names += 1;
        let name = format!("v{}", self.names);
        let words: Vec<&str> = (0..self.rng.within(1, 3)).map(|_| self.rng.pick(WORDS)).collect();
        let inside = self.statements(depth - 1, Some(&name));
        let (before, after) =
            [("; do ", "; done"), ("\ndo\n", "\ndone"), ("; do\n    ", "\ndone")][self.rng.below(3)];
        format!("for {name} in {}{before}{inside}{after}", words.join(" "))
    }
}

fn generate(rng: &mut Rng) -> Text {
    let sh = Generator { rng, names: 0 }.statements(2, None) + "\n";
    let mut session = Session::new();
    session.clear_env();
    for (name, value) in [("HOME", "/home/nobody"), ("PATH", "/bin"), ("LC_ALL", "C.UTF-8")] {
        session.set_env(name, value).expect("it is a variable");
    }
    let dialog = Dialog::new(session).expect("a descriptor is free");
    let ours = dialog.rewritten(&sh).unwrap_or_else(|| sh.clone());
    Text { ours, sh, is_posix: false }
}

#[test]
fn rewritten_lines_do_the_same_as_in_bash() {
    let bench = Bench { options: &["--prompt"], run_refusal: Some("error[E1035]"), ..small() };
    Comparison { name: "rewrites", make: generate, bench, cases: 250, refused_percent: 30, dash_percent: 0 }
        .run();
}
