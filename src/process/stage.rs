//! One program of a pipeline, with everything decided.

use super::{Environment, FileTable, Steps};
use std::ffi::CStr;
use std::sync::Arc;

/// A program that is ready to be started.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The file to execute, as [`super::Search::find`] gave it.
    pub program: Arc<CStr>,
    /// The arguments, the name as typed in first place.
    pub argv: Vec<Vec<u8>>,
    /// Its environment.
    pub environment: Environment,
    /// Its working directory, if not that of this process.
    pub directory: Option<Arc<CStr>>,
    /// Its descriptors.
    pub files: FileTable,
    /// Limits and the like, which its child sets.
    pub steps: Steps,
}

#[cfg(test)]
impl Stage {
    /// A stage with the environment, directory and standard streams of this process.
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
