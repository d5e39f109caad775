//! The check of `with`: its options, and what they may be combined with.

use super::lower::Checker;
use super::program::*;
use super::settings::{OptionSpec, Setting, find, instead_of};
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast;
use crate::value::{Type, Value};

impl<'s> Checker<'s> {
    /// Lowers `with OPTIONS { … }`.
    pub fn with(&mut self, statement: ast::With<'s>, span: Span) -> Compound {
        let (options, maps) = self.settings(statement.options);
        self.refuse_options_of_loops(&options, &statement.body);
        let atomic = is_atomic(&options);
        self.atomic += usize::from(atomic);
        // What a map holds is known only when the block begins.
        let accepts = !maps.is_empty() || options.iter().any(|option| option.setting == Setting::Ok);
        let outer = self.status.accepts;
        self.status.accepts |= accepts;
        let keeps = |option: &WithOption| matches!(option.setting, Setting::Env | Setting::Cwd);
        let lower = |this: &mut Self| {
            if maps.is_empty() && options.iter().all(keeps) {
                this.open_block(statement.body)
            } else {
                this.obstructed(super::replace::Obstacle::With, |this| this.open_block(statement.body))
            }
        };
        let body = self.reaching(|reach| reach.under(&options), lower);
        self.status.accepts = outer;
        self.atomic -= usize::from(atomic);
        let found = super::progress::without_input(&self.context(), &options, &body);
        self.take(found);
        if options.iter().any(|option| option.setting == Setting::Detach) {
            self.only_programs(&body, span);
        }
        Compound::With(With { options, maps, body })
    }

    /// Lowers a `with` on a loop as one on each of its turns.
    pub fn each_turn_with(&mut self, options: Vec<ast::WithOption<'s>>, body: ast::Block<'s>) -> Block {
        if options.is_empty() {
            return self.loop_body(body);
        }
        let span = body.span;
        let (options, maps) = self.settings(options);
        let atomic = is_atomic(&options);
        self.atomic += usize::from(atomic);
        let body = self.reaching(|reach| reach.under(&options), |this| this.loop_body(body));
        self.atomic -= usize::from(atomic);
        let with = Compound::With(With { options, maps, body });
        let kind = StatementKind::Compound(std::sync::Arc::new(with));
        Block { statements: Box::new([Statement { span, kind }]), has_end: false }
    }

    /// Refuses options of loops for a block that is not a loop.
    fn refuse_options_of_loops(&mut self, options: &[WithOption], body: &ast::Block<'s>) {
        let Some(option) = options.iter().find(|option| option.setting.is_of_loop()) else { return };
        let name = option.setting.row().name;
        let text = &self.text[option.span.range()];
        let found = body.statements.iter().find_map(|statement| match &statement.kind {
            ast::StatementKind::Stage(stage) => match &stage.kind {
                ast::StageKind::For(one) if one.options.is_empty() => Some((stage.span, one.body.span)),
                ast::StageKind::Each(one) if one.options.is_empty() => Some((stage.span, one.body.span)),
                _ => None,
            },
            _ => None,
        });
        let help = match found {
            Some((stage, body)) => {
                let head = self.text[stage.start as usize..body.start as usize].trim_end();
                format!("write it at the loop: {head} with {text} {{ … }}")
            }
            None => format!(
                "write it at a loop: for x in (xs) with {text} {{ … }}; to run parts of a script side by side, write: let job = spawn {{ … }}"
            ),
        };
        let message = format!("`{name}` is an option of loops, and this block is not a loop");
        self.error(code::NO_LOOP, option.span, message, "there are no turns", &help);
    }

    /// Lowers the options of a block.
    pub(super) fn settings(
        &mut self,
        options: Vec<ast::WithOption<'s>>,
    ) -> (Box<[WithOption]>, Box<[OptionMap]>) {
        let (lowered, maps) = self.all_settings(options, OptionsOf::Block);
        if maps.is_empty() {
            self.refuse_idle_settings(&lowered);
        }
        self.refuse_options_of_workers(&lowered);
        self.refuse_options_of_services(&lowered);
        (lowered.into_boxed_slice(), maps)
    }

