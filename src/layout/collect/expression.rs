//! Expressions: unchanged operands, operators, and the brackets whose elements are on separate lines.

use super::super::token::Kind;
use super::Collector;
use crate::span::Span;
use crate::syntax::ast::*;

impl<'s> Collector<'s> {
    /// Notes the first token of an element after a comma or a bracket.
    pub(super) fn first_of_element(&mut self, before: usize) {
        let comma = self.out.all[before..].iter().take(2).position(|token| token.kind == Kind::Comma);
        if let Some(comma) = comma {
            self.element(before + comma + 1);
        }
    }

    pub(super) fn elements<'a, T: 'a>(
        &mut self,
        elements: impl IntoIterator<Item = &'a T>,
        each: impl Fn(&mut Self, &'a T),
    ) {
        let (equals, colon) = (self.equals, std::mem::replace(&mut self.colon, Kind::Colon));
        for element in elements {
            each(self, element);
        }
        (self.equals, self.colon) = (equals, colon);
    }

    pub(super) fn expr(&mut self, expr: &Expr<'s>) {
        self.gap(expr.span.start as usize);
        match &expr.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Name(_) | ExprKind::Number(_) => {
                self.opens();
                let length = match &expr.kind {
                    ExprKind::Name(text) | ExprKind::Number(text) => text.len(),
                    ExprKind::Bool(false) => 5,
                    _ => 4,
                };
                self.atom(Span::new(self.at, self.at + length), Kind::Value);
            }
            ExprKind::String(parts) => {
                self.opens();
                let end = self.string_end(parts);
                self.atom(Span::new(self.at, end), Kind::Value);
            }
            ExprKind::List(items) => {
                self.elements(items, |this, item| this.after_comma(item.span, |this| this.expr(item)))
            }
            ExprKind::Map(entries) => self.elements(entries, |this, (key, value)| {
                this.after_comma(key.span, |this| {
                    this.expr(key);
                    this.expr(value);
                });
            }),
            ExprKind::Unary(_, operand) | ExprKind::Spread(operand) => self.expr(operand),
            ExprKind::Binary(binary) => {
                self.expr(&binary.left);
                let range = matches!(binary.operator, Operator::RangeInclusive | Operator::RangeExclusive);
                let span = binary.operator_span;
                let blank = self.text[..span.start as usize].ends_with([' ', '\t', '\n']);
                self.atom(span, if range && !blank { Kind::Tight } else { Kind::Infix });
                self.sh |= binary.operator == Operator::Sh;
                self.expr(&binary.right);
            }
            ExprKind::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                self.expr(condition);
                self.expr(yes);
                let colon = std::mem::replace(&mut self.colon, Kind::Choice);
                self.gap(no.span.start as usize);
                self.colon = colon;
                self.expr(no);
            }
            ExprKind::Lambda(names, body) => {
                for name in names {
                    self.name(name, Kind::Value);
                }
                self.expr(body);
            }
            ExprKind::Call(callee, arguments) => {
                self.expr(callee);
                self.arguments(arguments);
            }
            ExprKind::Method(receiver, name, arguments) => {
                self.expr(receiver);
                self.name(name, Kind::Value);
                self.arguments(arguments);
            }
            ExprKind::Field(value, name) => {
                self.expr(value);
                self.name(name, Kind::Value);
            }
            ExprKind::Index(pair) => {
                self.expr(&pair.0);
                self.expr(&pair.1);
            }
            ExprKind::Capture(block) => self.atom(block.span, Kind::Value),
            ExprKind::Block(_, block) => {
                let head = self.out.all.len();
                self.gap(block.span.start as usize);
                let chain = self.chain();
                let word = self.out.all.len().saturating_sub(1).max(head);
                self.block(block, word, chain, true);
            }
            ExprKind::Worker(block) => self.block_with("worker", expr, block),
            ExprKind::Service(block) => self.block_with("service", expr, block),
            ExprKind::Sh(_) => self.sh = true,
        }
        if !self.sh {
            self.gap(expr.span.end as usize);
        }
    }

    /// Adds `worker with OPTIONS { … }` and the like.
    fn block_with(&mut self, keyword: &str, expr: &Expr<'s>, with: &With<'s>) {
        let head = self.out.all.len();
        self.gap(expr.span.start as usize + keyword.len());
        let word = self.out.all.len().saturating_sub(1).max(head);
        self.options(&with.options);
        self.gap(with.body.span.start as usize);
        let chain = self.chain();
        self.block(&with.body, word, chain, true);
    }

    /// Adds a name after a keyword, or a pattern, whose brackets are laid out like those of a list or
    /// map.
    pub(super) fn binding(&mut self, binding: &Binding<'s>) {
        match binding {
            Binding::Name(name) => self.name(name, Kind::Word),
            Binding::List(pattern) | Binding::Map(pattern) => self.pattern(pattern),
        }
    }

    fn pattern(&mut self, pattern: &Pattern<'s>) {
        self.gap(pattern.span.start as usize);
        let equals = std::mem::replace(&mut self.equals, Kind::Equals);
        self.elements(&pattern.parts, |this, part| {
            this.after_comma(part.span, |this| {
                if let Some(key) = &part.key {
                    this.expr(key);
                }
                match &part.binding {
                    // The name is the key.
                    Some(Binding::Name(name)) if (name.span.start as usize) < this.at => {}
                    Some(Binding::Name(name)) => this.name(name, Kind::Value),
                    Some(Binding::List(pattern) | Binding::Map(pattern)) => this.pattern(pattern),
                    None => {}
                }
                if let Some(default) = &part.default {
                    this.expr(default);
                }
            });
        });
        self.equals = equals;
        self.gap(pattern.span.end as usize);
    }

    pub(super) fn arguments(&mut self, arguments: &[Argument<'s>]) {
        self.elements(arguments, |this, argument| {
            let span = argument.name.as_ref().map_or(argument.value.span, |name| name.span);
            this.after_comma(span, |this| {
                if let Some(name) = &argument.name {
                    this.name(name, Kind::Value);
                }
                this.expr(&argument.value);
            });
        });
    }

    pub(super) fn after_comma(&mut self, span: Span, each: impl FnOnce(&mut Self)) {
        let before = self.out.all.len();
        self.gap(span.start as usize);
        let comma = self.out.all[before..].iter().any(|token| token.kind == Kind::Comma);
        if comma
            && (self.lines > 0 || !self.comments.is_empty())
            && let Some(&open) = self.brackets.last()
        {
            self.out.all[open].multi_line = true;
        }
        each(self);
    }

    /// Adds the parentheses around an operand, which the tree does not contain.
    pub(super) fn opens(&mut self) {
        while matches!(self.text.as_bytes().get(self.at), Some(b'(' | b' ' | b'\t' | b'\n' | b'#' | b'\\')) {
            self.punctuation();
        }
    }

    /// Returns the end of the string that begins here.
    pub(super) fn string_end(&self, parts: &[Part<'_>]) -> usize {
        let rest = &self.text[self.at..];
        let quotes = if rest.starts_with("\"\"\"") { 3 } else { usize::from(rest.starts_with('"')) };
        match parts {
            [.., last] if last.span.start as usize > self.at => last.span.end as usize + quotes,
            [.., last] => last.span.end as usize,
            [] => self.at,
        }
    }
}
