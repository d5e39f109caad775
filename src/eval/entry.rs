//! A run that goes on: what is typed at a prompt, entry by entry.

use super::Interpreter;
use super::early::{is_unset, unset};
use super::unwind::{Eval, Unwind};
use crate::check::program::{Function, FunctionId, Program, Slot};
use crate::process::{Environment, Signal};
use crate::value::Value;
use std::path::PathBuf;
use std::sync::Arc;

impl Interpreter {
    /// Runs one more entry: a program that has all of the one before. Its jobs go on beside what is entered next. The
    /// value of the call that it ends with, else null.
    pub fn enter(&mut self, program: Arc<Program>) -> Eval<Value> {
        self.slots.truncate(self.program.slots);
        self.slots.resize_with(program.slots, unset);
        self.module = program.script;
        self.program = program;
        self.result = Some(Value::Null);
        let body = self.program.main_module().clone();
        let ran = self.block(&body.body).and_then(|()| self.check_interrupt());
        // What a failure has left open.
        (self.homes, self.calls, self.shielded) = ([0, 0], 0, None);
        self.status = match &ran {
            Ok(()) => 0,
            Err(Unwind::Error(error)) => error.status,
            Err(_) => self.status,
        };
        ran.map(|()| self.result())
    }

    /// Calls a function of the program, and leaves what the last entry has left.
    pub fn call_beside(&mut self, id: FunctionId, arguments: &[Value]) -> Eval<Value> {
        let status = self.status;
        let function = self.function_value(id);
        let span = self.program.function(id).span;
        let result = self.apply_values(&function, arguments, span);
        (self.homes, self.calls, self.shielded) = ([0, 0], 0, None);
        self.status = status;
        result
    }

    /// Ends what runs beside the prompt, which is left.
    pub fn leave(&mut self) {
        self.stop_jobs();
    }

    /// The value of a variable; null when its `let` has not run.
    pub fn value_of(&self, slot: Slot) -> Value {
        let value = self.slots.get(slot.place());
        value.filter(|value| !is_unset(value)).cloned().unwrap_or_default()
    }

    /// Whether a variable has a value.
    pub fn has_value(&self, slot: Slot) -> bool {
        self.slots.get(slot.place()).is_some_and(|value| !is_unset(value))
    }

    /// How many jobs run.
    pub fn jobs_running(&self) -> usize {
        self.jobs.iter().filter(|job| job.state.status().is_none()).count()
    }

    /// The directory that commands run in.
    pub fn directory(&self) -> PathBuf {
        match &self.directory {
            Some(_) => self.directory_path(),
            None => std::env::current_dir().unwrap_or_default(),
        }
    }

    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// A function of the program.
    pub fn function_of(&self, id: FunctionId) -> &Arc<Function> {
        self.program.function(id)
    }

    /// The signal that has asked this process to end, if one has.
    pub fn request(&self) -> Option<Signal> {
        self.interrupt().raised().map(|raised| raised.signal)
    }

    /// The same, which is then settled.
    pub fn take_request(&self) -> Option<Signal> {
        let request = self.request();
        // One that comes between the two is not settled: it is for what runs next.
        if request.is_some() {
            self.interrupt().clear();
        }
        request
    }
}
