//! The tasks with xshell, which has no pipelines, time limits and streams: the output of one program is the input of the
//! next, and the rest is the standard library.

use crate::Result;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

pub fn most_frequent(text: &str, word: &str) -> Result<String> {
    let sh = Shell::new()?;
    let found = cmd!(sh, "grep -F -- {word}").stdin(text).read()?;
    let sorted = cmd!(sh, "sort").stdin(format!("{found}\n")).read()?;
    let counted = cmd!(sh, "uniq -c").stdin(format!("{sorted}\n")).read()?;
    let ranked = cmd!(sh, "sort -rn").stdin(format!("{counted}\n")).read()?;
    Ok(ranked.lines().next().unwrap_or_default().to_owned())
}

pub fn store_names(directory: &Path, out: &Path) -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(directory);
    let names = cmd!(sh, "ls").env("LC_ALL", "C").read()?;
    let packed = cmd!(sh, "gzip").stdin(format!("{names}\n")).output()?.stdout;
    sh.write_file(out, packed)?;
    Ok(())
}

pub fn attempt(path: &Path) -> Result<(i32, String)> {
    let sh = Shell::new()?;
    let done = cmd!(sh, "ls -- {path}").quiet().ignore_status().output()?;
    Ok((done.status.code().unwrap_or(-1), String::from_utf8(done.stderr)?))
}

pub fn limited(seconds: &str, limit: Duration) -> Result<()> {
    let sh = Shell::new()?;
    let script = r#"sleep "$1" & sleep "$1""#;
    let mut child = Command::from(cmd!(sh, "sh -c {script} sh {seconds}")).stdout(Stdio::null()).spawn()?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Err("timed out".into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

pub fn follow(file: &Path, mut line: impl FnMut(&str) + Send + 'static) -> Result<()> {
    let sh = Shell::new()?;
    let mut child = Command::from(cmd!(sh, "tail -n +1 -- {file}")).stdout(Stdio::piped()).spawn()?;
    for bytes in BufReader::new(child.stdout.take().ok_or("no pipe")?).split(b'\n') {
        line(&String::from_utf8_lossy(&bytes?));
    }
    if child.wait()?.success() { Ok(()) } else { Err("tail failed".into()) }
}
