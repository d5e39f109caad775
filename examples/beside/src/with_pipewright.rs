//! The tasks with Pipewright.

use crate::Result;
use pipewright::{Output, Session, script};
use std::path::Path;
use std::time::Duration;

/// Returns the most frequent line of a text that contains a word.
pub fn most_frequent(text: &str, word: &str) -> Result<String> {
    let script = script!("grep -F -- $word | sort | uniq -c | sort -rn | head -n 1", word);
    Ok(Session::new().run(script).arg("word", word).stdin(text).read()?)
}

/// Writes the compressed names of a directory to a file.
pub fn store_names(directory: &Path, out: &Path) -> Result<()> {
    let script = script!("LC_ALL=C ls | gzip > $out", out);
    Session::new().run(script).cwd(directory).arg("out", out).status()?;
    Ok(())
}

/// Returns the exit status and the messages of a program that may fail.
pub fn attempt(path: &Path) -> Result<(i32, String)> {
    let done = Session::new().run(script!("ls -- $path", path)).arg("path", path).output()?;
    Ok((done.report.status().into(), String::from_utf8(done.stderr)?))
}

/// Runs two programs, one of which starts a third, for at most this long.
pub fn limited(seconds: &str, limit: Duration) -> Result<()> {
    let script = script!(r#"sh -c 'sleep "$1" & sleep "$1"' sh $seconds | cat"#, seconds);
    Session::new().run(script).arg("seconds", seconds).timeout(limit).status()?;
    Ok(())
}

/// Passes each line on when it arrives.
pub fn follow(file: &Path, mut line: impl FnMut(&str) + Send + 'static) -> Result<()> {
    let pass = move |bytes: &[u8]| line(&String::from_utf8_lossy(bytes));
    let script = script!("tail -n +1 -- $file", file);
    Session::new().run(script).arg("file", file).stdout(Output::lines(pass)).status()?;
    Ok(())
}
