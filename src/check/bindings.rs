//! Patterns of `let` and `for`: names become slots, and patterns that no value can fit are refused.

use super::lower::Checker;
use super::program::*;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast;
use crate::value::Value;

impl<'s> Checker<'s> {
    /// Declares the names in order: a default can use those before it. `noted` means that unread ones
    /// cause a warning.
    pub(super) fn binding(&mut self, binding: ast::Binding<'s>, noted: bool) -> Binding {
        match binding {
            ast::Binding::Name(name) if name.text == "_" => Binding::Ignored,
            ast::Binding::Name(name) => {
                let slot = self.declare(name);
                if noted {
                    self.note_variable(name, false);
                }
                Binding::Variable(slot)
            }
            ast::Binding::List(pattern) => Binding::List(Box::new(self.list_pattern(*pattern, noted))),
            ast::Binding::Map(pattern) => Binding::Map(Box::new(self.map_pattern(*pattern, noted))),
        }
    }

    fn list_pattern(&mut self, pattern: ast::Pattern<'s>, noted: bool) -> ListPattern {
        let span = pattern.span;
        let rest_at = self.rest_of(&pattern);
        let mut rest = None;
        let mut optional: Option<Span> = None;
        let mut elements = Vec::with_capacity(pattern.parts.len());
        for (at, part) in pattern.parts.into_iter().enumerate() {
            let Some(binding) = part.binding else { continue };
            if part.rest {
                let binding = self.binding(binding, noted);
                rest = rest.or((rest_at == Some(at)).then_some(binding));
                continue;
            }
            match (&part.default, optional) {
                (Some(_), _) => optional = Some(part.span),
                (None, Some(before)) => {
                    let message = "an element without a default follows one that has a default";
                    let text = &self.text[part.span.range()];
                    let help = format!("give it a default, too: {text} = null; or move it before the others");
                    let label = "no list could leave out only the one before";
                    self.error(code::BAD_PATTERN, part.span, message, label, &help);
                    if let Some(page) = self.errors.pop() {
                        self.errors.push(page.also_at(self.source, before, "has a default"));
                    }
                }
                (None, None) => {}
            }
            elements.push(self.pattern_part(part.span, binding, part.default, noted));
        }
        ListPattern { span, elements: elements.into(), rest }
    }

    fn map_pattern(&mut self, pattern: ast::Pattern<'s>, noted: bool) -> MapPattern {
        let span = pattern.span;
        let rest_at = self.rest_of(&pattern);
        let mut rest = None;
        let mut entries = Vec::with_capacity(pattern.parts.len());
        for (at, part) in pattern.parts.into_iter().enumerate() {
            if part.rest {
                let binding = part.binding.map(|binding| self.binding(binding, noted));
                rest = rest.or(binding.filter(|_| rest_at == Some(at)));
                continue;
            }
            let Some(key) = part.key else { continue };
            let key_span = key.span;
            let ExprKind::Value(Value::Str(key)) = self.expr(key).kind else {
                let message = "a key of a pattern is literal text";
                let help = "take the element by its key: let x = m[key]";
                self.error(code::BAD_PATTERN, key_span, message, "has a value in it", help);
                continue;
            };
            let Some(binding) = part.binding else {
                let text = &self.text[key_span.range()];
                let message = "a key in quotes needs a name for its value";
                let help = format!("write: {text}: name");
                self.error(code::BAD_PATTERN, key_span, message, "no name follows", &help);
                continue;
            };
            let part = self.pattern_part(part.span, binding, part.default, noted);
            entries.push((key, part));
        }
        MapPattern { span, entries: entries.into(), rest }
    }

    fn pattern_part(
        &mut self,
        span: Span,
        binding: ast::Binding<'s>,
        default: Option<ast::Expr<'s>>,
        noted: bool,
    ) -> PatternPart {
        let default = default.map(|default| self.expr(default));
        PatternPart { span, binding: self.binding(binding, noted), default }
    }

    /// Returns the place of the rest in a pattern, which must be its end.
    fn rest_of(&mut self, pattern: &ast::Pattern<'s>) -> Option<usize> {
        let at = pattern.parts.iter().position(|part| part.rest)?;
        if at + 1 < pattern.parts.len() {
            let span = pattern.parts[at].span;
            let name = &self.text[span.range()][3..];
            let message = "`...` takes the remaining parts, so it must be at the end of its pattern";
            let help = format!("move ...{} to the end; the last element of a list is xs[-1]", name.trim());
            self.error(code::BAD_PATTERN, span, message, "parts of the pattern follow it", &help);
        }
        Some(at)
    }

    /// Refuses `for [a, b] in WORDS`: words are text, which a pattern can't take apart.
    pub(super) fn refuse_pattern_of_words(&mut self, binding: &ast::Binding<'s>) {
        if matches!(binding, ast::Binding::Name(_)) {
            return;
        }
        let pattern = &self.text[binding.span().range()];
        let message = "a pattern takes lists or maps apart, and words are text";
        let help = format!("go through a list of such: for {pattern} in (list) {{ … }}");
        self.error(code::BAD_PATTERN, binding.span(), message, "fits no word", &help);
    }
}
