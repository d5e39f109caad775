//! Any text is a checked program or error pages, in time and without a panic.
//!
//! `cargo +nightly fuzz run check --target x86_64-unknown-linux-gnu -- -max_total_time=60`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pipewright::fuzzing::check(bytes));
