//! Variables that belong to a shell.

/// Variables that a shell sets itself: here they would silently be those of the environment, or empty.
pub const SHELL_VARIABLES: &[&str] = &[
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "LINENO",
    "PPID",
    "UID",
    "EUID",
    "GROUPS",
    "IFS",
    "OPTARG",
    "OPTIND",
    "OPTERR",
    "REPLY",
    "PIPESTATUS",
    "FUNCNAME",
    "BASH",
    "BASHPID",
    "BASHOPTS",
    "BASH_VERSION",
    "BASH_VERSINFO",
    "BASH_SOURCE",
    "BASH_LINENO",
    "BASH_COMMAND",
    "BASH_SUBSHELL",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_REMATCH",
    "DIRSTACK",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "HOSTTYPE",
    "MACHTYPE",
    "OSTYPE",
    "SHELLOPTS",
    "PS1",
    "PS2",
    "PS4",
    "HISTCMD",
    "COPROC",
    "MAPFILE",
];

/// Returns whether shells set or use a variable: setting it would change their behaviour, and have no
/// effect here.
pub fn is_of_shells(name: &str) -> bool {
    const OBEYED: &[&str] = &[
        "_",
        "CDPATH",
        "EXECIGNORE",
        "FUNCNEST",
        "GLOBIGNORE",
        "POSIXLY_CORRECT",
        "PROMPT_COMMAND",
        "PS0",
        "PS3",
        "TIMEFORMAT",
    ];
    SHELL_VARIABLES.contains(&name)
        || OBEYED.contains(&name)
        || name.starts_with("BASH") && name != "BASH_ENV"
}
