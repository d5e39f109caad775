//! Conditions of `if` and `while`: an expression in parentheses, or commands.

use super::lower::Checker;
use super::program::*;
use super::replace::Obstacle;
use super::subshells::pipelines;
use super::variable_commands::Place;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast;
use crate::value::Value;

impl<'s> Checker<'s> {
    pub(super) fn condition(&mut self, condition: ast::Condition<'s>) -> Condition {
        match condition.kind {
            ast::ConditionKind::Value(value) => {
                // `if (make) {`: the name of a program in the place of an expression.
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
                let value = self.expr(value);
                self.status.is_first = false;
                Condition::Value(value)
            }
            ast::ConditionKind::Command(and_or)
                if matches!(and_or.first.stages[0].kind, ast::StageKind::Subshell(_))
                    && !and_or.first.negated =>
            {
                let inside = &self.text[condition.span.range()];
                if let Some((at, length, help)) = crate::syntax::operator_elsewhere(inside) {
                    let start = condition.span.start as usize + at;
                    let span = Span::new(start, start + length);
                    self.error(code::SYNTAX, span, "there is no such operator", "not in Pipewright", &help);
                    return Condition::Value(Expr { span, kind: ExprKind::Value(Value::Null) });
                }
                self.error(
                    code::SYNTAX,
                    condition.span,
                    "these parentheses don't contain an expression",
                    "commands in a condition have no parentheses",
                    "test files by a command: if test -f list { … }; join values by `and`, `or`, `not`: if (a == 1 and b) { … }",
                );
                Condition::Value(Expr { span: condition.span, kind: ExprKind::Value(Value::Null) })
            }
            ast::ConditionKind::Command(and_or) => {
                if self.refuse_value_in_parentheses(&and_or, span_of(&and_or)) {
                    return Condition::Value(Expr {
                        span: condition.span,
                        kind: ExprKind::Value(Value::Null),
                    });
                }
                if let Some(list) = subshell_of(&and_or) {
                    let message = "`( … )` can't be in a condition";
                    let label = "in sh its commands would go on after one that fails";
                    let help = "values are compared in parentheses of their own: if (n > 2) { … }; commands have none there";
                    self.error(code::SH_SUBSHELL, list, message, label, help);
                    return Condition::Value(Expr {
                        span: condition.span,
                        kind: ExprKind::Value(Value::Null),
                    });
                }
                let part = self.exec.part.replace(Obstacle::Condition);
                let command = self.and_or_at(*and_or, Place::Condition);
                self.exec.part = part;
                Condition::Command(command)
            }
        }
    }
}

/// Returns the place of commands in parentheses in a condition.
fn subshell_of(and_or: &ast::AndOr<'_>) -> Option<Span> {
    pipelines(and_or).flat_map(|pipeline| &pipeline.stages).find_map(|stage| match &stage.kind {
        ast::StageKind::Subshell(list) => Some(list.span),
        _ => None,
    })
}

/// Returns the span of a whole list of commands.
pub fn span_of(and_or: &ast::AndOr<'_>) -> Span {
    and_or.first.span.to(and_or.rest.last().map_or(and_or.first.span, |(_, pipeline)| pipeline.span))
}
