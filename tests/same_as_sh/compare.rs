//! Runs one script three times and compares what became of it.

use super::script::{Language, Script};
use super::words::ENVIRONMENT;
use crate::support::{Outcome, Run};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// A place to run scripts in. Each runs at the same path, since `pwd` tells it.
pub struct Bench {
    home: tempfile::TempDir,
    with_dash: bool,
    /// The options with which Pipewright reads a script.
    options: &'static [&'static str],
}

/// A script in both languages.
pub struct Texts {
    pub ours: String,
    pub theirs: String,
    /// It should do the same in dash as in bash.
    pub is_posix: bool,
}

pub enum Verdict {
    Same,
    /// With our page.
    Refused(String),
    /// bash 5.2 can't read it: some here-documents inside of captures it puts together wrongly.
    Unreadable(String),
    /// With all that there is to see.
    Different(String),
}

/// What a script did.
struct Effect {
    outcome: Outcome,
    /// Of standard error the lines that no shell wrote itself, sorted, since stages write in any order.
    errors: Vec<String>,
    files: BTreeMap<String, String>,
}

/// The files of the fixture. Their names hold what a careless program trips over.
const FILES: &[(&str, &str)] = &[
    ("in1", "one\ntwo\nthree\n"),
    ("in2", "b\na\nwithout an end"),
    ("empty", ""),
    ("a.txt", "a\n"),
    ("b.txt", "b\n"),
    ("c d.txt", "c d\n"),
    ("e'f.txt", ""),
    ("g\"h.txt", ""),
    ("$(i).txt", ""),
    ("j\nk.txt", ""),
    ("*.txt", "star\n"),
    ("[x]", ""),
    ("#c", ""),
    (".hid", ""),
    ("d/x.c", "x\n"),
    ("d/y.c", "y\n"),
    ("d/.hid", ""),
    ("sp ace/q", "q\n"),
    ("u/é.txt", "é\n"),
    ("u/b.txt", ""),
    ("out/keep", ""),
];

impl Bench {
    pub fn new(with_dash: bool) -> Self {
        Self { home: tempfile::tempdir().expect("a temporary directory"), with_dash, options: &[] }
    }

    pub fn with_options(self, options: &'static [&'static str]) -> Self {
        Self { options, ..self }
    }

    pub fn judge(&self, script: &Script, case: u64) -> Verdict {
        let (ours, theirs) = (script.text(Language::Pipewright), script.text(Language::Sh));
        self.compare(&Texts { ours, theirs, is_posix: script.is_posix() }, case)
    }

    pub fn compare(&self, texts: &Texts, case: u64) -> Verdict {
        let Texts { ours, theirs, .. } = texts;
        let by_bash = self.effect(bash(theirs));
        if by_bash.outcome.status == 2 && by_bash.outcome.err().contains("syntax error") {
            return Verdict::Unreadable(by_bash.outcome.err());
        }
        let mut told = String::new();
        if self.with_dash && texts.is_posix {
            let by_dash = self.effect(dash(theirs));
            if let Some(difference) = by_bash.difference(&by_dash) {
                let _ = write!(
                    told,
                    "bash and dash differ in what should be POSIX's: {difference}\n== dash\n{by_dash}"
                );
            }
        }
        let by_us = self.effect(self.pipewright(ours, case));
        if told.is_empty() && by_us.outcome.is_refusal() && by_us.files == self.fixture() {
            return Verdict::Refused(by_us.outcome.err());
        }
        if let Some(difference) = by_bash.difference(&by_us) {
            let _ = write!(told, "bash and Pipewright differ: {difference}\n== Pipewright\n{by_us}");
        }
        match told.is_empty() {
            true => Verdict::Same,
            false => Verdict::Different(format!(
                "{told}\n== bash\n{by_bash}\n== script\n{ours}\n== as sh\n{theirs}"
            )),
        }
    }

    /// The smallest script that still differs, with how; or the smallest that was found in half a minute, since one
    /// that hangs takes its whole time at each step.
    pub fn shrink(&self, mut script: Script, case: u64, mut told: String) -> String {
        let judge = |script: &Script| match self.judge(script, case) {
            Verdict::Different(told) => Some(told),
            _ => None,
        };
        let start = Instant::now();
        if judge(&script).is_none() {
            return format!("it differed once, and not again: {told}");
        }
        // The same kind of difference, and not another that a part's loss brings.
        let kind = |told: &str| told.split([':', '(']).next().unwrap_or_default().to_owned();
        let wanted = kind(&told);
        let differs = |script: &Script| judge(script).filter(|told| kind(told) == wanted);
        let step = |script: &Script| {
            let mut smaller = script.smaller().take_while(|_| start.elapsed() < Duration::from_secs(30));
            smaller.find_map(|smaller| differs(&smaller).map(|told| (smaller, told)))
        };
        while let Some((smaller, now)) = step(&script) {
            (script, told) = (smaller, now);
        }
        told
    }

    /// By each way in which a script can come in.
    fn pipewright(&self, text: &str, case: u64) -> Run {
        let run = Run::pipewright().args(self.options);
        if case.is_multiple_of(2) {
            return run.arg("-c").arg(text);
        }
        let file = self.home.path().join("script.pw");
        fs::write(&file, text).expect("a file can be written");
        run.arg(file)
    }

    fn effect(&self, run: Run) -> Effect {
        self.set_up();
        let mut run =
            run.env("LC_ALL", "C.UTF-8").stdin("stdin 1\nstdin 2\n").timeout(10).dir(self.directory());
        for (name, value) in ENVIRONMENT {
            run = run.env(name, value);
        }
        let outcome = run.run();
        let mut errors: Vec<_> = programs_lines(&outcome.err()).map(str::to_owned).collect();
        errors.sort();
        Effect { outcome, errors, files: tree(&self.directory()) }
    }

    fn directory(&self) -> std::path::PathBuf {
        self.home.path().join("dir")
    }

    fn set_up(&self) {
        let directory = self.directory();
        let _ = fs::remove_dir_all(&directory);
        for parent in ["d", "sp ace", "u", "out"] {
            fs::create_dir_all(directory.join(parent)).expect("a directory can be made");
        }
        for (name, content) in FILES {
            fs::write(directory.join(name), content).expect("a file can be written");
        }
        std::os::unix::fs::symlink("d", directory.join("ln")).expect("a link can be made");
    }

    fn fixture(&self) -> BTreeMap<String, String> {
        let link = ("ln".to_owned(), "-> d".to_owned());
        FILES
            .iter()
            .map(|(name, content)| ((*name).to_owned(), (*content).to_owned()))
            .chain([link])
            .collect()
    }
}

