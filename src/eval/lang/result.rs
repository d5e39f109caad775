//! What a run leaves to its host: its result, and its functions to be called.

use crate::check::program::{FunctionId, Program, Slot, Statement, StatementKind};
use crate::eval::Interpreter;
use crate::eval::lang::init_order::is_unset;
use crate::eval::report::unwind::Eval;
use crate::eval::setup::{Room, Setup};
use crate::value::Value;
use std::fmt;
use std::sync::Arc;

/// A script that has run, with its variables.
#[derive(Clone)]
pub struct FinishedRun {
    program: Arc<Program>,
    slots: Vec<Value>,
    /// The room of the frames of its calls.
    frames: Vec<Value>,
    loaded: Vec<bool>,
}

impl fmt::Debug for FinishedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program.main_module().source.name())
    }
}

impl FinishedRun {
    /// A function that it declares outside of any block.
    pub fn function(&self, name: &str) -> Option<FunctionId> {
        let declared = &self.program.declared;
        declared.iter().find(|(known, _)| **known == *name).map(|(_, function)| *function)
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The value of a variable of the script; null when its `let` has not run.
    pub fn value_of(&self, slot: Slot) -> Value {
        let value = self.slots.get(slot.place());
        value.filter(|value| !is_unset(value)).cloned().unwrap_or_default()
    }
}

impl Interpreter {
    /// One that runs a script where another one has run, in its room and, of the same script, by its reference: an
    /// allocation and a count are parts of what a small run costs.
    pub fn reuse(former: Option<FinishedRun>, program: &Arc<Program>, setup: Setup) -> Self {
        match former {
            Some(FinishedRun { program: same, slots, frames, .. }) if Arc::ptr_eq(&same, program) => {
                Self::new(same, Setup { room: Room { slots, frames }, ..setup })
            }
            former => {
                let room =
                    former.map(|ran| Room { slots: ran.slots, frames: ran.frames }).unwrap_or_default();
                Self::new(program.clone(), Setup { room, ..setup })
            }
        }
    }

    /// One that goes on where a script has ended.
    pub fn after(ran: FinishedRun, setup: Setup) -> Self {
        Self {
            modules: ran.slots.into(),
            frames: ran.frames,
            loaded: ran.loaded,
            ..Self::new(ran.program, setup)
        }
    }

    /// The script as it has run, with its variables.
    pub fn into_ran(self) -> FinishedRun {
        let Self { program, modules, mut frames, loaded, .. } = self;
        frames.clear();
        FinishedRun { slots: modules.into_all(), frames, loaded, program }
    }

    /// Calls a function of the script.
    pub fn call(&mut self, function: FunctionId, arguments: &[Value]) -> Eval<Value> {
        let value = self.function_value(function);
        let span = self.program.function(function).span;
        self.module = self.program.script;
        let called = self.apply_values(&value, arguments, span);
        let (result, ended) = match called {
            Ok(value) => (value, Ok(())),
            Err(unwind) => (Value::Null, Err(unwind)),
        };
        self.end(ended).map(|()| result)
    }

    /// Keeps the value of a statement of the script's own level, where a result is wanted.
    #[inline]
    pub(in crate::eval) fn note_result(&mut self, value: Value) {
        if self.result.is_some()
            && self.calls == 0
            && self.defer_mask.is_none()
            && self.module == self.program.script
        {
            self.result = Some(value);
        }
    }

    /// The status with which a run ends that has not failed: of an entry of a prompt it may be that of a false test.
    pub fn final_status(&self) -> u8 {
        if self.program.is_typed { self.status } else { 0 }
    }

    /// What `main` returned, or without one the value of the call that the script ends with; else null.
    pub fn result(&mut self) -> Value {
        let program = &self.program;
        let ends_with_call = || {
            let last = program.main_module().body.statements.last();
            matches!(last, Some(Statement { kind: StatementKind::Evaluate(_), .. }))
        };
        let given = program.main.is_some() || ends_with_call();
        self.result.take().filter(|_| given).unwrap_or_default()
    }
}
