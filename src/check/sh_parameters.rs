//! `${x:-y}`, `$1`, `$@` and other expansions of sh (POSIX 2.5.2, 2.6.2), each with its replacement.

use super::sh_constructs::ConstructSpec;
use crate::diag::code;

const fn row(message: &'static str, help: &'static str, example: &'static str) -> ConstructSpec {
    ConstructSpec { code: code::SH_PARAMETER, message, help, example }
}

/// Returns the row of an expansion from its text, including the dollar.
pub fn of(text: &str) -> ConstructSpec {
    match text.strip_prefix("${").and_then(|inside| inside.strip_suffix('}')) {
        Some(inside) => braced(inside),
        None => special(text.strip_prefix('$').unwrap_or(text)),
    }
}

/// `$1` and `$@` in a function, where they would be its arguments.
pub const IN_FUNCTION: ConstructSpec = row(
    "a function has named parameters",
    "name them; what is left is taken by the last one",
    "fn greet(first, ...others) { echo $first ...$others }\ngreet Ada Bob",
);

/// Returns whether an expansion of sh means an argument, all arguments or their number.
pub fn is_positional(text: &str) -> bool {
    let name = text.trim_matches(['$', '{', '}']);
    matches!(name, "@" | "*" | "#")
        || !matches!(name, "" | "0") && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the row for a single name: `$1`, `$@`.
fn special(name: &str) -> ConstructSpec {
    match name {
        "@" | "*" => row(
            "the script's arguments are the list `args`",
            "splice it, or go through it",
            "for arg in ...$args { echo $arg }",
        ),
        "#" => row(
            "the number of the script's arguments is that of the list `args`",
            "it is a method of the list",
            "if (args.len() != 2) { fail \"usage: copy FROM TO\" }",
        ),
        "?" => row("the status of the last command has no braces", "write $?", "false || echo $?"),
        "!" => row(
            "there is no `$!`: a job is a value",
            "keep it in a variable",
            "let job = spawn { sleep 1 }\njob.kill()\njob.wait()",
        ),
        "$" => row(
            "there is no `$$`: the number of the process is not to be had",
            "a name that no other process has comes from mktemp",
            "let file = $(mktemp)\necho $file",
        ),
        "-" => row(
            "there is no `$-`: a script has no shell options",
            "failures stop the script, and unset variables are errors, always",
            "",
        ),
        "0" => row(
            "there is no `$0`",
            "the script's own path is script_path()",
            "let here = script_path().dirname()\necho \"usage: $[script_path().basename()] FILE, from $here\"",
        ),
        _ => row(
            "the script's arguments are the list `args`, counted from 0",
            "`$1` is the first of them, args[0]; write a text that awk is to see with its `$1` in '…'",
            "for arg in ...$args { echo $arg }\necho ${args[0]}",
        ),
    }
}

/// Returns the row for the text between the braces of `${…}`.
fn braced(inside: &str) -> ConstructSpec {
    if !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit())
        || matches!(inside, "@" | "*" | "#" | "?" | "!" | "$" | "-")
    {
        return special(inside);
    }
    if let Some(counted) = inside.strip_prefix('#') {
        return if counted.starts_with(['@', '*']) {
            special("#")
        } else {
            row(
                "`${#x}` is a length in sh",
                "a length is a method of the value",
                "let x = \"text\"\necho $[x.len()]",
            )
        };
    }
    if inside.starts_with('!') {
        return row(
            "`${!x}` is the variable that x names in bash",
            "keep values by name in a map",
            "let ports = {web: 80, mail: 25}\nlet name = \"web\"\necho ${ports[name]}",
        );
    }
    let name = inside.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let operator = &inside[name..];
    let first = |count: usize| operator.get(..count).unwrap_or_default();
    match (first(2), first(1)) {
        (":-", _) | (_, "-") => {
            row("a default is given by `??`", "in an expression", "echo $[env.EDITOR ?? \"vi\"]")
        }
        (":=", _) | (_, "=") => {
            row("a default is assigned by `??=`", "as a statement", "env.EDITOR ??= \"vi\"")
        }
        (":?", _) | (_, "?") => row(
            "a variable that is not set is an error by itself",
            "use it as it is; for a message of your own, ask before",
            "if (env.EDITOR == null) { fail \"EDITOR is not set\" }",
        ),
        (":+", _) | (_, "+") => row(
            "another value is chosen by a condition",
            "in an expression",
            "echo $[env.EDITOR == null ? \"\" : \"set\"]",
        ),
        (_, "%") => row(
            "`${x%y}` removes the end of a text in sh",
            "it is a method of the value, and so is the name of a file less its extension",
            "let file = \"src/main.c\"\necho $[file.strip_suffix(\".c\")] $[file.stem()]",
        ),
        (_, "#") => row(
            "`${x#y}` removes the beginning of a text in sh",
            "it is a method of the value, and so is the last part of a path",
            "let file = \"src/main.c\"\necho $[file.strip_prefix(\"src/\")] $[file.basename()]",
        ),
        (_, "/") => row(
            "`${x/a/b}` replaces in bash",
            "it is a method of the value",
            "let x = \"text\"\necho $[x.replace(\"t\", \"n\")]",
        ),
        (_, "^") => row(
            "`${x^^}` is in capitals in bash",
            "it is a method of the value",
            "let x = \"text\"\necho $[x.upper()]",
        ),
        (_, ",") => row(
            "`${x,,}` is in small letters in bash",
            "it is a method of the value",
            "let x = \"TEXT\"\necho $[x.lower()]",
        ),
        (_, ":") => row(
            "`${x:1:2}` is a part of a text in bash",
            "it is a method of the value, from one place to before another",
            "let x = \"text\"\necho $[x.slice(1, 3)]",
        ),
        (_, "[") => row(
            "`${x[@]}` is all of an array in bash",
            "splice a list",
            "let names = [\"a\", \"b\"]\necho ...$names",
        ),
        _ => row(
            "`${…}` holds a name and a path here",
            "write anything else as an expression: $[…]",
            "let x = {key: [1, 2]}\necho ${x.key[0]} $[2 * 3]",
        ),
    }
}

/// An expansion of each kind, for the tests.
#[cfg(test)]
pub const ALL: &[&str] = &[
    "$@", "$#", "${?}", "$!", "$$", "$-", "$0", "$1", "${10}", "${#x}", "${#@}", "${!x}", "${x:-y}",
    "${x=y}", "${x?}", "${x:+y}", "${x%y}", "${x##y}", "${x/a/b}", "${x^^}", "${x,,}", "${x:1:2}", "${x[@]}",
    "${}", "${x@Q}", "${ x }",
];
