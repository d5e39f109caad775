//! A run in the background.

use super::error::{Error, ErrorKind};
use super::kept::Kept;
use super::perform::{Request, Work};
use super::{Captured, Report, Session, Signal};
use crate::diag::{Diagnostic, code, reason};
use crate::eval::{Event, Observer, STACK};
use crate::process::Interrupt;
use crate::sys::signal::NO_PROCESS;
use crate::sys::tree;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// A run in the background, started by [`super::Run::start`]. Dropping it cancels the run and waits for its end, so
/// that no run outlives its owner by accident. To leave it running, call [`Running::detach`].
///
/// ```
/// use pipewright::{Script, Session, Signal};
/// use std::time::Duration;
///
/// let script = Script::parse("t", "sleep 0.05; exit 3")?;
/// let mut session = Session::new();
/// let running = session.run(&script).start()?;
/// assert!(running.try_wait()?.is_none());
/// assert_eq!(running.wait()?.status(), 3);
///
/// let server = session.run(&Script::parse("t", "sh -c 'sleep 60'")?).start()?;
/// let report = server.shutdown(Duration::from_secs(2));
/// assert!(!report.success());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Running {
    state: Arc<State>,
    /// The thread, or `None` once it is joined or detached.
    thread: Option<JoinHandle<()>>,
}

/// The state that the run's thread and its owner share.
#[derive(Debug)]
struct State {
    interrupt: Interrupt,
    end: Mutex<End>,
    ended: Condvar,
    /// Its running programs, by process ID.
    programs: Mutex<BTreeMap<i32, Program>>,
    /// The output that it keeps for its owner.
    kept: Kept,
}

#[derive(Debug)]
struct Program {
    identity: tree::Identity,
    info: StageInfo,
}

/// A running program: see [`Running::stages`].
///
/// ```
/// use pipewright::{Script, Session, StageInfo};
///
/// fn line(stage: &StageInfo) -> String {
///     let argv: Vec<_> = stage.argv.iter().map(|word| String::from_utf8_lossy(word)).collect();
///     format!("{} {}", stage.pid, argv.join(" "))
/// }
///
/// let running = Session::new().run(&Script::parse("t", "/bin/sleep 60")?).start()?;
/// while running.stages().is_empty() {
///     std::thread::yield_now();
/// }
/// assert!(line(&running.stages()[0]).ends_with(" /bin/sleep 60"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageInfo {
    /// Its process ID.
    pub pid: i32,
    /// Its arguments with its name. Secrets are masked.
    pub argv: Vec<Vec<u8>>,
    /// The time at which it was started, by the system clock.
    pub began: SystemTime,
}

#[derive(Debug, Default)]
struct End {
    result: Option<Result<Report, Error>>,
    /// The waker of a task that waits for it without a thread.
    waker: Option<Waker>,
}

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<Running>();
};

impl Running {
    pub(super) fn start(
        mut session: Session,
        work: Work<'_>,
        mut request: Request,
        kept: Option<Kept>,
    ) -> Result<Self, Error> {
        let work = match work {
            Work::Run(program) => Work::Run(Cow::Owned(program.into_owned())),
            Work::Call(function, values) => Work::Call(function, values),
        };
        let started = Instant::now();
        let failed = |error: io::Error| {
            let message = format!("can't start a run in the background: {}", reason(&error));
            let diagnostic = Diagnostic::new(code::SPAWN_FAILED, message);
            Error::new(ErrorKind::Host, diagnostic, 126, started)
        };
        let interrupt = request.cancel.child().map_err(failed)?;
        let state = Arc::new(State {
            interrupt: interrupt.clone(),
            end: Mutex::default(),
            ended: Condvar::new(),
            programs: Mutex::default(),
            kept: kept.unwrap_or_default(),
        });
        request.cancel = interrupt;
        request.observer = Some(state.clone());
        let own = state.clone();
        let run = move || {
            let perform = AssertUnwindSafe(|| request.perform(&mut session, work));
            let result = match catch_unwind(perform) {
                Ok(result) => result.map(|done| done.report()),
                Err(_) => {
                    let diagnostic = Diagnostic::new(code::INTERNAL, "the thread of the run crashed");
                    Err(Error::new(ErrorKind::Internal, diagnostic, 255, started))
                }
            };
            own.set(result);
        };
        let builder = std::thread::Builder::new().name("pipewright-run".into()).stack_size(STACK);
        Ok(Self { thread: Some(builder.spawn(run).map_err(failed)?), state })
    }

