//! `complete`: the declared completions of commands, and the programs that Tab may run for their help.
//!
//! `complete("deploy", …)` declares words for a session; it is a function, since its arguments are values.
//! `complete --learn NAME` allows a program for all sessions; it is a command, since its arguments are words. The
//! permission is for a file, not a name: another program of that name, earlier in PATH, is not allowed.

use super::commands::text;
use super::places::{self, append};
use pipewright::diag::{quote_word, reason, visible};
use pipewright::value::Type;
use pipewright::{StageCx, StageError, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The declarations and permissions.
#[derive(Default)]
pub struct Completions {
    declared: BTreeMap<Vec<u8>, Value>,
    allowed: BTreeSet<String>,
    /// The file of the permissions, with a path on each line.
    file: Option<PathBuf>,
}

/// The completions, shared by the commands and the editor.
pub type Shared = Arc<Mutex<Completions>>;

pub fn lock(completions: &Shared) -> MutexGuard<'_, Completions> {
    completions.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Completions {
    /// Reads the permissions from a file, which need not exist.
    pub fn new(file: Option<PathBuf>) -> Self {
        let lines = file.as_ref().and_then(|file| places::read(file, places::MOST_SETTINGS).ok());
        let lines = String::from_utf8(lines.unwrap_or_default()).unwrap_or_default();
        let allowed = lines.lines().filter(|line| line.starts_with('/')).map(str::to_string).collect();
        Self { declared: BTreeMap::new(), allowed, file }
    }

    /// Returns the declaration for a command.
    pub fn of(&self, command: &[u8]) -> Option<Value> {
        self.declared.get(command).cloned()
    }

    /// Returns whether a program may be run for its help.
    pub fn allows(&self, program: &Path) -> bool {
        program.to_str().is_some_and(|program| self.allowed.contains(program))
    }

    fn allow(&mut self, program: &str) -> std::io::Result<()> {
        if !self.allowed.insert(program.to_string()) {
            return Ok(());
        }
        let Some(file) = &self.file else { return Ok(()) };
        append(file, format!("{program}\n").as_bytes())
    }

    fn forget(&mut self, program: &str) -> std::io::Result<()> {
        // Other sessions may have added to it.
        let mut now = Self::new(self.file.take());
        self.file = now.file.take();
        self.allowed.append(&mut now.allowed);
        self.allowed.remove(program);
        let Some(file) = &self.file else { return Ok(()) };
        let lines: String = self.allowed.iter().map(|program| format!("{program}\n")).collect();
        std::fs::write(file, lines)
    }
}

/// Implements `complete("deploy", ["--env=", "staging"])`.
pub fn declare(completions: &Shared, command: Vec<u8>, words: Value) -> Result<Value, String> {
    match words.type_of() {
        Type::Null => drop(lock(completions).declared.remove(&command)),
        Type::List | Type::Map => {
            read(&words)?;
            lock(completions).declared.insert(command, words);
        }
        Type::Function => drop(lock(completions).declared.insert(command, words)),
        other => return Err(format!("{NEEDED}, not {}", other.phrase())),
    }
    Ok(Value::Null)
}

const NEEDED: &str =
    "words are given as a list, a map of words and what they mean, or a function that gives either";

/// Returns the words of a list or map, each with its description.
///
/// # Errors
/// Fails if it is something else.
pub fn read(words: &Value) -> Result<Vec<(Vec<u8>, String)>, String> {
    let word = |value: &Value| {
        value
            .to_word()
            .map(|word| word.to_vec())
            .map_err(|_| format!("{} is not a word", value.type_of().phrase()))
    };
    match words {
        Value::List(words) => words.iter().map(|value| Ok((word(value)?, String::new()))).collect(),
        Value::Map(words) => {
            let note = |value: &Value| word(value).map(|note| visible(&note)).unwrap_or_default();
            Ok(words.iter().map(|(word, value)| (word.to_vec(), note(value))).collect())
        }
        other => Err(format!("{NEEDED}, not {}", other.type_of().phrase())),
    }
}

/// Implements `complete --learn NAME…`, `complete --forget NAME…`, and the list without arguments.
pub fn command(cx: &mut StageCx<'_>, completions: &Shared) -> Result<u8, StageError> {
    let words: Vec<String> = cx.args().iter().map(text).collect();
    let learn = match words.first().map(String::as_str) {
        None => return list(cx, completions),
        Some("--learn") if words.len() > 1 => true,
        Some("--forget") if words.len() > 1 => false,
        Some(_) => {
            cx.stderr().write_all(USAGE.as_bytes())?;
            return Ok(2);
        }
    };
    let mut status = 0;
    for name in &words[1..] {
        let Some(program) = find(cx, name) else {
            let name = visible(name.as_bytes());
            writeln!(cx.stderr(), "complete: no program {name} with a path that is text")?;
            status = 1;
            continue;
        };
        let mut completions = lock(completions);
        let done = if learn { completions.allow(&program) } else { completions.forget(&program) };
        drop(completions);
        if let Err(error) = done {
            writeln!(cx.stderr(), "complete: that can't be kept: {}", reason(&error))?;
            status = 1;
        }
    }
    Ok(status)
}

const USAGE: &str = "\
usage: complete --learn NAME...     lets Tab ask a program for its --help
       complete --forget NAME...    takes that back
       complete(\"NAME\", [\"--option=\", \"word\"])
";

fn list(cx: &mut StageCx<'_>, completions: &Shared) -> Result<u8, StageError> {
    let completions = lock(completions);
    let declared = completions.declared.keys().map(|name| format!("{}  declared\n", quote_word(name)));
    let allowed = completions.allowed.iter();
    let allowed = allowed.map(|path| format!("{}  learned from --help\n", quote_word(path.as_bytes())));
    let lines: String = declared.chain(allowed).collect();
    drop(completions);
    cx.stdout().write_all(lines.as_bytes())?;
    Ok(0)
}

/// Returns the program that a name or path means.
fn find(cx: &StageCx<'_>, name: &str) -> Option<String> {
    let path = cx.env("PATH").unwrap_or_default();
    let found = super::programs::find(name.as_ref(), path, cx.cwd())?.to_str()?.to_string();
    (!found.contains('\n')).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright::value::Map;

    #[test]
    fn words_come_from_lists_and_maps() {
        let list: Value = vec![Value::from("--env="), Value::from(3)].into();
        assert_eq!(
            read(&list).unwrap(),
            [(b"--env=".to_vec(), String::new()), (b"3".to_vec(), String::new())]
        );
        let map: Map = [("web", Value::from("the site\x1b[2J\nmore"))].into_iter().collect();
        assert_eq!(
            read(&Value::Map(map)).unwrap(),
            [(b"web".to_vec(), "the site\\u{1b}[2J\\nmore".to_string())]
        );
        assert!(read(&Value::from("web")).is_err());
        let nested: Value = vec![list].into();
        assert!(read(&nested).unwrap_err().contains("is not a word"));
    }

    #[test]
    fn permissions_are_kept_and_withdrawn() {
        let directory = tempfile::tempdir().unwrap();
        let file = Some(directory.path().join("pipewright/complete"));
        let mut one = Completions::new(file.clone());
        let mut other = Completions::new(file.clone());
        one.allow("/opt/a").unwrap();
        other.allow("/opt/b").unwrap();
        one.forget("/opt/a").unwrap();
        let now = Completions::new(file);
        assert!(!now.allows(Path::new("/opt/a")) && now.allows(Path::new("/opt/b")));
        assert!(!now.allows(Path::new("b")) && one.allows(Path::new("/opt/b")));
    }
}
