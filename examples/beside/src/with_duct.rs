//! The tasks with duct.

use crate::Result;
use duct::cmd;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

pub fn most_frequent(text: &str, word: &str) -> Result<String> {
    let found = cmd!("grep", "-F", "--", word).stdin_bytes(text);
    let counted = found.pipe(cmd!("sort")).pipe(cmd!("uniq", "-c")).pipe(cmd!("sort", "-rn"));
    Ok(counted.pipe(cmd!("head", "-n", "1")).read()?)
}

pub fn store_names(directory: &Path, out: &Path) -> Result<()> {
    let names = cmd!("ls").dir(directory).env("LC_ALL", "C");
    names.pipe(cmd!("gzip")).stdout_path(out).run()?;
    Ok(())
}

pub fn attempt(path: &Path) -> Result<(i32, String)> {
    let done = cmd!("ls", "--", path).stdout_capture().stderr_capture().unchecked().run()?;
    Ok((done.status.code().unwrap_or(-1), String::from_utf8(done.stderr)?))
}

pub fn limited(seconds: &str, limit: Duration) -> Result<()> {
    let starter = cmd!("sh", "-c", r#"sleep "$1" & sleep "$1""#, "sh", seconds);
    let handle = starter.pipe(cmd!("cat")).start()?;
    if handle.wait_timeout(limit)?.is_none() {
        handle.kill()?;
        return Err("timed out".into());
    }
    Ok(())
}

pub fn follow(file: &Path, mut line: impl FnMut(&str) + Send + 'static) -> Result<()> {
    let reader = cmd!("tail", "-n", "+1", "--", file).reader()?;
    for bytes in BufReader::new(reader).split(b'\n') {
        line(&String::from_utf8_lossy(&bytes?));
    }
    Ok(())
}
