//! The state of one service, shared by the script, the supervisor and the threads of its instances.

use super::instance::Instance;
use super::output::{LogFile, Stream};
use super::supervisor::Supervisor;
use crate::check::program::Service;
use crate::diag::Source;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::process::Changes;
use crate::service::{Machine, Rules, RunId};
use crate::span::Span;
use crate::sys::listen::Listener;
use crate::value::Value;
use std::collections::{BTreeMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The sign that a run is ready.
#[derive(Clone, Debug)]
pub enum Ready {
    /// It has started.
    Started,
    /// It accepts connections.
    Listening,
    /// It says so on a socket or its channel.
    Notify,
    /// This function of the instance succeeds.
    Asked(Value),
}

/// The evaluated options of a service.
#[derive(Debug)]
pub struct ServiceOptions {
    pub rules: Rules,
    pub ready: Ready,
    pub health: Option<Value>,
    /// The time limit of a health check.
    pub interval: Duration,
    pub tag: bool,
}

/// One service. The supervisor works on it with the lock held, and announces each change.
pub struct ServiceState {
    pub name: String,
    pub source: Arc<Source>,
    pub span: Span,
    pub service: Arc<Service>,
    pub options: ServiceOptions,
    pub listeners: Vec<Listener>,
    /// The sockets as the programs get them.
    pub sockets: Vec<Arc<OwnedFd>>,
    pub supervisor: Arc<Supervisor>,
    pub changes: Changes,
    begun: Instant,
    inner: Mutex<Inner>,
}

/// The part that changes.
pub struct Inner {
    pub machine: Machine,
    /// The interpreter with the variables and the environment of the declaration.
    pub base: Interpreter,
    pub runs: BTreeMap<RunId, Instance>,
    pub histories: BTreeMap<usize, History>,
    pub log: Option<LogFile>,
    /// The output of ended runs that could not be passed on yet.
    pub rest: Vec<Stream>,
    /// Whether observers know that the service was given up.
    pub is_end_told: bool,
    /// When it is dropped, once the service has ended.
    pub rest_until: Option<Duration>,
    /// The runs that the next connections go to.
    pub in_turn: VecDeque<RunId>,
}

/// What is known about the earlier runs of an instance.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub starts: u64,
    /// How the last runs ended, the latest last.
    pub ends: VecDeque<String>,
    /// The last lines of the run that ended last.
    pub last_lines: Option<String>,
    /// The last health check.
    pub check: Option<Check>,
}

/// A health check.
#[derive(Clone, Debug)]
pub struct Check {
    pub at: Duration,
    /// Why the instance is not healthy, if it is not.
    pub failure: Option<String>,
}

impl Check {
    pub fn of(at: Duration, result: &Eval<()>) -> Self {
        let failure = match result {
            Ok(()) => None,
            Err(Unwind::Error(error)) => Some(error.diagnostic.message.clone()),
            Err(Unwind::TimedOut(_)) => Some("it did not answer in time".to_string()),
            Err(_) => Some("the check returned false".to_string()),
        };
        Self { at, failure }
    }
}

impl ServiceState {
    #[expect(clippy::too_many_arguments, reason = "the parts of one value")]
    pub fn new(
        name: String,
        place: (Arc<Source>, Span),
        service: Arc<Service>,
        options: ServiceOptions,
        listeners: Vec<Listener>,
        sockets: Vec<Arc<OwnedFd>>,
        log: Option<LogFile>,
        supervisor: Arc<Supervisor>,
        base: Interpreter,
    ) -> Self {
        let seed = u64::from(std::process::id()) ^ u64::from(place.1.start);
        let inner = Inner {
            machine: Machine::new(options.rules, seed),
            base,
            runs: BTreeMap::new(),
            histories: BTreeMap::new(),
            log,
            rest: Vec::new(),
            is_end_told: false,
            rest_until: None,
            in_turn: VecDeque::new(),
        };
        Self {
            name,
            source: place.0,
            span: place.1,
            service,
            options,
            listeners,
            sockets,
            supervisor,
            changes: Changes::default(),
            begun: Instant::now(),
            inner: Mutex::new(inner),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time of the state machine.
    pub fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Asks the state machine for something, and lets the supervisor go on with it.
    pub fn request<T>(&self, ask: impl FnOnce(&mut Machine, Duration) -> T) -> T {
        let asked = ask(&mut self.lock().machine, self.now());
        self.supervisor.wake();
        asked
    }
}

impl Inner {
    /// Returns whether no instance runs, none will, and all output was passed on.
    pub fn has_ended(&self) -> bool {
        self.machine.has_ended() && self.runs.is_empty() && self.rest.is_empty()
    }

    /// Returns how far the service has come, as scripts and `pipewright top` name it.
    pub fn status(&self) -> &'static str {
        let machine = &self.machine;
        match () {
            () if machine.has_ended() && machine.given_up().is_some() => "failed",
            () if machine.has_ended() => "ended",
            () if machine.is_stopping() => "stopping",
            () if machine.is_ready() => "ready",
            () => "starting",
        }
    }

    pub fn history(&mut self, instance: usize) -> &mut History {
        self.histories.entry(instance).or_default()
    }
}
