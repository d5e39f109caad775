//! Statements: names become slots, and what can't be meant is refused.

use super::program::*;
use super::scope::{Scopes, Variable};
use super::sh_habits;
use crate::builtins;
use crate::diag::{Code, Diagnostic, Source, code};
use crate::span::Span;
use crate::syntax::ast::{self, Habit};
use crate::value::Value;
use std::sync::Arc;

/// The check of one script.
pub struct Checker<'s> {
    pub source: &'s Arc<Source>,
    pub text: &'s str,
    pub errors: Vec<Diagnostic>,
    pub scopes: Scopes<'s>,
    /// How many loops are open that a `break` here can reach.
    loops: usize,
}

/// More errors than this are not reported: the first ones are the ones to mend.
const MAX_ERRORS: usize = 20;

pub fn script<'s>(source: &'s Arc<Source>, block: ast::Block<'s>) -> (Program, Vec<Diagnostic>) {
    let mut checker =
        Checker { source, text: source.text(), errors: Vec::new(), scopes: Scopes::default(), loops: 0 };
    checker.scopes.enter();
    let args = checker.scopes.declare("args");
    debug_assert_eq!(args, ARGS);
    let body = checker.statements(block.statements);
    let program = Program { source: source.clone(), body, slots: checker.scopes.slots() };
    (program, checker.errors)
}

