//! Facts about programs: the arguments, variables and inputs that they take as code, and the programs that they
//! start.
//!
//! One table has three users. The code guard refuses values where a program expects code, the policy judges a
//! launcher by the program that it launches, and completion finds the program after `sudo -u you`. [`table`] has
//! the rows, [`options`] parses argument lists by them, [`examine`] finds the code in a command.

mod examine;
mod language;
mod launch;
pub mod options;
mod settings;
mod sh_code;
mod shapes;
pub mod table;
pub mod variables;
mod word;

pub use examine::{Fault, Input, Problem, Subject, examine, examine_text, examine_variable};
pub use language::Language;
pub use launch::{launched, runs_setsid, wrapped};
pub use sh_code::State;
pub use shapes::Shapes;
pub use word::{Piece, Value, ValueKind, Word, joined};

use options::{Item, Order};

/// A program, or several whose arguments have the same form.
#[derive(Debug)]
pub struct Program {
    pub names: &'static [&'static str],
    /// Its options, as [`options`] describes them.
    pub options: &'static str,
    pub order: Order,
    /// Whether the beginning of a long option is accepted for it, as in GNU programs.
    pub abbreviates: bool,
    pub operands: Operands,
    /// The operands if one of these options is given; the first row that applies.
    pub when: &'static [(&'static str, Operands)],
    /// The language of its standard input, unless the arguments contain the code.
    pub input: Option<Language>,
    pub trust: Trust,
    /// Its subcommands, as programs of their own.
    pub commands: &'static [Program],
}

/// The meaning of the words of a program that aren't options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operands {
    Data,
    /// Data; and no other part of the command is code.
    Harmless,
    /// Data, and the code is standard input.
    Stdin,
    /// The first is a file of code; `-` is standard input.
    Script(Language),
    /// The first is code.
    First(Language),
    /// All after this many are code, joined by blanks.
    After(usize, Language),
    /// Each after this many is code by itself.
    EachAfter(usize, Language),
    /// A command, after this many words of the program's own.
    Command(usize),
    /// A command, with `NAME=value` before it.
    AssignedCommand,
    /// A command, to which more words are added.
    AppendedCommand,
    /// The arguments of a shell, after this many words.
    Shell(usize),
    /// `NAME=value` is allowed among them, and the values are code.
    Assignments(Language),
    /// The first is a subcommand.
    Subcommand,
    /// The first is a subcommand, and so is each after `then`.
    Verbs,
    /// The arguments of the module of Python that `-m` names.
    Module,
    /// The arguments of the program that one of these options names, the first one given.
    Started(&'static [&'static str]),
    /// Commands follow these words, up to `;`.
    Exec(&'static [&'static str]),
    /// The first is code if it begins with literal text.
    Expression(Language),
    /// The name of a lock, and a command or `-c` with code.
    Locked,
    /// A key of the configuration of git, and its value.
    GitConfig,
    /// A command up to `:::`, which a shell parses.
    Parallel,
    /// A condition of bash (`[[ … ]]`), which evaluates arithmetic.
    Condition,
}

/// The trust of a policy in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It runs nothing that its arguments name, or nothing significant.
    Data,
    /// It runs any text, or launches programs in a way that can't be followed: a rule has to name it.
    Evaluator,
    /// It is judged by the program that it launches, and needs no rule of its own.
    Plain,
    /// It needs a rule of its own, and so does the program that it launches.
    Launcher,
}

impl Program {
    /// The defaults of a program.
    const BASE: Self = Self {
        names: &[],
        options: "",
        order: Order::Anywhere,
        abbreviates: true,
        operands: Operands::Data,
        when: &[],
        input: None,
        trust: Trust::Data,
        commands: &[],
    };

    /// Parses the words of a command of this program.
    pub fn parse(&self, words: &[Word<'_>]) -> Vec<Item> {
        options::parse(self.options, self.order, self.abbreviates, words)
    }

    /// Returns whether words that begin with a plus are options of it.
    fn takes_plus(&self) -> bool {
        self.options.contains('+')
    }

    fn called(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

/// Returns the last component of a path.
pub fn base_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Returns the program of a name, even with a version or variant at its end: `python3.11`, `vim.basic`.
pub fn find(name: &str) -> Option<&'static Program> {
    table::find(name).or_else(|| table::find(plain_name(name)?))
}

/// Returns whether a program can run any text as code.
pub fn is_evaluator(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let unversioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    [find(name), table::find(unversioned)].into_iter().flatten().any(|found| found.trust == Trust::Evaluator)
}

/// Returns the name without a version and variant; none if the rest is neither.
fn plain_name(name: &str) -> Option<&str> {
    const VARIANTS: &[&str] = &[
        "athena",
        "basic",
        "dbg",
        "debug",
        "distrib",
        "gtk",
        "gtk3",
        "motif",
        "multiarch",
        "nox",
        "openbsd",
        "posix",
        "real",
        "static",
        "tiny",
        "traditional",
    ];
    let end = name.find(|c: char| c.is_ascii_digit() || c == '.' || c == '-').filter(|end| *end > 0)?;
    let (plain, rest) = name.split_at(end);
    let version = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    let digits = rest.len() - version.len();
    let is_version = rest[..digits].contains(|c: char| c.is_ascii_digit())
        && (version.len() <= 1 || rest[..digits].ends_with('-') || version[1..].starts_with('-'));
    let is_variant = digits == 1 && VARIANTS.contains(&version);
    let is_triplet = rest.starts_with('-') && version.contains("-linux");
    (is_version || is_variant || is_triplet).then_some(plain)
}

#[cfg(test)]
mod tests;
