//! Runs an entry in a fresh copy of the home directory, and records its effect.

use super::entries::{Entry, Programs, Stub};
use crate::support::{Outcome, Run, root};
use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The options with which Pipewright reads an entry as its prompt does.
const PROMPT_OPTIONS: &[&str] = &["--prompt"];

/// A place to run entries in. Each runs at the same path, since `pwd` tells it.
pub struct Bench {
    place: tempfile::TempDir,
    /// The files of the home directory; the names of empty directories end in a slash.
    files: Vec<(String, String)>,
}

/// The effect of an entry.
pub struct Effect {
    pub outcome: Outcome,
    /// The arguments, directory, environment and input of each stub that ran, sorted.
    pub calls: Vec<String>,
    /// The files of the home directory after it, with their mode.
    files: BTreeMap<String, String>,
}

impl Bench {
    pub fn new(programs: &Programs) -> Self {
        let text =
            fs::read_to_string(root().join("tests/everyday/fixture.txt")).expect("the files are there");
        let bench =
            Self { place: tempfile::tempdir().expect("a temporary directory"), files: archive(&text) };
        for directory in ["stubs", "real"] {
            fs::create_dir(bench.at(directory)).expect("a directory can be made");
        }
        bench.write_stubs("stubs", &programs.stubs);
        for (name, program) in programs.real.iter().filter_map(|name| Some((name, system_program(name)?))) {
            symlink(program, bench.at("real").join(name)).expect("a link can be made");
        }
        bench
    }

    pub fn bash(&self, entry: &Entry, options: &[&str]) -> Effect {
        let bash = system_program("bash").expect("bash is there");
        if !entry.interactive {
            let run = Run::new(bash).arg("--norc").args(options).args(["-c", &entry.text, "entry"]);
            return self.run(entry, run);
        }
        // In a session without a terminal, so that it takes none from the tests' own.
        let setsid = system_program("setsid").expect("setsid is there");
        let run = Run::new(setsid).arg("--wait").arg(bash).args(["--norc", "--noprofile", "-i"]);
        self.run(entry, run.env("HISTFILE", "").stdin(format!("{}\n", entry.text)))
    }

    /// Runs a text, the entry's own or a rewrite, with the programs of the entry.
    pub fn pipewright(&self, entry: &Entry, text: &str) -> Effect {
        let options = if entry.prompt { PROMPT_OPTIONS } else { &[] };
        self.run(entry, Run::pipewright().args(options).arg("-c").arg(text))
    }

    fn run(&self, entry: &Entry, run: Run) -> Effect {
        self.set_up(entry);
        let path = ["own", "stubs", "real"].map(|directory| self.at(directory).display().to_string());
        let run = run.env("PATH", path.join(":")).env("HOME", self.at("home")).env("USER", "ada");
        let run = run.env("SHELL", "/bin/bash");
        let outcome = run.dir(self.at("home/project")).timeout(10).run();
        let mut calls: Vec<_> = tree(&self.at("calls")).into_values().collect();
        calls.sort();
        Effect { outcome, calls, files: tree(&self.at("home")) }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn set_up(&self, entry: &Entry) {
        for directory in ["home", "calls", "own"] {
            let _ = fs::remove_dir_all(self.at(directory));
            fs::create_dir(self.at(directory)).expect("a directory can be made");
        }
        self.write_stubs("own", &entry.stubs);
        let home = self.at("home");
        for (name, content) in &self.files {
            let path = home.join(name);
            if name.ends_with('/') {
                fs::create_dir_all(&path).expect("a directory can be made");
                continue;
            }
            fs::create_dir_all(path.parent().expect("it is below")).expect("a directory can be made");
            fs::write(&path, content).expect("a file can be written");
            if content.starts_with("#!") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
            }
        }
        tree(&home).keys().for_each(|name| set_time(&home.join(name)));
        set_time(&home);
    }

    fn write_stubs(&self, directory: &str, stubs: &BTreeMap<String, Stub>) {
        for (name, stub) in stubs {
            let path = self.at(directory).join(name);
            fs::write(&path, self.stub(stub)).expect("a stub can be written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
    }

    /// Returns the text of a stub, which records its call, prints and exits: all by builtins, since thousands run.
    fn stub(&self, stub: &Stub) -> String {
        let calls = self.at("calls");
        let words = "printf %s \"${0##*/}\"; for word_; do printf ' [%s]' \"$word_\"; done; echo";
        let reads = if stub.reads { "echo input:; /bin/cat" } else { "" };
        let prints = match &stub.prints {
            Some(text) => format!("printf %s '{}'", text.replace('\'', "'\\''")),
            None => words.to_owned(),
        };
        format!(
            "#!/bin/dash\n\
             {{ {words}; pwd\n\
             unset _ PWD OLDPWD SHLVL HISTFILE word_; export -p\n\
             {reads}\n\
             }} > {}/$$\n\
             {prints}\n\
             exit {}\n",
            calls.display(),
            stub.status
        )
    }
}

impl Effect {
    /// Returns the first difference.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let (a, b) = (&self.outcome, &other.outcome);
        if b.is_crash() || b.timed_out != a.timed_out {
            return Some("a crash or no end".to_owned());
        }
        if a.status != b.status {
            return Some(format!("status {} and {}", a.status, b.status));
        }
        if a.stdout != b.stdout {
            return Some("standard output".to_owned());
        }
        if self.calls != other.calls {
            return Some(format!("calls {:#?} and {:#?}", self.calls, other.calls));
        }
        let names = self.files.keys().chain(other.files.keys());
        names.filter(|name| self.files.get(*name) != other.files.get(*name)).min().map(|name| {
            format!("the file {name}: {:?} and {:?}", self.files.get(name), other.files.get(name))
        })
    }
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.outcome.fmt(f)
    }
}

/// Reads the files of an archive: each begins with a line `-- NAME --`.
fn archive(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let name = line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --\n"));
        match (name, files.last_mut()) {
            (Some(name), _) => files.push((name.to_owned(), String::new())),
            (None, Some((_, content))) => *content += line,
            (None, None) => panic!("a file's name comes first: {line}"),
        }
    }
    files
}

/// Reads all that is below a directory: the mode and content of files, the targets of links.
fn tree(directory: &Path) -> BTreeMap<String, String> {
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

/// Gives a file one time, so that `ls -l` prints the same in each run.
fn set_time(path: &Path) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let set = File::open(path).and_then(|file| file.set_times(FileTimes::new().set_modified(time)));
    set.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Finds a program of the system by its name.
fn system_program(name: &str) -> Option<PathBuf> {
    let directories = ["/usr/local/bin", "/usr/bin", "/bin"];
    directories.iter().map(|directory| Path::new(directory).join(name)).find(|path| path.exists())
}
