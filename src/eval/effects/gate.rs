//! The gate that each effect of a run passes, in this order.
//!
//! 1. The **policy** is asked. If it refuses, nothing is counted, recorded or reported.
//! 2. A **dry run** shows the effect and stops here.
//! 3. The **budget** counts it.
//! 4. The **audit log** records it. An effect that can't be recorded is not done.
//! 5. The **observers** receive its event.
//! 6. It is **done** by the caller.
//!
//! Without policy, dry run, budget, log and observers this costs a few comparisons.

use super::effect::Effect;
use super::limits::Permit;
use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::span::Span;

/// An effect that has passed the gate.
#[derive(Default)]
pub struct Pass {
    /// Held as long as a process or thread runs.
    pub permit: Permit,
    /// The number of its record in the audit log, if there is a log.
    pub record: Option<u64>,
}

impl Interpreter {
    /// Does an action through `act`, unless a dry run shows it instead: then there is no result.
    pub(in crate::eval) fn perform<T>(
        &mut self,
        effect: &Effect<'_>,
        span: Span,
        act: impl FnOnce(&mut Self, Pass) -> Eval<T>,
    ) -> Eval<Option<T>> {
        self.allow(effect, span)?;
        if self.dry.is_some()
            && let Some(line) = effect.shown(self)
        {
            return self.print_dry(&line).map(|()| None);
        }
        let pass = self.commit(effect, span)?;
        act(self, pass).map(Some)
    }

    /// Lets an effect pass that a dry run also does.
    pub(in crate::eval) fn admit(&self, effect: &Effect<'_>, span: Span) -> Eval<Pass> {
        self.allow(effect, span)?;
        self.commit(effect, span)
    }

    /// Asks only the policy: for an effect that is done later, or perhaps by another part.
    pub(in crate::eval) fn allow(&self, effect: &Effect<'_>, span: Span) -> Eval<()> {
        // What the host gives needs no permission of its policy.
        if self.host_options.is_some() { Ok(()) } else { effect.ask(self, span) }
    }

    /// Counts, records and reports an effect that the policy has allowed and that is done now.
    #[inline]
    pub(in crate::eval) fn commit(&self, effect: &Effect<'_>, span: Span) -> Eval<Pass> {
        let shared = &self.shared;
        if shared.budget.is_none() && shared.audit.is_none() && self.observers().is_none() {
            return Ok(Pass::default());
        }
        self.commit_watched(effect, span)
    }

    fn commit_watched(&self, effect: &Effect<'_>, span: Span) -> Eval<Pass> {
        let permit = if effect.is_process() { self.permit(span)? } else { Permit::default() };
        let record = self.audit(span, |at| effect.entry(self, at))?;
        if let Some(observers) = self.observers() {
            effect.tell(self, observers, span);
        }
        Ok(Pass { permit, record })
    }
}
