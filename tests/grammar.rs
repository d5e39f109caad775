//! src/syntax/grammar.rs is the parser of grammar/pipewright.pest as it is now.

mod support;

use std::process::Command;

#[test]
fn the_parser_is_that_of_the_grammar() {
    let generator = support::root().join("grammar/generate/Cargo.toml");
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--manifest-path"])
        .arg(&generator)
        .args(["--", "--check"])
        // Its own: it is built without the flags of this package.
        .current_dir(generator.parent().expect("it lies in a directory"))
        .status()
        .expect("cargo runs");
    assert!(status.success(), "write the parser anew: cargo run --manifest-path grammar/generate/Cargo.toml");
}
