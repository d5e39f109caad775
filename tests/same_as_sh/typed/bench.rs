//! Runs the cases of a generator by three shells, and compares what they did.

use super::Text;
use crate::support::rng::Rng;
use crate::support::{Run, have, setting};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many cases one process of a shell runs.
const BATCH: usize = 50;

/// Runs each case of a batch in a subshell, with what it prints in files.
const DRIVER: &str = r#"
i=0
while [ "$i" -lt "$2" ]; do
    ( cd "$1/dir/$i"; exec > "$1/out/$i" 2> "$1/err/$i" < /dev/null; set -eu; . "$1/case/$i" )
    echo "$?" > "$1/status/$i"
    i=$((i + 1))
done
"#;

/// A generator of cases, and what is compared of them.
pub struct Comparison {
    pub name: &'static str,
    pub make: fn(&mut Rng) -> Text,
    /// Of a hundred cases so many may be refused.
    pub refused_percent: usize,
    /// Standard error counts too, with a sign for each number in it.
    pub errors: bool,
    /// Dash has it, too.
    pub is_posix: bool,
}

/// What a case did.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Effect {
    status: i32,
    stdout: String,
    errors: String,
    files: BTreeMap<String, String>,
}

#[derive(Default)]
struct Counts {
    refused: AtomicUsize,
    dash_agrees: AtomicUsize,
}

impl Comparison {
    pub fn run(&self) {
        if !have("bash") || !have("dash") {
            return;
        }
        let (seed, cases) = (setting("SEED", 20_260), setting("CASES", 300) as usize);
        let only = setting("CASE", 0) as usize;
        let numbers: Vec<usize> = if only > 0 { vec![only] } else { (1..=cases).collect() };
        let batches: Vec<&[usize]> = numbers.chunks(BATCH).collect();
        let next = AtomicUsize::new(0);
        let counts = Counts::default();
        let differences = Mutex::new(String::new());
        let threads = std::thread::available_parallelism().map_or(2, |n| n.get());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let found = self.batch(seed, batch, &counts);
                        *differences.lock().expect("no panic holds it") += &found;
                    }
                });
            }
        });
        let (refused, agrees) = (counts.refused.into_inner(), counts.dash_agrees.into_inner());
        println!("{}: SEED={seed}: {cases} cases, {refused} refused, {agrees} the same in dash", self.name);
        let differences = differences.into_inner().expect("no panic holds it");
        assert!(differences.is_empty(), "SEED={seed}\n{differences}");
        if only == 0 {
            assert!(refused * 100 <= cases * self.refused_percent, "too many are refused: {refused}");
            assert!(agrees * 2 > cases || !self.is_posix, "dash agrees with bash in {agrees} only");
        }
    }

    /// Returns how the cases of a batch differ.
    fn batch(&self, seed: u64, numbers: &[usize], counts: &Counts) -> String {
        let case = |number: &usize| {
            let mut text =
                (self.make)(&mut Rng::new(seed.wrapping_mul(1_000_003).wrapping_add(*number as u64)));
            text.same("\n");
            text
        };
        let texts: Vec<Text> = numbers.iter().map(case).collect();
        let bash = self.by_shell("bash", &["--norc", "-o", "pipefail", "-O", "failglob"], &texts);
        let dash = if self.is_posix { self.by_shell("dash", &[], &texts) } else { Vec::new() };
        let mut told = String::new();
        for (at, text) in texts.iter().enumerate() {
            counts.dash_agrees.fetch_add(usize::from(dash.get(at) == Some(&bash[at])), Ordering::Relaxed);
            let home = tempfile::tempdir().expect("a temporary directory");
            fixture(home.path());
            let outcome = Run::code(&text.ours).dir(home.path()).timeout(10).run();
            let files = tree(home.path());
            if outcome.is_refusal() && files == fixture_files() {
                counts.refused.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let ours = Effect {
                status: outcome.status,
                stdout: outcome.out(),
                errors: self.errors_of(&outcome.err()),
                files,
            };
            if outcome.is_crash() || outcome.timed_out || ours != bash[at] {
                let number = numbers[at];
                let _ = writeln!(
                    told,
                    "#### {} CASE={number}\n{}\n== as sh\n{}\n== bash\n{:#?}\n== Pipewright\n{ours:#?}\n{}",
                    self.name,
                    text.ours,
                    text.sh,
                    bash[at],
                    outcome.err()
                );
            }
        }
        told
    }

    fn by_shell(&self, shell: &str, options: &[&str], texts: &[Text]) -> Vec<Effect> {
        let home = tempfile::tempdir().expect("a temporary directory");
        let place = |part: &str| home.path().join(part);
        for part in ["case", "out", "err", "status"] {
            fs::create_dir(place(part)).expect("a directory can be made");
        }
        for (at, text) in texts.iter().enumerate() {
            fs::write(place("case").join(at.to_string()), &text.sh).expect("a file can be written");
            fixture(&place("dir").join(at.to_string()));
        }
        let run = Run::new(shell).args(options).args(["-c", DRIVER, "driver"]).arg(home.path());
        let outcome = run.arg(texts.len().to_string()).timeout(60).run();
        assert_eq!(outcome.status, 0, "{shell}: {outcome:?}");
        let read = |part: &str, at: usize| {
            String::from_utf8_lossy(&fs::read(place(part).join(at.to_string())).unwrap_or_default())
                .into_owned()
        };
        let effect = |at: usize| Effect {
            status: read("status", at).trim().parse().unwrap_or(-1),
            stdout: read("out", at),
            errors: self.errors_of(&read("err", at)),
            files: tree(&place("dir").join(at.to_string())),
        };
        (0..texts.len()).map(effect).collect()
    }

    /// What is compared of standard error, without the page with which Pipewright ends.
    fn errors_of(&self, text: &str) -> String {
        if !self.errors {
            return String::new();
        }
        let own = text.find("error[E").map_or(text, |page| &text[..page]);
        numbers_hidden(own)
    }
}

/// The text with a sign for each number in it.
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

fn fixture(directory: &Path) {
    fs::create_dir_all(directory.join("d")).expect("a directory can be made");
    for (name, content) in fixture_files() {
        fs::write(directory.join(name), content).expect("a file can be written");
    }
}

fn fixture_files() -> BTreeMap<String, String> {
    let files = [("f1", "one\n"), ("f2", "two\nlines\n"), ("two words", ""), ("empty", ""), ("d/x.c", "x\n")];
    files.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect()
}

/// All files below, with their content; of what is timed, without the numbers.
fn tree(directory: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(here) = open.pop() {
        for entry in fs::read_dir(&here).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().into_owned();
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
            let text = if text.contains("real") { numbers_hidden(&text) } else { text };
            files.insert(name, text);
        }
    }
    files
}
