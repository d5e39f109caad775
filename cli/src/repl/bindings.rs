//! `bind`: keys that run an entry. If its value is a text, the text is inserted into the line.

use super::commands::text;
use pipewright::diag::{quote_word, visible};
use pipewright::{StageCx, StageError};
use rustyline::{KeyCode, KeyEvent, Modifiers};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The keys of the user, and the entry of each, shared by the command and the editor.
#[derive(Clone, Debug, Default)]
pub struct Bindings(Arc<Mutex<Keys>>);

#[derive(Debug, Default)]
struct Keys {
    entries: BTreeMap<String, String>,
    is_changed: bool,
}

impl Bindings {
    fn with<T>(&self, look: impl FnOnce(&mut Keys) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn clear(&self) {
        self.with(|keys| *keys = Keys { is_changed: true, ..Keys::default() });
    }

    /// Returns all keys, if they have changed since the last call.
    pub fn changed(&self) -> Option<Vec<(KeyEvent, String)>> {
        self.with(|keys| {
            let entries =
                keys.entries.iter().filter_map(|(key, entry)| Some((parse(key).ok()?, entry.clone())));
            std::mem::take(&mut keys.is_changed).then(|| entries.collect())
        })
    }
}

/// Returns the key with a name such as `ctrl-t`, `alt-x` or `f5`.
fn parse(name: &str) -> Result<KeyEvent, &'static str> {
    let name = name.to_lowercase();
    let letter = |rest: &str| {
        let mut letters = rest.chars();
        letters.next().filter(|letter| letter.is_ascii_graphic() && letters.next().is_none())
    };
    if let Some(rest) = name.strip_prefix("ctrl-") {
        return match letter(rest) {
            Some('c' | 'd' | 'z' | 'm' | 'j' | 'i' | 'h' | '[' | '\\' | 's' | 'q') => {
                Err("this key has a meaning that can't be changed")
            }
            Some(letter) => Ok(KeyEvent(KeyCode::Char(letter.to_ascii_uppercase()), Modifiers::CTRL)),
            None => Err(NAMES),
        };
    }
    if let Some(rest) = name.strip_prefix("alt-") {
        return letter(rest).map(|letter| KeyEvent(KeyCode::Char(letter), Modifiers::ALT)).ok_or(NAMES);
    }
    let number = name.strip_prefix('f').and_then(|number| number.parse().ok());
    number
        .filter(|number| (1..=12).contains(number))
        .map(|number| KeyEvent(KeyCode::F(number), Modifiers::NONE))
        .ok_or(NAMES)
}

const NAMES: &str = "a key is written as ctrl-t, alt-x or f5";

/// Implements `bind KEY ENTRY`, `bind --erase KEY…` and the list without arguments.
pub fn command(cx: &mut StageCx<'_>, bindings: &Bindings) -> Result<u8, StageError> {
    let words: Vec<String> = cx.args().iter().map(text).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => {
            let line =
                |(key, entry): (&String, &String)| format!("bind {key} {}\n", quote_word(entry.as_bytes()));
            let lines: String = bindings.with(|keys| keys.entries.iter().map(line).collect());
            cx.stdout().write_all(lines.as_bytes())?;
        }
        ["--erase", ..] if words.len() > 1 => {
            let known = bindings.with(|keys| {
                keys.is_changed = true;
                words[1..].iter().filter(|key| keys.entries.remove(&key.to_lowercase()).is_some()).count()
            });
            return Ok(u8::from(known + 1 < words.len()));
        }
        [key, entry] => match parse(key) {
            Ok(_) => bindings.with(|keys| {
                keys.is_changed = true;
                keys.entries.insert(key.to_lowercase(), entry.to_owned());
            }),
            Err(reason) => {
                writeln!(cx.stderr(), "bind: {}: {reason}", visible(key.as_bytes()))?;
                return Ok(2);
            }
        },
        _ => {
            cx.stderr().write_all(b"usage: bind KEY 'ENTRY'; bind --erase KEY...; bind\n")?;
            return Ok(2);
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_names() {
        assert_eq!(parse("Ctrl-T"), Ok(KeyEvent(KeyCode::Char('T'), Modifiers::CTRL)));
        assert_eq!(parse("alt-."), Ok(KeyEvent(KeyCode::Char('.'), Modifiers::ALT)));
        assert_eq!(parse("f12"), Ok(KeyEvent(KeyCode::F(12), Modifiers::NONE)));
        for name in ["", "t", "ctrl-", "ctrl-c", "ctrl-xx", "f13", "f", "enter"] {
            assert!(parse(name).is_err(), "{name}");
        }
    }
}
