//! What becomes of daemons: of what a program has left in a session of its own.

use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::scope::with::EvaluatedOptions;
use crate::process::{self, Daemons};
use crate::span::Span;
use crate::sys::tree::Identity;
use std::sync::atomic::Ordering;

impl Interpreter {
    /// Returns what becomes of them when the script has ended so. What a signal or a time limit ends is ended as a whole.
    pub(in crate::eval) fn daemons_after(&self, ran: &Eval<()>) -> Daemons {
        let stopped = match ran {
            Err(Unwind::Interrupted(_) | Unwind::TimedOut(_) | Unwind::Exhausted) => true,
            Err(Unwind::Error(error)) => error.diagnostic.code == code::TIMEOUT,
            _ => false,
        };
        let all =
            stopped || self.env.settings.own_sessions || self.shared.ends_daemons.load(Ordering::Acquire);
        if all { Daemons::End } else { Daemons::Keep }
    }

    /// Called before a block with `daemons="end"` begins.
    ///
    /// # Errors
    /// Orphans don't come to this process: nothing would be found.
    pub(in crate::eval) fn begin_without_daemons(&self, span: Span) -> Eval<()> {
        if self.dry.is_some() {
            return Ok(());
        }
        self.adopt_orphans();
        if self.shared.adopts() {
            return Ok(());
        }
        let place = if self.shared.interactive { "a prompt" } else { "a host" };
        let message = format!(
            "`daemons=\"end\"` can't be kept in {place}: it does not adopt what programs leave behind"
        );
        let error = page(code::DAEMONS, self.source(), span, message, "would be ignored");
        Err(Error::value(error.help("run the block as a script: pipewright FILE")).into())
    }

    /// Ends what a block with `daemons="end"` has left since `before`; at the end of the script, if other jobs run that
    /// may have started it.
    pub(in crate::eval) fn end_block(&self, evaluate_options: &EvaluatedOptions, before: &[Identity]) {
        if evaluate_options.ends_daemons.is_some()
            && !process::end_block(before, &self.interrupt(), self.env.settings.grace)
        {
            self.shared.ends_daemons.store(true, Ordering::Release);
        }
    }
}
