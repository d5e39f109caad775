//! The tests of the binary and of the library: one program, because each test binary costs a link of the
//! whole.
//!
//! `cargo test --test suite golden::` runs one file of them. Tests that count descriptors or children of
//! their own process are in separate binaries: `embed_endurance`, `kill_storm`.

mod ask;
mod atomic;
mod audit;
mod automation;
mod blocking;
mod browser;
#[cfg(feature = "prompt")]
mod completion;
mod counts;
#[cfg(feature = "prompt")]
mod ctrl_c;
mod daemons;
mod dead_mount;
mod dependencies;
mod descriptors;
mod dialog;
mod editors;
mod embed;
mod endurance;
mod everyday;
mod examples;
mod exec;
mod faults;
mod features;
mod fmt;
mod found;
mod from_sh;
mod glossary;
mod golden;
mod growing;
mod guard;
mod hints;
mod host;
mod host_values;
mod hostile;
#[cfg(feature = "prompt")]
mod jobs;
#[cfg(feature = "prompt")]
mod jobs_left;
#[cfg(feature = "prompt")]
mod key_fuzz;
#[cfg(feature = "prompt")]
mod keys;
mod late_writers;
mod limits;
mod observe;
mod on_signal;
#[cfg(feature = "prompt")]
mod outside;
mod policy;
mod policy_tries;
mod pools;
mod ports;
#[cfg(feature = "prompt")]
mod progress;
#[cfg(feature = "prompt")]
mod prompt;
#[cfg(feature = "prompt")]
mod prompt_feel;
#[cfg(feature = "prompt")]
mod prompt_files;
#[cfg(feature = "prompt")]
mod prompt_history;
#[cfg(feature = "prompt")]
mod prompt_rc;
mod queues;
mod readme;
mod real_parts;
mod reference;
mod results;
mod resume;
mod run_untrusted;
mod safety;
mod same_as_sh;
mod sandbox;
mod sandbox_everyday;
mod sandbox_own;
mod sandbox_whole;
#[cfg(feature = "prompt")]
mod screenshots;
#[cfg(feature = "prompt")]
mod script_completions;
mod scripts;
mod secrets;
mod services;
mod shared_lines;
mod side_by_side;
mod signals;
mod support;
mod tidy;
mod top;
mod top_serve;
mod types;
mod workers;
mod working_day;
mod written;
