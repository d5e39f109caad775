//! Commands that only the run can judge: a value names the program, or may be an option such as `+command` of vim.

use super::source::Source;
use crate::check::context::Context;
use crate::check::program::{Judged, JudgedPiece, JudgedWord};
use crate::programs::{self, Piece};
use crate::syntax::ast;

/// Returns the data for judging a command at run time; none if its words decide.
pub fn judged<'s>(context: &Context<'_, 's>, words: &[ast::Word<'s>]) -> Option<Box<Judged>> {
    let first = crate::check::words::literal(words.first());
    if first.is_some_and(|name| programs::find(programs::base_name(&name)).is_none()) {
        return None;
    }
    let mut source = Source::default();
    let known = source.words(context.scopes, words);
    let findings = programs::examine(&known);
    let name = findings.dynamic;
    if name.is_none() && !findings.is_plus_open {
        return None;
    }
    let has_values = known.iter().any(|word| Some(word.origin) != name && word.values().next().is_some());
    let may_assign = name.is_some_and(|name| name > 0);
    if !has_values && !may_assign {
        return None;
    }
    let words = known.iter().map(|word| JudgedWord {
        span: source.words[word.origin],
        pieces: word.pieces.iter().map(owned).collect(),
        options: word.options,
    });
    Some(Box::new(Judged { words: words.collect(), name }))
}

fn owned(piece: &Piece<'_>) -> JudgedPiece {
    match piece {
        Piece::Text(text) => JudgedPiece::Text((**text).into()),
        Piece::Value(value) => JudgedPiece::Value(value.kind),
    }
}
