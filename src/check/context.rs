//! The view that the passes of the check have of a file: its text and what is declared. They change nothing; what they find
//! is handed back.

use super::code_guard::Prints;
use super::lower::Checker;
use super::program::FunctionId;
use super::scope::{Name, Scopes};
use crate::diag::{Code, Diagnostic, Source};
use crate::host::Hosted;
use crate::span::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// The view of a pass on the place that is being checked.
pub struct Context<'c, 's> {
    pub source: &'s Arc<Source>,
    pub text: &'s str,
    pub scopes: &'c Scopes<'s>,
    /// The functions and stages of the host.
    pub hosted: &'c Hosted,
    /// The texts that the functions of the file print.
    pub prints: &'c HashMap<FunctionId, Prints>,
    /// Files are written aside here, so that none is emptied: `with atomic=true`.
    pub is_atomic: bool,
    /// The text is an entry of a prompt.
    pub is_entry: bool,
    /// Other files may use what is declared here.
    pub is_for_others: bool,
}

impl Context<'_, '_> {
    /// Returns an error of this file; an empty help is none.
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
    /// The view of the place that is being checked.
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

    /// Returns whether the text is typed at a prompt, and not that of a file which an entry uses.
    pub fn is_typed(&self) -> bool {
        self.project.hosted.is_prompt && self.module == self.project.script
    }

    /// Takes the findings of a pass. Returns whether there was an error among them.
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
