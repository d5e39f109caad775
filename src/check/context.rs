//! The view of a file for the passes of the check: its text and its declarations. Passes change nothing
//! and return their findings.

use super::code_guard::Prints;
use super::lower::Checker;
use super::program::FunctionId;
use super::scope::{Name, Scopes};
use crate::diag::{Code, Diagnostic, Source};
use crate::host::Hosted;
use crate::span::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// The view of the place that is being checked.
pub struct Context<'c, 's> {
    pub source: &'s Arc<Source>,
    pub text: &'s str,
    pub scopes: &'c Scopes<'s>,
    /// The functions and stages of the host.
    pub hosted: &'c Hosted,
    /// The texts that the functions of the file print.
    pub prints: &'c HashMap<FunctionId, Prints>,
    /// Whether files are written aside here, so that none is emptied: `with atomic=true`.
    pub is_atomic: bool,
    /// Whether the text is an entry of a prompt.
    pub is_entry: bool,
    /// Whether other files may use its declarations.
    pub is_for_others: bool,
}

impl Context<'_, '_> {
    /// Returns an error of this file. An empty help is omitted.
    pub fn error(
        &self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        label: &str,
        help: &str,
    ) -> Diagnostic {
        let error = Diagnostic::new(code, message).at(self.source, span, label);
        if help.is_empty() { error } else { error.help(help) }
    }

    /// Returns whether a name is a variable here.
    pub fn is_variable(&self, name: &str) -> bool {
        matches!(self.scopes.find(name), Some(Name::Variable(_)))
    }
}

impl<'s> Checker<'s> {
    /// Returns the view of the place that is being checked.
    pub fn context(&self) -> Context<'_, 's> {
        let is_used = self.module != self.project.script || self.project.earlier.is_some();
        Context {
            source: self.source,
            text: self.text,
            scopes: &self.scopes,
            hosted: &self.project.hosted,
            prints: &self.prints,
            is_atomic: self.atomic > 0,
            is_entry: self.project.earlier.is_some() || self.is_typed(),
            is_for_others: is_used && self.scopes.is_outermost(),
        }
    }

    /// Returns whether the text was typed at a prompt and is not a file that an entry uses.
    pub fn is_typed(&self) -> bool {
        self.project.hosted.is_prompt && self.module == self.project.script
    }

    /// Adds the findings of a pass. Returns whether they contain an error.
    pub fn take(&mut self, found: impl IntoIterator<Item = Diagnostic>) -> bool {
        let mut is_refused = false;
        for page in found {
            if page.code.is_warning() {
                self.lints.warnings.push(page);
            } else {
                is_refused = true;
                self.report(page);
            }
        }
        is_refused
    }
}
