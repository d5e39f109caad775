//! One program of a pipeline, with all decisions made.

use super::{Environment, FileTable, Steps};
use std::ffi::CStr;
use std::sync::Arc;

/// A program that is ready to be started.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The file to execute, as found by [`super::Search::find`].
    pub program: Arc<CStr>,
    /// The arguments, beginning with the name as the script has it.
    pub argv: Vec<Vec<u8>>,
    /// Its environment.
    pub environment: Environment,
    /// Its working directory, if it differs from that of this process.
    pub directory: Option<Arc<CStr>>,
    /// Its descriptors.
    pub files: FileTable,
    /// Limits and other preparations, which its child makes.
    pub steps: Steps,
}

#[cfg(test)]
impl Stage {
    /// Creates a stage with the environment, directory and standard streams of this process.
    pub fn new(program: Arc<CStr>, argv: Vec<Vec<u8>>) -> Self {
        Self {
            program,
            argv,
            environment: Environment::inherited(),
            directory: None,
            files: FileTable::inherited(),
            steps: Steps::default(),
        }
    }
}
