//! The generator of docs/REFERENCE.md from the table.

use std::fmt::Write;

use super::bind::signature;
use super::{FUNCTIONS, METHODS, Method, Receiver};

const HEAD: &str = "\
# Methods and functions of values

This page is made from the table in `src/methods/table.rs`; `UPDATE=1 cargo test reference` rewrites it.

A method is always called with parentheses: `s.len()`. (Without them, `m.name` is a field of a map.) Arguments are
passed in order or by name, `s.split(\",\", limit: 2)`. Arguments marked with `?` are optional, and `...` takes any
number. A method that changes its value must be called on a variable: `xs.push(1)`. All other methods leave the value
unchanged and return a new one.

Strings are bytes. Methods that count or change characters (`len`, `slice`, `upper`, `pad_start` …) need UTF-8 and fail
on other bytes; all others take any bytes. Only methods with `match` or `regex` in their names take regular expressions.

The result of a method holds at most 256M, or 16,777,216 elements; a larger one is an error.
";

/// Returns the reference as Markdown.
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
        ("Workers", Receiver::Worker),
        ("Pools of workers", Receiver::Pool),
        ("Services", Receiver::Service),
        ("Queues", Receiver::Queue),
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

/// Returns the description of the methods and functions of a name; for `methods`, a short list of all;
/// for `reference`, all as Markdown. None if there is no such name.
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
