//! `abbr`: words that become longer texts while they are typed, such as `gco` for `git checkout`.

use super::commands::text;
use pipewright::diag::quote_word;
use pipewright::dialog::{Look, Typed};
use pipewright::{StageCx, StageError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The abbreviations, shared by the command and the keys of the line.
#[derive(Clone, Debug, Default)]
pub struct Abbreviations(Arc<Mutex<BTreeMap<String, String>>>);

impl Abbreviations {
    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn clear(&self) {
        self.with(BTreeMap::clear);
    }

    /// Returns a text whose last word is an abbreviation in the place of a command, with the text that it stands for.
    pub fn expanded(&self, before: &str) -> Option<String> {
        if self.with(|all| all.is_empty()) {
            return None;
        }
        let typed = Typed::new(before);
        let word = typed.words().last().filter(|word| word.first)?;
        let long = self.with(|all| all.get(&before[word.at..]).cloned())?;
        Some(format!("{}{long}", &before[..word.at]))
    }

    /// Returns a text with all its abbreviations expanded, if there are any.
    pub fn expanded_all(&self, text: &str) -> Option<String> {
        if self.with(|all| all.is_empty()) {
            return None;
        }
        let typed = Typed::new(text);
        let (mut expanded, mut at) = (String::new(), 0);
        for mark in typed.marks().iter().filter(|mark| mark.look == Look::Command) {
            let Some(long) = self.with(|all| all.get(&text[mark.span.range()]).cloned()) else { continue };
            expanded.push_str(&text[at..mark.span.start as usize]);
            expanded.push_str(&long);
            at = mark.span.end as usize;
        }
        (at > 0).then(|| expanded + &text[at..])
    }
}

/// Implements `abbr NAME TEXT`, `abbr --erase NAME…` and the list without arguments.
pub fn command(cx: &mut StageCx<'_>, abbreviations: &Abbreviations) -> Result<u8, StageError> {
    let words: Vec<String> = cx.args().iter().map(text).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => {
            let line =
                |(name, long): (&String, &String)| format!("abbr {name} {}\n", quote_word(long.as_bytes()));
            let lines: String = abbreviations.with(|all| all.iter().map(line).collect());
            cx.stdout().write_all(lines.as_bytes())?;
        }
        ["--erase", ..] if words.len() > 1 => {
            let known = abbreviations
                .with(|all| words[1..].iter().filter(|name| all.remove(**name).is_some()).count());
            return Ok(u8::from(known + 1 < words.len()));
        }
        [name, long] if is_word(name) && !long.is_empty() => {
            abbreviations.with(|all| all.insert(name.to_owned(), long.to_owned()));
        }
        _ => {
            cx.stderr().write_all(b"usage: abbr NAME 'TEXT'; abbr --erase NAME...; abbr\n")?;
            return Ok(2);
        }
    }
    Ok(0)
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('-') && quote_word(name.as_bytes()) == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_stand_for_commands_alone() {
        let all = Abbreviations::default();
        all.with(|all| all.insert("gco".to_owned(), "git checkout".to_owned()));
        assert_eq!(all.expanded("ls | gco").as_deref(), Some("ls | git checkout"));
        for text in ["echo gco", "echo 'gco", "gcox", "gco ", ""] {
            assert_eq!(all.expanded(text), None, "{text}");
        }
        let long = all.expanded_all("gco a; echo gco; if true { gco b }");
        assert_eq!(long.as_deref(), Some("git checkout a; echo gco; if true { git checkout b }"));
        assert_eq!(all.expanded_all("echo 'gco'"), None);
    }
}
