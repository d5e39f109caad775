//! The commands that only the prompt has: their names and what they do, and the text of their arguments.

use pipewright::Value;
use pipewright::dialog::words;

/// The commands of the prompt, and what they do.
pub const COMMANDS: &[(&str, &str)] = &[
    (
        "help",
        "Tells what the prompt can do; with a word, about a keyword, builtin, method, function, option of with or error.",
    ),
    ("fg", "Continues a job in the foreground, the one that was stopped last or that of the number: fg [%N]"),
    ("bg", "Continues a stopped job in the background: bg [%N]"),
    ("history", "Lists what was entered before: history [--here] [--failed] [--last N] [WORD…]"),
    (
        "complete",
        "Says what completes the words of a command: complete(\"deploy\", [\"--env=\", \"staging\"]), with a map of words \
         and what they mean, or with a function of the words that gives either. complete --learn NAME… lets Tab ask \
         a program for its --help; --forget NAME… takes that back.",
    ),
];

/// The text of an argument.
pub fn text(value: &Value) -> String {
    value.to_word().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

/// The words that `help` explains, each with one line about it.
pub fn topics() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_language = words().map(|word| (word.name(), word.help()));
    of_language.chain(COMMANDS.iter().copied()).chain([("methods", "all functions and methods")])
}
