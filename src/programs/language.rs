//! The languages that programs read.

/// A language in which a program takes code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// That of a POSIX shell, where `quote(x)` is one word.
    Sh,
    /// That of another shell, whose quotes differ from those of POSIX.
    OtherShell,
    Awk,
    Sed,
    Python,
    Perl,
    Ruby,
    Js,
    Php,
    Lua,
    /// SQL of psql, with its backslash commands.
    Psql,
    /// SQL of sqlite3, with its dot commands.
    Sqlite,
    /// SQL of another client.
    Sql,
    Jq,
    Yq,
    Make,
    Vim,
    Gdb,
    /// The name of a program with its arguments, which are split at blanks.
    Command,
    /// `NAME=value` in the environment.
    Assignment,
    /// `key=value` of git.
    GitConfig,
    /// `Key=value` of ssh.
    SshOption,
    /// `Key=value` of apt.
    AptOption,
    /// An action of tar at a checkpoint.
    TarAction,
    /// Options of curl.
    CurlConfig,
    /// Keys for a program that runs in a terminal.
    Keys,
    /// Options that a program takes from its environment, or a file that it loads.
    Loaded,
    /// Text of an awk variable, whose backslashes are escapes.
    AwkText,
    /// The language of any other program.
    Other,
}

/// The names by which the tables refer to them.
const NAMES: &[(&str, Language)] = &[
    ("sh", Language::Sh),
    ("shell", Language::OtherShell),
    ("awk", Language::Awk),
    ("awktext", Language::AwkText),
    ("sed", Language::Sed),
    ("python", Language::Python),
    ("perl", Language::Perl),
    ("ruby", Language::Ruby),
    ("js", Language::Js),
    ("php", Language::Php),
    ("lua", Language::Lua),
    ("psql", Language::Psql),
    ("sqlite", Language::Sqlite),
    ("sql", Language::Sql),
    ("jq", Language::Jq),
    ("yq", Language::Yq),
    ("make", Language::Make),
    ("vim", Language::Vim),
    ("gdb", Language::Gdb),
    ("command", Language::Command),
    ("git", Language::GitConfig),
    ("ssh", Language::SshOption),
    ("apt", Language::AptOption),
    ("curl", Language::CurlConfig),
    ("tar", Language::TarAction),
    ("code", Language::Other),
];

impl Language {
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, language)| *language)
    }

    /// Returns whether a value only might be run, depending on its reader.
    pub const fn only_might(self) -> bool {
        matches!(self, Self::Make | Self::CurlConfig | Self::Keys | Self::Loaded)
    }
}
