//! The state of a job, shared by its task, its owner and the values that represent it.

use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::eval::tasks::task::{Completion, Task};
use crate::process::{Changes, Control, Interrupt, Signal};
use crate::span::Span;
use crate::sys::Pid;
use crate::value::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The state that a job shares with the threads that wait for it.
pub struct JobState {
    /// Stops it, and the programs that it waits for.
    pub cancel: Interrupt,
    /// Raised together with `cancel`, and by a key of the terminal while the script waits for the job.
    pub(in crate::eval) keys: Option<Interrupt>,
    /// Suspends and continues it, at a prompt.
    pub control: Option<Arc<Control>>,
    /// The task that runs it, until a thread joins it.
    pub(in crate::eval) task: Mutex<Option<Task<Eval<()>>>>,
    completion: Arc<Completion>,
    /// The first process that it started.
    pid: OnceLock<Pid>,
    /// Whether it is meant to outlive the prompt: its programs are nohup or setsid.
    pub(in crate::eval) survives: AtomicBool,
    /// Set when it has ended.
    pub(in crate::eval) status: OnceLock<u8>,
    /// The record of its output, if its output is captured.
    output: OnceLock<Value>,
    captures: AtomicBool,
    /// The value of an entry that was suspended.
    #[cfg(feature = "dialog")]
    value: Mutex<Value>,
}

/// Announces that the job has ended, however its thread ends.
pub(in crate::eval) struct Ending(pub(in crate::eval) Arc<JobState>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.ended(1);
        if let Some(control) = &self.0.control {
            control.finish();
        }
    }
}

impl JobState {
    /// Returns the state of a job that has not been spawned.
    pub(in crate::eval) fn new(
        cancel: Interrupt,
        keys: Option<Interrupt>,
        control: Option<Arc<Control>>,
    ) -> Self {
        Self {
            cancel,
            keys,
            control,
            task: Mutex::new(None),
            completion: Arc::default(),
            pid: OnceLock::new(),
            survives: AtomicBool::new(false),
            status: OnceLock::new(),
            output: OnceLock::new(),
            captures: AtomicBool::new(false),
            #[cfg(feature = "dialog")]
            value: Mutex::default(),
        }
    }

    /// Spawns the task that runs the job, on a fork of `run`.
    ///
    /// # Errors
    /// Fails as [`Task::spawn`] does.
    pub(in crate::eval) fn spawn(
        &self,
        run: &Interpreter,
        span: Span,
        work: impl FnOnce() -> Eval<()> + Send + 'static,
    ) -> Eval<()> {
        let task = Task::spawn_to(run, span, self.completion.clone(), work)?;
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        Ok(())
    }

    /// Returns whether its task has ended. It then has a status.
    pub(in crate::eval) fn has_ended(&self) -> bool {
        self.completion.has_ended()
    }

    /// Returns the change that is announced when its task ends.
    pub(in crate::eval) fn changes(&self) -> &Changes {
        self.completion.changes()
    }

    /// Returns the interrupt that asks it to end. A wait for programs reacts only to `cancel`.
    #[inline]
    pub fn interrupt(&self) -> &Interrupt {
        let of_control = || self.control.as_ref().map(|control| control.keys());
        self.keys.as_ref().or_else(of_control).unwrap_or(&self.cancel)
    }

    /// Marks that the script waits for it: keys of the terminal are also for the job.
    pub(in crate::eval) fn attend(&self) {
        if let Some(keys) = &self.keys {
            keys.set_background(false);
        }
    }

    /// Ends the part that runs in the interpreter, because a key of the terminal has ended the script.
    pub(in crate::eval) fn end_by_key(&self, signal: Signal) {
        if let Some(keys) = self.keys.as_ref().filter(|keys| keys.raised().is_none()) {
            keys.raise_key(signal);
        }
    }

    /// Asks it to end. A suspended job is continued first, since it could not end otherwise.
    pub fn stop(&self, signal: Signal) {
        self.cancel.raise(signal);
        if let Some(keys) = &self.keys {
            keys.raise(signal);
        }
        if let Some(control) = &self.control {
            control.resume();
        }
    }

    /// Sends a signal to all its processes: `kill %1`.
    pub fn signal(&self, signal: Signal) {
        let Some(control) = &self.control else { return self.stop(signal) };
        if [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM, Signal::KILL].contains(&signal) {
            return control.end(signal);
        }
        let _ = crate::sys::signal::send_group(control.group_id(), signal);
        if signal == Signal::CONT {
            control.resume();
        }
    }

    pub fn is_suspended(&self) -> bool {
        self.control.as_deref().is_some_and(Control::is_suspended)
    }

    /// Waits while the job is suspended.
    #[inline]
    pub fn park(&self) {
        if let Some(control) = &self.control {
            control.park();
        }
    }

    /// Returns whether it outlives the prompt.
    pub fn survives(&self) -> bool {
        self.survives.load(Ordering::Relaxed)
    }

    /// Notes its first process.
    pub fn started(&self, pid: Pid) {
        let _ = self.pid.set(pid);
    }

    pub fn pid(&self) -> Option<Pid> {
        self.pid.get().copied()
    }

    /// Notes how it ended.
    pub fn ended(&self, status: u8) {
        let _ = self.status.set(status);
    }

    /// Notes, before it starts, that its output is captured.
    pub(in crate::eval) fn capture(&self) {
        self.captures.store(true, Ordering::Relaxed);
    }

    /// Returns whether its output is captured.
    pub fn captures(&self) -> bool {
        self.captures.load(Ordering::Relaxed)
    }

    /// Notes the record of its output.
    pub(in crate::eval) fn printed(&self, record: Value) {
        let _ = self.output.set(record);
    }

    /// Returns the record of its output, once it has ended.
    pub fn output(&self) -> Option<Value> {
        self.output.get().cloned()
    }

    /// Notes the value of its last call.
    #[cfg(feature = "dialog")]
    pub fn came_to(&self, value: Value) {
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }

    /// Returns the value of its last call.
    #[cfg(feature = "dialog")]
    pub fn value(&self) -> Value {
        self.value.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn status(&self) -> Option<u8> {
        self.status.get().copied()
    }
}
