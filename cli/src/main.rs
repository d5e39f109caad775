//! The `pipewright` program: the command line and the prompt, which use only the public API of the
//! library.

// Without Rust's runtime: see src/sys/start.rs.
#![cfg_attr(not(test), no_main)]

mod colour;
mod doctor;
mod format;
mod json;
mod options;
mod print;
#[cfg(feature = "prompt")]
mod repl;
mod run;
mod script_text;
mod stats;
mod top;
mod trace;

/// Called by the C library. The arguments come from `std::env`, which receives them from there, too.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main(_count: std::ffi::c_int, _arguments: *const *const std::ffi::c_char) -> std::ffi::c_int {
    std::panic::catch_unwind(run::main).map_or(101, std::ffi::c_int::from)
}
