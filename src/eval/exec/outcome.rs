//! What the end of a wait for programs means for the script: a time limit, or a key of the terminal.

use crate::diag::{code, reason};
use crate::eval::Error;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{End, Eval, StageOutcome, Unwind, page};
use crate::process::{Interrupt, Key, Outcome, Signal, Stop};
use crate::span::Span;

impl Interpreter {
    /// Fails if programs were ended early, after reporting the processes that could not be ended.
    pub(in crate::eval) fn heed_outcome(&self, outcome: std::io::Result<Outcome>, span: Span) -> Eval<()> {
        let outcome = outcome.map_err(|error| {
            let message = format!("can't wait for the processes: {}", reason(&error));
            Error::value(page(code::SPAWN_FAILED, self.source(), span, message, "here"))
        })?;
        if outcome.left > 0 {
            self.warn(&format!("{} processes can't be killed", outcome.left));
        }
        self.say_unseen(outcome.unseen);
        match outcome.stop {
            Some(Stop::Interrupted(signal)) => Err(Unwind::Interrupted(signal)),
            Some(Stop::TimedOut) => Err(self.timed_out(span)),
            Some(Stop::Overflow) => Err(self.overflow(span)),
            Some(Stop::Suspended(_) | Stop::Continued | Stop::Held | Stop::Signalled) | None => Ok(()),
        }
    }

    /// Handles keys of the terminal after the programs of a pipeline have ended. If a key arrived and a stage died
    /// of a signal, the key ended the whole job; otherwise the programs have handled it, and the script continues.
    /// In a script, the wait for its programs reports a `key`; at a prompt, `keys` does.
    pub(in crate::eval) fn heed_keys(
        &mut self,
        outcomes: &[StageOutcome],
        keys: &Interrupt,
        key: Option<Key>,
    ) -> Eval<()> {
        let died_of = |signals: &[Signal]| {
            let is_one = |end: &End| matches!(end, End::Signal(signal, _) if signals.contains(signal));
            outcomes.iter().any(|outcome| is_one(&outcome.end))
        };
        let of_keys = [Signal::INT, Signal::QUIT];
        let Some(control) = self.control() else {
            return if self.shared.handles_keys() {
                self.heed_key(outcomes, key, died_of(&of_keys))
            } else {
                Ok(())
            };
        };
        control.group_signal(died_of(&[Signal::INT, Signal::QUIT, Signal::HUP, Signal::TERM, Signal::KILL]));
        match keys.raised() {
            Some(raised) if of_keys.contains(&raised.signal) && !died_of(&of_keys) => {
                self.handled_signals = raised.times;
                Ok(())
            }
            Some(raised) => Err(Unwind::Interrupted(raised.signal)),
            None => Ok(()),
        }
    }

    /// Does the same for a script. A stage in the interpreter that was interrupted also dies of the key.
    fn heed_key(&self, outcomes: &[StageOutcome], key: Option<Key>, died: bool) -> Eval<()> {
        if self.defer_mask.is_some() {
            return Ok(());
        }
        let interrupted = outcomes.iter().find_map(|outcome| match &outcome.end {
            End::Signal(signal, _) if outcome.process.is_none() => Some(*signal),
            _ => None,
        });
        match (interrupted, key) {
            (Some(signal), _) => Err(Unwind::Interrupted(signal)),
            (None, Some(key)) if died || !key.reached => Err(Unwind::Interrupted(key.signal)),
            (None, Some(_)) => {
                self.settle_keys();
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }
}
