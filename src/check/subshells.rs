//! `( list )`: commands on copies of the variables, the working directory and the environment.

use super::context::Context;
use super::false_tests::Outcome;
use super::lower::Checker;
use super::program::Block;
use super::replace::Obstacle;
use super::words::literal;
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast::{self, RedirectionKind, StageKind, StatementKind, WordKind};

impl<'s> Checker<'s> {
    /// Lowers a list; none if it was refused.
    pub(super) fn subshell(&mut self, list: ast::Block<'s>) -> Option<Block> {
        let found = check(&self.context(), &list);
        if self.take(found) {
            return None;
        }
        let lower = |this: &mut Self| this.obstructed(Obstacle::Subshell, |this| this.open_block(list));
        Some(self.ending(Outcome::List, |this| this.copy(lower)))
    }
}

/// Refuses text that only looks like a list of commands.
fn check<'s>(context: &Context<'_, 's>, list: &ast::Block<'s>) -> Option<Diagnostic> {
    let text = &context.text[list.span.range()];
    if list.statements.is_empty() {
        let help = "write the commands between the parentheses, or leave them out";
        return Some(context.error(
            code::SH_SUBSHELL,
            list.span,
            "an empty `( )`",
            "no command is in it",
            help,
        ));
    }
    if is_comparison(text) {
        let help = format!("write it as an expression: $[{}]", &text[1..text.len() - 1]);
        let message = "`( … )` among commands holds commands";
        let label = "values are compared in an expression";
        return Some(context.error(code::SH_SUBSHELL, list.span, message, label, &help));
    }
    stages(list).find_map(|stage| number_as_file(context, stage))
}

/// Refuses `(n > 2)`, which writes to a file `2`.
fn number_as_file<'s>(context: &Context<'_, 's>, stage: &ast::Stage<'s>) -> Option<Diagnostic> {
    let StageKind::Simple(simple) = &stage.kind else { return None };
    // Another error contains the replacement for a variable.
    let name = literal(simple.words.first());
    if name.is_some_and(|name| context.is_variable(&name)) {
        return None;
    }
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let redirections = stage.redirections.iter();
    let (span, target, number) = redirections
        .filter_map(|one| match &one.kind {
            RedirectionKind::File(_, ast::Word { span, kind: WordKind::Bare(text) }) if is_number(text) => {
                Some((one.span, *span, *text))
            }
            _ => None,
        })
        .next()?;
    let message = format!("a redirection to the file `{number}` in parentheses");
    let label = "would be a comparison in an expression";
    let before = &context.text[stage.span.start as usize..target.start as usize];
    let after = &context.text[target.end as usize..stage.span.end as usize];
    let own = format!("{before}./{number}{after}");
    let help = match own.contains('\n') {
        true => format!("the file is written as a path: ./{number}"),
        false => format!("the file is written as a path: {own}"),
    };
    Some(context.error(code::SH_SUBSHELL, span, message, label, &help))
}

/// Returns the stages of the commands of a list.
fn stages<'a, 's>(list: &'a ast::Block<'s>) -> impl Iterator<Item = &'a ast::Stage<'s>> {
    list.statements.iter().flat_map(|statement| match &statement.kind {
        StatementKind::Stage(stage) => std::slice::from_ref(stage).iter().collect::<Vec<_>>(),
        StatementKind::AndOr(and_or) => pipelines(and_or).flat_map(|pipeline| &pipeline.stages).collect(),
        _ => Vec::new(),
    })
}

/// Returns the pipelines of a list that is joined by `&&` and `||`.
pub fn pipelines<'a, 's>(and_or: &'a ast::AndOr<'s>) -> impl Iterator<Item = &'a ast::Pipeline<'s>> {
    std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|(_, pipeline)| pipeline))
}

/// Returns whether a text in parentheses compares values: `(a == "x")`.
fn is_comparison(text: &str) -> bool {
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    inside.is_some_and(|inside| {
        !inside.contains(['\n', ';', '|', '&', '$'])
            && [" == ", " != ", " >= ", " <= ", " in "].iter().any(|sign| inside.contains(sign))
    })
}

/// Returns the first `( list )` of several commands, or of a loop, that a stage is or contains: sh
/// would continue in it after a failure that is absorbed after the list. Also returns the list if its
/// commands can be joined.
pub fn list_that_goes_on<'a, 's>(stage: &'a ast::Stage<'s>) -> Option<(Span, Option<&'a ast::Block<'s>>)> {
    match &stage.kind {
        StageKind::Subshell(list) => goes_on(list),
        kind => kind.bodies().into_iter().flat_map(stages_within).find_map(list_that_goes_on),
    }
}

fn stages_within<'a, 's>(block: &'a ast::Block<'s>) -> Vec<&'a ast::Stage<'s>> {
    stages(block).collect()
}

/// Returns the place where a list continues after a command.
fn goes_on<'a, 's>(list: &'a ast::Block<'s>) -> Option<(Span, Option<&'a ast::Block<'s>>)> {
    if list.statements.len() > 1 {
        return Some((list.span, Some(list)));
    }
    if matches!(list.statements.first().map(|one| &one.kind), Some(StatementKind::AndOr(one)) if one.background)
    {
        return None;
    }
    stages_within(list).into_iter().find_map(|stage| match &stage.kind {
        StageKind::While(_) | StageKind::For(_) | StageKind::Each(_) => Some((stage.span, None)),
        kind => kind.bodies().into_iter().find_map(goes_on),
    })
}
