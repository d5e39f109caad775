//! Patterns: file name patterns in words, and patterns of text in the arms of `match`.

use super::lower::Checker;
use super::program::*;
use super::words::as_text;
use crate::diag::code;
use crate::expand::glob::Glob;
use crate::expand::pattern::{self, Pattern, PatternError};
use crate::span::Span;
use crate::syntax::ast::{self, PartKind, WordKind};
use crate::value::Str;

impl<'s> Checker<'s> {
    /// Lowers a word with patterns. A pattern whose bracket expression contains a slash is not one
    /// (POSIX 2.14.3): it is text.
    pub(super) fn glob(&mut self, parts: Vec<ast::Part<'s>>, span: Span) -> Option<Word> {
        let fixed = parts.iter().all(|part| {
            matches!(
                part.kind,
                PartKind::Bare(_) | PartKind::Quoted(_) | PartKind::Pattern(_) | PartKind::OpenBracket
            )
        });
        if fixed {
            let units = pattern_parts(&parts);
            let glob = self.pattern(&parts, Glob::parse(&units))?;
            return Some(match glob {
                Some(glob) => Word::Glob(Box::new(GlobWord { span, pattern: GlobPattern::Fixed(glob) })),
                None => Word::Text(Box::new(self.text(as_text(parts), span))),
            });
        }
        // This only finds invalid patterns. The values are known only at run time.
        for part in &parts {
            if let PartKind::Pattern(text) = part.kind {
                self.pattern(
                    std::slice::from_ref(part),
                    Glob::parse(&[pattern::Part::Bare(text.as_bytes())]),
                )?;
            }
        }
        let mut lowered = Vec::with_capacity(parts.len());
        for part in parts {
            if let PartKind::Pattern(text) = part.kind {
                lowered.push(GlobPart::Pattern(text.as_bytes().into()));
            } else {
                lowered.extend(self.parts(vec![part], false).into_iter().map(GlobPart::Text));
            }
        }
        Some(Word::Glob(Box::new(GlobWord { span, pattern: GlobPattern::Parts(lowered.into_boxed_slice()) })))
    }

    fn pattern<T>(&mut self, parts: &[ast::Part<'s>], parsed: Result<T, PatternError>) -> Option<T> {
        match parsed {
            Ok(pattern) => {
                // dash treats `[.` as characters if no `.]` follows, and bash treats the whole as text.
                let class = |text: &str| {
                    text.len() > 2 && ["[.", "[:", "[="].iter().any(|open| text[1..].contains(open))
                };
                let part =
                    parts.iter().find(|part| matches!(part.kind, PartKind::Pattern(text) if class(text)));
                if let Some(part) = part {
                    let message = "a class in brackets that is not closed";
                    let help = "put the inner `[` last if it is one of the characters: [abc[]";
                    self.error(code::SH_BRACKET, part.span, message, "shells disagree about this", help);
                    return None;
                }
                Some(pattern)
            }
            Err(error) => {
                // The error counts bytes over all parts.
                let mut before = 0;
                let mut span = parts.first().map_or(Span::default(), |part| part.span);
                for part in parts {
                    let length = match &part.kind {
                        PartKind::Bare(text) | PartKind::Quoted(text) => text.len(),
                        PartKind::Pattern(text) => text.len(),
                        _ => 1,
                    };
                    if error.range.start < before + length {
                        span = part.span;
                        break;
                    }
                    before += length;
                }
                self.error(code::SH_BRACKET, span, error.message, "in this pattern", "");
                None
            }
        }
    }

    /// Lowers a pattern of an arm of `match`.
    pub fn match_pattern(&mut self, word: ast::Word<'s>) -> Option<MatchPattern> {
        let span = word.span;
        let parts = match word.kind {
            WordKind::Bare("_") => {
                let help = "anything else is matched by: * => { … }";
                let message = "`_` would match this text alone";
                self.error(
                    code::SYNTAX,
                    span,
                    message,
                    "a pattern of one character",
                    &format!("{help}; quote it if it is meant as text: '_'"),
                );
                return None;
            }
            WordKind::Bare(text) => return Some(MatchPattern::Text(Str::from(text))),
            WordKind::Parts(parts) => parts.into_vec(),
            WordKind::Braces(_) | WordKind::Splice(_) | WordKind::Arrow | WordKind::Assignment(_) => {
                self.error(
                    code::SYNTAX,
                    span,
                    "a pattern of `match` is one word",
                    "this is a list",
                    "write the patterns one by one: a | b => { … }",
                );
                return None;
            }
        };
        self.refuse_in_word(&parts);
        if let Some(status) = parts.iter().find(|part| matches!(part.kind, PartKind::Status)) {
            self.refuse_status(status.span);
            return None;
        }
        if self.is_typed() && self.refuse_captures(&parts) {
            return None;
        }
        let patterns = parts.iter().any(|part| matches!(part.kind, PartKind::Pattern(_)));
        let fixed = parts.iter().all(|part| {
            matches!(
                part.kind,
                PartKind::Bare(_) | PartKind::Quoted(_) | PartKind::Pattern(_) | PartKind::OpenBracket
            )
        });
        if patterns && !fixed {
            self.error(
                code::SYNTAX,
                span,
                "a pattern of `match` holds either values or `*`, `?`, `[…]`",
                "this holds both",
                "compare in the parentheses of `if`",
            );
            return None;
        }
        if patterns {
            let units = pattern_parts(&parts);
            return self.pattern(&parts, Pattern::parse(&units)).map(MatchPattern::Pattern);
        }
        Some(MatchPattern::Word(self.text(parts, span)))
    }
}

fn pattern_parts<'p>(parts: &'p [ast::Part<'_>]) -> Vec<pattern::Part<'p>> {
    let part = |part: &'p ast::Part<'_>| match &part.kind {
        PartKind::Pattern(text) => pattern::Part::Bare(text.as_bytes()),
        PartKind::OpenBracket => pattern::Part::Quoted(b"["),
        PartKind::Bare(text) => pattern::Part::Bare(text),
        PartKind::Quoted(text) => pattern::Part::Quoted(text),
        _ => pattern::Part::Quoted(b""),
    };
    parts.iter().map(part).collect()
}
