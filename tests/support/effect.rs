//! The effect of a text that a shell ran, and the directory that it ran in.

use super::Outcome;
use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The files of a directory before a text runs in it.
///
/// The names of empty directories end in a slash, the content of a link is `-> TARGET`, and a file whose content begins
/// with `#!` can be executed.
#[derive(Clone, Default)]
pub struct Fixture {
    files: Vec<(String, String)>,
    /// Whether all files have the same time, so that `ls -l` prints the same in each run.
    timed: bool,
}

/// The effect of a text.
#[derive(Clone, Debug)]
pub struct Effect {
    pub outcome: Outcome,
    /// The files after it, by their names.
    pub files: BTreeMap<String, String>,
}

impl Fixture {
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned()));
        Self { files: files.collect(), timed: false }
    }

    /// Reads an archive, in which each file begins with a line `-- NAME --`.
    pub fn archive(text: &str) -> Self {
        let mut files: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            let name = line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --\n"));
            match (name, files.last_mut()) {
                (Some(name), _) => files.push((name.to_owned(), String::new())),
                (None, Some((_, content))) => *content += line,
                (None, None) => panic!("a file's name comes first: {line}"),
            }
        }
        Self { files, timed: false }
    }

    /// Gives all files one time.
    pub fn timed(self) -> Self {
        Self { timed: true, ..self }
    }

    /// Returns the files as [`tree`] reads them.
    pub fn files(&self) -> BTreeMap<String, String> {
        let directory = tempfile::tempdir_in(super::in_memory()).expect("a temporary directory");
        self.write(directory.path());
        tree(directory.path())
    }

    /// Makes a directory of these files.
    pub fn write(&self, directory: &Path) {
        fs::create_dir_all(directory).expect("a directory can be made");
        for (name, content) in &self.files {
            let path = directory.join(name);
            if name.ends_with('/') {
                fs::create_dir_all(&path).expect("a directory can be made");
                continue;
            }
            if name.contains('/') {
                fs::create_dir_all(path.parent().expect("it is below")).expect("a directory can be made");
            }
            if let Some(target) = content.strip_prefix("-> ") {
                symlink(target, &path).expect("a link can be made");
                continue;
            }
            fs::write(&path, content).expect("a file can be written");
            if content.starts_with("#!") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
            }
        }
        if self.timed {
            tree(directory).keys().for_each(|name| set_time(&directory.join(name)));
            set_time(directory);
        }
    }
}

impl Effect {
    /// Returns the first difference. Standard error is another question: see [`Effect::errors_differ`].
    pub fn difference(&self, other: &Self) -> Option<String> {
        let (a, b) = (&self.outcome, &other.outcome);
        if b.is_crash() || a.timed_out != b.timed_out {
            return Some("a crash or no end".to_owned());
        }
        if a.status != b.status {
            return Some(format!("status {} and {}", a.status, b.status));
        }
        if a.stdout != b.stdout {
            return Some("standard output".to_owned());
        }
        let names = self.files.keys().chain(other.files.keys());
        names.filter(|name| self.files.get(*name) != other.files.get(*name)).min().map(|name| {
            format!("the file {name:?}: {:?} and {:?}", self.files.get(name), other.files.get(name))
        })
    }

    /// Returns how the lines differ that programs wrote to standard error, in whatever order.
    pub fn errors_differ(&self, other: &Self) -> Option<String> {
        let lines = |effect: &Self| {
            let mut lines: Vec<_> =
                programs_lines(&effect.outcome.err()).into_iter().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        let (mine, others) = (lines(self), lines(other));
        // If a stage wrote no line end, the line of the other stage that it is joined to depends on their order.
        if mine != others && letters(&mine) != letters(&others) {
            return Some(format!("standard error: {mine:?} and {others:?}"));
        }
        let (a, b) = (&self.outcome, &other.outcome);
        (a.stderr.is_empty() && a.status == 0 && !b.stderr.is_empty())
            .then(|| "only one has something to say on standard error".to_owned())
    }

    /// Replaces each printed number with a sign.
    pub fn hide_numbers(mut self) -> Self {
        let hide = |bytes: &[u8]| numbers_hidden(&String::from_utf8_lossy(bytes)).into_bytes();
        self.outcome.stdout = hide(&self.outcome.stdout);
        self.outcome.stderr = hide(&self.outcome.stderr);
        self.files.values_mut().for_each(|content| *content = numbers_hidden(content));
        self
    }
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.outcome.fmt(f)
    }
}

/// Reads everything below a directory: the mode and content of files, the targets of links.
pub fn tree(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(here) = open.pop() {
        for entry in fs::read_dir(&here).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().into_owned();
            let kind = entry.file_type().expect("an entry has a type");
            let text = if kind.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap_or_default().display())
            } else if kind.is_dir() {
                open.push(path);
                "a directory".to_owned()
            } else {
                let mode = entry.metadata().map_or(0, |data| data.permissions().mode());
                let content = fs::read(&path).unwrap_or_default();
                format!("{:o} {}", mode & 0o777, String::from_utf8_lossy(&content))
            };
            found.insert(name, text);
        }
    }
    found
}

fn set_time(path: &Path) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let set = File::open(path).and_then(|file| file.set_times(FileTimes::new().set_modified(time)));
    set.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Returns the letters of lines, in whatever order they were written.
fn letters(lines: &[String]) -> Vec<char> {
    let mut letters: Vec<char> = lines.iter().flat_map(|line| line.chars()).collect();
    letters.sort_unstable();
    letters
}

/// Returns the lines of standard error that programs wrote: not a shell's own messages, and not the page with which
/// Pipewright ends.
fn programs_lines(text: &str) -> Vec<&str> {
    let own = text.find("error[E").map_or(text, |page| &text[..page]);
    // A shell's message may follow output of a program without a line end.
    let cut = |line| {
        ["script: ", "pipewright: "]
            .iter()
            .fold(line, |line: &str, mark| line.split(mark).next().unwrap_or(line))
    };
    own.lines().map(cut).filter(|line| !["", "Killed", "Terminated"].contains(line)).collect()
}

/// Returns the text with a sign for each number in it.
fn numbers_hidden(text: &str) -> String {
    let mut out = String::new();
    let mut in_number = false;
    for letter in text.chars() {
        let part = letter.is_ascii_digit() || letter == '.' && in_number;
        if part && !in_number {
            out.push('N');
        } else if !part {
            out.push(letter);
        }
        in_number = part;
    }
    out
}
