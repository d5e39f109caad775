//! The keywords of the language, and the blocks that are values: the form of each, and what it does.

/// A keyword.
pub struct Keyword {
    pub name: &'static str,
    /// As it is written.
    pub form: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// A use of it.
    pub example: &'static str,
}

const fn row(name: &'static str, form: &'static str, doc: &'static str, example: &'static str) -> Keyword {
    Keyword { name, form, doc, example }
}

/// The statements.
pub const KEYWORDS: &[Keyword] = &[
    row(
        "let",
        "let name = expression",
        "Declares a variable. Behind `=` stands an expression: text is quoted, and names are variables. A word takes the \
         value as $name, which is always one argument, or as ...$name, an argument for each element of a list. Another \
         value is given by `name = expression`. A pattern takes a value apart: let [a, b, ...rest] = list, let {host, \
         port = 80} = map.",
        "let hosts = [\"web 1\", \"web2\"]\nhosts = hosts ++ [\"mail\"]\nlet [first, ...others] = hosts\necho $first ...$others",
    ),
    row(
        "fn",
        "fn name(a, b = 1, ...rest) { … }",
        "Declares a function, which is run as a command, with its optional parameters as options, or called in an \
         expression. Parameters may have a type: host: str, count: int = 3, loud: bool = false; choices: level: \"low\" | \
         \"high\" = \"low\"; and a letter for a short option: verbose/v: bool = false.",
        "fn greet(who, count: int = 1) { for i in (1..=count) { echo \"hello $who\" } }\ngreet you --count 2",
    ),
    row(
        "return",
        "return expression",
        "Ends the function, with its value. Of a function that is run as a command true and no value are success, \
         false is status 1.",
        "fn twice(n: int) { return n * 2 }\necho $[twice(4)]",
    ),
    row(
        "if",
        "if cmd { … } else { … }, or if (expression) { … }",
        "Runs the first block when the command exits with 0, or the expression is true; the second one on status 1 or \
         false. Another status is a failure as elsewhere.",
        "if test -d build { echo old } else if (args.len() > 3) { echo many } else { echo none }",
    ),
    row(
        "else",
        "if cmd { … } else { … }",
        "Begins what runs when the condition of `if` is false. It stands on the line of the `}`.",
        "if test -d build { echo old } else { echo none }",
    ),
    row(
        "for",
        "for name in words { … }, or for name in (expression) { … }",
        "Runs its block for each word, each element of a list or range, or, with two names, each entry of a map. For a \
         name may stand a pattern, as for [a, b] in (pairs). A pattern of file names without a match gives no turn.",
        "for file in *.txt \"two words\" { echo $file }\nfor i in (1..=3) { echo $i }\nfor k, v in ({a: 1}) { echo $k $v }",
    ),
    row(
        "in",
        "for name in words { … }",
        "See for; in expressions, whether an element is in a list.",
        "echo $[2 in [1, 2]]",
    ),
    row(
        "while",
        "while cmd { … }, or while (expression) { … }",
        "Runs its block as long as the condition holds, which is one as of `if`.",
        "let n = 0\nwhile (n < 3) { n += 1 }",
    ),
    row(
        "exec",
        "exec PROGRAM WORD…",
        "Replaces the script by a program, which keeps its process number: the last line of an entrypoint. It is a \
         statement of its own, or the last command after `&&`, at the top level or in an `if` or `match` there. When \
         the program can't be started, the script ends with 126 or 127.",
        "exec ...$[flags(args)]",
    ),
    row(
        "time",
        "time [-p] cmd | cmd",
        "Runs a pipeline, a block or a loop, and prints on standard error how long it took, and what processor time it \
         used: three lines as bash does, also when it fails. With -p they have the form of POSIX.",
        "time sleep 0.01",
    ),
    row("break", "break", "Ends the loop around it.", "for i in (1..=9) { if (i == 3) { break } }"),
    row(
        "continue",
        "continue",
        "Goes on with the next turn of the loop around it.",
        "for i in (1..=9) { if (i == 3) { continue }\n    echo $i }",
    ),
    row(
        "match",
        "match (expression) { PATTERN => { … } }",
        "Runs the block of the first arm whose pattern matches the whole value. Patterns are words as in sh's case, with \
         | between several; * matches all. Each arm stands on a line of its own.",
        "match (\"notes.txt\") {\n    *.txt | *.md => { echo text }\n    * => { echo other }\n}",
    ),
    row(
        "try",
        "try { … } catch error { … }",
        "Runs its block; a failure in it runs the second one, which has it as a map: message, status, stages. As a value, \
         `let r = try { … }`, it is a record of how the block ended: r.ok, r.status, r.error.",
        "try { false } catch e { echo ${e.message} }\nlet r = try { false }\necho ${r.status}",
    ),
    row("catch", "try { … } catch error { … }", "See try.", "try { false } catch e { echo ${e.message} }"),
    row(
        "defer",
        "defer { … }",
        "Runs its block when the block around it ends: by success, failure, return, exit, time-out or a signal. What is \
         deferred last runs first.",
        "let dir = $(mktemp -d)\ndefer { rm -r -- $dir }",
    ),
    row(
        "with",
        "with timeout=30s, retry=3 { … }",
        "Runs its block under circumstances: time limits, retries, the directory, the environment, limits, a sandbox.",
        "with timeout=30s, cwd=\"/\" { ls }",
    ),
    row(
        "each",
        "cmd | each line { … }",
        "A stage that runs its block for each line of its input while the lines come.",
        "printf 'a\\nb\\n' | each line { echo \"<$line>\" }",
    ),
    row(
        "spawn",
        "spawn { … }",
        "Runs its block beside what follows, as a job, which is awaited at the end at the latest. `cmd &` does the same \
         for a command. `spawn capture { … }` keeps what the job prints for job.output(), and wait_any(jobs) gives the job \
         that ends first.",
        "let job = spawn { sleep 0.1 }\njob.wait()",
    ),
    row(
        "use",
        "use \"lib/file.pw\"",
        "Makes the functions and variables of a file known as file.name, or with `as d` as d.name. The path is relative \
         to the file that it stands in.",
        "",
    ),
    row(
        "fail",
        "fail \"message\"",
        "Fails with a message of one's own, which is an expression.",
        "let host = \"web9\"\nfail \"no such host: $host\"",
    ),
];

