//! Constructs of sh that Pipewright does not have, each with its replacement.
//!
//! Two tables: one of constructs that the grammar reads by a rule of its own, and one of command words.
//! The example of each row passes the check; a test ensures that, since a wrong hint is worse than none.

use crate::builtins::keywords;
use crate::diag::{Code, code};
use crate::programs::Shapes;
use crate::syntax::ast::ShConstruct;

/// The reason why a construct of sh is refused, and its replacement.
#[derive(Debug)]
pub struct ConstructSpec {
    pub code: Code,
    pub message: &'static str,
    pub help: &'static str,
    /// A text that passes the check, shown after the help.
    pub example: &'static str,
}

const fn row(code: Code, message: &'static str, help: &'static str, example: &'static str) -> ConstructSpec {
    ConstructSpec { code, message, help, example }
}

/// `while read -r line; do …; done`
pub const READ_LOOP: ConstructSpec = row(
    code::SH_COMPOUND,
    "`do … done` is sh's form",
    "lines are streamed through `each`",
    "cat notes.txt | each line { echo $line }",
);

/// Returns the row of a construct.
pub const fn of(habit: ShConstruct) -> ConstructSpec {
    match habit {
        ShConstruct::If => row(
            code::SH_COMPOUND,
            "`if …; then` is sh's form",
            "a block in braces follows the condition",
            "if test -d build { echo built } else { echo missing }",
        ),
        ShConstruct::Loop => row(
            code::SH_COMPOUND,
            "`do … done` is sh's form",
            "a block in braces follows the head of the loop",
            "for f in a b { echo $f }",
        ),
        ShConstruct::ForArithmetic => row(
            code::SH_COMPOUND,
            "`for ((…))` is bash's form",
            "loop over a range, or forever",
            "for i in (0..<10) { echo $i }\nwhile true { break }",
        ),
        ShConstruct::CaseEnd => row(
            code::SH_COMPOUND,
            "`;;` belongs to sh's `case`",
            "write `match` with a block for each pattern",
            "match (args[0]) { start | run => { echo up }\n* => { echo unknown } }",
        ),
        ShConstruct::Function => row(
            code::SH_FUNCTION,
            "this is sh's function definition",
            "a function is declared by `fn`, with named parameters",
            "fn greet(name) { echo \"hello $name\" }\ngreet you",
        ),
        ShConstruct::Arithmetic => row(
            code::SH_ARITHMETIC,
            "`$((…))` is sh's arithmetic",
            "write $[…] in a word, and the bare expression after `let` and `=`; names have no `$`",
            "let n = 2\necho $[n * 3 + 1]",
        ),
        ShConstruct::ArithmeticCommand => row(
            code::SH_ARITHMETIC,
            "`((…))` is bash's arithmetic",
            "assign by a statement, and compare in the parentheses of `if` or `while`",
            "let n = 2\nn += 1\nif (n > 2) { echo more }",
        ),
        ShConstruct::DoubleBracket => row(
            code::SH_TEST,
            "`[[ … ]]` is bash's test",
            "compare values in the parentheses of `if`, patterns by `match`, and files by `test`",
            "let x = \"a\"\nif (x == \"a\") { echo same }",
        ),
        ShConstruct::Backtick => row(
            code::SH_BACKTICK,
            "backticks are sh's older command substitution",
            "capture by $(…): in quotes for one argument, or as a list of lines for many",
            "echo \"$(date)\"",
        ),
        ShConstruct::Parameter => row(
            code::SH_PARAMETER,
            "`${…}` holds a name and a path here, and not an operator of sh",
            "give a default by `??`, and choose by a condition",
            "echo $[env.EDITOR ?? \"vi\"]",
        ),
        ShConstruct::SpecialParameter => row(
            code::SH_PARAMETER,
            "this is a special parameter of sh",
            "the script's arguments are the list `args`; a failed command stops the script by itself, and `if` asks for its success",
            "for arg in ...$args { echo $arg }",
        ),
        ShConstruct::Indexed => row(
            code::SH_PARAMETER,
            "`$x[…]` is one thing in sh and another elsewhere",
            "put an element in braces, and quote a bracket that is text: \"$x\"'['",
            "echo ${args[0]}",
        ),
        ShConstruct::LocaleString => row(
            code::SH_QUOTING,
            "`$\"…\"` is bash's translated string",
            "leave the dollar out",
            "echo \"text\"",
        ),
        ShConstruct::Array => row(
            code::SH_ASSIGNMENT,
            "`name=(…)` is bash's array",
            "write a list",
            "let names = [\"a\", \"b\"]\necho ...$names",
        ),
        ShConstruct::AppendAssignment => row(
            code::SH_ASSIGNMENT,
            "`name+=…` is bash's appending",
            "write spaces around the operator; strings and lists are joined by `++`",
            "let s = \"a\"\ns = s ++ \"b\"",
        ),
        ShConstruct::ElementAssignment => row(
            code::SH_ASSIGNMENT,
            "`name[…]=…` is bash's array element",
            "write spaces around `=`",
            "let xs = [1, 2]\nxs[0] = 5",
        ),
        ShConstruct::LetWithoutSpaces => row(
            code::SH_ASSIGNMENT,
            "`let` declares a variable: name, spaces, `=`, expression",
            "write a name, `=` between blanks, and a value",
            "let x = 5",
        ),
        ShConstruct::RedirectBoth => row(
            code::SH_REDIRECTION,
            "`>&word` is a file in bash and an error in sh",
            "write &> for standard output and standard error, and >&2 for a descriptor",
            "date &> log.txt",
        ),
        ShConstruct::DescriptorVariable => row(
            code::SH_REDIRECTION,
            "`{name}>` lets bash choose a descriptor",
            "name the descriptor by a number",
            "{ echo hi >&3; } 3> log.txt",
        ),
        ShConstruct::BadEscape => row(
            code::BAD_ESCAPE,
            "an escape that \"…\" does not have",
            "in a value a backslash is only allowed before \\ \" $ ` and a line's end; text without escapes goes in '…', C escapes in $'…'",
            "let s = 'a\\nb'\nlet c = $'a\\nb'",
        ),
        ShConstruct::Operator => row(
            code::SH_OPERATOR,
            "this operator belongs to sh or C",
            "in an expression write `and`, `or`, `not` and `==`",
            "let a = 1\nif (a == 1 and not (a > 2)) { echo yes }",
        ),
        ShConstruct::Dollar => row(
            code::SH_DOLLAR,
            "names have no `$` in an expression",
            "drop the `$`; the environment is env.NAME, the script's arguments are args",
            "let x = 1\nlet y = x + 1\necho $y $[env.HOME]",
        ),
    }
}

