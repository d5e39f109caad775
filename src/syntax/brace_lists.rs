//! The brace lists of a word, which make several words of it.

use super::ast::*;
use super::read::{Read, Reader, Stop};
use super::tildes::tilde_of_word;
use crate::diag::{Diagnostic, code};
use crate::expand::brace;
use crate::span::Span;
use std::borrow::Cow;

impl<'s> Reader<'s> {
    /// Returns the words from the brace lists of a word. `inner` is the size of the lists in its parts, of
    /// which each word would have a copy.
    pub(super) fn braces(
        &self,
        parts: &[Part<'s>],
        inner: usize,
        span: Span,
    ) -> Read<Option<Box<[Word<'s>]>>> {
        let pieces: Vec<brace::Piece<usize>> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| match &part.kind {
                PartKind::Bare(text) => brace::Piece::Text(text.to_vec()),
                _ => brace::Piece::Fixed(index),
            })
            .collect();
        self.refuse_brackets_in_braces(parts)?;
        // A part takes some memory, and an expression more than its text.
        let weight = |index: &usize| match &parts[*index].kind {
            PartKind::Quoted(text) => 32 + text.len(),
            PartKind::Pattern(text) => 32 + text.len(),
            _ => 32 + 16 * (parts[*index].span.end - parts[*index].span.start) as usize + inner,
        };
        let (lists, size) = match brace::expand(&pieces, weight) {
            Ok(None) => return Ok(None),
            Ok(Some(expanded)) => expanded,
            Err(brace::BraceError::TooMany) => {
                return Err(self.too_many_words(span, &brace::BraceError::TooMany.to_string()));
            }
            Err(error) => return Err(self.error(code::BRACES, span, &error.to_string(), "this brace list")),
        };
        self.made.set(self.made.get() + size);
        if self.made.get() > brace::MAX_TOTAL {
            let message = "the brace lists of this file make more words than a script may hold";
            return Err(self.too_many_words(span, message));
        }
        self.refuse_values_in_braces(parts, &lists)?;
        let words = lists.into_iter().map(|list| {
            let parts = list
                .into_iter()
                .map(|piece| match piece {
                    brace::Piece::Text(text) => Part { span, kind: PartKind::Bare(Cow::Owned(text)) },
                    brace::Piece::Fixed(index) => parts[index].clone(),
                })
                .collect();
            Word { span, kind: WordKind::Parts(tilde_of_word(parts).into_boxed_slice()) }
        });
        Ok(Some(words.collect()))
    }

    fn too_many_words(&self, span: Span, message: &str) -> Stop {
        let error = Diagnostic::new(code::TOO_MANY_WORDS, message).at(self.source, span, "this brace list");
        let help = "go through a range, which makes one number at a time: for i in (1..=100000) { … }";
        Stop::Error(Box::new(error.help(help)))
    }

    /// Refuses brackets in braces: bash looks for brace lists first, so `{[a,b]}` is `[a b]` there.
    fn refuse_brackets_in_braces(&self, parts: &[Part<'s>]) -> Read<()> {
        let cut = |text: &str| text.starts_with('[') && (text.contains([',', '}']) || text.contains(".."));
        match parts.iter().find(|part| matches!(part.kind, PartKind::Pattern(text) if cut(text))) {
            None => Ok(()),
            Some(part) => {
                let message = "a bracket expression with `,`, `..` or a brace, in a word with braces";
                Err(self.error(code::BRACES, part.span, message, "bash would cut it here"))
            }
        }
    }

    /// Refuses values in brace lists. bash expands the list before variables, so that `$x{a,b}` means `$xa
    /// $xb` there; and it would cut a bracket expression that contains a comma.
    fn refuse_values_in_braces(&self, parts: &[Part<'s>], lists: &[Vec<brace::Piece<usize>>]) -> Read<()> {
        // The number of words that contain each part.
        let mut found = vec![0_usize; parts.len()];
        let mut last_list = vec![usize::MAX; parts.len()];
        for (place, list) in lists.iter().enumerate() {
            for piece in list {
                if let brace::Piece::Fixed(index) = piece
                    && last_list[*index] != place
                {
                    last_list[*index] = place;
                    found[*index] += 1;
                }
            }
        }
        for (index, part) in parts.iter().enumerate() {
            let literal =
                matches!(part.kind, PartKind::Bare(_) | PartKind::Quoted(_) | PartKind::OpenBracket);
            if matches!(part.kind, PartKind::Pattern(_)) {
                continue;
            }
            if literal {
                // bash joins the `$` of `{$,}HOME` with the text after the list.
                let lone = part.span.end - part.span.start == 1
                    && self.text[part.span.start as usize..].starts_with(['$'])
                    && self.text[part.span.end as usize..].starts_with([',', '}']);
                if lone {
                    let mut error =
                        Diagnostic::new(code::BRACES, "a lone `$` ends an element of a brace list");
                    error = error.at(self.source, part.span, "bash would join it with what follows the list");
                    error = error.help("quote it if it is meant as text: '$'");
                    return Err(Stop::Error(Box::new(error)));
                }
                continue;
            }
            let outside = found[index] == lists.len();
            let touched = matches!(&part.kind, PartKind::Value(..))
                && !self.text[part.span.range()].ends_with('}')
                && matches!(parts.get(index + 1), Some(Part { kind: PartKind::Bare(text), .. }) if text.starts_with(b"{"));
            if !outside || touched {
                let mut error = Diagnostic::new(code::BRACES, "a brace list holds literal text only");
                error = error.at(
                    self.source,
                    part.span,
                    if outside { "touches the list" } else { "in the list" },
                );
                let name = &self.text[part.span.range()];
                error = error.help(if outside {
                    format!("set it apart by braces of its own: ${{{}}}", name.trim_start_matches('$'))
                } else {
                    "write the words one by one, or use a list: ...$list".to_string()
                });
                return Err(Stop::Error(Box::new(error)));
            }
        }
        Ok(())
    }
}
