//! Programs that run any text in ways that are not followed: no pattern of a policy allows them.

use crate::programs::{Program, Trust};

pub const PROGRAMS: &[Program] = &[Program {
    names: &[
        "java",
        "inotifywait",
        "bc",
        "ld.so",
        "ld-linux-x86-64.so",
        "ld-linux-aarch64.so",
        "ld-linux.so",
    ],
    trust: Trust::Evaluator,
    ..Program::BASE
}];
