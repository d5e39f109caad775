//! Pathname expansion (POSIX 2.6.6), in-process and relative to a given directory: two sessions of one process may
//! have different directories, so the directory of the process is never used.
//!
//! The rules are those of bash with `globstar`, `nullglob` and `LC_ALL=C`: bytewise order, names that begin with a
//! dot only if the pattern does, never `.` and `..`, only directories for `*/`, unreadable directories are
//! skipped. `**` as a whole component matches any number of directories; it doesn't enter symbolic links, nor
//! directories with a leading dot. Two things differ: a match that begins with `-` is returned as `./-…`, so that
//! the name of a file is never taken for an option, and no match is returned twice.

use super::pattern::{Part, Pattern, PatternError, Unit, text_units, units};
use super::walk::{self, Kind, Names};
use std::cell::Cell;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A word, or the text of `glob(…)`, that is matched with file names.
#[derive(Clone, Debug)]
pub struct Glob {
    /// The text before the first component that is a pattern, unchanged.
    root: Vec<u8>,
    steps: Vec<Step>,
}

/// A part of a path between slashes.
#[derive(Clone, Debug)]
struct Step {
    component: Component,
    /// Whether a slash follows. Several count as one, as in bash; those before the first pattern are unchanged
    /// (`a//*` returns `a//b`).
    slash: bool,
}

#[derive(Clone, Debug)]
enum Component {
    /// Names without special characters. They are looked up, never listed. Two in a row are one component, `a/b`.
    Literal(Vec<u8>),
    /// Names that are listed and compared.
    Names(Pattern),
    /// `**`
    Recursive,
}

impl Glob {
    /// Parses a word. `None` if none of its characters is special: it is then plain text.
    ///
    /// # Errors
    /// Fails as [`Pattern::parse`] does.
    pub fn parse(parts: &[Part]) -> Result<Option<Self>, PatternError> {
        let glob = Self::from_units(&units(parts))?;
        Ok(if glob.steps.is_empty() { None } else { Some(glob) })
    }

    /// Parses a pattern that is a value; a backslash quotes the character after it. Without special characters it
    /// matches only the path itself, if that exists.
    ///
    /// # Errors
    /// Fails as [`Pattern::parse`] does.
    pub fn parse_text(text: &[u8]) -> Result<Self, PatternError> {
        Self::from_units(&text_units(text))
    }

    fn from_units(units: &[Unit]) -> Result<Self, PatternError> {
        let mut glob = Self { root: Vec::new(), steps: Vec::new() };
        let mut rest = units;
        while !rest.is_empty() {
            // A slash always separates, quoted or not, even within brackets: `[a/]b` is `[a` and `]b`.
            let len = rest.iter().position(|unit| unit.char == '/').unwrap_or(rest.len());
            let slashes = rest[len..].iter().take_while(|unit| unit.char == '/').count();
            let name = &rest[..len];
            rest = &rest[len + slashes..];
            let component = if let [a, b] = name
                && a.is('*')
                && b.is('*')
            {
                Component::Recursive
            } else {
                let pattern = Pattern::from_units(name)?;
                if pattern.is_literal() {
                    glob.push_literal(pattern.prefix(), slashes);
                    continue;
                }
                Component::Names(pattern)
            };
            glob.push(component, slashes > 0);
        }
        Ok(glob)
    }

    fn push(&mut self, component: Component, slash: bool) {
        match (&component, self.steps.last_mut()) {
            // `**/**` means the same as `**`.
            (Component::Recursive, Some(Step { component: Component::Recursive, slash: last })) => {
                *last = slash
            }
            _ => self.steps.push(Step { component, slash }),
        }
    }

    fn push_literal(&mut self, name: &[u8], slashes: usize) {
        match self.steps.last_mut() {
            None => {
                self.root.extend_from_slice(name);
                self.root.resize(self.root.len() + slashes, b'/');
            }
            Some(Step { component: Component::Literal(text), slash }) => {
                text.push(b'/');
                text.extend_from_slice(name);
                *slash = slashes > 0;
            }
            Some(_) => self.push(Component::Literal(name.to_vec()), slashes > 0),
        }
    }

    /// Returns the names of the files that match, in bytewise order. Relative ones are looked up in `directory`
    /// (an absolute path). Empty if nothing matches.
    ///
    /// # Errors
    /// Fails if a directory could not be read for lack of descriptors or memory, or because of a disk failure:
    /// matches may then be missing.
    #[cfg(test)]
    pub fn expand(&self, directory: &Path) -> Result<Vec<Vec<u8>>, Unreadable> {
        self.expand_where(directory, &|_| true, &|_| true)
    }

