//! The errors of entries: as pages, in one line, or not at all.

use super::Shell;
use crate::colour;
use crate::print::print_error;
use pipewright::diag::{Diagnostic, code};
use pipewright::program::terminal_width;

impl Shell {
    /// Implements `!`.
    pub(super) fn show_hidden(&mut self) {
        match &self.hidden {
            Some(page) => show_page(page),
            None => print_error("no error was shown in one line\n"),
        }
    }
}

/// Returns whether a failure needs no error page, because the whole entry is one program that has exited. The program
/// has printed its message, or its status is the answer, as with grep. The next prompt shows the status.
pub fn is_told(page: &Diagnostic, statuses: &[u8]) -> bool {
    let ([_], [place]) = (statuses, &page.labels[..]) else { return false };
    let is_all = || place.source.text().trim() == &place.source.text()[place.span.range()];
    page.code == code::COMMAND_FAILED
        && place.text.starts_with("exited with ")
        && page.notes.is_empty()
        && page.help.is_empty()
        && is_all()
}

/// Returns whether an error says only which stages of a pipeline have failed, so that its first line is enough.
pub fn is_of_stages(page: &Diagnostic) -> bool {
    let is_stage = |note: &String| note.starts_with("stage ");
    page.code == code::COMMAND_FAILED
        && page.help.is_empty()
        && page.notes.len() > 1
        && page.notes.iter().all(is_stage)
}

/// Returns the first line of a page.
pub fn headline(page: &Diagnostic) -> String {
    let page = page.render(colour::is_wanted(), terminal_width().unwrap_or(80));
    page.lines().next().unwrap_or_default().to_owned()
}

pub fn show_page(page: &Diagnostic) {
    print_error(&page.render(colour::is_wanted(), terminal_width().unwrap_or(80)));
}
