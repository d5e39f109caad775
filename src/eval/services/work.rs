//! Work on a fork of the interpreter of a service, on a thread of its own.

use super::state::ServiceState;
use super::supervisor::Supervisor;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind, status_of};
use crate::eval::scope::settings::{Settings, TimeLimit};
use crate::eval::tasks::job_state::{Ending, JobState};
use crate::process::{Clock, Deadline, Interrupt, Signal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Some work, such as an instance or the question whether it is ready.
pub struct Work {
    pub state: Arc<JobState>,
    result: Arc<Mutex<Option<Eval<()>>>>,
}

/// Wakes the supervisor when it is dropped.
struct Waking(Arc<Supervisor>);

impl Drop for Waking {
    fn drop(&mut self) {
        self.0.wake();
    }
}

impl Work {
    /// Starts work on a fork, which `prepare` changes first.
    pub fn begin(
        service: &ServiceState,
        base: &mut Interpreter,
        limit: Option<Duration>,
        prepare: impl FnOnce(&mut Interpreter) -> Eval<()>,
        work: impl FnOnce(&mut Interpreter) -> Eval<()> + Send + 'static,
    ) -> Eval<Self> {
        let span = service.span;
        let mut fork = base.fork();
        prepare(&mut fork)?;
        let cancel = Interrupt::new().map_err(|error| base.no_job(&error, span))?;
        let state = Arc::new(JobState::new(cancel, None, None));
        (fork.handled_signals, fork.defer_mask) = (0, None);
        let mut settings = (*fork.env.settings).clone();
        settings.limits.retain(|limit| limit.hard);
        settings.limits.extend(limit.map(|after| {
            let deadline = Deadline::after(after, Clock::default());
            let source = service.source.clone();
            Arc::new(TimeLimit { deadline, after, idle: false, hard: false, source, span: Some(span) })
        }));
        fork.env.settings =
            Arc::new(Settings { job: Some(state.clone()), own_sessions: true, turn: None, ..settings });
        let result = Arc::new(Mutex::new(None));
        let (shared, slot, waking) = (state.clone(), result.clone(), Waking(service.supervisor.clone()));
        state.spawn(base, span, move || {
            let _waking = waking;
            let ending = Ending(shared);
            let ran = work(&mut fork);
            let ran = fork.settle_jobs(ran);
            drop(fork);
            ending.0.ended(status_of(&ran));
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(ran);
            Ok(())
        })?;
        Ok(Self { state, result })
    }

    /// Returns the result once it has ended.
    pub fn ended(&self) -> Option<Eval<()>> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner).take();
        let crashed = || Err(Unwind::Exit(70));
        let ended = result.or_else(|| self.state.has_ended().then(crashed))?;
        drop(self.state.task.lock().unwrap_or_else(PoisonError::into_inner).take());
        Some(ended)
    }

    pub fn stop(&self, signal: Signal) {
        self.state.stop(signal);
    }
}
