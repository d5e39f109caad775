//! Redirections: operators, descriptors, targets, and the bodies of here-documents (POSIX 2.7).

use super::ast::*;
use super::read::{Read, Reader, Stop};
use super::scan::lift;
use super::tokens::{Rule, Token, whole};
use super::word::quoted;
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use std::borrow::Cow;

impl<'s> Reader<'s> {
    pub fn redirection(&self, token: Token<'_>, base: usize) -> Read<Redirection<'s>> {
        let span = self.span_of(&token, base);
        let mut inner = token.into_inner();
        let mut part = self.missing(inner.next(), span)?;
        let mut descriptor = None;
        if part.as_rule() == Rule::descriptor {
            let at = self.span_of(&part, base);
            descriptor = Some(self.descriptor(part.as_str(), at)?);
            part = self.missing(inner.next(), span)?;
        }
        let rule = part.as_rule();
        let mut inner = part.into_inner();
        let operator = self.missing(inner.next(), span)?;
        let target = self.missing(inner.next(), span)?;
        self.refuse_number_as_target(&target, base)?;
        let kind = match (rule, operator.as_str()) {
            (Rule::here_doc, _) => {
                RedirectionKind::HereDocument(self.here_document(base + operator.as_span().start())?)
            }
            (Rule::duplicate, _) if target.as_str() == "-" => {
                descriptor = descriptor.or(Some(u32::from(operator.as_str() == ">&")));
                RedirectionKind::Close
            }
            (Rule::duplicate, _) => {
                descriptor = descriptor.or(Some(u32::from(operator.as_str() == ">&")));
                let at = self.span_of(&target, base);
                RedirectionKind::Duplicate(self.descriptor(target.as_str(), at)?)
            }
            (Rule::sh_redirect_both, _) => RedirectionKind::Sh(ShConstruct::RedirectBoth),
            (Rule::redirect_both, operator) => {
                RedirectionKind::Both { append: operator == "&>>", target: self.word(target, base)? }
            }
            (_, "<<<") => RedirectionKind::HereString(self.word(target, base)?),
            (_, operator) => {
                let mode = match operator {
                    "<" => FileMode::Read,
                    ">" => FileMode::Write,
                    ">>" => FileMode::Append,
                    ">|" => FileMode::Clobber,
                    _ => FileMode::ReadWrite,
                };
                RedirectionKind::File(mode, self.word(target, base)?)
            }
        };
        Ok(Redirection { span, descriptor, kind })
    }

    /// Reads a descriptor. Shells differ above 9; here the limit is a default limit of 1,024.
    fn descriptor(&self, digits: &str, span: Span) -> Read<u32> {
        digits.parse().ok().filter(|number| *number < 1000).ok_or_else(|| {
            self.error(code::SYNTAX, span, "a descriptor is a number from 0 to 999", "out of range")
        })
    }

    fn here_document(&self, operator: usize) -> Read<Box<[Part<'s>]>> {
        let found = self.here_documents.iter().find(|here| here.operator == operator);
        let Some(here) = found.copied() else {
            let at = Span::new(operator, operator + 2);
            return Err(self.error(
                code::HEREDOC,
                at,
                "a here-document can't be here",
                "its body was not found",
            ));
        };
        let body = &self.text[here.body.range()];
        let base = here.body.start as usize;
        let mut parts = Vec::new();
        if here.literal {
            parts.push(Part { span: here.body, kind: PartKind::Quoted(Cow::Borrowed(body.as_bytes())) });
        } else {
            // These here-documents are in captures of the body, and their bodies must also be hidden from the
            // grammar.
            let nested = self
                .here_documents
                .iter()
                .filter(|nested| nested.operator >= base && (nested.operator as u32) < here.body.end);
            let nested: Vec<_> = nested.copied().map(|nested| nested.from(base)).collect();
            let lifted = (!nested.is_empty()).then(|| lift(body, &nested));
            let mut pairs = whole(Rule::here_body, lifted.as_deref().unwrap_or(body), base)?;
            let inner = self.missing(pairs.next(), here.body)?.into_inner();
            for part in inner.filter(|part| part.as_rule() != Rule::EOI) {
                self.part(part, base, &mut parts)?;
            }
        }
        quoted(&mut parts);
        if here.strip_tabs {
            self.strip_tabs(&mut parts)?;
        }
        Ok(parts.into_boxed_slice())
    }

    /// Refuses `2>2>f`: in sh the second `2` belongs to the operator after it, and the first operator
    /// has no target.
    fn refuse_number_as_target(&self, target: &Token<'_>, base: usize) -> Read<()> {
        let at = self.span_of(target, base);
        let digits = self.text[at.range()].bytes().all(|byte| byte.is_ascii_digit());
        if target.as_rule() != Rule::duplicate_from
            && digits
            && self.text[at.end as usize..].starts_with(['<', '>'])
        {
            let mut error = Diagnostic::new(code::SH_REDIRECTION, "a redirection has no target");
            error = error.at(self.source, at, "the descriptor of the next redirection");
            error = error.help("put a blank after it if it names a file");
            return Err(Stop::Error(Box::new(error)));
        }
        Ok(())
    }

    /// Removes, for `<<-`, the tabs at the start of each line of the body's own text. Lines that a
    /// backslash joins are one, as in bash.
    fn strip_tabs(&self, parts: &mut [Part<'s>]) -> Read<()> {
        let mut line_start = true;
        for part in parts {
            let source = &self.text[part.span.range()];
            match &mut part.kind {
                PartKind::Quoted(_) if source == "\\\n" => {}
                PartKind::Quoted(text) if !source.starts_with('\\') => {
                    let mut stripped = Vec::with_capacity(text.len());
                    for &byte in text.iter() {
                        if !(line_start && byte == b'\t') {
                            stripped.push(byte);
                            line_start = byte == b'\n';
                        }
                    }
                    if stripped.len() < text.len() {
                        *text = Cow::Owned(stripped);
                    }
                }
                // bash strips the text of a capture before it parses it, dash does not.
                _ if source.contains("\n\t") => {
                    let mut error = Diagnostic::new(code::HEREDOC, "shells disagree about tabs in here");
                    error = error.at(self.source, part.span, "a line in it begins with a tab");
                    let help = "compute the value before, or write << and no tabs";
                    return Err(Stop::Error(Box::new(error.help(help))));
                }
                _ => line_start = false,
            }
        }
        Ok(())
    }
}
