//! Completion of a command's arguments from declarations, the options of a function, and the options that a
//! program lists.

use super::near::nearest;
use super::{Candidate, World};
use crate::repl::learn::options::{Flag, Help, Takes};
use pipewright::diag::{quote_word, visible};
use pipewright::dialog::unquote;

/// Returns the candidates for a word, and the length of the part of the word that they keep. Returns `None` if no
/// known word begins like it.
pub fn of(name: &str, before: &[&str], typed: &str, world: &dyn World) -> Option<(usize, Vec<Candidate>)> {
    let (command, prefix) = (unquote(name)?, unquote(typed)?);
    let found = |candidates: Vec<Candidate>| (!candidates.is_empty()).then_some((0, candidates));
    // The candidate is compared with the meaning of the word. A word that contains a value is compared as it was
    // typed.
    let meant = |word: &&str| unquote(word).unwrap_or_else(|| word.as_bytes().to_vec());
    let mut words: Vec<Vec<u8>> = before.iter().map(meant).collect();
    words.push(prefix.clone());
    let declared = world.declared(&command, &words);
    let declared = declared.into_iter().filter(|(word, _)| word.starts_with(&prefix));
    if let Some(found) = found(declared.map(|(word, note)| candidate(&word, note)).collect()) {
        return Some(found);
    }
    let is_option = typed.starts_with('-');
    if is_option {
        let options = world.options(name).into_iter().filter(|(option, _)| option.starts_with(typed));
        let options = options.map(|(option, note)| Candidate::new(option + " ", note)).collect();
        if let Some(found) = found(options) {
            return Some(found);
        }
    }
    words.pop();
    let words: Vec<String> = words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let (help, named) = world.learned(&command, &words, is_option)?;
    let prefix = String::from_utf8(prefix).ok()?;
    if let Some((option, value)) = prefix.split_once('=').filter(|_| is_option) {
        let flag = help.options.iter().find(|flag| flag.name == option)?;
        return found(known(&flag.values, value)).map(|(_, candidates)| (option.len() + 1, candidates));
    }
    if is_option {
        return found(options(&help, &prefix));
    }
    // The value of the previous option.
    let option = words.last().and_then(|word| help.options.iter().find(|flag| flag.name == *word));
    if let Some(option) = option.filter(|option| matches!(option.value, Takes::Next(_))) {
        return found(known(&option.values, &prefix));
    }
    if words[named..].iter().any(|word| !word.starts_with('-')) {
        return None;
    }
    let commands = nearest(&help.commands, prefix.as_bytes(), |(name, _)| name.as_bytes());
    found(
        commands
            .into_iter()
            .map(|(name, note)| Candidate::new(format!("{name} "), visible(note.as_bytes())))
            .collect(),
    )
}

/// Returns a declared word, quoted if necessary. No blank follows one that will continue.
fn candidate(word: &[u8], note: String) -> Candidate {
    let after = if word.ends_with(b"=") || word.ends_with(b"/") { "" } else { " " };
    Candidate { text: quote_word(word) + after, name: visible(word), note }
}

fn options(help: &Help, prefix: &str) -> Vec<Candidate> {
    let mut flags = nearest(&help.options, prefix.as_bytes(), |flag| flag.name.as_bytes());
    // A part of a long option.
    if let Some(part) = prefix.strip_prefix("--").filter(|_| flags.is_empty()) {
        let long = help.options.iter().filter(|flag| flag.name.starts_with("--"));
        flags = nearest(long, part.as_bytes(), |flag| flag.name.as_bytes());
    }
    let candidate = |flag: &Flag| {
        let (after, value) = match &flag.value {
            Takes::Nothing => (" ", String::new()),
            Takes::Joined(value) => ("=", format!("={value}")),
            // Both a blank and `=` may follow.
            Takes::Optional(value) => ("", format!("[={value}]")),
            Takes::Next(value) => (" ", format!(" {value}")),
        };
        Candidate {
            text: quote_word(flag.name.as_bytes()) + after,
            name: visible(format!("{}{value}", flag.name).as_bytes()),
            note: visible(flag.note.as_bytes()),
        }
    };
    flags.into_iter().map(candidate).collect()
}

fn known(values: &[String], prefix: &str) -> Vec<Candidate> {
    let values = nearest(values, prefix.as_bytes(), |value| value.as_bytes());
    values.into_iter().map(|value| candidate(value.as_bytes(), String::new())).collect()
}
