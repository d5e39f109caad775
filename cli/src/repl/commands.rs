//! The commands that only the prompt has: their names, their help, and the text of their arguments.

use pipewright::Value;
use pipewright::dialog::words;

/// The commands of the prompt, with their help.
pub const COMMANDS: &[(&str, &str)] = &[
    (
        "help",
        "Explains the prompt; with a word, a keyword, builtin, method, function, option of with or error.",
    ),
    ("fg", "Continues a job in the foreground: job N, or the one that was stopped last: fg [%N]"),
    ("bg", "Continues a stopped job in the background: bg [%N]"),
    (
        "history",
        "Lists earlier entries: history [--here] [--failed] [--last N] [WORD…]; with --delete, deletes those that it would \
         list. history --private keeps no entries until history --private off.",
    ),
    (
        "abbr",
        "Makes a word stand for a text, which replaces it as you type: abbr gco 'git checkout'. abbr --erase gco ends that.",
    ),
    (
        "bind",
        "Makes a key run an entry, whose value, if it is a text, is inserted: bind ctrl-t 'pick()'. bind --erase ctrl-t ends \
         that.",
    ),
    ("suspend", "Stops the prompt until the shell that started it continues it."),
    ("reload", "Runs rc.pw again, without the abbreviations and keys from before."),
    ("import-env", "Takes the variables of the environment that a file of sh sets: import-env ~/.profile"),
    (
        "complete",
        "Declares the words that complete a command: complete(\"deploy\", [\"--env=\", \"staging\"]). It takes a list of \
         words, a map of words and descriptions, or a function that returns either. complete --learn NAME… lets Tab \
         run NAME --help; --forget NAME… takes that back.",
    ),
];

/// Returns the text of an argument.
pub fn text(value: &Value) -> String {
    value.to_word().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

/// Lists the words that `help` explains, each with a line of help.
pub fn topics() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_language = words().map(|word| (word.name(), word.help()));
    of_language.chain(COMMANDS.iter().copied()).chain([("methods", "all functions and methods")])
}
