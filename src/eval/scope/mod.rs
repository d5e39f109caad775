//! The shell execution environment (POSIX section 2.13) and the options of `with` that change it for a block.

pub mod atomic;
pub mod exec_env;
pub mod sandbox;
pub mod settings;
pub mod slots;
pub mod variables;
pub mod with;
