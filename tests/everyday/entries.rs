//! Reads `lines.txt`, whose head tells its format.

use std::collections::{BTreeMap, BTreeSet};

/// An entry, with the lines before it.
#[derive(Default)]
pub struct Entry {
    /// The number of its line in the file.
    pub number: usize,
    pub text: String,
    /// Bash reads it line by line, with history, aliases and jobs.
    pub interactive: bool,
    /// The reason why it does something else than bash, and is not refused.
    pub differs: Option<String>,
    /// The stubs that differ for this entry.
    pub stubs: BTreeMap<String, Stub>,
}

/// The programs that entries find.
#[derive(Default)]
pub struct Programs {
    /// Programs of the system.
    pub real: BTreeSet<String>,
    pub stubs: BTreeMap<String, Stub>,
}

/// The behaviour of a stub.
#[derive(Clone, Default)]
pub struct Stub {
    /// The text that it prints in place of its name and arguments.
    pub prints: Option<String>,
    pub status: i32,
    /// It takes its standard input.
    pub reads: bool,
}

/// Reads the programs that all entries find, and the entries.
pub fn read(text: &str) -> (Programs, Vec<Entry>) {
    let mut programs = Programs::default();
    let mut entries: Vec<Entry> = Vec::new();
    let mut inside = false;
    let mut next = Entry::default();
    for (at, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with("== ") {
            inside = true;
        } else if let Some(text) = line.strip_prefix("$ ") {
            let entry = std::mem::take(&mut next);
            entries.push(Entry { number: at + 1, text: text.to_owned(), ..entry });
        } else if let Some(text) = line.strip_prefix('>') {
            let entry = entries.last_mut().expect("an entry begins with `$ `");
            entry.text += "\n";
            entry.text += text.strip_prefix(' ').unwrap_or(text);
        } else {
            set(&mut programs, &mut next, inside, line);
        }
    }
    (programs, entries)
}

/// Processes a line before an entry, or before the first section.
fn set(programs: &mut Programs, next: &mut Entry, inside: bool, line: &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut change = |name: &str, how: &dyn Fn(&mut Stub)| {
        let known = programs.stubs.get(name).cloned().unwrap_or_default();
        let stubs = if inside { &mut next.stubs } else { &mut programs.stubs };
        how(stubs.entry(name.to_owned()).or_insert(known));
    };
    match word {
        "real" => programs.real.extend(rest.split(' ').map(str::to_owned)),
        "stub" => rest.split(' ').for_each(|name| change(name, &|_| {})),
        "reads" => rest.split(' ').for_each(|name| change(name, &|stub| stub.reads = true)),
        "prints" => {
            let ends = value.is_empty() || value.ends_with("\\n");
            let text = value.replace("\\n", "\n") + if ends { "" } else { "\n" };
            change(name, &|stub| stub.prints = Some(text.clone()));
        }
        "exits" => {
            let status = value.parse().unwrap_or_else(|_| panic!("not a status: {line}"));
            change(name, &|stub| stub.status = status);
        }
        "interactive" => next.interactive = true,
        "differs" => next.differs = Some(rest.to_owned()),
        _ => panic!("not an entry: {line}"),
    }
}
