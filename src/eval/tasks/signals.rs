//! The events that end the waits of a run from outside: signals of its process, or the token of its host.

use crate::eval::Interpreter;
use crate::eval::scope::settings::Settings;
use crate::eval::shared::SignalInterrupts;
use crate::eval::tasks::job_state::JobState;
use crate::process::{Interrupt, Signal};
use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How many requests to stop are ignored.
#[derive(Clone, Copy)]
pub(in crate::eval) struct DeferMask {
    all: u32,
    /// The part for requests that end programs.
    to_programs: u32,
}

impl Interpreter {
    /// Returns the interrupt that ends this run from outside. It is created when there is first something to
    /// wait for: a script without programs needs no handler, since the default action of the signal is right.
    pub(in crate::eval) fn interrupt(&self) -> Interrupt {
        self.interrupts(JobState::interrupt, |signals| &signals.keys).after(self.ignored_signals())
    }

    /// Returns the interrupt that ends a wait for programs. A key of the terminal does not end it, since the
    /// programs have received the key themselves.
    pub(in crate::eval) fn wait_interrupt(&self) -> Interrupt {
        match (self.control(), self.defer_mask) {
            (Some(_), defer_mask) => {
                let passed = defer_mask.map_or(0, |defer_mask| defer_mask.to_programs);
                self.interrupts(|job| &job.cancel, |signals| &signals.requests).after(passed)
            }
            (None, Some(_)) => self.interrupt(),
            (None, None) => self.interrupts(|job| &job.cancel, |signals| &signals.requests).clone(),
        }
    }

    fn interrupts<'a>(
        &'a self,
        of_job: impl FnOnce(&'a JobState) -> &'a Interrupt,
        of_script: impl FnOnce(&'a SignalInterrupts) -> &'a Interrupt,
    ) -> &'a Interrupt {
        if let Some(job) = &self.env.settings.job {
            return of_job(job);
        }
        // In a host, a run does not handle signals.
        if !self.shared.own_process {
            return &self.shared.cancel;
        }
        of_script(self.shared.signals.get_or_init(|| self.install_handlers()))
    }

    fn install_handlers(&self) -> SignalInterrupts {
        use crate::sys::handlers;
        let cancel = &self.shared.cancel;
        // Without handlers a signal ends this process but not its children. The script still runs.
        let child_of = |requests: &Interrupt| {
            // At a prompt, the keys reach its jobs in another way: see `Control`.
            if self.shared.interactive { Ok(requests.clone()) } else { requests.child() }
        };
        let made = cancel.child().and_then(|requests| Ok((child_of(&requests)?, requests)));
        let Ok((keys, requests)) = made else {
            return SignalInterrupts { requests: cancel.clone(), keys: cancel.clone() };
        };
        handlers::keep_statuses();
        if self.shared.interactive {
            let _ = handlers::install(&requests, None, &[Signal::INT, Signal::TERM, Signal::HUP]);
        } else {
            let _ = handlers::install(&requests, Some(&keys), &handlers::REQUESTS);
            let _ = handlers::survive_file_limit();
        }
        SignalInterrupts { requests, keys }
    }

    /// Returns the interrupts of a new job: requests, and in a script the keys of the terminal, which are
    /// ignored until the script waits for the job.
    pub(in crate::eval) fn job_interrupts(&self) -> io::Result<(Interrupt, Option<Interrupt>)> {
        let requests = self.interrupts(|job| &job.cancel, |signals| &signals.requests).child()?;
        if !self.shared.own_process {
            return Ok((requests, None));
        }
        let keys = self.interrupts(JobState::interrupt, |signals| &signals.keys).child()?;
        keys.set_background(self.env.settings.job.is_none());
        Ok((requests, Some(keys)))
    }

    /// Notes that the programs in the foreground have handled the keys that arrived.
    pub(in crate::eval) fn settle_keys(&self) {
        if let Some(signals) = self.shared.signals.get() {
            signals.keys.settle();
        }
    }

    /// Returns how many requests are not meant for the code that runs now.
    #[inline]
    pub(in crate::eval) fn ignored_signals(&self) -> u32 {
        self.defer_mask.map_or(0, |defer_mask| defer_mask.all).max(self.handled_signals)
    }

    /// Watches deferred blocks of a host's run: once it was cancelled, they end after the grace, whatever they do. The
    /// host asks once, and each further request ends one command. The thread ends when the result is dropped.
    fn watch_deferred(&self) -> Option<Sender<()>> {
        const LOOK: Duration = Duration::from_millis(20);
        let grace = self.shared.grace.filter(|_| self.shared.can_be_cancelled())?;
        let cancel = self.shared.cancel.clone();
        let (alive, ended) = channel::<()>();
        let watch = move || {
            let mut end_at: Option<Instant> = None;
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let asked = end_at.is_none() && cancel.raised().is_some();
                if asked {
                    end_at = Instant::now().checked_add(grace);
                }
                if end_at.is_some_and(|at| Instant::now() >= at) {
                    cancel.raise(Signal::KILL);
                }
            }
        };
        let builder = std::thread::Builder::new().name("pipewright-defer".into());
        // Without a thread, only the host's second request ends them.
        builder.spawn(watch).ok().map(|_| alive)
    }

    /// Runs a deferred block. Time limits don't apply, since one that has passed would end the block at once;
    /// only the host's limit for untrusted scripts does. Neither the first request to stop nor the earlier ones
    /// interrupt the block; each later one ends the command that runs at that moment, so that every wait has an
    /// end.
    pub(in crate::eval) fn in_defer<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.defer_mask.take();
        let first = |interrupt: Interrupt| interrupt.raised().map(|raised| raised.times);
        self.defer_mask = Some(DeferMask {
            all: first(self.interrupt()).unwrap_or(self.ignored_signals() + 1),
            to_programs: first(self.wait_interrupt()).unwrap_or(1),
        });
        let watch = if outer.is_none() { self.watch_deferred() } else { None };
        let settings = &self.env.settings;
        let result = if settings.limits.is_empty() {
            run(self)
        } else {
            let limits = settings.limits.iter().filter(|limit| limit.hard).cloned().collect();
            self.with_settings(Settings { limits, ..(**settings).clone() }, run)
        };
        self.defer_mask = outer;
        drop(watch);
        result
    }
}
