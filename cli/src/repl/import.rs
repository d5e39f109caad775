//! `import-env FILE`: the environment that a file of sh makes, such as ~/.profile or the `activate` of a virtual
//! environment. A shell reads the file and lists its environment, and the changes become those of the prompt.

use super::{Ended, Shell, places, programs, show_page};
use crate::print::print_error;
use pipewright::Output;
use pipewright::diag::{quote_word, visible};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

/// The file writes to standard error, so that its output is not taken for the environment.
const SCRIPT: &str = r#"exec 3>&1 1>&2; . "$1" 3>&-; status=$?; env -0 >&3; exit $status"#;

/// The variables that each shell sets for itself.
const OF_SHELLS: &[&str] = &["_", "SHLVL", "PWD", "OLDPWD", "SHELLOPTS", "BASHOPTS"];

impl Shell {
    /// Implements `import-env`. Returns the exit status.
    pub(super) fn import(&mut self, file: &Path) -> u8 {
        let dialog = self.dialog.borrow();
        let home = dialog.env("HOME").map(PathBuf::from);
        let file = match (file.strip_prefix("~"), home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => dialog.cwd().join(file),
        };
        if let Err(error) = places::open(&file) {
            let file = quote_word(file.as_os_str().as_encoded_bytes());
            print_error(&format!("import-env: {file}: {}\n", pipewright::diag::reason(&error)));
            return 1;
        }
        // Files for people are mostly written for bash.
        let path = dialog.env("PATH").unwrap_or_default();
        let has_bash = programs::find(OsStr::new("bash"), path, &dialog.cwd()).is_some();
        let shell = if has_bash { "bash" } else { "sh" };
        let name = file.as_os_str().as_encoded_bytes();
        let argv: [&[u8]; 5] = [shell.as_bytes(), b"-c", SCRIPT.as_bytes(), b"import-env", name];
        let entry = match dialog.program(&argv) {
            Ok(entry) => entry,
            Err(error) => {
                error.diagnostics().iter().for_each(show_page);
                return 1;
            }
        };
        drop(dialog);
        let (sender, lines) = channel();
        let each = Output::lines(move |line: &[u8]| sender.send(line.to_vec()).unwrap_or_default());
        let ended = self.dialog.borrow_mut().run(entry.stdout(each));
        let status = match ended {
            Ended::Value(_) => 0,
            Ended::Failed(error) => error.exit_code(),
            Ended::Signal(signal) => return 128 + signal.number() as u8,
            _ => return 1,
        };
        if status != 0 {
            let file = visible(name);
            print_error(&format!(
                "import-env: {shell} exited with {status} after {file}; nothing is imported\n"
            ));
            return status;
        }
        let listed = lines.iter().collect::<Vec<_>>().join(&b'\n');
        self.take_environment(&listed)
    }

    /// Sets the variables that differ from those listed.
    fn take_environment(&mut self, listed: &[u8]) -> u8 {
        let new: BTreeMap<&[u8], &[u8]> = listed
            .split(|byte| *byte == 0)
            .filter_map(|entry| {
                let at = memchr::memchr(b'=', entry)?;
                Some((&entry[..at], &entry[at + 1..]))
            })
            .collect();
        let dialog = self.dialog.borrow();
        let old: BTreeMap<Vec<u8>, Vec<u8>> = dialog
            .environment()
            .map(|(name, value)| (name.as_encoded_bytes().to_vec(), value.as_encoded_bytes().to_vec()))
            .collect();
        let is_meant = |name: &[u8]| {
            let name = std::str::from_utf8(name).unwrap_or_default();
            let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            is_name && name.starts_with(|first: char| !first.is_ascii_digit()) && !OF_SHELLS.contains(&name)
        };
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let set = new.iter().filter(|(name, value)| old.get(**name).is_none_or(|old| old != *value));
        let set = set.filter(|(name, _)| is_meant(name));
        let mut lines: Vec<String> =
            set.map(|(name, value)| format!("export {}={}", text(name), quote_word(value))).collect();
        let removed = old.keys().filter(|name| !new.contains_key(&***name) && is_meant(name));
        lines.extend(removed.map(|name| format!("unset {}", text(name))));
        let entry = dialog.check("import-env", &lines.join("\n"));
        drop(dialog);
        match entry.map(|entry| self.dialog.borrow_mut().run(entry)) {
            Ok(Ended::Failed(error)) => {
                show_page(error.diagnostic());
                error.exit_code()
            }
            Err(error) => {
                error.diagnostics().iter().for_each(show_page);
                1
            }
            Ok(_) => 0,
        }
    }
}
