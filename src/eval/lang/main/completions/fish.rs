//! Completions for fish: a `complete` for each option.

use super::{CommandLine, Values, text_of};

pub fn script(line: &CommandLine<'_>) -> String {
    let title = &line.title;
    let command = format!("complete -c {}", fish_word(line.name));
    let mut text =
        format!("# Completions of {title} for fish: save them as ~/.config/fish/completions/{title}.fish.\n");
    let mut arguments = vec![command.clone()];
    if !line.takes_files() {
        arguments.push("-f".to_string());
    }
    let choices: Vec<String> = line.argument_choices().map(|choice| fish_word(&text_of(choice))).collect();
    if !choices.is_empty() {
        arguments.push(format!("-a {}", fish_word(&choices.join(" "))));
    }
    if arguments.len() > 1 {
        text.push_str(&(arguments.join(" ") + "\n"));
    }
    for option in &line.options {
        let mut words = vec![command.clone(), format!("-l {}", &option.long[2..])];
        words.extend(option.short.map(|letter| format!("-s {letter}")));
        match option.takes {
            // Only the long form of a counter has a value.
            Some(_) if option.counts => {}
            Some(Values::Choices(choices)) => {
                let choices: Vec<String> = choices.iter().map(|choice| fish_word(&text_of(choice))).collect();
                words.push(format!("-x -a {}", fish_word(&choices.join(" "))));
            }
            Some(Values::Files) => words.push("-r -F".to_string()),
            Some(Values::Unknown) => words.push("-x".to_string()),
            None => {}
        }
        if !option.help.is_empty() {
            words.push(format!("-d {}", fish_word(option.help)));
        }
        text.push_str(&(words.join(" ") + "\n"));
    }
    text
}

/// Returns a text as a word of fish.
fn fish_word(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
