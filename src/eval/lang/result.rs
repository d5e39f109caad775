//! The state that a run leaves to its host: its result, and its functions for later calls.

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
    /// The memory of the frames of its calls.
    frames: Vec<Value>,
    loaded: Vec<bool>,
}

impl fmt::Debug for FinishedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program.main_module().source.name())
    }
}

impl FinishedRun {
    /// Returns a function that it declares outside any block.
    pub fn function(&self, name: &str) -> Option<FunctionId> {
        let declared = &self.program.declared;
        declared.iter().find(|(known, _)| **known == *name).map(|(_, function)| *function)
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Returns the value of a variable of the script; null when its `let` has not run.
    pub fn value_of(&self, slot: Slot) -> Value {
        let value = self.slots.get(slot.place());
        value.filter(|value| !is_unset(value)).cloned().unwrap_or_default()
    }
}

impl Interpreter {
    /// Creates a run in the memory of an earlier run and, for the same script, with its reference: an
    /// allocation and a reference count are noticeable parts of the cost of a small run.
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

    /// Creates a run that continues where a script has ended.
    pub fn after(ran: FinishedRun, setup: Setup) -> Self {
        Self {
            modules: ran.slots.into(),
            frames: ran.frames,
            loaded: ran.loaded,
            ..Self::new(ran.program, setup)
        }
    }

    /// Returns the script that has run, with its variables.
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
        let (around, mut result) = (std::mem::take(&mut self.around), Value::Null);
        let ended = self.within(&around, &mut |this| {
            result = this.apply_values(&value, arguments, span)?;
            Ok(())
        });
        self.end(ended).map(|()| result)
    }

    /// Keeps the value of a top-level statement of the script, if a result is wanted.
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

    /// Returns the status of a run that has not failed. For an entry of a prompt, it may be that of a false test.
    pub fn final_status(&self) -> u8 {
        if self.program.is_typed { self.status } else { 0 }
    }

    /// Returns the value of `main`, or without a `main` the value of the script's last call, or null.
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
