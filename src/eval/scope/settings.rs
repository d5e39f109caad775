//! The settings of `with` for the commands in its block, and their time limits.

use crate::diag::Source;
use crate::eval::Interpreter;
use crate::eval::report::stats;
use crate::eval::report::timer::Timer;
use crate::eval::report::unwind::{Eval, TimedOut, Unwind};
use crate::eval::scope::atomic;
use crate::eval::scope::sandbox::Confinement;
use crate::eval::scope::with::Inputs;
use crate::eval::tasks::job_state::JobState;
use crate::eval::tasks::turns::TurnMark;
use crate::process::{Activity, Clock, Deadline, GRACE, Keys, Limit, Resource, Signal, Step, Steps, Wait};
use crate::span::Span;
use crate::sys::cgroup::Cgroup;
use crate::value::MOST_BYTES;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// The settings of the commands of a block. All code in the block shares them; a nested `with` makes
/// new ones.
#[derive(Clone)]
pub struct Settings {
    /// Limits, user and the like, which the child of a program sets.
    pub steps: Steps,
    /// The variables of a user that `env=` sets in the open blocks, so that `user=` does not change
    /// them ([`crate::sys::accounts::USER_VARIABLES`]).
    pub user_variables_given: [bool; 4],
    /// The open time limits, of which the first to pass counts.
    pub limits: Vec<Arc<TimeLimit>>,
    /// The signal that asks programs to end, and the time that they have to do so.
    pub signal: Signal,
    pub grace: Duration,
    /// The statuses that are not failures, if not only 0. They are not passed on to functions, whose
    /// behaviour does not depend on their callers.
    pub ok: Option<Arc<[u8]>>,
    /// The largest size of a capture.
    pub max_output: usize,
    /// The files that wait to replace others.
    pub replacements: Option<Arc<atomic::Replacements>>,
    /// The collector of the table of processes.
    pub stats: Option<Arc<stats::Reports>>,
    /// The files that the enclosing block reads, for its progress.
    pub inputs: Option<Arc<Inputs>>,
    /// The counter of the processor time of programs, for `time`.
    pub timer: Option<Arc<Timer>>,
    /// Whether programs are left to themselves.
    pub detach: bool,
    /// The sandbox of the innermost block that has one.
    pub sandbox: Option<Arc<Confinement>>,
    /// The control group of the innermost block that has one.
    pub cgroup: Option<Arc<Cgroup>>,
    /// Whether programs have their own sessions, and therefore no terminal.
    pub own_sessions: bool,
    /// The job that this thread belongs to.
    pub job: Option<Arc<JobState>>,
    /// The turn of a loop side by side that this thread runs.
    pub turn: Option<Arc<TurnMark>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            steps: Steps::default(),
            user_variables_given: [false; 4],
            limits: Vec::new(),
            signal: Signal::TERM,
            grace: GRACE,
            ok: None,
            max_output: MOST_BYTES,
            replacements: None,
            stats: None,
            inputs: None,
            timer: None,
            detach: false,
            sandbox: None,
            cgroup: None,
            own_sessions: false,
            job: None,
            turn: None,
        }
    }
}

/// A `timeout` or `idle_timeout` of an open block.
#[derive(Debug)]
pub struct TimeLimit {
    pub deadline: Deadline,
    /// The limit as given.
    pub after: Duration,
    /// Whether it limits the time without output, not the time of the block.
    pub idle: bool,
    pub source: Arc<Source>,
    /// Whether it also applies to deferred blocks.
    pub hard: bool,
    /// The option; none for a limit of the host.
    pub span: Option<Span>,
}

impl Settings {
    /// Returns the settings at the start of a run.
    pub fn of_run(
        limits: Vec<Arc<TimeLimit>>,
        own_sessions: bool,
        grace: Option<Duration>,
        open_files: Option<u64>,
    ) -> Arc<Self> {
        static PLAIN: LazyLock<Arc<Settings>> = LazyLock::new(Arc::default);
        let grace = grace.unwrap_or(GRACE);
        if limits.is_empty() && !own_sessions && grace == GRACE && open_files.is_none() {
            return PLAIN.clone();
        }
        let mut steps = Steps::default();
        if let Some(value) = open_files {
            steps.set(Step::Limit(Limit { resource: Resource::OpenFiles, value }));
        }
        Arc::new(Self { limits, own_sessions, grace, steps, ..Self::default() })
    }

