//! Explains the errors of a script that is written in sh: each statement has one error, which shows the statement
//! rewritten.

use super::rewriting::{Judge, put};
use super::source;
use crate::check::sh_constructs;
use crate::diag::{Code, Diagnostic, Source, code};
use crate::span::Span;
use crate::syntax::ast::ShConstruct;
use crate::syntax::from_sh::{Piece, Rewriting, SHARED, assigned_names, pieces};
use std::ops::Range;
use std::sync::Arc;

/// A statement with what is known of it.
struct Statement {
    range: Range<usize>,
    /// The text that passes the check in its place, if it is another.
    rewriting: Option<Rewriting>,
    /// It is of sh, and has no such text.
    is_left: bool,
    /// Where its rewriting stopped.
    stopped: usize,
    reason: &'static str,
}

impl Judge<'_> {
    /// Returns one error for each statement of sh in a script. None if no statement can be rewritten.
    pub fn port(&self, text: &str, errors: &[Diagnostic]) -> Option<Vec<Diagnostic>> {
        let here = errors.first()?.primary()?.source.clone();
        if here.text() != text {
            return None;
        }
        let place =
            |error: &Diagnostic| error.primary().map_or(usize::MAX, |label| label.span.start as usize);
        let statements = self.judged(text, pieces(text, self), errors);
        if statements.iter().all(|statement| statement.rewriting.is_none()) {
            return None;
        }
        let assigned: Vec<&str> = assigned_names(text).collect();
        let is_cascade = |error: &Diagnostic| {
            error.code == code::UNDECLARED_NAME
                && error.primary().is_some_and(|label| {
                    let name = label.source.text()[label.span.range()].trim_matches(['$', '{', '}']);
                    assigned.contains(&name)
                })
        };
        let mut pages = Vec::new();
        for statement in statements {
            let inside = errors.iter().filter(|error| statement.range.contains(&place(error)));
            let inside = inside.filter(|error| !is_cascade(error)).cloned();
            match &statement.rewriting {
                Some(rewriting) => {
                    let mut all = inside.collect::<Vec<_>>();
                    let first = all.iter().position(|error| error.code.id().starts_with("E03")).unwrap_or(0);
                    let found = if all.is_empty() { None } else { Some(all.swap_remove(first)) };
                    let mut page = found.unwrap_or_else(|| construct(&here, text, &statement.range));
                    if let ["" | "true"] = rewriting.text.split(';').map(str::trim).collect::<Vec<_>>()[..]
                        && text[statement.range.clone()].starts_with("set ")
                    {
                        page.help = vec![format!("leave it out: {}", page.help.join(" "))];
                        page.suggestion = Some((span(&statement.range), String::new()));
                    } else {
                        put(&mut page, rewriting);
                        if text[statement.range.clone()].contains("$$") {
                            page.help
                                .push("mktemp makes a file with a name that nothing else has".to_owned());
                        }
                        page.suggestion = Some((span(&statement.range), rewriting.text.clone()));
                    }
                    pages.push(page);
                }
                None => {
                    let mut inside: Vec<Diagnostic> = inside.collect();
                    let is_headless = inside.iter().all(|page| !COMPOUND.contains(&page.code));
                    if statement.is_left && (inside.is_empty() || is_headless && is_long(text, &statement)) {
                        inside.insert(0, construct(&here, text, &statement.range));
                    }
                    // One error for a compound command, at the line that needs another form.
                    if let Some(line) = stopped_line(text, &statement)
                        && let Some(first) = inside.first().filter(|page| COMPOUND.contains(&page.code))
                    {
                        pages.push(stopped_at(first.clone(), &here, &line, (statement.reason, &inside)));
                    } else {
                        pages.extend(inside);
                    }
                }
            }
        }
        (!pages.is_empty()).then_some(pages)
    }

    /// Keeps the rewritings that pass the check where all of them stand in the text.
    fn judged(&self, text: &str, pieces: Vec<Piece>, errors: &[Diagnostic]) -> Vec<Statement> {
        let has_error = |range: &Range<usize>| {
            errors.iter().any(|error| {
                error.code != code::UNDECLARED_NAME
                    && error.primary().is_some_and(|label| range.contains(&(label.span.start as usize)))
            })
        };
        let mut whole = String::new();
        let mut places = Vec::new();
        for piece in &pieces {
            let start = whole.len();
            match &piece.rewriting {
                Some(rewriting) => whole += &rewriting.text,
                None if has_error(&piece.range) => {}
                None => whole += &text[piece.range.clone()],
            }
            places.push(start..whole.len());
            whole.push('\n');
        }
        let found =
            source("script", whole.into_bytes()).map(|source| (self.errors)(&source)).unwrap_or_default();
        let lost: Vec<&str> = assigned_names(text).collect();
        let is_wrong = |range: &Range<usize>| {
            found.iter().any(|error| {
                let Some(label) = error.primary() else { return false };
                let name = label.source.text()[label.span.range()].trim_matches(['$', '{', '}']);
                let is_lost = error.code == code::UNDECLARED_NAME && lost.contains(&name);
                !is_lost && range.contains(&(label.span.start as usize))
            })
        };
        let statement = |(piece, place): (Piece, Range<usize>)| {
            let is_wrong = is_wrong(&place);
            let changed = |rewriting: &Rewriting| rewriting.text.trim() != text[piece.range.clone()].trim();
            let is_left = piece.rewriting.as_ref().is_none_or(|rewriting| is_wrong && changed(rewriting))
                && is_of_sh(&text[piece.range.clone()]);
            let rewriting = piece.rewriting.filter(|rewriting| !is_wrong && changed(rewriting));
            Statement { range: piece.range, rewriting, is_left, stopped: piece.stopped, reason: piece.reason }
        };
        pieces.into_iter().zip(places).map(statement).collect()
    }
}