/// Words that sh knows and that are not programs here.
const WORDS: &[(&[&str], ConstructSpec)] = &[
    (
        &["local", "readonly", "declare", "typeset"],
        row(
            code::SH_BUILTIN,
            "this is sh's declaration",
            "declare by `let`; a block's names end with it",
            "let name = \"value\"",
        ),
    ),
    (
        &["set", "shopt", "setopt"],
        row(
            code::SH_BUILTIN,
            "shell options don't exist here",
            "failures stop the script, unset variables are errors and pipelines fail with any stage, always; --trace shows each command",
            "",
        ),
    ),
    (
        &["source", "."],
        row(
            code::SH_BUILTIN,
            "no file of sh runs in this script",
            "a file of Pipewright is used by `use \"lib.pw\"`; a script of sh is run as a program of its own",
            "sh setup.sh",
        ),
    ),
    (
        &[":"],
        row(code::SH_BUILTIN, "`:` is sh's empty command", "write `true`, or an empty block { }", "true"),
    ),
    (
        &["eval"],
        row(
            code::SH_EVAL,
            "values never become code",
            "run a command whose parts are values directly; `flags` says that options are among them",
            "let command = [\"ls\", \"-l\", \"/tmp\"]\n...$[flags(command)]",
        ),
    ),
    (
        &["trap"],
        row(
            code::SH_BUILTIN,
            "`trap` is sh's",
            "`defer` runs at the end of its block, also after a failure or a signal; `on HUP { … }` handles a signal; children are ended by themselves",
            "let file = $(mktemp)\ndefer { rm -f -- $file }",
        ),
    ),
    (
        &["read", "mapfile", "readarray"],
        row(
            code::SH_BUILTIN,
            "this reads into a variable in sh",
            "stream lines through `each`, or take them as a list",
            "cat notes.txt | each line { echo $line }",
        ),
    ),
    (
        &["getopts", "shift"],
        row(
            code::SH_BUILTIN,
            "this takes sh's positional parameters apart",
            "`fn main` declares the script's arguments and options; all of them are the list `args`",
            "fn main(file, count: int = 1, verbose: bool = false) { echo $file $count $verbose }",
        ),
    ),
    (
        &["alias", "unalias"],
        row(
            code::SH_BUILTIN,
            "aliases don't exist here",
            "a function passes its words on",
            "fn ll(...a) { ls -la ...$a }\nll /tmp",
        ),
    ),
    (
        &["time"],
        row(
            code::TIME_PLACE,
            "`time` comes before a whole pipeline, which it times",
            "it is the first word, or follows `!`; a program of this name is called 'time', in quotes",
            "time sleep 0.01",
        ),
    ),
    (
        &["times"],
        row(
            code::SH_KEYWORD,
            "`times` is a builtin of sh",
            "the time and memory of each process are told by",
            "with stats=true { make }",
        ),
    ),
    (
        &["umask", "ulimit"],
        row(
            code::SH_BUILTIN,
            "limits of the whole process can't be changed from a script",
            "set them for a block of commands",
            "with umask=\"027\", open_files=1024 { true }",
        ),
    ),
    (
        &["until"],
        row(
            code::SH_KEYWORD,
            "`until` is a keyword of sh",
            "negate the condition of `while`",
            "while ! test -e ready { sleep 1 }",
        ),
    ),
    (
        &["function"],
        row(
            code::SH_FUNCTION,
            "`function` is a keyword of sh",
            "a function is declared by `fn`, with named parameters",
            "fn greet(name) { echo \"hello $name\" }\ngreet you",
        ),
    ),
    (
        &["select", "coproc"],
        row(
            code::SH_KEYWORD,
            "this is a keyword of sh",
            "it has no counterpart here; quote the word if a program is meant",
            "",
        ),
    ),
    (
        &["pushd", "popd", "dirs"],
        row(
            code::SH_BUILTIN,
            "the directory stack doesn't exist here",
            "a block works in another directory, and the script goes on in its own",
            "with cwd=\"/tmp\" { pwd }",
        ),
    ),
    (
        &["then", "fi", "elif"],
        row(
            code::SH_COMPOUND,
            "this word belongs to sh's `if`",
            "a block in braces follows the condition",
            "if test -d build { echo built } else if test -d src { echo source }",
        ),
    ),
    (
        &["do", "done"],
        row(
            code::SH_COMPOUND,
            "this word belongs to a loop of sh",
            "a block in braces follows the head of the loop",
            "while test -e lock { sleep 1 }",
        ),
    ),
    (
        &["case", "esac"],
        row(
            code::SH_COMPOUND,
            "`case` is sh's form",
            "write `match` with a block for each pattern",
            "let x = \"a\"\nmatch (x) {\na | b => { echo first }\n* => { echo other }\n}",
        ),
    ),
    (
        &["else", "catch"],
        row(
            code::SH_COMPOUND,
            "this word can't begin a statement",
            "put it on the line of the `}` before it",
            "if test -d build { echo built } else { echo missing }",
        ),
    ),
    (
        &["in"],
        row(
            code::SH_KEYWORD,
            "`in` belongs in the head of `for`",
            "the name of the variable comes before it",
            "for file in *.txt { echo $file }",
        ),
    ),
    (
        &["not"],
        row(
            code::SH_OPERATOR,
            "`not` negates a value, not a command",
            "negate a command by `!`",
            "if ! test -e lock { echo free }",
        ),
    ),
    (
        &["[["],
        row(
            code::SH_TEST,
            "`[[ … ]]` is bash's test",
            "compare values in the parentheses of `if`, patterns by `match`, and files by `test`",
            "let x = \"a\"\nif (x == \"a\") { echo same }",
        ),
    ),
    (
        &["let"],
        row(
            code::SH_ASSIGNMENT,
            "`let` declares a variable: name, spaces, `=`, expression",
            "write a name, `=` between blanks, and a value",
            "let x = 5",
        ),
    ),
    (
        &["help", "history"],
        row(
            code::UNSUPPORTED,
            "this builtin belongs to the interactive prompt",
            "`pipewright --explain NAME` explains a builtin, a method or an error",
            "",
        ),
    ),
    (
        &["fg", "bg"],
        row(
            code::UNSUPPORTED,
            "`fg` and `bg` are entries of the prompt by themselves",
            "at the prompt enter it alone, as `fg %1`; a script or a function waits for its jobs by wait",
            "sleep 1 &\nwait",
        ),
    ),
    (
        &["builtin", "enable", "hash", "bind", "caller", "compgen", "complete", "compopt", "fc", "suspend"],
        row(
            code::SH_BUILTIN,
            "this is a builtin of sh",
            "it has no counterpart here; `command NAME` reaches a program of that name",
            "",
        ),
    ),
    (
        &["disown"],
        row(
            code::SH_BUILTIN,
            "`disown` is a builtin of sh",
            "a program that is to outlive the prompt or the script is started in a session of its own",
            "setsid sleep 1 &",
        ),
    ),
    (
        &["logout"],
        row(
            code::SH_BUILTIN,
            "`logout` is a builtin of other shells",
            "the script, or the prompt, ends by exit",
            "exit",
        ),
    ),
    (
        &["lines", "json", "bytes", "capture"],
        row(code::SYNTAX, "this word makes a value of a block", "take the value", "let names = lines { ls }"),
    ),
];

