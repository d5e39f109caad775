//! `on SIGNAL { … }`: the code that a script runs at a signal, on its own thread: between two statements, or while it
//! waits.

use crate::check::program::{ModuleId, OnSignals};
use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::scope::exec_env::OwnParts;
use crate::eval::scope::settings::Settings;
use crate::process::{FileTable, Interrupt, Signal};
use crate::span::Span;
use crate::sys::handled_signals;
use crate::sys::poll::{Interest, PollSet};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

/// The handlers of signals that hold, on the script's own thread.
#[derive(Default)]
pub(in crate::eval) struct Handlers {
    /// Whether this thread is the script's own.
    is_of_script: bool,
    /// The innermost last.
    holding: Vec<Handler>,
    /// The number of open subshells and running handlers. In the meantime no handler runs.
    held_back: u32,
}

/// One `on`, with the surroundings of its declaration.
#[derive(Clone)]
struct Handler {
    on: Arc<OnSignals>,
    module: ModuleId,
    frame: usize,
    files: FileTable,
    settings: Arc<Settings>,
}

impl Handlers {
    pub(in crate::eval) fn of_script(own_process: bool) -> Self {
        Self { is_of_script: own_process, ..Self::default() }
    }

    pub(in crate::eval) fn count(&self) -> usize {
        self.holding.len()
    }

    /// Begins or ends to run no handler.
    pub(in crate::eval) fn hold_back(&mut self, begins: bool) {
        self.held_back = if begins { self.held_back + 1 } else { self.held_back.saturating_sub(1) };
    }

    /// Drops all of them, after an entry of a prompt.
    #[cfg(feature = "dialog")]
    pub(in crate::eval) fn forget(&mut self) {
        self.held_back = 0;
        self.drop_to(0);
        handled_signals::forget();
    }

    fn drop_to(&mut self, count: usize) {
        if self.holding.len() > count {
            self.holding.truncate(count);
            // Fewer signals need nothing that could be missing.
            let _ = self.tell();
        }
    }

    /// Tells the process which signals have a handler.
    fn tell(&self) -> std::io::Result<()> {
        let mut signals: Vec<Signal> = self.holding.iter().flat_map(|one| &one.on.signals).copied().collect();
        signals.sort_unstable();
        signals.dedup();
        handled_signals::handle(&signals)
    }
}

impl Interpreter {
    /// Begins to handle signals, for the block that runs.
    pub(in crate::eval) fn handle_signals(&mut self, on: &Arc<OnSignals>, span: Span) -> Eval<()> {
        self.status = 0;
        if self.dry.is_some() {
            return Ok(());
        }
        if !self.handlers.is_of_script || self.handlers.held_back > 0 {
            let message = match self.shared.own_process {
                true => "this function handles a signal, and was not called by the script itself",
                false => "signals belong to the process, and it is not this script's own",
            };
            let page = page(code::HANDLER_ELSEWHERE, self.source(), span, message, "this handler");
            return Err(Error::value(
                page.help("call it in the script: outside of jobs, stages and captures"),
            )
            .into());
        }
        // From now on, the other signals end the script in an orderly way.
        self.interrupt();
        self.handlers.holding.push(Handler {
            on: on.clone(),
            module: self.module,
            frame: self.frame,
            files: self.env.files.clone(),
            settings: self.env.settings.clone(),
        });
        self.handlers.tell().map_err(|error| {
            let message = format!("can't handle signals: {}", reason(&error));
            Error::value(page(code::SPAWN_FAILED, self.source(), span, message, "this handler")).into()
        })
    }

    /// Returns whether a wait has to look for signals that the script handles.
    pub(in crate::eval) fn handles_signals(&self) -> bool {
        !self.handlers.holding.is_empty() && self.handlers.held_back == 0
    }

    /// Runs the handlers of the signals that have come.
    #[inline]
    pub(in crate::eval) fn heed_signals(&mut self) -> Eval<()> {
        if self.handlers.holding.is_empty() || !handled_signals::have_come() {
            return Ok(());
        }
        self.run_handlers()
    }

    #[cold]
    fn run_handlers(&mut self) -> Eval<()> {
        while self.handlers.held_back == 0
            && let Some(signal) = handled_signals::take()
        {
            let is_meant = |handler: &&Handler| handler.on.signals.contains(&signal);
            if let Some(handler) = self.handlers.holding.iter().rev().find(is_meant).cloned() {
                self.run_handler(handler)?;
            }
        }
        Ok(())
    }

    /// Handles signals until there is input, or another event that ends a wait for it.
    pub(in crate::eval) fn handle_signals_until(
        &mut self,
        input: BorrowedFd<'_>,
        interrupt: &Interrupt,
    ) -> Eval<()> {
        let mut set = PollSet::default();
        while self.handles_signals() && interrupt.raised().is_none() {
            set.clear();
            let input = set.add(input, Interest::Read);
            let signals = handled_signals::event().map(|event| set.add(event, Interest::Read));
            for event in interrupt.fds() {
                set.add(event, Interest::Read);
            }
            let left = self.due().map(|due| due.saturating_duration_since(Instant::now()));
            // The caller waits for the input itself, and finds every other event.
            let ready = set.wait(left.into_iter().chain(interrupt.look_after()).min()).unwrap_or(0);
            if ready == 0 && self.check_time().is_err() || set.is_ready(input) {
                return Ok(());
            }
            if signals.is_some_and(|signals| set.is_ready(signals)) {
                handled_signals::acknowledge();
            }
            self.heed_signals()?;
            self.check_interrupt()?;
        }
        Ok(())
    }

    /// Runs the block of a handler in the middle of other code, which then goes on as if nothing had happened.
    fn run_handler(&mut self, handler: Handler) -> Eval<()> {
        let Handler { on, module, frame, files, settings } = handler;
        let place = (std::mem::replace(&mut self.frame, frame), std::mem::replace(&mut self.module, module));
        let returned = std::mem::take(&mut self.returned);
        let (record, result, channel) = (self.record.take(), self.result.take(), self.channel.take());
        let substitutions = std::mem::take(&mut self.substitutions);
        let states = (self.status, self.turned, self.named_bool);
        self.handlers.hold_back(true);
        let own = OwnParts { files: Some(files), settings: Some(settings), ..OwnParts::default() };
        let ran = self.in_env(own, |this| this.without_ok(|this| this.block(&on.body)));
        self.handlers.hold_back(false);
        (self.status, self.turned, self.named_bool) = states;
        self.substitutions = substitutions;
        (self.record, self.result, self.channel) = (record, result, channel);
        self.returned = returned;
        (self.frame, self.module) = place;
        ran
    }

    /// Drops the handlers of a block that has ended, down to a number of them. Signals that have come before are
    /// handled first.
    pub(in crate::eval) fn drop_handlers(&mut self, count: usize, ran: Eval<()>) -> Eval<()> {
        if self.handlers.count() <= count {
            return ran;
        }
        let ran = match ran {
            Ok(()) | Err(Unwind::Break | Unwind::Continue | Unwind::Return) => self.heed_signals().and(ran),
            ended => ended,
        };
        self.handlers.drop_to(count);
        ran
    }
}
