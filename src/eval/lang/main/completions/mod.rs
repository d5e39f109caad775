//! The scripts with which shells complete a script's options: `script.pw --completions bash`.
//!
//! Each is made from the parameters of `main` alone, and starts nothing, so that a key press never runs
//! the script.

mod bash;
mod fish;
mod zsh;

use super::help;
use crate::check::program::*;
use crate::diag::visible;
use crate::value::Str;
use std::borrow::Cow;

/// Returns the completions for a shell; none if the shell is unknown.
pub fn script(function: &Function, name: &str, shell: &str) -> Option<String> {
    let line = CommandLine::of(function, name);
    match shell {
        "bash" => Some(bash::script(&line)),
        "fish" => Some(fish::script(&line)),
        "zsh" => Some(zsh::script(&line)),
        _ => None,
    }
}

/// The command line of a script, as a shell needs to know it.
struct CommandLine<'f> {
    name: &'f str,
    /// The name on one line, for comments.
    title: String,
    options: Vec<CliOption<'f>>,
    /// The positional parameters.
    positional: Vec<&'f Parameter>,
}

struct CliOption<'f> {
    /// `--level`
    long: String,
    short: Option<char>,
    takes: Option<Values<'f>>,
    is_repeated: bool,
    /// Whether its short form takes no value.
    counts: bool,
    help: &'f str,
}

/// The values that a shell offers.
#[derive(Clone, Copy)]
enum Values<'f> {
    Choices(&'f [Str]),
    Files,
    /// None: only the user knows them.
    Unknown,
}

impl<'f> CommandLine<'f> {
    fn of(function: &'f Function, name: &'f str) -> Self {
        let is_option = |parameter: &&Parameter| parameter.formal.optional || parameter.formal.is_repeated();
        let (named, positional): (Vec<&Parameter>, Vec<_>) = function.parameters.iter().partition(is_option);
        let mut options = Vec::new();
        for parameter in named {
            let formal = &parameter.formal;
            let help = parameter.doc.lines().next().unwrap_or_default();
            let takes = if formal.is_switch() { None } else { Some(Values::of(formal)) };
            options.push(CliOption {
                long: format!("--{}", formal.dashed_name()),
                short: formal.short,
                takes,
                is_repeated: formal.is_repeated() || formal.counts,
                counts: formal.counts,
                help,
            });
            if formal.is_switch() {
                options.push(CliOption::switch(format!("--no-{}", formal.dashed_name()), ""));
            }
        }
        let mut own = |long: &str, help| {
            if !options.iter().any(|option| option.long == long) {
                options.push(CliOption::switch(long.to_string(), help));
            }
        };
        own("--help", "how the script is called");
        if help::version(function).is_some() {
            own("--version", "the version of the script");
        }
        Self { name, title: visible(name.as_bytes()), options, positional }
    }

    /// Returns the name as a part of the name of a shell function.
    fn identifier(&self) -> String {
        self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
    }

    /// The choices of all arguments that are not options.
    fn argument_choices(&self) -> impl Iterator<Item = &'f Str> {
        self.positional.iter().flat_map(|parameter| &parameter.formal.choices)
    }

    fn takes_files(&self) -> bool {
        self.positional.iter().any(|parameter| matches!(Values::of(&parameter.formal), Values::Files))
    }
}

impl<'f> CliOption<'f> {
    fn switch(long: String, help: &'f str) -> Self {
        Self { long, short: None, takes: None, is_repeated: false, counts: false, help }
    }
}

impl<'f> Values<'f> {
    fn of(formal: &'f Formal) -> Self {
        match formal.kind {
            _ if !formal.choices.is_empty() => Self::Choices(&formal.choices),
            None | Some(Kind::Path | Kind::List) => Self::Files,
            Some(_) => Self::Unknown,
        }
    }
}

/// Returns a text as a word of bash and zsh.
fn sh_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Returns the text of a choice. Other bytes can't be in the command line of a user.
fn text_of(choice: &Str) -> Cow<'_, str> {
    String::from_utf8_lossy(choice.as_bytes())
}
