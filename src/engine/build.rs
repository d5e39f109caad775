//! Checks the scripts of a host in its `build.rs`.

use super::{ParseError, ScriptBuilder};
use crate::diag::{Diagnostic, code, quote_word, reason};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Checks every `.pw` file in a folder and its subfolders, and tells cargo to repeat this when one changes. Call it
/// from a `build.rs`, which needs the library among the `[build-dependencies]`:
///
/// ```no_run
/// fn main() -> Result<(), pipewright::ParseError> {
///     pipewright::build::check("scripts")
/// }
/// ```
///
/// A broken script then fails `cargo build` with an error page that points into it. Warnings of scripts become warnings
/// of cargo.
///
/// # Errors
/// Fails if a script is refused, or if the folder can't be read or contains no scripts.
pub fn check(folder: impl AsRef<Path>) -> Result<(), ParseError> {
    check_with(folder, super::Script::builder)
}

/// Checks a folder like [`check`], for scripts that have inputs or use functions and stages of the host: `builder`
/// returns how to read the script at a path.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("greet.pw"), "echo hello $user")?;
/// use pipewright::{Script, build};
///
/// // In a build.rs the folder would be "scripts".
/// build::check_with(folder.path(), |path| Script::builder(path).input("user"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Fails as [`check`] does.
pub fn check_with(
    folder: impl AsRef<Path>,
    builder: impl Fn(&str) -> ScriptBuilder,
) -> Result<(), ParseError> {
    let folder = folder.as_ref();
    let mut cargo = format!("cargo::rerun-if-changed={}\n", folder.display());
    let mut broken = Vec::new();
    let mut scripts = Vec::new();
    if let Err(error) = find(folder, &mut scripts) {
        broken.push(cannot_read(folder, &reason(&error)));
    } else if scripts.is_empty() {
        // A misspelled folder must not pass as one whose scripts are all correct.
        broken.push(cannot_read(folder, "no file in it ends in .pw"));
    }
    scripts.sort();
    for path in &scripts {
        match builder(&path.to_string_lossy()).load(path) {
            Ok(script) => {
                // The files that a script uses may be in other folders.
                for name in script.files() {
                    cargo += &format!("cargo::rerun-if-changed={name}\n");
                }
                for warning in script.warnings() {
                    let place = warning.primary().map(|at| at.source.position(at.span.start as usize));
                    cargo += &format!("cargo::warning={}: {warning}\n", place.unwrap_or_default());
                }
            }
            Err(ParseError(pages)) => broken.extend(pages),
        }
    }
    // Only cargo reads this. Without cargo a failed write does not matter.
    let _ = io::stdout().write_all(cargo.as_bytes());
    if broken.is_empty() { Ok(()) } else { Err(ParseError(broken)) }
}

fn find(folder: &Path, scripts: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // Not the type of a link's target, which may be a parent folder.
        if entry.file_type()?.is_dir() {
            find(&path, scripts)?;
        } else if path.extension().is_some_and(|extension| extension == "pw") {
            scripts.push(path);
        }
    }
    Ok(())
}

fn cannot_read(folder: &Path, why: &str) -> Diagnostic {
    let folder = quote_word(folder.as_os_str().as_encoded_bytes());
    Diagnostic::new(code::USE_FAILED, format!("can't check the scripts of {folder}: {why}"))
}
