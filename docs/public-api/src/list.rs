//! docs/public-api.txt: all that is public, an item a line.

use crate::rustdoc::{self, Items};
use std::error::Error;
use std::fs;
use std::path::Path;

const STORED: &str = "docs/public-api.txt";

pub fn write(root: &Path) -> Result<(), Box<dyn Error>> {
    Ok(fs::write(root.join(STORED), list(root)?)?)
}

/// Whether the stored list is true; it tells how not.
pub fn check(root: &Path) -> Result<bool, Box<dyn Error>> {
    let stored = fs::read_to_string(root.join(STORED))?;
    let current = list(root)?;
    let only = |here: &str, there: &str, mark| {
        for line in here.lines().filter(|line| !there.lines().any(|other| other == *line)) {
            println!("{mark} {line}");
        }
    };
    only(&stored, &current, '-');
    only(&current, &stored, '+');
    if stored != current {
        println!(
            "The public API has changed. If it is meant: cargo run --manifest-path docs/public-api/Cargo.toml"
        );
    }
    Ok(stored == current)
}

fn list(root: &Path) -> Result<String, Box<dyn Error>> {
    let api = public_api::Builder::from_rustdoc_json(rustdoc::json(root, root, Items::Public)?)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    Ok(api.to_string())
}
