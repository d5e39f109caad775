//! The errors of a file as they are found, and the errors about constructs of sh.

use super::lower::Checker;
use super::{lookalikes, sh_constructs, sh_parameters};
use crate::diag::{Code, Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast::ShConstruct;

/// The number of errors that are reported: the first ones are the ones to correct.
const MAX_ERRORS: usize = 20;

/// Returns whether a help can repeat some code: the code is one line, and short enough to read.
pub fn fits_help(code: &str) -> bool {
    code.len() <= 90 && !code.contains('\n')
}

impl Checker<'_> {
    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>, label: &str, help: &str) {
        let error = self.context().error(code, span, message, label, help);
        self.report(error);
    }

    /// Returns whether no more errors are reported.
    pub fn is_full(&self) -> bool {
        self.errors.len() >= MAX_ERRORS
    }

    pub fn report(&mut self, error: Diagnostic) {
        if !self.is_full() {
            self.errors.push(error);
        }
    }

    pub fn habit(&mut self, habit: ShConstruct, span: Span) {
        let text = &self.text[span.range()];
        match habit {
            ShConstruct::Parameter | ShConstruct::SpecialParameter
                if self.function.is_some() && sh_parameters::is_positional(text) =>
            {
                self.sh(&sh_parameters::IN_FUNCTION, span);
            }
            ShConstruct::LetWithoutSpaces => match lookalikes::let_elsewhere(text) {
                Some((message, help)) => {
                    self.error(code::SH_ASSIGNMENT, span, message, "not in Pipewright", &help);
                }
                None => self.sh(&sh_constructs::of(habit), span),
            },
            ShConstruct::Parameter | ShConstruct::SpecialParameter => self.sh(&sh_parameters::of(text), span),
            ShConstruct::Dollar if text == "$?" => self.refuse_status(span),
            // `$!` in an expression: no name after the dollar could be written without it.
            ShConstruct::Dollar
                if text.len() == 2 && !text.as_bytes()[1].is_ascii_alphabetic() && text != "$_" =>
            {
                self.sh(&sh_parameters::of(text), span);
            }
            // `((cd src; make); ls)`
            ShConstruct::ArithmeticCommand if text.contains(';') || !text.ends_with("))") => {
                let message = "`((` begins arithmetic in bash";
                let own = format!("( {}", &text[1..]);
                let help = match own.contains('\n') {
                    true => "put a blank after the first parenthesis of a subshell".to_owned(),
                    false => format!("put a blank after the first parenthesis of a subshell: {own}"),
                };
                self.error(code::SH_ARITHMETIC, span, message, "not in Pipewright", &help);
            }
            ShConstruct::Loop if text.split_ascii_whitespace().any(|word| word == "read") => {
                self.sh(&sh_constructs::READ_LOOP, span);
            }
            _ => self.sh(&sh_constructs::of(habit), span),
        }
    }

    pub fn sh(&mut self, row: &sh_constructs::ConstructSpec, span: Span) {
        // `if …; then … else … fi` is one construct, not four.
        let compound = |error: &Diagnostic| error.code == code::SH_COMPOUND;
        if row.code == code::SH_COMPOUND && self.errors.iter().any(compound) {
            return;
        }
        let help = if row.example.is_empty() {
            row.help.to_string()
        } else {
            format!("{}:\n{}", row.help, row.example)
        };
        self.error(row.code, span, row.message, "not in Pipewright", &help);
    }
}
