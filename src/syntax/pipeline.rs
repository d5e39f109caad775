//! The part of the builder for pipelines and the operators that join them.

use super::ast::*;
use super::read::{Read, Reader};
use super::tokens::{Rule, Tokens};
use crate::diag::code;
use crate::span::Span;

impl<'s> Reader<'s> {
    /// Reads pipelines joined by `&&` and `||`, up to the end of the statement or, in a condition, of
    /// its tokens.
    pub(super) fn and_or<'t>(&self, tokens: &mut Tokens<'t>, blocks: bool) -> Read<(AndOr<'s>, Span)> {
        let first = self.pipeline(tokens, blocks)?;
        let mut span = first.span;
        let mut rest = Vec::new();
        while tokens.peek()? == Some(Rule::connector) {
            let connector = self.taken(tokens)?;
            let connector = if connector.as_str() == "&&" { Connector::And } else { Connector::Or };
            let pipeline = self.pipeline(tokens, blocks)?;
            span = span.to(pipeline.span);
            rest.push((connector, pipeline));
        }
        Ok((AndOr { first, rest, background: false }, span))
    }

    fn pipeline<'t>(&self, tokens: &mut Tokens<'t>, blocks: bool) -> Read<Pipeline<'s>> {
        let mut negated = false;
        let mut timed = None;
        let mut start = None;
        while let Some(rule @ (Rule::bang | Rule::time_mark)) = tokens.peek()? {
            if rule == Rule::bang && negated || rule == Rule::time_mark && timed.is_some() {
                break;
            }
            let mark = self.taken(tokens)?;
            let span = tokens.span(&mark);
            start.get_or_insert(span);
            negated |= rule == Rule::bang;
            if rule == Rule::time_mark {
                timed = Some(Timed { span, posix: mark.into_inner().next().is_some() });
            }
        }
        let first = self.stage(tokens, blocks)?;
        let mut span = start.map_or(first.span, |start| start.to(first.span));
        let mut stages = Vec::with_capacity(1);
        stages.push(first);
        while tokens.peek()? == Some(Rule::connector) {
            // `&&` and `||` belong to the caller.
            let Some(next) = tokens.peeked().filter(|token| matches!(token.as_str(), "|" | "|&")) else {
                break;
            };
            let pipe_stderr = next.as_str() == "|&";
            tokens.take();
            if let Some(last) = stages.last_mut() {
                last.pipe_stderr = pipe_stderr;
            }
            if let Some(rule @ (Rule::bang | Rule::time_mark)) = tokens.peek()? {
                let mark = self.taken(tokens)?;
                let span = tokens.span(&mark);
                let (code, message) = match rule {
                    Rule::bang => (code::SYNTAX, "`!` is only allowed before a whole pipeline"),
                    _ => (code::TIME_PLACE, "`time` is only allowed before a whole pipeline"),
                };
                return Err(self.error(code, span, message, "not before a stage"));
            }
            let stage = self.stage(tokens, blocks)?;
            span = span.to(stage.span);
            stages.push(stage);
        }
        Ok(Pipeline { span, negated, timed, stages })
    }

    fn stage<'t>(&self, tokens: &mut Tokens<'t>, blocks: bool) -> Read<Stage<'s>> {
        let Some(rule) = tokens.peek()? else {
            let end = Span::new(self.text.len(), self.text.len());
            return Err(self.error(
                code::SYNTAX,
                end,
                "a command is missing at the end",
                "the text ends here",
            ));
        };
        let token = self.taken(tokens)?;
        let mut span = tokens.span(&token);
        let base = tokens.base();
        let mut redirections = Vec::new();
        let kind = match rule {
            Rule::simple => {
                let simple = self.simple(token, base, &mut redirections)?;
                if blocks && tokens.peek()? == Some(Rule::open) {
                    return Err(self.block_after_command(&simple, span));
                }
                StageKind::Simple(simple)
            }
            Rule::return_jump => {
                let value = match token.into_inner().next() {
                    Some(value) => Some(Box::new(self.expr(Some(value), base)?)),
                    None => None,
                };
                StageKind::Return(value)
            }
            Rule::fail_jump => StageKind::Fail(Box::new(self.expr(token.into_inner().next(), base)?)),
            Rule::break_jump => StageKind::Break,
            Rule::continue_jump => StageKind::Continue,
            Rule::subshell => {
                let mut inner = token.into_inner();
                let list = self.missing(inner.next(), span)?;
                let at = self.span_of(&list, base);
                let list = self.body(list.into_inner(), base, at)?;
                for redirection in inner {
                    redirections.push(self.redirection(redirection, base)?);
                }
                StageKind::Subshell(list)
            }
            Rule::sh_arith_command => StageKind::Sh(ShConstruct::ArithmeticCommand, span),
            Rule::end | Rule::connector | Rule::bang | Rule::time_mark => {
                return Err(self.error(code::SYNTAX, span, "a command is missing here", "nothing before it"));
            }
            _ => {
                let (kind, end) = self.compound(tokens, token, span, base)?;
                span = span.to(end);
                while tokens.peek()? == Some(Rule::redirection) {
                    let token = self.taken(tokens)?;
                    span = span.to(tokens.span(&token));
                    redirections.push(self.redirection(token, tokens.base())?);
                }
                kind
            }
        };
        Ok(Stage { span, kind, redirections: redirections.into_boxed_slice(), pipe_stderr: false })
    }
}
