//! Waiting for late output: the programs have ended, but a process that they left behind still holds a pipe.

use crate::diag::quote_word;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::process::{FileTable, HELD, Readers, end_holders, holders_of};
use crate::span::Span;
use crate::sys::tty;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// How often the wait checks for events that end it.
const LOOK: Duration = Duration::from_millis(20);

/// How long the readers may take for the written data before a pipe counts as held.
const MOMENT: Duration = Duration::from_millis(5);

/// The number of holders of a pipe that a message names.
const SHOWN: usize = 3;

impl Interpreter {
    /// Waits until the readers of a block's output have reached the end of file, which comes when the last process
    /// that holds a pipe has closed it. `what` names the output in messages.
    ///
    /// # Errors
    /// Fails if a time limit, a signal or the host has ended the wait. The processes that held a pipe were ended.
    pub fn await_output(&self, readers: &Readers, what: impl Fn() -> String) -> Eval<()> {
        let begun = Instant::now();
        let mut told = false;
        while !readers.wait(LOOK) {
            if let Err(unwind) = self.check_interrupt() {
                self.give_up_output(readers);
                return Err(unwind);
            }
            if !told && begun.elapsed() >= HELD {
                told = true;
                let pipes = readers.pipes();
                self.tell_held(&pipes.iter().map(AsFd::as_fd).collect::<Vec<_>>(), &what());
            }
        }
        Ok(())
    }

    /// Waits until the output of a run has reached its host. `result` is how the run ended.
    pub fn last_output<T>(&mut self, readers: &Readers, result: Eval<T>) -> Eval<T> {
        // Its own ends of the pipes.
        self.env.files = FileTable::default();
        if result.as_ref().is_err_and(is_stop) {
            self.give_up_output(readers);
            return result;
        }
        self.await_output(readers, || "the run".into()).and(result)
    }

    /// Does the same after a block has ended with `result`. The output of a block that was stopped gets no more
    /// time.
    pub(in crate::eval) fn until_read<T>(&self, readers: &Readers, span: Span, result: Eval<T>) -> Eval<T> {
        if result.as_ref().is_err_and(is_stop) {
            self.give_up_output(readers);
            return result;
        }
        let block = || format!("the block at {}", self.source().position(span.start as usize));
        self.await_output(readers, block).and(result)
    }

    /// Lets the readers of a stopped block give up, and ends the processes that hold their pipes.
    fn give_up_output(&self, readers: &Readers) {
        readers.stop();
        // The written data is read in a moment, and then most pipes end.
        if readers.wait(MOMENT) {
            return;
        }
        self.end_holders(|| readers.pipes(), readers.started());
    }

    /// Ends the processes that hold pipes, and that were started at or after `since`.
    pub(in crate::eval) fn end_holders<P: AsFd>(&self, pipes: impl Fn() -> Vec<P>, since: Instant) {
        let settings = &self.env.settings;
        let left = end_holders(pipes, since, settings.signal, &self.wait_interrupt(), settings.grace);
        if left > 0 {
            self.warn(&format!("{left} processes can't be killed"));
        }
    }

    /// Names the awaited processes to a user at a terminal.
    pub(in crate::eval) fn tell_held(&self, pipes: &[BorrowedFd<'_>], what: &str) {
        let at_terminal = |error: BorrowedFd<'_>| tty::is_terminal(error);
        let error = self.env.files.get(2).and_then(|error| error.borrow().ok().map(at_terminal));
        if !self.tells_held() || error != Some(true) {
            return;
        }
        let holders = holders_of(pipes);
        let mut names: Vec<String> = holders
            .iter()
            .take(SHOWN)
            .map(|(pid, name)| format!("{} (PID {pid})", in_quotes(name)))
            .collect();
        if holders.len() > SHOWN {
            names.push(format!("{} more", holders.len() - SHOWN));
        }
        let (names, verb) = match holders.len() {
            0 => ("another process".into(), "holds"),
            1 => (names.remove(0), "holds"),
            _ => (names.join(", "), "hold"),
        };
        self.print_line(
            &format!("waiting for {names}, which still {verb} the output of {what}"),
            &self.env.files,
        );
    }

    /// Returns whether this process belongs to the run, so that its standard error may be the user's terminal.
    pub(in crate::eval) fn tells_held(&self) -> bool {
        self.shared.is_own_process()
    }
}

/// Returns whether a block was stopped, so that its output gets no more time either.
pub(in crate::eval) fn is_stop(unwind: &Unwind) -> bool {
    matches!(unwind, Unwind::Interrupted(_) | Unwind::TimedOut(_) | Unwind::Exhausted)
}

fn in_quotes(name: &[u8]) -> String {
    format!("`{}`", quote_word(name))
}
