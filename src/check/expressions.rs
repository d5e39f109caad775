//! Expressions: names become slots, literals become values, calls are bound to functions.

use super::false_tests::Outcome;
use super::lower::Checker;
use super::program::*;
use super::scope::Name;
use super::types;
use crate::diag::code;
use crate::methods;
use crate::span::Span;
use crate::syntax::ast::{self, BlockKind, PartKind, ShConstruct};
use crate::syntax::nesting;
use crate::sys::stack;
use crate::value::literal::parse_number;
use crate::value::ops::Op;
use crate::value::{Str, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Returns the operation of an operator that has one.
pub const fn operation(operator: ast::Operator) -> Option<Op> {
    use ast::Operator;
    Some(match operator {
        Operator::Equal => Op::Eq,
        Operator::NotEqual => Op::Ne,
        Operator::Less => Op::Lt,
        Operator::LessEqual => Op::Le,
        Operator::Greater => Op::Gt,
        Operator::GreaterEqual => Op::Ge,
        Operator::In => Op::In,
        Operator::Join => Op::Concat,
        Operator::Add => Op::Add,
        Operator::Subtract => Op::Sub,
        Operator::Multiply => Op::Mul,
        Operator::Divide => Op::Div,
        Operator::FloorDivide => Op::FloorDiv,
        Operator::Remainder => Op::Rem,
        Operator::Power => Op::Pow,
        _ => return None,
    })
}

impl<'s> Checker<'s> {
    pub fn expr(&mut self, expr: ast::Expr<'s>) -> Expr {
        let span = expr.span;
        if stack::is_low() {
            self.report(*nesting::stack_is_full(self.source, span));
            return Expr { span, kind: ExprKind::Value(Value::Null) };
        }
        Expr { span, kind: self.expr_kind(expr.kind, span) }
    }

    pub(super) fn boxed(&mut self, expr: ast::Expr<'s>) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn expr_kind(&mut self, kind: ast::ExprKind<'s>, span: Span) -> ExprKind {
        match kind {
            ast::ExprKind::Null => ExprKind::Value(Value::Null),
            ast::ExprKind::Bool(value) => ExprKind::Value(Value::Bool(value)),
            ast::ExprKind::Number(text) => self.number(text, span),
            ast::ExprKind::String(parts) => self.string(parts),
            ast::ExprKind::Name(name) => self.name(name, span),
            ast::ExprKind::List(items) => {
                ExprKind::List(items.into_iter().map(|item| self.expr(item)).collect())
            }
            ast::ExprKind::Spread(list) => ExprKind::Spread(self.boxed(*list)),
            ast::ExprKind::Map(entries) => {
                self.refuse_same_keys(&entries);
                ExprKind::Map(
                    entries.into_iter().map(|(key, value)| (self.expr(key), self.expr(value))).collect(),
                )
            }
            ast::ExprKind::Unary(ast::Unary::Negate, operand) => match operand.kind {
                // A literal is parsed as a whole, so that the smallest integer can be written.
                ast::ExprKind::Number(text) => self.number(&format!("-{text}"), span),
                _ => ExprKind::Negate(self.boxed(*operand)),
            },
            ast::ExprKind::Unary(ast::Unary::Not, operand) => ExprKind::Not(self.boxed(*operand)),
            ast::ExprKind::Binary(binary) => self.binary(*binary),
            ast::ExprKind::Conditional(parts) => {
                let [condition, yes, no] = *parts;
                ExprKind::Conditional(Box::new((self.expr(condition), self.expr(yes), self.expr(no))))
            }
            ast::ExprKind::Lambda(names, body) => self.lambda(names, *body, span),
            ast::ExprKind::Call(callee, arguments) => self.call(*callee, arguments, span),
            ast::ExprKind::Method(receiver, name, arguments) => self.method(*receiver, name, arguments, span),
            ast::ExprKind::Field(receiver, name) => match receiver.kind {
                ast::ExprKind::Name(_) if self.is_environment(&receiver) => {
                    ExprKind::Environment { name: Str::from(name.text), required: false }
                }
                ast::ExprKind::Name(root) => match self.scopes.find(root) {
                    Some(Name::Module(id)) => match self.member(id, root, name) {
                        Some(meaning) => self.meaning(meaning, name.text, span),
                        None => ExprKind::Value(Value::Null),
                    },
                    Some(_) => ExprKind::Field(self.boxed(*receiver), Str::from(name.text)),
                    None => match super::lookalikes::member_elsewhere(root, name.text) {
                        Some(help) => {
                            let message = format!("no `{root}.{}`", name.text);
                            self.error(code::UNDECLARED_NAME, span, message, "not in Pipewright", help);
                            ExprKind::Value(Value::Null)
                        }
                        None => ExprKind::Field(self.boxed(*receiver), Str::from(name.text)),
                    },
                },
                _ => ExprKind::Field(self.boxed(*receiver), Str::from(name.text)),
            },
            ast::ExprKind::Index(parts) => {
                let (receiver, index) = *parts;
                if self.is_environment(&receiver) {
                    return ExprKind::EnvironmentOf(self.boxed(index));
                }
                ExprKind::Index(Box::new((self.expr(receiver), self.expr(index))))
            }
            ast::ExprKind::Capture(block) => ExprKind::Capture(Box::new(self.capture(*block))),
            ast::ExprKind::Block(kind, block) => match kind {
                BlockKind::Lines => ExprKind::Lines(Box::new(self.capture(*block))),
                BlockKind::Bytes => ExprKind::Bytes(Box::new(self.capture(*block))),
                BlockKind::Json => ExprKind::Json(Box::new(self.capture(*block))),
                BlockKind::Capture => {
                    ExprKind::Record { capture: true, body: Box::new(self.capture(*block)) }
                }
                BlockKind::Try => {
                    let body = self.ending(Outcome::Value, |this| this.block(*block));
                    ExprKind::Record { capture: false, body: Box::new(body) }
                }
                BlockKind::Spawn | BlockKind::SpawnCapture => {
                    let lower = |this: &mut Self| this.copy(|this| this.block(*block));
                    let body = Arc::new(self.ending(Outcome::Job, lower));
                    ExprKind::Spawn { capture: kind == BlockKind::SpawnCapture, body }
                }
            },
            ast::ExprKind::Worker(worker) => ExprKind::Worker(Arc::new(self.worker(*worker))),
            ast::ExprKind::Service(service) => ExprKind::Service(Arc::new(self.service(*service))),
            ast::ExprKind::Sh(ShConstruct::Operator) => {
                self.foreign_not(span);
                ExprKind::Value(Value::Null)
            }
            ast::ExprKind::Sh(habit) => {
                self.habit(habit, span);
                ExprKind::Value(Value::Null)
            }
        }
    }

    /// Lowers commands whose output is captured: they work on copies of variables, directory and
    /// environment.
    pub fn capture(&mut self, block: ast::Block<'s>) -> Block {
        self.ending(Outcome::Value, |this| this.copy(|this| this.block(block)))
    }

    fn number(&mut self, text: &str, span: Span) -> ExprKind {
        match parse_number(text) {
            Ok(value) => ExprKind::Value(value),
            Err(error) => {
                let help = error.help().unwrap_or_default();
                self.error(code::BAD_NUMBER, span, error.to_string(), "not a number", &help);
                ExprKind::Value(Value::Null)
            }
        }
    }

    fn string(&mut self, parts: Box<[ast::Part<'s>]>) -> ExprKind {
        let parts = self.parts(parts.into_vec(), true);
        match &*parts {
            [] => ExprKind::Value(Value::str(Vec::new())),
            [Part::Text(text)] => ExprKind::Value(Value::Str(text.clone())),
            _ => ExprKind::Text(parts.into_boxed_slice()),
        }
    }

    fn name(&mut self, name: &'s str, span: Span) -> ExprKind {
        if let Some(meaning) = self.scopes.find(name) {
            if let Name::Variable(variable) = meaning {
                self.lints.read(variable.id);
                self.note_used(name, variable);
            }
            return self.meaning(meaning, name, span);
        }
        if name == "env" {
            self.error(
                code::UNDECLARED_NAME,
                span,
                "the environment is read by name",
                "not as a whole",
                "write: env.NAME, or env[name] for a computed name",
            );
        } else if super::calls::intrinsic(name).is_some()
            || methods::function(name).is_some()
            || self.project.hosted.function(name).is_some()
        {
            self.error(
                code::UNDECLARED_NAME,
                span,
                format!("`{name}` is a function"),
                "it is not called here",
                &format!("write: {name}(…)"),
            );
        } else {
            self.undeclared(name, span, false);
        }
        ExprKind::Value(Value::Null)
    }

    /// Returns the meaning of a declared name.
    pub(super) fn meaning(&mut self, meaning: Name, name: &str, span: Span) -> ExprKind {
        match meaning {
            Name::Variable(variable) => match self.reach(name, variable, span) {
                Some(slot) => ExprKind::Slot(slot),
                None => ExprKind::Value(Value::Null),
            },
            Name::Function(id) => {
                self.called(id, span, false);
                ExprKind::Function(id)
            }
            Name::Module(_) => {
                let message = format!("`{name}` is a file that is used");
                let help = format!("name a member of it: {name}.…");
                self.error(code::UNDECLARED_NAME, span, message, "no value", &help);
                ExprKind::Value(Value::Null)
            }
        }
    }

    /// Lowers `$name` in a word: a variable, or a capitalised name of the environment.
    pub fn dollar(&mut self, name: &'s str, span: Span) -> ExprKind {
        if self.scopes.find(name).is_some() {
            return self.name(name, span);
        }
        if super::shell_variables::SHELL_VARIABLES.contains(&name) {
            let message = format!("${name} is set by shells, but not here");
            let help = match name {
                "BASH_SOURCE" => {
                    "the script's own path is script_path(), its directory script_path().dirname()".into()
                }
                _ => format!("a variable of the environment that has this name is $[env.{name}]"),
            };
            self.error(code::SH_VARIABLE, span, message, "would be unset or stale", &help);
            return ExprKind::Value(Value::Null);
        }
        let capitals = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if capitals && name.bytes().any(|b| b.is_ascii_uppercase()) {
            return ExprKind::Environment { name: Str::from(name), required: true };
        }
        self.name(name, span)
    }

    fn binary(&mut self, binary: ast::Binary<'s>) -> ExprKind {
        use ast::Operator;
        let ast::Binary { operator, operator_span, left, right } = binary;
        if operator == Operator::Sh {
            self.foreign_operator(operator_span);
            return ExprKind::Value(Value::Null);
        }
        let operands = Box::new((self.expr(left), self.expr(right)));
        match operator {
            Operator::And => ExprKind::And(operands),
            Operator::Or => ExprKind::Or(operands),
            Operator::Coalesce => ExprKind::Coalesce(operands),
            Operator::RangeInclusive => ExprKind::Range { inclusive: true, bounds: operands },
            Operator::RangeExclusive => ExprKind::Range { inclusive: false, bounds: operands },
            other => match operation(other) {
                Some(operator) => {
                    let found = types::operation(&self.context(), operator, operator_span, &operands);
                    self.take(found);
                    ExprKind::Binary { operator, operands }
                }
                None => ExprKind::Value(Value::Null),
            },
        }
    }

    /// Refuses `{a: 1, a: 2}`: only the last value would remain.
    fn refuse_same_keys(&mut self, entries: &[(ast::Expr<'s>, ast::Expr<'s>)]) {
        let mut seen = HashSet::new();
        for (key, _) in entries {
            let ast::ExprKind::String(parts) = &key.kind else { continue };
            let [ast::Part { kind: PartKind::Quoted(text), .. }] = &**parts else { continue };
            if !seen.insert(&**text) {
                let message = format!("the key `{}` appears twice in one map", crate::diag::visible(text));
                let help = "remove one of them, or give it another name";
                self.error(code::DUPLICATE_NAME, key.span, message, "the second", help);
            }
        }
    }
}
