//! The `pipewright` program: everything is in the library.

// Without Rust's runtime before it: see src/sys/start.rs.
#![no_main]

use std::ffi::{c_char, c_int};

/// Called by the C library. The arguments come by `std::env`, which has them from there too.
#[unsafe(no_mangle)]
extern "C" fn main(_count: c_int, _arguments: *const *const c_char) -> c_int {
    std::panic::catch_unwind(pipewright::cli::main).map_or(101, c_int::from)
}
