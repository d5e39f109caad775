//! The stream of tokens from which the reader builds the tree.
//!
//! At the top of a script, one call of the grammar provides the tokens of a few statements (or heads, up to their
//! `{`), so that the parser only needs memory for a few lines. In nested commands the tokens are the inner pairs of
//! a `body`.

pub use super::grammar::{Grammar, Rule};
use super::nesting;
use crate::span::Span;
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::{Pair, Pairs};

pub type Token<'t> = Pair<'t, Rule>;

/// The place where the grammar found no rule, and the rules that it tried there.
#[derive(Debug)]
pub struct Failure {
    pub at: usize,
    pub tried: Vec<Rule>,
    /// Whether the stack of the thread had no room.
    pub is_too_deep: bool,
}

pub struct Tokens<'t> {
    /// The rest of the text, at the top of a script; none in nested commands.
    text: Option<&'t str>,
    at: usize,
    pairs: Option<Pairs<'t, Rule>>,
    next: Option<Token<'t>>,
    /// The position in the source of the pairs' offset 0.
    base: usize,
}

impl<'t> Tokens<'t> {
    /// Creates the tokens of a script from a place on.
    pub fn script(text: &'t str, from: usize) -> Self {
        Self { text: Some(text), at: from, pairs: None, next: None, base: 0 }
    }

    /// Creates the tokens of nested commands.
    pub fn nested(pairs: Pairs<'t, Rule>, base: usize) -> Self {
        Self { text: None, at: 0, pairs: Some(pairs), next: None, base }
    }

    /// Returns the rule of the next token, without taking it.
    pub fn peek(&mut self) -> Result<Option<Rule>, Failure> {
        while self.next.is_none() {
            self.next = self.pairs.as_mut().and_then(Iterator::next);
            if self.next.is_none() && !self.step()? {
                return Ok(None);
            }
        }
        Ok(self.next.as_ref().map(Pair::as_rule))
    }

    /// Returns the token that was peeked at.
    pub const fn peeked(&self) -> Option<&Token<'t>> {
        self.next.as_ref()
    }

    /// Takes the token that was peeked at.
    pub fn take(&mut self) -> Option<Token<'t>> {
        self.next.take()
    }

    /// Returns the place of a token in the source.
    pub fn span(&self, token: &Token<'t>) -> Span {
        let span = token.as_span();
        Span::new(self.base + span.start(), self.base + span.end())
    }

    pub const fn base(&self) -> usize {
        self.base
    }

    /// Returns the end of the text that is read last.
    pub const fn position(&self) -> usize {
        self.at
    }

    fn step(&mut self) -> Result<bool, Failure> {
        let Some(text) = self.text else { return Ok(false) };
        let rest = &text[self.at..];
        if rest.is_empty() {
            return Ok(false);
        }
        let parsed = Grammar::parse(Rule::step, rest);
        if let Some(at) = nesting::met() {
            return Err(too_deep(self.at + at));
        }
        match parsed {
            Ok(mut pairs) => {
                let Some(step) = pairs.next() else { return Ok(false) };
                self.base = self.at;
                self.at += step.as_span().end();
                self.pairs = Some(step.into_inner());
                Ok(true)
            }
            Err(error) => {
                let is_last = Grammar::parse(Rule::last, rest).is_ok();
                nesting::met();
                if is_last { Ok(false) } else { Err(failure(error, self.at)) }
            }
        }
    }
}

/// Reads a text by one rule that covers all of it.
pub fn whole(rule: Rule, text: &str, base: usize) -> Result<Pairs<'_, Rule>, Failure> {
    let parsed = Grammar::parse(rule, text);
    match nesting::met() {
        Some(at) => Err(too_deep(base + at)),
        None => parsed.map_err(|error| failure(error, base)),
    }
}

fn too_deep(at: usize) -> Failure {
    Failure { at, tried: Vec::new(), is_too_deep: true }
}

fn failure(error: pest::error::Error<Rule>, base: usize) -> Failure {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let tried = match error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    Failure { at: base + at, tried, is_too_deep: false }
}
