//! Compares constructs that users type on a line, with generated cases for each.

mod backslashes;
mod captures;
mod subshells;
mod wrappers;

use super::compare::{Bench, Comparison, Text, large};
use crate::support::rng::Rng;

/// Compares a construct in the text of a script.
fn compare(name: &'static str, make: fn(&mut Rng) -> Text, refused_percent: usize) {
    Comparison { name, make, bench: large(), cases: CASES, refused_percent, dash_percent: 0 }.run();
}

const CASES: u64 = 110;

#[test]
fn backslashes_in_double_quotes() {
    compare("backslashes", backslashes::case, 12);
}

#[test]
fn escapes_of_echo() {
    compare("echo", backslashes::echo, 0);
}

#[test]
fn lists_in_parentheses() {
    compare("lists", subshells::case, 20);
}

#[test]
fn unquoted_captures_at_the_prompt() {
    let bench = Bench { options: &["--prompt"], run_refusal: Some("error[E1035]"), ..large() };
    Comparison {
        name: "captures",
        make: captures::case,
        bench,
        cases: CASES,
        refused_percent: 35,
        dash_percent: 0,
    }
    .run();
}

#[test]
fn captures_that_nothing_splits() {
    compare("unsplit", captures::unsplit, 0);
}

#[test]
fn wrappers_hand_on_what_they_get() {
    compare("wrappers", wrappers::case, 0);
}
