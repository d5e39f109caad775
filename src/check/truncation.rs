//! `sort f > f`: a pipeline that would empty a file that it reads, recognised by the names in its text.
//!
//! The targets of a stage are opened before anything runs, so they are compared with all files that the pipeline
//! reads, including those in its blocks. A file that a block opens while the pipeline runs is compared with the files
//! that the *other* stages read: within a block, one command follows another, and may write a file that an earlier one
//! has read.

use super::context::Context;
use super::words::literal;
use crate::builtins;
use crate::diag::{Diagnostic, code};
use crate::syntax::ast::{self, FileMode, RedirectionKind, StageKind, StatementKind};

type Words<'t, 's> = Vec<&'t ast::Word<'s>>;

/// The names in a stage: as its own targets, as targets in its blocks, and as inputs.
#[derive(Default)]
struct Names<'t, 's> {
    own: Words<'t, 's>,
    inner: Words<'t, 's>,
    reads: Words<'t, 's>,
}

/// Refuses a pipeline that would empty its own input.
pub fn check<'s>(context: &Context<'_, 's>, stages: &[ast::Stage<'s>]) -> Option<Diagnostic> {
    let writes =
        |stage: &ast::Stage<'s>| stage.redirections.iter().any(|redirection| target(redirection).is_some());
    let blocks = |stage: &ast::Stage<'s>| !matches!(stage.kind, StageKind::Simple(_));
    // A plain block is examined when its own pipelines are.
    if context.is_atomic || !stages.iter().any(|stage| writes(stage) || (blocks(stage) && stages.len() > 1)) {
        return None;
    }
    let names: Vec<Names<'_, 's>> = stages
        .iter()
        .map(|stage| {
            let mut names = Names::default();
            collect(stage, true, &mut names);
            names
        })
        .collect();
    for (place, writer) in names.iter().enumerate() {
        let own = writer.own.iter().map(|word| (*word, true));
        let inner = writer.inner.iter().map(|word| (*word, false));
        for (word, is_own) in own.chain(inner) {
            let Some(target) = literal(Some(word)) else { continue };
            let target = normal(&target);
            if target.starts_with("/dev/") {
                continue;
            }
            let readers = names.iter().enumerate().filter(|(other, _)| is_own || *other != place);
            let same =
                |word: &&&ast::Word<'s>| literal(Some(word)).is_some_and(|text| normal(&text) == target);
            if let Some(reader) = readers.flat_map(|(_, names)| names.reads.iter()).find(same) {
                let error = Diagnostic::new(
                    code::TRUNCATES_INPUT,
                    format!("`{target}` would be emptied before it is read"),
                );
                let error = error
                    .at(context.source, word.span, "truncated when the pipeline starts")
                    .also_at(context.source, reader.span, "read here")
                    .help("replace the file when the new content is complete:\nwith atomic=true { sort < list > list }");
                return Some(error);
            }
        }
    }
    None
}

/// Returns the file that a redirection empties.
const fn target<'t, 's>(redirection: &'t ast::Redirection<'s>) -> Option<&'t ast::Word<'s>> {
    match &redirection.kind {
        RedirectionKind::File(FileMode::Write, word)
        | RedirectionKind::Both { append: false, target: word } => Some(word),
        _ => None,
    }
}

fn collect<'t, 's>(stage: &'t ast::Stage<'s>, outermost: bool, names: &mut Names<'t, 's>) {
    for redirection in &stage.redirections {
        if let RedirectionKind::File(FileMode::Read, word) = &redirection.kind {
            names.reads.push(word);
        }
        if let Some(word) = target(redirection) {
            if outermost { names.own.push(word) } else { names.inner.push(word) }
        }
    }
    match &stage.kind {
        // The argument of a builtin is not a file that it reads.
        StageKind::Simple(simple) if is_builtin(simple) => {}
        StageKind::Simple(simple) => names.reads.extend(simple.words.iter().skip(1)),
        StageKind::Block(block) | StageKind::Subshell(block) => {
            block.statements.iter().for_each(|statement| in_statement(statement, names))
        }
        // The files of other compound statements depend on conditions at run time.
        _ => {}
    }
}

fn in_statement<'t, 's>(statement: &'t ast::Statement<'s>, names: &mut Names<'t, 's>) {
    match &statement.kind {
        StatementKind::Stage(stage) => collect(stage, false, names),
        StatementKind::AndOr(and_or) => {
            let pipelines =
                std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|(_, pipeline)| pipeline));
            pipelines.flat_map(|pipeline| &pipeline.stages).for_each(|stage| collect(stage, false, names));
        }
        _ => {}
    }
}

fn is_builtin(simple: &ast::Simple<'_>) -> bool {
    literal(simple.words.first()).is_some_and(|name| builtins::find(&name).is_some())
}

/// Returns a path without the components that change nothing.
fn normal(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    path
}
