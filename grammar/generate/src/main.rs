//! Writes src/syntax/grammar.rs, the parser that pest makes of grammar/pipewright.pest; with `--check` it only tells
//! whether that file is of the grammar as it is.
//!
//! Made by the derive macro at each build, the parser would cost whoever embeds the library the macro, pest's reader of
//! grammars, syn and a C compiler: a third of the crates, and half of the time of a first build.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

const HEAD: &str = "\
//! The parser that pest makes of grammar/pipewright.pest. Not written by hand: grammar/generate does it.

#![allow(dead_code, missing_docs, clippy::all, clippy::pedantic)]

/// The grammar.
pub struct Grammar;
";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // The path is relative to this package.
    let derive = r#"#[derive(Parser)] #[grammar = "../pipewright.pest"] pub struct Grammar;"#;
    let parser = pest_generator::derive_parser(derive.parse()?, false).to_string();
    // A rule a line, so that a diff shows which have changed. Not by rustfmt: for closures nested as deep as here it takes
    // longer than anyone waits.
    let parser = parser.replace(" pub fn ", "\npub fn ").replace(" # [allow", "\n# [allow");
    // The library's own look at the stack needs a crate with assembler in it; ours is there already.
    let parser =
        parser.replace("state . check_stack_limit () ?", "crate :: syntax :: nesting :: room (state) ?");
    let parser = format!("{HEAD}{parser}\n");
    // As pest finds the grammar: of the package that `cargo run` was asked for, wherever this was built.
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or("run it by `cargo run`")?;
    let path = Path::new(&package).join("../../src/syntax/grammar.rs");
    if env::args().any(|arg| arg == "--check") {
        let is_same = fs::read_to_string(&path).is_ok_and(|stored| stored == parser);
        return Ok(if is_same { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    fs::write(path, parser)?;
    Ok(ExitCode::SUCCESS)
}
