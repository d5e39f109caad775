//! Statements: names become slots, and statements that can't be meant are refused.

use super::code_guard;
use super::false_tests::Outcome;
use super::lints::{self, Lints};
use super::order::Order;
use super::program::*;
use super::project::{Members, Project};
use super::replace::{ExecContext, Obstacle};
use super::scope::{Later, Name, Scopes};
use super::side_by_side::Reach;
use super::variable_commands::Position;
use super::{dropped, lookalikes, modules, status};
use crate::diag::{Diagnostic, Label, Source, code};
use crate::span::Span;
use crate::syntax::ast::{self, ShConstruct};
use crate::syntax::nesting;
use crate::sys::stack;
use std::collections::HashMap;
use std::sync::Arc;

/// The check of one file.
pub struct Checker<'s> {
    pub source: &'s Arc<Source>,
    pub text: &'s str,
    pub errors: Vec<Diagnostic>,
    pub scopes: Scopes<'s>,
    pub project: Project,
    pub module: ModuleId,
    /// The open named function.
    pub function: Option<FunctionId>,
    /// The number of open loops that a `break` here can reach.
    pub loops: usize,
    /// The number of open `with atomic=true`: writing there empties no file.
    pub atomic: usize,
    pub lints: Lints,
    pub order: Order,
    /// Whether the lowered command can replace the process.
    pub exec: ExecContext,
    /// The destination of the lowered statement's status.
    pub outcome: Outcome,
    /// What is known about the value of `$?`.
    pub status: status::Flow,
    /// The place of the statement: the turn or function outside of which its effects are tracked.
    pub reach: Reach,
    /// Whether the next compound has its own input.
    pub has_lines: bool,
    /// Whether the words of `echo` are lowered, which prints them with blanks between them.
    pub joins_words: bool,
    /// Whether the file calls `script_path()`.
    pub asks_for_path: bool,
    /// The texts that the functions of the file print.
    pub prints: HashMap<FunctionId, code_guard::Prints>,
}

/// The result of the check of a file.
pub struct Checked {
    pub project: Project,
    pub errors: Vec<Diagnostic>,
    pub members: Members,
    /// Its `fn main`.
    pub main: Option<FunctionId>,
}

/// Checks a file as one more module of a project.
pub fn file<'s>(
    source: &'s Arc<Source>,
    block: ast::Block<'s>,
    module: ModuleId,
    project: Project,
) -> Checked {
    let scopes = Scopes::new(project.slots);
    let is_typed = project.earlier.is_some() || project.hosted.is_prompt && module == project.script;
    // Only the script has inputs, and their names outlive its check.
    let is_script = module == project.script;
    let inputs = if is_script { project.inputs.clone() } else { Vec::new() };
    let earlier = project.earlier.clone().filter(|_| is_script);
    let mut checker = Checker {
        source,
        text: source.text(),
        errors: Vec::new(),
        scopes,
        project,
        module,
        function: None,
        loops: 0,
        atomic: 0,
        lints: Lints::default(),
        order: Order::default(),
        exec: ExecContext::default(),
        // At a prompt only `$?` shows it.
        outcome: if is_typed { Outcome::Unused } else { Outcome::File },
        status: status::Flow { is_zero: earlier.is_none(), ..status::Flow::default() },
        reach: Reach::default(),
        has_lines: false,
        joins_words: false,
        asks_for_path: false,
        prints: HashMap::new(),
    };
    if let Some(earlier) = &earlier {
        checker.scopes.enter();
        earlier.iter().for_each(|(name, meaning)| checker.scopes.put_earlier(name, *meaning));
    }
    checker.scopes.enter_file();
    if is_script && earlier.is_none() {
        let args = checker.scopes.declare("args");
        debug_assert_eq!(args, ARGS);
        for input in &inputs {
            checker.scopes.declare(input);
        }
    }
    let body = checker.statements(block.statements);
    let declared = checker.scopes.outermost().map(|(name, meaning)| (name.to_string(), meaning));
    // The files that a file uses belong to it; those of an entry are available to later entries.
    let is_entry = earlier.is_some();
    let goes_on = |meaning: &Name| is_entry || !matches!(meaning, Name::Module(_));
    let members: Members = declared.filter(|(_, meaning)| goes_on(meaning)).collect();
    let main = match members.get("main") {
        Some(Name::Function(id)) => Some(*id),
        _ => None,
    };
    checker.finish_order();
    let lints = std::mem::take(&mut checker.lints);
    let warnings = lints::finish(&checker.context(), lints, &body);
    let Checker { mut project, mut errors, scopes, asks_for_path, .. } = checker;
    // The warnings that are known at the end of the file, and those from before its first statement, in
    // the order of the text.
    errors.sort_by_key(|error| {
        let here = |label: &&Label| Arc::ptr_eq(&label.source, source);
        error.labels.iter().find(here).map_or(0, |label| label.span.start)
    });
    project.warnings.extend(warnings);
    project.slots = scopes.slots();
    let path = if asks_for_path { project.path_of(module) } else { None };
    project.modules[module.0 as usize] = Some(Arc::new(Module { source: source.clone(), body, path }));
    Checked { project, errors, members, main }
}

