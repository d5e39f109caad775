//! `$?`: where it may be used, and where it can only be 0.
//!
//! A statement that fails stops the script, so most code that would read `$?` in sh reads a 0 here. The
//! check follows what is known of the status from statement to statement, and warns where it is certain.

use super::errors::fits_help;
use super::lower::Checker;
use super::side_by_side::Effect;
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast::{self, PartKind, RedirectionKind, WordKind};

/// The knowledge about the status at a point of the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flow {
    /// Whether it is certainly 0.
    pub is_zero: bool,
    /// Whether no earlier statement of the function or turn has set the status.
    pub is_first: bool,
    /// Whether an enclosing `with ok=` accepts another status.
    pub accepts: bool,
    /// The command, or the statement, before this one.
    pub before: Option<Span>,
}

impl<'s> Checker<'s> {
    /// Lowers one of several branches: the status is known before it, and after all of them if it is known
    /// after each.
    pub(super) fn ending_status<T>(
        &mut self,
        is_zero: bool,
        ends: &mut bool,
        lower: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.status.is_zero = is_zero;
        let lowered = lower(self);
        *ends &= self.status.is_zero;
        lowered
    }

    /// Returns the previous command in its line, if it is short.
    fn command_before(&self) -> Option<&'s str> {
        let text = &self.text[self.status.before?.range()];
        let is_command = fits_help(text) && !text.contains(['{', '#', '"']) && !text.contains("let ");
        is_command.then_some(text)
    }

    /// Refuses `$?` in an expression.
    pub(super) fn refuse_status(&mut self, span: Span) {
        let command = self.command_before().unwrap_or("cmd");
        let help = format!("the status of a command as a value: (try {{ {command} }}).status");
        let message = "`$?` is allowed in words of commands, not in expressions";
        self.error(code::STATUS_PLACE, span, message, "not in Pipewright", &help);
    }

    /// Notes `$?` in a word: warns if it is certainly 0, and refuses it at the beginning of a turn side by side.
    pub(super) fn note_status(&mut self, span: Span) {
        if self.status.is_first {
            return self.note_effect(Effect::Status, span);
        }
        if !self.status.is_zero || self.project.earlier.is_some() {
            return;
        }
        let page = Diagnostic::new(code::ZERO_STATUS, "`$?` is always 0 here");
        let page = page.at(self.source, span, "a command that fails stops the script before this");
        let page = page.help(match self.command_before() {
            Some(command) => format!("write what follows a failure after `||`: {command} || echo $?"),
            None => "write what follows a failure after `||`, or in `else`".to_string(),
        });
        self.take([page]);
    }

    /// Refuses `echo $? "$(cmd)"`: bash and dash disagree about whose status it is.
    pub(super) fn refuse_status_beside_capture(&mut self, stage: &ast::Stage<'s>) {
        let mut parts = Vec::new();
        if let ast::StageKind::Simple(simple) = &stage.kind {
            simple.assignments.iter().for_each(|assignment| parts_of(&assignment.value, &mut parts));
            simple.words.iter().for_each(|word| parts_of(word, &mut parts));
        }
        for redirection in &stage.redirections {
            match &redirection.kind {
                RedirectionKind::File(_, word)
                | RedirectionKind::Both { target: word, .. }
                | RedirectionKind::HereString(word) => parts_of(word, &mut parts),
                RedirectionKind::HereDocument(inside) => parts.extend(inside),
                RedirectionKind::Duplicate(_) | RedirectionKind::Close | RedirectionKind::Sh(_) => {}
            }
        }
        self.refuse_both(&parts);
    }

    /// Does the same in the words of `for`.
    pub(super) fn refuse_status_in_words(&mut self, words: &[ast::Word<'s>]) {
        let mut parts = Vec::new();
        words.iter().for_each(|word| parts_of(word, &mut parts));
        self.refuse_both(&parts);
    }

    fn refuse_both(&mut self, parts: &[&ast::Part<'s>]) {
        let status = parts.iter().find(|part| matches!(part.kind, PartKind::Status));
        let capture = parts.iter().find(|part| matches!(part.kind, PartKind::Capture(..)));
        let (Some(status), Some(capture)) = (status, capture) else { return };
        let message = "`$?` and a capture in one command";
        let page = Diagnostic::new(code::STATUS_PLACE, message)
            .at(self.source, status.span, "shells disagree about whose status this is")
            .also_at(self.source, capture.span, "it runs a command, too")
            .help(format!(
                "take the status as a value: (try {{ {} }}).status",
                self.command_before().unwrap_or("cmd")
            ));
        self.report(page);
    }
}

fn parts_of<'w, 's>(word: &'w ast::Word<'s>, into: &mut Vec<&'w ast::Part<'s>>) {
    match &word.kind {
        WordKind::Parts(parts) => into.extend(parts),
        WordKind::Braces(words) => words.iter().for_each(|word| parts_of(word, into)),
        WordKind::Assignment(assignment) => parts_of(&assignment.value, into),
        WordKind::Bare(_) | WordKind::Splice(_) | WordKind::Arrow => {}
    }
}
