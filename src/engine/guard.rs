//! What the scripts of an engine may do, and how much of it.

use super::{Engine, EngineBuilder, ParseError, Script};
use crate::diag::{Diagnostic, code};
use crate::eval::Limits;
use crate::policy::Policy;
use std::fmt;
use std::sync::Arc;

/// A policy and limits, if there are any.
#[derive(Clone, Default)]
pub(super) struct Guard {
    pub policy: Option<Arc<dyn Policy>>,
    pub limits: Limits,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = self.policy.as_ref().map(|_| "…");
        f.debug_struct("Guard").field("policy", &policy).field("limits", &self.limits).finish()
    }
}

impl EngineBuilder {
    /// Asks before each program that is started, file that is opened, variable of the environment that is set,
    /// directory that is gone to and signal that is sent. Without a policy all is allowed.
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        self.shared.guard.policy = Some(Arc::new(policy));
        self
    }

    /// Ends each run that uses more. Without limits there are those of the language only.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.shared.guard.limits = limits;
        self
    }
}

impl Engine {
    /// Tells, before anything runs, which commands of a script the policy refuses whatever the values in them are.
    /// What is not literal, and what PATH leads to, only the run can tell.
    ///
    /// # Errors
    /// A page for each command.
    pub fn check(&self, script: &Script) -> Result<(), ParseError> {
        let Some(policy) = &self.shared.guard.policy else { return Ok(()) };
        let program = script.with_commands()?;
        let denied = program.commands.iter().filter_map(|command| {
            let words: Vec<&[u8]> = command.words.iter().map(|word| &**word).collect();
            let denial = policy.foresee(&words, command.complete).err()?;
            let name = crate::diag::quote_word(words.first().copied().unwrap_or_default());
            let page = Diagnostic::new(code::POLICY, format!("not allowed by the policy: running {name}"))
                .at(program.source(command.module), command.span, "would be refused")
                .note(format!("refused: {}", denial.rule()));
            Some(page)
        });
        let pages: Vec<Diagnostic> = denied.collect();
        if pages.is_empty() { Ok(()) } else { Err(ParseError(pages)) }
    }
}
