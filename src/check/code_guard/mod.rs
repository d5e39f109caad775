//! The code guard: refuses values where a program expects code.
//!
//! The argument guard keeps values from being options, and the interpreter itself starts no shell. What remains is a
//! program that the script asks to run text: `sh -c "rm $x"`. The table of [`programs`] knows where a program takes
//! code: in an argument, a variable of the environment or its standard input. Here the words of a script become
//! words of that table, and its findings become diagnostics.

mod hints;
mod input;
mod judged;
mod place;
mod report;
mod rewrite;
mod source;

pub use input::{Prints, note_functions};
pub use judged::judged;

use super::lower::Checker;
use super::scope::Name;
use super::words::literal;
use crate::programs::{self, Piece};
use crate::span::Span;
use crate::syntax::ast::{self, ExprKind, StageKind, StatementKind};
use report::Place;
use source::Source;

/// Checks the commands of a pipeline.
pub fn check<'s>(checker: &mut Checker<'s>, stages: &[ast::Stage<'s>]) {
    for (at, stage) in stages.iter().enumerate() {
        let simple = match &stage.kind {
            StageKind::Simple(simple) => simple,
            // The first command of a block reads what the block is given.
            StageKind::Block(block) => {
                if let Some(reader) = reader_of_block(checker, block) {
                    input::check(checker, stage, &stages[..at], &reader);
                }
                continue;
            }
            _ => continue,
        };
        for assignment in &simple.assignments {
            let mut source = Source::default();
            let pieces = source.word(&checker.scopes, &assignment.value).pieces;
            let problems = programs::examine_variable(assignment.name.text, &pieces);
            let end = simple.words.last().map_or(assignment.value.span, |word| word.span);
            let span = assignment.name.span.to(end);
            report::all(checker, &problems, &source, Place::variable(span, true));
        }
        if !is_program(checker, &simple.words) {
            continue;
        }
        let mut source = Source::default();
        let words = source.words(&checker.scopes, &simple.words);
        let findings = programs::examine(&words);
        let before = checker.errors.len();
        report::all(checker, &findings.problems, &source, Place::command(&simple.words));
        for (word, reader) in &findings.files {
            for block in source.processes(*word) {
                input::check_block(checker, block, reader, stage.span);
            }
        }
        if let Some(reader) = &findings.input
            && checker.errors.len() == before
        {
            input::check(checker, stage, &stages[..at], reader);
        }
    }
}

/// Checks what a variable of the environment is set to, by a statement that begins there.
pub fn check_variable<'s>(checker: &mut Checker<'s>, name: &str, value: &ast::Expr<'s>, from: Option<Span>) {
    if programs::variables::find(name).is_none() {
        return;
    }
    let mut source = Source::default();
    let pieces = source.expression(&checker.scopes, value);
    let problems = programs::examine_variable(name, &pieces);
    let span = from.unwrap_or(value.span).to(value.span);
    report::all(checker, &problems, &source, Place::variable(span, from.is_some()));
}

/// Checks the variables of `with env={…}`.
pub fn check_variables<'s>(checker: &mut Checker<'s>, value: &ast::Expr<'s>) {
    let ExprKind::Map(entries) = &value.kind else { return };
    for (key, value) in entries {
        if let ExprKind::String(parts) = &key.kind
            && let [ast::Part { kind: ast::PartKind::Quoted(name) | ast::PartKind::Bare(name), .. }] =
                &**parts
            && let Ok(name) = std::str::from_utf8(name)
        {
            check_variable(checker, name, value, None);
        }
    }
}

/// Returns the code that the first command of a block reads.
fn reader_of_block<'s>(checker: &Checker<'s>, block: &ast::Block<'s>) -> Option<programs::Input> {
    let StatementKind::Stage(stage) = &block.statements.first()?.kind else { return None };
    match &stage.kind {
        StageKind::Block(inner) => reader_of_block(checker, inner),
        StageKind::Simple(simple) if stage.redirections.is_empty() && is_program(checker, &simple.words) => {
            programs::examine(&Source::default().words(&checker.scopes, &simple.words)).input
        }
        _ => None,
    }
}

/// Returns whether the words are a command of a program: a function or stage of the host may have its name.
fn is_program(checker: &Checker<'_>, words: &[ast::Word<'_>]) -> bool {
    let Some(first) = words.first() else { return false };
    let Some(name) = literal(Some(first)) else { return true };
    if programs::find(programs::base_name(&name)).is_none() {
        return false;
    }
    let is_function = matches!(checker.scopes.find(&name), Some(Name::Function(_)));
    !is_function && checker.project.hosted.stage(&name).is_none()
}

/// Returns whether a text holds a value at all.
fn has_value(pieces: &[Piece<'_>]) -> bool {
    pieces.iter().any(|piece| matches!(piece, Piece::Value(_)))
}

#[cfg(test)]
mod tests;
