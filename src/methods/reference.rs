//! docs/REFERENCE.md, from the table.

use std::fmt::Write;

use super::bind::signature;
use super::{FUNCTIONS, METHODS, Method, Receiver};

const HEAD: &str = "\
# Methods and functions of values

Made from the table in `src/methods/table.rs`; `UPDATE=1 cargo test reference` writes it anew.

A method is always called with its parentheses: `s.len()`. (Without, `m.name` is a field of a map.) Arguments are
given in their order or by their names, `s.split(\",\", limit: 2)`; those marked with `?` may be left out, and
`...` takes any number. Methods that change what they are called on change the variable, so they are called on one:
`xs.push(1)`. All others leave it as it is and give a new value.

Strings are bytes. Methods that count or change characters (`len`, `slice`, `upper`, `pad_start` …) need UTF-8 and
say so where it is not; all others take any bytes. Only those with `match` or `regex` in their names take regular
expressions.

What a method makes holds 256M at most, or 16,777,216 elements; more is an error.
";

/// The reference as Markdown.
fn reference() -> String {
    let mut out = String::from(HEAD);
    section(&mut out, "Functions", FUNCTIONS, Receiver::None);
    for (title, receiver) in [
        ("Strings and paths", Receiver::Str),
        ("Lists", Receiver::List),
        ("Maps", Receiver::Map),
        ("Numbers", Receiver::Number),
        ("Durations", Receiver::Duration),
        ("Sizes", Receiver::Size),
        ("Ranges", Receiver::Range),
        ("Jobs", Receiver::Job),
        ("Secrets", Receiver::Secret),
        ("All values", Receiver::Any),
    ] {
        section(&mut out, title, METHODS, receiver);
    }
    out
}

fn section(out: &mut String, title: &str, rows: &[Method], receiver: Receiver) {
    // Writing to a string does not fail.
    _ = write!(out, "\n## {title}\n\n| | gives | |\n| --- | --- | --- |\n");
    for row in rows.iter().filter(|row| row.receiver == receiver) {
        let signature = signature(row);
        let doc = row.doc.replace('|', "\\|");
        let example = row.example.replace('|', "\\|");
        _ = writeln!(out, "| `{signature}` | {} | {doc}<br>`{example}` |", row.returns);
    }
}

/// What the methods and functions of a name do; with `methods` all of them in short, with `reference` as Markdown. None
/// when there is no such name.
pub fn explain(name: &str) -> Option<String> {
    let rows = FUNCTIONS.iter().chain(METHODS);
    if name == "methods" {
        let row = |row: &Method| format!("{} gives {}:\n  {}\n", signature(row), row.returns, row.doc);
        return Some(rows.map(row).collect());
    }
    if name == "reference" {
        return Some(reference());
    }
    let mut out = String::new();
    for row in rows.filter(|row| row.name == name) {
        let blank = if out.is_empty() { "" } else { "\n" };
        _ = write!(
            out,
            "{blank}{} gives {}\n\n{}\n\n    {}\n",
            signature(row),
            row.returns,
            row.doc,
            row.example
        );
    }
    (!out.is_empty()).then_some(out)
}
