//! Values in the standard input of programs that read code: a here-document, a here-string, and the
//! output of `echo`, `printf`, `cat` or a function into the pipe.

use super::has_value;
use super::report::{self, Place};
use super::source::Source;
use crate::check::context::Context;
use crate::check::lower::Checker;
use crate::check::program::FunctionId;
use crate::check::scope::Name;
use crate::check::words::literal;
use crate::diag::Diagnostic;
use crate::programs::{self, Input, Piece, ValueKind, Word, joined};
use crate::span::Span;
use crate::syntax::ast::{self, RedirectionKind, StageKind, StatementKind};
use std::borrow::Cow;

/// Checks the input of a stage that reads code: its own redirection, or the output of the stages before
/// it.
pub fn check<'s>(
    context: &Context<'_, 's>,
    stage: &ast::Stage<'s>,
    before: &[ast::Stage<'s>],
    reader: &Input,
) -> Vec<Diagnostic> {
    let mut source = Source::default();
    let own = stage.redirections.iter().rev().find(|redirection| is_input(redirection));
    let printer = before.iter().rev().find(|stage| !hands_on(stage)).filter(|_| own.is_none());
    let text = match (own, printer) {
        (Some(redirection), _) => redirected(&mut source, context, redirection),
        (None, Some(printer)) => printed(&mut source, context, printer),
        (None, None) => return Vec::new(),
    };
    let is_body =
        |redirection: &ast::Redirection<'_>| matches!(redirection.kind, RedirectionKind::HereDocument(_));
    let is_line =
        !own.into_iter().chain(printer.into_iter().flat_map(|stage| &stage.redirections)).any(is_body);
    let first = printer.map_or(stage.span, |printer| printer.span);
    check_text(context, &text, reader, &source, Place::input(first.to(stage.span), is_line))
}

/// Returns whether a stage prints its input.
fn hands_on(stage: &ast::Stage<'_>) -> bool {
    let StageKind::Simple(simple) = &stage.kind else { return false };
    let name = literal(simple.words.first());
    let reads = !stage.redirections.iter().any(is_input);
    match name.as_deref() {
        Some("cat") => reads && simple.words.len() == 1,
        Some("tee" | "pv") => reads,
        _ => false,
    }
}

/// Checks the output of a block that a program reads as code: `bash <(echo "rm $x")`.
pub fn check_block<'s>(
    context: &Context<'_, 's>,
    block: &ast::Block<'s>,
    reader: &Input,
    command: Span,
) -> Vec<Diagnostic> {
    let mut source = Source::default();
    let text = of_block(&mut source, context, block);
    check_text(context, &text, reader, &source, Place::input(command, true))
}

fn check_text<'s>(
    context: &Context<'_, 's>,
    text: &[Piece<'_>],
    reader: &Input,
    source: &Source<'_, 's>,
    place: Place<'_, 's>,
) -> Vec<Diagnostic> {
    if !has_value(text) {
        return Vec::new();
    }
    report::all(context, &programs::examine_text(text, reader), source, place)
}

fn is_input(redirection: &ast::Redirection<'_>) -> bool {
    let is_standard = redirection.descriptor.is_none_or(|descriptor| descriptor == 0);
    let reads = matches!(
        redirection.kind,
        RedirectionKind::HereString(_)
            | RedirectionKind::HereDocument(_)
            | RedirectionKind::File(ast::FileMode::Read | ast::FileMode::ReadWrite, _)
    );
    is_standard && reads
}

fn redirected<'t, 's>(
    source: &mut Source<'t, 's>,
    context: &Context<'_, 's>,
    redirection: &'t ast::Redirection<'s>,
) -> Vec<Piece<'t>> {
    match &redirection.kind {
        RedirectionKind::HereString(word) => source.word(context.scopes, word).pieces,
        RedirectionKind::HereDocument(parts) => source.parts(context.scopes, parts),
        RedirectionKind::File(_, word) => {
            source.word(context.scopes, word);
            let blocks = source.processes(source.words.len() - 1);
            blocks.into_iter().flat_map(|block| of_block(source, context, block)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the text that a stage prints, as far as its words show it.
fn printed<'t, 's>(
    source: &mut Source<'t, 's>,
    context: &Context<'_, 's>,
    stage: &'t ast::Stage<'s>,
) -> Vec<Piece<'t>> {
    match &stage.kind {
        StageKind::Simple(simple) => {
            let name = literal(simple.words.first());
            let words = |source: &mut Source<'t, 's>| {
                source.words(context.scopes, simple.words.get(1..).unwrap_or_default())
            };
            if let Some(Name::Function(id)) = name.as_deref().and_then(|name| context.scopes.find(name)) {
                return context.prints.get(&id).map_or_else(Vec::new, |prints| prints.pieces(source));
            }
            match name.as_deref() {
                Some("echo") => joined(words(source).into_iter().map(|word| word.pieces)),
                Some("printf") => formatted(&words(source)),
                Some("cat") => {
                    let own = stage.redirections.iter().rev().find(|redirection| is_input(redirection));
                    own.map_or_else(Vec::new, |own| redirected(source, context, own))
                }
                _ => Vec::new(),
            }
        }
        StageKind::Block(block) | StageKind::Subshell(block) => of_block(source, context, block),
        StageKind::For(statement) => of_block(source, context, &statement.body),
        StageKind::Each(statement) => of_block(source, context, &statement.body),
        StageKind::While(statement) => of_block(source, context, &statement.1),
        StageKind::With(statement) => of_block(source, context, &statement.body),
        StageKind::Try(statement) => of_block(source, context, &statement.body),
        StageKind::If(statement) => {
            let bodies = statement.branches.iter().map(|(_, body)| body).chain(&statement.otherwise);
            bodies.flat_map(|body| of_block(source, context, body)).collect()
        }
        _ => Vec::new(),
    }
}

fn of_block<'t, 's>(
    source: &mut Source<'t, 's>,
    context: &Context<'_, 's>,
    block: &'t ast::Block<'s>,
) -> Vec<Piece<'t>> {
    let mut all = Vec::new();
    for statement in &block.statements {
        let stages: Vec<&ast::Stage<'s>> = match &statement.kind {
            StatementKind::Stage(stage) => vec![stage],
            StatementKind::AndOr(and_or) => std::iter::once(&and_or.first)
                .chain(and_or.rest.iter().map(|(_, pipeline)| pipeline))
                .filter_map(|pipeline| pipeline.stages.last())
                .collect(),
            _ => Vec::new(),
        };
        for stage in stages {
            all.extend(printed(source, context, stage));
            all.push(Piece::Text(Cow::Borrowed(b"\n")));
        }
    }
    all
}

