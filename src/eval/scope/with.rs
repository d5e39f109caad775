//! `with`: runs a block with other settings, once or until it succeeds.

mod control_group;
mod given;
mod options;
mod progress;
pub(in crate::eval) mod relay;
mod retry;
mod sandbox;
mod whole;

use crate::check::program::*;
use crate::diag::{Diagnostic, code};
use crate::eval::Interpreter;
use crate::eval::report::stats;
use crate::eval::report::unwind::{Error, Eval, TimedOut, Unwind};
use crate::eval::scope::atomic::Replacements;
use crate::eval::scope::exec_env::OwnParts;
use crate::eval::scope::settings::TimeLimit;
use crate::process::{self, Activity, Deadline};
use crate::span::Span;
use crate::value::{Value, format};
pub(in crate::eval) use options::EvaluatedOptions;
pub(in crate::eval) use progress::Inputs;
pub(in crate::eval) use retry::RetriedEnds;
use std::sync::Arc;
use std::time::{Duration, Instant};
pub use whole::RunOptions;

/// Code that runs with options.
type Within<'a> = dyn FnMut(&mut Interpreter) -> Eval<()> + 'a;

/// What the options are for.
enum Body<'a> {
    Block(&'a Block),
    /// A whole run.
    Whole(&'a mut Within<'a>),
}

impl Body<'_> {
    fn run(&mut self, run: &mut Interpreter) -> Eval<()> {
        match self {
            Self::Block(block) => run.block(block),
            Self::Whole(whole) => whole(run),
        }
    }
}

impl Interpreter {
    pub(in crate::eval) fn with(&mut self, with: &With) -> Eval<()> {
        // From now on a signal must not simply end this process.
        self.interrupt();
        let options = self.evaluate_options(&with.options, &with.maps)?;
        self.run_with(&options, Body::Block(&with.body), Some(with))
    }

    /// Runs code with options, again after a failure if they say so.
    fn run_with(&mut self, options: &EvaluatedOptions, mut body: Body<'_>, with: Option<&With>) -> Eval<()> {
        if let Some(span) = options.ends_daemons {
            self.begin_without_daemons(span)?;
        }
        let looks = options.retry.wanted() || options.ends_daemons.is_some();
        let orphans = if looks { process::orphans() } else { Vec::new() };
        let started = Instant::now();
        let mut attempts = 0;
        loop {
            attempts += 1;
            if let (Some(turn), Some(with)) = (&self.env.settings.turn, with) {
                turn.note_try(with);
            }
            let result = self.attempt(options, &mut body);
            let result = match (result, &options.group) {
                (Err(Unwind::Error(error)), Some(group)) => {
                    Err(Unwind::Error(control_group::explain_kill(error, group)))
                }
                (other, _) => other,
            };
            let error = match result {
                Err(Unwind::Error(error)) if error.is_failure => error,
                other => {
                    self.end_block(options, &orphans);
                    return other;
                }
            };
            if !options.retry.covers(&error, attempts) {
                self.end_block(options, &orphans);
                let note = |error: Box<Error>| retry::told(error, attempts, started.elapsed());
                return Err(Unwind::Error(if attempts > 1 { note(error) } else { error }));
            }
            let grace = self.env.settings.grace;
            process::end_orphans_since(&orphans, &self.interrupt(), grace, &|| self.is_alone());
            self.pause_before_retry(&options.retry, &error, attempts)?;
        }
    }

