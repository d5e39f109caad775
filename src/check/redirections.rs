//! Redirections: their descriptors, and their targets, which are exactly one word.

use super::lower::Checker;
use super::program::*;
use crate::syntax::ast;
use crate::value::Str;

impl<'s> Checker<'s> {
    pub fn redirections(&mut self, redirections: Vec<ast::Redirection<'s>>) -> Box<[Redirection]> {
        redirections.into_iter().filter_map(|redirection| self.redirection(redirection)).collect()
    }

    fn redirection(&mut self, redirection: ast::Redirection<'s>) -> Option<Redirection> {
        let span = redirection.span;
        let given = redirection.descriptor.map(u32::cast_signed);
        let what = "the target of a redirection";
        let (default, kind) = match redirection.kind {
            ast::RedirectionKind::File(mode, word) => {
                let (default, mode) = match mode {
                    ast::FileMode::Read => (0, FileMode::Read),
                    ast::FileMode::Write => (1, FileMode::Write),
                    ast::FileMode::Append => (1, FileMode::Append),
                    ast::FileMode::Clobber => (1, FileMode::Clobber),
                    ast::FileMode::ReadWrite => (0, FileMode::ReadWrite),
                };
                (default, RedirectionKind::File(mode, self.word_text(word, what, false)))
            }
            ast::RedirectionKind::Both { append, target } => {
                (1, RedirectionKind::Both { append, target: self.word_text(target, what, false) })
            }
            ast::RedirectionKind::Duplicate(from) => (1, RedirectionKind::Duplicate(from.cast_signed())),
            ast::RedirectionKind::Close => (1, RedirectionKind::Close),
            ast::RedirectionKind::HereString(mut word) => {
                unsplit(&mut word);
                let mut text = self.word_text(word, "a here-string", false);
                let mut parts = std::mem::take(&mut text.parts).into_vec();
                parts.push(Part::Text(Str::from("\n")));
                text.parts = parts.into_boxed_slice();
                (0, RedirectionKind::Text(text))
            }
            ast::RedirectionKind::HereDocument(parts) => {
                let text = self.text(parts.into_vec(), span);
                (0, RedirectionKind::Text(text))
            }
            ast::RedirectionKind::Sh(habit) => {
                self.habit(habit, span);
                return None;
            }
        };
        self.foresee(&kind);
        self.warn_of_one_target(&kind, span);
        Some(Redirection { span, descriptor: given.unwrap_or(default), kind })
    }

    /// Notes a literal target, if a policy is to judge it before the run.
    fn foresee(&mut self, kind: &RedirectionKind) {
        let Some(foreseen) = &mut self.project.foreseen else { return };
        let (mode, target) = match kind {
            RedirectionKind::File(mode, target) => (*mode, target),
            RedirectionKind::Both { append: true, target } => (FileMode::Append, target),
            RedirectionKind::Both { append: false, target } => (FileMode::Write, target),
            _ => return,
        };
        let mut path = Vec::new();
        for part in &target.parts {
            let Part::Text(text) = part else { return };
            path.extend_from_slice(text.as_bytes());
        }
        let path = path.into_boxed_slice();
        foreseen.targets.push(LiteralTarget { module: self.module, span: target.span, path, mode });
    }
}

/// Marks captures of a here-string, which bash does not split.
fn unsplit(word: &mut ast::Word<'_>) {
    let ast::WordKind::Parts(parts) = &mut word.kind else { return };
    for part in parts {
        if let ast::PartKind::Capture(_, quoting) | ast::PartKind::Value(_, quoting) = &mut part.kind {
            *quoting = ast::Quoting::Quoted;
        }
    }
}
