//! Tasks: work on other threads than the one that spawned it.
//!
//! All work of a run on another thread is a task: a stage or substitution on a fork of the interpreter, a job, an entry
//! of a prompt, a reader of captured output. While it runs, a task counts as a process in the budget of the run. It
//! ends by itself: the events that end a run (a signal, a time limit, the host, a limit of the budget) reach the fork
//! as they reach the original interpreter.

use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::effects::limits::Budget;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::process::Changes;
use crate::span::Span;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The stack size of a task, in bytes. It bounds the depth of calls (`sys::stack`).
pub const STACK: usize = 8 << 20;

/// How long a task waits for a thread when none is available: threads count as processes, and other processes may be
/// ending (pthread_create(3), `EAGAIN`).
const START_TIMEOUT: Duration = Duration::from_secs(1);

/// A task, owned by the thread that spawned it; empty once it is joined. Dropping it waits for its end, so that no task
/// is lost.
#[derive(Debug)]
pub struct Task<T>(Option<JoinHandle<T>>);

/// The error that the work of a task panicked.
#[derive(Debug, PartialEq, Eq)]
pub struct Crashed;

/// The end of a task, shared by its thread, its owner and the threads that wait for it.
#[derive(Debug, Default)]
pub struct Completion {
    ended: AtomicBool,
    changes: Changes,
}

impl Completion {
    /// Returns whether the task has ended. Its result is then available.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Returns the change that is announced when the task ends.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }
}

/// Announces the end of a task when it is dropped, even after a panic.
struct Ending(Arc<Completion>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
        self.0.changes.announce();
    }
}

impl<T: Send + 'static> Task<T> {
    /// Runs `work` on its own thread. `span` is the code that needs it.
    ///
    /// # Errors
    /// Fails if the budget of the run has no room for the task, or the system has no thread for it. `work` is dropped.
    pub fn spawn(run: &Interpreter, span: Span, work: impl FnOnce() -> T + Send + 'static) -> Eval<Self> {
        Self::spawn_to(run, span, Arc::default(), work)
    }

    /// Does the same for a task whose end other threads than its owner wait for.
    ///
    /// # Errors
    /// Fails as [`Task::spawn`] does.
    pub fn spawn_to(
        run: &Interpreter,
        span: Span,
        completion: Arc<Completion>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Eval<Self> {
        let permit = run.admit(&Effect::Thread, span)?.permit;
        let ending = Ending(completion);
        let budget = run.shared.budget.clone();
        let started = start(move || {
            let _ending = ending;
            let _permit = permit;
            let _entered = Budget::enter(budget.as_ref());
            work()
        });
        let thread = started.map_err(|error| {
            let message = format!("can't start a thread: {}", reason(&error));
            Error::command(page(code::SPAWN_FAILED, run.source(), span, message, "for this"), 126)
        })?;
        Ok(Self(Some(thread)))
    }
}

impl<T> Task<T> {
    /// Waits until the task has ended, and returns its result.
    ///
    /// # Errors
    /// Fails if the task panicked.
    pub fn join(mut self) -> Result<T, Crashed> {
        let joined = self.0.take().map(JoinHandle::join);
        joined.and_then(Result::ok).ok_or(Crashed)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        let Some(thread) = self.0.take() else { return };
        // While a panic unwinds, the object that the task waits for may not have been dropped yet.
        if !std::thread::panicking() && thread.thread().id() != std::thread::current().id() {
            drop(thread.join());
        }
    }
}

/// Starts a thread. If none is available, waits a while for one.
fn start<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<JoinHandle<T>> {
    // A failed start drops its closure, which the next attempt needs again.
    let work = Arc::new(Mutex::new(Some(work)));
    let mut pause = Duration::from_millis(1);
    let begun = Instant::now();
    loop {
        let work = work.clone();
        let take = move || work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let run = move || take().expect("only the start that succeeds runs")();
        match std::thread::Builder::new().stack_size(STACK).spawn(run) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && begun.elapsed() < START_TIMEOUT => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
            started => return started,
        }
    }
}

/// Starts a thread that is never joined, for a system call that may never return. It does no work of the script, so no
/// budget counts it. Returns whether the thread was started.
pub fn leave_behind(work: impl FnOnce() + Send + 'static) -> bool {
    let small = std::thread::Builder::new().name("pipewright-reach".into()).stack_size(128 << 10);
    small.spawn(work).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::interpreter::tests::empty;
    use crate::eval::{Limits, Setup};
    use crate::process::Watch;
    use crate::sys::poll::is_readable;
    use std::sync::mpsc::channel;

    fn spawn<T: Send + 'static>(
        run: &Interpreter,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> (Task<T>, Arc<Completion>) {
        let completion = Arc::new(Completion::default());
        (Task::spawn_to(run, Span::default(), completion.clone(), work).unwrap(), completion)
    }

    #[test]
    fn a_crashed_task_has_ended_and_is_an_error() {
        let (task, completion) = spawn(&empty(Setup::default()), || panic!("as a test"));
        assert_eq!(task.join().map(|(): ()| ()), Err(Crashed));
        assert!(completion.has_ended());
    }

    #[test]
    fn a_dropped_task_is_awaited() {
        let (go, goes) = channel();
        let (task, completion) = spawn(&empty(Setup::default()), move || goes.recv());
        go.send(()).unwrap();
        drop(task);
        assert!(completion.has_ended());
    }

    #[test]
    fn the_descriptor_of_a_wait_becomes_readable_when_the_task_ends() {
        let (go, goes) = channel::<()>();
        let (task, completion) = spawn(&empty(Setup::default()), move || goes.recv());
        let watch = Watch::new([completion.changes()]).unwrap();
        assert!(!is_readable(watch.event().reader()) && !completion.has_ended());
        drop(go);
        drop(task);
        assert!(is_readable(watch.event().reader()) && completion.has_ended());
    }

    #[test]
    fn a_task_counts_as_a_process_until_it_has_ended() {
        let limits = Limits { processes_at_once: Some(1), ..Limits::default() };
        let run = empty(Setup { limits, ..Setup::default() });
        for _ in 0..3 {
            Task::spawn(&run, Span::default(), || ()).unwrap().join().unwrap();
        }
        let (go, goes) = channel::<()>();
        let first = Task::spawn(&run, Span::default(), move || goes.recv()).unwrap();
        assert!(Task::spawn(&run, Span::default(), || ()).is_err());
        drop(go);
        drop(first);
    }
}
