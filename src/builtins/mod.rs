//! The builtin commands: a closed table, and the builtins that are pure functions of their arguments.
//!
//! Builtins that change a run (`cd`, `exit`, `wait`) are in `eval::builtin`.

pub mod echo;
pub mod escape;
pub mod keywords;
pub mod literal;
pub mod printf;
pub mod test;

use crate::diag::{Code, code};

/// A builtin command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    Cd,
    Command,
    Echo,
    Exit,
    Export,
    False,
    Jobs,
    Kill,
    Printf,
    Pwd,
    Sleep,
    Test,
    Bracket,
    True,
    Type,
    Unset,
    Wait,
}

/// The static properties of a builtin.
pub struct BuiltinSpec {
    pub builtin: Builtin,
    pub name: &'static str,
    /// Its usage.
    pub synopsis: &'static str,
    /// Its description, a sentence or two.
    pub doc: &'static str,
}

/// All builtins, by name.
pub const ALL: &[BuiltinSpec] = &[
    BuiltinSpec {
        builtin: Builtin::Bracket,
        name: "[",
        synopsis: "[ EXPRESSION ]",
        doc: "As `test`, with a closing bracket.",
    },
    BuiltinSpec {
        builtin: Builtin::Cd,
        name: "cd",
        synopsis: "cd [-L|-P] [DIRECTORY | -]",
        doc: "Changes the working directory for the commands after it, not that of the process. Without an argument it changes to $HOME, with `-` to the previous directory, which it prints.",
    },
    BuiltinSpec {
        builtin: Builtin::Command,
        name: "command",
        synopsis: "command [-v | -V] NAME [ARGUMENT…]",
        doc: "Runs a builtin or program, but not a function; with -v prints what the name means, with -V explains it in a sentence.",
    },
    BuiltinSpec {
        builtin: Builtin::Echo,
        name: "echo",
        synopsis: "echo [-neE] [ARGUMENT…]",
        doc: "Prints its arguments, separated by blanks, and a line end; with -n without the line end; with -e interprets the escapes of bash (\\n, \\t, \\e …). Only literal text of the script is an option.",
    },
    BuiltinSpec {
        builtin: Builtin::Exit,
        name: "exit",
        synopsis: "exit [STATUS]",
        doc: "Ends the script with a status from 0 to 255. In a stage before the last, and in a capture, it ends only that stage or capture.",
    },
    BuiltinSpec {
        builtin: Builtin::Export,
        name: "export",
        synopsis: "export NAME=word…",
        doc: "Sets environment variables for the commands that follow. All words are expanded before the first variable is set. `env.NAME = expression` does the same with a value.",
    },
    BuiltinSpec { builtin: Builtin::False, name: "false", synopsis: "false", doc: "Fails with status 1." },
    BuiltinSpec {
        builtin: Builtin::Jobs,
        name: "jobs",
        synopsis: "jobs [-l | -p]",
        doc: "Lists the running jobs of this script, each with its number, its process ID and its text (-l is the same); with -p only the process IDs.",
    },
    BuiltinSpec {
        builtin: Builtin::Kill,
        name: "kill",
        synopsis: "kill [-SIGNAL | -s SIGNAL] PID…",
        doc: "Sends a signal, TERM by default, to processes or, with a negative number after `--`, to process groups; -0 only tests whether they exist.",
    },
    BuiltinSpec {
        builtin: Builtin::Printf,
        name: "printf",
        synopsis: "printf FORMAT [ARGUMENT…]",
        doc: "Prints its arguments by a format (POSIX printf), which is repeated until no arguments are left.",
    },
    BuiltinSpec {
        builtin: Builtin::Pwd,
        name: "pwd",
        synopsis: "pwd [-L|-P]",
        doc: "Prints the working directory; with -P without symbolic links.",
    },
    BuiltinSpec {
        builtin: Builtin::Sleep,
        name: "sleep",
        synopsis: "sleep DURATION…",
        doc: "Waits: seconds as in `sleep 0.5`, or with a unit as in `sleep 250ms`, `sleep 5m`.",
    },
    BuiltinSpec {
        builtin: Builtin::Test,
        name: "test",
        synopsis: "test EXPRESSION",
        doc: "Succeeds if the expression about files, strings or numbers is true, fails with 1 if it is false, and with 2 if it is not an expression (POSIX test).",
    },
    BuiltinSpec { builtin: Builtin::True, name: "true", synopsis: "true", doc: "Succeeds." },
    BuiltinSpec {
        builtin: Builtin::Type,
        name: "type",
        synopsis: "type NAME…",
        doc: "Prints what each name means: a keyword, a builtin, or a program and its path.",
    },
    BuiltinSpec {
        builtin: Builtin::Unset,
        name: "unset",
        synopsis: "unset [-v] NAME…",
        doc: "Removes environment variables; a variable that is not set is ignored.",
    },
    BuiltinSpec {
        builtin: Builtin::Wait,
        name: "wait",
        synopsis: "wait [PID…]",
        doc: "Waits for all jobs of this script, or for those whose first processes these are. Fails if one of them failed.",
    },
];

/// Returns the builtin of a name.
pub fn find(name: &str) -> Option<Builtin> {
    ALL.iter().find(|row| row.name == name).map(|row| row.builtin)
}

/// The index of a missing argument, for which the whole command is shown.
pub const NO_ARGUMENT: usize = usize::MAX;

/// A call that is refused before anything runs.
pub struct Refusal {
    /// The wrong argument, from 0.
    pub argument: usize,
    pub code: Code,
    pub message: String,
    pub help: String,
}