impl<'s> Checker<'s> {
    pub fn block(&mut self, block: ast::Block<'s>) -> Block {
        let obstacle = self.exec.inside.unwrap_or(Obstacle::Block);
        self.obstructed(obstacle, |this| this.open_block(block))
    }

    /// Does the same where a statement in the block has the same role as the surrounding ones.
    pub fn open_block(&mut self, block: ast::Block<'s>) -> Block {
        self.scopes.enter();
        let block = self.statements(block.statements);
        self.scopes.leave();
        block
    }

    /// Lowers commands that work on a copy of the variables.
    pub fn copy<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.enter_copy();
        let loops = std::mem::take(&mut self.loops);
        let (is_zero, is_first) = (self.status.is_zero, self.status.is_first);
        let lowered = self.reaching(Reach::of_copy, |this| this.within(Obstacle::Copy, lower));
        (self.status.is_zero, self.status.is_first) = (is_zero, is_first);
        self.loops = loops;
        self.scopes.leave_copy();
        lowered
    }

    fn statements(&mut self, statements: Vec<ast::Statement<'s>>) -> Block {
        if let (true, Some(first)) = (stack::is_low(), statements.first()) {
            self.report(*nesting::stack_is_full(self.source, first.span));
            return Block::default();
        }
        let deferred = self.exec.deferred;
        let mut functions = self.hoist(&statements);
        let mut lowered = Vec::with_capacity(statements.len());
        let mut has_end = false;
        let (outcome, last) = (self.outcome, statements.len().saturating_sub(1));
        for (at, statement) in statements.into_iter().enumerate() {
            self.outcome = if at == last { outcome } else { Outcome::Unused };
            let span = statement.span;
            if let ast::StatementKind::Call(call) = &statement.kind {
                self.refuse_dropped(call, at == last);
            }
            if let ast::StatementKind::Function(function) = statement.kind {
                if let Some(id) = functions.next() {
                    self.function(id, *function, span);
                }
                continue;
            }
            let lowered_statement = self.statement(statement);
            // An entry is checked line by line as it is typed.
            self.status.before = self.project.earlier.is_none().then_some(span);
            self.status.is_first = false;
            if let Some(kind) = lowered_statement {
                self.exec.deferred |= matches!(kind, StatementKind::Defer(_));
                has_end |= matches!(kind, StatementKind::Defer(_) | StatementKind::On(_));
                lowered.push(Statement { span, kind });
            }
        }
        if lowered.is_empty() {
            self.status.is_zero = true;
        }
        self.outcome = outcome;
        self.exec.deferred = deferred;
        let found = lints::unreachable(&self.context(), &lowered);
        self.take(found);
        self.refuse_last_handler(&lowered);
        Block { statements: lowered.into_boxed_slice(), has_end }
    }

    /// Refuses a value that is not used. The last value of a script is its result for a host, and at a
    /// prompt a call in any line may be one.
    fn refuse_dropped(&mut self, call: &ast::Expr<'s>, is_last: bool) {
        let may_be = is_last || self.project.earlier.is_some();
        let is_result = may_be && self.scopes.is_outermost() && self.module == self.project.script;
        if !is_result {
            let found = dropped::method(&self.context(), call, is_last);
            self.take(found);
        }
    }

    fn statement(&mut self, statement: ast::Statement<'s>) -> Option<StatementKind> {
        let span = statement.span;
        self.exec.part = None;
        let is_commands =
            matches!(&statement.kind, ast::StatementKind::Stage(_) | ast::StatementKind::AndOr(_));
        let kind = self.statement_kind(statement.kind, span);
        if !is_commands || matches!(kind, Some(StatementKind::Background(_))) {
            self.status.is_zero = true;
        }
        kind
    }

    fn statement_kind(&mut self, kind: ast::StatementKind<'s>, span: Span) -> Option<StatementKind> {
        Some(match kind {
            ast::StatementKind::Stage(stage) => self.single_stage(stage)?,
            ast::StatementKind::AndOr(and_or) => {
                let outcome = if and_or.background { Outcome::Job } else { self.outcome };
                let before = self.errors.len();
                self.refuse_false_test(&and_or, outcome);
                let after = self.errors.len();
                let kind = self.lowered_and_or(and_or, outcome);
                // `[ 3 > 2 ] && x`: a rewrite of the whole would keep the comparison.
                if self.errors[after..].iter().any(|error| error.code == code::SH_COMPARISON) {
                    self.errors.drain(before..after);
                }
                kind
            }
            ast::StatementKind::Let { binding, value } => {
                let name = match binding {
                    ast::Binding::Name(name) => name,
                    pattern => {
                        let value = self.expr(value);
                        return Some(StatementKind::Destructure(Box::new((
                            self.binding(pattern, true),
                            value,
                        ))));
                    }
                };
                // The value is resolved first: in a block, `let x = x + 1` means the outer x.
                let is_bool = self.is_bool(&value);
                let mut value = self.expr(value);
                if let ExprKind::Service(service) = &mut value.kind
                    && let Some(service) = Arc::get_mut(service)
                {
                    service.name = name.text.to_string();
                }
                let slot = self.declare(name);
                if is_bool {
                    self.scopes.mark_bool(name.text);
                }
                // The name of a service is also for messages, tags and `pipewright top`.
                if !matches!(value.kind, ExprKind::Service(_)) {
                    self.note_variable(name, matches!(value.kind, ExprKind::Record { .. }));
                }
                StatementKind::Let(slot, value)
            }
            ast::StatementKind::Assign { place, operator, operator_span, value } => {
                return self.assign(place, operator, operator_span, *value);
            }
            ast::StatementKind::Call(call) => StatementKind::Evaluate(self.expr(call)),
            ast::StatementKind::Value(value) => {
                let found = lookalikes::shown_value(&self.context(), span);
                self.take(found);
                StatementKind::Evaluate(self.expr(value))
            }
            // The functions of a block were already hoisted.
            ast::StatementKind::Function(_) => return None,
            ast::StatementKind::Defer(block) => {
                StatementKind::Defer(Arc::new(self.later(Later::Deferred, block)))
            }
            ast::StatementKind::On { signals, body } => self.on_signals(&signals, body, span),
            ast::StatementKind::Use { .. } => modules::use_statement(self, span)?,
            ast::StatementKind::Sh(habit) => {
                self.habit(habit, span);
                if habit == ShConstruct::LetWithoutSpaces {
                    self.declare_meant(span);
                }
                return None;
            }
        })
    }

    /// Lowers a block that runs later: it can't leave a loop, and can't return.
    pub(super) fn later(&mut self, later: Later, block: ast::Block<'s>) -> Block {
        let loops = std::mem::take(&mut self.loops);
        self.scopes.enter_later(later);
        (self.status.is_zero, self.status.is_first) = (false, false);
        let block = self.ending(Outcome::Unused, |this| this.block(block));
        self.scopes.leave_later();
        self.loops = loops;
        block
    }

    /// Lowers a list whose status goes to a place.
    fn lowered_and_or(&mut self, and_or: ast::AndOr<'s>, outcome: Outcome) -> StatementKind {
        if and_or.background {
            let lower = |this: &mut Self| this.obstructed(Obstacle::Background, |this| this.and_or(and_or));
            let and_or = self.ending(outcome, |this| this.copy(lower));
            StatementKind::Background(Arc::new(and_or))
        } else if and_or.rest.is_empty() {
            self.refuse_absorbed_blocks(&and_or);
            let at = Position::statement(&and_or.first);
            StatementKind::Pipeline(Box::new(self.pipeline(and_or.first, at)))
        } else {
            let may_be_false = self.may_end_false(&and_or);
            let mut and_or = self.and_or(and_or);
            self.status.is_zero &= !may_be_false;
            and_or.allows_false_test = outcome == Outcome::Unused;
            StatementKind::AndOr(Box::new(and_or))
        }
    }

    /// Declares the name of a refused `let x=5`, so that uses of `x` cause no more errors.
    fn declare_meant(&mut self, span: Span) {
        let text = &self.text[span.range()]["let".len()..];
        let text = text.trim_start().trim_start_matches("mut ").trim_start_matches('$');
        let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        if length > 0 && !self.scopes.is_declared_here(&text[..length]) {
            self.scopes.declare(&text[..length]);
        }
    }

    /// Lowers a statement of one stage: if it needs no process and no redirection, it needs no pipeline.
    fn single_stage(&mut self, stage: ast::Stage<'s>) -> Option<StatementKind> {
        let plain = stage.redirections.is_empty();
        Some(match stage.kind {
            ast::StageKind::Sh(habit, span) => {
                self.habit(habit, span);
                return None;
            }
            ast::StageKind::Fail(value) if plain => StatementKind::Fail(self.expr(*value)),
            ast::StageKind::Break if plain => {
                self.in_loop("break", stage.span);
                StatementKind::Break
            }
            ast::StageKind::Continue if plain => {
                self.in_loop("continue", stage.span);
                StatementKind::Continue
            }
            ast::StageKind::Return(value) if plain => {
                self.return_value(value, stage.span).map(StatementKind::Return)?
            }
            ast::StageKind::Simple(_) | ast::StageKind::Subshell(_) | ast::StageKind::Return(_) => {
                let span = stage.span;
                let pipeline = ast::Pipeline { span, negated: false, timed: None, stages: vec![stage] };
                let at = Position::statement(&pipeline);
                StatementKind::Pipeline(Box::new(self.pipeline(pipeline, at)))
            }
            _ if plain => StatementKind::Compound(Arc::new(self.compound(stage.kind, stage.span)?)),
            _ => {
                let span = stage.span;
                let pipeline = ast::Pipeline { span, negated: false, timed: None, stages: vec![stage] };
                let at = Position::statement(&pipeline);
                StatementKind::Pipeline(Box::new(self.pipeline(pipeline, at)))
            }
        })
    }

    /// Lowers the value of `return`; none where nothing can be returned.
    pub(super) fn return_value(
        &mut self,
        value: Option<Box<ast::Expr<'s>>>,
        span: Span,
    ) -> Option<Option<Expr>> {
        let (message, label, help) = if !self.scopes.in_function() {
            ("`return` outside a function", "no function is open that it could end", "end the script by exit")
        } else if let Some(turn) = self.reach.turn {
            self.refuse_return(turn, span);
            return None;
        } else if self.scopes.in_copy() {
            (
                "`return` from a copy",
                "this stage, job or capture is not the function itself",
                "let the function return what it gives: let x = $(…)",
            )
        } else if self.scopes.in_later() == Some(Later::Signalled) {
            (
                "`return` in `on`",
                "the signal may come while another function runs",
                "set a variable that the function reads, or end the script by exit",
            )
        } else if self.scopes.in_later().is_some() {
            ("`return` in `defer`", "the function ends already when this runs", "return before, or after")
        } else {
            return Some(value.map(|value| self.expr(*value)));
        };
        self.error(code::MISPLACED, span, message, label, help);
        None
    }

    pub(super) fn in_loop(&mut self, word: &str, span: Span) {
        if self.loops == 0 {
            let message = format!("`{word}` outside a loop");
            let help = "a loop is for, while or each; a function is ended by return, the script by exit";
            self.error(code::MISPLACED, span, message, "no loop is open that it could reach", help);
        }
    }
}
