//! Expressions: from the grammar's flat list of operands and operators to a tree, by precedence.

use super::ast::*;
use super::line_before;
use super::read::{Read, Reader};
use super::scan::MAX_NESTING;
use super::tokens::{Rule, Token};
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::sys::stack;
use pest::iterators::Pairs;
use std::iter::Peekable;

type Parts<'t> = Peekable<Pairs<'t, Rule>>;

/// The precedence of operators, loosest first.
mod level {
    pub const LAMBDA: u8 = 1;
    pub const CONDITIONAL: u8 = 2;
    pub const COALESCE: u8 = 3;
    pub const OR: u8 = 4;
    pub const AND: u8 = 5;
    pub const NOT: u8 = 6;
    pub const COMPARE: u8 = 7;
    pub const RANGE: u8 = 8;
    pub const JOIN: u8 = 9;
    pub const ADD: u8 = 10;
    pub const MULTIPLY: u8 = 11;
    pub const NEGATE: u8 = 12;
    pub const POWER: u8 = 13;
}

const fn infix(text: &str) -> (Operator, u8) {
    match text.as_bytes() {
        b"??" => (Operator::Coalesce, level::COALESCE),
        b"or" => (Operator::Or, level::OR),
        b"and" => (Operator::And, level::AND),
        b"==" => (Operator::Equal, level::COMPARE),
        b"!=" => (Operator::NotEqual, level::COMPARE),
        b"<" => (Operator::Less, level::COMPARE),
        b"<=" => (Operator::LessEqual, level::COMPARE),
        b">" => (Operator::Greater, level::COMPARE),
        b">=" => (Operator::GreaterEqual, level::COMPARE),
        b"in" => (Operator::In, level::COMPARE),
        b"..=" => (Operator::RangeInclusive, level::RANGE),
        b"..<" => (Operator::RangeExclusive, level::RANGE),
        b"++" => (Operator::Join, level::JOIN),
        b"+" => (Operator::Add, level::ADD),
        b"-" => (Operator::Subtract, level::ADD),
        b"*" => (Operator::Multiply, level::MULTIPLY),
        b"/" => (Operator::Divide, level::MULTIPLY),
        b"//" => (Operator::FloorDivide, level::MULTIPLY),
        b"%" => (Operator::Remainder, level::MULTIPLY),
        b"**" => (Operator::Power, level::POWER),
        b"=~" | b"=" => (Operator::Sh, level::COMPARE),
        b"&&" => (Operator::Sh, level::AND),
        _ => (Operator::Sh, level::OR),
    }
}

