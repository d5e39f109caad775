//! The handling of daemons: processes that a program has left in a session of their own.

use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::scope::with::EvaluatedOptions;
use crate::process::{self, Daemons};
use crate::span::Span;
use crate::sys::tree::Identity;
use std::sync::atomic::Ordering;

impl Interpreter {
    /// Returns what happens to daemons at this end of the script. A signal or a time limit ends them, too.
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

    /// Prepares a block with `daemons="end"`.
    ///
    /// # Errors
    /// Fails if this process does not adopt orphans: it could not find them.
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
            "`daemons=\"end\"` can't be kept in {place}, which does not adopt the processes that programs leave behind"
        );
        let error = page(code::DAEMONS, self.source(), span, message, "would be ignored");
        Err(Error::value(error.help("run the block as a script: pipewright FILE")).into())
    }

    /// Returns whether no other thread of the run may start programs at this moment.
    pub(in crate::eval) fn is_alone(&self) -> bool {
        self.shared.beside.load(Ordering::Acquire) == 0
    }

    /// Ends the processes that a block with `daemons="end"` has left behind since `before`. If other jobs may have started
    /// some of them, these are ended at the end of the script.
    pub(in crate::eval) fn end_block(&self, evaluate_options: &EvaluatedOptions, before: &[Identity]) {
        if evaluate_options.ends_daemons.is_some()
            && !process::end_block(before, &self.interrupt(), self.env.settings.grace, &|| self.is_alone())
        {
            self.shared.ends_daemons.store(true, Ordering::Release);
        }
    }
}
