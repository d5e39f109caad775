//! What there is on this system and in this dialog to be completed.

use super::{File, World};
use crate::builtins;
use crate::engine::{Dialog, Kind};
use crate::value::{Value, format};
use std::cell::{Ref, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

/// A dialog, with what was looked up for it.
pub struct Live {
    dialog: Rc<RefCell<Dialog>>,
    programs: RefCell<Programs>,
    /// Whether words were found as commands since the last entry: each key asks again.
    found: RefCell<HashMap<String, bool>>,
}

/// The programs of the directories of a PATH, as these were then.
#[derive(Default)]
struct Programs {
    directories: Vec<(PathBuf, Option<SystemTime>)>,
    names: Vec<Vec<u8>>,
}

impl Live {
    pub fn new(dialog: Rc<RefCell<Dialog>>) -> Self {
        Self { dialog, programs: RefCell::default(), found: RefCell::default() }
    }

    pub fn dialog(&self) -> Ref<'_, Dialog> {
        self.dialog.borrow()
    }

    /// An entry has run, which may have installed programs.
    pub fn forget(&self) {
        self.found.borrow_mut().clear();
    }

    fn path(&self) -> Vec<PathBuf> {
        let dialog = self.dialog();
        let path = dialog.environment().get(b"PATH").unwrap_or_default();
        let entries = path.split(|byte| *byte == b':').filter(|entry| entry.first() == Some(&b'/'));
        entries.map(|entry| PathBuf::from(OsStr::from_bytes(entry))).collect()
    }

    /// Whether a word where a program's name stands names anything.
    pub fn is_command(&self, word: &str) -> bool {
        if let Some(found) = self.found.borrow().get(word) {
            return *found;
        }
        let found = self.find(word);
        self.found.borrow_mut().insert(word.to_string(), found);
        found
    }

    fn find(&self, word: &str) -> bool {
        let own = builtins::find(word).is_some()
            || builtins::KEYWORDS.contains(&word)
            || super::super::help::COMMANDS.iter().any(|(name, _)| *name == word);
        // What it stands for is known when it runs.
        if own || word.contains(['*', '?', '[', '{', '~']) {
            return true;
        }
        let head = word.split('.').next().unwrap_or(word);
        if self.dialog().kind(word).is_some_and(|kind| kind == Kind::Function)
            || head.len() < word.len() && self.dialog().kind(head).is_some()
        {
            return true;
        }
        if word.contains('/') {
            return is_program(&self.dialog().directory().join(word));
        }
        self.path().iter().any(|directory| is_program(&directory.join(word)))
    }
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
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
                    // No look at each file's mode: a stat(2) for each of 4,000 costs more than one wrong candidate.
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
                Kind::Variable => {
                    dialog.value(name).map(|value| format::display(&value, 40)).unwrap_or_default()
                }
                Kind::Function => {
                    let doc =
                        dialog.function(name).map(|function| function.doc.to_string()).unwrap_or_default();
                    let first = doc.lines().next().filter(|line| !line.is_empty()).unwrap_or("function");
                    first.to_string()
                }
                Kind::File => "file".to_string(),
            };
            (name.to_string(), kind, note)
        });
        names.collect()
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.dialog().value(name)
    }

    fn environment(&self) -> Vec<Vec<u8>> {
        self.dialog().environment().iter().map(|(name, _)| name.to_vec()).collect()
    }

    fn options(&self, function: &str) -> Vec<(String, String)> {
        let dialog = self.dialog();
        let Some(function) = dialog.function(function) else { return Vec::new() };
        let optional = function.formals().filter(|formal| formal.optional);
        let name = |option: String| option.split(' ').next().unwrap_or_default().to_string();
        optional.map(|formal| (name(formal.option()), formal.usage())).collect()
    }

    fn list(&self, directory: &[u8]) -> Vec<File> {
        let below = |base: PathBuf, rest: &[u8]| base.join(OsStr::from_bytes(rest));
        let dialog = self.dialog();
        let path = match directory.strip_prefix(b"~/") {
            Some(rest) => match dialog.environment().get(b"HOME") {
                Some(home) => below(PathBuf::from(OsString::from_vec(home.to_vec())), rest),
                None => return Vec::new(),
            },
            None => below(dialog.directory(), directory),
        };
        let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
        let files = entries.flatten().map(|entry| {
            // Where a link leads decides whether it can be entered.
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
