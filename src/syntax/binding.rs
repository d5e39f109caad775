//! The targets of `let` and `for`: names, and patterns that take a value apart.

use super::ast::{Binding, Pattern, PatternPart};
use super::read::{Read, Reader};
use super::tokens::{Rule, Token};
use crate::span::Span;

impl<'s> Reader<'s> {
    pub(super) fn binding(&self, token: Option<Token<'_>>, base: usize) -> Read<Binding<'s>> {
        let token = self.missing(token, Span::default())?;
        let span = self.span_of(&token, base);
        let of_map = token.as_rule() == Rule::map_binding;
        if !of_map && token.as_rule() != Rule::list_binding {
            return self.name(Some(token), base).map(Binding::Name);
        }
        let parts = token.into_inner().map(|part| self.pattern_part(part, of_map, base));
        let pattern = Box::new(Pattern { span, parts: parts.collect::<Read<_>>()? });
        Ok(if of_map { Binding::Map(pattern) } else { Binding::List(pattern) })
    }

    /// Reads `a`, `...rest` or `key: name = default`.
    fn pattern_part(&self, token: Token<'_>, of_map: bool, base: usize) -> Read<PatternPart<'s>> {
        let span = self.span_of(&token, base);
        let mut part = PatternPart { span, rest: false, key: None, binding: None, default: None };
        for token in token.into_inner() {
            match token.as_rule() {
                Rule::rest_mark => part.rest = true,
                Rule::expr_in => part.default = Some(self.expr(Some(token), base)?),
                Rule::name if of_map && !part.rest && part.key.is_none() => {
                    let name = self.name(Some(token), base)?;
                    part.key = Some(self.key(name));
                    part.binding = Some(Binding::Name(name));
                }
                Rule::name | Rule::list_binding | Rule::map_binding => {
                    part.binding = Some(self.binding(Some(token), base)?);
                }
                _ => part.key = Some(self.string_expr(Some(token), base)?),
            }
        }
        Ok(part)
    }
}