    /// Returns the names of the files that match, like `expand`, but only reads directories and tests paths that
    /// `may` allows. A directory that is not allowed counts as empty.
    ///
    /// `go_on` is called between entries with the number of bytes of the matches so far, or of the names that are
    /// still to be examined if those take more. Once it returns false, the walk ends and returns the matches so
    /// far.
    ///
    /// # Errors
    /// Fails as `expand` does.
    pub fn expand_where(
        &self,
        directory: &Path,
        may: &dyn Fn(&[u8]) -> bool,
        go_on: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<Vec<u8>>, Unreadable> {
        let mut path = Vec::new();
        if self.root.first() != Some(&b'/') {
            path.extend_from_slice(directory.as_os_str().as_bytes());
            path.push(b'/');
        }
        let base = path.len();
        path.extend_from_slice(&self.root);
        let pace = Pace {
            ask: go_on,
            entries: Cell::new(0),
            kept: Cell::new(0),
            held: Cell::new(0),
            ended: Cell::new(false),
        };
        let mut search = Search { path, base, found: Vec::new(), failure: None, may, pace: &pace };
        if self.steps.is_empty() {
            let there = match self.root.last() {
                None => false,
                Some(b'/') => search.is_directory(),
                Some(_) => search.exists(),
            };
            if there {
                search.found.push(self.root.clone());
            }
        } else {
            search.descend(&self.steps, true);
        }
        if let Some(failure) = search.failure {
            return Err(failure);
        }
        let mut found = search.found;
        // Most walks produce their names in order. Others are almost in order, which this sort exploits.
        if !found.is_sorted_by(|one, next| one < next) {
            found.sort();
            found.dedup();
        }
        for name in &mut found {
            if name.first() == Some(&b'-') {
                name.splice(..0, *b"./");
            }
        }
        Ok(found)
    }
}

/// A directory that could not be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its path, with a slash.
    pub directory: Vec<u8>,
    /// The reason.
    pub error: io::Error,
}

/// A walk in progress.
struct Search<'m> {
    /// The directory that the walk has reached, with its slash.
    path: Vec<u8>,
    /// How much of the path is not part of the results.
    base: usize,
    found: Vec<Vec<u8>>,
    /// The first directory that could not be read, where the walk ended.
    failure: Option<Unreadable>,
    /// The paths that may be examined.
    may: &'m dyn Fn(&[u8]) -> bool,
    pace: &'m Pace<'m>,
}

/// Asks from time to time whether a walk is to continue.
struct Pace<'m> {
    ask: &'m dyn Fn(usize) -> bool,
    /// Entries since the last question.
    entries: Cell<u32>,
    /// The bytes of the matches.
    kept: Cell<usize>,
    /// The bytes of the names that were read and are still to be examined.
    held: Cell<usize>,
    ended: Cell<bool>,
}

impl Pace<'_> {
    /// The number of entries between two questions: reading and comparing them takes some 100 µs.
    const STEP: u32 = 256;

    /// Counts an examined entry. Returns whether to continue.
    fn entry(&self) -> bool {
        self.entries.set(self.entries.get() + 1);
        if self.entries.get() >= Self::STEP { self.goes_on() } else { !self.ended.get() }
    }

    /// Counts a match.
    fn keep(&self, bytes: usize) {
        self.kept.set(self.kept.get() + bytes);
        self.entry();
    }

    /// Counts a name until `release` is called with the names.
    fn hold(&self, names: &mut Names, name: &[u8], kind: Kind) {
        let before = names.bytes();
        names.push(name, kind);
        self.held.set(self.held.get() + names.bytes() - before);
    }

    /// Stops counting names, and drops them.
    fn release(&self, names: Names) {
        self.held.set(self.held.get() - names.bytes());
    }

    /// Asks at once. Returns whether to continue.
    fn goes_on(&self) -> bool {
        self.entries.set(0);
        if !self.ended.get() {
            self.ended.set(!(self.ask)(self.kept.get().max(self.held.get())));
        }
        !self.ended.get()
    }
}

