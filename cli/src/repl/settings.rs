//! `pipewright config`: opens rc.pw in the user's editor.

use super::places;
use crate::print::print_error;
use pipewright::diag::{quote_argv, quote_word, reason};
use std::env::var_os;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The text of a new file.
const NEW: &str = "\
# The configuration of the prompt: statements that run before the first entry.
# `reload` runs it again; help and docs/PROMPT.md tell more.
";

/// Returns the command that opens it, or the exit status if it can't be created.
pub fn edit_command() -> Result<Vec<u8>, u8> {
    let Some(path) = places::configuration() else {
        print_error("pipewright: config: there is no home directory\n");
        return Err(1);
    };
    let made = match (path.parent(), path.exists()) {
        (Some(directory), false) => {
            std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&path, NEW))
        }
        _ => Ok(()),
    };
    if let Err(error) = made {
        let path = quote_word(path.as_os_str().as_bytes());
        print_error(&format!("pipewright: config: can't create {path}: {}\n", reason(&error)));
        return Err(1);
    }
    let named =
        ["VISUAL", "EDITOR"].into_iter().find_map(|name| var_os(name).filter(|text| !text.is_empty()));
    // Split at blanks, as for an entry that is edited.
    let text = named.map_or_else(|| b"vi".to_vec(), OsStringExt::into_vec);
    let mut words: Vec<&[u8]> =
        text.split(|byte| b" \t\n".contains(byte)).filter(|word| !word.is_empty()).collect();
    words.push(path.as_os_str().as_bytes());
    Ok(format!("exec {}", quote_argv(&words)).into_bytes())
}