impl<'s> Reader<'s> {
    /// Reads an `expr`, `expr_in` or `paren`.
    pub fn expr(&self, token: Option<Token<'_>>, base: usize) -> Read<Expr<'s>> {
        let token = self.missing(token, Span::default())?;
        match token.as_rule() {
            Rule::expr | Rule::expr_in => {
                let mut parts = token.into_inner().peekable();
                self.binary(&mut parts, 0, base, 0)
            }
            _ => self.primary(token, base),
        }
    }

    fn binary(&self, parts: &mut Parts<'_>, minimum: u8, base: usize, depth: usize) -> Read<Expr<'s>> {
        if stack::is_low() {
            return Err(
                self.too_deep(parts.peek().map_or(Span::default(), |token| self.span_of(token, base)))
            );
        }
        let mut left = self.operand(parts, base, depth)?;
        let mut operators = 0;
        while let Some(token) = parts.peek() {
            let rule = token.as_rule();
            if !matches!(rule, Rule::infix | Rule::sh_infix) {
                break;
            }
            let text = token.as_str();
            let operator_span = self.span_of(token, base);
            // A long chain makes a deep tree, which is walked recursively later.
            operators += 1;
            if operators + depth > MAX_NESTING {
                let message = format!("more than {MAX_NESTING} operators in one expression");
                return Err(self.error(code::NESTING, operator_span, &message, "split it by `let`"));
            }
            match text {
                "=>" => {
                    if minimum > level::LAMBDA {
                        break;
                    }
                    parts.next();
                    let names = self.lambda_names(&left)?;
                    let body = self.binary(parts, level::LAMBDA, base, depth + operators)?;
                    let span = left.span.to(body.span);
                    left = Expr { span, kind: ExprKind::Lambda(names, Box::new(body)) };
                }
                "?" => {
                    if minimum > level::CONDITIONAL {
                        break;
                    }
                    parts.next();
                    let yes = self.binary(parts, level::CONDITIONAL, base, depth + operators)?;
                    if parts.next().is_none_or(|token| token.as_str() != ":") {
                        let message = "`:` is missing after `?`";
                        return Err(self.error(
                            code::SYNTAX,
                            operator_span,
                            message,
                            "write: condition ? value : other",
                        ));
                    }
                    let no = self.binary(parts, level::CONDITIONAL, base, depth + operators)?;
                    let span = left.span.to(no.span);
                    left = Expr { span, kind: ExprKind::Conditional(Box::new([left, yes, no])) };
                }
                ":" => {
                    if minimum == 0 {
                        return Err(self.lone_colon(operator_span));
                    }
                    break;
                }
                _ => {
                    let (operator, binding) = infix(text);
                    if binding < minimum {
                        break;
                    }
                    parts.next();
                    // `**` binds to the right; all others to the left.
                    let next = if binding == level::POWER { binding } else { binding + 1 };
                    let right = self.binary(parts, next, base, depth + operators)?;
                    let single = matches!(binding, level::COMPARE | level::RANGE);
                    if single && let Some(token) = parts.peek() {
                        self.refuse_chain(token, binding, base)?;
                    }
                    let span = left.span.to(right.span);
                    left = Expr {
                        span,
                        kind: ExprKind::Binary(Box::new(Binary { operator, operator_span, left, right })),
                    };
                }
            }
        }
        Ok(left)
    }

    /// Refuses `xs[1:2]` and `(x: int) => x`.
    fn lone_colon(&self, span: Span) -> super::read::Stop {
        let (before, rest) = self.text.split_at(span.start as usize);
        let line = line_before(before, before.len());
        let rest = rest.lines().next().unwrap_or_default();
        let open = line.rfind(['[', '(']).map(|at| &line[at..=at]);
        let help = match open {
            Some("[") if rest.contains(']') => "a part of a list is taken by a method: xs.slice(1, 3)",
            Some("(") if rest.contains(") =>") => {
                "parameters of a function without a name have no types: (x, y) => x + y"
            }
            _ => "a choice is: condition ? value : other; a map is written in braces: {key: value}",
        };
        let error =
            Diagnostic::new(code::SYNTAX, "`:` without `?`").at(self.source, span, "not expected here");
        super::read::Stop::Error(Box::new(error.help(help)))
    }

    fn refuse_chain(&self, token: &Token<'_>, binding: u8, base: usize) -> Read<()> {
        if token.as_rule() == Rule::infix
            && infix(token.as_str()).1 == binding
            && !matches!(token.as_str(), ":" | "?" | "=>")
        {
            let message = "comparisons and ranges can't be chained";
            return Err(self.error(
                code::SYNTAX,
                self.span_of(token, base),
                message,
                "write: a < b and b < c",
            ));
        }
        Ok(())
    }

    fn lambda_names(&self, left: &Expr<'s>) -> Read<Vec<Name<'s>>> {
        match &left.kind {
            ExprKind::Name(text) => Ok(vec![Name { text, span: left.span }]),
            ExprKind::Lambda(names, body) if matches!(body.kind, ExprKind::Null) => Ok(names.clone()),
            _ => Err(self.error(
                code::SYNTAX,
                left.span,
                "names are written before `=>`",
                "write: x => …, or (a, b) => …",
            )),
        }
    }

    fn operand(&self, parts: &mut Parts<'_>, base: usize, depth: usize) -> Read<Expr<'s>> {
        let token = self.missing(parts.next(), Span::default())?;
        let span = self.span_of(&token, base);
        if depth > MAX_NESTING {
            return Err(self.error(
                code::NESTING,
                span,
                "the expression is nested too deeply",
                "split it by `let`",
            ));
        }
        if token.as_rule() == Rule::prefix {
            let (operator, binding) = match token.as_str() {
                "-" => (Unary::Negate, level::NEGATE),
                "not" => (Unary::Not, level::NOT),
                _ => return self.rest_of_sh(parts, base, depth, span),
            };
            let operand = self.binary(parts, binding, base, depth + 1)?;
            return Ok(Expr {
                span: span.to(operand.span),
                kind: ExprKind::Unary(operator, Box::new(operand)),
            });
        }
        let mut value = self.primary(token, base)?;
        let mut links = 0;
        while let Some(token) = parts.peek() {
            if !matches!(token.as_rule(), Rule::call_args | Rule::index | Rule::member) {
                break;
            }
            links += 1;
            if links + depth > MAX_NESTING {
                let message = format!("more than {MAX_NESTING} links in one chain");
                return Err(self.error(
                    code::NESTING,
                    self.span_of(token, base),
                    &message,
                    "split it by `let`",
                ));
            }
            let Some(token) = parts.next() else { break };
            value = self.postfix(value, token, base)?;
        }
        Ok(value)
    }

    /// Reads on after `!x`, so that the error can show all of it.
    fn rest_of_sh(&self, parts: &mut Parts<'_>, base: usize, depth: usize, span: Span) -> Read<Expr<'s>> {
        let operand = self.binary(parts, level::NOT, base, depth + 1)?;
        let _ = operand;
        Ok(Expr { span, kind: ExprKind::Sh(ShConstruct::Operator) })
    }

    /// Reads `name.field[index](…)` at the start of a statement.
    pub fn place(&self, token: Token<'_>, base: usize) -> Read<Expr<'s>> {
        let mut parts = token.into_inner().peekable();
        self.operand(&mut parts, base, 0)
    }

    fn postfix(&self, value: Expr<'s>, token: Token<'_>, base: usize) -> Read<Expr<'s>> {
        let span = value.span.to(self.span_of(&token, base));
        let kind = match token.as_rule() {
            Rule::member | Rule::path_key => {
                let name = self.name(token.into_inner().next(), base)?;
                ExprKind::Field(Box::new(value), name)
            }
            Rule::call_args => {
                let arguments =
                    token.into_inner().map(|t| self.argument(t, base)).collect::<Read<Vec<_>>>()?;
                match value.kind {
                    // For `(x.f)(…)` the span extends to the parenthesis: that is a call of the field's value.
                    ExprKind::Field(receiver, name) if name.span.end == value.span.end => {
                        ExprKind::Method(receiver, name, arguments)
                    }
                    kind => ExprKind::Call(Box::new(Expr { span: value.span, kind }), arguments),
                }
            }
            _ => {
                let index = self.expr(token.into_inner().next(), base)?;
                ExprKind::Index(Box::new((value, index)))
            }
        };
        Ok(Expr { span, kind })
    }

    fn argument(&self, token: Token<'_>, base: usize) -> Read<Argument<'s>> {
        let mut inner = token.into_inner();
        let first = inner.next();
        let second = inner.next();
        if second.is_none() {
            return Ok(Argument { name: None, value: self.expr(first, base)? });
        }
        match &first {
            Some(mark) if mark.as_rule() == Rule::spread => {
                Ok(Argument { name: None, value: self.spread(mark, second, base)? })
            }
            _ => Ok(Argument { name: Some(self.name(first, base)?), value: self.expr(second, base)? }),
        }
    }

    /// Reads `...xs`.
    fn spread(&self, mark: &Token<'_>, list: Option<Token<'_>>, base: usize) -> Read<Expr<'s>> {
        let list = self.expr(list, base)?;
        let span = self.span_of(mark, base).to(list.span);
        Ok(Expr { span, kind: ExprKind::Spread(Box::new(list)) })
    }

    /// Reads the `x.y[0]` in `${x.y[0]}`.
    pub fn path(&self, token: Token<'_>, base: usize) -> Read<Expr<'s>> {
        let mut parts = token.into_inner();
        let name = self.missing(parts.next(), Span::default())?;
        let mut value = self.primary(name, base)?;
        for (links, part) in parts.enumerate() {
            if links > MAX_NESTING {
                let message = format!("more than {MAX_NESTING} links in one chain");
                return Err(self.error(
                    code::NESTING,
                    self.span_of(&part, base),
                    &message,
                    "split it by `let`",
                ));
            }
            value = self.postfix(value, part, base)?;
        }
        Ok(value)
    }

    fn primary(&self, token: Token<'_>, base: usize) -> Read<Expr<'s>> {
        let span = self.span_of(&token, base);
        let kind = match token.as_rule() {
            Rule::name => match self.str_of(&token, base) {
                "null" => ExprKind::Null,
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                name => ExprKind::Name(name),
            },
            Rule::number => ExprKind::Number(self.str_of(&token, base)),
            Rule::double | Rule::single | Rule::dollar_single => return self.string_expr(Some(token), base),
            Rule::paren => {
                let inner = self.missing(token.into_inner().next(), span)?;
                if inner.as_rule() == Rule::lambda_names {
                    let names =
                        inner.into_inner().map(|name| self.name(Some(name), base)).collect::<Read<_>>()?;
                    // The body follows the `=>`; until then, this represents only the names.
                    let body = Box::new(Expr { span, kind: ExprKind::Null });
                    return Ok(Expr { span, kind: ExprKind::Lambda(names, body) });
                }
                let mut value = self.expr(Some(inner), base)?;
                value.span = span;
                return Ok(value);
            }
            Rule::list => {
                let mut inner = token.into_inner();
                let mut items = Vec::with_capacity(inner.len());
                while let Some(item) = inner.next() {
                    items.push(match item.as_rule() {
                        Rule::spread => self.spread(&item, inner.next(), base)?,
                        _ => self.expr(Some(item), base)?,
                    });
                }
                ExprKind::List(items)
            }
            Rule::map => {
                ExprKind::Map(token.into_inner().map(|entry| self.entry(entry, base)).collect::<Read<_>>()?)
            }
            Rule::capture => ExprKind::Capture(Box::new(self.body(token.into_inner(), base, span)?)),
            Rule::block_value => {
                let mut inner = token.into_inner();
                let kind = match self.missing(inner.next(), span)?.as_str() {
                    "lines" => BlockKind::Lines,
                    "json" => BlockKind::Json,
                    "bytes" => BlockKind::Bytes,
                    "capture" => BlockKind::Capture,
                    "try" => BlockKind::Try,
                    "spawn" => BlockKind::Spawn,
                    _ => BlockKind::SpawnCapture,
                };
                let mut tokens = super::tokens::Tokens::nested(inner, base);
                let block = self.block(&mut tokens)?;
                ExprKind::Block(kind, Box::new(block))
            }
            Rule::worker | Rule::service => {
                let is_worker = token.as_rule() == Rule::worker;
                let mut inner = token.into_inner();
                inner.next();
                let options = match inner.peek().filter(|next| next.as_rule() == Rule::with_options) {
                    Some(_) => self.options(self.missing(inner.next(), span)?, base)?,
                    None => Vec::new(),
                };
                let body = self.block(&mut super::tokens::Tokens::nested(inner, base))?;
                let with = Box::new(With { options, body });
                if is_worker { ExprKind::Worker(with) } else { ExprKind::Service(with) }
            }
            Rule::sh_dollar => ExprKind::Sh(ShConstruct::Dollar),
            Rule::sh_arith => ExprKind::Sh(ShConstruct::Arithmetic),
            Rule::sh_backtick => ExprKind::Sh(ShConstruct::Backtick),
            _ => return Err(self.error(code::SYNTAX, span, "a value is expected here", "this is none")),
        };
        Ok(Expr { span, kind })
    }

    fn entry(&self, token: Token<'_>, base: usize) -> Read<(Expr<'s>, Expr<'s>)> {
        let mut inner = token.into_inner();
        let key = self.missing(inner.next(), Span::default())?;
        let key = match key.as_rule() {
            Rule::name => self.key(self.name(Some(key), base)?),
            _ => self.string_expr(Some(key), base)?,
        };
        Ok((key, self.expr(inner.next(), base)?))
    }

    /// Returns a name that is the key of a map.
    pub(super) fn key(&self, name: Name<'s>) -> Expr<'s> {
        let part = Part { span: name.span, kind: PartKind::Quoted(name.text.as_bytes().into()) };
        Expr { span: name.span, kind: ExprKind::String(Box::new([part])) }
    }

    /// Reads a string in any quotes. Where commands keep a backslash, it is refused here: `"\n"` looks like an
    /// escape of C.
    pub fn string_expr(&self, token: Option<Token<'_>>, base: usize) -> Read<Expr<'s>> {
        let token = self.missing(token, Span::default())?;
        let span = self.span_of(&token, base);
        let mut parts = Vec::new();
        if token.as_rule() == Rule::dollar_single {
            let text = self.dollar_single(self.str_of(&token, base), span, true)?;
            parts.push(Part { span, kind: PartKind::Quoted(text) });
        } else {
            self.part(token, base, &mut parts)?;
            for part in parts.iter_mut().filter(|part| part.keeps_backslash(self.text)) {
                part.kind = PartKind::Sh(ShConstruct::BadEscape);
            }
        }
        Ok(Expr { span, kind: ExprKind::String(parts.into_boxed_slice()) })
    }
}