    /// Returns how it ended, or none while it runs.
    ///
    /// # Errors
    /// Fails as [`super::Run::status`] does.
    pub fn try_wait(&self) -> Result<Option<Report>, Error> {
        self.state.end().result.clone().transpose()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Fails as [`super::Run::status`] does.
    pub fn wait(mut self) -> Result<Report, Error> {
        let result = self.state.wait();
        self.join();
        result
    }

    /// Waits for its end and returns its output, whatever its status, as [`super::Run::output`] does. The output is empty
    /// unless it was started by [`super::Run::start_captured`].
    ///
    /// # Errors
    /// Fails as [`super::Run::output`] does.
    pub fn wait_output(mut self) -> Result<Captured, Error> {
        let result = self.state.wait();
        self.join();
        self.state.kept.of_any(result)
    }

    /// Waits for its end without a thread: the thread of the run wakes the future. It needs no runtime and works with
    /// any. Dropping the future cancels the run, and does not wait for its end: an executor must not block. The run ends
    /// within its grace ([`super::Run::grace`]).
    ///
    /// ```
    /// # use std::task::{Context, Poll, Wake, Waker};
    /// # struct Unpark(std::thread::Thread);
    /// # impl Wake for Unpark { fn wake(self: std::sync::Arc<Self>) { self.0.unpark(); } }
    /// # fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// #     let waker = Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    /// #     let mut future = std::pin::pin!(future);
    /// #     loop {
    /// #         match future.as_mut().poll(&mut Context::from_waker(&waker)) {
    /// #             Poll::Ready(value) => return value,
    /// #             Poll::Pending => std::thread::park(),
    /// #         }
    /// #     }
    /// # }
    /// use pipewright::{Script, Session};
    ///
    /// let script = Script::parse("t", "sleep 0.05; exit 3")?;
    /// let running = Session::new().run(&script).start()?;
    /// let report = block_on(async { running.wait_async().await })?;
    /// assert_eq!(report.status(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_async(self) -> Waiting {
        Waiting { running: self }
    }

    /// Ends it: its programs get SIGTERM, deferred blocks run, and processes that are left after `grace` get SIGKILL.
    /// If the grace of the script (5 s, or as set by `with grace=`) is shorter, it applies. Returns when all have ended.
    pub fn shutdown(&self, grace: Duration) -> Report {
        self.state.interrupt.raise(Signal::TERM);
        let result = self.state.wait_for(grace).unwrap_or_else(|| {
            self.state.interrupt.raise(Signal::KILL);
            self.state.wait()
        });
        result.unwrap_or_else(|error| error.report().clone())
    }

