//! Waiting for output that comes late: programs have ended, and a process that they left behind still holds a pipe.

use crate::diag::quote_word;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::process::{FileTable, HELD, Readers, end_holders, holders_of};
use crate::span::Span;
use crate::sys::tty;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// How often the wait looks for what asks it to stop.
const LOOK: Duration = Duration::from_millis(20);

/// How long what has been written may take to be read before a pipe is taken to be held.
const MOMENT: Duration = Duration::from_millis(5);

/// How many holders of a pipe are named.
const SHOWN: usize = 3;

impl Interpreter {
    /// Waits until the readers of a block's output have met the end of file, which comes when the last process that holds
    /// a pipe has closed it. `what` says whose output it is.
    ///
    /// # Errors
    /// A time limit, a signal or the host has stopped the wait. The processes that held a pipe were ended.
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

    /// Waits for what a run has printed to its host, which has ended as `result` tells.
    pub fn last_output<T>(&mut self, readers: &Readers, result: Eval<T>) -> Eval<T> {
        // Its own ends of the pipes.
        self.env.files = FileTable::default();
        if result.as_ref().is_err_and(is_stop) {
            self.give_up_output(readers);
            return result;
        }
        self.await_output(readers, || "the run".into()).and(result)
    }

    /// The same after a block has ended as `result` tells: one that was stopped has no more time for its output.
    pub(in crate::eval) fn until_read<T>(&self, readers: &Readers, span: Span, result: Eval<T>) -> Eval<T> {
        if result.as_ref().is_err_and(is_stop) {
            self.give_up_output(readers);
            return result;
        }
        let block = || format!("the block at {}", self.source().position(span.start as usize));
        self.await_output(readers, block).and(result)
    }

    /// Lets the readers of a block that was stopped give up, and ends the processes that hold their pipes.
    fn give_up_output(&self, readers: &Readers) {
        readers.stop();
        // What has been written is read in a moment, and with that most pipes end.
        if readers.wait(MOMENT) {
            return;
        }
        let settings = &self.env.settings;
        let left = end_holders(readers, settings.signal, &self.wait_interrupt(), settings.grace);
        if left > 0 {
            self.warn(&format!("{left} processes can't be killed"));
        }
    }

    /// Tells a user at a terminal which processes are waited for.
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

    /// Whether this process is the run's own, so that its standard error may be the user's terminal.
    pub(in crate::eval) fn tells_held(&self) -> bool {
        self.shared.is_own_process()
    }
}

/// Whether a block was stopped, so that its output has no more time either.
pub(in crate::eval) fn is_stop(unwind: &Unwind) -> bool {
    matches!(unwind, Unwind::Interrupted(_) | Unwind::TimedOut(_) | Unwind::Exhausted)
}

fn in_quotes(name: &[u8]) -> String {
    format!("`{}`", quote_word(name))
}
