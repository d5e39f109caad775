//! Reports of failures as they happen, on the standard error of the failed stage.

use crate::diag::code;
use crate::eval::Error;
use crate::eval::Interpreter;
use crate::eval::exec::output::Output;
use crate::eval::exec::redirect::Opened;
use crate::eval::report::unwind::{End, Failure, Unwind};
use crate::process::{Descriptor, FileTable};
use crate::span::Span;
use std::sync::Arc;

impl Interpreter {
    /// Prints the reason why a builtin or a start failed, on the standard error of the stage, as a program would.
    /// The failure is absorbed, so its error page is not shown.
    pub(in crate::eval) fn print_failure(&self, failure: &Failure) {
        let errors: Vec<&Error> = match failure {
            Failure::Error(error) => vec![error],
            Failure::Stages(stages) => stages
                .iter()
                .filter_map(|stage| match &stage.end {
                    End::Error(error) => Some(&**error),
                    _ => None,
                })
                .collect(),
        };
        for error in errors {
            self.print_error(error, &self.env.files);
        }
    }

    /// Prints in one line why a command failed, on the standard error of `files`.
    fn print_error(&self, error: &Error, files: &FileTable) {
        // A program has reported its failure itself, and a `!` that was not true is an answer.
        if error.told || [code::COMMAND_FAILED, code::NEGATED].contains(&error.diagnostic.code) {
            return;
        }
        self.print_line(&error.diagnostic.message, files);
    }

    pub(in crate::eval) fn print_line(&self, message: &str, files: &FileTable) {
        self.print_text(&format!("pipewright: {}\n", crate::diag::visible(message.as_bytes())), files);
    }

    /// Writes to the standard error of `files`. If that is closed, the text is discarded.
    pub(in crate::eval) fn print_text(&self, text: &str, files: &FileTable) {
        let text = self.shared.redactions().apply(text.as_bytes());
        let _ = Output::Files(files).write(self, 2, &text, Span::default());
    }

    /// Prints the error of a command that could not be started, on its standard error at that point.
    pub(in crate::eval) fn print_start_error(&self, unwind: Unwind, redirections: &[Opened]) -> Unwind {
        let mut files = self.env.files.clone();
        match self.apply(redirections, &mut files) {
            Ok(()) => self.print_if_elsewhere(unwind, &files, &self.env.files),
            Err(_) => unwind,
        }
    }

    /// If a failed stage had redirected its standard error, prints the failure there at once, as a program would.
    /// Otherwise the failure waits until it is either shown as a page or absorbed. No descriptor is kept in the
    /// meantime, since the next stage may be waiting for the end of that pipe.
    pub(in crate::eval) fn print_if_elsewhere(
        &self,
        unwind: Unwind,
        stage: &FileTable,
        outer: &FileTable,
    ) -> Unwind {
        let elsewhere = match (stage.get(2), outer.get(2)) {
            (Some(Descriptor::Open(stage)), Some(Descriptor::Open(outer))) => !Arc::ptr_eq(stage, outer),
            (Some(Descriptor::Inherited(stage)), Some(Descriptor::Inherited(outer))) => stage != outer,
            (None, _) => false,
            _ => true,
        };
        match unwind {
            Unwind::Error(mut error) if error.is_failure && elsewhere && !error.told => {
                self.print_error(&error, stage);
                error.told = true;
                Unwind::Error(error)
            }
            other => other,
        }
    }
}