    /// Lowers options, which may be those of a worker or a service.
    pub(super) fn all_settings(
        &mut self,
        options: Vec<ast::WithOption<'s>>,
        of: OptionsOf,
    ) -> (Vec<WithOption>, Box<[OptionMap]>) {
        let mut lowered: Vec<WithOption> = Vec::with_capacity(options.len());
        let mut maps = Vec::new();
        for option in options {
            let (name, value) = match option {
                ast::WithOption::Given(name, value) => (name, value),
                ast::WithOption::Map(span, value) => {
                    maps.push(OptionMap { span, value: self.expr(value), of });
                    continue;
                }
            };
            let span = Span::new(name.span.start as usize, value.span.end as usize);
            if name.text == "env" {
                let found = super::code_guard::check_variables(&self.context(), &value);
                self.take(found);
            }
            let value = self.expr(value);
            let Some(row) = find(name.text) else {
                self.no_setting(name);
                continue;
            };
            if let Some(before) = lowered.iter().find(|option| option.setting == row.setting) {
                let message = format!("`{}` is given twice", row.name);
                let before = before.span;
                let error =
                    Diagnostic::new(code::DUPLICATE_NAME, message).at(self.source, name.span, "again here");
                self.errors.push(error.also_at(self.source, before, "given here").help("keep one of them"));
                continue;
            }
            // A value that was refused has its own error.
            let is_refused = self.errors.iter().any(|error| {
                error.primary().is_some_and(|label| value.span.range().contains(&(label.span.start as usize)))
            });
            if let ExprKind::Value(literal) = &value.kind
                && !is_refused
                && let Err(phrase) = row.takes.check(literal)
            {
                self.wrong_setting(row, literal, value.span, phrase);
            }
            lowered.push(WithOption { setting: row.setting, span, value });
        }
        (lowered, maps.into_boxed_slice())
    }

    fn no_setting(&mut self, name: ast::Name<'s>) {
        let message = format!("`with` has no option `{}`", name.text);
        self.error(code::UNKNOWN_OPTION, name.span, message, "unknown", &instead_of(name.text));
    }

    fn wrong_setting(&mut self, row: &OptionSpec, literal: &Value, span: Span, phrase: &str) {
        let message = format!("`{}` takes {phrase}", row.name);
        let help = row.suggest(literal).unwrap_or_default();
        let found = literal.type_of();
        let label = if found == Type::Null { "this is null" } else { found.name() };
        self.error(code::WRONG_TYPE, span, message, label, &help);
    }

    /// Refuses options that have no effect without another one.
    fn refuse_idle_settings(&mut self, options: &[WithOption]) {
        let has = |setting| options.iter().any(|option| option.setting == setting);
        for option in options {
            let is_of_tasks = option.setting == Setting::RetryOn && has(Setting::Jobs);
            if matches!(option.setting, Setting::Backoff | Setting::RetryOn)
                && !has(Setting::Retry)
                && !is_of_tasks
            {
                let name = option.setting.row().name;
                let message = format!("`{name}` has no effect without `retry`");
                self.error(
                    code::UNKNOWN_OPTION,
                    option.span,
                    message,
                    "nothing is retried",
                    "add how often: retry=3",
                );
            }
        }
    }

    /// Refuses a detached block that contains anything but programs.
    fn only_programs(&mut self, body: &Block, span: Span) {
        let is_program = |stage: &Stage| matches!(&stage.kind, StageKind::Command(command) if matches!(command.target, Target::Program));
        let is_marked = |pipeline: &Pipeline| pipeline.negated || pipeline.timed.is_some();
        let of_programs =
            |pipeline: &Pipeline| !is_marked(pipeline) && pipeline.stages.iter().all(is_program);
        for statement in &body.statements {
            let fine = match &statement.kind {
                StatementKind::Pipeline(pipeline) => of_programs(pipeline),
                StatementKind::Background(and_or) => and_or.rest.is_empty() && of_programs(&and_or.first),
                _ => false,
            };
            if !fine {
                let message = "`detach` leaves programs to run on after the script, and this is none";
                let error = Diagnostic::new(code::MISPLACED, message).at(
                    self.source,
                    statement.span,
                    "ends with the script",
                );
                let error = error.also_at(
                    self.source,
                    Span::new(span.start as usize, span.start as usize + 4),
                    "detached here",
                );
                self.errors.push(error.help(
                    "let the block hold nothing but commands that are programs, and pipelines of them",
                ));
            }
        }
    }
}

fn is_atomic(options: &[WithOption]) -> bool {
    options.iter().any(|option| {
        option.setting == Setting::Atomic && matches!(option.value.kind, ExprKind::Value(Value::Bool(true)))
    })
}
