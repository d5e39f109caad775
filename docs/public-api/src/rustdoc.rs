//! The library as rustdoc's JSON. That has no stable form yet, so the compiler takes the option from a nightly one only, or
//! when it is told to.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Clone, Copy)]
pub enum Items {
    Public,
    /// Also private and hidden ones: what a trait that nobody can implement is sealed by is one of them.
    All,
}

/// Where the tree of this repository keeps what is built here. Not with the other builds, whose crates would be built
/// anew for this one's environment.
pub fn target(root: &Path) -> PathBuf {
    root.join("target/public-api")
}

/// The file with the library whose sources are at `source`.
pub fn json(root: &Path, source: &Path, items: Items) -> Result<PathBuf, Box<dyn Error>> {
    let target = target(root);
    // Those of other sources and items have the same name, and cargo takes an old one that is there for a new one.
    if let Some(stale) = document(&target) {
        fs::remove_file(stale)?;
    }
    let all = ["--document-private-items", "--document-hidden-items"];
    let status = Command::new(env!("CARGO"))
        .args([
            "rustdoc",
            "--quiet",
            "--package",
            "pipewright",
            "--lib",
            "--all-features",
            "--locked",
            "--target-dir",
        ])
        .arg(&target)
        .args(["--", "-Zunstable-options", "--output-format=json", "--cap-lints=allow"])
        .args(if matches!(items, Items::All) { &all[..] } else { &[] })
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(source)
        .status()?;
    if !status.success() {
        return Err(format!("rustdoc failed in {}", source.display()).into());
    }
    document(&target).ok_or_else(|| "rustdoc wrote nothing".into())
}

/// Below the name of the target, as .cargo/config.toml names one.
fn document(target: &Path) -> Option<PathBuf> {
    let written = |entry: fs::DirEntry| entry.path().join("doc/pipewright.json");
    fs::read_dir(target).ok()?.flatten().map(written).find(|path| path.exists())
}
