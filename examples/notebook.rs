//! A notebook: runs the blocks of a Markdown file that are marked `pipewright`, each as an entry of one dialog, and
//! prints the file with the output and the result below each block.
//!
//! ```sh
//! cargo run --example notebook -- FILE.md
//! ```

use pipewright::dialog::{Dialog, Ended};
use pipewright::{Session, Value};
use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::{env, fs, thread};

/// Runs a block. Returns the text to show below it, and whether to run the next block.
fn run(dialog: &mut Dialog, name: &str, text: &str) -> io::Result<(String, bool)> {
    let entry = match dialog.check(name, text) {
        Ok(entry) => entry,
        Err(error) => return Ok((error.render(false, 80), false)),
    };
    // One pipe for both streams keeps the order of their output. It ends when the last holder closes it, so this waits
    // for a job that is still running.
    let (mut reader, writer) = io::pipe()?;
    let writer = File::from(OwnedFd::from(writer));
    let printed = thread::spawn(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map(|_| bytes)
    });
    let ended = dialog.run(entry.stdout(writer.try_clone()?).stderr(writer));
    let bytes = printed.join().unwrap_or_else(|_| Err(io::Error::other("the reader panicked")))?;
    let mut below = String::from_utf8_lossy(&bytes).into_owned();
    Ok(match ended {
        Ended::Value(Value::Null) => (below, true),
        Ended::Value(value) => (below + &value.display(2000) + "\n", true),
        Ended::Failed(error) => {
            below += &error.render(false, 80);
            (below, false)
        }
        _ => (below, false),
    })
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = env::args_os().nth(1).ok_or("which file?")?;
    let file = fs::read_to_string(path)?;
    let mut dialog = Dialog::new(Session::new())?;
    let (mut out, mut goes_on) = (io::stdout().lock(), true);
    // The block that is being read, and its number.
    let (mut block, mut count): (Option<String>, usize) = (None, 0);
    for line in file.lines() {
        writeln!(out, "{line}")?;
        match (&mut block, line) {
            (None, "```pipewright") => block = Some(String::new()),
            (Some(text), "```") => {
                count += 1;
                if goes_on {
                    let below;
                    (below, goes_on) = run(&mut dialog, &format!("block {count}"), text)?;
                    if !below.is_empty() {
                        writeln!(out, "\n```text\n{}\n```", below.trim_end_matches('\n'))?;
                    }
                }
                block = None;
            }
            (Some(text), line) => *text += &format!("{line}\n"),
            (None, _) => {}
        }
    }
    Ok(if goes_on { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
