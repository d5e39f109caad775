//! `( list )`.

use super::Text;
use crate::support::rng::Rng;

/// Commands that succeed. `@` is the name of a file that no other command writes.
const SUCCEED: &[&str] = &[
    "pwd",
    "cd d",
    "cd sp\\ ace",
    "cd ..; pwd",
    "cd d/../u",
    "printf 'a\\n'",
    "probe argv x \"$PLAIN\"",
    "cat in1",
    "cat ../in1 2> @ || printf 'none\\n'",
    "X=1 printenv X",
    "printf x > @",
    "printf y > @; ls @",
    "wc -c < in1 2> @ || true",
    "exit 0",
    "true",
    "! false",
    "printf 'b\\na\\n' | sort",
    "cat <<EOF\n$PLAIN\nEOF\n",
    "{ pwd; cd d; pwd; }",
    "printf z & wait",
    "cd d; cd - > @; pwd",
];

/// Commands that fail without a word.
const FAIL: &[&str] = &["false", "exit 3", "probe exit 4", "true && false", "exit 255", "test -f d"];

struct Generator<'r> {
    rng: &'r mut Rng,
    files: usize,
}

pub fn case(rng: &mut Rng) -> Text {
    let mut generator = Generator { rng, files: 0 };
    let count = generator.rng.within(1, 3);
    let mut text = String::new();
    for _ in 0..count {
        text += &generator.statement();
        text += "\n";
    }
    text += "printf 'end '; pwd\n";
    // For a missing directory the status is 2 in dash, and 1 in bash.
    let is_posix = !text.contains("cd ");
    Text::both(text, is_posix)
}

impl Generator<'_> {
    /// Makes a statement that contains one or more lists in parentheses.
    fn statement(&mut self) -> String {
        let outer = ["", "", "", "! ", "true && ", "false || ", "printf 's\\n'; "][self.rng.below(7)];
        let negated = outer == "! ";
        let tail = match self.rng.below(10) {
            0 => " || printf 'or\\n'",
            1 => " && printf 'and\\n'",
            2 => " | cat",
            3 => " | (cat; pwd)",
            4 => " & wait",
            5 if !negated => " > out/redirected; cat out/redirected",
            6 if !negated => " < in1",
            _ => "",
        };
        let absorbed = negated || tail.contains("or\\n") || tail.contains("and\\n");
        let is_stage = tail.starts_with(" | ");
        // After a failure before `&&` sh continues, and the script stops here.
        let may_fail = !is_stage && !tail.contains(" & ") && !tail.contains("and");
        // After `!` a list that succeeds stops the script here.
        let list = match negated {
            true => format!("({})", self.rng.pick(FAIL)),
            // A job that fails stops the script here.
            false if tail.contains(" & ") => "(pwd; (cd d; pwd); printf x)".to_owned(),
            false => self.list(2, absorbed, may_fail),
        };
        match self.rng.below(8) {
            // A writer would die of SIGPIPE in bash when the list reads nothing.
            0 if !absorbed && !list.contains("<<") => format!("{outer}true | {list}{tail}"),
            1 if !absorbed => format!("{outer}{{ {list}; pwd; }}{tail}"),
            2 if outer.is_empty() && tail.is_empty() => "printf '[%s]\\n' \"$( (cd d && pwd) )\"".to_owned(),
            3 if outer.is_empty() && tail.is_empty() => format!("{list} < in2"),
            _ => format!("{outer}{list}{tail}"),
        }
    }

    /// Makes a list with its parentheses. If its failure may be absorbed it is mostly one command,
    /// because others are refused.
    fn list(&mut self, depth: usize, absorbed: bool, may_fail: bool) -> String {
        let several = !absorbed || self.rng.chance(10);
        let count = if several { self.rng.within(1, 4) } else { 1 };
        let lines = self.rng.chance(25);
        let mut text = String::from(if lines { "(\n" } else { "(" });
        for at in 0..count {
            let command = match self.rng.below(5) {
                0 if depth > 0 => {
                    let inner = self.list(depth - 1, absorbed, may_fail);
                    format!(" {inner}")
                }
                1 if may_fail => self.rng.pick(FAIL).to_owned(),
                _ => self.success(absorbed && !several),
            };
            let ends_line = command.ends_with('\n') || lines;
            text += &command;
            if !command.ends_with('\n') && (lines || at + 1 < count) {
                text += if ends_line { "\n" } else { "; " };
            }
        }
        text + ")"
    }

    fn success(&mut self, alone: bool) -> String {
        loop {
            let command = self.rng.pick(SUCCEED);
            if alone
                && (command.contains(';')
                    || command.contains('{')
                    || command.contains('&') && command.contains("wait"))
            {
                continue;
            }
            self.files += 1;
            // The directory may be a different one, so a file of the same name is created there.
            return command.replace('@', &format!("made{}", self.files));
        }
    }
}
