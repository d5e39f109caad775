//! Any bytes are a tree or an error page, in time and without a panic.
//!
//! `cargo +nightly fuzz run parse --target x86_64-unknown-linux-gnu -- -max_total_time=60`
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pipewright::fuzzing::parse(bytes));
