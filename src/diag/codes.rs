//! The table of all diagnostic codes: one row names a code, its number, its title and the explanation
//! that `--explain` prints.
//!
//! `E0###` was refused before anything ran; `E1###` is a command that failed or could not be started;
//! `E2###` is a value or type error at run time; `E3###` is a limit, a time-out or a policy; `E9###` is
//! our own bug; `W0###` is a warning of `--check`. A number once released keeps its meaning.

use std::fmt;

/// A row of the table: what kind of error it is. Compared by its number.
///
/// ```
/// use pipewright::diag::{Code, code};
///
/// let error = pipewright::Script::parse("t", "echo $x").unwrap_err();
/// assert_eq!(error.diagnostics()[0].code, code::UNDECLARED_NAME);
/// // As `pipewright --explain e0201`.
/// let code = Code::find("e0201").ok_or("no such code")?;
/// println!("{}: {}\n{}", code.id(), code.title(), code.explanation());
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy)]
pub struct Code(&'static CodeSpec);

struct CodeSpec {
    name: &'static str,
    id: &'static str,
    title: &'static str,
    explanation: &'static str,
}

impl Code {
    /// The name of its constant, such as `UNDECLARED_NAME`.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// Its number, such as `E0201`.
    pub const fn id(self) -> &'static str {
        self.0.id
    }

    /// Whether it is only a warning.
    ///
    /// ```
    /// use pipewright::diag::Code;
    ///
    /// assert!(Code::find("W0001").is_some_and(Code::is_warning));
    /// assert!(!Code::find("e0201").is_some_and(Code::is_warning));
    /// ```
    pub fn is_warning(self) -> bool {
        self.0.id.starts_with('W')
    }

    /// What it is, in one line.
    pub const fn title(self) -> &'static str {
        self.0.title
    }

    /// The usual cause and what to do.
    pub const fn explanation(self) -> &'static str {
        self.0.explanation
    }

    /// The code with this number, in any case: `e0201` is `E0201`.
    pub fn find(id: &str) -> Option<Self> {
        ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Code {}

impl std::hash::Hash for Code {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.id())
    }
}

macro_rules! codes {
    ($($name:ident = $id:literal, $title:literal, $explanation:literal;)*) => {
        /// The codes by name.
        // Explanations speak of patterns such as [abc].
        #[allow(rustdoc::broken_intra_doc_links)]
        pub mod code {
            use super::{Code, CodeSpec};
            $(
                #[doc = concat!($id, ": ", $title, ". ", $explanation)]
                pub const $name: Code = Code(&CodeSpec {
                    name: stringify!($name), id: $id, title: $title, explanation: $explanation,
                });
            )*
        }

        /// Every code, by number.
        pub const ALL: &[Code] = &[$(code::$name),*];
    };
}

