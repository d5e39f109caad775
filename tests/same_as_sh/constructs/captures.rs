//! Compares unquoted captures: as words at the prompt, and where sh does not split.

use super::Text;
use crate::support::rng::Rng;

/// Texts that a command prints in a capture.
const PRINTED: &[&str] = &[
    "d", "in1", "a.txt", "out", "x", "d/x.c", "./in1", "é", "a=b", "x:y", "{a,b}", "~", "#c", "$PLAIN",
    "a'b", "a\"b", "!", "\\n", "",
];

/// Texts that sh would split or match.
const SPLIT: &[&str] =
    &["a b", "in1 in2", "*.txt", "in?", "[ab].txt", "a\\tb", "in1\\nin2", " d", "a\\\\b", "*"];

/// Commands in which `@` is a capture.
const COMMANDS: &[&str] = &[
    "probe argv @",
    "probe argv @ x @",
    "probe argv a@",
    "probe argv @b",
    "probe argv @@",
    "probe argv --file=@",
    "probe argv \"q\"@",
    "probe argv @\"\"",
    "probe argv @/x",
    "cat @ || printf 'none\\n'",
    "test -e @ && printf 'is\\n' || printf 'is not\\n'",
    "printf '%s\\n' @",
    "printf x > out/@1",
    "cat < @",
    "X=@ printenv X",
    "! test -e no@",
    "probe argv @ | cat",
    "{ probe argv @; }",
    "(cd @ && pwd)",
    "probe argv ./i*@* || printf 'none\\n'",
];

/// Commands in which nothing is split.
const UNSPLIT: &[&str] = &[
    "X=@ printenv X",
    "X=a@b printenv X",
    "cat <<< @",
    "cat <<< a@b",
    "cat <<EOF\n@ @\nEOF",
    "X=@ Y=@ probe env X",
];

fn capture(rng: &mut Rng, printed: &str) -> String {
    match rng.below(3) {
        0 => format!("$(printf \"{}\")", printed.replace('"', "\\\"")),
        1 => format!("$(printf '%b\\n\\n' \"{}\")", printed.replace('"', "\\\"")),
        _ => format!("$(printf x > out/log; printf \"{}\")", printed.replace('"', "\\\"")),
    }
}

/// Makes a case. A capture of text that sh splits is an error here, after which nothing can be
/// compared, so such cases have only one word.
pub fn case(rng: &mut Rng) -> Text {
    let command = rng.pick(COMMANDS);
    let mut text = String::new();
    for (at, part) in command.split('@').enumerate() {
        if at > 0 {
            let printed = rng.pick(PRINTED);
            text += &capture(rng, if printed.is_empty() && command.len() < 15 { "d" } else { printed });
        }
        text += part;
    }
    Text::both(text + "\nprintf 'end\\n'\n", false)
}

pub fn unsplit(rng: &mut Rng) -> Text {
    let command = rng.pick(UNSPLIT);
    let mut text = String::new();
    for (at, part) in command.split('@').enumerate() {
        if at > 0 {
            let printed = if rng.chance(50) { rng.pick(PRINTED) } else { rng.pick(SPLIT) };
            text += &capture(rng, printed);
        }
        text += part;
    }
    Text::both(text + "\n", !command.contains("<<<"))
}
