//! The keywords of the language, and the blocks that are values: their forms and explanations.

/// A keyword.
pub struct Keyword {
    pub name: &'static str,
    /// Its form.
    pub form: &'static str,
    /// Its explanation.
    pub doc: &'static str,
    /// An example.
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
        "Declares a variable. After `=` comes an expression: text is quoted, and names are variables. A command \
         uses the value as $name, which is always one argument, or as ...$name, one argument for each element of a \
         list. Assign a new value with `name = expression`. A pattern takes a value apart: let [a, b, ...rest] = \
         list, let {host, port = 80} = map.",
        "let hosts = [\"web 1\", \"web2\"]\nhosts = hosts ++ [\"mail\"]\nlet [first, ...others] = hosts\necho $first ...$others",
    ),
    row(
        "fn",
        "fn name(a, b = 1, ...rest) { … }",
        "Declares a function. Run it as a command, with its optional parameters as options, or call it in an \
         expression. Parameters may have a type: host: str, count: int = 3, loud: bool = false; choices: level: \
         \"low\" | \"high\" = \"low\"; and a letter for a short option: verbose/v: bool = false.",
        "fn greet(who, count: int = 1) { for i in (1..=count) { echo \"hello $who\" } }\ngreet you --count 2",
    ),
    row(
        "return",
        "return expression",
        "Ends the function with its value. In a function that is run as a command, true and no value mean success, \
         and false is status 1.",
        "fn twice(n: int) { return n * 2 }\necho $[twice(4)]",
    ),
    row(
        "if",
        "if cmd { … } else { … }, or if (expression) { … }",
        "Runs the first block when the command exits with 0, or the expression is true; the second one on status 1 \
         or false. Any other status is a failure.",
        "if test -d build { echo old } else if (args.len() > 3) { echo many } else { echo none }",
    ),
    row(
        "else",
        "if cmd { … } else { … }",
        "Begins the block that runs when the condition of `if` is false. It must be on the line of the `}`.",
        "if test -d build { echo old } else { echo none }",
    ),
    row(
        "for",
        "for name in words { … }, or for name in (expression) { … }",
        "Runs its block for each word, each element of a list or range, or, with two names, each entry of a map. A \
         pattern may replace the name, as in for [a, b] in (pairs). A file name pattern without a match adds \
         nothing to the loop.",
        "for file in *.txt \"two words\" { echo $file }\nfor i in (1..=3) { echo $i }\nfor k, v in ({a: 1}) { echo $k $v }",
    ),
    row(
        "in",
        "for name in words { … }",
        "See for; in expressions, tests whether an element is in a list.",
        "echo $[2 in [1, 2]]",
    ),
    row(
        "while",
        "while cmd { … }, or while (expression) { … }",
        "Runs its block as long as the condition is true. The condition is as in `if`.",
        "let n = 0\nwhile (n < 3) { n += 1 }",
    ),
    row(
        "exec",
        "exec PROGRAM WORD…",
        "Replaces the script with a program, which keeps its process ID: the last line of an entrypoint. It must be \
         a whole statement or the last command after `&&`, at the top level or in an `if` or `match` there. If the \
         program can't be started, the script ends with 126 or 127.",
        "exec ...$[flags(args)]",
    ),
    row(
        "time",
        "time [-p] cmd | cmd",
        "Runs a pipeline, a block or a loop, and prints on standard error the wall time and the processor time that \
         it used, in three lines like bash, even when it fails. With -p the lines have the form of POSIX.",
        "time sleep 0.01",
    ),
    row("break", "break", "Ends the enclosing loop.", "for i in (1..=9) { if (i == 3) { break } }"),
    row(
        "continue",
        "continue",
        "Continues with the next turn of the enclosing loop.",
        "for i in (1..=9) { if (i == 3) { continue }\n    echo $i }",
    ),
    row(
        "match",
        "match (expression) { PATTERN => { … } }",
        "Runs the block of the first arm whose pattern matches the whole value. Patterns are words as in sh's case, \
         with | between alternatives; * matches everything. Each arm is on its own line.",
        "match (\"notes.txt\") {\n    *.txt | *.md => { echo text }\n    * => { echo other }\n}",
    ),
    row(
        "try",
        "try { … } catch error { … }",
        "Runs its block. If it fails, runs the second one, which receives the failure as a map: message, status, \
         stages. As a value, `let r = try { … }`, it is a record of how the block ended: r.ok, r.status, r.error.",
        "try { false } catch e { echo ${e.message} }\nlet r = try { false }\necho ${r.status}",
    ),
    row("catch", "try { … } catch error { … }", "See try.", "try { false } catch e { echo ${e.message} }"),
    row(
        "defer",
        "defer { … }",
        "Runs its block when the enclosing block ends: by success, failure, return, exit, a time-out or a signal. \
         The block that was deferred last runs first.",
        "let dir = $(mktemp -d)\ndefer { rm -r -- $dir }",
    ),
    row(
        "on",
        "on SIGNAL, … { … }",
        "Runs its block when the script gets one of these signals, instead of what the signal does otherwise: HUP, INT, \
         TERM, QUIT, USR1, USR2, WINCH. It holds to the end of the enclosing block. The second INT or TERM ends the \
         script in any case.",
        "on HUP { echo again }\nsh -c 'kill -HUP $PPID'",
    ),
    row(
        "with",
        "with timeout=30s, retry=3 { … }",
        "Changes how its block runs: time limits, retries, the working directory, the environment, limits, a \
         sandbox.",
        "with timeout=30s, cwd=\"/\" { ls }",
    ),
    row(
        "each",
        "cmd | each line { … }",
        "A stage that runs its block for each line of its input, as the lines arrive.",
        "printf 'a\\nb\\n' | each line { echo \"<$line>\" }",
    ),
    row(
        "spawn",
        "spawn { … }",
        "Runs its block as a job beside the script, which waits for the job at its end at the latest. `cmd &` does \
         the same for a command. `spawn capture { … }` keeps the job's output for job.output(), and wait_any(jobs) \
         returns the job that ends first.",
        "let job = spawn { sleep 0.1 }\njob.wait()",
    ),
    row(
        "use",
        "use \"lib/file.pw\"",
        "Makes the functions and variables of a file available as file.name, or with `as d` as d.name. The path is \
         relative to the file that contains the `use`.",
        "",
    ),
    row(
        "fail",
        "fail \"message\"",
        "Fails with a message of your own, which is an expression.",
        "let host = \"web9\"\nfail \"no such host: $host\"",
    ),
];

