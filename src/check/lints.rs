//! Warnings: code that is allowed but probably not meant. Only `--check` prints them.

use super::context::Context;
use super::lower::Checker;
use super::program::*;
use super::scope::Name;
use crate::builtins::Builtin;
use crate::diag::{Code, Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast;
use std::collections::HashSet;

/// The declarations, and whether each is ever used.
#[derive(Default)]
pub struct Lints {
    variables: Vec<Declaration>,
    functions: Vec<(FunctionId, Declaration)>,
    read: HashSet<u32>,
    called: HashSet<FunctionId>,
    pub warnings: Vec<Diagnostic>,
}

struct Declaration {
    id: u32,
    name: String,
    span: Span,
    /// Whether it is outside any block.
    outermost: bool,
    /// Whether it holds the record of how commands ended.
    record: bool,
}

impl Lints {
    pub fn read(&mut self, variable: u32) {
        self.read.insert(variable);
    }

    /// Returns where a name was declared, if the declaration is known.
    pub fn declared_at(&self, name: Name) -> Option<Span> {
        match name {
            Name::Variable(variable) => {
                self.variables.iter().find(|one| one.id == variable.id).map(|one| one.span)
            }
            Name::Function(id) => {
                self.functions.iter().find(|(function, _)| *function == id).map(|(_, one)| one.span)
            }
            Name::Module(_) => None,
        }
    }

    pub fn called(&mut self, function: FunctionId) {
        self.called.insert(function);
    }
}

impl<'s> Checker<'s> {
    /// Notes the last declared variable. `record` means that its value is the record of how commands
    /// ended.
    pub fn note_variable(&mut self, name: ast::Name<'s>, record: bool) {
        if name.text.starts_with('_') || self.context().is_for_others {
            return;
        }
        let id = self.scopes.latest();
        self.lints.variables.push(Declaration {
            id,
            name: name.text.to_string(),
            span: name.span,
            outermost: self.scopes.is_outermost(),
            record,
        });
    }

    pub fn note_function(&mut self, id: FunctionId, name: ast::Name<'s>) {
        let main = name.text == "main" && self.scopes.is_outermost();
        if name.text.starts_with('_') || self.context().is_for_others || main {
            return;
        }
        let declaration = Declaration {
            id: 0,
            name: name.text.to_string(),
            span: name.span,
            outermost: self.scopes.is_outermost(),
            record: false,
        };
        self.lints.functions.push((id, declaration));
    }
}

/// Warns about a statement after one that always leaves the block: it never runs.
pub fn unreachable(context: &Context<'_, '_>, statements: &[Statement]) -> Option<Diagnostic> {
    let leaves = |statement: &Statement| match &statement.kind {
        StatementKind::Fail(_)
        | StatementKind::Break
        | StatementKind::Continue
        | StatementKind::OpenChannel
        | StatementKind::Return(_) => true,
        StatementKind::Pipeline(pipeline) => matches!(
            &*pipeline.stages,
            [Stage {
                kind: StageKind::Command(Command {
                    target: Target::Builtin(Builtin::Exit) | Target::Replace,
                    ..
                }),
                ..
            }]
        ),
        _ => false,
    };
    let end = statements.iter().position(leaves)?;
    let (before, next) = (statements.get(end)?, statements.get(end + 1)?);
    let page = Diagnostic::new(code::UNREACHABLE, "this is never run");
    Some(page.at(context.source, next.span, "never reached").also_at(
        context.source,
        before.span,
        "leaves the block",
    ))
}

/// Warns about a service at the end of a script, which ends it: `wait` is missing.
fn ending_service(context: &Context<'_, '_>, body: &Block) -> Option<Diagnostic> {
    let last = body.statements.last()?;
    let (StatementKind::Let(_, value) | StatementKind::Evaluate(value)) = &last.kind else { return None };
    let ExprKind::Service(service) = &value.kind else { return None };
    if context.is_for_others || context.is_entry || context.scopes.find("main").is_some() {
        return None;
    }
    let named = if service.name.is_empty() { "the service".into() } else { format!("`{}`", service.name) };
    let page = Diagnostic::new(code::SERVICE_ENDS, format!("{named} ends as soon as it has started"));
    let page = page.at(context.source, last.span, "the script ends after this");
    Some(page.help("wait until it has ended: add a line with `wait`"))
}

/// Returns the warnings of the whole file, in the order of the text. A file that only declares is meant
/// for other files, even if it is checked alone.
pub fn finish(context: &Context<'_, '_>, lints: Lints, body: &Block) -> Vec<Diagnostic> {
    let declares = |statement: &Statement| {
        matches!(
            statement.kind,
            StatementKind::Let(..) | StatementKind::Destructure(_) | StatementKind::Use(_)
        )
    };
    let library = context.scopes.find("main").is_none() && body.statements.iter().all(declares);
    let mut warnings = lints.warnings;
    warnings.extend(ending_service(context, body));
    let mut warn = |code: Code, span: Span, message: String, label: &str, help: &str| {
        warnings.push(Diagnostic::new(code, message).at(context.source, span, label).help(help));
    };
    for variable in
        lints.variables.iter().filter(|one| !(lints.read.contains(&one.id) || library && one.outermost))
    {
        let name = &variable.name;
        if variable.record {
            let message = format!("`{name}` is never read, so a failure would go unnoticed");
            let help = format!("ask {name}.ok, or let the failure stop the script: without `try`");
            warn(code::UNUSED_RESULT, variable.span, message, "how commands ended", &help);
        } else {
            let message = format!("`{name}` is never read");
            let help = format!("remove it, or call it _{name} if that is meant");
            warn(code::UNUSED_VARIABLE, variable.span, message, "declared here", &help);
        }
    }
    for (_, function) in
        lints.functions.iter().filter(|(id, one)| !(lints.called.contains(id) || library && one.outermost))
    {
        let message = format!("`{}` is never called", function.name);
        let help = format!("remove it, or call it _{} if that is meant", function.name);
        warn(code::UNUSED_FUNCTION, function.span, message, "declared here", &help);
    }
    warnings.sort_by_key(|page| page.primary().map_or(0, |label| label.span.start));
    warnings
}
