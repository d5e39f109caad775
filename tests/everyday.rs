//! Lines that people type do the same as in bash, or are refused before anything runs.
//!
//! `everyday/lines.txt` holds the entries. Each is run by bash and, as at the prompt, by Pipewright in a fresh copy of one home directory.
//! The arguments, environment and input of the stubs, standard output, the files and the exit status are compared.
//!
//! | verdict | |
//! | --- | --- |
//! | `same` | the same as in bash |
//! | `strict` | the same as in bash under `-euo pipefail` and `failglob`, which Pipewright always is |
//! | `rewrite CODE` | refused, and a line of the help does the same as the entry |
//! | `refused CODE` | refused, and no line of the help does the same |
//! | `different` | anything else: a bug, unless the entry says `differs` |
//!
//! `everyday/verdicts.txt` holds the verdict of each entry. `UPDATE=1 cargo test --test suite everyday::` writes it anew,
//! for `git diff` to judge; `ONLY=git` takes the entries that contain that text. Without these, every third entry is
//! run, and all of them with `SCALE`.

mod bench;
mod entries;

use crate::support::{have, root, sample};
use bench::{Bench, Called};
use entries::{Entry, Programs};
use pipewright::Script;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

enum Verdict {
    Same,
    Strict,
    Rewrite(String),
    Refused(String),
    Different(String),
}

impl Verdict {
    fn name(&self) -> String {
        match self {
            Self::Same => "same".to_owned(),
            Self::Strict => "strict".to_owned(),
            Self::Rewrite(code) => format!("rewrite {code}"),
            Self::Refused(code) => format!("refused {code}"),
            Self::Different(_) => "different".to_owned(),
        }
    }
}

#[test]
fn typed_lines_do_the_same_as_in_bash_or_are_refused() {
    if !have("bash") || !have("setsid") {
        return;
    }
    let text =
        std::fs::read_to_string(root().join("tests/everyday/lines.txt")).expect("the entries are there");
    let (programs, mut entries) = entries::read(&text);
    let only = std::env::var("ONLY").unwrap_or_default();
    entries.retain(|entry| entry.text.contains(&only));
    assert!(!only.is_empty() || entries.len() > 800, "the entries are read: {}", entries.len());
    if only.is_empty() && std::env::var_os("UPDATE").is_none() {
        entries = sample(3, entries);
    }

    let verdicts = judge_all(&programs, &entries);
    let mut listed = String::new();
    let mut wrong = String::new();
    for (entry, verdict) in entries.iter().zip(&verdicts) {
        let _ = writeln!(listed, "{:<15} {}", verdict.name(), one_line(&entry.text));
        match (verdict, &entry.differs) {
            (Verdict::Different(how), None) => {
                let _ = writeln!(wrong, "#### line {}: {}\n{how}", entry.number, entry.text);
            }
            (Verdict::Different(_), Some(_)) | (_, None) => {}
            (_, Some(why)) => {
                let _ = writeln!(wrong, "#### line {}: it no longer differs: {why}", entry.number);
            }
        }
    }
    println!("{}", summary(&verdicts));
    if only.is_empty() {
        wrong += &changes(&listed, &entries);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Returns what differs from the verdicts of the entries in `verdicts.txt`, or writes that file with `UPDATE`.
fn changes(listed: &str, entries: &[Entry]) -> String {
    let path = root().join("tests/everyday/verdicts.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, listed).expect("the verdicts can be written");
        return String::new();
    }
    let then = std::fs::read_to_string(&path).unwrap_or_default();
    let known: HashSet<String> = entries.iter().map(|entry| one_line(&entry.text)).collect();
    let then: String = then
        .split_inclusive('\n')
        .filter(|line| line.get(16..).is_some_and(|text| known.contains(text.trim_end_matches('\n'))))
        .collect();
    let mut changes = String::new();
    for (sign, these, those) in [('-', then.as_str(), listed), ('+', listed, then.as_str())] {
        for line in these.lines().filter(|line| !those.lines().any(|other| other == *line)) {
            let _ = writeln!(changes, "{sign}{line}");
        }
    }
    match changes.is_empty() {
        true => changes,
        false => format!("verdicts changed (- expected, + now)\n{changes}"),
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', "⏎")
}

/// Judges the entries, and returns the verdicts in their order.
fn judge_all(programs: &Programs, entries: &[Entry]) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let bench = Bench::new(programs);
                while let Some((at, entry)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    entries.get(at).map(|entry| (at, entry))
                } {
                    let verdict = judge(&bench, entry);
                    found.lock().expect("no panic holds it").push((at, verdict));
                }
            });
        }
    });
    let mut found = found.into_inner().expect("no panic holds it");
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, verdict)| verdict).collect()
}

