//! Tests before `&&`: `[ -f x ] && rm x; echo on` continues when the test is false, in sh and here.
//!
//! The statement then has the status 1, which only `$?` shows while other statements follow. As the last statement of
//! a file, a function or a capture, it would pass its status on: in sh the script ends there, without a message. So
//! the check follows where the status of a statement goes, and refuses such a list where the status has an effect.

use super::errors::fits_help;
use super::lower::Checker;
use super::scope::Name;
use super::words::literal;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast;

/// The destination of a statement's status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// None: the next statement runs whatever the status is.
    #[default]
    Unused,
    File,
    Function,
    /// A capture, or another block that is a value.
    Value,
    Job,
    Stage,
    /// A list in parentheses.
    List,
    /// A block before `&&` or `||`, or after `!`.
    Block,
    /// Another compound statement there.
    Compound,
}

impl Outcome {
    /// Returns the place, and the effect of the status there.
    const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Unused => ("", ""),
            Self::File => ("a file", "in sh its status 1 is that of the script"),
            Self::Function => {
                ("a function", "in sh its status 1 is that of the function, and stops the script")
            }
            Self::Value => ("a capture", "its status 1 is that of the capture"),
            Self::Job => ("a job", "its status 1 is that of the job"),
            Self::List => ("a list in parentheses", "its status 1 is that of the list"),
            Self::Stage => ("a stage", "its status 1 is that of the pipeline"),
            Self::Block | Self::Compound => ("a block with an operator", "its status 1 is that of the block"),
        }
    }
}

impl<'s> Checker<'s> {
    /// Lowers a statement whose status has this destination.
    pub(super) fn ending<T>(&mut self, outcome: Outcome, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.outcome, outcome);
        let lowered = lower(self);
        self.outcome = outer;
        lowered
    }

    /// Refuses a list that a false test before `&&` can end, where its status has an effect.
    pub fn refuse_false_test(&mut self, and_or: &ast::AndOr<'s>, outcome: Outcome) {
        if outcome == Outcome::Unused {
            return;
        }
        let pipelines: Vec<&ast::Pipeline<'s>> =
            std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|(_, pipeline)| pipeline)).collect();
        let ands = and_or.rest.iter().rev().take_while(|(connector, _)| *connector == ast::Connector::And);
        let from = and_or.rest.len() - ands.count();
        let Some(at) = (from..and_or.rest.len()).rev().find(|at| self.is_test(pipelines[*at])) else {
            return;
        };
        let help = self.condition_instead(&pipelines, at, outcome);
        let (place, label) = outcome.told();
        let message = format!("a test before `&&` that is false would end {place}");
        self.error(code::SH_TEST_AND, pipelines[at].span, message, label, &help);
    }

    /// Returns whether a list may leave a status other than 0 without failing: a value before `&&` may be a bool.
    pub fn may_end_false(&self, and_or: &ast::AndOr<'s>) -> bool {
        let mut pipelines =
            std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|(_, pipeline)| pipeline));
        let is_value = |pipeline: &ast::Pipeline<'s>| match &pipeline.stages[0].kind {
            ast::StageKind::Simple(simple) => {
                simple.words.len() == 1 && literal(simple.words.first()).is_none()
            }
            _ => true,
        };
        pipelines.any(|pipeline| self.is_test(pipeline) || is_value(pipeline))
    }

    /// Returns whether a pipeline is only a test, negated or not.
    fn is_test(&self, pipeline: &ast::Pipeline<'s>) -> bool {
        let [ast::Stage { kind: ast::StageKind::Simple(simple), redirections, .. }] = &*pipeline.stages
        else {
            return false;
        };
        let is_command = literal(simple.words.first()).as_deref() == Some("command");
        let name = literal(simple.words.get(usize::from(is_command)));
        matches!(name.as_deref(), Some("test" | "[")) || redirections.is_empty() && self.is_bool_alone(simple)
    }

    /// Returns whether a command is only a value that is known to be a bool.
    fn is_bool_alone(&self, simple: &ast::Simple<'s>) -> bool {
        let ([ast::Word { kind: ast::WordKind::Parts(parts), .. }], []) =
            (&*simple.words, &*simple.assignments)
        else {
            return false;
        };
        match &**parts {
            [ast::Part { kind: ast::PartKind::Value(value, _) | ast::PartKind::Expr(value), .. }] => {
                self.is_bool(value)
            }
            _ => false,
        }
    }

    /// Returns whether an expression is known to be a bool before anything runs.
    pub fn is_bool(&self, value: &ast::Expr<'s>) -> bool {
        use ast::Operator::{And, Equal, Greater, GreaterEqual, In, Less, LessEqual, NotEqual, Or};
        match &value.kind {
            ast::ExprKind::Bool(_) | ast::ExprKind::Unary(ast::Unary::Not, _) => true,
            ast::ExprKind::Binary(binary) => matches!(
                binary.operator,
                And | Or | Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | In
            ),
            ast::ExprKind::Name(name) => {
                matches!(self.scopes.find(name), Some(Name::Variable(variable)) if variable.is_bool)
            }
            _ => false,
        }
    }

    /// Returns `if A { B }` for `A && B`, where the pipeline at this index is the last test.
    fn condition_instead(&self, pipelines: &[&ast::Pipeline<'s>], at: usize, outcome: Outcome) -> String {
        let (first, last) = (pipelines[0].span, pipelines[pipelines.len() - 1]);
        if outcome == Outcome::Block {
            return "write it without a block around it, or put what follows the block into it".to_string();
        }
        let text = |span: Span| &self.text[span.range()];
        let own = if outcome == Outcome::Function && self.is_test(last) {
            format!("if {} {{ return true }} else {{ return false }}", text(first.to(last.span)))
        } else {
            let then = text(pipelines[at + 1].span.to(last.span));
            let end = if outcome == Outcome::Job { " &" } else { "" };
            format!("if {} {{ {then} }}{end}", text(first.to(pipelines[at].span)))
        };
        let line = if fits_help(&own) { &own } else { "if test -e lock { echo locked }" };
        format!("write it as a condition: {line}")
    }
}
