//! Statements: names become slots, and what can't be meant is refused.

use super::code_guard;
use super::conditions::span_of;
use super::lints::Lints;
use super::modules;
use super::order::Order;
use super::program::*;
use super::project::{Members, Project};
use super::replace::{ExecContext, Obstacle};
use super::scope::{Name, Scopes};
use super::sh_constructs;
use super::variable_commands::{Place, Position};
use crate::diag::{Code, Diagnostic, Label, Source, code};
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
    /// The named function that is open.
    pub function: Option<FunctionId>,
    /// How many loops are open that a `break` here can reach.
    pub loops: usize,
    /// How many `with atomic=true` are open: what is written there empties nothing.
    pub atomic: usize,
    pub lints: Lints,
    pub order: Order,
    /// Whether the command that is lowered can replace the process.
    pub exec: ExecContext,
    /// Whether the file calls `script_path()`.
    pub asks_for_path: bool,
    /// The texts that the functions of the file print.
    pub prints: HashMap<FunctionId, code_guard::Prints>,
}

/// More errors than this are not reported: the first ones are the ones to mend.
const MAX_ERRORS: usize = 20;

/// What the check of a file gives.
pub struct Checked {
    pub project: Project,
    pub errors: Vec<Diagnostic>,
    pub members: Members,
    /// Its `fn main`.
    pub main: Option<FunctionId>,
}

