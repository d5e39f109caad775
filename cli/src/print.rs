//! Output of the command line: error pages, results and errors.

use crate::colour;
use pipewright::diag::Diagnostic;
use pipewright::program;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;

/// Prints the errors because of which a script is refused. Returns the exit status.
pub fn refuse(errors: &[Diagnostic]) -> u8 {
    errors.iter().for_each(print_page);
    2
}

/// Prints the page of a diagnostic to standard error.
pub fn print_page(error: &Diagnostic) {
    let color = std::io::stderr().is_terminal() && colour::is_wanted();
    let width = if color { program::terminal_width() } else { None };
    print_error(&error.render(color, width));
}

/// Writes to standard output. Returns the exit status.
pub fn print(text: &str) -> u8 {
    // A copy, since Rust's own writer treats a closed standard output as one that accepts everything.
    let out = std::io::stdout().as_fd().try_clone_to_owned().map(File::from);
    match out.and_then(|mut out| out.write_all(text.as_bytes())) {
        Ok(()) => 0,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 141,
        Err(error) => {
            print_error(&format!("pipewright: can't write: {}\n", pipewright::diag::reason(&error)));
            1
        }
    }
}

/// Writes to standard error. If that fails, the failure can't be reported anywhere.
pub fn print_error(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
