//! Compound statements: their heads, blocks and arms.

use super::ast::*;
use super::read::{Read, Reader, Stop};
use super::tokens::{Rule, Token, Tokens};
use crate::diag::{Diagnostic, code};
use crate::span::Span;

impl<'s> Reader<'s> {
    pub(super) fn compound<'t>(
        &self,
        tokens: &mut Tokens<'t>,
        head: Token<'t>,
        span: Span,
        base: usize,
    ) -> Read<(StageKind<'s>, Span)> {
        Ok(match head.as_rule() {
            Rule::block_ahead => {
                let block = self.block(tokens)?;
                let end = block.span;
                (StageKind::Block(block), end)
            }
            Rule::if_head => self.if_statement(tokens, head, base)?,
            Rule::while_head => {
                let mut inner = head.into_inner();
                let condition = self.condition(self.missing(inner.next(), span)?, base)?;
                if inner.next().is_some() {
                    return Ok((StageKind::Sh(ShConstruct::Loop, span), span));
                }
                self.condition_ends(tokens)?;
                let body = self.block(tokens)?;
                let end = body.span;
                (StageKind::While(Box::new((condition, body))), end)
            }
            Rule::for_head => self.for_statement(tokens, head, span, base)?,
            Rule::match_head => self.match_statement(tokens, head, base)?,
            Rule::try_head => {
                let body = self.block(tokens)?;
                let mut end = body.span;
                let mut handler = None;
                if tokens.peek()? == Some(Rule::catch_head) {
                    let catch = self.taken(tokens)?;
                    let name = self.name(catch.into_inner().next(), tokens.base())?;
                    let block = self.block(tokens)?;
                    end = block.span;
                    handler = Some((name, block));
                }
                (StageKind::Try(Box::new(Try { body, handler })), end)
            }
            Rule::with_head => {
                let options = head.into_inner().next();
                let options = self.options(self.missing(options, span)?, base)?;
                let body = self.block(tokens)?;
                let end = body.span;
                (StageKind::With(Box::new(With { options, body })), end)
            }
            Rule::each_head => {
                let mut inner = head.into_inner();
                let name = self.name(inner.next(), base)?;
                let options = match inner.next() {
                    Some(options) => self.options(options, base)?,
                    None => Vec::new(),
                };
                let body = self.block(tokens)?;
                let end = body.span;
                (StageKind::Each(Box::new(Each { name, options, body })), end)
            }
            Rule::spawn_head => {
                let body = self.block(tokens)?;
                let end = body.span;
                (StageKind::Spawn(body), end)
            }
            Rule::else_head | Rule::catch_head => {
                let word = if head.as_rule() == Rule::else_head { "else" } else { "catch" };
                let before = if word == "else" { "if" } else { "try" };
                let message = format!("`{word}` without `{before}`");
                return Err(self.error(code::SYNTAX, span, &message, "the block before it has none"));
            }
            _ => return Err(self.error(code::SYNTAX, span, "a command is expected here", "this is none")),
        })
    }

    pub(super) fn if_statement<'t>(
        &self,
        tokens: &mut Tokens<'t>,
        head: Token<'t>,
        base: usize,
    ) -> Read<(StageKind<'s>, Span)> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        let mut head = Some((head, base));
        let mut end;
        loop {
            match head.take() {
                Some((head, base)) => {
                    let span = self.span_of(&head, base);
                    let mut inner = head.into_inner();
                    let condition = self.condition(self.missing(inner.next(), span)?, base)?;
                    if inner.next().is_some() {
                        return Ok((StageKind::Sh(ShConstruct::If, span), span));
                    }
                    self.condition_ends(tokens)?;
                    let body = self.block(tokens)?;
                    end = body.span;
                    branches.push((condition, body));
                }
                None => {
                    let body = self.block(tokens)?;
                    end = body.span;
                    otherwise = Some(body);
                }
            }
            if otherwise.is_some() || tokens.peek()? != Some(Rule::else_head) {
                break;
            }
            let token = self.taken(tokens)?;
            head = token.into_inner().next().map(|head| (head, tokens.base()));
        }
        Ok((StageKind::If(Box::new(If { branches, otherwise })), end))
    }

    /// Checks that only the block follows a condition in parentheses.
    pub(super) fn condition_ends<'t>(&self, tokens: &mut Tokens<'t>) -> Read<()> {
        if tokens.peek()? == Some(Rule::connector) {
            let token = self.taken(tokens)?;
            let mut error =
                Diagnostic::new(code::SYNTAX, "a condition is one expression in parentheses, or commands");
            error = error.at(self.source, tokens.span(&token), "can't follow the parentheses");
            error = error.help("join values by `and` and `or` inside the parentheses, and test a command in an `if` of its own");
            return Err(Stop::Error(Box::new(error)));
        }
        Ok(())
    }

    pub(super) fn condition(&self, token: Token<'_>, base: usize) -> Read<Condition<'s>> {
        let span = self.span_of(&token, base);
        let inner = token.into_inner();
        if let Some(paren) = inner.peek().filter(|token| token.as_rule() == Rule::paren) {
            return Ok(Condition { span, kind: ConditionKind::Value(self.expr(Some(paren), base)?) });
        }
        let mut tokens = Tokens::nested(inner, base);
        let (and_or, _) = self.and_or(&mut tokens, false)?;
        let pipelines = std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|(_, next)| next));
        match pipelines.flat_map(|pipeline| &pipeline.stages).find_map(block_of_condition) {
            Some((keyword, span)) => Err(self.block_as_condition(keyword, span)),
            None => Ok(Condition { span, kind: ConditionKind::Command(Box::new(and_or)) }),
        }
    }

    fn block_as_condition(&self, keyword: &str, span: Span) -> Stop {
        let message = format!("`{keyword}` begins a block, and a condition is commands or a value");
        let error = Diagnostic::new(code::SYNTAX, message).at(self.source, span, "can't be a condition");
        let help = "give the block a name, and ask by that: fn works() { … }; if works { … }";
        Stop::Error(Box::new(error.help(help)))
    }

    pub(super) fn for_statement<'t>(
        &self,
        tokens: &mut Tokens<'t>,
        head: Token<'t>,
        span: Span,
        base: usize,
    ) -> Read<(StageKind<'s>, Span)> {
        let mut bindings = Vec::new();
        let mut items = ForItems::Words(Vec::new());
        let mut options = Vec::new();
        for part in head.into_inner() {
            match part.as_rule() {
                Rule::name | Rule::list_binding | Rule::map_binding => {
                    bindings.push(self.binding(Some(part), base)?);
                }
                Rule::paren => items = ForItems::Value(self.expr(Some(part), base)?),
                Rule::with_options => options = self.options(part, base)?,
                Rule::sh_do => return Ok((StageKind::Sh(ShConstruct::Loop, span), span)),
                Rule::sh_arith_command => {
                    if tokens.peek()? == Some(Rule::open) {
                        self.block(tokens)?;
                    }
                    return Ok((StageKind::Sh(ShConstruct::ForArithmetic, span), span));
                }
                _ => {
                    let word = self.word(part, base)?;
                    if let ForItems::Words(words) = &mut items {
                        words.push(word);
                    }
                }
            }
        }
        let body = self.block(tokens)?;
        let end = body.span;
        Ok((StageKind::For(Box::new(For { bindings, items, options, body })), end))
    }

    pub(super) fn match_statement<'t>(
        &self,
        tokens: &mut Tokens<'t>,
        head: Token<'t>,
        base: usize,
    ) -> Read<(StageKind<'s>, Span)> {
        let subject = self.expr(head.into_inner().next(), base)?;
        let open = self.expect(tokens, Rule::open, "a block `{ … }` is missing")?;
        let start = tokens.span(&open);
        let mut arms = Vec::new();
        loop {
            match tokens.peek()? {
                Some(Rule::close) => {
                    let close = self.taken(tokens)?;
                    let end = tokens.span(&close);
                    return Ok((StageKind::Match(Box::new(Match { subject, arms })), end));
                }
                Some(Rule::end) => {
                    tokens.take();
                }
                Some(Rule::simple) => {
                    let patterns = self.patterns(tokens)?;
                    let body = self.block(tokens)?;
                    arms.push(Arm { patterns, body });
                    self.end(tokens)?;
                }
                _ => {
                    return Err(self.error(
                        code::SYNTAX,
                        start,
                        "an arm of `match` is expected: PATTERN => { … }",
                        "in this block",
                    ));
                }
            }
        }
    }

    /// Returns the patterns of an arm: `a | b =>` looks like a pipeline of words.
    pub(super) fn patterns<'t>(&self, tokens: &mut Tokens<'t>) -> Read<Vec<Word<'s>>> {
        let mut patterns = Vec::new();
        loop {
            let token = self.expect(tokens, Rule::simple, "a pattern is missing")?;
            let span = tokens.span(&token);
            let mut redirections = Vec::new();
            let mut simple = self.simple(token, tokens.base(), &mut redirections)?;
            let arrow = matches!(simple.words.last(), Some(Word { kind: WordKind::Arrow, .. }));
            if arrow {
                simple.words.pop();
            }
            let block_missing = simple.words.iter().find(|word| matches!(word.kind, WordKind::Arrow));
            if let Some(arrow) = block_missing {
                let help = "the form is: PATTERN => { … }";
                let mut error = Diagnostic::new(code::SYNTAX, "a block `{ … }` follows `=>`");
                error = error.at(self.source, arrow.span, "no block follows");
                return Err(Stop::Error(Box::new(error.help(help))));
            }
            if simple.words.len() != 1 || !simple.assignments.is_empty() || !redirections.is_empty() {
                return Err(self.error(
                    code::SYNTAX,
                    span,
                    "an arm of `match` is PATTERN => { … }, with | between patterns",
                    "each pattern is one word; quote one with blanks",
                ));
            }
            patterns.append(&mut simple.words);
            if arrow {
                return Ok(patterns);
            }
            if tokens.peek()? != Some(Rule::connector) && self.text[span.end as usize..].starts_with(')') {
                let at = Span::new(span.end as usize, span.end as usize + 1);
                let mut error = Diagnostic::new(code::SH_COMPOUND, "`PATTERN)` belongs to sh's `case`");
                error = error.at(self.source, at, "not in Pipewright");
                return Err(Stop::Error(Box::new(error.help("the form is: PATTERN => { … }"))));
            }
            if tokens.peek()? != Some(Rule::connector) {
                let mut error = Diagnostic::new(code::SYNTAX, "`=>` is missing after the pattern");
                error = error.at(self.source, span, "this pattern");
                return Err(Stop::Error(Box::new(error.help("the form is: PATTERN => { … }"))));
            }
            tokens.take();
        }
    }

    pub(super) fn options(&self, token: Token<'_>, base: usize) -> Read<Vec<WithOption<'s>>> {
        token
            .into_inner()
            .map(|option| {
                let mut inner = option.into_inner();
                let first = inner.next();
                if let Some(mark) = first.as_ref().filter(|first| first.as_rule() == Rule::spread) {
                    let value = self.expr(inner.next(), base)?;
                    return Ok(WithOption::Map(self.span_of(mark, base).to(value.span), value));
                }
                Ok(WithOption::Given(self.name(first, base)?, self.expr(inner.next(), base)?))
            })
            .collect()
    }
}

/// Returns the keyword of a stage that was meant as a block, but was read as a program of that name.
fn block_of_condition<'s>(stage: &Stage<'s>) -> Option<(&'s str, Span)> {
    let StageKind::Simple(simple) = &stage.kind else { return None };
    let word = simple.words.first()?;
    match word.kind {
        WordKind::Bare(keyword @ ("with" | "try" | "match" | "each" | "spawn")) => Some((keyword, word.span)),
        _ => None,
    }
}
