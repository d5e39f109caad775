//! The limits of an engine: what its scripts may do, and how much.

use super::{Engine, EngineBuilder, ParseError, Script};
use crate::check::program::ModuleId;
use crate::diag::{Diagnostic, code};
use crate::eval::{Limits, RunOptions, target_accesses};
use crate::policy::{Both, Denial, Open, Policy, Request};
use crate::span::Span;
use crate::syntax::MOST_SOURCE;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// An optional policy, optional limits, and the options of `with` around each run.
#[derive(Clone, Default)]
pub(super) struct Guard {
    pub policy: Option<Arc<dyn Policy>>,
    pub limits: Limits,
    pub options: Vec<RunOptions>,
}

impl Guard {
    /// Returns the largest size of a script, or of a file that it uses, in bytes.
    pub fn most_source(&self) -> usize {
        self.limits.source_bytes.unwrap_or(MOST_SOURCE).min(MOST_SOURCE)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = self.policy.as_ref().map(|_| "…");
        f.debug_struct("Guard")
            .field("policy", &policy)
            .field("limits", &self.limits)
            .field("options", &self.options)
            .finish()
    }
}

impl EngineBuilder {
    /// Asks this policy before each action: starting a program or a stage of the host, opening a file, setting an
    /// environment variable, changing the directory, changing the user, using an option of `with` that changes how
    /// programs run, and sending a signal; also before a file of `use` is read. Without a policy everything is allowed.
    /// With several policies each has to allow the action, so a further policy can only narrow.
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        let policy: Arc<dyn Policy> = Arc::new(policy);
        let before = self.shared.guard.policy.take();
        self.shared.guard.policy = Some(match before {
            Some(before) => Arc::new(Both(before, policy)),
            None => policy,
        });
        self
    }

    /// Runs each script within these options, such as those of a sandbox. Those of several calls are nested: each can
    /// only close more.
    pub fn options(mut self, options: RunOptions) -> Self {
        self.shared.guard.options.push(options);
        self
    }

    /// Ends each run that exceeds these limits. Without them only the limits of the language apply.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.shared.guard.limits = limits;
        self
    }
}

impl Engine {
    /// Reports, before anything runs, the commands of a script that the policy refuses for all values in them, and the
    /// refused targets of redirections. Words that are not literal, the program that PATH leads to and relative paths
    /// can only be judged during the run.
    ///
    /// # Errors
    /// Fails with a diagnostic for each.
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
            // The path is relative to a directory that is not known yet.
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
