//! Programs that the prompt itself starts for the user: the editor for an entry, the pager for a long value. They are
//! jobs like any other, and have the terminal while they run.

use super::{Shell, print, programs, show, show_page};
use crate::print::print_error;
use pipewright::Value;
use pipewright::diag::{quote_word, reason};
use pipewright::dialog::Ended;
use pipewright::program::{terminal_height, terminal_width};
use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Read, Result};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

/// The largest text that an editor may return: the line editor would be slow with more.
const MOST_TEXT: u64 = 1 << 20;

impl Shell {
    /// Opens an entry in the user's editor. Returns the new text, or the old one if that fails.
    pub(super) fn edit_outside(&mut self, text: String) -> String {
        let (name, editor) = self.editor_of_user();
        let edited = self.edited(&text, editor).unwrap_or_else(|error| Err(Some(reason(&error))));
        edited.unwrap_or_else(|message| {
            if let Some(message) = message {
                print_error(&format!("{name}: {message}; the entry is as it was\n"));
            }
            text
        })
    }

    /// Returns `VISUAL`, `EDITOR` or vi: the name of the variable, and its words.
    fn editor_of_user(&self) -> (String, Vec<Vec<u8>>) {
        let words = ["VISUAL", "EDITOR"].into_iter().find_map(|name| self.words_of(name));
        let words = words.unwrap_or_else(|| vec![b"vi".to_vec()]);
        (quote_word(&words[0]), words)
    }

    /// Returns the words of a variable, split only at blanks: no shell parses it.
    fn words_of(&self, name: &str) -> Option<Vec<Vec<u8>>> {
        let dialog = self.dialog.borrow();
        let value = dialog.env(name)?;
        let words = value.as_bytes().split(|byte| b" \t\n".contains(byte)).filter(|word| !word.is_empty());
        let words: Vec<Vec<u8>> = words.map(<[u8]>::to_vec).collect();
        (!words.is_empty()).then_some(words)
    }

    /// Returns the text that the editor has saved. The inner error is the reason for keeping the old text, unless
    /// that was already shown.
    fn edited(
        &mut self,
        text: &str,
        mut editor: Vec<Vec<u8>>,
    ) -> Result<std::result::Result<String, Option<String>>> {
        let directory = self.dialog.borrow().env("TMPDIR").map(PathBuf::from);
        let draft = Draft::new(directory.filter(|path| path.is_absolute()).unwrap_or("/tmp".into()))?;
        let path = draft.0.join("entry.pw");
        std::fs::write(&path, format!("{}\n", text.trim_end_matches('\n')))?;
        editor.push(path.as_os_str().as_encoded_bytes().to_vec());
        let Some(mut ended) = self.run_program(&editor, None) else { return Ok(Err(None)) };
        // An editor in the background is useless, since no process waits for the text that it saves. Ctrl-Z
        // therefore does nothing.
        while let Ended::Suspended(job) = &ended {
            let next = self.dialog.borrow_mut().resume(job);
            ended = next;
        }
        match ended {
            Ended::Value(_) => {}
            // The program was not found or not started.
            Ended::Failed(error) if could_not_start(&error) => {
                show_page(error.diagnostic());
                return Ok(Err(None));
            }
            Ended::Failed(error) => {
                return Ok(Err(Some(format!("it exited with {}", error.exit_code()))));
            }
            Ended::Signal(signal) => return Ok(Err(Some(format!("it was ended by {signal}")))),
            _ => return Ok(Err(Some("it has not ended".to_string()))),
        }
        let mut bytes = Vec::new();
        File::open(&path)?.take(MOST_TEXT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MOST_TEXT {
            return Ok(Err(Some("it has written more than 1 MiB".to_string())));
        }
        let Ok(edited) = String::from_utf8(bytes) else {
            return Ok(Err(Some("it has written what is not UTF-8".to_string())));
        };
        // The line editor would write these characters to the terminal, which would interpret them.
        if edited.contains(|letter: char| letter.is_control() && !"\n\t".contains(letter)) {
            return Ok(Err(Some("it has written control characters".to_string())));
        }
        Ok(Ok(edited.trim_end_matches('\n').to_string()))
    }

    /// Shows a value. Uses a pager if there is one and the value has more lines than the terminal.
    pub(super) fn show(&mut self, value: &Value) {
        let columns = terminal_width().unwrap_or(80);
        let text = show::shown(value, columns, show::MOST_LINES);
        let rows = |line: &str| line.chars().count().saturating_sub(1) / columns + 1;
        let is_long = terminal_height().is_some_and(|height| text.lines().map(rows).sum::<usize>() >= height);
        let Some(pager) = is_long.then(|| self.pager()).flatten() else { return print(&text) };
        let all = show::shown(value, columns, show::MOST_PAGED);
        match self.run_program(&pager, Some(all)) {
            Some(Ended::Failed(error)) if could_not_start(&error) => {
                show_page(error.diagnostic());
                print(&text);
            }
            Some(Ended::Suspended(job)) => super::tell_suspended(&job),
            Some(_) => {}
            None => print(&text),
        }
    }

    /// Runs a program as an entry, which has the terminal. A given text is its standard input. If the program can't
    /// be run, prints the reason and returns `None`.
    fn run_program(&self, argv: &[Vec<u8>], stdin: Option<String>) -> Option<Ended> {
        let entry = self.dialog.borrow().program(argv);
        let entry = entry.map_err(|error| error.diagnostics().iter().for_each(show_page)).ok()?;
        let entry = match stdin {
            Some(text) => entry.stdin(text.into_bytes()),
            None => entry,
        };
        Some(self.dialog.borrow_mut().run(entry))
    }

    /// Returns `PAGER`, or less if it is installed.
    fn pager(&self) -> Option<Vec<Vec<u8>>> {
        self.words_of("PAGER").or_else(|| {
            let dialog = self.dialog.borrow();
            programs::find(OsStr::new("less"), dialog.env("PATH")?, &dialog.cwd())?;
            Some(vec![b"less".to_vec(), b"-FRX".to_vec()])
        })
    }
}

/// Returns whether a program was not found, or not started.
fn could_not_start(error: &pipewright::Error) -> bool {
    matches!(error.exit_code(), 126 | 127)
}

/// A directory that other users can't access, and that is removed with all files that an editor leaves in it.
struct Draft(PathBuf);

impl Draft {
    /// # Errors
    /// Fails as mkdir(2) does.
    fn new(below: PathBuf) -> Result<Self> {
        let mut count = 0;
        loop {
            let path = below.join(format!("pipewright-{}-{count}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                // The name already exists.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && count < 1000 => count += 1,
                made => return made.map(|()| Self(path)),
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
