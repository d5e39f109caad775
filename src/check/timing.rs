//! `time` before a pipeline, `<` and `>` in `[ … ]`, and redirections alone: forms that look like one
//! thing and mean another.

use super::lower::Checker;
use super::words::literal;
use crate::diag::{Diagnostic, code};
use crate::syntax::ast::{self, FileMode, RedirectionKind, StageKind, WordKind};

impl<'s> Checker<'s> {
    /// Refuses `time -v cmd` and `time time cmd`, which `time` does not support.
    pub(super) fn refuse_timed(&mut self, timed: ast::Timed, first: &ast::Stage<'s>) {
        let StageKind::Simple(simple) = &first.kind else { return };
        let command = &self.text[first.span.range()];
        let word = literal(simple.words.first());
        let (message, label, help) = match word.as_deref() {
            None if simple.words.is_empty() && simple.assignments.is_empty() => (
                "`time` times no command".to_string(),
                "redirections alone",
                "write the command to time".to_string(),
            ),
            Some(option) if option.starts_with('-') && simple.assignments.is_empty() => (
                format!("`time` has no option {option}"),
                "not in Pipewright",
                format!("the program of this name may have it: 'time' {command}"),
            ),
            _ => return,
        };
        self.error(code::TIME_PLACE, timed.span.to(first.span), message, label, &help);
    }

    /// Refuses `$(< file)`: in bash it is the text of the file, and empty in dash. Returns whether it
    /// did.
    pub(super) fn refuse_input_alone(&mut self, stage: &ast::Stage<'s>) -> bool {
        let StageKind::Simple(simple) = &stage.kind else { return false };
        if !simple.words.is_empty() || !simple.assignments.is_empty() {
            return false;
        }
        let reads = |redirection: &&ast::Redirection<'s>| {
            matches!(
                &redirection.kind,
                RedirectionKind::File(FileMode::Read | FileMode::ReadWrite, _)
                    | RedirectionKind::HereString(_)
                    | RedirectionKind::HereDocument(_)
            )
        };
        let Some(redirection) = stage.redirections.iter().find(reads) else { return false };
        let help = match &redirection.kind {
            RedirectionKind::File(_, file) => {
                format!("read the file by: cat {}", &self.text[file.span.range()])
            }
            _ => "put the command that reads it before it".to_string(),
        };
        let message = "an input without a command";
        self.error(code::SH_REDIRECTION, stage.span, message, "shells disagree about this", &help);
        true
    }

    /// Refuses `[ a > b ]`, a redirection to the file `b` in every shell.
    pub(super) fn refuse_comparison_in_test(&mut self, stage: &ast::Stage<'s>) {
        let StageKind::Simple(simple) = &stage.kind else { return };
        let name = literal(simple.words.first());
        let is_test = matches!(name.as_deref(), Some("test"));
        if !is_test && !matches!(name.as_deref(), Some("[")) {
            return;
        }
        let last = simple.words.last().map_or(0, |word| word.span.start);
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        for redirection in &stage.redirections {
            let (sign, option, target) = match &redirection.kind {
                RedirectionKind::File(FileMode::Write, target) => ('>', "-gt", target),
                RedirectionKind::File(FileMode::Read, target) => ('<', "-lt", target),
                _ => continue,
            };
            let text = &self.text[target.span.range()];
            let is_inside = !is_test && redirection.span.start < last;
            let is_compared =
                is_inside && !matches!(target.kind, WordKind::Bare("/dev/null")) || is_number(text);
            if redirection.descriptor.is_some() || !is_compared {
                continue;
            }
            let (start, end) = (stage.span.start as usize, stage.span.end as usize);
            let before = self.text[start..redirection.span.start as usize].trim_end();
            let after = &self.text[target.span.end as usize..end];
            let with = |operator: &str| format!("{before} {operator} {text}{after}");
            let help = if is_number(text) || text.starts_with('$') {
                format!("numbers are compared by {option}: {}", with(option))
            } else {
                format!("texts are compared by a quoted sign: {}", with(&format!("'{sign}'")))
            };
            let message = format!("`{sign} {text}` is a redirection, and compares nothing");
            let label = if sign == '>' { "this would empty the file" } else { "this would read the file" };
            let page = Diagnostic::new(code::SH_COMPARISON, message);
            self.report(page.at(self.source, redirection.span, label).help(help));
        }
    }
}
