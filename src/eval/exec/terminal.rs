//! The terminal. In a script, its modes are restored after a program was ended. At a prompt, the parts of a job that
//! run in the interpreter read and write for the job. This process does not belong to the process group of the job, so
//! here the kernel does not distinguish between its background and its foreground.

use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::process::{Control, Group, Interrupt, Readable, Signal, TerminalLease};
use crate::sys::descriptor::inherited;
use crate::sys::tty::Modes;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// How often a reader checks whether Ctrl-Z has arrived, since no descriptor reports it.
const LOOK: Duration = Duration::from_millis(20);

/// The modes that a script's terminal had before programs were started in its foreground.
pub(in crate::eval) struct TerminalModes {
    fd: i32,
    modes: Modes,
}

impl TerminalModes {
    /// Restores the modes, since the programs were ended and could not do so.
    pub(in crate::eval) fn restore(&self) {
        if let Ok(fd) = inherited(self.fd) {
            self.modes.set_now(fd);
        }
    }
}

impl Interpreter {
    /// Returns the modes of the terminal that programs are about to get. A job beside the script does not affect them.
    pub(in crate::eval) fn terminal_modes(&self) -> Option<TerminalModes> {
        let fd = self.own_terminal().filter(|_| self.env.settings.job.is_none())?;
        let modes = Modes::of(inherited(fd).ok()?)?;
        Some(TerminalModes { fd, modes })
    }

    /// Waits until the input is readable. At a terminal, this process has its turn until the returned value is
    /// dropped.
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
                // Checked first: text that the user types after Ctrl-Z is for the prompt.
                if turn.as_ref().is_some_and(TerminalLease::is_over) {
                    break;
                }
                match waited {
                    Readable::Ready => return Ok(turn),
                    Readable::TimedOut | Readable::Interrupted => self.check_interrupt()?,
                }
            }
            // The job is about to be stopped, and the next key belongs to the prompt.
            drop(turn);
            self.await_stop()?;
        }
    }

    /// If a job of a prompt has the terminal, gives this process its turn. In the background, the job is stopped until
    /// it is continued in the foreground.
    fn turn_at_terminal<'a>(&'a self, reader: BorrowedFd<'a>) -> Eval<Option<TerminalLease<'a>>> {
        while let Some(control) = self.control() {
            match control.turn(reader) {
                Some(turn) => return Ok(Some(turn)),
                None => self.stop_by(Signal::TTIN)?,
            }
        }
        Ok(None)
    }

    /// Waits until the job may write: in the background it is stopped if the terminal is set to do so (`stty tostop`).
    pub(in crate::eval) fn await_leave_to_write(&self, target: BorrowedFd<'_>) -> Eval<()> {
        while self.control().is_some_and(|control| control.is_barred(target)) {
            self.stop_by(Signal::TTOU)?;
        }
        Ok(())
    }

    /// Stops the job with the signal that the kernel would use, and returns when it continues.
    fn stop_by(&self, signal: Signal) -> Eval<()> {
        if let Some(control) = self.control() {
            control.send(signal);
        }
        self.await_stop()
    }

    /// Waits until the prompt knows that the job is stopped, and then until it continues.
    fn await_stop(&self) -> Eval<()> {
        if let Some(control) = self.control() {
            control.await_suspension();
        }
        self.check_interrupt()
    }

    /// Returns a new process group for a pipeline. If this process has the terminal, programs stay in its group as
    /// under sh, since they could not read from the terminal otherwise.
    pub(in crate::eval) fn new_group(&self) -> Group {
        if self.env.settings.detach || self.env.settings.own_sessions {
            return Group::sessions();
        }
        if let Some(control) = self.control() {
            return control.group();
        }
        if self.own_terminal().is_some() { Group::inherit() } else { Group::own() }
    }

    /// Returns the standard stream that is the terminal in whose foreground this script is. In a host, the terminal
    /// never determines how programs are grouped.
    pub(in crate::eval) fn own_terminal(&self) -> Option<i32> {
        if !self.shared.own_process {
            return None;
        }
        *self.shared.terminal.get_or_init(|| (0..=2).find(|fd| crate::sys::tty::is_own_foreground(*fd)))
    }

    /// Returns the control that suspends and continues the job of this thread, at a prompt.
    pub(in crate::eval) fn control(&self) -> Option<&Control> {
        self.env.settings.job.as_ref()?.control.as_deref()
    }
}
