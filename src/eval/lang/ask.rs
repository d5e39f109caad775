//! Questions to the user at the terminal: `input("Name? ")` and `confirm("Delete? ")`.
//!
//! The terminal is standard input if that is a terminal, otherwise the controlling terminal of the session, so that
//! a script that reads its data from a pipe can still ask. A run in a host uses only standard input, since it does
//! not own the terminal of the host. The question and the answer appear nowhere else.

use crate::diag::{Code, code, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::exec::output::Output;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::shared::Shared;
use crate::process::{Descriptor, FileTable};
use crate::span::Span;
use crate::sys::tty::{self, CONTROLLING_TERMINAL, Modes};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, MutexGuard, TryLockError};
use std::time::Duration;

/// How often a thread that waits to ask checks whether another one has its answer.
const LOOK: Duration = Duration::from_millis(20);

/// The terminal while the user types a line. Dropping it restores the modes.
struct Typing<'a> {
    terminal: &'a OwnedFd,
    before: Option<Modes>,
}

impl<'a> Typing<'a> {
    fn begin(terminal: &'a OwnedFd, is_shown: bool) -> Self {
        let before = Modes::of(terminal.as_fd());
        if let Some(modes) = &before {
            modes.for_line(is_shown).set(terminal.as_fd());
        }
        Self { terminal, before }
    }
}

impl Drop for Typing<'_> {
    fn drop(&mut self) {
        if let Some(modes) = &self.before {
            modes.set(self.terminal.as_fd());
        }
    }
}

impl Interpreter {
    /// Asks for a line. Returns none at the end of the input (Ctrl-D).
    pub(in crate::eval) fn ask_user(
        &mut self,
        question: &[u8],
        is_shown: bool,
        span: Span,
    ) -> Eval<Option<Vec<u8>>> {
        let terminal = Arc::new(self.terminal(span)?);
        // From now on a signal ends the run in a way that restores the terminal.
        let _ = self.interrupt();
        let shared = self.shared.clone();
        let _turn = self.turn_to_ask(&shared)?;
        let descriptor = Descriptor::Open(terminal.clone());
        let files = FileTable::of([descriptor.clone(), descriptor.clone(), descriptor.clone()]);
        let _typing = Typing::begin(&terminal, is_shown);
        Output::Files(&files).write(self, 1, question, span)?;
        // A handler of a signal might ask, too.
        self.handlers.hold_back(true);
        let line = self.line_of(&descriptor, span);
        self.handlers.hold_back(false);
        line
    }

    fn terminal(&self, span: Span) -> Eval<OwnedFd> {
        let input = self.env.files.get(0).and_then(|input| input.borrow().ok());
        let input = input.filter(|input| tty::is_terminal(*input));
        if input.is_none() && !self.shared.own_process {
            let message = "the script asks at a terminal, and the standard input of this run is not one";
            let help = "the host gives the run a terminal as its input, or declares the function itself";
            return Err(self.no_terminal(code::NO_TERMINAL, message, help, span));
        }
        if input.is_none() {
            // Standard input already belongs to the run.
            self.admit(&Effect::Terminal(CONTROLLING_TERMINAL), span)?;
        }
        tty::open(input).map_err(|error: io::Error| {
            let message = format!("there is no terminal to ask at: {}", reason(&error));
            let help = "run the script at a terminal; take the answer as an argument or option where there is none; read_line() reads the standard input";
            self.no_terminal(code::NO_TERMINAL, &message, help, span)
        })
    }

    fn no_terminal(&self, code: Code, message: &str, help: &str, span: Span) -> Unwind {
        Error::refused(page(code, self.source(), span, message, "asks here").help(help), 1).into()
    }

    /// Waits until no other thread of the run is asking: there is only one terminal, with one set of modes.
    fn turn_to_ask<'s>(&self, shared: &'s Shared) -> Eval<MutexGuard<'s, ()>> {
        loop {
            match shared.asking.try_lock() {
                Ok(turn) => return Ok(turn),
                Err(TryLockError::Poisoned(turn)) => return Ok(turn.into_inner()),
                Err(TryLockError::WouldBlock) => self.check_interrupt()?,
            }
            std::thread::sleep(LOOK);
        }
    }
}