impl<'s> Checker<'s> {
    // -------------------------------------------------------------------------------------- errors

    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>, label: &str, help: &str) {
        if self.errors.len() < MAX_ERRORS {
            let mut error = Diagnostic::new(code, message).at(self.source, span, label);
            if !help.is_empty() {
                error = error.help(help);
            }
            self.errors.push(error);
        }
    }

    pub fn habit(&mut self, habit: Habit, span: Span) {
        self.sh(&sh_habits::of(habit), span);
    }

    pub fn sh(&mut self, row: &sh_habits::Row, span: Span) {
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
        self.scopes.enter();
        let block = self.statements(block.statements);
        self.scopes.leave();
        block
    }

    /// Commands that work on a copy of the variables.
    pub fn copy<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.enter_copy();
        let loops = std::mem::take(&mut self.loops);
        let lowered = lower(self);
        self.loops = loops;
        self.scopes.leave_copy();
        lowered
    }

    fn statements(&mut self, statements: Vec<ast::Statement<'s>>) -> Block {
        let mut lowered = Vec::with_capacity(statements.len());
        for statement in statements {
            let span = statement.span;
            if let Some(kind) = self.statement(statement) {
                lowered.push(Statement { span, kind });
            }
        }
        Block { statements: lowered.into_boxed_slice() }
    }

    fn statement(&mut self, statement: ast::Statement<'s>) -> Option<StatementKind> {
        let span = statement.span;
        Some(match statement.kind {
            ast::StatementKind::Stage(stage) => self.single_stage(stage)?,
            ast::StatementKind::AndOr(and_or) => {
                self.refuse_test_and(&and_or);
                if and_or.background {
                    let and_or = self.copy(|this| this.and_or(and_or));
                    StatementKind::Background(Arc::new(and_or))
                } else if and_or.rest.is_empty() {
                    StatementKind::Pipeline(Box::new(self.pipeline(and_or.first)))
                } else {
                    StatementKind::AndOr(Box::new(self.and_or(and_or)))
                }
            }
            ast::StatementKind::Let { name, value } => {
                // The value is resolved first: `let x = x + 1` in a block means the outer x.
                let value = self.expr(value);
                StatementKind::Let(self.declare(name), value)
            }
            ast::StatementKind::Assign { place, operator, operator_span, value } => {
                return self.assign(place, operator, operator_span, *value);
            }
            ast::StatementKind::Call(call) => StatementKind::Evaluate(self.expr(call)),
            ast::StatementKind::Function(function) => {
                self.unsupported("a function", function.name.span);
                return None;
            }
            ast::StatementKind::Defer(_) => {
                self.unsupported("`defer`", span);
                return None;
            }
            ast::StatementKind::Use { .. } => {
                self.unsupported("`use`", span);
                return None;
            }
            ast::StatementKind::Sh(habit) => {
                self.habit(habit, span);
                return None;
            }
        })
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
            ast::StageKind::Simple(_) | ast::StageKind::Return(_) => {
                let span = stage.span;
                let pipeline = ast::Pipeline { span, negated: false, stages: vec![stage] };
                StatementKind::Pipeline(Box::new(self.pipeline(pipeline)))
            }
            _ if plain => StatementKind::Compound(Arc::new(self.compound(stage.kind, stage.span)?)),
            _ => {
                let span = stage.span;
                let pipeline = ast::Pipeline { span, negated: false, stages: vec![stage] };
                StatementKind::Pipeline(Box::new(self.pipeline(pipeline)))
            }
        })
    }

    fn in_loop(&mut self, word: &str, span: Span) {
        if self.loops == 0 {
            let message = format!("`{word}` outside a loop");
            self.error(code::MISPLACED, span, message, "no loop is open that it could reach", "");
        }
    }

    pub fn declare(&mut self, name: ast::Name<'s>) -> Slot {
        let own = matches!(
            name.text,
            "env"
                | "args"
                | "true"
                | "false"
                | "null"
                | "_"
                | "lines"
                | "json"
                | "bytes"
                | "capture"
                | "and"
                | "or"
                | "not"
        );
        if own || builtins::KEYWORDS.contains(&name.text) {
            let message = format!("`{}` can't be declared", name.text);
            self.error(
                code::DUPLICATE_NAME,
                name.span,
                message,
                "this name is the language's own",
                "choose another name",
            );
        }
        if self.scopes.is_declared_here(name.text) {
            let message = format!("`{}` is declared twice in one block", name.text);
            let help = format!("assign to it: {} = …", name.text);
            self.error(code::DUPLICATE_NAME, name.span, message, "declared before", &help);
        }
        self.scopes.declare(name.text)
    }

    /// The variable that an assignment means.
    fn assigned(&mut self, name: &str, span: Span) -> Option<Slot> {
        let Some(variable) = self.scopes.find(name) else {
            self.undeclared(name, span, true);
            return None;
        };
        self.refuse_copied(name, variable, span);
        Some(variable.slot)
    }

    fn refuse_copied(&mut self, name: &str, variable: Variable, span: Span) {
        if self.scopes.is_copied(variable) {
            let message = format!("`{name}` is a copy here, so the assignment would be lost");
            let label = "this stage, job or capture works on copies of the variables";
            self.error(
                code::COPIED_VARIABLE,
                span,
                message,
                label,
                "let the last stage assign it, or take the value out: let x = $(…)",
            );
        }
    }

    pub fn undeclared(&mut self, name: &str, span: Span, assigning: bool) {
        let help = match self.scopes.similar(name) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None if assigning && builtins::find(name).is_some() => {
                format!("this assigns, as `=` stands between blanks; as an argument it is quoted: {name} '='")
            }
            None if assigning => {
                format!("declare it: let {name} = …; as an argument of a command `=` is quoted: '='")
            }
            None if name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') => {
                format!("the environment is env.{name}")
            }
            None if name == "_" => "this is a variable of shells".to_string(),
            None => format!("declare it before: let {name} = …; the environment is env.NAME"),
        };
        self.error(
            code::UNDECLARED_NAME,
            span,
            format!("`{name}` is not declared"),
            "no such variable here",
            &help,
        );
    }

    fn assign(
        &mut self,
        place: ast::Expr<'s>,
        operator: ast::Operator,
        operator_span: Span,
        value: ast::Expr<'s>,
    ) -> Option<StatementKind> {
        let place_span = place.span;
        let mut path = Vec::new();
        let mut root = place;
        loop {
            match root.kind {
                ast::ExprKind::Name(name) => {
                    return self.assign_to(name, root.span, path, operator, operator_span, value);
                }
                ast::ExprKind::Field(inner, key) => {
                    let key = Value::str(key.text.as_bytes());
                    path.insert(0, Expr { span: root.span, kind: ExprKind::Value(key) });
                    root = *inner;
                }
                ast::ExprKind::Index(inner) => {
                    let (inner, index) = *inner;
                    path.insert(0, self.expr(index));
                    root = inner;
                }
                _ => {
                    self.error(
                        code::SYNTAX,
                        place_span,
                        "this can't be assigned to",
                        "not a variable, element or field",
                        "",
                    );
                    return None;
                }
            }
        }
    }

    fn assign_to(
        &mut self,
        name: &'s str,
        span: Span,
        path: Vec<Expr>,
        operator: ast::Operator,
        operator_span: Span,
        value: ast::Expr<'s>,
    ) -> Option<StatementKind> {
        let environment = name == "env" && self.scopes.find("env").is_none();
        if environment && path.len() != 1 {
            self.error(
                code::SYNTAX,
                span,
                "a variable of the environment is assigned by its name",
                "not as a whole",
                "write: env.NAME = \"value\"",
            );
            return None;
        }
        let slot = if environment { ARGS } else { self.assigned(name, span)? };
        // `s = s ++ x` grows s in place: a million appends must not copy it a million times.
        if path.is_empty() && !environment && operator == ast::Operator::Assign {
            match value.kind {
                ast::ExprKind::Binary(binary)
                    if binary.operator == ast::Operator::Join
                        && matches!(binary.left.kind, ast::ExprKind::Name(left) if left == name) =>
                {
                    return Some(StatementKind::Append(slot, self.expr(binary.right)));
                }
                kind => {
                    let value = self.expr(ast::Expr { span: value.span, kind });
                    return Some(StatementKind::Let(slot, value));
                }
            }
        }
        let value = self.expr(value);
        if operator == ast::Operator::Join && path.is_empty() && !environment {
            return Some(StatementKind::Append(slot, value));
        }
        let operator = match operator {
            ast::Operator::Assign => None,
            ast::Operator::Coalesce => Some(Assigning::Coalesce),
            other => Some(Assigning::Operator(super::expressions::operation(other)?)),
        };
        let path = path.into_boxed_slice();
        Some(StatementKind::Assign(Box::new(Assign {
            slot,
            path,
            operator,
            operator_span,
            value,
            environment,
        })))
    }

    // -------------------------------------------------------------------------------------- pipelines

    /// `test -f x && cmd`: sh goes on after it even under `set -e`; as a statement here it would raise.
    fn refuse_test_and(&mut self, and_or: &ast::AndOr<'s>) {
        let ors = and_or.rest.iter().any(|(connector, _)| *connector == ast::Connector::Or);
        let ast::StageKind::Simple(simple) = &and_or.first.stages[0].kind else { return };
        let tests = and_or.first.stages.len() == 1
            && matches!(super::words::literal(simple.words.first()).as_deref(), Some("test" | "["));
        if tests && !ors && !and_or.rest.is_empty() {
            let span = and_or.first.span;
            let help = "write it as a condition:\nif test -e lock { echo locked }";
            self.error(
                code::SH_TEST_AND,
                span,
                "a test before `&&` would stop the script when it is false",
                "in sh the script goes on after this",
                help,
            );
        }
    }

    /// `{ false; echo x; } || y` prints x in sh, where a failure that is absorbed stops nothing.
    fn refuse_absorbed_blocks(&mut self, and_or: &ast::AndOr<'s>) {
        let pipelines: Vec<&ast::Pipeline<'s>> =
            std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|(_, pipeline)| pipeline)).collect();
        let last_or = and_or.rest.iter().rposition(|(connector, _)| *connector == ast::Connector::Or);
        for (index, pipeline) in pipelines.into_iter().enumerate() {
            if !(pipeline.negated || last_or.is_some_and(|or| index <= or)) {
                continue;
            }
            let block = pipeline.stages.iter().find_map(|stage| match &stage.kind {
                ast::StageKind::Block(block) if block.statements.len() > 1 => Some(block.span),
                _ => None,
            });
            if let Some(span) = block {
                let help =
                    "join its commands, which is the same in sh:\n{ make && make install; } || echo failed";
                self.error(
                    code::SH_BLOCK,
                    span,
                    "a failure in this block is absorbed behind it",
                    "in sh the block would go on after a failing command",
                    help,
                );
            }
        }
    }

    pub fn and_or(&mut self, and_or: ast::AndOr<'s>) -> AndOr {
        self.refuse_absorbed_blocks(&and_or);
        let first = self.pipeline(and_or.first);
        let rest = and_or.rest.into_iter().map(|(connector, pipeline)| {
            let connector = match connector {
                ast::Connector::And => Connector::And,
                ast::Connector::Or => Connector::Or,
            };
            (connector, self.pipeline(pipeline))
        });
        let rest = rest.collect();
        AndOr { first, rest }
    }

    fn pipeline(&mut self, pipeline: ast::Pipeline<'s>) -> Pipeline {
        super::truncation::check(self, &pipeline.stages);
        let count = pipeline.stages.len();
        let mut stages = Vec::with_capacity(count);
        for (index, stage) in pipeline.stages.into_iter().enumerate() {
            let stage = if index + 1 == count {
                self.stage(stage, count)
            } else {
                self.copy(|this| this.stage(stage, count))
            };
            stages.extend(stage);
        }
        Pipeline { span: pipeline.span, negated: pipeline.negated, stages: stages.into_boxed_slice() }
    }

    fn stage(&mut self, stage: ast::Stage<'s>, count: usize) -> Option<Stage> {
        let span = stage.span;
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
        }
        let kind = match stage.kind {
            ast::StageKind::Simple(simple) => {
                StageKind::Command(self.simple(simple, !redirections.is_empty(), span)?)
            }
            ast::StageKind::Fail(value) => StageKind::Fail(self.expr(*value)),
            ast::StageKind::Break => {
                self.in_loop("break", span);
                StageKind::Break
            }
            ast::StageKind::Continue => {
                self.in_loop("continue", span);
                StageKind::Continue
            }
            kind => StageKind::Compound(Arc::new(self.compound(kind, span)?)),
        };
        Some(Stage { span, kind, redirections, pipe_stderr: stage.pipe_stderr })
    }

    // -------------------------------------------------------------------------------------- compound statements

    fn compound(&mut self, kind: ast::StageKind<'s>, span: Span) -> Option<Compound> {
        Some(match kind {
            ast::StageKind::Block(block) => Compound::Block(self.block(block)),
            ast::StageKind::If(statement) => {
                let branches = statement.branches.into_iter();
                let branches =
                    branches.map(|(condition, body)| (self.condition(condition), self.block(body))).collect();
                let otherwise = statement.otherwise.map(|body| self.block(body));
                Compound::If { branches, otherwise }
            }
            ast::StageKind::While(statement) => {
                let (condition, body) = *statement;
                let condition = self.condition(condition);
                Compound::While { condition, body: self.loop_body(body) }
            }
            ast::StageKind::For(statement) => return self.for_loop(*statement),
            ast::StageKind::Each(statement) => {
                if !statement.options.is_empty() {
                    self.unsupported("`with` on a loop", span);
                }
                self.scopes.enter();
                let name = self.declare(statement.name);
                let body = self.loop_body(statement.body);
                self.scopes.leave();
                Compound::Each { name, body }
            }
            ast::StageKind::Match(statement) => {
                let subject = self.expr(statement.subject);
                let arms = statement.arms.into_iter().map(|arm| {
                    let patterns =
                        arm.patterns.into_iter().filter_map(|word| self.match_pattern(word)).collect();
                    Arm { patterns, body: self.block(arm.body) }
                });
                let arms = arms.collect();
                Compound::Match { subject, arms }
            }
            ast::StageKind::Sh(habit, span) => {
                self.habit(habit, span);
                return None;
            }
            ast::StageKind::Try(_) => return self.not_yet("`try`", span),
            ast::StageKind::With(_) => return self.not_yet("`with`", span),
            ast::StageKind::Spawn(_) => return self.not_yet("`spawn`", span),
            ast::StageKind::Return(_) => {
                self.error(
                    code::MISPLACED,
                    span,
                    "`return` outside a function",
                    "no function is open that it could end",
                    "end the script by exit",
                );
                return None;
            }
            ast::StageKind::Simple(_)
            | ast::StageKind::Fail(_)
            | ast::StageKind::Break
            | ast::StageKind::Continue => return None,
        })
    }

    fn not_yet(&mut self, what: &str, span: Span) -> Option<Compound> {
        self.unsupported(what, span);
        None
    }

    fn loop_body(&mut self, body: ast::Block<'s>) -> Block {
        self.loops += 1;
        let body = self.block(body);
        self.loops -= 1;
        body
    }

    fn for_loop(&mut self, statement: ast::For<'s>) -> Option<Compound> {
        if let Some((name, _)) = statement.options.first() {
            self.unsupported("`with` on a loop", name.span);
        }
        let items = match statement.items {
            ast::ForItems::Words(words) => {
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
        let body = self.loop_body(statement.body);
        self.scopes.leave();
        Some(Compound::For { names, items, body })
    }

    fn condition(&mut self, condition: ast::Condition<'s>) -> Condition {
        match condition.kind {
            ast::ConditionKind::Value(value) => {
                // `if (make) {`: a program's name where an expression stands.
                if let ast::ExprKind::Name(name) = value.kind
                    && self.scopes.find(name).is_none()
                {
                    let help = format!("drop the parentheses to run a command: if {name} {{ … }}");
                    self.error(
                        code::UNDECLARED_NAME,
                        value.span,
                        format!("`{name}` is not declared"),
                        "parentheses hold an expression",
                        &help,
                    );
                    return Condition::Value(Expr { span: value.span, kind: ExprKind::Value(Value::Null) });
                }
                Condition::Value(self.expr(value))
            }
            ast::ConditionKind::Command(and_or) => Condition::Command(self.and_or(*and_or)),
        }
    }
}
