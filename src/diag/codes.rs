//! The table of all diagnostic codes. Each row has a code's name, its number, its title and the
//! explanation that `--explain` prints.
//!
//! `E0###` is refused before anything runs; `E1###` is a command that failed or could not be started;
//! `E2###` is a value or type error at run time; `E3###` is a limit, a time-out or a policy; `E9###`
//! is a bug in Pipewright; `W0###` is a warning of `--check`. A released number keeps its meaning.

use super::kind::Code;

impl Code {
    /// Finds the code with this number, ignoring case: `e0201` is `E0201`.
    pub fn find(id: &str) -> Option<Self> {
        ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
    }
}

macro_rules! codes {
    ($($name:ident = $id:literal, $title:literal, $explanation:literal;)*) => {
        /// The codes by name.
        // Explanations contain patterns such as [abc].
        #[allow(rustdoc::broken_intra_doc_links)]
        pub mod code {
            use super::super::kind::{Code, CodeSpec};
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
        "The text at the caret does not fit the grammar. The message says what was expected there.";
    UNCLOSED = "E0102", "a bracket or quote is never closed",
        "The label shows where it was opened. Close it, or quote it if it is meant as text: '(' or \\(.";
    UNOPENED = "E0103", "a closing bracket without its opening one",
        "Remove it, or quote it if it is meant as text: ')' or \\).";
    NESTING = "E0104", "nested too deeply",
        "Brackets, blocks and substitutions may be nested up to 256 levels deep. Move the inner part into a function.";
    INVALID_UTF8 = "E0105", "the source is not UTF-8",
        "Sources are UTF-8. Save the file as UTF-8, or write a single byte as $'\\xff'.";
    CRLF = "E0106", "a line ends in CR LF",
        "Lines end in LF alone; the carriage return would become part of the last word. Convert the file, for example with: sed -i 's/\\r$//' FILE";
    BOM = "E0107", "the source begins with a byte order mark",
        "The invisible U+FEFF at the start would become part of the first word. Save the file as UTF-8 without a byte order mark.";
    NUL_BYTE = "E0108", "a NUL byte in the source",
        "No argument and no file name can hold a NUL byte; the file is probably not a script.";
    HEREDOC = "E0109", "a here-document is not ended",
        "The line that ends it must hold the delimiter alone, without blanks around it. With `<<-`, tabs may precede it.";
    BAD_ESCAPE = "E0110", "an escape that does not exist",
        "In a value, and in `\"\"\"…\"\"\"`, the only escapes are `\\\\`, `\\\"`, `\\$`, `` \\` `` and the line continuation. Use `'…'` for text without escapes and `$'…'` for C escapes such as `\\n`.";
    BAD_NUMBER = "E0111", "not a number",
        "Numbers are 42, 1_000, 0xff, 0o755, 0b101, 1.5, 1e9, durations such as 250ms, 30s, 5m, 2h, and sizes such as 64K, 512M, 2G.";
    BAD_CHARACTER = "E0112", "a character that is not allowed here",
        "Control characters and invisible characters are refused everywhere in a source, including comments and strings, because a reader could not see them, or would see the text in another order (\"Trojan Source\", CVE-2021-42574). Write them as `$'\\x1b'` or `$'\\u200b'`. A blank such as U+00A0 is allowed in strings and comments only.";
    BRACES = "E0113", "a brace list that would mean something else in bash",
        "Brace lists hold literal text: `{a,b}`, `{1..9}`. bash expands them before variables and brackets, so a list that holds one of those, or is next to one, is refused.";
    TOO_MANY_WORDS = "E0114", "brace lists make too many words",
        "One brace list makes at most 65,536 words or 16M, and all lists of a file together at most 32M, counting some 80 bytes for each word. The words are made when the script is read. A range, `for i in (1..=100000) { … }`, makes one number at a time.";

    // Names: the text is well formed, but a name in it is unknown.
    UNDECLARED_NAME = "E0201", "name is not declared",
        "No `let`, `fn`, `use` or parameter declares this name here. Check the spelling. A name must be declared before it is used, and is valid to the end of its block.";
    DUPLICATE_NAME = "E0202", "name is declared twice",
        "The same block already declares this name. Assign with NAME = …, or choose another name.";
    UNKNOWN_OPTION = "E0203", "no such option",
        "The command or function has no option of this name. Its own `--help` lists them.";
    UNKNOWN_METHOD = "E0204", "no such method or function",
        "No type has a method of this name. Check the spelling; a field of a map is read without parentheses.";
    UNKNOWN_MEMBER = "E0205", "the module has no such member",
        "A module's functions are called as `module.name`. A name that the module does not define is never looked up as a program.";
    ARGUMENT_COUNT = "E0206", "wrong number of arguments",
        "The call passes more or fewer arguments than the function or builtin takes.";

    BUILTIN_CALL = "E0207", "a builtin can't be called like this",
        "The builtin lacks the option or argument, or shells disagree about what it does.";
    USED_TOO_EARLY = "E0208", "used before it is declared",
        "A function is called above the `let` of a variable that it uses, or above the `use` of a file. Move the declaration up, or the call down.";
    ARGUMENT_TYPE = "E0209", "an argument of a wrong type",
        "A parameter is declared with a type, and the argument is clearly of another type. Values that are not known before the run are checked when the function is called (E2001, E2014).";
    LACKING_FEATURE = "E0210", "a function that this build lacks",
        "Some functions need more crates, so they belong to features of the library. The program `pipewright` has these features by default. A program that embeds the library turns on the ones that its scripts may use: `csv` for `csv` and `to_csv`, `dates` for `parse_date` and for time zones other than UTC.";

    // Forms of sh: valid sh that would mean something else, or nothing, here.
    SH_COMPOUND = "E0301", "a compound command of sh",
        "`if …; then … fi`, `do … done` and `case … esac` are written with blocks in braces: `if cmd { … }`, `for x in a b { … }`, `match (x) { a => { … } }`.";
    SH_FUNCTION = "E0302", "a function definition of sh",
        "`name() { … }` and `function name { … }` take positional parameters, which don't exist here. Declare a function with `fn name(a, b) { … }`.";
    SH_SUBSHELL = "E0303", "parentheses that don't hold a list of commands, or are not allowed here",
        "`( list )` runs commands on copies of the variables, the working directory and the environment. It holds commands, and can't be a condition or the body of a function. Compare values in an expression.";
    SH_ARITHMETIC = "E0304", "arithmetic of sh",
        "`$((…))` and `((…))` are written `$[…]` in words. After `let`, in assignments and in the parentheses of `if` and `while`, write the expression alone.";
    SH_TEST = "E0305", "bash's [[ … ]]",
        "Compare values in the parentheses of `if` and `while`, match patterns with `match`, and test files with `test`.";
    SH_BACKTICK = "E0306", "backticks",
        "Capture the output of a command with `$(…)`.";
    SH_PARAMETER = "E0307", "a parameter expansion of sh",
        "`${x:-y}`, `${#x}`, `$1`, `$@` and similar are written as expressions. `${ }` holds only a name and a path.";
    SH_QUOTING = "E0308", "a quoting of bash",
        "`$\"…\"` asks for a translation of the text. Write the string without the dollar sign.";
    SH_ASSIGNMENT = "E0309", "an assignment of sh",
        "Declare a variable with `let NAME = value` and assign it with `NAME = value`, with blanks around the `=`. `NAME=value` before a command sets its environment.";
    SH_REDIRECTION = "E0310", "a redirection that shells disagree about",
        "Use the forms that mean the same everywhere: `>`, `<`, `>>`, `2>&1` and `&>`, with one word as the target.";
    SH_BUILTIN = "E0311", "a builtin of sh",
        "The word is a builtin of sh that has no counterpart of this name. To run a program of that name, write `command NAME`.";
    SH_EVAL = "E0312", "text run as code",
        "Values never become code. Build the command as a list and splice it: `...$command`.";
    SH_KEYWORD = "E0313", "a keyword of sh",
        "The word is a keyword of sh and would not do the same here. Quote it to run a program of that name.";
    SH_OPERATOR = "E0314", "an operator of sh or C",
        "Write expressions with `and`, `or`, `not` and `==`.";
    SH_DOLLAR = "E0315", "a dollar in an expression",
        "In an expression a name has no `$`; `$` belongs to words of commands.";
    SH_TEST_AND = "E0316", "a test before && that decides the status of its script or block",
        "A list that ends at a false test before `&&` has not failed, and its status is 1. As the last statement of a file, function, capture, job or stage, it would pass that status on: in sh a script or function that ends like this fails without a message. Write an `if`, which states the intention.";
    SH_ECHO = "E0317", "a backslash in an argument of echo that shells disagree about",
        "In `\"…\"` a backslash before most characters is kept. bash's `echo` prints it, and dash's `echo` reads it as an escape. Write `echo -e` for an escape, and two backslashes for one.";
    SH_VARIABLE = "E0318", "a variable that only a shell sets",
        "Shells set this variable themselves. Pipewright does not, so the variable would be unset or out of date.";
    SH_CAPTURE = "E0319", "an unquoted capture",
        "sh splits the text of an unquoted `$(…)` into words and matches patterns in it with file names. Quote it for one argument, or splice a list.";
    SH_TARGET = "E0320", "a redirection target that is not one word",
        "A target is exactly one word. sh and bash disagree about patterns and lists there.";
    SH_BRACKET = "E0321", "a bracket expression that shells disagree about",
        "Bracket expressions hold literal characters and ranges: `[abc]`, `[a-z]`, `[!a-z]`.";

    SH_BLOCK = "E0322", "a block whose failure is absorbed",
        "In sh, a block continues after a failing command if something after the block absorbs the failure; here the block ends at the failure. Join its commands with `&&`.";

    SH_TILDE = "E0323", "a tilde that shells disagree about",
        "`~` and `~user` are home directories. `~+`, `~-`, `~1` and `~user:x` mean one thing in bash and another elsewhere.";
    EXEC_PLACE = "E0324", "`exec` where it can't replace the script",
        "`exec WORD…` must be a whole statement or the last command of an `&&` list, at the top level or in an `if` or `match` there. Elsewhere run the program without `exec`.";
    VARIABLE_AS_COMMAND = "E0325", "a variable in the place of a command",
        "A command is the name of a program and its arguments. Test the value of a variable in parentheses, `if (r.ok) { … }`, or as a command of its own, `cmd && $[n > 2]`. Quote the name of a program that is also the name of a variable.";
    BARE_SPLICE = "E0326", "a list spliced without its $",
        "`...$xs` makes an argument of each element of a list; `...xs` is a word.";
    ENVIRONMENT_COMMAND = "E0327", "a call of export or unset that shells disagree about",
        "`export` takes words of the form `NAME=word`, and `unset` takes names. Both change the environment of the commands that follow, and nothing else: they take no options and no arrays, and don't affect variables of the script or of a shell. For everything else use `env.NAME = expression`, `env[name] = expression` and `env.update(map)`.";
    STATUS_PLACE = "E0328", "`$?` where its meaning is unclear",
        "`$?` is the status of the last pipeline, in words of commands, strings and here-documents. In an expression, the status of a command is a value: `(try { cmd }).status`. In a command that also has a capture, shells disagree about whose status it is.";
    TIME_PLACE = "E0329", "`time` where it can't time a pipeline",
        "`time [-p]` comes before a whole pipeline, or after its `!`, and prints how long the pipeline took. It has no other option. A program of that name is called `'time'`.";
    SH_COMPARISON = "E0330", "a comparison that would be a redirection",
        "In `[ … ]` an unquoted `<` or `>` is a redirection, as in sh: it compares nothing, and `>` empties a file. Compare numbers with `-lt` and `-gt`, and values in an expression.";
    TURN_ASSIGNS = "E0331", "a turn side by side assigns an outer variable",
        "Turns of a loop with `jobs=` work on copies of the variables, so an assignment to a variable outside of the loop would be lost. Let each turn print its result, or collect values with `xs.map(f, jobs: n)`. If a turn needs a result of the turn before it, leave out `jobs=`.";
    TURN_CHANGES = "E0332", "a turn side by side changes the directory or the environment",
        "In a loop without `jobs=`, a change by `cd`, `export` or `env.NAME = …` holds for later turns and for the lines after the loop. A turn of a loop with `jobs=` works on copies. In `( … )`, in a capture, and under `with cwd=` or `env=` the change is local in both kinds of loop.";
    TURN_LEAVES = "E0333", "a turn side by side leaves more than its loop",
        "`return` and `exit` would leave the turns that run beside this one. `break` ends the loop, `continue` ends the turn, and `fail` ends the loop with an error.";
    TURN_READS = "E0334", "a turn side by side reads the script's input",
        "Turns of a loop with `jobs=` have an empty input, because they would take lines from each other. Read before the loop, or give each turn its own input.";
    SH_HISTORY = "E0335", "an event of bash's history",
        "When a user types them, bash replaces `!!`, `!$`, `!-2` and `!text` with earlier lines. At this prompt the up arrow recalls an earlier entry, and Ctrl-R searches for one. For `!!` and `!$` the prompt offers the replaced line, which you can look at before you enter it.";
    NO_LOOP = "E0336", "an option of loops without a loop",
        "`jobs=` runs turns of a loop side by side, and `output`, `tag`, `halt`, `rate`, `load` and `memory_free` control how. They are options of `for` or `each`, and the last six need `jobs=`.";
    LOG_TWICE = "E0340", "two logs of one loop",
        "`log=PATH` starts a new log of a loop, and `resume=PATH` continues one: items that are done according to the log are skipped. `resume=` also creates a missing log, so one of them is enough.";
    PROGRESS_OF_LOOP = "E0341", "progress of a program at a loop side by side",
        "`progress=\"percent\"` and `progress=\"ffmpeg\"` show the progress of one program. A loop with `jobs=` runs several at once. There `progress=true` shows how many turns have ended.";
    TURN_STATUS = "E0342", "a turn side by side reads an earlier status",
        "In a loop without `jobs=`, `$?` is at the beginning of a turn the status with which the turn before it ended. Turns of a loop with `jobs=` don't wait for each other, so they can't know it. After a command of the same turn, `$?` is the status of that command in both kinds of loop.";
    BAD_PATTERN = "E0346", "a pattern that fits no value",
        "A pattern is `[a, b = 2, ...rest]` for a list, or `{host, port: p = 80, ...rest}` for a map. Elements with a default follow those without, `...rest` comes last, keys are literal text, and a quoted key is followed by a name: `{\"a key\": name}`.";
    BAD_PARAMETER = "E0347", "a parameter that no command line can set",
        "A short option is one letter that no other parameter has: `verbose/v: bool = false`. A bool that is true by default and `...rest` can't have one. The choices of a parameter are literal texts: `level: \"debug\" | \"info\" = \"info\"`.";
    VALUE_DROPPED = "E0348", "a value that is not used",
        "A method such as `xs.sort()` returns a value and does not change `xs`. Assign the value, `xs = xs.sort()`, print it, `echo $[xs.len()]`, or remove the call.";
    OPERAND_TYPE = "E0349", "an operation that values of these types don't have",
        "The types of literals, captures and the results of the language's functions are known before anything runs. `$(cmd)` is a string: `int($(cmd))` makes it a number, and `++` joins strings.";
    VALUE_NOT_A_WORD = "E0350", "a list or map in the place of one word",
        "A word is one text. `...$list` makes an argument of each element, and `for x in (list)` iterates over a list.";
    NOT_OF_WORKER = "E0351", "an option in the wrong place of a worker",
        "`channel` and `max_asks` are options of `worker { … }` alone. A worker takes `timeout` for its questions, and the options that say how its programs run, such as `cwd`, `env` and `memory`.";
    CHANNEL_KEPT = "E0352", "a program that keeps a worker's channel",
        "`npm`, `npx` and `yarn` start the program that answers, and don't pass the channel on: every message would be lost. The command is in package.json, under `scripts`.";
    NOT_A_POOL = "E0353", "an option of pools at a single worker",
        "`restart`, `retry`, `backoff`, `most_restarts` and `max_asks` say how a pool replaces its workers. `jobs` makes a worker a pool; a pool may have one worker.";
    RANGE_OF_JOBS = "E0354", "a range as the number of turns or instances",
        "A pool of workers grows and shrinks between two numbers, such as `jobs=(1..=8)`. A loop or a service has a fixed number.";

    NOT_A_SERVICE = "E0360", "an option of services at another block",
        "`listen`, `ready`, `health`, `restart` and the like are options of `service with … { … }`, a program that stays up.";
    NOT_OF_SERVICE = "E0361", "an option that a service does not have",
        "A service has its own options and the limits of `with`. Options such as `retry`, `atomic` or `stats` belong to a block that ends.";
    SERVICE_OPTION_ALONE = "E0362", "an option of a service that needs another one",
        "`interval` and `unhealthy` are about health checks, `log_size` and `log_keep` about the log file, and `ready=\"listening\"` about the sockets of `listen`.";
    NOT_HANDLED = "E0363", "a signal that a script can't handle",
        "`on SIGNAL { … }` takes HUP, INT, TERM, QUIT, USR1, USR2 and WINCH. The other signals report a fault, belong to job control, or can't be caught. What runs at the end of a block is `defer { … }`.";
    HANDLER_PLACE = "E0364", "a handler of signals in the wrong place",
        "A signal is for a process. Its handler belongs to the script that the process runs: not to a job, a stage, a capture, a turn side by side, a deferred block or another handler, and not to a script in a host's process.";
    HANDLER_ALONE = "E0365", "a handler of signals with nothing after it",
        "`on SIGNAL { … }` holds to the end of its block. As the last statement of a block it would never run.";
    HANDLER_AT_PROMPT = "E0366", "a handler of the prompt's own keys",
        "At a prompt, Ctrl-C and Ctrl-\\ end the entry that runs. Entries can handle HUP, TERM, USR1, USR2 and WINCH.";
    OWN_SOCKET = "E0367", "a program that does not take the socket of its service",
        "Bun shares a port between processes by SO_REUSEPORT, and takes no socket from its parent, neither systemd's way nor as a worker of Node's cluster. The port of `listen` would be in use.";

    SOURCE_LIMIT = "E0385", "the script is too large for its host",
        "The host limits the size of the text of a script.";

    // Well formed, but refused because it would go wrong.
    UNGUARDED_CODE = "E0401", "a value where a program expects code",
        "The program would parse this argument as code, so a value in it could become code. Pass the value as an argument or by the environment. `$[quote(x)]` quotes it for a POSIX shell, and `$[code(x)]` marks it as code.";
    COPIED_VARIABLE = "E0402", "assignment to a copy of a variable",
        "Every stage but the last, a background job and a capture work on copies of the variables, so their assignments would be lost. Let the last stage assign, or capture a value.";
    MISPLACED = "E0403", "a statement in the wrong place",
        "`break` and `continue` belong in loops, `return` in functions, and `each` after a pipe.";
    TRUNCATES_INPUT = "E0404", "the output would truncate an input",
        "The target would be emptied before the program reads it. Write to another file and rename it.";
    UNSUPPORTED = "E0405", "not in a script",
        "`help`, `history`, `fg` and `bg` belong to the interactive prompt.";
    USE_FAILED = "E0406", "a file can't be used",
        "The path is relative to the file that contains the `use`. Files must not use each other in a circle.";
    EMPTY_LOOP = "E0408", "a loop over nothing",
        "`for NAME { … }` has nothing to iterate over. In sh it iterates over the arguments: write `for NAME in ...$args { … }`.";
    MISQUOTED_CODE = "E0409", "quote() in a place where it does not protect the value",
        "`quote(x)` is one word for a POSIX shell, with its own quotes. Inside quotes of the code, these would end the surrounding quotes. A program in the code that parses its argument again, such as `eval`, would read the value as code. Put `quote(x)` outside quotes. If the argument is meant to be code there, write `quote(code(x))`.";

    // Commands: they failed or could not be started.
    COMMAND_FAILED = "E1001", "a command failed",
        "A stage of the pipeline ended with a status other than 0, or by a signal. The notes show every stage. To continue after a failure use `if` or `||`.";
    PROGRAM_NOT_FOUND = "E1002", "program not found",
        "No directory of PATH holds an executable file of this name. Check the spelling, install the program, or give its path.";
    NOT_EXECUTABLE = "E1003", "file is not executable",
        "The file exists but can't be run: it lacks the execute permission, or it or its interpreter is a directory. A script needs `chmod +x` and a `#!` line.";
    CANNOT_OPEN = "E1004", "cannot open the target of a redirection",
        "The kernel refused to open the file; the message gives the reason.";
    WOULD_TRUNCATE = "E1005", "would truncate a file that the same pipeline reads",
        "The target would be emptied before the reader sees it. Write to another file and rename it. `>|` truncates the file even if it is read.";
    ARGUMENT_TOO_LONG = "E1006", "argument list too long",
        "The kernel limits the size of one argument (128 KiB on Linux), and of all arguments together with the environment. Pass the data by standard input or a file, or split the list.";
    NUL_IN_ARGUMENT = "E1007", "NUL byte in an argument",
        "The kernel ends every argument at its first NUL byte, so the program would receive only a part. Pass the data by standard input or a file.";
    DASH_ARGUMENT = "E1008", "a value that begins with a dash would be taken for an option",
        "Put `--` before it, write `./` before a file name, or mark it as an option: `$[flag(x)]`.";
    NO_MATCH = "E1009", "no file matches the pattern",
        "Quote the pattern if it is meant as text. A `for` over a pattern without a match does nothing.";
    FAIL = "E1010", "the script failed by its own `fail`",
        "A `fail` statement ran; the message is the script's own.";
    SPAWN_FAILED = "E1011", "program could not be started",
        "The kernel refused to start the process; the message gives the reason, such as a limit on processes.";
    NO_DIRECTORY = "E1012", "no such directory",
        "The directory to work in does not exist or can't be entered.";
    UNKNOWN_USER = "E1013", "no such user",
        "`~NAME` is the home directory of the user NAME, and there is no such user. Quote it if it is meant as text.";

    BAD_DESCRIPTOR = "E1014", "a descriptor that is not open",
        "The redirection copies a descriptor that neither the script nor the caller of `pipewright` has opened, or a builtin reads or writes a standard stream that is closed. A standard stream that was closed at the start (`pipewright script.pw >&-`) stays closed, as in sh.";
    READ_FAILED = "E1015", "can't read",
        "The kernel refused to read the input; the message gives the reason.";
    WRITE_FAILED = "E1016", "can't write",
        "The kernel refused to write the output, for example because the disk is full. The rest of the output is lost.";
    BUILTIN_USAGE = "E1017", "wrong use of a builtin",
        "The message says which argument is wrong and what the builtin takes.";

    NEGATED = "E1018", "a command after ! succeeded",
        "`! cmd` is a statement that fails when `cmd` succeeds. In a condition it is simply false.";

    BUILTIN_FAILED = "E1019", "a builtin failed",
        "The message says what the builtin could not do. Its status is that of the same command in sh.";

    AUDIT_FAILED = "E1020", "the audit log can't be written",
        "With `--audit`, every action must be recorded before it is done. Check that the log is a file that this user may read and append to, that its disk is not full, and that it was not replaced, removed or truncated during the run.";

    HOST_FAILED = "E1021", "a function or stage of the host failed",
        "The program that runs the script provides this function or command, and it failed; the message is its own.";

    DAEMONS = "E1024", "daemons can't be ended here",
        "`with daemons=\"end\"` ends the processes that programs leave behind. It therefore needs a process that adopts them, which only `pipewright FILE` is. The library in a host and the prompt adopt no processes.";
    JOBS_RUN = "E1025", "a job still runs at `exec`",
        "The program that replaces the script knows nothing about its jobs. Wait for them first: `wait`.";

    NO_TERMINAL = "E1028", "no terminal to ask at",
        "`input()` and `confirm()` ask the user at a terminal: at standard input if it is a terminal, otherwise at the controlling terminal. In a script that runs without one, take the answer as an argument or option; `read_line()` reads standard input.";

    CODE_AT_RUN = "E1029", "a value where a program expects code, found during the run",
        "A value names the program, so the check could not know that the program takes this text as code. Or a value begins with a plus, and the program takes such a word for a command, as vim and less do with `+cmd` and shells with `+c`: put `--` before the value, or `./` before the name of a file. Otherwise pass the value as an argument or by the environment. `$[quote(x)]` quotes it for a POSIX shell, and `$[code(x)]` marks it as code. This is not a failure of a command: `||`, `!` and `if` do not absorb it.";

    UNKEPT = "E1030", "the file can't be replaced without a loss",
        "With `atomic=true` a new file replaces the old one, with the same owner, group, mode, access control list and extended attributes. One of them can't be set here, and the owner or the group would lose access, so the old file stays.";

    UNQUOTED_CAPTURE = "E1035", "unquoted text that sh would split or match",
        "At a prompt an unquoted `$(cmd)` is one argument. sh splits its output at blanks and matches it with file names. Where that would change the output, quote it for one argument, or splice its lines for many.";
    EXITED = "E1046", "the script exited instead of returning a value",
        "The host wanted the text or the value of the script, and the script exited with a status other than 0. `Run::output` takes any status.";
    STATUS_TAKEN = "E1047", "the exit status of a program was taken",
        "The program that runs the script ignores SIGCHLD, or waits for children that it has not started, so it is unknown whether the program succeeded. Nothing absorbs this.";

    // Values: found while running.
    WRONG_TYPE = "E2001", "wrong type",
        "The operation is not defined for values of these types. Convert one explicitly, for example with int(x).";
    OVERFLOW = "E2002", "number out of range",
        "Integers, durations and sizes have 64 bits, and floats are finite. A result that does not fit is an error, never a wrong number.";
    DIVISION_BY_ZERO = "E2003", "division by zero",
        "The divisor of /, // or % is zero, or zero is raised to a negative power.";
    INDEX_OUT_OF_RANGE = "E2004", "index out of range",
        "Indices run from 0 to the length minus one. Negative ones count from the end, from -1.";
    MISSING_KEY = "E2005", "the map has no such key",
        "Test with `key in map` first.";
    UNSET_VARIABLE = "E2006", "environment variable is not set",
        "Reading a variable that is not set is an error. Give a default: `env.NAME ?? \"…\"`.";
    NOT_UTF8 = "E2007", "the string is not UTF-8",
        "Methods of text need UTF-8, and the string contains other bytes. Convert it first, for example with iconv.";
    NOT_A_WORD = "E2008", "the value is not one word",
        "An argument is one string, number or similar value. `...$list` turns a list into many arguments; null has no text.";
    NOT_A_LIST = "E2009", "only a list can be spliced",
        "`...` makes an argument of each element of a list. To pass a single value, leave out the dots: `$x`.";
    BAD_VALUE = "E2010", "value out of its range",
        "The type fits, but the value does not: a negative count, an empty separator, a pattern that is not a regular expression.";
    NESTED_TOO_DEEPLY = "E2011", "value is nested too deeply",
        "Lists and maps are compared and converted up to 256 levels deep.";
    BAD_CONVERSION = "E2012", "the text can't be converted",
        "The text is not a number, duration, size or JSON, as the conversion requires.";
    VALUE_UNUSED = "E2013", "a command returned a value",
        "A function that is used as a command returns true, false or nothing: its status. To get another value, call it: `f(…)`.";
    BAD_ARGUMENTS = "E2014", "wrong arguments",
        "A function was called with too many, too few or unknown arguments, or a script with a command line that its `main` does not take.";
    TOO_LARGE = "E2015", "value too large",
        "A string, and the arguments of one command, hold at most 256M; a list or map at most 16,777,216 elements. Use a range or a stream instead of a list: `for i in (range) { … }`, `cmd | each line { … }`.";
    CALLED_TOO_EARLY = "E2016", "called before its variables exist",
        "A function value or a deferred call ran above the `let` of a variable that the function uses, or above the `use` of a file. Move the declaration up.";

    SECRET_SEEN = "E2017", "a secret where it would be seen",
        "A secret can't be a word of a command, or part of one. Pass it with `NAME=$x cmd`, `with env={…}`, `<<< $x`, a here-document or `write()`. Call functions as `f(x)`. `x.reveal()` is its text.";

    NOT_A_FILE = "E2018", "the code is not in a file",
        "`script_path()` is the path of a script, or of a file that it uses. Code from `-c`, standard input, the prompt or a host's text has no path.";

    PATTERN_MISMATCH = "E2019", "a pattern does not fit the value",
        "`let [a, b] = xs` takes a list of two elements, and `let {host} = m` a map that has that key. `...rest` takes the remaining elements, `a = 0` is a default for a missing element or key, and `_` skips one.";

    TURN_LEFT = "E2020", "a turn side by side exits",
        "A turn of a loop with `jobs=` called a function or file that exits. The other turns go on, so this is an error of the turn. Let the turn fail instead.";
    HELD_OUTPUT_LOST = "E2021", "output of a turn could not be held",
        "The output of a later turn waits until the earlier turns have ended. A loop holds up to 8 MiB of it in memory, and the rest in an unnamed file in `$TMPDIR` or `/tmp`. This file could not be written. With `output=\"live\"` or `output=\"done\"` less output has to be held.";
    LOOP_LOG_IN_USE = "E2027", "the log of a loop is in use",
        "Another run writes this log. Two runs would run the same items, since neither knows the other's progress. The other run holds a lock (flock(2)), which is released however it ends.";
    LOOP_LOG_OF_OTHER = "E2028", "a file that is not the log of this loop",
        "The first line of a log names its script and the variables of the loop. Each further line is a turn. `log=` replaces the log of any loop, but no other file. `resume=` continues only the log of its own loop.";
    LOOP_LOG_ITEM = "E2029", "an item that a log can't hold",
        "A log stores each item as JSON: strings, numbers, lists, maps, durations and sizes. A secret must not be written to a file, and functions and jobs have no form in JSON.";
    LOOP_LOG_FAILED = "E2030", "the log of a loop can't be opened or written",
        "A turn whose line is missing would run again with `resume=`, so the loop ends. The reason or the help names the cause, such as a full disk, a missing directory or a missing permission.";
    TURN_WAITS = "E2031", "a turn side by side waits for a job of the script",
        "`wait` waits for all jobs of the script, and `wait PID` for one of them. A turn of a loop with `jobs=` is a job itself, and these words know only the jobs that it has started. While others run, or have ended without having been waited for, they are refused in turns. `job.wait()` waits for any job.";

    WORKER_ENDED = "E2034", "the worker has ended or closed its channel",
        "No answer or message can come any more. In Node, `process.exit` right after `process.send` loses messages: write `process.send(x, () => process.exit())`.";
    BAD_MESSAGE = "E2035", "the worker sent a line that is not JSON",
        "Each message is one line of JSON in UTF-8. A program whose messages go over standard output must print everything else on standard error.";
    WORKER_OVER = "E2036", "a worker is used after the code that made it",
        "A worker ends with the script, job or turn that made it. Make it in the code that lives as long as it is used.";
    NO_ANSWER = "E2037", "the worker did not answer in time",
        "The answer is dropped when it comes. A program that prints to a pipe may hold its output back until 4096 bytes are written: `jq --unbuffered`, `sed -u`, `python3 -u`, `stdbuf -oL`.";
    CHANNEL_FULL = "E2038", "a worker that takes no messages and sends too many",
        "While a message waits to be sent, the messages of the worker are kept, up to `max_output`. Receive them between the messages that are sent.";
    CHANNEL_FAILED = "E2039", "the channel of a worker failed",
        "The channel could not be made, read or written. The reason names the cause, such as too many open files.";
    POOL_EMPTY = "E2040", "a pool that has no worker left",
        "All its workers have ended. With `restart=\"on-failure\"` or `restart=\"always\"` the pool replaces them.";
    POOL_GIVEN_UP = "E2041", "a pool was given up",
        "A worker failed too often in a row (`most_restarts`), or its program does not exist. All workers were ended. The note shows how the last one ended.";
    POOL_NUMBER = "E2042", "a pool has no worker of this number",
        "The workers of a pool have the numbers from 0 to `pool.size - 1`. A worker that replaces another one has its number.";
    POOL_MIXED = "E2043", "a pool that is used by questions and by messages",
        "A message of a worker is either the answer to a question or the next item of `pool.messages()`. A pool that does both would mistake one for the other. Make two pools.";
    POOL_RESIZED = "E2044", "a pool that changes its size by itself",
        "With a range, such as `jobs=(1..=8)`, a pool grows while questions wait, and shrinks when workers are idle. `resize` is for a pool with a number.";

    SERVICE_GIVEN_UP = "E2050", "a service was given up",
        "An instance failed too often in a row (`most_restarts`), or once with `restart=\"never\"`. All instances were ended. The notes show how the last runs ended and what they printed last.";
    SERVICE_NOT_READY = "E2051", "a service is not ready in time",
        "The instance runs, and its sign of `ready` has not come within 30 seconds or `timeout`. All instances were ended.";
    SERVICE_ADDRESS = "E2052", "an address that a service can't listen at",
        "Another process listens there, the address does not belong to this machine, or the port needs privileges. An address is `host:port` or `unix:PATH`.";
    RELOAD_FAILED = "E2053", "a service could not be reloaded",
        "The new run of an instance ended, or was not ready in time. The old one and the instances after it stay as they were.";
    SERVICE_ENDED = "E2054", "a service that has ended",
        "A service lives until `stop()`, or until the script, job or turn that made it ends.";
    SERVICE_LOG = "E2055", "the log file of a service can't be written",
        "The reason names the cause, such as a missing directory or a missing permission.";
    READY_OF_SHARED = "E2056", "a sign of readiness that does not tell instances apart",
        "Several instances share a socket, so any of them may answer. A function with a parameter asks one instance, by its number or process.";
    HANDLER_ELSEWHERE = "E2057", "a handler of signals outside of the script's own thread",
        "A function with `on SIGNAL { … }` was called in a job, a stage, a capture, `( )` or a turn side by side. Signals are for the script itself: call the function there.";
    SANDBOX_UNAVAILABLE = "E2065", "this system can't confine a program",
        "The options `net`, `read`, `write` and `run` need a kernel with Landlock of version 6 (Linux 6.12) and filters of system calls (seccomp); `isolate`, `tmp` and net=\"loopback\" also namespaces, and `memory_all` and `processes_all` a control group in which this user may make others. None of them is ever ignored or weakened, so the block does not begin. `pipewright --doctor` shows what the system has.";
    SANDBOX_REFUSED = "E2066", "outside of the sandbox",
        "The block names the files that may be read, written and run, and this file is none of them. The rules apply to programs, and also to redirections, builtins and functions in the block. This is not a failure of a command: `||`, `!` and `if` do not absorb it.";
    SANDBOX_PATH = "E2067", "a path of a sandbox that leads nowhere",
        "The paths of `read`, `write` and `run` must exist when the block begins: a misspelled path would otherwise close what was meant to be open. A path that may be missing ends with a question mark: `read=[\"/etc/ssl?\"]`.";
    SANDBOX_DEPTH = "E2068", "too many sandboxes within each other",
        "The kernel lets a process enforce at most 16 rulesets of Landlock upon each other. Give several options to one `with` instead of several.";
    OPTION_IN_MAP = "E2069", "an option that can't come from a map",
        "The options of a map are known only when the block begins. The check has to know the options of loops, services and workers, and `detach`, before the script runs. Write them where the block begins, beside the map: `for x in (xs) with jobs=4, ...rules { … }`.";
    SANDBOX_NAMESPACES = "E2070", "namespaces that would not hold what the options say",
        "Namespaces (`isolate`, `tmp`, `net=\"loopback\"`) don't nest: give them to the outer block. With `tmp`, the files of the real /tmp are hidden, so a block whose directory lies there names the files that its programs need, by `read` and `write`.";
    QUEUE_UNUSABLE = "E2080", "a file that can't be used for queues",
        "A queue is kept in an SQLite file of its own, on a disk of this machine. A file of another program, or of a later version of Pipewright, is left unchanged.";
    QUEUE_FAILED = "E2081", "a queue can't be read or changed",
        "The reason names the cause, such as a full disk. Tasks whose `add` returned are kept. A task whose end could not be recorded is taken again: tasks run at least once.";
    NO_TASK = "E2082", "a task that the queue does not have",
        "Tasks that have succeeded are deleted, and numbers are not used twice. `q.list(\"failed\")` lists tasks with their numbers.";
    TASK_RUNS = "E2083", "a task that a worker runs",
        "A task can be deleted or retried before it is taken and after its try has ended.";
    TASKS_FAILED = "E2084", "tasks of a drained queue have failed",
        "They had no try left, or `retry_on` did not name their failure. They are kept with their last error: `q.list(\"failed\")`.";
    QUEUE_OPTION = "E2085", "an option that a loop over a queue does not have",
        "The failure of a turn is that of its task, which has its own number of tries. So `halt` and `retry` have no meaning, and the queue itself knows what is done.";
    QUEUE_PAUSED = "E2086", "a paused queue can't be drained",
        "Nothing is taken from a paused queue, so the loop would not end. `q.resume()` lets workers take tasks again.";

    // Limits, time-outs and policies.
    OUTPUT_TOO_LARGE = "E3001", "captured output is too large",
        "A capture holds at most 256M. Process the output as a stream instead: `cmd | each line { … }`.";
    RECURSION = "E3002", "functions call each other too deeply",
        "A function that calls itself must have a case that does not.";
    TIMEOUT = "E3003", "timed out",
        "The block ran longer than `with timeout=…` allows, and all of its processes were ended.";
    POLICY = "E3004", "not allowed by the policy",
        "The host forbids this program, path, variable, user, option of `with` or signal. The note names the rule. `||`, `!` and `if` don't absorb it; a `try` catches it, and `e.code` is E3004.";
    CANCELLED = "E3005", "cancelled",
        "The host that embeds the interpreter has cancelled the run and ended all of its processes.";

    STEP_LIMIT = "E3006", "too many steps",
        "The host limits the number of steps of the script: statements, turns of loops and calls of functions. The script can't catch this, and no deferred block runs after it.";
    DEPTH_LIMIT = "E3007", "too many nested calls",
        "The host limits the number of function calls that may be open at once. The script can't catch this, and no deferred block runs after it.";
    PROCESS_LIMIT = "E3008", "too many processes",
        "The host limits the number of processes and threads that the script may start, and that may exist at once. The script can't catch this, and no deferred block runs after it.";
    CAPTURE_LIMIT = "E3009", "too many captured bytes",
        "The host limits the number of bytes that the script may bring in by captures, `read()` and `each`. The script can't catch this, and no deferred block runs after it.";
    VALUE_LIMIT = "E3010", "a value is too large",
        "The host limits the size of a string, list or map of the script. The script can't catch this, and no deferred block runs after it.";

    OUTPUT_LIMIT = "E3080", "too much output",
        "The host limits the number of bytes that the script and its programs may print. The script can't catch this, and no deferred block runs after it.";
    DETACH_LIMIT = "E3081", "a program that would outlive the script",
        "The host does not let this script leave programs running (`with detach=true`). The script can't catch this, and no deferred block runs after it.";
    MEMORY_LIMIT = "E3082", "too much memory for values",
        "The host limits the memory that all values of the script may take together. Values that are no longer needed free their memory: assign something else, or let their function return. The script can't catch this, and no deferred block runs after it.";

    // Bugs in Pipewright.
    INTERNAL = "E9001", "a bug in Pipewright",
        "This should never happen, whatever the script does. Please report it with the script.";

    // Warnings: allowed, but probably not meant.
    UNUSED_VARIABLE = "W0001", "a variable that is never read",
        "The values that are assigned to it are never used: the name is misspelled, or the variable is no longer needed. A name that begins with `_` may stay unread.";
    UNUSED_FUNCTION = "W0002", "a function that is never called",
        "This concerns a script, not a file that other files use. A name that begins with `_` may stay uncalled.";
    UNREACHABLE = "W0003", "a statement that is never run",
        "The statement before it always leaves the block: return, fail, break, continue or exit.";
    UNUSED_RESULT = "W0004", "a result that is not used",
        "`try` and `capture` turn a failure into a value. Unless the script uses the value, the failure goes unnoticed.";
    VARIABLE_NOT_PROGRAM = "W0006", "a command that has the name of a variable, but not of a program",
        "The first word of a command is the name of a program. PATH has no program of this name now, so the variable was probably meant: `$name` is its text.";
    MAYBE_CODE = "W0007", "a value that a program may run",
        "Whether the value becomes code depends on the program that reads it: a makefile, a program in a terminal window, or a library that a variable of the environment names. Where `{}` is part of code, file names become code. If it is meant, write `$[code(x)]`.";
    ESCAPED_VALUE = "W0008", "a value whose backslashes awk interprets",
        "In `awk -v x=$v`, and in `x=$v` after the program, `\\n` becomes a line feed and `\\\\` a backslash (POSIX awk, operands). A value in the environment stays unchanged: `x=$v awk '… ENVIRON[\"x\"] …'`.";
    ZERO_STATUS = "W0009", "a status that is always 0",
        "A command that fails stops the script, so `$?` is 0 after it. The status of a failure is available after `||`, in `else`, in a `defer`, and after a test before `&&`. As a value it is `(try { cmd }).status`.";
    SAME_TARGET = "W0010", "turns side by side write to one file",
        "Each turn of the loop empties the file and writes it. Without jobs= what the last turn has written stays; side by side it is what any of them has written last, or a mixture. Put the item into the file's name, or redirect the whole loop.";
    NO_PROGRESS = "W0012", "progress of nothing",
        "`with progress=true { gzip < big > big.gz }` shows how far the file of the redirection has been read. Files that programs open themselves are not observed: write `progress=\"percent\"` for programs that print percentages, and `progress=\"ffmpeg\"` for ffmpeg.";
    PROGRAM_MISSING = "W0013", "a program that is not installed here",
        "PATH of this process has no program of this name now. The script may be meant for a machine that has it. A script that can do without the program checks with `command -v NAME`, and gets no warning.";
    SERVICE_ENDS = "W0015", "a service that ends at once",
        "A service lives until the script ends, and nothing runs after it. `wait` waits until all services have ended or one is given up.";
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
