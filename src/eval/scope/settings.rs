//! What `with` says of the commands below it, and how long they may take.

use crate::diag::Source;
use crate::eval::Interpreter;
use crate::eval::report::stats;
use crate::eval::report::timer::Timer;
use crate::eval::report::unwind::{Eval, TimedOut, Unwind};
use crate::eval::scope::atomic;
use crate::eval::scope::with::Inputs;
use crate::eval::tasks::job_state::JobState;
use crate::eval::tasks::turns::TurnMark;
use crate::process::{Activity, Clock, Deadline, GRACE, Keys, Signal, Steps, Wait};
use crate::span::Span;
use crate::value::MOST_BYTES;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// What holds for the commands of a block. Shared by all that run in it; `with` makes another one.
#[derive(Clone)]
pub struct Settings {
    /// Limits, user and the like, which the child of a program sets.
    pub steps: Steps,
    /// Which variables of a user `env=` names in the blocks that are open, so that `user=` leaves them
    /// ([`crate::sys::accounts::USER_VARIABLES`]).
    pub user_variables_given: [bool; 4],
    /// The time limits that are open, of which the first to come counts.
    pub limits: Vec<Arc<TimeLimit>>,
    /// What programs are asked to end by, and how long they may take for it.
    pub signal: Signal,
    pub grace: Duration,
    /// The statuses that are no failure, if not 0 alone. Not handed on to functions: how they run does not depend on
    /// who calls them.
    pub ok: Option<Arc<[u8]>>,
    /// How much a capture may hold.
    pub max_output: usize,
    /// Where files wait that are to replace others.
    pub replacements: Option<Arc<atomic::Replacements>>,
    /// Who keeps the table of processes.
    pub stats: Option<Arc<stats::Reports>>,
    /// The files that the block around reads, for its progress.
    pub inputs: Option<Arc<Inputs>>,
    /// What counts the processor time of programs, for `time`.
    pub timer: Option<Arc<Timer>>,
    /// Programs are left to themselves.
    pub detach: bool,
    /// Programs have sessions of their own, and no terminal with them.
    pub own_sessions: bool,
    /// The job that this is.
    pub job: Option<Arc<JobState>>,
    /// The turn of a loop side by side that this is.
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
            own_sessions: false,
            job: None,
            turn: None,
        }
    }
}

/// `timeout` or `idle_timeout` of a block that is open.
#[derive(Debug)]
pub struct TimeLimit {
    pub deadline: Deadline,
    /// As it was given.
    pub after: Duration,
    /// Nothing came for so long, rather than that the block took so long.
    pub idle: bool,
    pub source: Arc<Source>,
    /// Deferred blocks have no more time, either.
    pub hard: bool,
    /// The option; none of a limit that the host has set.
    pub span: Option<Span>,
}

impl Settings {
    /// Those that a run begins with.
    pub fn of_run(limits: Vec<Arc<TimeLimit>>, own_sessions: bool) -> Arc<Self> {
        static PLAIN: LazyLock<Arc<Settings>> = LazyLock::new(Arc::default);
        if limits.is_empty() && !own_sessions {
            return PLAIN.clone();
        }
        Arc::new(Self { limits, own_sessions, ..Self::default() })
    }

    /// When a wait has to end.
    fn deadline(&self) -> Deadline {
        Deadline::first(self.limits.iter().map(|limit| &limit.deadline))
    }

    /// The limit that has passed; of several the outermost, since that ends the others.
    fn passed(&self) -> Option<&Arc<TimeLimit>> {
        self.limits.iter().find(|limit| limit.deadline.has_passed())
    }
}

impl TimeLimit {
    /// Of a whole run, from now on.
    pub fn of_run(after: Duration, hard: bool, source: Arc<Source>) -> Self {
        let deadline = Deadline::after(after, Clock::default());
        Self { deadline, after, idle: false, hard, source, span: None }
    }

    pub fn activity(&self) -> Option<&Activity> {
        self.deadline.activity()
    }
}

impl Interpreter {
    /// Runs something for which 0 alone is no failure.
    #[inline]
    pub(in crate::eval) fn without_ok<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        if self.env.settings.ok.is_none() {
            return run(self);
        }
        self.with_settings(Settings { ok: None, ..(*self.env.settings).clone() }, run)
    }

    /// When a wait has to end, if nothing comes until then.
    pub(in crate::eval) fn due(&self) -> Option<Instant> {
        if self.env.settings.limits.is_empty() { None } else { self.env.settings.deadline().due() }
    }

    /// Fails when a signal has asked the run or job to end, or its time is up.
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

    /// Fails when a time limit has passed.
    pub(in crate::eval) fn check_time(&self) -> Eval<()> {
        self.env.settings.passed().map_or(Ok(()), |limit| Err(Unwind::TimedOut(TimedOut::of(limit, None))))
    }

    /// Of a wait that ended since a time limit had passed. `running` is what was waited for.
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
        let keys = if job_control {
            Keys::after_programs(&self.interrupt())
        } else if self.shared.handles_keys() {
            Keys::new(&self.interrupt())
        } else {
            Keys::none()
        };
        Wait {
            interrupt: self.wait_interrupt(),
            deadline,
            signal,
            grace,
            keys,
            tell_held: self.tells_held(),
            job_control,
        }
    }
}
