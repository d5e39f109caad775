//! A notebook: runs the blocks of a Markdown file that are marked `pipewright`, each as an entry of one dialog, and prints
//! the file with what each has printed and given below it.
//!
//! ```sh
//! cargo run --example notebook -- FILE.md
//! ```

use pipewright::dialog::{Dialog, Ended};
use pipewright::{Output, Session, Value};
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, fs};

/// What both streams of a block have printed, in the order in which it came.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<Vec<u8>>>);

impl Shown {
    fn output(&self) -> Output {
        Output::Writer(Box::new(self.clone()))
    }

    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a block: what is to be shown below it, and whether the next is to be run.
fn run(dialog: &mut Dialog, name: &str, text: &str) -> (String, bool) {
    let shown = Shown::default();
    let entry = match dialog.check(name, text) {
        Ok(entry) => entry.stdout(shown.output()).stderr(shown.output()),
        Err(error) => return (error.render(false, 80), false),
    };
    let ended = dialog.run(entry);
    let mut below = shown.take();
    match ended {
        Ended::Value(Value::Null) => (below, true),
        Ended::Value(value) => (below + &value.display(2000) + "\n", true),
        Ended::Failed(error) => {
            below += &error.render(false, 80);
            (below, false)
        }
        _ => (below, false),
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = env::args_os().nth(1).ok_or("which file?")?;
    let file = fs::read_to_string(path)?;
    let mut dialog = Dialog::new(Session::new())?;
    let (mut out, mut goes_on) = (io::stdout().lock(), true);
    // The block that is read, and its number.
    let (mut block, mut count): (Option<String>, usize) = (None, 0);
    for line in file.lines() {
        writeln!(out, "{line}")?;
        match (&mut block, line) {
            (None, "```pipewright") => block = Some(String::new()),
            (Some(text), "```") => {
                count += 1;
                if goes_on {
                    let below;
                    (below, goes_on) = run(&mut dialog, &format!("block {count}"), text);
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
