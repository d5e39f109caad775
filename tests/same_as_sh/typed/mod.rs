//! Compares typed constructs that have a status: for each construct a generator of short scripts.

mod export;
mod false_tests;
mod status;
mod time;

use super::compare::{Comparison, Text, small};
use crate::support::rng::Rng;

/// Compares a construct of which dash mostly does the same as bash.
fn compare(name: &'static str, make: fn(&mut Rng) -> Text, cases: u64, refused_percent: usize) {
    Comparison { name, make, bench: small(), cases, refused_percent, dash_percent: 50 }.run();
}
