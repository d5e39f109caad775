//! The walls of a sandbox: rules of Landlock for files and TCP ports ([`Ruleset`]), a filter of system calls
//! ([`Filter`]), and namespaces ([`Namespaces`]).
//!
//! The first two are made in this process and enforced only in the child, between its clone and execve: Landlock binds the
//! thread that enforces it forever. The interface of the kernel is three system calls and a list of instructions, so
//! it needs no library.

pub mod filter;
pub mod landlock;
pub mod namespaces;

pub use filter::{Filter, Network};
pub use landlock::{Rights, Ruleset};
pub use namespaces::{Namespaces, Plan};

/// The version of Landlock that a sandbox needs: the first one that keeps signals and abstract sockets inside
/// (Linux 6.12).
pub const ABI: u32 = 6;

/// The number of rulesets that the kernel lets a process enforce one upon another.
pub const MOST_NESTED: usize = 16;

/// Returns why this system can't confine a program, if it can't.
///
/// # Errors
/// Fails with the facility that is missing.
pub fn available() -> Result<(), String> {
    use std::sync::OnceLock;
    static AVAILABLE: OnceLock<Result<(), String>> = OnceLock::new();
    AVAILABLE.get_or_init(|| landlock::available().and_then(|()| filter::available())).clone()
}
