//! Runs the examples of docs/REFERENCE.md with the binary: each gives the value that the table states.
//!
//! An example is `[statement; …] expression => value`; its last ` => ` separates the value. It runs in
//! its own empty directory, and the values are compared with `==` of the language.

use crate::support;
use crate::support::Run;
use std::fmt::Write;
use std::fs;

/// The examples of the page, each with the signature that it belongs to.
fn examples() -> Vec<(String, String)> {
    let page = fs::read_to_string(support::root().join("docs/REFERENCE.md")).expect("it is there");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let example = |row: &str| {
        let row = row.replace("\\|", "|");
        let (signature, rest) = row.split_once('`').expect("a signature is code");
        let (_, example) = rest.rsplit_once("<br>`").unwrap_or_else(|| panic!("{signature} has no example"));
        (signature.to_owned(), example.strip_suffix("` |").expect("it ends the row").to_owned())
    };
    rows.map(example).collect()
}

#[test]
fn each_example_of_the_reference_gives_its_value() {
    let examples = examples();
    assert!(examples.len() > 100, "the page has {} examples", examples.len());
    let mut script = String::new();
    for (number, (signature, example)) in examples.iter().enumerate() {
        let (code, value) = example.rsplit_once(" => ").unwrap_or_else(|| panic!("{signature}: {example}"));
        let (statements, expression) = code.rsplit_once("; ").unwrap_or(("", code));
        // The directory is created before, because the examples have no programs.
        let wrong = format!("fail $'not {}'", escaped(value));
        _ = writeln!(
            script,
            "cd {number}\ntry {{ {statements}\nlet given = {expression}\nif (given != {value}) {{ {wrong} }}\n}} \
             catch e {{ echo $'{}:' ${{e.message}} }}\ncd ..",
            escaped(example)
        );
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for number in 0..examples.len() {
        fs::create_dir(directory.path().join(number.to_string())).expect("a directory can be made");
    }
    fs::write(directory.path().join("deploy.pw"), script).expect("a file can be written");
    let outcome = Run::pipewright().arg("deploy.pw").dir(directory.path()).run();
    assert!(outcome.status == 0 && outcome.stdout.is_empty(), "{outcome}");
}

/// Returns the text as written between `$'` and `'`.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}