/// Checks a file, as one more module of a project.
pub fn file<'s>(
    source: &'s Arc<Source>,
    block: ast::Block<'s>,
    module: ModuleId,
    project: Project,
) -> Checked {
    let scopes = Scopes::new(project.slots);
    // Only the script has any, and their names outlive the check of it.
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
    // The files that it uses are its own business; those of an entry are there for the entries after it.
    let is_entry = earlier.is_some();
    let goes_on = |meaning: &Name| is_entry || !matches!(meaning, Name::Module(_));
    let members: Members = declared.filter(|(_, meaning)| goes_on(meaning)).collect();
    let main = match members.get("main") {
        Some(Name::Function(id)) => Some(*id),
        _ => None,
    };
    checker.finish_order();
    let warnings = checker.finish_lints(&body);
    let Checker { mut project, mut errors, scopes, asks_for_path, .. } = checker;
    // What is known at the end of the file, and what is read before its first statement, in the order of the text.
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
    // -------------------------------------------------------------------------------------- errors

    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>, label: &str, help: &str) {
        let mut error = Diagnostic::new(code, message).at(self.source, span, label);
        if !help.is_empty() {
            error = error.help(help);
        }
        self.report(error);
    }

    /// Whether no more errors are reported.
    pub fn is_full(&self) -> bool {
        self.errors.len() >= MAX_ERRORS
    }

    pub fn report(&mut self, error: Diagnostic) {
        if !self.is_full() {
            self.errors.push(error);
        }
    }

    pub fn habit(&mut self, habit: ShConstruct, span: Span) {
        let text = &self.text[span.range()];
        match habit {
            ShConstruct::Parameter | ShConstruct::SpecialParameter
                if self.function.is_some() && super::sh_parameters::is_positional(text) =>
            {
                self.sh(&super::sh_parameters::IN_FUNCTION, span);
            }
            ShConstruct::LetWithoutSpaces => match super::lookalikes::let_elsewhere(text) {
                Some((message, help)) => {
                    self.error(code::SH_ASSIGNMENT, span, message, "not in Pipewright", &help);
                }
                None => self.sh(&sh_constructs::of(habit), span),
            },
            ShConstruct::Parameter | ShConstruct::SpecialParameter => {
                self.sh(&super::sh_parameters::of(text), span)
            }
            // `$?` in an expression: no name is behind the dollar that could stand without it.
            ShConstruct::Dollar
                if text.len() == 2 && !text.as_bytes()[1].is_ascii_alphabetic() && text != "$_" =>
            {
                self.sh(&super::sh_parameters::of(text), span);
            }
            ShConstruct::Subshell if is_comparison(text) => {
                let help = format!("write it as an expression: $[{}]", &text[1..text.len() - 1]);
                let message = "`( … )` among commands holds commands";
                self.error(code::SH_SUBSHELL, span, message, "values are compared in an expression", &help);
            }
            ShConstruct::Loop if text.split_ascii_whitespace().any(|word| word == "read") => {
                self.sh(&sh_constructs::READ_LOOP, span);
            }
            _ => self.sh(&sh_constructs::of(habit), span),
        }
    }

    pub fn sh(&mut self, row: &sh_constructs::ConstructSpec, span: Span) {
        // `if …; then … else … fi` is one habit, not four.
        let compound = |error: &Diagnostic| error.code == code::SH_COMPOUND;
        if row.code == code::SH_COMPOUND && self.errors.iter().any(compound) {
            return;
        }
        let help = if row.example.is_empty() {
            row.help.to_string()
        } else {
            format!("{}:\n{}", row.help, row.example)
        };
        self.error(row.code, span, row.message, "not in Pipewright", &help);
    }

    pub fn unsupported(&mut self, what: &str, span: Span) {
        self.error(
            code::UNSUPPORTED,
            span,
            format!("{what} can't be run by this version yet"),
            "not yet",
            "",
        );
    }

    // -------------------------------------------------------------------------------------- statements

    pub fn block(&mut self, block: ast::Block<'s>) -> Block {
        let obstacle = self.exec.inside.unwrap_or(Obstacle::Block);
        self.obstructed(obstacle, |this| this.open_block(block))
    }

    /// The same where a statement of it stands as those around it do.
    pub fn open_block(&mut self, block: ast::Block<'s>) -> Block {
        self.scopes.enter();
        let block = self.statements(block.statements);
        self.scopes.leave();
        block
    }

    /// Commands that work on a copy of the variables.
    pub fn copy<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.enter_copy();
        let loops = std::mem::take(&mut self.loops);
        let lowered = self.within(Obstacle::Copy, lower);
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
        let mut defers = false;
        for statement in statements {
            let span = statement.span;
            if let ast::StatementKind::Function(function) = statement.kind {
                if let Some(id) = functions.next() {
                    self.function(id, *function, span);
                }
                continue;
            }
            if let Some(kind) = self.statement(statement) {
                defers |= matches!(kind, StatementKind::Defer(_));
                self.exec.deferred |= defers;
                lowered.push(Statement { span, kind });
            }
        }
        self.exec.deferred = deferred;
        self.note_unreachable(&lowered);
        Block { statements: lowered.into_boxed_slice(), defers }
    }

    fn statement(&mut self, statement: ast::Statement<'s>) -> Option<StatementKind> {
        let span = statement.span;
        self.exec.part = None;
        Some(match statement.kind {
            ast::StatementKind::Stage(stage) => self.single_stage(stage)?,
            ast::StatementKind::AndOr(and_or) => {
                self.refuse_test_and(&and_or);
                if and_or.background {
                    let lower =
                        |this: &mut Self| this.obstructed(Obstacle::Background, |this| this.and_or(and_or));
                    let and_or = self.copy(lower);
                    StatementKind::Background(Arc::new(and_or))
                } else if and_or.rest.is_empty() {
                    self.refuse_absorbed_blocks(&and_or);
                    let at = Position::statement(&and_or.first);
                    StatementKind::Pipeline(Box::new(self.pipeline(and_or.first, at)))
                } else {
                    StatementKind::AndOr(Box::new(self.and_or(and_or)))
                }
            }
            ast::StatementKind::Let { name, value } => {
                // The value is resolved first: `let x = x + 1` in a block means the outer x.
                let is_bool = self.is_bool(&value);
                let value = self.expr(value);
                let slot = self.declare(name);
                if is_bool {
                    self.scopes.mark_bool(name.text);
                }
                self.note_variable(name, &value);
                StatementKind::Let(slot, value)
            }
            ast::StatementKind::Assign { place, operator, operator_span, value } => {
                return self.assign(place, operator, operator_span, *value);
            }
            ast::StatementKind::Call(call) => StatementKind::Evaluate(self.expr(call)),
            ast::StatementKind::Value(value) => {
                self.refuse_shown_value(span);
                StatementKind::Evaluate(self.expr(value))
            }
            // The functions of a block have gone their own way.
            ast::StatementKind::Function(_) => return None,
            ast::StatementKind::Defer(block) => {
                // It runs when the block is left: no loop can be left from it, and nothing returned.
                let loops = std::mem::take(&mut self.loops);
                self.scopes.enter_defer();
                let block = self.block(block);
                self.scopes.leave_defer();
                self.loops = loops;
                StatementKind::Defer(Arc::new(block))
            }
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

    /// `let x=5` is refused; that `x` were not declared would be one page too many.
    fn declare_meant(&mut self, span: Span) {
        let text = &self.text[span.range()]["let".len()..];
        let text = text.trim_start().trim_start_matches("mut ").trim_start_matches('$');
        let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        if length > 0 && !self.scopes.is_declared_here(&text[..length]) {
            self.scopes.declare(&text[..length]);
        }
    }

    /// A statement of one stage: where it needs no process and no redirection, it needs no pipeline.
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
            ast::StageKind::Simple(_) | ast::StageKind::Return(_) => {
                let span = stage.span;
                let pipeline = ast::Pipeline { span, negated: false, stages: vec![stage] };
                let at = Position::statement(&pipeline);
                StatementKind::Pipeline(Box::new(self.pipeline(pipeline, at)))
            }
            _ if plain => StatementKind::Compound(Arc::new(self.compound(stage.kind, stage.span)?)),
            _ => {
                let span = stage.span;
                let pipeline = ast::Pipeline { span, negated: false, stages: vec![stage] };
                let at = Position::statement(&pipeline);
                StatementKind::Pipeline(Box::new(self.pipeline(pipeline, at)))
            }
        })
    }

    /// The value of `return`; none where nothing can be returned from.
    fn return_value(&mut self, value: Option<Box<ast::Expr<'s>>>, span: Span) -> Option<Option<Expr>> {
        let (message, label, help) = if !self.scopes.in_function() {
            ("`return` outside a function", "no function is open that it could end", "end the script by exit")
        } else if self.scopes.in_copy() {
            (
                "`return` from a copy",
                "this stage, job or capture is not the function itself",
                "let the function return what it gives: let x = $(…)",
            )
        } else if self.scopes.in_defer() {
            ("`return` in `defer`", "the function ends already when this runs", "return before, or after")
        } else {
            return Some(value.map(|value| self.expr(*value)));
        };
        self.error(code::MISPLACED, span, message, label, help);
        None
    }

    fn in_loop(&mut self, word: &str, span: Span) {
        if self.loops == 0 {
            let message = format!("`{word}` outside a loop");
            let help = "a loop is for, while or each; a function is ended by return, the script by exit";
            self.error(code::MISPLACED, span, message, "no loop is open that it could reach", help);
        }
    }

    // -------------------------------------------------------------------------------------- pipelines

    pub fn and_or(&mut self, and_or: ast::AndOr<'s>) -> AndOr {
        let place = if and_or.rest.is_empty() { Place::Statement } else { Place::Joined };
        self.and_or_at(and_or, place)
    }

    pub(super) fn and_or_at(&mut self, and_or: ast::AndOr<'s>, place: Place) -> AndOr {
        self.refuse_absorbed_blocks(&and_or);
        let joined = and_or.rest.len();
        self.exec.list = Some(and_or.first.span.start);
        let whole = span_of(&and_or);
        let position =
            |pipeline: &ast::Pipeline<'s>| Position { place, whole, ..Position::statement(pipeline) };
        let position_of_first = position(&and_or.first);
        let first = self.operand(and_or.first, position_of_first, (joined > 0).then_some(Obstacle::Before));
        let mut ors = false;
        let rest = and_or.rest.into_iter().enumerate().map(|(at, (connector, pipeline))| {
            let connector = match connector {
                ast::Connector::And => Connector::And,
                ast::Connector::Or => Connector::Or,
            };
            ors |= connector == Connector::Or;
            let part =
                if at + 1 < joined { Some(Obstacle::Before) } else { ors.then_some(Obstacle::AfterOr) };
            let position = position(&pipeline);
            (connector, self.operand(pipeline, position, part))
        });
        let rest = rest.collect();
        AndOr { first, rest }
    }

    /// A pipeline of a list, where its part in the list keeps it from being an `exec`, and a block in it from having one.
    fn operand(&mut self, pipeline: ast::Pipeline<'s>, at: Position, part: Option<Obstacle>) -> Pipeline {
        let is_simple = matches!(&*pipeline.stages, [ast::Stage { kind: ast::StageKind::Simple(_), .. }]);
        if part.is_some() && !is_simple {
            return self.obstructed(Obstacle::Operand, |this| this.pipeline(pipeline, at));
        }
        let outer = self.exec.part;
        self.exec.part = outer.or(part);
        let lowered = self.pipeline(pipeline, at);
        self.exec.part = outer;
        lowered
    }

    fn pipeline(&mut self, pipeline: ast::Pipeline<'s>, at: Position) -> Pipeline {
        super::truncation::check(self, &pipeline.stages);
        code_guard::check(self, &pipeline.stages);
        let count = pipeline.stages.len();
        if count > 1 {
            self.exec.part = Some(Obstacle::Stage);
        } else if pipeline.negated {
            self.exec.part = Some(Obstacle::Negated);
        }
        let mut stages = Vec::with_capacity(count);
        for (index, stage) in pipeline.stages.into_iter().enumerate() {
            let at = Position { stage: index, ..at };
            let stage = if index + 1 == count {
                self.stage(stage, at)
            } else {
                self.copy(|this| this.stage(stage, at))
            };
            stages.extend(stage);
        }
        Pipeline { span: pipeline.span, negated: pipeline.negated, stages: stages.into_boxed_slice() }
    }

    fn stage(&mut self, stage: ast::Stage<'s>, at: Position) -> Option<Stage> {
        let (span, count) = (stage.span, at.stages);
        if let ast::StageKind::Simple(simple) = &stage.kind {
            // In a condition the line to write is a condition.
            let is_statement = at.place == Place::Statement;
            if is_statement && self.refuse_lookalike(&simple.words)
                || self.refuse_variable_command(simple, &stage.redirections, span, at)
                || !is_statement && self.refuse_lookalike(&simple.words)
            {
                return None;
            }
        }
        let redirections = self.redirections(stage.redirections.into_vec());
        if count > 1
            && matches!(
                stage.kind,
                ast::StageKind::Break | ast::StageKind::Continue | ast::StageKind::Return(_)
            )
        {
            self.error(
                code::MISPLACED,
                span,
                "this can't be a stage of a pipeline",
                "it would leave the pipeline half run",
                "",
            );
            return None;
        }
        let kind = match stage.kind {
            ast::StageKind::Simple(simple) => {
                StageKind::Command(self.simple(simple, !redirections.is_empty(), span)?)
            }
            ast::StageKind::Fail(value) => StageKind::Fail(self.expr(*value)),
            ast::StageKind::Return(value) => StageKind::Return(self.return_value(value, span)?),
            ast::StageKind::Break => {
                self.in_loop("break", span);
                StageKind::Break
            }
            ast::StageKind::Continue => {
                self.in_loop("continue", span);
                StageKind::Continue
            }
            kind => match self.exec.part {
                Some(part) => {
                    let lower = |this: &mut Self| this.compound(kind, span);
                    StageKind::Compound(Arc::new(self.obstructed(part, lower)?))
                }
                None => StageKind::Compound(Arc::new(self.compound(kind, span)?)),
            },
        };
        Some(Stage { span, kind, redirections, pipe_stderr: stage.pipe_stderr })
    }

    // -------------------------------------------------------------------------------------- compound statements

    fn compound(&mut self, kind: ast::StageKind<'s>, span: Span) -> Option<Compound> {
        Some(match kind {
            ast::StageKind::Block(block) => Compound::Block(self.block(block)),
            ast::StageKind::If(statement) => {
                let branches = statement.branches.into_iter();
                let branches = branches
                    .map(|(condition, body)| (self.condition(condition), self.open_block(body)))
                    .collect();
                let otherwise = statement.otherwise.map(|body| self.open_block(body));
                Compound::If { branches, otherwise }
            }
            ast::StageKind::While(statement) => {
                let (condition, body) = *statement;
                let condition = self.condition(condition);
                Compound::While { condition, body: self.loop_body(body) }
            }
            ast::StageKind::For(statement) => return self.for_loop(*statement),
            ast::StageKind::Each(statement) => {
                self.scopes.enter();
                let name = self.declare(statement.name);
                let body = self.each_turn_with(statement.options, statement.body);
                self.scopes.leave();
                Compound::Each { name, body }
            }
            ast::StageKind::Match(statement) => {
                let subject = self.expr(statement.subject);
                let arms = statement.arms.into_iter().map(|arm| {
                    let patterns =
                        arm.patterns.into_iter().filter_map(|word| self.match_pattern(word)).collect();
                    Arm { patterns, body: self.open_block(arm.body) }
                });
                let arms = arms.collect();
                Compound::Match { subject, arms }
            }
            ast::StageKind::Sh(habit, span) => {
                self.habit(habit, span);
                return None;
            }
            ast::StageKind::Try(statement) => {
                let ast::Try { body, handler } = *statement;
                let body = self.obstructed(Obstacle::Try, |this| this.open_block(body));
                let handler = handler.map(|(name, body)| {
                    self.scopes.enter();
                    let slot = if name.text == "_" { self.scopes.declare("_") } else { self.declare(name) };
                    let body = self.obstructed(Obstacle::Try, |this| this.open_block(body));
                    self.scopes.leave();
                    (slot, body)
                });
                Compound::Try { body, handler }
            }
            ast::StageKind::With(statement) => self.with(*statement, span),
            ast::StageKind::Spawn(_) => {
                let message = "`spawn` gives a job, which nobody takes here";
                let help = "take it: let job = spawn { … }; or write { … } & for one that is awaited at the end of the script";
                self.error(code::MISPLACED, span, message, "no stage", help);
                return None;
            }
            ast::StageKind::Simple(_)
            | ast::StageKind::Fail(_)
            | ast::StageKind::Break
            | ast::StageKind::Continue
            | ast::StageKind::Return(_) => return None,
        })
    }

    pub fn loop_body(&mut self, body: ast::Block<'s>) -> Block {
        self.loops += 1;
        let body = self.obstructed(Obstacle::Loop, |this| this.open_block(body));
        self.loops -= 1;
        body
    }

    fn for_loop(&mut self, statement: ast::For<'s>) -> Option<Compound> {
        self.refuse_loop_without_items(&statement);
        let items = match statement.items {
            ast::ForItems::Words(words) => {
                let words = if self.refuse_loop_lookalike(&words) { Vec::new() } else { words };
                let mut lowered = Vec::with_capacity(words.len());
                for word in words {
                    self.word(word, &mut lowered);
                }
                ForItems::Words(lowered.into_boxed_slice())
            }
            ast::ForItems::Value(value) => ForItems::Value(self.expr(value)),
        };
        if statement.names.len() == 2 && matches!(items, ForItems::Words(_)) {
            let span = statement.names[1].span;
            self.error(
                code::SYNTAX,
                span,
                "two names take the keys and values of a map",
                "words have no keys",
                "loop over a map: for k, v in (map) { … }",
            );
        }
        self.scopes.enter();
        let names = statement.names.into_iter().map(|name| self.declare(name)).collect();
        let body = self.each_turn_with(statement.options, statement.body);
        self.scopes.leave();
        Some(Compound::For { names, items, body })
    }
}

/// Whether a text in parentheses compares values: `(a == "x")`.
fn is_comparison(text: &str) -> bool {
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    inside.is_some_and(|inside| {
        !inside.contains(['\n', ';', '|', '&', '$'])
            && [" == ", " != ", " >= ", " <= ", " in "].iter().any(|sign| inside.contains(sign))
    })
}
