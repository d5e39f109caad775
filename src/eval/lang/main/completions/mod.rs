//! The scripts by which shells complete a script's own options: `script.pw --completions bash`.
//!
//! Each is made of the parameters of `main` alone. It starts nothing, so that a script is never run by a key press.

mod bash;
mod fish;
mod zsh;

use super::help;
use crate::check::program::*;
use crate::diag::visible;
use crate::value::Str;
use std::borrow::Cow;

/// The completions for a shell; none if it is not known.
pub fn script(function: &Function, name: &str, shell: &str) -> Option<String> {
    let line = CommandLine::of(function, name);
    match shell {
        "bash" => Some(bash::script(&line)),
        "fish" => Some(fish::script(&line)),
        "zsh" => Some(zsh::script(&line)),
        _ => None,
    }
}

/// A script as a shell has to know it.
struct CommandLine<'f> {
    name: &'f str,
    /// The name on one line, for comments.
    title: String,
    options: Vec<CliOption<'f>>,
    /// The parameters that are given by their place.
    positional: Vec<&'f Parameter>,
}

struct CliOption<'f> {
    /// `--level`
    long: String,
    short: Option<char>,
    takes: Option<Values<'f>>,
    is_repeated: bool,
    /// Its short form takes no value.
    counts: bool,
    help: &'f str,
}

/// What a shell offers for a value.
#[derive(Clone, Copy)]
enum Values<'f> {
    Choices(&'f [Str]),
    Files,
    /// Nothing: only the user knows.
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

    /// The name as a part of the name of a shell's function.
    fn identifier(&self) -> String {
        self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
    }

    /// What stands for any of the arguments that are no options.
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

/// A text as a word of bash and zsh.
fn sh_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The text of a choice, whose other bytes no command line of a user has.
fn text_of(choice: &Str) -> Cow<'_, str> {
    String::from_utf8_lossy(choice.as_bytes())
}