impl Effect {
    fn difference(&self, other: &Self) -> Option<String> {
        let (a, b) = (&self.outcome, &other.outcome);
        if b.is_crash() || b.timed_out {
            return Some("a crash or no end".to_owned());
        }
        if a.status != b.status {
            return Some(format!("status {} and {}", a.status, b.status));
        }
        if a.stdout != b.stdout {
            return Some("standard output".to_owned());
        }
        // Where a stage wrote no line end, which other stage's line it is joined to depends on who was first.
        if self.errors != other.errors && letters(&self.errors) != letters(&other.errors) {
            return Some(format!("standard error: {:?} and {:?}", self.errors, other.errors));
        }
        if a.stderr.is_empty() && a.status == 0 && !b.stderr.is_empty() {
            return Some("only one has something to say on standard error".to_owned());
        }
        let names = self.files.keys().chain(other.files.keys());
        names.filter(|name| self.files.get(*name) != other.files.get(*name)).min().map(|name| {
            format!("the file {name:?}: {:?} and {:?}", self.files.get(name), other.files.get(name))
        })
    }
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.outcome.fmt(f)
    }
}

fn bash(text: &str) -> Run {
    Run::new("bash").args(["--norc", "-euo", "pipefail", "-O", "failglob", "-c", text, "script"])
}

fn dash(text: &str) -> Run {
    Run::new("dash").args(["-eu", "-c", text, "script"])
}

/// What lines are made of, in whatever order they were written.
fn letters(lines: &[String]) -> Vec<char> {
    let mut letters: Vec<char> = lines.iter().flat_map(|line| line.chars()).collect();
    letters.sort_unstable();
    letters
}

/// The lines of standard error that programs wrote: not a shell's own messages, and not the page with which we end.
fn programs_lines(text: &str) -> impl Iterator<Item = &str> {
    let own = text.find("error[E").map_or(text, |page| &text[..page]);
    // A shell's message may stand behind what a program wrote without a line end.
    let cut = |line| {
        ["script: ", "pipewright: "]
            .iter()
            .fold(line, |line: &str, mark| line.split(mark).next().unwrap_or(line))
    };
    own.lines().map(cut).filter(|line| !["", "Killed", "Terminated"].contains(line))
}

/// All files below, with their content.
fn tree(directory: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(here) = open.pop() {
        for entry in fs::read_dir(&here).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().into_owned();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(path),
                Ok(kind) if kind.is_symlink() => {
                    let target = fs::read_link(&path).unwrap_or_default();
                    files.insert(name, format!("-> {}", target.display()));
                }
                _ => {
                    let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
                    files.insert(name, text);
                }
            }
        }
    }
    files
}