impl Search<'_> {
    fn exists(&self) -> bool {
        (self.may)(&self.path) && walk::exists(&self.path)
    }

    fn is_directory(&self) -> bool {
        (self.may)(&self.path) && walk::is_directory(&self.path)
    }

    fn read(&mut self, mut visit: impl FnMut(&[u8], Kind)) {
        let pace = self.pace;
        let visit = |name: &[u8], kind| {
            let goes_on = pace.entry();
            if goes_on {
                visit(name, kind);
            }
            goes_on
        };
        if self.failure.is_none()
            && pace.goes_on()
            && (self.may)(&self.path)
            && let Err(error) = walk::read(&self.path, visit)
        {
            self.failure = Some(Unreadable { directory: self.path.clone(), error });
        }
    }

    /// Matches `steps` below the current path; `first` marks the first steps of all.
    fn descend(&mut self, steps: &[Step], first: bool) {
        let Some((step, rest)) = steps.split_first() else { return };
        match &step.component {
            Component::Literal(name) => self.within(name, |search| {
                if !rest.is_empty() {
                    search.path.push(b'/');
                    search.descend(rest, false);
                } else if !step.slash {
                    if search.exists() {
                        search.keep();
                    }
                } else if search.is_directory() {
                    search.path.push(b'/');
                    search.keep();
                }
            }),
            Component::Names(pattern) => {
                let mut names = Names::default();
                let (pace, leads_on) = (self.pace, step.slash || !rest.is_empty());
                self.read(|name, kind| {
                    let may_match = !leads_on || kind != Kind::Other;
                    if may_match && shown(name, pattern) && pattern.matches(name) {
                        pace.hold(&mut names, name, kind);
                    }
                });
                self.each(names, step.slash, rest);
            }
            Component::Recursive => {
                if rest.is_empty() {
                    self.start_of_everything(step, first);
                }
                self.recursive(step, rest);
            }
        }
    }

    /// Continues with `rest` at each of the entries that the previous step found.
    fn each(&mut self, mut names: Names, slash: bool, rest: &[Step]) {
        names.sort();
        for (name, kind) in names.iter() {
            if !self.pace.entry() {
                break;
            }
            if rest.is_empty() {
                self.keep_entry(name, kind, slash);
            } else if kind != Kind::Other {
                self.within(name, |search| {
                    search.path.push(b'/');
                    search.descend(rest, false);
                });
            }
        }
        self.pace.release(names);
    }

    /// Matches `**`: this directory and all directories below it. One reading of the directory serves both this
    /// step and the next.
    ///
    /// A directory is read completely before its subdirectories are entered: however deep a walk goes, it holds
    /// one descriptor.
    fn recursive(&mut self, step: &Step, rest: &[Step]) {
        let (mut names, mut directories) = (Names::default(), Names::default());
        let pace = self.pace;
        self.read(|name, kind| {
            let visible = name.first() != Some(&b'.');
            if visible && kind == Kind::Directory {
                pace.hold(&mut directories, name, kind);
            }
            let matches = match rest.first() {
                None => visible,
                Some(Step { component: Component::Names(pattern), .. }) => {
                    shown(name, pattern) && pattern.matches(name)
                }
                Some(_) => false,
            };
            if matches {
                pace.hold(&mut names, name, kind);
            }
        });
        match rest.split_first() {
            None => self.each(names, step.slash, rest),
            Some((next @ Step { component: Component::Names(_), .. }, rest)) => {
                self.each(names, next.slash, rest)
            }
            Some(_) => self.descend(rest, false),
        }
        directories.sort();
        for (name, _) in directories.iter() {
            if self.pace.ended.get() {
                break;
            }
            self.within(name, |search| {
                search.path.push(b'/');
                search.recursive(step, rest);
            });
        }
        self.pace.release(directories);
    }

    /// Adds the directory from which a `**` at the end starts: `a/**` returns `a/`, and `*/**` returns `a`, as in
    /// bash.
    fn start_of_everything(&mut self, step: &Step, first: bool) {
        if self.path.len() > self.base && self.is_directory() {
            self.keep();
            if let (Some(name), false, false) = (self.found.last_mut(), first, step.slash) {
                name.pop();
            }
        }
    }

    /// Adds an entry that matched the last step; if a slash follows, only a directory.
    fn keep_entry(&mut self, name: &[u8], kind: Kind, slash: bool) {
        self.within(name, |search| match kind {
            _ if !slash => search.keep(),
            Kind::Other => {}
            Kind::Link if !search.is_directory() => {}
            Kind::Link | Kind::Directory => {
                search.path.push(b'/');
                search.keep();
            }
        });
    }

    /// Runs `work` with `name` appended to the path.
    fn within(&mut self, name: &[u8], work: impl FnOnce(&mut Self)) {
        let len = self.path.len();
        self.path.extend_from_slice(name);
        work(self);
        self.path.truncate(len);
    }

    fn keep(&mut self) {
        self.pace.keep(self.path.len() - self.base + size_of::<Vec<u8>>());
        self.found.push(self.path[self.base..].to_vec());
    }
}

/// Returns whether a name may match at all: one with a leading dot only if the pattern has it, too.
fn shown(name: &[u8], pattern: &Pattern) -> bool {
    name.first() != Some(&b'.') || pattern.prefix().first() == Some(&b'.')
}

#[cfg(test)]
mod tests;
