//! The window of the terminal: its title, and the shape of its cursor (Xterm Control Sequences, "Operating System
//! Commands" and DECSCUSR).

use pipewright::diag::visible;
use std::env::var_os;

/// The beginnings of the names of terminals that have a title and know the shapes.
const KNOWN: &[&str] = &[
    "xterm",
    "screen",
    "tmux",
    "rxvt",
    "alacritty",
    "foot",
    "kitty",
    "st-",
    "konsole",
    "gnome",
    "vte",
    "wezterm",
    "contour",
    "ghostty",
];

/// Returns whether the terminal has them. Others would show parts of the sequences as text.
pub fn is_known() -> bool {
    let name = var_os("TERM").unwrap_or_default();
    KNOWN.iter().any(|known| name.as_encoded_bytes().starts_with(known.as_bytes()))
}

/// The longest title.
const MOST: usize = 200;

/// Returns the sequence that sets the title to the first line of a text.
pub fn title(text: &str) -> String {
    let line = visible(text.trim().lines().next().unwrap_or_default().as_bytes());
    format!("\x1b]2;{}\x07", line.chars().take(MOST).collect::<String>())
}

/// The sequences that save the title, and restore it.
pub const SAVE_TITLE: &str = "\x1b[22;2t";
pub const RESTORE_TITLE: &str = "\x1b[23;2t";

/// The shapes of the cursor.
pub const BAR: &str = "\x1b[6 q";
pub const BLOCK: &str = "\x1b[2 q";
pub const USUAL: &str = "\x1b[0 q";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_that_controls_nothing() {
        assert_eq!(title("make -j4\nls"), "\x1b]2;make -j4\x07");
        assert_eq!(title("a\x07\x1b[2Jb"), "\x1b]2;a\\u{7}\\u{1b}[2Jb\x07");
    }
}
