//! What the library promises to those who build on it.
//!
//! Without an argument docs/public-api.txt is written: all that is public with all features, an item a line, so that no
//! change of it goes unnoticed. With `--check` that file is only compared, and what would break a program that was
//! written for the baseline (see semver.rs) is told.

mod list;
mod rustdoc;
mod semver;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    if !std::env::args().any(|arg| arg == "--check") {
        list::write(&root)?;
        return Ok(ExitCode::SUCCESS);
    }
    let same = list::check(&root)?;
    let compatible = semver::check(&root)?;
    Ok(if same && compatible { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
