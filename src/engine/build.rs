//! For a host's `build.rs`: its scripts are checked when it is built.

use super::{ParseError, ScriptBuilder};
use crate::diag::{Diagnostic, code, quote_word, reason};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Checks every `.pw` file in a folder and those below it, and tells cargo to do so again when one changes. To be called
/// by a `build.rs`, which needs the library among the `[build-dependencies]`:
///
/// ```no_run
/// fn main() -> Result<(), pipewright::ParseError> {
///     pipewright::build::check("scripts")
/// }
/// ```
///
/// A broken script then fails `cargo build`, with the page that points into it. Warnings of scripts are cargo's warnings.
///
/// # Errors
/// Scripts that are refused; a folder that can't be read, or that holds none.
pub fn check(folder: impl AsRef<Path>) -> Result<(), ParseError> {
    check_with(folder, super::Script::builder)
}

/// The same for scripts that have inputs, or functions and stages of the host: `builder` says how the script of a path
/// is read.
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
/// As of [`check`].
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
        // A misspelt folder must not pass for one in which all is well.
        broken.push(cannot_read(folder, "no file in it ends in .pw"));
    }
    scripts.sort();
    for path in &scripts {
        match builder(&path.to_string_lossy()).load(path) {
            Ok(script) => {
                // Files that it uses may lie elsewhere.
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
    // Cargo is the only one to read it; without it there is none to tell.
    let _ = io::stdout().write_all(cargo.as_bytes());
    if broken.is_empty() { Ok(()) } else { Err(ParseError(broken)) }
}

fn find(folder: &Path, scripts: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // Not that of what a link leads to, which may be above.
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