/// The blocks that are values. They can't be names of variables.
pub const BLOCKS: &[Keyword] = &[
    row(
        "lines",
        "lines { cmd }",
        "The output of a command as a list of lines, without their line ends.",
        "let files = lines { ls / }\necho $[files.len()]",
    ),
    row(
        "json",
        "json { cmd }",
        "The output of a command, parsed as JSON.",
        "let data = json { echo '{\"a\": 1}' }\necho ${data.a}",
    ),
    row(
        "bytes",
        "bytes { cmd }",
        "The output of a command, unchanged. ($(cmd) removes the line ends at its end.)",
        "let text = bytes { echo hi }",
    ),
    row(
        "capture",
        "capture { cmd }",
        "A record of how a command ended, with its output: r.ok, r.status, r.out, r.err, r.stages. A failure of the \
         command does not fail the script.",
        "let r = capture { ls /no-such }\necho ${r.status} ${r.err}",
    ),
];

/// Names with a meaning in the language outside of statements.
const NAMES: &[Keyword] = &[
    row(
        "args",
        "args",
        "The script's arguments, a list of strings counted from 0. A `fn main(…)` declares them with names, types \
         and defaults instead.",
        "for arg in ...$args { echo $arg }\necho $[args.len()]",
    ),
    row(
        "main",
        "fn main(file: path, count: int = 1, ...rest) { … }",
        "Declares the script's command line: each parameter without a default is an argument, each one with a \
         default an option. The comment above it is the text of --help, and the comment above a parameter describes \
         that parameter. A line `version: 1.0` of the comment is for --version, and --completions prints the code \
         that shells need.",
        "# Prints the first lines of a file.\nfn main(file: path, count: int = 10) { head -n $count -- $file }",
    ),
    row(
        "env",
        "env.NAME, env.NAME = expression",
        "An environment variable, or null if it is not set. Assigning null removes it.",
        "env.GREETING = \"hello\"\necho $[env.GREETING ?? \"\"]",
    ),
    row(
        "flag",
        "flag(x)",
        "The text of a value that may be an option of a program. Without it, a value that begins with `-` is \
         refused as an argument.",
        "let order = \"-r\"\nprintf 'a\\nb\\n' | sort $[flag(order)]",
    ),
    row(
        "flags",
        "flags(list)",
        "A list whose elements may be options of a program, like flag(x) for one value.",
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

/// Returns the form of a keyword's statement.
pub fn form(name: &str) -> Option<&'static str> {
    KEYWORDS.iter().find(|row| row.name == name).map(|row| row.form)
}

/// Explains a keyword, a block that is a value, or a name of the language.
pub fn explain(name: &str) -> Option<String> {
    let row = KEYWORDS.iter().chain(BLOCKS).chain(NAMES).find(|row| row.name == name)?;
    Some(page(row.form, row.doc, row.example))
}

/// Returns a page of the manual.
pub fn page(form: &str, doc: &str, example: &str) -> String {
    let example: String = example.lines().map(|line| format!("    {line}\n")).collect();
    let before = if example.is_empty() { "" } else { "\n" };
    format!("{form}\n\n{doc}\n{before}{example}")
}
