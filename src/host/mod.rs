//! What a host adds to the language: functions for its expressions, and stages for its pipelines.
//!
//! A script takes what it calls along when it is checked: its tree holds the functions and stages themselves, so that
//! no run can lack them.

mod function;
mod stage;

pub use function::{CallError, Function, HostFunction, IntoResult};
pub use stage::{HostStage, Stage, StageCx, StageError, Streams};

use std::any::Any;
use std::sync::Arc;

/// The functions and stages of a host.
#[derive(Clone, Debug, Default)]
pub struct Hosted {
    pub functions: Vec<Arc<HostFunction>>,
    pub stages: Vec<Arc<HostStage>>,
    /// The text is typed at a prompt: its jobs have numbers, as in `kill %1`, and `$(cmd)` may stand without quotes.
    pub is_prompt: bool,
    /// The process is the script's own, which `exec` can replace.
    pub can_be_replaced: bool,
}

impl Hosted {
    /// The function of a name.
    pub fn function(&self, name: &str) -> Option<&Arc<HostFunction>> {
        self.functions.iter().find(|function| *function.name == *name)
    }

    /// The stage of a name.
    pub fn stage(&self, name: &str) -> Option<&Arc<HostStage>> {
        self.stages.iter().find(|stage| *stage.name == *name)
    }
}

/// What a panic says.
pub fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}
