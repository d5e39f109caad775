//! What the scripts of an engine may do, and how much of it.

use super::{Engine, EngineBuilder, ParseError, Script};
use crate::check::program::ModuleId;
use crate::diag::{Diagnostic, code};
use crate::eval::{Limits, target_accesses};
use crate::policy::{Both, Denial, Open, Policy, Request};
use crate::span::Span;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
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
    /// Asks before each program and stage of the host that is started, file that is opened, variable of the environment
    /// that is set, directory that is gone to, user that is become, option of `with` that changes how programs run, and
    /// signal that is sent; and before a file of `use` is read. Without a policy all is allowed. Of several each has to
    /// allow it: a second one only narrows.
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        let policy: Arc<dyn Policy> = Arc::new(policy);
        let before = self.shared.guard.policy.take();
        self.shared.guard.policy = Some(match before {
            Some(before) => Arc::new(Both(before, policy)),
            None => policy,
        });
        self
    }

    /// Ends each run that uses more. Without limits there are those of the language only.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.shared.guard.limits = limits;
        self
    }
}

impl Engine {
    /// Tells, before anything runs, which commands of a script the policy refuses whatever the values in them are, and
    /// which targets of redirections. What is not literal, what PATH leads to and what a relative path names only the
    /// run can tell.
    ///
    /// # Errors
    /// A page for each.
    pub fn check(&self, script: &Script) -> Result<(), ParseError> {
        let Some(policy) = &self.shared.guard.policy else { return Ok(()) };
        let program = script.foreseen()?;
        let page = |module: ModuleId, span: Span, what: &str, denial: &Denial| {
            let message = format!("not allowed by the policy: {what}");
            let page = Diagnostic::new(code::POLICY, message);
            let page = page.at(program.source(module), span, "would be refused");
            ((module.0, span.start), page.note(format!("refused: {}", denial.rule())))
        };
        let commands = program.foreseen.commands.iter().filter_map(|command| {
            let words: Vec<&[u8]> = command.words.iter().map(|word| &**word).collect();
            let denial = policy.foresee(&words, command.complete).err()?;
            let name = crate::diag::quote_word(words.first().copied().unwrap_or_default());
            Some(page(command.module, command.span, &format!("running {name}"), &denial))
        });
        let targets = program.foreseen.targets.iter().filter_map(|target| {
            let path = Path::new(OsStr::from_bytes(&target.path));
            // Relative to a directory that is not known yet.
            let asked = if path.is_absolute() { target_accesses(&target.path, target.mode) } else { &[] };
            let denied = asked.iter().find_map(|access| {
                let open = Open { path, access: *access };
                Some((open, policy.foresee_open(&open).err()?))
            });
            let (open, denial) = denied?;
            Some(page(target.module, target.span, &Request::Open(open).to_string(), &denial))
        });
        let mut pages: Vec<_> = commands.chain(targets).collect();
        pages.sort_by_key(|(place, _)| *place);
        let pages: Vec<Diagnostic> = pages.into_iter().map(|(_, page)| page).collect();
        if pages.is_empty() { Ok(()) } else { Err(ParseError(pages)) }
    }
}
