//! The terminal: of a script, whose modes are put back when it has ended a program; and of a prompt, where what runs in
//! the interpreter reads and writes for its job. This process is none of that job's group, so that the kernel does not
//! tell the job's background from its foreground here.

use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::process::{Control, Group, Interrupt, Readable, Signal, TerminalLease};
use crate::sys::descriptor::inherited;
use crate::sys::tty::Modes;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// How often who reads looks whether Ctrl-Z has come, of which no descriptor tells.
const LOOK: Duration = Duration::from_millis(20);

/// The modes of a script's terminal, as they were before programs were started in its foreground.
pub(in crate::eval) struct TerminalModes {
    fd: i32,
    modes: Modes,
}

impl TerminalModes {
    /// Puts them back: the programs were ended, and could not do so.
    pub(in crate::eval) fn restore(&self) {
        if let Ok(fd) = inherited(self.fd) {
            self.modes.set_now(fd);
        }
    }
}

impl Interpreter {
    /// The modes of the terminal that programs are about to be given. A job beside the script has no say in them.
    pub(in crate::eval) fn terminal_modes(&self) -> Option<TerminalModes> {
        let fd = self.own_terminal().filter(|_| self.env.settings.job.is_none())?;
        let modes = Modes::of(inherited(fd).ok()?)?;
        Some(TerminalModes { fd, modes })
    }

    /// Waits until something can be read. At a terminal it is this process's turn until what this gives is dropped.
    pub(in crate::eval) fn await_input<'a>(
        &'a self,
        reader: BorrowedFd<'a>,
        interrupt: &Interrupt,
        failed: impl Fn(&Self, io::Error) -> Unwind,
    ) -> Eval<Option<TerminalLease<'a>>> {
        loop {
            let turn = self.turn_at_terminal(reader)?;
            let looks = turn.as_ref().is_some_and(TerminalLease::is_at_terminal);
            loop {
                let look = looks.then(|| Instant::now() + LOOK);
                let due = self.due().into_iter().chain(look).min();
                let waited = interrupt.wait_readable(reader, due).map_err(|error| failed(self, error))?;
                // First: what was typed after Ctrl-Z is for the prompt.
                if turn.as_ref().is_some_and(TerminalLease::is_over) {
                    break;
                }
                match waited {
                    Readable::Ready => return Ok(turn),
                    Readable::TimedOut | Readable::Interrupted => self.check_interrupt()?,
                }
            }
            // The job is about to be stopped, and the next key is the prompt's.
            drop(turn);
            self.await_stop()?;
        }
    }

    /// A job of a prompt has the terminal: it is the turn of this process. In the background it is stopped until it is
    /// continued in the foreground.
    fn turn_at_terminal<'a>(&'a self, reader: BorrowedFd<'a>) -> Eval<Option<TerminalLease<'a>>> {
        while let Some(control) = self.control() {
            match control.turn(reader) {
                Some(turn) => return Ok(Some(turn)),
                None => self.stop_by(Signal::TTIN)?,
            }
        }
        Ok(None)
    }

    /// Waits until the job may write: in the background it is stopped where the terminal is set so (`stty tostop`).
    pub(in crate::eval) fn await_leave_to_write(&self, target: BorrowedFd<'_>) -> Eval<()> {
        while self.control().is_some_and(|control| control.is_barred(target)) {
            self.stop_by(Signal::TTOU)?;
        }
        Ok(())
    }

    /// Stops the job by what the kernel would stop it by, and comes back when it goes on.
    fn stop_by(&self, signal: Signal) -> Eval<()> {
        if let Some(control) = self.control() {
            control.send(signal);
        }
        self.await_stop()
    }

    /// Waits until the prompt knows that the job is stopped, and then until it goes on.
    fn await_stop(&self) -> Eval<()> {
        if let Some(control) = self.control() {
            control.await_suspension();
        }
        self.check_interrupt()
    }

    /// The process group for a new pipeline: one of its own. On a terminal that is ours, programs stay in our group as
    /// under sh, or they could not read from it.
    pub(in crate::eval) fn new_group(&self) -> Group {
        if self.env.settings.detach || self.env.settings.own_sessions {
            return Group::sessions();
        }
        if let Some(control) = self.control() {
            return control.group();
        }
        if self.own_terminal().is_some() { Group::inherit() } else { Group::own() }
    }

    /// The standard stream that is the terminal in whose foreground this script is. In a host it is never the terminal's
    /// business how programs are grouped.
    pub(in crate::eval) fn own_terminal(&self) -> Option<i32> {
        if !self.shared.own_process {
            return None;
        }
        *self.shared.terminal.get_or_init(|| (0..=2).find(|fd| crate::sys::tty::is_own_foreground(*fd)))
    }

    /// What suspends and continues the job that this is part of, at a prompt.
    pub(in crate::eval) fn control(&self) -> Option<&Control> {
        self.env.settings.job.as_ref()?.control.as_deref()
    }
}
