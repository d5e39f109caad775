//! The extensions of a host: functions for expressions, methods of its values, and stages for pipelines.
//!
//! A checked script holds the functions and stages that it calls, so no run can lack them.

mod function;
mod method;
mod stage;

pub use function::{CallError, ContextFunction, Function, FunctionCx, HostFunction};
pub use method::{HostMethod, Method};
pub use stage::{HostStage, StageCx, StageError, Streams};

use std::any::Any;
use std::sync::Arc;

/// The functions, methods and stages of a host.
#[derive(Clone, Debug, Default)]
pub struct Hosted {
    pub functions: Vec<Arc<HostFunction>>,
    pub methods: Vec<Arc<HostMethod>>,
    pub stages: Vec<Arc<HostStage>>,
    /// Whether the text is typed at a prompt: its jobs have numbers, as in `kill %1`, and `$(cmd)` needs no quotes.
    pub is_prompt: bool,
    /// Whether the process belongs to the script, so that `exec` can replace it.
    pub can_be_replaced: bool,
}

impl Hosted {
    /// Returns the function with this name.
    pub fn function(&self, name: &str) -> Option<&Arc<HostFunction>> {
        self.functions.iter().find(|function| *function.name == *name)
    }

    /// Returns the methods with this name, one for each type that has it.
    pub fn methods(&self, name: &str) -> impl Iterator<Item = &Arc<HostMethod>> {
        self.methods.iter().filter(move |method| *method.name == *name)
    }

    /// Returns the stage with this name.
    pub fn stage(&self, name: &str) -> Option<&Arc<HostStage>> {
        self.stages.iter().find(|stage| *stage.name == *name)
    }
}

/// Returns the message of a panic.
pub fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}
