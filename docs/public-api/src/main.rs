//! Writes docs/public-api.txt: all that is public in the library with all its features, an item a line, so that no change
//! of it goes unnoticed. With `--check` it only tells how that file differs.

use public_api::Builder;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let api = Builder::from_rustdoc_json(rustdoc(&root)?)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?
        .to_string();
    let path = root.join("docs/public-api.txt");
    if !env::args().any(|arg| arg == "--check") {
        fs::write(path, api)?;
        return Ok(ExitCode::SUCCESS);
    }
    let stored = fs::read_to_string(&path)?;
    let only = |here: &str, there: &str, mark| {
        for line in here.lines().filter(|line| !there.lines().any(|other| other == *line)) {
            println!("{mark} {line}");
        }
    };
    only(&stored, &api, '-');
    only(&api, &stored, '+');
    if stored == api {
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "The public API has changed. If it is meant: cargo run --manifest-path docs/public-api/Cargo.toml"
    );
    Ok(ExitCode::FAILURE)
}

/// The file with the library as rustdoc's JSON. That has no stable form yet, so the compiler takes the option from a nightly one only,
/// or when it is told to.
fn rustdoc(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    // Not with the other builds, whose crates would be built anew for this one's environment.
    let target = root.join("target/public-api");
    let status = Command::new(env!("CARGO"))
        .args(["rustdoc", "--quiet", "--lib", "--all-features", "--locked", "--target-dir"])
        .arg(&target)
        .args(["--", "-Zunstable-options", "--output-format=json"])
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(root)
        .status()?;
    if !status.success() {
        return Err("rustdoc failed".into());
    }
    let written = |entry: fs::DirEntry| {
        let path = entry.path().join("doc/pipewright.json");
        path.exists().then_some(path)
    };
    // Below the name of the target, as .cargo/config.toml names one.
    let json = fs::read_dir(&target)?.flatten().find_map(written).ok_or("rustdoc wrote nothing")?;
    Ok(json)
}
