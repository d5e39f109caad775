//! Rules as TOML, the format of `--policy FILE`.

use super::rules::PatternError;
use super::{Rules, Subject};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

/// An invalid file of rules, or of options: see [`RunOptions`](crate::RunOptions).
///
/// ```
/// use pipewright::policy::Rules;
///
/// let error = Rules::from_toml("[allow]\nrum = ['wc']").unwrap_err();
/// assert!(error.to_string().contains("unknown field `rum`"), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesError(String);

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RulesError {}

/// A misspelled key must not be silently ignored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    allow: Lists,
    #[serde(default)]
    deny: Lists,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Lists {
    run: Vec<Command>,
    read: Vec<String>,
    write: Vec<String>,
    append: Vec<String>,
    directory: Vec<String>,
    env: Vec<String>,
    user: Vec<String>,
    group: Vec<String>,
    with: Vec<String>,
    argument: Vec<Vec<String>>,
    kill: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Command {
    Program(String),
    Words(Vec<String>),
}

/// The largest size of a file of rules.
const MOST_BYTES: u64 = 4 << 20;
/// The nesting limit of its arrays and tables. Rules need two levels.
const DEPTH: usize = 32;

/// Refuses a text that is nested more deeply than rules ever are: the parser recurses for each bracket and each dot of
/// a key, and 20,000 of them would overflow the stack.
fn refuse_depth(text: &str) -> Result<(), RulesError> {
    let (mut depth, mut dots) = (0_usize, 0);
    for (at, byte) in bytes_outside(text) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'.' => dots += 1,
            b'\n' => dots = 0,
            _ => {}
        }
        if depth.max(dots) > DEPTH {
            let line = text[..at].matches('\n').count() + 1;
            return Err(RulesError(format!("nested more than {DEPTH} levels deep at line {line}")));
        }
    }
    Ok(())
}

/// Returns the bytes of a text with their places, of a string or comment only the first one.
fn bytes_outside(text: &str) -> impl Iterator<Item = (usize, u8)> + '_ {
    let bytes = text.as_bytes();
    let mut next = 0;
    std::iter::from_fn(move || {
        let at = next;
        let byte = *bytes.get(at)?;
        next += match byte {
            b'"' | b'\'' => string_len(&bytes[at..]),
            b'#' => memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at),
            _ => 1,
        };
        Some((at, byte))
    })
}

/// Returns the line of a key that is in no table, without the blanks around it.
pub fn line_of(text: &str, key: &str) -> Option<Range<usize>> {
    let is_key = |rest: &str| {
        let after = rest.trim_start_matches(['"', '\'']).strip_prefix(key);
        after.is_some_and(|after| after.trim_start_matches(['"', '\'']).trim_start().starts_with('='))
    };
    let (mut depth, mut begins) = (0_usize, true);
    for (at, byte) in bytes_outside(text) {
        if begins && !byte.is_ascii_whitespace() {
            let line = text[at..].lines().next().unwrap_or_default().trim_end();
            if is_key(line) {
                return Some(at..at + line.len());
            }
            begins = false;
        }
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'\n' => begins = depth == 0,
            _ => {}
        }
    }
    None
}

/// Returns the length of the string at the start of a text, including its quotes; the length of the whole text if the
/// string is not closed.
fn string_len(text: &[u8]) -> usize {
    let quote = text[0];
    let triple = text.get(..3) == Some(&[quote; 3]);
    let close = if triple { &text[..3] } else { &text[..1] };
    let mut at = close.len();
    while at < text.len() {
        if text[at..].starts_with(close) {
            return at + close.len();
        }
        at += if quote == b'"' && text[at] == b'\\' { 2 } else { 1 };
    }
    text.len()
}

/// Reads a text as TOML.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, RulesError> {
    refuse_depth(text)?;
    basic_toml::from_str(text).map_err(|error| RulesError(error.to_string()))
}

/// Returns the text of a file.
pub fn text_of(path: &Path) -> Result<String, RulesError> {
    let unread = |error| RulesError(crate::diag::reason(&error));
    let mut text = String::new();
    // A file such as /dev/zero never ends.
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text)).map_err(unread)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(RulesError(format!("it holds more than {MOST_BYTES} bytes")));
    }
    Ok(text)
}

impl Rules {
    /// Reads rules from TOML: the tables `allow` and `deny`, each with the lists `run` (of programs, or of lists of a
    /// program and its arguments), `read`, `write`, `append`, `directory`, `env`, `user`, `group` and `with`, and `kill
    /// = true`. `deny` also has `argument`, whose elements are lists of a program, its first words, and an argument at
    /// any place after them.
    ///
    /// ```
    /// use pipewright::policy::Rules;
    ///
    /// let rules = Rules::from_toml(r#"
    ///     [allow]
    ///     run = ["wc", ["git", "log", "**"]]
    ///     read = ["/srv/data/**"]
    ///     [deny]
    ///     read = ["/srv/data/private/**"]
    ///     argument = [["git", "--output*"]]
    /// "#)?;
    /// assert!(Rules::from_toml("[alow]").is_err());
    /// # let _ = rules;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails if the text is not TOML, or contains an unknown key or an invalid pattern.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        let document: Document = read(text)?;
        let mut rules = Self::new();
        for (lists, deny) in [(document.allow, false), (document.deny, true)] {
            rules = rules.extended(lists, deny).map_err(|error| RulesError(error.to_string()))?;
        }
        Ok(rules)
    }

    /// Reads rules from a file: see [`Rules::from_toml`].
    ///
    /// # Errors
    /// Fails if the file can't be read or contains no rules.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, RulesError> {
        Self::from_toml(&text_of(path.as_ref())?)
    }

    fn extended(mut self, lists: Lists, deny: bool) -> Result<Self, PatternError> {
        let Lists { run, read, write, append, directory, env, user, group, with, argument, kill } = lists;
        for command in &run {
            let words: Vec<&str> = match command {
                Command::Program(program) => vec![program],
                Command::Words(words) => words.iter().map(String::as_str).collect(),
            };
            self = if deny { self.deny_run(&words) } else { self.allow_run(&words) }?;
        }
        for words in &argument {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let Some((pattern, command)) = words.split_last().filter(|_| deny) else {
                let message =
                    "`argument` denies a program with an argument: [\"git\", \"--output*\"] below [deny]";
                return Err(PatternError(message.to_string()));
            };
            self = self.deny_argument(command, pattern)?;
        }
        let all = [
            (Subject::Read, read),
            (Subject::Write, write),
            (Subject::Append, append),
            (Subject::Directory, directory),
            (Subject::Env, env),
            (Subject::User, user),
            (Subject::Group, group),
            (Subject::With, with),
        ];
        for (subject, patterns) in all {
            for pattern in &patterns {
                self = if deny { self.deny(subject, pattern) } else { self.allow(subject, pattern) }?;
            }
        }
        Ok(match (kill, deny) {
            (true, false) => self.allow_kill(),
            (true, true) => self.deny_kill(),
            (false, _) => self,
        })
    }
}