    /// Returns the time at which a wait has to end.
    fn deadline(&self) -> Deadline {
        Deadline::first(self.limits.iter().map(|limit| &limit.deadline))
    }

    /// Returns the limit that has passed; if several have, the outermost, since it ends the others.
    fn passed(&self) -> Option<&Arc<TimeLimit>> {
        self.limits.iter().find(|limit| limit.deadline.has_passed())
    }
}

impl TimeLimit {
    /// Creates the limit of a whole run, from now on.
    pub fn of_run(after: Duration, hard: bool, source: Arc<Source>) -> Self {
        let deadline = Deadline::after(after, Clock::default());
        Self { deadline, after, idle: false, hard, source, span: None }
    }

    /// Creates the same limit for deferred blocks, which begin when programs have ended or were killed after the grace,
    /// and have as long.
    pub fn of_deferred(after: Duration, grace: Duration, source: Arc<Source>) -> Self {
        let deadline = Deadline::after(after.saturating_add(grace * 2), Clock::default());
        Self { deadline, ..Self::of_run(after, true, source) }
    }

    pub fn activity(&self) -> Option<&Activity> {
        self.deadline.activity()
    }
}

impl Interpreter {
    /// Runs code in which only status 0 is a success.
    #[inline]
    pub(in crate::eval) fn without_ok<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        if self.env.settings.ok.is_none() {
            return run(self);
        }
        self.with_settings(Settings { ok: None, ..(*self.env.settings).clone() }, run)
    }

    /// Returns the time at which a wait has to end if no event comes first.
    pub(in crate::eval) fn due(&self) -> Option<Instant> {
        if self.env.settings.limits.is_empty() { None } else { self.env.settings.deadline().due() }
    }

    /// Fails if a signal has asked the run or job to end, or a time limit has passed.
    #[inline]
    pub(in crate::eval) fn check_interrupt(&self) -> Eval<()> {
        self.check_exhausted()?;
        if let Some(job) = &self.env.settings.job {
            job.park();
        }
        if let Some(interrupt) =
            self.env.settings.job.as_ref().map(|job| job.interrupt()).or(self.shared.interrupt())
            && let Some(raised) = interrupt.raised()
            && raised.times > self.ignored_signals()
        {
            return Err(Unwind::Interrupted(raised.signal));
        }
        if self.env.settings.limits.is_empty() { Ok(()) } else { self.check_time() }
    }

    /// Fails if a time limit has passed.
    pub(in crate::eval) fn check_time(&self) -> Eval<()> {
        self.env.settings.passed().map_or(Ok(()), |limit| Err(Unwind::TimedOut(TimedOut::of(limit, None))))
    }

    /// Returns the error of a wait that ended because a time limit has passed. `running` is what it
    /// waited for.
    pub(in crate::eval) fn timed_out(&self, running: Span) -> Unwind {
        let limit = self.env.settings.passed().or(self.env.settings.limits.first());
        match limit {
            Some(limit) => Unwind::TimedOut(TimedOut::of(limit, Some((self.source().clone(), running)))),
            None => Unwind::Interrupted(Signal::TERM),
        }
    }

    pub(in crate::eval) fn how_to_wait(&self) -> Wait {
        let deadline = self.env.settings.deadline();
        let (signal, grace) = (self.env.settings.signal, self.env.settings.grace);
        let job_control = self.control().is_some();
        let keys = if self.env.settings.own_sessions {
            Keys::none()
        } else if job_control {
            Keys::after_programs(&self.interrupt())
        } else if self.shared.handles_keys() {
            Keys::new(&self.interrupt())
        } else {
            Keys::none()
        };
        Wait {
            // The keys of the terminal don't reach programs in other sessions, so this process ends them.
            interrupt: if self.env.settings.own_sessions { self.interrupt() } else { self.wait_interrupt() },
            deadline,
            signal,
            grace,
            keys,
            tell_held: self.tells_held(),
            job_control,
            handles_signals: self.handles_signals(),
            left: self.shared.left_groups(),
        }
    }
}
