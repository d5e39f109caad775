//! The code guard: refuses values where a program expects code.
//!
//! The argument guard keeps values from becoming options, and the interpreter itself starts no shell. The remaining
//! danger is a program that the script asks to run text, as in `sh -c "rm $x"`. The table of [`programs`] lists
//! where each program takes code: in an argument, an environment variable or its standard input. This module
//! converts the words of a script into words of that table, and the findings into diagnostics.

mod hints;
mod input;
mod judged;
mod place;
mod report;
mod rewrite;
mod source;

pub use input::{Prints, note_functions};
pub use judged::judged;

use super::context::Context;
use super::scope::Name;
use super::words::literal;
use crate::diag::Diagnostic;
use crate::programs::{self, Piece};
use crate::span::Span;
use crate::syntax::ast::{self, ExprKind, StageKind, StatementKind};
use report::Place;
use source::Source;

/// Checks the commands of a pipeline.
pub fn check<'s>(context: &Context<'_, 's>, stages: &[ast::Stage<'s>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        let simple = match &stage.kind {
            StageKind::Simple(simple) => simple,
            // The first command of a block reads the input of the block.
            StageKind::Block(block) | StageKind::Subshell(block) => {
                if let Some(reader) = reader_of_block(context, block) {
                    found.extend(input::check(context, stage, &stages[..at], &reader));
                }
                continue;
            }
            _ => continue,
        };
        for assignment in &simple.assignments {
            let end = simple.words.last().map_or(assignment.value.span, |word| word.span);
            found.extend(check_assignment(context, assignment, assignment.name.span.to(end)));
        }
        for word in &simple.words {
            if let ast::WordKind::Assignment(assignment) = &word.kind {
                found.extend(check_assignment(context, assignment, word.span));
            }
        }
        if !is_program(context, &simple.words) {
            continue;
        }
        let mut source = Source::default();
        let words = source.words(context.scopes, &simple.words);
        let findings = programs::examine(&words);
        let before = found.len();
        found.extend(report::all(context, &findings.problems, &source, Place::command(&simple.words)));
        for (word, reader) in &findings.files {
            for block in source.processes(*word) {
                found.extend(input::check_block(context, block, reader, stage.span));
            }
        }
        if let Some(reader) = &findings.input
            && found[before..].iter().all(|page| page.code.is_warning())
        {
            found.extend(input::check(context, stage, &stages[..at], reader));
        }
    }
    found
}

/// Checks `NAME=word`, before a command or of `export`.
fn check_assignment<'s>(
    context: &Context<'_, 's>,
    assignment: &ast::Assignment<'s>,
    span: Span,
) -> Vec<Diagnostic> {
    let mut source = Source::default();
    let pieces = source.word(context.scopes, &assignment.value).pieces;
    let problems = programs::examine_variable(assignment.name.text, &pieces);
    report::all(context, &problems, &source, Place::variable(span, true))
}

/// Checks the value of an environment variable, in a statement that begins there.
pub fn check_variable<'s>(
    context: &Context<'_, 's>,
    name: &str,
    value: &ast::Expr<'s>,
    from: Option<Span>,
) -> Vec<Diagnostic> {
    if programs::variables::find(name).is_none() {
        return Vec::new();
    }
    let mut source = Source::default();
    let pieces = source.expression(context.scopes, value);
    let problems = programs::examine_variable(name, &pieces);
    let span = from.unwrap_or(value.span).to(value.span);
    report::all(context, &problems, &source, Place::variable(span, from.is_some()))
}

/// Checks the variables of `with env={…}`.
pub fn check_variables<'s>(context: &Context<'_, 's>, value: &ast::Expr<'s>) -> Vec<Diagnostic> {
    let ExprKind::Map(entries) = &value.kind else { return Vec::new() };
    let mut found = Vec::new();
    for (key, value) in entries {
        if let ExprKind::String(parts) = &key.kind
            && let [ast::Part { kind: ast::PartKind::Quoted(name) | ast::PartKind::Bare(name), .. }] =
                &**parts
            && let Ok(name) = std::str::from_utf8(name)
        {
            found.extend(check_variable(context, name, value, None));
        }
    }
    found
}

/// Returns the code that the first command of a block reads.
fn reader_of_block<'s>(context: &Context<'_, 's>, block: &ast::Block<'s>) -> Option<programs::Input> {
    let StatementKind::Stage(stage) = &block.statements.first()?.kind else { return None };
    match &stage.kind {
        StageKind::Block(inner) | StageKind::Subshell(inner) => reader_of_block(context, inner),
        StageKind::Simple(simple) if stage.redirections.is_empty() && is_program(context, &simple.words) => {
            programs::examine(&Source::default().words(context.scopes, &simple.words)).input
        }
        _ => None,
    }
}

/// Returns whether the words are a command of a program: a function or stage of the host may have the same name.
fn is_program(context: &Context<'_, '_>, words: &[ast::Word<'_>]) -> bool {
    let Some(first) = words.first() else { return false };
    let Some(name) = literal(Some(first)) else { return true };
    if programs::find(programs::base_name(&name)).is_none() {
        return false;
    }
    let is_function = matches!(context.scopes.find(&name), Some(Name::Function(_)));
    !is_function && context.hosted.stage(&name).is_none()
}

/// Returns whether a text contains a value at all.
fn has_value(pieces: &[Piece<'_>]) -> bool {
    pieces.iter().any(|piece| matches!(piece, Piece::Value(_)))
}

#[cfg(test)]
mod tests;