    /// Ends it like [`Running::shutdown`], without blocking: a thread waits for the grace.
    ///
    /// ```
    /// # use std::task::{Context, Poll, Wake, Waker};
    /// # struct Unpark(std::thread::Thread);
    /// # impl Wake for Unpark { fn wake(self: std::sync::Arc<Self>) { self.0.unpark(); } }
    /// # fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// #     let waker = Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    /// #     let mut future = std::pin::pin!(future);
    /// #     loop {
    /// #         match future.as_mut().poll(&mut Context::from_waker(&waker)) {
    /// #             Poll::Ready(value) => return value,
    /// #             Poll::Pending => std::thread::park(),
    /// #         }
    /// #     }
    /// # }
    /// use pipewright::{ErrorKind, Script, Session};
    /// use std::time::Duration;
    ///
    /// let server = Session::new().run(&Script::parse("t", "/bin/sleep 60")?).start()?;
    /// let ended = block_on(server.shutdown_async(Duration::from_secs(2)));
    /// assert_eq!(ended.unwrap_err().kind(), ErrorKind::Cancelled);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown_async(self, grace: Duration) -> Waiting {
        self.state.interrupt.raise(Signal::TERM);
        let state = self.state.clone();
        let kill = move || {
            if state.wait_for(grace).is_none() {
                state.interrupt.raise(Signal::KILL);
            }
        };
        // Without a thread, the grace of the run applies.
        let _ = std::thread::Builder::new().name("pipewright-end".into()).spawn(kill);
        self.wait_async()
    }

    /// Returns the running programs that it has started, without the programs that these have started; those of one
    /// pipeline in order.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let running = Session::new().run(&Script::parse("t", "/bin/sleep 60")?).start()?;
    /// while running.stages().is_empty() {
    ///     std::thread::yield_now();
    /// }
    /// assert_eq!(running.stages()[0].argv, [b"/bin/sleep".to_vec(), b"60".to_vec()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stages(&self) -> Vec<StageInfo> {
        let programs = self.state.programs();
        let running = programs.values().filter(|program| {
            tree::status(program.identity.pid)
                .is_some_and(|status| status.identity == program.identity && !status.is_dead())
        });
        let mut stages: Vec<StageInfo> = running.map(|program| program.info.clone()).collect();
        stages.sort_by_key(|stage| stage.began);
        stages
    }

    /// Sends a signal to the running programs that it has started, not to the programs that these have started. They
    /// are those of [`Running::stages`]: a program may run for a moment before it is listed.
    ///
    /// # Errors
    /// Fails with `ESRCH` when none is running; with `EPERM` when one runs as another user (kill(2)).
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        let programs: Vec<tree::Identity> =
            self.state.programs().values().map(|program| program.identity).collect();
        let mut result = Err(io::Error::from_raw_os_error(NO_PROCESS));
        for program in programs {
            match tree::send(program, signal) {
                Ok(()) if result.as_ref().is_err_and(is_gone) => result = Ok(()),
                Err(error) if !is_gone(&error) => result = Err(error),
                // It has just ended.
                _ => {}
            }
        }
        result
    }

    /// Lets it continue by itself until it or this process ends.
    pub fn detach(mut self) {
        self.thread = None;
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // Its result is in the state.
            let _ = thread.join();
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(NO_PROCESS)
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.state.interrupt.raise(Signal::TERM);
            self.join();
        }
    }
}

/// A future of the end of a [`Running`]: see [`Running::wait_async`].
///
/// ```
/// use pipewright::{Script, Session, Waiting};
/// use std::pin::pin;
/// use std::task::{Context, Poll, Waker};
///
/// let script = Script::parse("t", "sleep 60")?;
/// let waiting: Waiting = Session::new().run(&script).start()?.wait_async();
/// let mut context = Context::from_waker(Waker::noop());
/// assert!(matches!(Future::poll(pin!(waiting), &mut context), Poll::Pending));
/// // Dropping it has cancelled the run.
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a future that is dropped cancels the run"]
pub struct Waiting {
    running: Running,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.running.thread.take().is_some() {
            self.running.state.interrupt.raise(Signal::TERM);
        }
    }
}

impl Future for Waiting {
    type Output = Result<Report, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut end = self.running.state.end();
        match end.result.clone() {
            Some(result) => Poll::Ready(result),
            None => {
                end.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Notes the programs that start and end. A program is not reaped before this returns, so its process ID is unique.
impl Observer for State {
    fn event(&self, event: &Event<'_>) {
        match *event {
            Event::Spawned { pid, argv, .. } => {
                if let Some(status) = tree::status(pid) {
                    let info = StageInfo { pid, argv: argv.to_vec(), began: SystemTime::now() };
                    self.programs().insert(pid, Program { identity: status.identity, info });
                }
            }
            Event::Ended { report, .. } => {
                report.pid.map(|pid| self.programs().remove(&pid));
            }
            _ => {}
        }
    }
}

impl State {
    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn programs(&self) -> MutexGuard<'_, BTreeMap<i32, Program>> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, result: Result<Report, Error>) {
        let mut end = self.end();
        end.result = Some(result);
        let waker = end.waker.take();
        drop(end);
        self.ended.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn wait(&self) -> Result<Report, Error> {
        let mut end = self.end();
        loop {
            match &end.result {
                Some(result) => return result.clone(),
                None => end = self.ended.wait(end).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Waits for a limited time. Returns none if the time has passed.
    fn wait_for(&self, time: Duration) -> Option<Result<Report, Error>> {
        let wait = self.ended.wait_timeout_while(self.end(), time, |end| end.result.is_none());
        let (end, _) = wait.unwrap_or_else(PoisonError::into_inner);
        end.result.clone()
    }
}
