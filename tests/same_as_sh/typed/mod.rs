//! What people type: for each construct a generator of short scripts, which dash, bash and Pipewright run.
//!
//! Where Pipewright accepts a script, its standard output, exit status and files must be those of bash. The shells run
//! many cases in one process, each in a subshell. `SEED=7 CASES=10000 cargo test --test suite same_as_sh::typed` runs
//! others, and `CASE=12` with the same seed one of them again.

mod bench;
mod export;
mod false_tests;
mod status;
mod time;

/// A text in both languages: the same but where the languages are meant to differ.
#[derive(Clone, Default)]
pub struct Text {
    pub ours: String,
    pub sh: String,
}

impl Text {
    pub fn same(&mut self, text: &str) -> &mut Self {
        self.each(text, text)
    }

    pub fn each(&mut self, ours: &str, sh: &str) -> &mut Self {
        self.ours += ours;
        self.sh += sh;
        self
    }
}