/// The blocks that are values; names of variables, but no more.
pub const BLOCKS: &[Keyword] = &[
    row(
        "lines",
        "lines { cmd }",
        "What a command prints, as a list of lines without their ends.",
        "let files = lines { ls / }\necho $[files.len()]",
    ),
    row(
        "json",
        "json { cmd }",
        "What a command prints, read as JSON.",
        "let data = json { echo '{\"a\": 1}' }\necho ${data.a}",
    ),
    row(
        "bytes",
        "bytes { cmd }",
        "What a command prints, as it is: $(cmd) takes the line ends at its end away.",
        "let text = bytes { echo hi }",
    ),
    row(
        "capture",
        "capture { cmd }",
        "A record of how a command ended and what it printed: r.ok, r.status, r.out, r.err, r.stages. Its failure is none \
         of the script.",
        "let r = capture { ls /no-such }\necho ${r.status} ${r.err}",
    ),
];

/// Names that the language gives a meaning outside of statements.
const NAMES: &[Keyword] = &[
    row(
        "args",
        "args",
        "The script's arguments, a list of strings counted from 0. A `fn main(…)` declares them with names, types and \
         defaults instead.",
        "for arg in ...$args { echo $arg }\necho $[args.len()]",
    ),
    row(
        "main",
        "fn main(file: path, count: int = 1, ...rest) { … }",
        "Declares the script's command line: each parameter without a default is an argument, each one with a default \
         an option. The comment above it is the text of --help, and the one above a parameter tells of that. A line \
         `version: 1.0` of the comment is for --version, and --completions prints what shells need.",
        "# Prints the first lines of a file.\nfn main(file: path, count: int = 10) { head -n $count -- $file }",
    ),
    row(
        "env",
        "env.NAME, env.NAME = expression",
        "A variable of the environment, null when it is not set. Assigning null removes it.",
        "env.GREETING = \"hello\"\necho $[env.GREETING ?? \"\"]",
    ),
    row(
        "flag",
        "flag(x)",
        "The text of a value that may be an option of a program: as an argument, a value that begins with `-` is \
         refused otherwise.",
        "let order = \"-r\"\nprintf 'a\\nb\\n' | sort $[flag(order)]",
    ),
    row(
        "flags",
        "flags(list)",
        "A list whose elements may be options of a program, as flag(x) for one.",
        "let options = [\"-r\", \"-u\"]\nprintf 'a\\nb\\n' | sort ...$[flags(options)]",
    ),
    row(
        "quote",
        "quote(x)",
        "A word, or the words of a list, quoted for a POSIX shell. The code guard accepts it where a shell reads the text.",
        "let name = \"it's\"\nsh -c \"echo $[quote(name)]\"",
    ),
    row(
        "code",
        "code(x)",
        "A text that is meant as code. The code guard refuses every other value where a program expects code.",
        "let program = \"{ print $1 }\"\necho one two | awk $[code(program)]",
    ),
];

/// The form of a keyword's statement.
pub fn form(name: &str) -> Option<&'static str> {
    KEYWORDS.iter().find(|row| row.name == name).map(|row| row.form)
}

/// Explains a keyword, a block that is a value, or a name of the language.
pub fn explain(name: &str) -> Option<String> {
    let row = KEYWORDS.iter().chain(BLOCKS).chain(NAMES).find(|row| row.name == name)?;
    Some(page(row.form, row.doc, row.example))
}

/// A page of the manual.
pub fn page(form: &str, doc: &str, example: &str) -> String {
    let example: String = example.lines().map(|line| format!("    {line}\n")).collect();
    let before = if example.is_empty() { "" } else { "\n" };
    format!("{form}\n\n{doc}\n{before}{example}")
}
