//! The decision whether a terminal gets colours.

use std::env::var_os;

/// Returns whether the user has not turned colours off (<https://no-color.org>), and the terminal
/// supports them.
pub fn is_wanted() -> bool {
    var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && !is_dumb()
}

/// Returns whether the terminal only shows text, as the shells of Emacs do: a line can't be edited
/// there.
pub fn is_dumb() -> bool {
    var_os("TERM")
        .is_some_and(|name| ["dumb", "cons25", "emacs"].iter().any(|dumb| name.eq_ignore_ascii_case(dumb)))
}