codes! {
    // Syntax: the text is not Pipewright.
    SYNTAX = "E0101", "unexpected text",
        "The text at the caret fits no rule of the language. The message says what was expected there.";
    UNCLOSED = "E0102", "a bracket or quote is never closed",
        "The label shows where it was opened. Close it, or quote it if it is meant as text: '(' or \\(.";
    UNOPENED = "E0103", "a closing bracket without its opening one",
        "Remove it, or quote it if it is meant as text: ')' or \\).";
    NESTING = "E0104", "nested too deeply",
        "Brackets, blocks and substitutions may be nested 256 deep. Move the inner part into a function.";
    INVALID_UTF8 = "E0105", "the source is not UTF-8",
        "Sources are UTF-8. Save the file as UTF-8, or write a single byte as $'\\xff'.";
    CRLF = "E0106", "a line ends in CR LF",
        "Lines end in LF alone; the carriage return would become part of the last word. Convert the file, for example with: sed -i 's/\\r$//' FILE";
    BOM = "E0107", "the source begins with a byte order mark",
        "The invisible U+FEFF at the start would become part of the first word. Save the file as UTF-8 without a byte order mark.";
    NUL_BYTE = "E0108", "a NUL byte in the source",
        "No argument and no file name can hold a NUL byte; the file is probably not a script.";
    HEREDOC = "E0109", "a here-document is not ended",
        "The line that ends it must hold the delimiter alone, without blanks around it (tabs before it are allowed with <<-).";
    BAD_ESCAPE = "E0110", "an escape that does not exist",
        "In a value, and in \"\"\"…\"\"\", only \\\\ \\\" \\$ \\` and the line continuation exist. Use '…' for text without escapes and $'…' for C escapes such as \\n.";
    BAD_NUMBER = "E0111", "not a number",
        "Numbers are 42, 1_000, 0xff, 0o755, 0b101, 1.5, 1e9, durations such as 250ms, 30s, 5m, 2h, and sizes such as 64K, 512M, 2G.";
    BAD_CHARACTER = "E0112", "a character that is not allowed here",
        "Control characters and invisible characters are refused anywhere in a source, comments and strings included, because a reader could not see them, or would see the text in another order. Write them as $'\\x1b' or $'\\u200b'. A blank such as U+00A0 may stand in strings and comments only.";
    BRACES = "E0113", "a brace list that would mean another thing in bash",
        "Brace lists hold literal text: {a,b}, {1..9}. bash expands them before variables and brackets, so lists that hold or touch those are refused.";
    TOO_MANY_WORDS = "E0114", "brace lists make too many words",
        "One brace list makes 65,536 words and 16M at most, and those of one file 32M together, for which each word counts some 80 bytes. Go through a range instead: for i in (1..=100000) { … }.";

    // Names: the text is well formed, but a name in it is not known.
    UNDECLARED_NAME = "E0201", "name is not declared",
        "No `let`, `fn`, `use` or parameter declares this name here. Check the spelling; names are declared before they are used, and a block's names end with it.";
    DUPLICATE_NAME = "E0202", "name is declared twice",
        "The same block already declares this name. Assign with NAME = …, or choose another name.";
    UNKNOWN_OPTION = "E0203", "no such option",
        "The command or function has no option of this name. Its own --help lists them.";
    UNKNOWN_METHOD = "E0204", "no such method or function",
        "No type has a method of this name. Check the spelling; a field of a map is read without parentheses.";
    UNKNOWN_MEMBER = "E0205", "the module has no such member",
        "A module's functions are called as module.name; a name that the module does not define is never looked up as a program.";
    ARGUMENT_COUNT = "E0206", "wrong number of arguments",
        "The call gives more or fewer arguments than the function or builtin takes.";

    BUILTIN_CALL = "E0207", "a builtin can't be called like this",
        "The builtin lacks the option or argument, or shells disagree about what it does.";
    USED_TOO_EARLY = "E0208", "used before it is there",
        "A function is called above the `let` of a variable that it uses, or above the `use` of a file. Move the declaration up, or the call down.";
    ARGUMENT_TYPE = "E0209", "an argument of a wrong type",
        "A parameter is declared with a type, and what is written for it is plainly of another. Values that are not known before are looked at when the function is called (E2001, E2014).";
    LACKING_FEATURE = "E0210", "a function that this build lacks",
        "Some functions need further crates and stand behind features of the library. The program pipewright has them by default; a program that embeds the library turns on those that its scripts may use.";

    // sh's habits: valid sh that would mean something else, or nothing, here.
    SH_COMPOUND = "E0301", "a compound command of sh",
        "`if …; then … fi`, `do … done` and `case … esac` are written with blocks in braces: if cmd { … }, for x in a b { … }, match (x) { a => { … } }.";
    SH_FUNCTION = "E0302", "a function definition of sh",
        "`name() { … }` and `function name { … }` take positional parameters, which don't exist here; a function is defined by fn name(a, b) { … }.";
    SH_SUBSHELL = "E0303", "parentheses that hold no list of commands, or stand where none can",
        "`( list )` runs commands on copies of the variables, the directory and the environment. It holds commands, and stands neither in a condition nor as the body of a function. Values are compared in an expression.";
    SH_ARITHMETIC = "E0304", "arithmetic of sh",
        "`$((…))` and `((…))` are written $[…] in words; after let, in assignments and in the parentheses of if and while an expression stands by itself.";
    SH_TEST = "E0305", "bash's [[ … ]]",
        "Values are compared in the parentheses of if and while, patterns by match, files by test.";
    SH_BACKTICK = "E0306", "backticks",
        "A command is captured by $(…).";
    SH_PARAMETER = "E0307", "a parameter expansion of sh",
        "`${x:-y}`, `${#x}`, `$1`, `$@` and their kin are written as expressions; `${ }` holds a name and a path.";
    SH_QUOTING = "E0308", "a quoting of bash",
        "`$\"…\"` asks for a translation of the text; the string is written without the dollar.";
    SH_ASSIGNMENT = "E0309", "an assignment of sh",
        "A variable is declared by let NAME = value and assigned by NAME = value, with spaces around the `=`; NAME=value before a command sets its environment.";
    SH_REDIRECTION = "E0310", "a redirection that shells disagree about",
        "Use the forms that mean the same everywhere: > < >> 2>&1 &> with one word as the target.";
    SH_BUILTIN = "E0311", "a builtin of sh",
        "The word is a builtin of sh without a counterpart of this name. A program of that name is reached by `command NAME`.";
    SH_EVAL = "E0312", "text run as code",
        "Values never become code here. Build the command as a list and splice it: ...$command.";
    SH_KEYWORD = "E0313", "a keyword of sh",
        "The word is a keyword of sh and would not do the same here. Quote it to reach a program of that name.";
    SH_OPERATOR = "E0314", "an operator of sh or C",
        "Expressions are written with and, or, not, ==.";
    SH_DOLLAR = "E0315", "a dollar in an expression",
        "Names stand without `$` in an expression; `$` belongs to words of commands.";
    SH_TEST_AND = "E0316", "a test before && whose status gets out",
        "A list that a false test before && ends is no failure, and its status is 1. As the last statement of a file, function, capture, job or stage that status would become the whole's: in sh a script or function that ends so fails without a word. Write an if, which says what is meant.";
    SH_ECHO = "E0317", "a backslash in an argument of echo that shells disagree about",
        "In \"…\" a backslash stays before most characters. bash's echo prints it, and dash's takes it for an escape. Write echo -e for an escape, and two backslashes for one.";
    SH_VARIABLE = "E0318", "a variable that a shell makes",
        "Shells make this variable themselves; Pipewright does not, so it would be unset or stale.";
    SH_CAPTURE = "E0319", "an unquoted capture",
        "sh splits the text of an unquoted $(…) into words and takes patterns in it for file names. Quote it for one argument, or splice a list.";
    SH_TARGET = "E0320", "a redirection target that is not one word",
        "A target is exactly one word; sh and bash disagree about patterns and lists there.";
    SH_BRACKET = "E0321", "a bracket expression that shells disagree about",
        "Bracket expressions hold literal characters and ranges: [abc], [a-z], [!a-z].";

    SH_BLOCK = "E0322", "a block whose failure is absorbed",
        "In sh a block goes on after a failing command when something behind it absorbs the failure, and here it ends there. Join its commands by &&.";

    SH_TILDE = "E0323", "a tilde that shells disagree about",
        "~ and ~user stand for home directories; ~+, ~-, ~1 and ~user:x mean one thing in bash and another elsewhere.";
    EXEC_PLACE = "E0324", "`exec` where it can't replace the script",
        "exec WORD… is a whole statement or the last command of an && list, at the top level or in an if or match there. Elsewhere run the program without exec.";
    VARIABLE_AS_COMMAND = "E0325", "a variable in the place of a command",
        "A command is the name of a program and its arguments. The value of a variable is tested in parentheses, if (r.ok) { … }, or as a command of its own, cmd && $[n > 2]; a program that has the name of a variable is quoted.";
    BARE_SPLICE = "E0326", "a list spliced without its $",
        "...$xs makes an argument of each element of a list; ...xs is a word.";
    ENVIRONMENT_COMMAND = "E0327", "a call of export or unset that shells disagree about",
        "export takes words NAME=word, and unset names. Both change the environment of the commands that follow, and nothing else: no option, no array, no variable of the script or of the shell itself. env.NAME = expression, env[name] = expression and env.update(map) do the rest.";
    STATUS_PLACE = "E0328", "`$?` where it has no one meaning",
        "$? is the status of the last pipeline, in words of commands, strings and here-documents. In an expression the status of a command is a value: (try { cmd }).status. In a command that also has a capture, shells disagree about whose status it is.";
    TIME_PLACE = "E0329", "`time` where it times no pipeline",
        "time [-p] stands before a whole pipeline, or behind its !, and prints how long it took. It has no other option; a program of that name is called 'time'.";
    SH_COMPARISON = "E0330", "a comparison that would be a redirection",
        "In [ … ] an unquoted < or > is a redirection, as in sh: it compares nothing, and > empties a file. Numbers are compared by -lt and -gt, values in an expression.";
    TURN_ASSIGNS = "E0331", "a turn side by side assigns an outer variable",
        "Turns of a loop with jobs= work on copies of the variables, so that an assignment to one outside of the loop would be lost. Let each turn print, or take values by xs.map(f, jobs: n); leave jobs= out where a turn needs what the one before it has worked out.";
    TURN_CHANGES = "E0332", "a turn side by side changes the directory or the environment",
        "What cd, export and env.NAME = … change in a loop without jobs= holds for the turns and the lines after it. A turn of a loop with jobs= works on copies. In ( … ), in a capture, and under with cwd= or env= both mean the same.";
    TURN_LEAVES = "E0333", "a turn side by side leaves more than its loop",
        "return and exit would leave the turns that run beside this one. break ends the loop, continue the turn, and fail the loop with an error.";
    TURN_READS = "E0334", "a turn side by side reads the script's input",
        "Turns of a loop with jobs= have an empty input: they would take lines from each other. Read before the loop, or give each turn an input of its own.";
    SH_HISTORY = "E0335", "an event of bash's history",
        "bash replaces !!, !$, !-2 and !text by earlier lines where somebody types. At this prompt the arrow up takes an earlier entry, and Ctrl-R looks for one; `!!` and `!$` are offered replaced, to be looked at and entered.";
    NO_LOOP = "E0336", "an option of loops without a loop",
        "jobs= runs turns of a loop side by side, and output, tag, halt, rate, load and memory_free say how. They stand at `for` or `each`, and the last six need jobs=.";
    LOG_TWICE = "E0340", "two logs of one loop",
        "log=PATH begins the log of a loop anew, and resume=PATH continues one: items that it holds as done are passed over. resume= begins a log where there is none, so that one of them is enough.";
    PROGRESS_OF_LOOP = "E0341", "progress of a program at a loop side by side",
        "progress=\"percent\" and progress=\"ffmpeg\" show how far one program has come. Of a loop with jobs= several run at once, and progress=true shows how many turns have ended.";
    BAD_PATTERN = "E0346", "a pattern that fits no value",
        "A pattern is [a, b = 2, ...rest] for a list, or {host, port: p = 80, ...rest} for a map. Elements with a default follow those without, ...rest stands at the end, keys are literal text, and a key in quotes is followed by a name: {\"a key\": name}.";
    BAD_PARAMETER = "E0347", "a parameter that no command line could give",
        "A short option is one letter, and no other parameter has it: verbose/v: bool = false. A switch that is on, and ...rest, have none. The choices of a parameter are literal texts: level: \"debug\" | \"info\" = \"info\".";
    VALUE_DROPPED = "E0348", "a value that is not used",
        "A method such as xs.sort() gives a value and leaves xs as it is. Assign it, xs = xs.sort(), print it, echo $[xs.len()], or leave the call out.";
    OPERAND_TYPE = "E0349", "an operation that values of these types don't have",
        "The types of literals, captures and of what functions of the language give are known before anything runs: $(cmd) is a string, which int($(cmd)) makes a number of, and strings are joined by ++.";
    VALUE_NOT_A_WORD = "E0350", "a list or map where one word stands",
        "A word is one text. ...$list makes an argument of each element; for x in (list) goes through a list.";

    // Well formed, but refused because it would go wrong.
    UNGUARDED_CODE = "E0401", "a value where a program expects code",
        "The program would parse this argument as code, so a value in it could become code. Pass the value as an argument or by the environment; $[quote(x)] quotes it for a POSIX shell, $[code(x)] says that it is meant as code.";
    COPIED_VARIABLE = "E0402", "assignment to a variable of which this is a copy",
        "A stage that is not the last, a background job and a capture work on copies; what they assign would be lost. Let the last stage assign, or capture a value.";
    MISPLACED = "E0403", "a statement out of its place",
        "break and continue stand in loops, return in functions, each after a pipe.";
    TRUNCATES_INPUT = "E0404", "the output would truncate an input",
        "The target is emptied before the program reads it. Write to another file and rename it.";
    UNSUPPORTED = "E0405", "not in this version",
        "The language has this, but this version does not run it yet.";
    USE_FAILED = "E0406", "a file can't be used",
        "The path is relative to the file that it stands in. Files may not use each other in a circle.";
    EMPTY_LOOP = "E0408", "a loop over nothing",
        "for NAME { … } has nothing to go through. In sh it goes through the arguments: for NAME in ...$args { … }.";
    MISQUOTED_CODE = "E0409", "quote() does not hold where it stands",
        "quote(x) is one word of a POSIX shell, with quotes of its own. Within quotes of the code these would end the quotes around them, and a program within the code that reads its argument as code once more, such as eval, would read the value. Let it stand outside of quotes; what is meant as code there is quote(code(x)).";

    // Commands: they failed or could not be started.
    COMMAND_FAILED = "E1001", "a command failed",
        "A stage of the pipeline ended with a status that is not 0, or by a signal. The notes show every stage. To go on after a failure use `if` or `||`.";
    PROGRAM_NOT_FOUND = "E1002", "program not found",
        "No directory of PATH holds an executable file of this name. Check the spelling, install the program, or give its path.";
    NOT_EXECUTABLE = "E1003", "file is not executable",
        "The file exists but can't be run: its execute permission is missing, it is a directory, or its interpreter is. A script needs chmod +x and a #! line.";
    CANNOT_OPEN = "E1004", "cannot open the target of a redirection",
        "The kernel refused to open the file; the message holds its reason.";
    WOULD_TRUNCATE = "E1005", "would truncate a file that the same pipeline reads",
        "The target is emptied before the reader sees it. Write to another file and rename it; >| truncates whatever is read.";
    ARGUMENT_TOO_LONG = "E1006", "argument list too long",
        "The kernel limits one argument (128 KiB on Linux) and all of them with the environment. Pass the data by standard input or a file, or split the list.";
    NUL_IN_ARGUMENT = "E1007", "NUL byte in an argument",
        "The kernel ends every argument at its first NUL byte, so the program would see less than was meant. Pass the data by standard input or a file.";
    DASH_ARGUMENT = "E1008", "a value that begins with a dash would be taken for an option",
        "Put -- before it, write ./ before a file name, or say that an option is meant: $[flag(x)].";
    NO_MATCH = "E1009", "no file matches the pattern",
        "Quote the pattern if it is meant as text; a `for` over the pattern goes through no matches without an error.";
    FAIL = "E1010", "the script says that it failed",
        "A fail statement ran; its message is the script's own.";
    SPAWN_FAILED = "E1011", "program could not be started",
        "The kernel refused to start the process; the message holds its reason, such as a limit on processes.";
    NO_DIRECTORY = "E1012", "no such directory",
        "The directory to work in does not exist or can't be entered.";
    UNKNOWN_USER = "E1013", "no such user",
        "~NAME is the home directory of the user NAME, and there is none. Quote it if it is meant as text.";

    BAD_DESCRIPTOR = "E1014", "a descriptor that is not open",
        "The redirection copies a descriptor that nothing opened here, or the standard stream was closed.";
    READ_FAILED = "E1015", "can't read",
        "The kernel refused to read the input; the message holds its reason.";
    WRITE_FAILED = "E1016", "can't write",
        "The kernel refused to write the output, for example since the disk is full; what could not be written is lost.";
    BUILTIN_USAGE = "E1017", "a builtin was called in a wrong way",
        "The message says which argument is wrong and what the builtin takes.";

    NEGATED = "E1018", "a command behind ! succeeded",
        "`! cmd` is a statement that fails when cmd succeeds. In a condition it is simply false.";

    BUILTIN_FAILED = "E1019", "a builtin failed",
        "The message says what it could not do. Its status is that of the same command in sh.";

    AUDIT_FAILED = "E1020", "the audit log can't be written",
        "With --audit nothing is done that can't be recorded before. Check that the log is a file that this user may read and append to, that its disk is not full, and that it was not replaced, removed or cut off while the run wrote it.";

    HOST_FAILED = "E1021", "a function or stage of the host failed",
        "The program that runs the script gives it this function or command, and it failed; the message is its own.";

    DAEMONS = "E1024", "daemons can't be ended here",
        "with daemons=\"end\" ends what programs leave behind, and so needs a process that adopts it: the one that runs a script by pipewright FILE. The library in a host adopts nothing, nor does the prompt.";
    JOBS_RUN = "E1025", "a job still runs at `exec`",
        "The program that replaces the script does not know its jobs. Wait for them first: wait.";

    NO_TERMINAL = "E1028", "no terminal to ask at",
        "input() and confirm() ask the user at a terminal: the standard input where it is one, else the controlling terminal. Take the answer as an argument or option where a script runs without one; read_line() reads the standard input.";

    CODE_AT_RUN = "E1029", "a value where a program expects code, found when it ran",
        "A value names the program, so the check could not tell that the program takes this text as code. Pass the value as an argument or by the environment; $[quote(x)] quotes it for a POSIX shell, $[code(x)] says that it is meant as code.";

    UNKEPT = "E1030", "the file can't be replaced without a loss",
        "With atomic=true a new file takes the place of the old one, with its owner, group, mode, access control list and extended attributes. One of them can't be given here, and the owner or the group would lose access; so the old file stays.";

    UNQUOTED_CAPTURE = "E1035", "an unquoted capture that sh would split or match",
        "At a prompt an unquoted $(cmd) is one argument. In sh its output is split at blanks, and matched with file names: where that would make another thing of it, quote it for one argument, or splice its lines for many.";

    // Values: found while running.
    WRONG_TYPE = "E2001", "wrong type",
        "The operation is not defined for values of these types. Convert one explicitly, for example with int(x).";
    OVERFLOW = "E2002", "number out of range",
        "Integers, durations and sizes have 64 bits, and floats are finite: a result that does not fit is an error, never a wrong number.";
    DIVISION_BY_ZERO = "E2003", "division by zero",
        "The divisor of /, // or % is zero, or zero is raised to a negative power.";
    INDEX_OUT_OF_RANGE = "E2004", "index out of range",
        "Indices run from 0 to the length less one; negative ones count from the end, from -1.";
    MISSING_KEY = "E2005", "the map has no such key",
        "Test with `key in map` before.";
    UNSET_VARIABLE = "E2006", "environment variable is not set",
        "Reading a variable that is not set is an error. Give a default: env.NAME ?? \"…\".";
    NOT_UTF8 = "E2007", "the string is not UTF-8",
        "Text methods need UTF-8; the string holds other bytes. Convert it first, for example with iconv.";
    NOT_A_WORD = "E2008", "the value is not one word",
        "An argument is one string, number or the like. A list becomes many arguments with ...$list; null has no text.";
    NOT_A_LIST = "E2009", "only a list can be spliced",
        "... makes one argument of each element of a list. A single value is one argument without it: $x.";
    BAD_VALUE = "E2010", "value out of its range",
        "The type fits, but the value does not: a negative count, an empty separator, a pattern that is not a regular expression.";
    NESTED_TOO_DEEPLY = "E2011", "value is nested too deeply",
        "Lists and maps are compared and converted 256 levels deep at most.";
    BAD_CONVERSION = "E2012", "the text can't be converted",
        "The text is not a number, duration, size or JSON as the conversion requires.";
    VALUE_UNUSED = "E2013", "a command that returns a value",
        "A function used as a command returns true, false or nothing: its status. Take another value by a call: f(…).";
    BAD_ARGUMENTS = "E2014", "wrong arguments",
        "A function was called with too many, too few or unknown arguments, or a script with a command line that its main does not take.";
    TOO_LARGE = "E2015", "value too large",
        "A string holds 256M at most, and so do the arguments of one command; a list or map 16,777,216 elements. Go through a range or a stream without a list: for i in (range) { … }, cmd | each line { … }.";
    CALLED_TOO_EARLY = "E2016", "called before what it uses is there",
        "A function value or a deferred call ran above the `let` of a variable that the function uses, or above the `use` of a file. Move the declaration up.";

    SECRET_SEEN = "E2017", "a secret where it would be seen",
        "A secret is never a word of a command, nor a part of one. Hand it over by NAME=$x cmd, with env={…}, <<< $x, a here-document or write(); call functions as f(x); x.reveal() is its text.";

    NOT_A_FILE = "E2018", "the code does not stand in a file",
        "script_path() is the path of a script, or of a file that it uses. Code from -c, from standard input, from the prompt or from a host's text has none.";

    PATTERN_MISMATCH = "E2019", "a value that a pattern does not fit",
        "let [a, b] = xs takes a list of two elements, and let {host} = m a map that has that key. ...rest takes what is left, `a = 0` is a default for an element or key that is missing, and _ skips one.";

    TURN_LEFT = "E2020", "a turn side by side was left by more than break",
        "A turn of a loop with jobs= has called something that exits. The turns beside it go on, so that this is an error of the turn: let it fail instead.";
    HELD_OUTPUT_LOST = "E2021", "output of a turn could not be held",
        "A later turn's output waits until the earlier ones have ended: 8 MiB a loop in memory, the rest in a file without a name in $TMPDIR, or /tmp. This file could not be written. output=\"live\" and output=\"done\" hold less.";
    LOOP_LOG_IN_USE = "E2027", "the log of a loop is in use",
        "Another run writes this log: two would run the same items, and each would know nothing of the other's. The run that has it holds a lock (flock(2)), which ends with it however it ends.";
    LOOP_LOG_OF_OTHER = "E2028", "a file that is not the log of this loop",
        "The first line of a log names its script and the loop's variables; each line behind it is a turn. log= replaces the log of any loop, but no other file, and resume= continues that of its own loop alone.";
    LOOP_LOG_ITEM = "E2029", "an item that a log can't hold",
        "A log holds each item as JSON: strings, numbers, lists, maps, durations and sizes. A secret must not stand in a file, and functions and jobs have no form.";
    LOOP_LOG_FAILED = "E2030", "the log of a loop can't be opened or written",
        "A turn whose line is missing would run again after resume=, so the loop ends. The help of the page or the reason tells what the system had against it: a full disk, a missing directory, a permission.";

    // Limits, time-outs and policies.
    OUTPUT_TOO_LARGE = "E3001", "captured output is too large",
        "A capture holds 256M at most. Stream it instead: cmd | each line { … }.";
    RECURSION = "E3002", "functions call each other too deeply",
        "A function that calls itself must have a case that does not.";
    TIMEOUT = "E3003", "timed out",
        "The block ran longer than with timeout=… allows, and all of its processes were stopped.";
    POLICY = "E3004", "not allowed by the policy",
        "The host forbids this: a program, a path, a variable, a user, an option of `with` or a signal. The note says which rule it was. No ||, ! or if takes it for the failure of a command; a try catches it, and e.code is E3004.";
    CANCELLED = "E3005", "cancelled",
        "The host that embeds the interpreter has stopped the run, with all of its processes.";

    STEP_LIMIT = "E3006", "too many steps",
        "The host lets the script take so many steps: statements, turns of loops, calls of functions. Nothing of the script catches this, and no deferred block runs after it.";
    DEPTH_LIMIT = "E3007", "too many calls within calls",
        "The host lets the script have so many calls of functions open at once. Nothing of the script catches this, and no deferred block runs after it.";
    PROCESS_LIMIT = "E3008", "too many processes",
        "The host lets the script start so many processes and threads, and have so many at once. Nothing of the script catches this, and no deferred block runs after it.";
    CAPTURE_LIMIT = "E3009", "too much is captured",
        "The host lets the script bring in so many bytes by captures, read() and each. Nothing of the script catches this, and no deferred block runs after it.";
    VALUE_LIMIT = "E3010", "a value is too large",
        "The host lets a string, list or map of the script hold so many bytes. Nothing of the script catches this, and no deferred block runs after it.";

    // Ours.
    INTERNAL = "E9001", "a bug in Pipewright",
        "This should not happen whatever the script says. Please report it with the script.";

    // Warnings: allowed, and probably not meant.
    UNUSED_VARIABLE = "W0001", "a variable that is never read",
        "What is assigned to it goes nowhere: a misspelt name, or something that is no longer needed. A name that begins with _ may stay unread.";
    UNUSED_FUNCTION = "W0002", "a function that is never called",
        "Of a script, not of a file that others use. A name that begins with _ may stay uncalled.";
    UNREACHABLE = "W0003", "a statement that is never run",
        "The statement before it always leaves the block: return, fail, break, continue or exit.";
    UNUSED_RESULT = "W0004", "a result that nobody looks at",
        "try and capture make a failure a value. Unless somebody asks for it, the failure goes unnoticed.";
    VARIABLE_NOT_PROGRAM = "W0006", "a command that has the name of a variable, and of no program",
        "The first word of a command is the name of a program. PATH has none of this name now, so that the variable was probably meant: $name is its text.";
    MAYBE_CODE = "W0007", "a value that a program may run",
        "It depends on what reads the value: a makefile, a program in the window of a terminal, or what is loaded by a variable of the environment. Where {} stands in code, names of files become code. Where it is meant, $[code(x)] says so.";
    ESCAPED_VALUE = "W0008", "a value whose backslashes awk reads",
        "In awk -v x=$v and x=$v behind the program, \\n becomes a newline and \\\\ a backslash (POSIX awk, operands). The environment keeps the value as it is: x=$v awk '… ENVIRON[\"x\"] …'.";
    ZERO_STATUS = "W0009", "a status that is always 0",
        "A command that fails stops the script, so that after it $? is 0. The status of a failure is seen after ||, in else, in a defer, and after a test before &&; (try { cmd }).status is it as a value.";
    SAME_TARGET = "W0010", "turns side by side write to one file",
        "Each turn of the loop empties the file and writes it. Without jobs= what the last turn has written stays; side by side it is what any of them has written last, or a mixture. Put the item into the file's name, or redirect the whole loop.";
    NO_PROGRESS = "W0012", "progress of nothing",
        "with progress=true { gzip < big > big.gz } shows how far the file of the redirection has been read. Files that programs open themselves are not looked at: write progress=\"percent\" for programs that print percentages, progress=\"ffmpeg\" for ffmpeg.";
    PROGRAM_MISSING = "W0013", "a program that is not installed here",
        "PATH of this process has no program of this name now. The script may be meant for a machine that has it; a script that does without it asks by `command -v NAME`, and is not warned of.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_complete() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id() < pair[1].id(), "{:?} before {:?}", pair[0], pair[1]);
        }
        for code in ALL {
            let digits = code.id().strip_prefix(['E', 'W']).unwrap_or_default();
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{code:?}");
            assert!(!code.title().ends_with('.') && !code.title().contains('\n'), "{code:?}");
            assert!(code.explanation().len() > code.title().len() / 2, "{code:?}");
            assert_eq!(Code::find(code.id()), Some(*code));
        }
    }

    #[test]
    fn a_code_is_found_by_its_number_in_any_case() {
        assert_eq!(Code::find("e0201"), Some(code::UNDECLARED_NAME));
        assert_eq!(Code::find("E0000"), None);
        assert_eq!(code::UNDECLARED_NAME.to_string(), "E0201");
    }
}