/// The errors about constructs that contain statements.
const COMPOUND: &[Code] = &[code::SH_COMPOUND, code::SH_KEYWORD, code::SH_FUNCTION];

fn is_long(text: &str, statement: &Statement) -> bool {
    text[statement.range.clone()].trim().contains('\n')
}

/// Returns the line, without blanks around it, where the rewriting of a statement of several lines stopped.
fn stopped_line(text: &str, statement: &Statement) -> Option<Range<usize>> {
    let stopped = statement.stopped.min(statement.range.end);
    let before = match text[stopped..].starts_with(char::is_whitespace) {
        true => text[..stopped].trim_end(),
        false => &text[..stopped],
    };
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next()?;
    let start = start + line.len() - line.trim_start().len();
    let line = start..start + line.trim().len();
    (line.start > statement.range.start && line.end < statement.range.end).then_some(line)
}

/// Adds the line that needs another form to the error of a compound command, with the help of an error in that line.
fn stopped_at(
    mut page: Diagnostic,
    here: &Arc<Source>,
    line: &Range<usize>,
    (reason, inside): (&str, &[Diagnostic]),
) -> Diagnostic {
    let is_there = |error: &&Diagnostic| {
        error.primary().is_some_and(|label| line.contains(&(label.span.start as usize)))
    };
    let rule = page.help.first().map_or("", |help| help.lines().next().unwrap_or_default());
    let rule = rule.trim_end_matches(':').to_owned();
    page = page.also_at(here, span(line), reason);
    page.help = vec![rule];
    if reason == SHARED {
        let name = here.text()[line.clone()].split('=').next().unwrap_or_default();
        page.help.push(format!(
            "a function assigns a variable of the script; declare it above the function: let {name} = \"\""
        ));
    }
    page.help.extend(inside.iter().skip(1).find(is_there).into_iter().flat_map(|error| error.help.clone()));
    page
}

fn span(range: &Range<usize>) -> Span {
    Span::new(range.start, range.end)
}

/// Returns whether a statement that can't be rewritten begins as sh writes it.
fn is_of_sh(statement: &str) -> bool {
    let line = statement.lines().next().unwrap_or_default();
    let is_compound =
        ["; do", "; then", " in", "() {", "()"].iter().any(|end| line.trim_end().ends_with(end));
    is_compound || line.starts_with("function ")
}

/// Returns the error for a statement that the check did not reach.
fn construct(source: &Arc<Source>, text: &str, range: &Range<usize>) -> Diagnostic {
    let statement = &text[range.clone()];
    let line = statement.lines().next().unwrap_or_default();
    let first = line.split([' ', '\t', ';', '(']).next().unwrap_or_default();
    let row = match first {
        "for" | "while" => Some(sh_constructs::of(ShConstruct::Loop)),
        "if" => Some(sh_constructs::of(ShConstruct::If)),
        "[[" => Some(sh_constructs::of(ShConstruct::DoubleBracket)),
        _ if line.contains("() {") || line.ends_with("()") => Some(sh_constructs::of(ShConstruct::Function)),
        _ => None,
    };
    let of_word = sh_constructs::of_word(first);
    let row: Option<(Code, &str, &str)> =
        row.as_ref().or(of_word).map(|row| (row.code, row.message, row.help));
    let is_assignment = assigned_names(line).next().is_some();
    let (code, message, help) = match row {
        Some(row) => row,
        None if is_assignment => (
            code::SH_ASSIGNMENT,
            "an assignment of sh",
            "declare by `let`, and assign with blanks around the `=`",
        ),
        None => (
            code::SH_PARAMETER,
            "this statement is written for sh",
            "docs/FROM-SH.md shows the constructs of sh beside those of Pipewright",
        ),
    };
    let span = Span::new(range.start, range.start + line.len());
    Diagnostic::new(code, message).at(source, span, "not in Pipewright").help(help)
}
