//! The screen before and after entries.

use pipewright::program::terminal_width;
use std::io::Write;

/// Ends what a killed program may have left on: keys and mouse as other codes, the alternate screen, a hidden cursor,
/// colours (Xterm Control Sequences). On a terminal without them nothing changes.
pub const ORDINARY: &str =
    "\x1b[?1l\x1b>\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1047l\x1b[?25h\x1b[0m";

/// Begins a new line if the last output has not ended its own: the editor would draw over it.
///
/// The mark and the blanks fill exactly one line. If the cursor was at the start of a line, that line is drawn over;
/// otherwise the blanks have wrapped to the next one.
pub fn begin_line() {
    if let Some(columns) = terminal_width() {
        print(&format!("⏎{:width$}\r", "", width = columns - 1));
    }
}

/// Prints to standard output. A failure is ignored, since the terminal has then closed.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
