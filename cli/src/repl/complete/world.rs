//! The names that can be completed on this system and in this dialog.

use super::{File, World};
use crate::repl::declare::{self, Shared};
use crate::repl::learn::options::Help;
use crate::repl::learn::{Learned, Learner, known};
use crate::repl::{places, programs};
use pipewright::diag::quote_word;
use pipewright::dialog::{Dialog, Kind, WordKind, words};
use pipewright::{Error, Value};
use std::cell::{Cell, Ref, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

/// A dialog, with the results of look-ups for it.
pub struct Live {
    dialog: Rc<RefCell<Dialog>>,
    programs: RefCell<Programs>,
    /// Whether words were found as commands since the last entry. The cache exists because each key asks again.
    found: RefCell<HashMap<String, bool>>,
    completions: Shared,
    learner: Learner,
    /// The programs about which the user has been told that Tab may run them.
    told: RefCell<BTreeSet<PathBuf>>,
    /// The message about the last completion.
    notice: Cell<Option<String>>,
    /// The command whose declared completion gave no words, and the reason.
    failure: Cell<Option<(String, Failure)>>,
}

/// The reason why a declared completion gave no words.
pub enum Failure {
    /// Its function failed.
    Failed(Error),
    /// It returned something other than words.
    Wrong(String),
}

/// The time limit of a function that was declared for completion.
const CONSULTED: Duration = Duration::from_millis(200);

/// The programs in the directories of a PATH, as they were at that time.
#[derive(Default)]
struct Programs {
    directories: Vec<(PathBuf, Option<SystemTime>)>,
    names: Vec<Vec<u8>>,
}

impl Live {
    pub fn new(dialog: Rc<RefCell<Dialog>>, completions: Shared) -> Self {
        Self {
            dialog,
            programs: RefCell::default(),
            found: RefCell::default(),
            completions,
            learner: Learner::new(places::learned()),
            told: RefCell::default(),
            notice: Cell::default(),
            failure: Cell::default(),
        }
    }

    /// Takes the short message about the last completion.
    pub fn take_notice(&self) -> Option<String> {
        self.notice.take()
    }

    /// Returns the last command whose declared completion gave no words, and the reason.
    pub fn take_failure(&self) -> Option<(String, Failure)> {
        self.failure.take()
    }

    pub fn dialog(&self) -> Ref<'_, Dialog> {
        self.dialog.borrow()
    }

    /// Forgets look-ups after an entry has run, which may have installed programs.
    pub fn forget(&self) {
        self.found.borrow_mut().clear();
    }

    fn path(&self) -> Vec<PathBuf> {
        programs::directories(self.dialog().env("PATH").unwrap_or_default()).collect()
    }

    /// Returns the program that a word means as the name of a command.
    fn program(&self, name: &[u8]) -> Option<PathBuf> {
        let dialog = self.dialog();
        programs::find(OsStr::from_bytes(name), dialog.env("PATH").unwrap_or_default(), &dialog.cwd())
    }

    /// Returns whether a word belongs to the language or the prompt, not to a program.
    fn is_own(&self, word: &str) -> bool {
        let of_language = [WordKind::Builtin, WordKind::Keyword];
        words().any(|own| own.name() == word && of_language.contains(&own.kind()))
            || crate::repl::commands::COMMANDS.iter().any(|(name, _)| *name == word)
            || self.dialog().kind(word).is_some_and(|kind| kind == Kind::Function)
    }

    /// Returns whether a word as the name of a command names anything.
    pub fn is_command(&self, word: &str) -> bool {
        if let Some(found) = self.found.borrow().get(word) {
            return *found;
        }
        let found = self.find(word);
        self.found.borrow_mut().insert(word.to_string(), found);
        found
    }

    /// Returns the place of a path that is relative, absolute or below `~/`.
    fn place(&self, path: &[u8]) -> Option<PathBuf> {
        let dialog = self.dialog();
        match path.strip_prefix(b"~/") {
            Some(rest) => Some(Path::new(dialog.env("HOME")?).join(OsStr::from_bytes(rest))),
            None => Some(dialog.cwd().join(OsStr::from_bytes(path))),
        }
    }

    fn find(&self, word: &str) -> bool {
        // The meaning of a pattern is known only at run time.
        if self.is_own(word) || word.contains(['*', '?', '[', '{', '~']) {
            return true;
        }
        let head = word.split('.').next().unwrap_or(word);
        head.len() < word.len() && self.dialog().kind(head).is_some()
            || self.program(word.as_bytes()).is_some()
    }
}

