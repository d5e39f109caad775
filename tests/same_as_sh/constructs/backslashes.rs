//! Backslashes in `"…"`, and the escapes of `echo -e`.

use super::Text;
use crate::support::rng::Rng;

/// The parts of a text in double quotes.
const INSIDE: &[&str] = &[
    "\\n",
    "\\t",
    "\\.",
    "\\d+",
    "\\*",
    "\\?",
    "\\[a\\]",
    "\\\\",
    "\\\\n",
    "\\$",
    "\\$HOME",
    "\\\"",
    "\\`",
    "\\'",
    "\\ ",
    "\\\n",
    "\\{a,b\\}",
    "\\~",
    "\\#",
    "\\!",
    "\\;",
    "\\|",
    "\\&",
    "\\<",
    "\\(",
    "\\=",
    "\\é",
    "\\0",
    "\\x41",
    "\\u00e9",
    "\\/",
    "\\-",
    "\\%",
    "$PLAIN",
    "${SPACES}",
    "$BACK",
    "$.",
    " ",
    "a",
    "%s",
    "é",
    "'",
    "*",
    "\n",
];

/// Commands in which `@` is a word.
const COMMANDS: &[&str] = &[
    "probe argv @",
    "probe argv @ @",
    "printf '%s\\n' @",
    "printf '%b|' @",
    "probe argv x@y",
    "probe argv \"$(probe argv @)\"",
    "probe argv \"a$(printf '%s' @)b\"",
    "X=@ printenv X",
    "cat <<< @",
    "test @ = @ || printf other",
    "[ @ != 'a\\n' ]; printf '%s' @",
    "grep -c @ in1 || printf none",
    "printf '%s' @ | wc -c",
    "printf x > @",
    "{ probe argv @; }",
    "! probe argv @ | grep -q zzz",
    "echo @",
    "printf '%s\\n' 'a\\n'@",
    "cat <<EOF\n$(printf '%s' @)\nEOF",
];

/// Returns whether dash has the construct too: here-strings and the format of a printf with escapes are
/// bash's.
fn is_posix(text: &str) -> bool {
    !(text.contains("<<<") || text.contains("%b") || text.contains("echo") || text.contains("/$"))
}

pub fn case(rng: &mut Rng) -> Text {
    let mut text = String::new();
    for _ in 0..rng.within(1, 3) {
        let command = rng.pick(COMMANDS);
        for (at, part) in command.split('@').enumerate() {
            if at > 0 {
                text += &quoted(rng, command);
            }
            text += part;
        }
        text += "\n";
    }
    let is_posix = is_posix(&text);
    Text::both(text, is_posix)
}

fn quoted(rng: &mut Rng, command: &str) -> String {
    let mut word = String::from("\"");
    // A file of this name is written; a pattern should be one.
    if command.contains("> @") || command.contains("grep") {
        word += "out/k";
    }
    for _ in 0..rng.within(1, 4) {
        let inside = rng.pick(INSIDE);
        let is_usable = !(command.contains("> @") && (inside.contains('/') || inside.contains('$')))
            && !(command.contains("grep") && inside.contains('\\'));
        if is_usable {
            word += inside;
        }
    }
    // The letters that follow would become part of the name.
    word.replace("$PLAIN", "${PLAIN}").replace("$BACK", "${BACK}").replace("$HOME", "$HOME.") + "\""
}

const ESCAPES: &[&str] = &[
    "\\a",
    "\\b",
    "\\e",
    "\\E",
    "\\f",
    "\\n",
    "\\r",
    "\\t",
    "\\v",
    "\\\\",
    "\\0",
    "\\012",
    "\\0101",
    "\\0777",
    "\\1",
    "\\101",
    "\\x",
    "\\x4",
    "\\x41",
    "\\xff",
    "\\xzz",
    "\\u",
    "\\u41",
    "\\u00e9",
    "\\U0001F600",
    "\\c",
    "\\q",
    "\\'",
    "\\\"",
    "\\?",
    "\\8",
    "\\",
    "a",
    "7",
    " ",
    "é",
    "%",
    "-",
    "-n",
    "-e",
    "\\[",
    "\\033[1m",
];

const OPTIONS: &[&str] =
    &["-e", "-e", "-ne", "-en", "-n -e", "-e -n", "-E -e", "-e -E", "-nE", "-nn", "-eE", "-Ee", "-E"];

pub fn echo(rng: &mut Rng) -> Text {
    let mut text = String::new();
    for _ in 0..rng.within(1, 3) {
        let options = rng.pick(OPTIONS);
        text += &format!("echo {options}");
        for _ in 0..rng.within(0, 3) {
            let word: String = (0..rng.within(1, 3)).map(|_| rng.pick(ESCAPES)).collect();
            text += &match rng.below(3) {
                // A kept backslash needs -e.
                0 if options.ends_with('e') || options.ends_with("-n") && options.contains('e') => {
                    format!(" \"{}\"", word.replace('"', "").trim_end_matches('\\'))
                }
                0 | 1 => format!(" '{}'", word.replace('\'', "")),
                // A first word such as `-n` is an option in bash, and a value here.
                _ => " .\"$BACK\"".to_owned(),
            };
        }
        text += ["\n", " | cat\n", " > out/echoed; cat out/echoed\n"][rng.below(3)];
    }
    Text::both(text, false)
}
