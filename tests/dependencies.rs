//! Tests the costs of the library for an embedder: few crates, none of them a procedural macro, and the
//! version of Rust that Cargo.toml promises.

use crate::support;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// The number includes the library itself.
const MOST: usize = 25;

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(args)
        .args(["--locked", "--offline"])
        .current_dir(support::root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

/// Returns the crates that the library alone is built from, as `NAME vVERSION`, with a possible `
/// (proc-macro)` after them.
fn crates() -> BTreeSet<String> {
    let tree = cargo(&["tree", "--package", "pipewright", "-e", "normal,build", "--prefix", "none"]);
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.map(|line| line.split(" (/").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_library_alone_is_few_crates() {
    let crates = crates();
    assert!(crates.len() > 10 && crates.len() <= MOST, "{} crates: {crates:#?}", crates.len());
    let macros: Vec<_> = crates.iter().filter(|line| line.contains("(proc-macro)")).collect();
    assert!(macros.is_empty(), "{macros:?}");
    // An embedder may not have a C compiler.
    assert!(!crates.iter().any(|line| line.starts_with("cc v")));
}

#[test]
fn no_dependency_needs_a_later_rust_than_we_promise() {
    let metadata: Value = serde_json::from_str(&cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--filter-platform",
        "host-tuple",
    ]))
    .expect("it is JSON");
    let version = |text: &str| -> Vec<u32> { text.split('.').flat_map(str::parse).collect() };
    let packages = metadata["packages"].as_array().expect("a list");
    let ours = packages.iter().find(|package| package["name"] == "pipewright").expect("the library is one");
    let ours = version(ours["rust_version"].as_str().expect("it promises one"));
    let crates = crates();
    let mut seen = 0;
    for package in packages {
        let name = format!("{} v{}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        if !crates.contains(&name) {
            continue;
        }
        seen += 1;
        if let Some(needs) = package["rust_version"].as_str() {
            assert!(version(needs) <= [&*ours, &[u32::MAX]].concat(), "{name} needs Rust {needs}");
        }
    }
    assert_eq!(seen, crates.len());
}
