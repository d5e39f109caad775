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
    // What a variable holds decides how many words it makes.
    "s='two words'; printf '[%s]' $s",
    "s=; printf '[%s]' $s a",
    "s='f*'; echo $s",
    "s='a b'; echo $s; echo \"$s\" x$s; cat <<< $s",
    "s='a  b'; echo $s",
    "s=`cat f2`; printf '<%s>' $s",
    "s=f1; cat $s > $s.out; cat < $s; S=$s printenv S",
    "if true; then s='a b'; cat <<E\n$s `echo $s` $((1 + 2))\nE\nfi",
    "{ s=ab; cat <<E\n$s `echo $s` $((1 + 2))\nE\n}",
    "n=010; echo $((n + 1))",
    "n=`echo 010`; echo $((n + 1))",
    "n=`echo 12`; echo $((n * 2)) $((7 / 2)) $((7 % 4))",
    "n=-5; echo $((n + 1))",
    "echo $(( $(cat f1 | wc -l) + 1 ))",
    "x=`pwd | wc -l` && echo \"$x\"",
    "(cd d && x=`ls` && echo \"$x\")",
    "x=`cat nosuch 2> err` || echo none",
    "x=`cat nosuch 2> err` || { echo none; echo two; }; echo \"<$x>\"",
    "x=`cat f1` || echo none; echo \"<$x>\"",
    "[ -d d ] && z=1 && echo $z",
    "a=(1 'b c' d); echo \"${a[1]}\" ${#a[@]}; printf '<%s>' \"${a[@]}\"",
    "a=('b c' d); printf '<%s>' ${a[0]}",
    "a=(x); a+=(y z); a[0]=w; printf '<%s>' \"${a[@]}\"",
    "declare -A m=([k]=v [l]='w x'); echo ${m[k]} \"${m[l]}\"",
    "i=1; ((i++)); ((i += 3)); echo $i",
    "let j=5+3; echo $j",
    "(( 2 > 1 )) && echo more",
    "(( 2 - 2 )) || echo zero",
    "[[ $HOME == /home* ]] && echo home",
    "[[ $HOME != *body ]] && echo other",
    "[[ $HOME =~ ^/h.*y$ ]] && echo matches",
    "[[ -n $HOME && -f f1 ]] && echo both",
    "[[ -z $HOME || -d d ]] && echo one",
    "x=010; [[ $x -eq 8 ]] && echo octal",
    "x='a b'; [[ $x == 'a b' ]] && echo same",
    "printf -v p '%03d' 7; echo $p",
    "read -r q <<< ' two words '; echo \"$q\"",
    "mapfile -t ls < f2; echo ${#ls[@]}",
    "f() { local v=$1; echo \"<$v>\" \"${2:-none}\"; return 0; }; f 'a b'",
    "f() { for w in \"$@\"; do echo \"<$w>\"; done; }; f 'a b' c",
    "echo a | { read -r v; echo \"$v\"; }",
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
    let ours = dialog.rewritten(&sh).filter(|rewritten| {
        // The patterns have matches here.
        rewritten.remarks.iter().all(|remark| *remark == "without a match it does nothing")
    });
    let ours = ours.map_or_else(|| sh.clone(), |rewritten| rewritten.text);
    Text { ours, sh, is_posix: false }
}

#[test]
fn rewritten_lines_do_the_same_as_in_bash() {
    let bench = Bench { options: &["--prompt"], run_refusal: Some("error[E1035]"), ..small() };
    Comparison { name: "rewrites", make: generate, bench, cases: 200, refused_percent: 65, dash_percent: 0 }
        .run();
}
