//! Whether a terminal is to get colours.

use std::env::var_os;

/// Nobody has asked to leave them out (<https://no-color.org>), and the terminal knows what they are.
pub fn is_wanted() -> bool {
    var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && !is_dumb()
}

/// Whether the terminal shows text and nothing else, as the shells of Emacs do: a line can't be edited there.
pub fn is_dumb() -> bool {
    var_os("TERM")
        .is_some_and(|name| ["dumb", "cons25", "emacs"].iter().any(|dumb| name.eq_ignore_ascii_case(dumb)))
}