/// The text that a function prints, as far as its words show it.
#[derive(Default)]
pub struct Prints {
    pieces: Vec<Piece<'static>>,
    /// The spans of the values.
    values: Vec<Span>,
}

impl Prints {
    fn pieces<'t>(&self, source: &mut Source<'t, '_>) -> Vec<Piece<'t>> {
        let before = source.values.len();
        source.values.extend(&self.values);
        let moved = |piece: &Piece<'static>| match piece {
            Piece::Text(text) => Piece::Text(text.clone()),
            Piece::Value(value) => Piece::Value(programs::Value { id: before + value.id, ..value.clone() }),
        };
        self.pieces.iter().map(moved).collect()
    }
}

/// The number of functions in a chain of calls that are followed.
const MAX_CALLS: usize = 8;

/// Notes the output of the functions of a block, which may call each other.
pub fn note_functions<'s>(checker: &mut Checker<'s>, functions: &[(FunctionId, &ast::Block<'s>)]) {
    for _ in 0..MAX_CALLS {
        let mut changed = false;
        for (id, body) in functions {
            let mut source = Source::default();
            let pieces = of_block(&mut source, &checker.context(), body);
            let values = source.values.clone();
            // Text without a value changes nothing.
            if values.is_empty() {
                continue;
            }
            let pieces = pieces.into_iter().map(|piece| match piece {
                Piece::Text(text) => Piece::Text(Cow::Owned(text.into_owned())),
                Piece::Value(value) => Piece::Value(programs::Value { text: None, ..value }),
            });
            let prints = Prints { pieces: pieces.collect(), values };
            let earlier = checker.prints.insert(*id, prints);
            changed |= earlier.is_none_or(|earlier| earlier.values.len() != checker.prints[id].values.len());
        }
        if !changed {
            break;
        }
    }
}

/// Returns the text that `printf` makes from its format and values.
fn formatted<'t>(words: &[Word<'t>]) -> Vec<Piece<'t>> {
    let Some((format, values)) = words.split_first() else { return Vec::new() };
    let Some(text) = format.text() else { return joined(words.iter().map(|word| word.pieces.clone())) };
    let mut values = values.iter().peekable();
    let mut pieces = Vec::new();
    loop {
        let mut took = false;
        let mut literal = Vec::new();
        let mut bytes = text.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'\\' => {
                    literal.push(bytes.next().map_or(b'\\', |next| if next == b'n' { b'\n' } else { next }))
                }
                b'%' if bytes.next_if_eq(&b'%').is_some() => literal.push(b'%'),
                b'%' => {
                    let letter = bytes.by_ref().find(u8::is_ascii_alphabetic);
                    pieces.push(Piece::Text(Cow::Owned(std::mem::take(&mut literal))));
                    if let Some(word) = values.next() {
                        took = true;
                        let is_text = matches!(letter, Some(b's' | b'b' | b'c' | b'q'));
                        pieces.extend(word.pieces.iter().map(|piece| converted(piece, is_text)));
                    }
                }
                byte => literal.push(byte),
            }
        }
        pieces.push(Piece::Text(Cow::Owned(literal)));
        if !took || values.peek().is_none() {
            return pieces;
        }
    }
}

/// `%d` only prints numbers.
fn converted<'t>(piece: &Piece<'t>, is_text: bool) -> Piece<'t> {
    match piece {
        Piece::Value(value) if !is_text => {
            Piece::Value(programs::Value { kind: ValueKind::Number, ..value.clone() })
        }
        piece => piece.clone(),
    }
}