impl World for Live {
    fn programs(&self) -> Vec<Vec<u8>> {
        let changed = |path: &PathBuf| std::fs::metadata(path).and_then(|data| data.modified()).ok();
        let directories: Vec<_> = self.path().into_iter().map(|path| (changed(&path), path)).collect();
        let directories: Vec<_> = directories.into_iter().map(|(time, path)| (path, time)).collect();
        let mut programs = self.programs.borrow_mut();
        if programs.directories != directories {
            let mut names: BTreeSet<Vec<u8>> = BTreeSet::new();
            for (directory, _) in &directories {
                let Ok(entries) = std::fs::read_dir(directory) else { continue };
                for entry in entries.flatten() {
                    // The mode of each file is not checked: a stat(2) for each of 4,000 costs more than
                    // one wrong candidate.
                    if entry.file_type().is_ok_and(|kind| !kind.is_dir()) {
                        names.insert(entry.file_name().into_vec());
                    }
                }
            }
            *programs = Programs { directories, names: names.into_iter().collect() };
        }
        programs.names.clone()
    }

    fn names(&self) -> Vec<(String, Kind, String)> {
        let dialog = self.dialog();
        let names = dialog.names().map(|(name, kind)| {
            let note = match kind {
                Kind::Variable => dialog.value(name).map(|value| value.display(40)).unwrap_or_default(),
                Kind::Function => {
                    let doc =
                        dialog.function(name).map(|function| function.doc().to_string()).unwrap_or_default();
                    let first = doc.lines().next().filter(|line| !line.is_empty()).unwrap_or("function");
                    first.to_string()
                }
                _ => "file".to_string(),
            };
            (name.to_string(), kind, note)
        });
        names.collect()
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.dialog().value(name)
    }

    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let bytes = |text: &OsStr| text.as_bytes().to_vec();
        self.dialog().environment().map(|(name, value)| (bytes(name), bytes(value))).collect()
    }

    fn options(&self, function: &str) -> Vec<(String, String)> {
        let dialog = self.dialog();
        dialog.function(function).map(|function| function.options().collect()).unwrap_or_default()
    }

    fn jobs(&self) -> Vec<(usize, String)> {
        self.dialog().jobs().into_iter().map(|job| (job.number(), job.text())).collect()
    }

    fn declared(&self, command: &[u8], words: &[Vec<u8>]) -> Vec<(Vec<u8>, String)> {
        let Some(value) = declare::lock(&self.completions).of(command) else { return Vec::new() };
        let given = match &value {
            Value::Opaque(_) => {
                let words: Vec<Value> = words.iter().map(|word| Value::str(word.clone())).collect();
                self.dialog().consult(&value, &[words.into()], CONSULTED).map_err(Failure::Failed)
            }
            _ => Ok(value),
        };
        given.and_then(|words| declare::read(&words).map_err(Failure::Wrong)).unwrap_or_else(|failure| {
            self.failure.set(Some((quote_word(command), failure)));
            Vec::new()
        })
    }

    fn learned(&self, command: &[u8], words: &[String], asked: bool) -> Option<(Rc<Help>, usize)> {
        let name = std::str::from_utf8(command).ok()?;
        if self.is_own(name) {
            return None;
        }
        let program = self.program(command)?;
        let shown = quote_word(command);
        let allowed = || declare::lock(&self.completions).allows(&program).then_some(known::ALLOWED);
        let Some(known) = known::find(&program, places::cargo().as_deref()).or_else(allowed) else {
            if asked && self.told.borrow_mut().insert(program) {
                self.notice.set(Some(format!("complete --learn {shown} lets Tab ask {shown} --help")));
            }
            return None;
        };
        // Files can follow directly if no command can.
        if !asked && known.below.is_empty() && known.commands.is_empty() {
            return None;
        }
        let dialog = self.dialog();
        let environment = dialog.environment().map(|(name, value)| (name.into(), value.into())).collect();
        match self.learner.help(&program, &known, words, &environment) {
            (Learned::Known(help), named) => Some((help, named)),
            (Learned::Coming, _) => {
                self.notice.set(Some(format!("asking {shown} {}", known.options.join(" "))));
                None
            }
        }
    }

    fn read(&self, file: &[u8]) -> Option<String> {
        /// The largest list of names that is worth reading at a key.
        const MOST: u64 = 1 << 20;
        let text = places::read(&self.place(file)?, MOST).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    fn list(&self, directory: &[u8]) -> Vec<File> {
        let Some(path) = self.place(directory) else { return Vec::new() };
        let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
        let files = entries.flatten().map(|entry| {
            // The target of a link decides whether it can be entered.
            let data = std::fs::metadata(entry.path());
            File {
                name: entry.file_name().into_vec(),
                is_directory: data.as_ref().is_ok_and(|data| data.is_dir()),
                is_executable: data
                    .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0),
            }
        });
        files.collect()
    }
}
