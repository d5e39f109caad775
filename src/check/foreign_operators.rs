//! Operators of sh and C in an expression, with the user's line as it is written here.

use super::lower::Checker;
use crate::diag::code;
use crate::span::Span;

impl Checker<'_> {
    /// Refuses `&&`, `||`, `=`, `=~` between values.
    pub(super) fn foreign_operator(&mut self, span: Span) {
        let (message, help) = match &self.text[span.range()] {
            "&&" => ("`&&` joins commands, not values", "between values write `and`"),
            "||" => {
                ("`||` joins commands, not values", "between values write `or`; a default for null is x ?? y")
            }
            "=~" => ("`=~` is bash's", "it is a method of strings: s.matches(\"regex\")"),
            _ => ("`=` assigns, and compares nothing", "between values write `==`"),
        };
        self.refuse_operator(span, message, help);
    }

    /// Refuses `!x`.
    pub(super) fn foreign_not(&mut self, span: Span) {
        self.refuse_operator(
            span,
            "`!` negates commands, not values",
            "before a value write `not`; `!=` compares",
        );
    }

    /// Reports one error for the operators of a line.
    fn refuse_operator(&mut self, span: Span, message: &str, help: &str) {
        let help = crate::syntax::with_own_operators(self.text, span.start as usize)
            .map_or_else(|| help.to_owned(), |line| format!("write: {line}"));
        let is_shown = |page: &crate::diag::Diagnostic| {
            page.code == code::SH_OPERATOR && page.help.first().is_some_and(|first| *first == help)
        };
        if help.starts_with("write:") && self.errors.iter().any(is_shown) {
            return;
        }
        self.error(code::SH_OPERATOR, span, message, "not in Pipewright", &help);
    }
}