/// Returns the text of `help trap`.
pub fn explain(word: &str) -> Option<String> {
    let ConstructSpec { message, help, example, .. } = of_word(word)?;
    Some(keywords::page(word, &format!("{message}: {help}."), example))
}

/// Returns the row of a refused command word.
pub fn of_word(word: &str) -> Option<&'static ConstructSpec> {
    const SHAPES: &Shapes = &{
        let mut shapes = Shapes::new();
        let mut at = 0;
        while at < WORDS.len() {
            shapes = shapes.with(WORDS[at].0);
            at += 1;
        }
        shapes
    };
    if !SHAPES.may_hold(word) {
        return None;
    }
    WORDS.iter().find(|(words, _)| words.contains(&word)).map(|(_, row)| row)
}

/// Returns all rows, for the tests.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = ConstructSpec> {
    use ShConstruct::*;
    let constructs = [
        If,
        Loop,
        ForArithmetic,
        CaseEnd,
        Function,
        Arithmetic,
        ArithmeticCommand,
        DoubleBracket,
        Backtick,
        Parameter,
        SpecialParameter,
        Indexed,
        LocaleString,
        Array,
        AppendAssignment,
        ElementAssignment,
        LetWithoutSpaces,
        RedirectBoth,
        DescriptorVariable,
        BadEscape,
        Operator,
        Dollar,
    ];
    let words = WORDS.iter().map(|(_, r)| row(r.code, r.message, r.help, r.example));
    constructs.into_iter().map(of).chain(words).chain([READ_LOOP])
}
