//! Completions for zsh: the specifications of `_arguments`.

use super::{CliOption, CommandLine, Values, sh_word, text_of};
use crate::check::program::Parameter;

pub fn script(line: &CommandLine<'_>) -> String {
    let CommandLine { name, title, .. } = line;
    let function = format!("_pipewright_{}", line.identifier());
    let mut specifications: Vec<String> = line.options.iter().map(of_option).collect();
    for (at, parameter) in line.positional.iter().enumerate() {
        specifications.push(of_argument(at, parameter));
    }
    format!(
        "#compdef {title}\n\
         # Completions of {title} for zsh: save them as _{title} in a directory of $fpath, or source them after compinit.\n\
         {function}() {{\n    \
             _arguments -s -S \\\n        {}\n}}\n\
         if [ \"$funcstack[1]\" = {} ]; then {function} \"$@\"; else compdef {function} {}; fi\n",
        specifications.join(" \\\n        "),
        sh_word(&format!("_{name}")),
        sh_word(name)
    )
}

fn of_option(option: &CliOption<'_>) -> String {
    let help = if option.help.is_empty() { String::new() } else { format!("[{}]", escaped(option.help)) };
    let value =
        option.takes.map_or(String::new(), |values| format!(":{}:{}", &option.long[2..], action(values)));
    let equals = if option.takes.is_some() { "=" } else { "" };
    let long = format!("{}{equals}{help}{value}", option.long);
    let Some(letter) = option.short else {
        return sh_word(&format!("{}{long}", if option.is_repeated { "*" } else { "" }));
    };
    let short = match option.takes {
        Some(_) if !option.counts => format!("-{letter}+{help}{value}"),
        _ => format!("-{letter}{help}"),
    };
    let all = format!("(-{letter} {})", option.long);
    let before = if option.is_repeated { "*".to_string() } else { all };
    format!("{} {}", sh_word(&format!("{before}{short}")), sh_word(&format!("{before}{long}")))
}

fn of_argument(at: usize, parameter: &Parameter) -> String {
    let place = if parameter.formal.rest { "*".to_string() } else { (at + 1).to_string() };
    sh_word(&format!("{place}:{}:{}", parameter.formal.name, action(Values::of(&parameter.formal))))
}

fn action(values: Values<'_>) -> String {
    match values {
        Values::Choices(choices) => {
            let words: Vec<String> = choices.iter().map(|choice| word(&text_of(choice))).collect();
            format!("({})", words.join(" "))
        }
        Values::Files => "_files".to_string(),
        Values::Unknown => " ".to_string(),
    }
}

/// Escapes a text for a specification.
fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|c| matches!(c, '\\' | ':' | '[' | ']').then_some('\\').into_iter().chain([c]))
        .collect()
}

/// Escapes a word in the parentheses of an action.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./+,@%=".contains(c);
    text.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect()
}
