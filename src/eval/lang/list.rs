//! Lists of commands: pipelines joined by `&&` and `||`.

use crate::builtins::Builtin;
use crate::check::program::*;
use crate::eval::Interpreter;
use crate::eval::lang::value_command::value_alone;
use crate::eval::report::unwind::{Eval, Failure};

impl Interpreter {
    /// Runs pipelines joined by `&&` and `||`. Returns the failure of the last one that ran.
    pub(in crate::eval) fn and_or(&mut self, and_or: &AndOr) -> Eval<Option<Failure>> {
        if self.dry.is_some() {
            return self.dry_and_or(and_or).map(|_| None);
        }
        let mut failure = self.pipeline(&and_or.first)?;
        let (mut ran, mut ran_at) = (&and_or.first, 0);
        for (at, (connector, pipeline)) in and_or.rest.iter().enumerate() {
            let runs = match connector {
                Connector::And => failure.is_none(),
                Connector::Or => failure.is_some(),
            };
            if *connector == Connector::Or
                && let Some(failure) = &failure
            {
                self.print_failure(failure);
            }
            if runs {
                failure = self.pipeline(pipeline)?;
                (ran, ran_at) = (pipeline, at + 1);
            }
        }
        let is_last = ran_at == and_or.rest.len();
        if and_or.allows_false_test && !is_last && failure.as_ref().is_some_and(Failure::is_false) {
            return Ok(failure.filter(|_| !self.is_test(ran)));
        }
        Ok(failure)
    }

    /// Returns whether a pipeline that has just run is only a test or a bool.
    fn is_test(&self, pipeline: &Pipeline) -> bool {
        let [Stage { kind: StageKind::Command(command), .. }] = &*pipeline.stages else { return false };
        match command.target {
            Target::Builtin(builtin) => matches!(builtin, Builtin::Test | Builtin::Bracket),
            _ => self.named_bool && value_alone(command).is_some(),
        }
    }
}
