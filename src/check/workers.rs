//! `worker with OPTIONS { … }`: its options, those of pools, and the statement that has its channel.

use super::false_tests::Outcome;
use super::lower::Checker;
use super::program::*;
use super::settings::Setting;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast;
use std::sync::Arc;

/// Programs that start another program and keep its channel for themselves.
const KEEPERS: &[&str] = &["npm", "npx", "yarn", "pnpm"];

impl<'s> Checker<'s> {
    /// Lowers a worker.
    pub(super) fn worker(&mut self, worker: ast::With<'s>) -> Worker {
        let (options, maps) = self.all_settings(worker.options, OptionsOf::Worker);
        let (options, around): (Vec<_>, Vec<_>) =
            options.into_iter().partition(|option| is_own(option.setting));
        for option in around.iter().filter(|option| !option.setting.is_of_program()) {
            let name = option.setting.row().name;
            let message = format!("a worker has no option `{name}`");
            let help = "write it inside the block, or at the code that uses the worker: with …=… { … }";
            self.error(code::NOT_OF_WORKER, option.span, message, "not for a worker", help);
        }
        let is_pool = options.iter().any(|option| option.setting == Setting::Jobs);
        if !is_pool {
            self.refuse_options_of_pools(&options);
        }
        if !options.iter().any(|option| option.setting == Setting::Channel) {
            self.refuse_keeper(&worker.body);
        }
        let lower = |this: &mut Self| {
            this.copy(|this| this.reaching(|reach| reach.under(&around), |this| this.block(worker.body)))
        };
        let Block { statements, has_end } = self.ending(Outcome::Job, lower);
        let mut statements = statements.into_vec();
        // The commands before the last one prepare it, and must not take its messages.
        let last = statements.len().saturating_sub(1);
        let span = statements.last().map_or(Default::default(), |last| last.span);
        statements.insert(last, Statement { span, kind: StatementKind::OpenChannel });
        Worker {
            options: options.into_boxed_slice(),
            around: around.into_boxed_slice(),
            maps,
            is_pool,
            command: span,
            body: Arc::new(Block { statements: statements.into_boxed_slice(), has_end }),
        }
    }

    /// Refuses options of pools for a single worker.
    fn refuse_options_of_pools(&mut self, options: &[WithOption]) {
        for option in options.iter().filter(|option| is_of_pool(option.setting)) {
            let name = option.setting.row().name;
            let text = &self.text[option.span.range()];
            let message = format!("`{name}` is an option of pools, and this is a single worker");
            let help =
                format!("say how many workers it has, which may be one: worker with jobs=1, {text} {{ … }}");
            self.error(code::NOT_A_POOL, option.span, message, "has no effect without `jobs`", &help);
        }
    }

    /// Refuses a range as the number of turns or instances: only a pool grows and shrinks.
    pub(super) fn refuse_range_of_jobs(&mut self, options: &[WithOption], what: &str) {
        for option in options.iter().filter(|option| option.setting == Setting::Jobs) {
            if let ExprKind::Range { .. } = &option.value.kind {
                let message = format!("`jobs` of {what} is a number: only a pool grows and shrinks");
                let help = "write one number: jobs=4, or jobs=cores()";
                self.error(code::RANGE_OF_JOBS, option.value.span, message, "a range", help);
            }
        }
    }

    /// Refuses `npm start`: it gives its child the channel's variable but not the descriptor, so that every message is
    /// lost.
    fn refuse_keeper(&mut self, body: &ast::Block<'s>) {
        let Some((name, span)) = last_program(body).filter(|(name, _)| KEEPERS.contains(name)) else {
            return;
        };
        let message = format!("`{name}` keeps the channel for itself, and every message is lost");
        let help = "write the command that package.json has for it: worker { node child.js }";
        self.error(code::CHANNEL_KEPT, span, message, "does not pass the channel on", help);
    }

    /// Refuses options of workers for other blocks.
    pub(super) fn refuse_options_of_workers(&mut self, options: &[WithOption]) {
        let is_it = |option: &&WithOption| matches!(option.setting, Setting::Channel | Setting::MaxAsks);
        let Some(option) = options.iter().find(is_it) else { return };
        let (name, text) = (option.setting.row().name, &self.text[option.span.range()]);
        let jobs = if option.setting == Setting::MaxAsks { "jobs=4, " } else { "" };
        let help = format!("write it at a worker: let w = worker with {jobs}{text} {{ … }}");
        let message = format!("`{name}` is an option of workers");
        self.error(code::NOT_OF_WORKER, option.span, message, "this is not a worker", &help);
    }
}

/// Returns whether an option is the worker's own.
fn is_own(setting: Setting) -> bool {
    is_of_pool(setting) || matches!(setting, Setting::Channel | Setting::Jobs | Setting::Timeout)
}

/// Returns whether only a pool has an option.
fn is_of_pool(setting: Setting) -> bool {
    setting.is_of_restarts() || matches!(setting, Setting::Backoff | Setting::MaxAsks | Setting::Retry)
}

/// Returns the program that the last command of a block names.
pub(super) fn last_program<'s>(body: &ast::Block<'s>) -> Option<(&'s str, Span)> {
    let ast::StatementKind::Stage(stage) = &body.statements.last()?.kind else { return None };
    let ast::StageKind::Simple(simple) = &stage.kind else { return None };
    let ast::Word { kind: ast::WordKind::Bare(name), span } = simple.words.first()? else { return None };
    Some((name, *span))
}
