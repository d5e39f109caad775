//! Variables: declared, found, assigned.

use super::lower::Checker;
use super::program::*;
use super::scope::{Name, Variable};
use super::side_by_side::Effect;
use crate::builtins;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast;
use crate::value::Value;

impl<'s> Checker<'s> {
    /// Refuses a name that is reserved by the language.
    pub fn refuse_own_name(&mut self, name: ast::Name<'s>) {
        if is_own_name(name.text) {
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
            let help = match self.scopes.find(name.text) {
                Some(Name::Variable(_)) => format!("assign to it: {} = …", name.text),
                _ => "choose another name".to_string(),
            };
            self.error(code::DUPLICATE_NAME, name.span, message, "declared again", &help);
            let first = self.scopes.find(name.text).and_then(|first| self.lints.declared_at(first));
            if let (Some(first), Some(page)) = (first, self.errors.pop()) {
                self.errors.push(page.also_at(self.source, first, "declared first"));
            }
        }
    }

    pub fn declare(&mut self, name: ast::Name<'s>) -> Slot {
        self.refuse_own_name(name);
        let slot = self.scopes.declare(name.text);
        self.note_declared(name.span);
        slot
    }

    /// Returns the variable that an assignment refers to.
    pub fn assigned(&mut self, name: &str, span: Span) -> Option<Slot> {
        let variable = match self.scopes.find(name) {
            Some(Name::Variable(variable)) => variable,
            Some(meaning) => {
                let message = format!("`{name}` is not a variable");
                let (label, help) = match meaning {
                    Name::Module(_) => (
                        "a file that is used, whose variables only that file assigns",
                        "let the file have a function for it, and call that",
                    ),
                    _ => ("this is a function", "choose another name for the variable"),
                };
                self.error(code::SYNTAX, span, message, label, help);
                return None;
            }
            None => {
                self.undeclared(name, span, true);
                return None;
            }
        };
        self.refuse_copied(name, variable, span);
        self.note_used(name, variable);
        if let Some(function) = self.function
            && self.scopes.is_of_module(variable)
        {
            self.project.assigns(function, name);
        }
        self.reach(name, variable, span)
    }

    /// Returns the slot of a variable in the open function.
    pub fn reach(&mut self, name: &str, variable: Variable, span: Span) -> Option<Slot> {
        let reached = self.scopes.reach(variable);
        if reached.is_err() {
            let message = format!("`{name}` belongs to the function around this one");
            let label = "a function has its own variables, and those of its file";
            self.error(code::UNDECLARED_NAME, span, message, label, "pass it as a parameter");
        }
        reached.ok()
    }

    fn refuse_copied(&mut self, name: &str, variable: Variable, span: Span) {
        if self.scopes.is_copied(variable) {
            if let Some(turn) = self.reach.turn {
                return self.refuse_assignment_in_turn(turn, name, span);
            }
            let message = format!("`{name}` is a copy here, so the assignment would be lost");
            let label = "these commands work on copies of the variables";
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
        // The search for similar names takes time for each known name.
        if self.is_full() {
            return;
        }
        let help = match self.scopes.similar(name) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None if assigning && builtins::find(name).is_some() => {
                format!(
                    "this assigns, because `=` is between blanks; to pass it as an argument, quote it: {name} '='"
                )
            }
            None if assigning => {
                format!("declare it: let {name} = …; as an argument of a command `=` is quoted: '='")
            }
            None if name == "_" => "it is the last word of the command before in shells: write that word again, or declare it: let dir = …".to_string(),
            None if name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') => {
                format!("the environment is env.{name}")
            }
            None if self.text[..span.start as usize].trim_end().ends_with("//") => {
                "a comment begins with `#`; `//` divides".to_string()
            }
            None if matches!(name, "True" | "False") => format!("write: {}", name.to_lowercase()),
            None if matches!(name, "None" | "nil" | "undefined" | "NULL") => "write: null".to_string(),
            // In a word, the `$` shows that a variable is meant.
            None if self.text[..span.start as usize].ends_with(['$', '{'])
                || self.text[span.range()].starts_with('$') =>
            {
                format!("declare it before: let {name} = …; the environment is env.NAME")
            }
            None => format!(
                "declare it before: let {name} = …; text is quoted: \"{name}\"; what a program prints is $({name})"
            ),
        };
        self.error(
            code::UNDECLARED_NAME,
            span,
            format!("`{name}` is not declared"),
            "no such variable here",
            &help,
        );
    }

    pub(super) fn assign(
        &mut self,
        place: ast::Expr<'s>,
        operator: ast::Operator,
        operator_span: Span,
        value: ast::Expr<'s>,
    ) -> Option<StatementKind> {
        let span = place.span;
        let Some((root, at, path)) = self.place(place) else {
            self.error(
                code::SYNTAX,
                span,
                "this can't be assigned to",
                "not a variable, element or field",
                "",
            );
            return None;
        };
        self.assign_to(root, at, path.into_vec(), operator, operator_span, value)
    }

    /// Returns a variable, and the keys and indices after it.
    pub fn place(&mut self, place: ast::Expr<'s>) -> Option<(&'s str, Span, Box<[Expr]>)> {
        let mut path = Vec::new();
        let mut root = place;
        loop {
            match root.kind {
                ast::ExprKind::Name(name) => {
                    path.reverse();
                    return Some((name, root.span, path.into_boxed_slice()));
                }
                ast::ExprKind::Field(inner, key) => {
                    let value = Value::str(key.text.as_bytes());
                    path.push(Expr { span: root.span, kind: ExprKind::Value(value) });
                    root = *inner;
                }
                ast::ExprKind::Index(inner) => {
                    let (inner, index) = *inner;
                    path.push(self.expr(index));
                    root = inner;
                }
                _ => return None,
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
        if environment {
            self.note_effect(Effect::Environment, span.to(value.span));
        }
        let slot = if environment { ARGS } else { self.assigned(name, span)? };
        if environment && let [Expr { kind: ExprKind::Value(Value::Str(name)), .. }] = &*path {
            let name = name.to_utf8().unwrap_or_default();
            let found = super::code_guard::check_variable(&self.context(), name, &value, Some(span));
            self.take(found);
        }
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
}

/// Returns whether the language has a name itself, so that nothing else can have it.
pub fn is_own_name(name: &str) -> bool {
    let own = matches!(
        name,
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
    own || !matches!(name, "exec" | "on" | "time") && builtins::KEYWORDS.contains(&name)
}