    /// Runs the body once, and ends the processes that it started if they must not outlive it.
    fn attempt(&mut self, options: &EvaluatedOptions, body: &mut Body<'_>) -> Eval<()> {
        let mut settings = options.settings.clone();
        let limit = |given: &Option<(Duration, Span)>, idle: bool| {
            let (after, span) = (*given)?;
            let clock = self.control().map(|control| control.clock().clone()).unwrap_or_default();
            let deadline = if idle {
                Deadline::idle(after, Activity::new(clock))
            } else {
                Deadline::after(after, clock)
            };
            Some(Arc::new(TimeLimit {
                deadline,
                after,
                idle,
                hard: false,
                source: self.source().clone(),
                span: Some(span),
            }))
        };
        let timeout = limit(&options.timeout, false);
        let idle_timeout = limit(&options.idle_timeout, true);
        settings.limits.extend(timeout.clone().into_iter().chain(idle_timeout.clone()));
        let outer_replacements = settings.replacements.take();
        let replacements = options.atomic.then(|| Replacements::within(outer_replacements.clone()));
        settings.replacements = replacements.clone().or(outer_replacements);
        let table = options.stats.then(Arc::default);
        let outer_table = settings.stats.clone();
        settings.stats = table.clone().or(settings.stats.take());
        // A time limit, a retry or a replacement of files concerns the whole block: it is complete only
        // when all its jobs have ended.
        let whole = timeout.is_some()
            || idle_timeout.is_some()
            || options.retry.wanted()
            || options.ends_daemons.is_some()
            || options.group.is_some()
            || options.isolates
            || replacements.is_some();
        let own = OwnParts {
            directory: options.directory.clone(),
            environment: options.environment.clone(),
            settings: Some(Arc::new(settings)),
            files: None,
        };
        let name = match body {
            Body::Block(block) if options.progress.is_some() => self.name_of(block),
            _ => String::new(),
        };
        let mut run = |this: &mut Self| if whole { this.with_its_jobs(body) } else { body.run(this) };
        let relayed = |this: &mut Self| match &idle_timeout {
            Some(limit) => this.relayed(limit, run),
            None => run(this),
        };
        let mut result = self.in_env(own, |this| match options.progress {
            Some((source, span)) => this.with_progress(source, name, span, relayed),
            None => relayed(this),
        });
        if let Some(replacements) = replacements
            && is_normal(&result)
        {
            result = self.replace(&replacements).and(result);
        }
        if let Some(table) = table {
            let reports = std::mem::take(&mut *stats::lock(&table));
            self.print_text(&stats::table(&reports), &self.env.files);
            // They are also processes of the enclosing block.
            if let Some(outer) = &outer_table {
                stats::lock(outer).extend(reports);
            }
        }
        match result {
            Err(Unwind::TimedOut(timed_out))
                if [&timeout, &idle_timeout]
                    .iter()
                    .any(|own| own.as_ref().is_some_and(|own| Arc::ptr_eq(own, &timed_out.limit))) =>
            {
                Err(timed_out.into_error().into())
            }
            other => other,
        }
    }

    /// Runs a block, and waits for the jobs that it started, or ends them if the block fails.
    fn with_its_jobs(&mut self, body: &mut Body<'_>) -> Eval<()> {
        let before = std::mem::take(&mut self.jobs);
        let result = match body.run(self) {
            ended if is_normal(&ended) => self.settle_jobs(Ok(())).and(ended),
            failed => {
                self.stop_jobs();
                failed
            }
        };
        self.jobs = before;
        result
    }
}

/// Returns whether a block was left as the script intends: at its end, or by `break`, `continue`,
/// `return` or `exit 0`.
const fn is_normal(ended: &Eval<()>) -> bool {
    matches!(ended, Ok(()) | Err(Unwind::Break | Unwind::Continue | Unwind::Return | Unwind::Exit(0)))
}

impl TimedOut {
    /// Returns it as an error at the place where the limit was set.
    pub fn into_error(self) -> Error {
        let after = format::display(&Value::Duration(self.limit.after.into()), 30);
        let what = if self.limit.span.is_some() { "block" } else { "run" };
        let why = if self.limit.idle { "no output for" } else { "timed out after" };
        let message = format!("{why} {after}: the {what} and its processes were ended");
        let mut diagnostic = Diagnostic::new(code::TIMEOUT, message);
        if let Some(span) = self.limit.span {
            diagnostic = diagnostic.at(&self.limit.source, span, "this limit");
        }
        if let Some((source, span)) = self.running {
            diagnostic = diagnostic.also_at(&source, span, "was running");
        }
        Error::command(diagnostic, 124)
    }
}