fn judge(bench: &Bench, entry: &Entry) -> Verdict {
    let expected = bench.bash(entry, &[]);
    let ours = bench.pipewright(entry, &entry.text);
    let Some(difference) = expected.difference(&ours) else { return Verdict::Same };
    if ours.effect.outcome.is_refusal() && ours.calls.is_empty() {
        return judge_refusal(bench, entry, &expected);
    }
    // What an unquoted capture printed is known when it has run; its command has not begun.
    if ours.effect.outcome.err().starts_with("error[E1035]") {
        return judge_capture(bench, entry, &expected, &ours.effect.outcome.err());
    }
    let strict = bench.bash(entry, &["-euo", "pipefail", "-O", "failglob"]);
    if !entry.interactive && strict.difference(&ours).is_none() {
        return Verdict::Strict;
    }
    Verdict::Different(format!("{difference}\n== bash\n{expected}\n== Pipewright\n{ours}"))
}

/// Looks for a help that does in the place of the capture what the entry does in bash.
fn judge_capture(bench: &Bench, entry: &Entry, expected: &Called, page: &str) -> Verdict {
    let message = page.lines().next().unwrap_or_default();
    let printed = |rest: &'_ str| {
        [" printed", " holds", " is empty"].iter().find_map(|verb| Some(rest.split_once(verb)?.0.to_owned()))
    };
    let capture = message.split_once(": ").and_then(|(_, rest)| printed(rest));
    let rewrites = page.lines().filter_map(|line| line.strip_prefix("help: ")?.split_once(": "));
    for (_, rewrite) in rewrites {
        let code = rewrite.rsplit_once(" is ").map_or(rewrite, |(code, _)| code);
        let Some(capture) = &capture else { break };
        let backticks =
            capture.strip_prefix("$(").and_then(|inside| Some(format!("`{}`", inside.strip_suffix(')')?)));
        let written = backticks.filter(|_| !entry.text.contains(capture)).unwrap_or_else(|| capture.clone());
        // A variable is shown last, where it has no quotes.
        let Some((before, after)) = entry.text.rsplit_once(&written) else { break };
        let text = format!("{before}{code}{after}");
        if text != entry.text && expected.difference(&bench.pipewright(entry, &text)).is_none() {
            return Verdict::Rewrite("E1035".to_owned());
        }
    }
    Verdict::Refused("E1035".to_owned())
}

/// Looks for a line of the help that does what the entry does in bash: by itself, or in the place of the text at the
/// caret.
fn judge_refusal(bench: &Bench, entry: &Entry, expected: &Called) -> Verdict {
    let Err(error) = Script::builder("entry").typed().parse(entry.text.as_str()) else {
        return Verdict::Different("the library accepts what the binary refuses".to_owned());
    };
    let page = &error.diagnostics()[0];
    let place = page.primary().map(|label| label.span.range());
    for line in page.help.iter().flat_map(|help| rewrites(help)) {
        let replaced = place.clone().map(|place| {
            let mut text = entry.text.clone();
            text.replace_range(place, line);
            text
        });
        for text in [Some(line.to_owned()), replaced].into_iter().flatten() {
            if expected.difference(&bench.pipewright(entry, &text)).is_none() {
                return Verdict::Rewrite(page.code.id().to_owned());
            }
        }
    }
    Verdict::Refused(page.code.id().to_owned())
}

/// Returns the code that a help says to write: all of its example, each line of it, or the text after the colon.
fn rewrites(help: &str) -> Vec<&str> {
    match help.split_once('\n') {
        Some((_, example)) => std::iter::once(example).chain(example.lines()).collect(),
        None => help.split_once(": ").map(|(_, code)| code).into_iter().collect(),
    }
}

/// Counts the entries of each verdict.
fn summary(verdicts: &[Verdict]) -> String {
    let mut names: Vec<_> = verdicts.iter().map(Verdict::name).collect();
    names.sort_unstable();
    let counts = names.chunk_by(|a, b| a == b).map(|same| format!("{:5} {}", same.len(), same[0]));
    counts.collect::<Vec<_>>().join("\n")
}