impl Builtin {
    pub fn name(self) -> &'static str {
        ALL.iter().find(|row| row.builtin == self).map_or("", |row| row.name)
    }

    /// Refuses a call about which shells disagree, or that this builtin does not support. Arguments
    /// that are not literal are `None`: they are not options, and their content is known only at run
    /// time.
    pub fn refuse(self, arguments: &[Option<&[u8]>]) -> Option<Refusal> {
        let usage = |argument: usize, message: String, help: &str| {
            Some(Refusal { argument, code: code::BUILTIN_CALL, message, help: help.to_string() })
        };
        let first = arguments.first().copied().flatten();
        let name = self.name();
        let option = |argument: usize, text: &[u8], help: &str| {
            usage(argument, format!("{name} has no option {}", String::from_utf8_lossy(text)), help)
        };
        match self {
            Self::Echo => {
                let literal = arguments.iter().map_while(|argument| *argument);
                let literal: Vec<echo::Arg<'_>> =
                    literal.map(|text| echo::Arg { text, literal: true }).collect();
                let (argument, message) = echo::echo(&literal).err()?;
                usage(argument, format!("echo: {message}"), "write another number, or single bytes: \\xff")
            }
            Self::Printf => {
                if arguments.is_empty() {
                    return usage(NO_ARGUMENT, "printf takes a format".into(), "write: printf '%s\\n' text");
                }
                // Only the format: arguments can't change whether it is refused.
                let place = usize::from(first == Some(b"--") && arguments.len() > 1);
                let message = printf::refusal(&[arguments[place]?])?;
                usage(
                    place,
                    format!("printf: {message}"),
                    "printf takes a format of POSIX, with %b, %c and %q",
                )
            }
            Self::Exit => {
                let status = first.filter(|text| *text != b"--")?;
                let number =
                    std::str::from_utf8(status).ok().and_then(|text| text.trim().parse::<i64>().ok());
                if matches!(number, Some(0..=255)) && arguments.len() == 1 {
                    return None;
                }
                usage(
                    0,
                    "exit takes one status of 0 to 255".into(),
                    "other numbers would be cut to eight bits: exit 1",
                )
            }
            Self::Type if arguments.is_empty() => {
                usage(NO_ARGUMENT, "type takes names".into(), "write: type ls")
            }
            Self::Command if arguments.len() < 2 => {
                usage(NO_ARGUMENT, "command -v takes a name".into(), "write: command -v ls")
            }
            Self::Command if arguments[1].is_some_and(|name| name.starts_with(b"-")) => {
                option(1, arguments[1]?, "command -v NAME tells what a name means")
            }
            Self::Type | Self::Command => {
                let names =
                    if self == Self::Command { arguments.get(1..).unwrap_or_default() } else { arguments };
                if self == Self::Type && first.is_some_and(|first| first.starts_with(b"-")) {
                    return option(0, first?, "type takes only names; command -v prints a path");
                }
                let offset = arguments.len() - names.len();
                let is_keyword = |name: &[u8]| KEYWORDS.iter().any(|keyword| keyword.as_bytes() == name);
                // Both tell of a keyword, but a script gets another text.
                let other = |name: &[u8]| match self {
                    Self::Type => is_sh_word(name) && !is_keyword(name),
                    _ => is_sh_word(name) || is_keyword(name),
                };
                let place = names.iter().position(|name| name.is_some_and(other))?;
                usage(
                    place + offset,
                    "this name means something else in sh".into(),
                    "ask for the name of a program or a builtin",
                )
            }
            Self::Kill if matches!(first, Some(b"-l" | b"-L")) => usage(
                0,
                "each shell prints a different list for kill -l".into(),
                "write the signal's name: kill -s TERM $pid",
            ),
            Self::Jobs if !matches!(arguments, [] | [Some(b"-l" | b"-p")]) => usage(
                0,
                "jobs takes only -l or -p".into(),
                "it lists the jobs that run, with -p the numbers of their processes: jobs -p",
            ),
            Self::Wait => {
                let number = |text: &[u8]| text.iter().all(u8::is_ascii_digit) && !text.is_empty();
                let place = arguments.iter().position(|text| text.is_some_and(|text| !number(text)))?;
                usage(
                    place,
                    "wait takes the numbers of processes, or nothing".into(),
                    "job.wait() waits for one job, and wait alone for all of them",
                )
            }
            Self::Bracket if arguments.last().is_none_or(|last| last.is_some_and(|last| last != b"]")) => {
                usage(
                    NO_ARGUMENT,
                    "`[` is not closed by `]`".into(),
                    "the last argument is `]`, with a blank before it: [ -f notes.txt ]",
                )
            }
            Self::Pwd => literal::pwd(arguments),
            Self::Cd => literal::cd(arguments),
            Self::Sleep => literal::sleep(arguments),
            Self::Kill => literal::kill(arguments),
            _ => None,
        }
    }
}

/// Returns whether it is a builtin or keyword of sh that is not one of the language.
fn is_sh_word(name: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        ":", ".", "!", "{", "}", "alias", "bg", "break", "builtin", "case", "continue", "declare", "do",
        "done", "elif", "esac", "eval", "exec", "fc", "fg", "fi", "function", "getopts", "hash", "help",
        "history", "local", "mapfile", "read", "readonly", "select", "set", "shift", "shopt", "source",
        "then", "times", "trap", "typeset", "ulimit", "umask", "unalias", "until", "[[",
    ];
    WORDS.iter().any(|word| word.as_bytes() == name)
}

/// The names of the keywords.
pub const KEYWORDS: &[&str] = &{
    let mut names = [""; keywords::KEYWORDS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = keywords::KEYWORDS[at].name;
        at += 1;
    }
    names
};
