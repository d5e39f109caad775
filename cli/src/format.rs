//! `--fmt`: scripts in the canonical layout.

use crate::options::{Options, Text};
use crate::print::{print, print_error, refuse};
use crate::script_text::read;
use pipewright::diag::visible;
use pipewright::tools;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// How many lines of a difference are shown.
const SHOWN: usize = 3;

/// Formats the files, or standard input. The status is 2 for a text that can't be parsed as a script, and 1
/// for `--check` if a file would change, or if a file can't be written.
pub fn run(check: bool, options: Options) -> u8 {
    let Text::File(first) = options.text else { return text(check, &options.text) };
    let more = options.args.into_iter().map(|path| PathBuf::from(OsString::from_vec(path)));
    let statuses = std::iter::once(first).chain(more).map(|path| {
        if path.as_os_str() == "-" { text(check, &Text::StandardInput) } else { file(check, path) }
    });
    // All files, whatever the result of the first.
    statuses.fold(0, u8::max)
}

/// Returns the text before and after formatting.
fn formatted(text: &Text) -> Result<(String, String, String), u8> {
    let (name, bytes) = read(text)?;
    // A formatted text is UTF-8.
    let before = String::from_utf8_lossy(&bytes).into_owned();
    let after = tools::format(&name, bytes).map_err(|error| refuse(error.diagnostics()))?;
    Ok((name, before, after))
}

fn text(check: bool, from: &Text) -> u8 {
    match formatted(from) {
        Ok((name, before, after)) if check => compare(&name, &before, &after),
        Ok((_, _, after)) => print(&after),
        Err(status) => status,
    }
}

fn file(check: bool, path: PathBuf) -> u8 {
    let text = Text::File(path);
    let (name, before, after) = match formatted(&text) {
        Ok(formatted) => formatted,
        Err(status) => return status,
    };
    let Text::File(path) = text else { return 0 };
    if check {
        return compare(&name, &before, &after);
    }
    match if before == after { Ok(()) } else { replace(&path, &after) } {
        Ok(()) => 0,
        Err(error) => {
            let path = visible(path.as_os_str().as_encoded_bytes());
            print_error(&format!("pipewright: can't write {path}: {error}\n"));
            1
        }
    }
}

/// Replaces a script with a new file that has the same permissions, so that a reader sees either the old or
/// the new one. A link stays a link.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let file = File::create_new(&temporary)?;
    let written = write(file, &path, text).and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // The error that is reported is that of the write.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write(mut file: File, like: &Path, text: &str) -> io::Result<()> {
    // Before the content is written, which other users may not be allowed to read.
    file.set_permissions(fs::metadata(like)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Prints the places where a text differs from the layout.
fn compare(name: &str, before: &str, after: &str) -> u8 {
    if before == after {
        return 0;
    }
    let same =
        before.split_inclusive('\n').zip(after.split_inclusive('\n')).take_while(|(a, b)| a == b).count();
    let mut page = format!("{}:{}: not in the canonical layout\n", visible(name.as_bytes()), same + 1);
    for (sign, text) in [('-', before), ('+', after)] {
        for line in text.lines().skip(same).take(SHOWN) {
            page += &format!("  {sign} {}\n", visible(line.as_bytes()));
        }
    }
    print_error(&page);
    1
}
