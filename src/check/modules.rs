//! Used files: each is read once, checked before anything runs, and has its own names.

use super::lower::Checker;
use super::program::*;
use super::project::{File, Members, NotLoaded};
use super::scope::{FrameKind, Name};
use crate::builtins;
use crate::diag::{self, Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast::{self, PartKind};
use crate::sys::stack;
use std::rc::Rc;

fn at_top(checker: &Checker<'_>) -> bool {
    checker.scopes.frame() == FrameKind::Module && checker.scopes.is_outermost()
}

/// Lowers `use "lib/deploy.pw" as d`: the file runs at this place.
pub fn use_statement(checker: &mut Checker<'_>, span: Span) -> Option<StatementKind> {
    if !at_top(checker) {
        let help = "put it at the top of the file";
        checker.error(code::MISPLACED, span, "`use` within a block", "its names are the whole file's", help);
        return None;
    }
    checker.reach_file(span).map(StatementKind::Use)
}

/// Reads a used file before the first statement is checked: functions above the `use` may name its
/// members.
pub fn hoist_use<'s>(
    checker: &mut Checker<'s>,
    path: &ast::Expr<'s>,
    alias: Option<ast::Name<'s>>,
    span: Span,
) -> Option<()> {
    if !at_top(checker) {
        return None;
    }
    let at = path.span;
    let Some(text) = plain(path) else {
        let help = "write it out; what differs from run to run is handed over as an argument";
        checker.error(
            code::SYNTAX,
            at,
            "the file of `use` is known before the script runs",
            "not fixed text",
            help,
        );
        return None;
    };
    let name = match alias {
        Some(name) => name,
        None => named_after(checker, at)?,
    };
    checker.refuse_own_name(name);
    let (id, _) = read(checker, &text, at)?;
    checker.scopes.put(name.text, Name::Module(id));
    checker.note_file(name.text, id, span);
    Some(())
}

/// Returns the text of a string without values in it.
fn plain(path: &ast::Expr<'_>) -> Option<String> {
    let ast::ExprKind::String(parts) = &path.kind else { return None };
    let mut text = Vec::new();
    for part in parts {
        match &part.kind {
            PartKind::Bare(bytes) | PartKind::Quoted(bytes) => text.extend_from_slice(bytes),
            _ => return None,
        }
    }
    String::from_utf8(text).ok().filter(|text| !text.is_empty())
}

/// Returns the file's own name without its directory and extension, if that is a valid name.
fn named_after<'s>(checker: &mut Checker<'s>, at: Span) -> Option<ast::Name<'s>> {
    let text = &checker.text[at.range()];
    let inner = text.trim_matches(['"', '\'']);
    let start = inner.rfind('/').map_or(0, |slash| slash + 1);
    let stem = inner[start..].strip_suffix(".pw").unwrap_or(&inner[start..]);
    let mut bytes = stem.bytes();
    let is_name = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || builtins::KEYWORDS.contains(&stem) {
        let message = format!("`{stem}` can't be a name");
        checker.error(code::SYNTAX, at, message, "named after its file", "give it one: use \"…\" as name");
        return None;
    }
    Some(ast::Name { text: stem, span: at })
}

fn read(checker: &mut Checker<'_>, path: &str, at: Span) -> Option<(ModuleId, Rc<Members>)> {
    let failed = |checker: &mut Checker<'_>, reason: &str| {
        let message = format!("can't use {}: {reason}", crate::diag::quote_word(path.as_bytes()));
        let help = "the path is relative to the file that contains it";
        checker.error(code::USE_FAILED, at, message, "this file", help);
    };
    let Some(loader) = checker.project.loader.clone() else {
        failed(checker, "this host reads no files for scripts");
        return None;
    };
    let loaded = match loader.load(checker.source.name(), path) {
        Ok(loaded) => loaded,
        Err(NotLoaded::Failed(reason)) => {
            failed(checker, &reason);
            return None;
        }
        Err(NotLoaded::Refused { what, rule }) => {
            let message = format!("not allowed by the policy: {what}");
            let error = Diagnostic::new(code::POLICY, message).at(checker.source, at, "refused");
            checker.report(error.note(format!("refused: {rule}")));
            return None;
        }
    };
    if checker.module == checker.project.script
        && let Some(key) = loader.key(checker.source.name())
    {
        checker.project.reading(&key);
    }
    match checker.project.file(&loaded.key) {
        Some(File::Read(id, members)) => return Some((*id, members.clone())),
        Some(File::Open) => {
            let help = "move what both need into a third file";
            checker.error(
                code::USE_FAILED,
                at,
                "files that use each other",
                "this one is being read already",
                help,
            );
            return None;
        }
        None => {}
    }
    if stack::is_low() {
        failed(checker, "files use one another too deeply for the stack of this thread");
        return None;
    }
    checker.project.slots = checker.scopes.slots();
    let project = std::mem::take(&mut checker.project);
    let checked = super::module(loaded, project);
    checker.project = checked.project;
    checker.scopes.set_slots(checker.project.slots);
    match checked.outcome {
        Ok((id, members)) => Some((id, members)),
        Err(errors) => {
            let source = checker.source;
            let errors = errors.into_iter().map(|error: Diagnostic| error.also_at(source, at, "used here"));
            checker.errors.extend(errors);
            None
        }
    }
}

impl<'s> Checker<'s> {
    /// Returns the meaning of a name in a used file.
    pub fn member(&mut self, module: ModuleId, alias: &str, name: ast::Name<'s>) -> Option<Name> {
        self.member_at(module, alias, name.text, name.span)
    }

    pub fn member_at(&mut self, module: ModuleId, alias: &str, name: &str, span: Span) -> Option<Name> {
        self.note_member(alias, module, span);
        let members = self.project.members(module)?;
        match members.get(name) {
            None => {
                let message = format!("`{alias}` has no `{name}`");
                let help = match diag::similar(name, members.keys().map(String::as_str)) {
                    Some(similar) => format!("did you mean {alias}.{similar}?"),
                    None => {
                        let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
                        names.sort_unstable();
                        match names.as_slice() {
                            [] => "the file declares nothing".to_string(),
                            names => format!("it declares: {}", names.join(", ")),
                        }
                    }
                };
                self.error(code::UNDECLARED_NAME, span, message, "not declared in that file", &help);
                None
            }
            Some(meaning) => Some(*meaning),
        }
    }
}
