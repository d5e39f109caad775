//! Conversion of the tree and the text to tokens.
//!
//! The tree says where words and operands are; their text is copied unchanged. Between them are only keywords,
//! punctuation, blanks and comments, so a `#` there certainly begins a comment.

mod between;
mod expression;

use super::token::{Comment, Kind, Token, Tokens};
use crate::span::Span;
use crate::syntax::ast::*;
use std::borrow::Cow;
use std::collections::HashMap;

pub struct Collector<'s> {
    text: &'s str,
    at: usize,
    out: Tokens<'s>,
    /// The start of each body of a here-document, with the end of its last line.
    bodies: HashMap<usize, usize>,
    /// The lines of the body, by the offset of `<<`.
    here_documents: HashMap<usize, Span>,
    comments: Vec<Comment<'s>>,
    lines: u32,
    continued: bool,
    starts: bool,
    brackets: Vec<usize>,
    /// The kind of a `=`, a `:` and a `=>` between tokens at this point.
    equals: Kind,
    colon: Kind,
    arrow: Kind,
    /// Whether the statement contains a construct of sh that the tree has only in part.
    sh: bool,
}

/// Returns the tokens of a script that was read without an error.
pub fn tokens<'s>(
    text: &'s str,
    script: &Block<'s>,
    here_documents: impl Iterator<Item = (usize, Span)>,
) -> Tokens<'s> {
    let here_documents: HashMap<_, _> = here_documents.collect();
    let mut collector = Collector {
        text,
        at: 0,
        out: Tokens { all: Vec::new(), chains: Vec::new() },
        bodies: here_documents.values().map(|lines| (lines.start as usize, lines.end as usize)).collect(),
        here_documents,
        comments: Vec::new(),
        lines: 0,
        continued: false,
        starts: false,
        brackets: Vec::new(),
        equals: Kind::Equals,
        colon: Kind::Colon,
        arrow: Kind::Infix,
        sh: false,
    };
    collector.statements(&script.statements, text.len());
    collector.gap(text.len());
    collector.push(Kind::End, Cow::Borrowed(""));
    collector.out
}

impl<'s> Collector<'s> {
    fn push(&mut self, kind: Kind, text: Cow<'s, str>) {
        // A comment before a comma is moved after it, since the comma stays with its element.
        let moves = kind == Kind::Comma;
        self.out.all.push(Token {
            kind,
            text,
            comments: if moves { Vec::new() } else { std::mem::take(&mut self.comments) },
            lines: if moves { 0 } else { std::mem::take(&mut self.lines) },
            continued: std::mem::take(&mut self.continued),
            starts: std::mem::take(&mut self.starts),
            partner: 0,
            multi_line: false,
            head: 0,
            chain: 0,
        });
    }

    /// Adds the text of a span as one token.
    fn atom(&mut self, span: Span, kind: Kind) {
        self.gap(span.start as usize);
        self.push(kind, Cow::Borrowed(&self.text[span.range()]));
        self.at = self.at.max(span.end as usize);
    }

    fn name(&mut self, name: &Name<'_>, kind: Kind) {
        self.atom(name.span, kind);
    }

    // -------------------------------------------------------------------------------------- blocks

    fn statements(&mut self, statements: &[Statement<'s>], end: usize) {
        for (index, statement) in statements.iter().enumerate() {
            let limit = statements.get(index + 1).map_or(end, |next| next.span.start as usize);
            self.gap(statement.span.start as usize);
            let outer = std::mem::replace(&mut self.sh, false);
            let brackets = self.brackets.len();
            let (at, first) = (self.at, self.out.all.len());
            let (comments, lines) = (self.comments.clone(), self.lines);
            self.starts = true;
            self.statement(statement);
            if self.sh {
                // Text that the tree does not have is kept unchanged, up to the next statement.
                self.out.all.truncate(first);
                self.brackets.truncate(brackets);
                (self.comments, self.lines, self.continued, self.starts) = (comments, lines, false, true);
                self.at = limit;
                let text = self.text[at..limit].trim_end();
                let escaped = text.ends_with('\\') && !text.ends_with("\\\\");
                let length = text.len() + usize::from(escaped && at + text.len() < limit);
                self.push(Kind::Argument, Cow::Borrowed(&self.text[at..at + length]));
                self.lines = self.text[at + length..limit].matches('\n').count() as u32;
            }
            self.sh = outer;
            self.starts = false;
        }
    }

    fn chain(&mut self) -> usize {
        self.out.chains.push(true);
        self.out.chains.len() - 1
    }

    /// Adds a block, or a list in parentheses. It is on one line only if it was, and contains simple statements:
    /// one, unless `several`.
    fn block(&mut self, block: &Block<'s>, head: usize, chain: usize, several: bool) {
        self.gap(block.span.start as usize);
        let open = self.out.all.len();
        self.push(Kind::BlockOpen, Cow::Borrowed(&self.text[self.at..=self.at]));
        self.at += 1;
        let (equals, colon, arrow) = (self.equals, self.colon, self.arrow);
        (self.equals, self.colon, self.arrow) = (Kind::Equals, Kind::Colon, Kind::Infix);
        let end = block.span.end as usize - 1;
        self.statements(&block.statements, end);
        self.gap(end);
        (self.equals, self.colon, self.arrow) = (equals, colon, arrow);
        let simple = block.statements.iter().all(|statement| is_simple(&statement.kind));
        self.close_block(open, head, chain, simple && (several || block.statements.len() <= 1));
    }

    fn close_block(&mut self, open: usize, head: usize, chain: usize, simple: bool) {
        let close = self.out.all.len();
        self.push(Kind::BlockClose, Cow::Borrowed(&self.text[self.at..=self.at]));
        self.at += 1;
        self.out.all[close].partner = open;
        let token = &mut self.out.all[open];
        (token.partner, token.head, token.chain) = (close, head, chain);
        let inside = &self.out.all[open + 1..=close];
        let one_line = || {
            inside.iter().all(|token| {
                token.lines == 0
                    && token.comments.is_empty()
                    && !token.continued
                    && !token.text.contains('\n')
            })
        };
        if close > open + 1 && !(simple && one_line()) || !self.out.all[close].comments.is_empty() {
            self.out.chains[chain] = false;
        }
    }

    // -------------------------------------------------------------------------------------- statements

    fn statement(&mut self, statement: &Statement<'s>) {
        let head = self.out.all.len();
        match &statement.kind {
            StatementKind::AndOr(and_or) => self.and_or(and_or),
            StatementKind::Stage(stage) => self.stage(stage, false),
            StatementKind::Let { binding, value } => {
                self.binding(binding);
                self.expr(value);
            }
            StatementKind::Assign { place, operator_span, value, .. } => {
                self.expr(place);
                self.atom(*operator_span, Kind::Equals);
                self.expr(value);
            }
            StatementKind::Call(value) | StatementKind::Value(value) => self.expr(value),
            StatementKind::Function(function) => {
                self.name(&function.name, Kind::Value);
                for parameter in &function.parameters {
                    let first = self.out.all.len();
                    if parameter.rest {
                        self.gap(parameter.name.span.start as usize);
                    }
                    let name = parameter.name.span;
                    self.atom(parameter.short.map_or(name, |short| name.to(short.span)), Kind::Value);
                    self.first_of_element(first);
                    for (index, choice) in parameter.choices.iter().enumerate() {
                        if index > 0 {
                            let bar = self.at + self.text[self.at..].find('|').unwrap_or_default();
                            self.atom(Span::new(bar, bar + 1), Kind::Infix);
                        }
                        self.expr(choice);
                    }
                    if let Some(annotation) = &parameter.annotation {
                        self.name(annotation, Kind::Value);
                    }
                    if let Some(default) = &parameter.default {
                        self.expr(default);
                    }
                }
                let chain = self.chain();
                self.block(&function.body, head, chain, false);
            }
            StatementKind::Defer(body) => {
                let chain = self.chain();
                self.block(body, head, chain, false);
            }
            StatementKind::On { signals, body } => {
                for signal in signals {
                    self.name(signal, Kind::Value);
                }
                let chain = self.chain();
                self.block(body, head, chain, false);
            }
            StatementKind::Use { path, alias } => {
                self.expr(path);
                if let Some(alias) = alias {
                    self.name(alias, Kind::Word);
                }
            }
            StatementKind::Sh(_) => self.sh = true,
        }
        if !self.sh && !matches!(statement.kind, StatementKind::AndOr(_)) {
            self.gap(statement.span.end as usize);
        }
    }

    fn and_or(&mut self, and_or: &AndOr<'s>) {
        let pipelines =
            std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|(_, pipeline)| pipeline));
        for pipeline in pipelines {
            let several = pipeline.stages.len() > 1;
            for stage in &pipeline.stages {
                self.gap(stage.span.start as usize);
                self.stage(stage, several);
            }
        }
    }

    fn stage(&mut self, stage: &Stage<'s>, several: bool) {
        let head = self.out.all.len();
        match &stage.kind {
            StageKind::Simple(simple) => return self.simple(simple, &stage.redirections),
            StageKind::Block(body) | StageKind::Subshell(body) => {
                let chain = self.chain();
                self.block(body, head, chain, true);
            }
            StageKind::If(statement) => {
                let chain = self.chain();
                for (condition, body) in &statement.branches {
                    self.condition(condition);
                    self.block(body, head, chain, several);
                }
                if let Some(body) = &statement.otherwise {
                    self.block(body, head, chain, several);
                }
            }
            StageKind::While(statement) => {
                self.condition(&statement.0);
                let chain = self.chain();
                self.block(&statement.1, head, chain, several);
            }
            StageKind::For(statement) => {
                for binding in &statement.bindings {
                    self.binding(binding);
                }
                match &statement.items {
                    ForItems::Words(words) => words.iter().for_each(|word| self.word(word)),
                    ForItems::Value(value) => self.expr(value),
                }
                self.options(&statement.options);
                let chain = self.chain();
                self.block(&statement.body, head, chain, several);
            }
            StageKind::Each(statement) => {
                self.name(&statement.name, Kind::Word);
                self.options(&statement.options);
                let chain = self.chain();
                self.block(&statement.body, head, chain, several);
            }
            StageKind::Match(statement) => self.match_statement(statement, head),
            StageKind::Try(statement) => {
                let chain = self.chain();
                self.block(&statement.body, head, chain, several);
                if let Some((name, handler)) = &statement.handler {
                    self.name(name, Kind::Word);
                    self.block(handler, head, chain, several);
                }
            }
            StageKind::With(statement) => {
                self.options(&statement.options);
                let chain = self.chain();
                self.block(&statement.body, head, chain, several);
            }
            StageKind::Spawn(body) => {
                let chain = self.chain();
                self.block(body, head, chain, several);
            }
            StageKind::Return(value) => value.iter().for_each(|value| self.expr(value)),
            StageKind::Fail(value) => self.expr(value),
            StageKind::Break | StageKind::Continue => self.gap(stage.span.end as usize),
            StageKind::Sh(..) => self.sh = true,
        }
        if self.sh {
            return;
        }
        for redirection in &stage.redirections {
            self.redirection(redirection);
        }
        self.gap(stage.span.end as usize);
    }

    /// Adds a `match`, whose arms are always on their own lines.
    fn match_statement(&mut self, statement: &Match<'s>, head: usize) {
        self.expr(&statement.subject);
        let chain = self.chain();
        self.gap_to_brace(b'{');
        let open = self.out.all.len();
        self.push(Kind::BlockOpen, Cow::Borrowed("{"));
        self.at += 1;
        for arm in &statement.arms {
            if let Some(first) = arm.patterns.first() {
                self.gap(first.span.start as usize);
            }
            self.starts = true;
            let first = self.out.all.len();
            arm.patterns.iter().for_each(|pattern| self.word(pattern));
            self.arrow = Kind::Word;
            self.gap(arm.body.span.start as usize);
            self.arrow = Kind::Infix;
            let chain = self.chain();
            self.block(&arm.body, first, chain, false);
        }
        self.gap_to_brace(b'}');
        self.close_block(open, head, chain, false);
    }

    fn gap_to_brace(&mut self, brace: u8) {
        while self.at < self.text.len() && self.text.as_bytes()[self.at] != brace {
            self.punctuation();
        }
    }

    fn condition(&mut self, condition: &Condition<'s>) {
        match &condition.kind {
            ConditionKind::Value(value) => self.expr(value),
            ConditionKind::Command(and_or) => self.and_or(and_or),
        }
    }

    fn options(&mut self, options: &[WithOption<'s>]) {
        for option in options {
            let (name, value) = match option {
                WithOption::Given(name, value) => (name, value),
                WithOption::Map(_, value) => {
                    self.expr(value);
                    continue;
                }
            };
            self.name(name, Kind::Word);
            let equals = std::mem::replace(&mut self.equals, Kind::TightEquals);
            self.gap_to_brace(b'=');
            self.punctuation();
            self.equals = equals;
            self.expr(value);
        }
    }

    // -------------------------------------------------------------------------------------- commands

    fn simple(&mut self, simple: &Simple<'s>, redirections: &[Redirection<'s>]) {
        let mut redirections = redirections.iter().peekable();
        for assignment in &simple.assignments {
            while let Some(earlier) = redirections.next_if(|r| r.span.start < assignment.name.span.start) {
                self.redirection(earlier);
            }
            self.atom(assignment.name.span.to(assignment.value.span), Kind::Argument);
        }
        for word in &simple.words {
            while let Some(earlier) = redirections.next_if(|r| r.span.start < word.span.start) {
                self.redirection(earlier);
            }
            self.word(word);
        }
        redirections.for_each(|redirection| self.redirection(redirection));
    }

    fn word(&mut self, word: &Word<'s>) {
        let variable = matches!(&word.kind, WordKind::Parts(parts)
            if matches!(**parts, [Part { kind: PartKind::Sh(ShConstruct::DescriptorVariable), .. }]));
        self.atom(word.span, if variable { Kind::Glued } else { Kind::Argument });
    }

    fn redirection(&mut self, redirection: &Redirection<'s>) {
        let start = redirection.span.start as usize;
        self.gap(start);
        let target = match &redirection.kind {
            RedirectionKind::File(_, target)
            | RedirectionKind::Both { target, .. }
            | RedirectionKind::HereString(target) => target,
            RedirectionKind::Duplicate(_) | RedirectionKind::Close => {
                let tight = self.without_blanks(redirection.span);
                self.push(Kind::Argument, tight);
                self.at = redirection.span.end as usize;
                return;
            }
            RedirectionKind::HereDocument(_) => {
                let digits = self.text[start..].bytes().take_while(u8::is_ascii_digit).count();
                let lines = self.here_documents.get(&(start + digits)).copied().unwrap_or_default();
                let text = &self.text[redirection.span.range()];
                let operator = digits + if text[digits..].starts_with("<<-") { 3 } else { 2 };
                let delimiter = text[operator..].trim_start_matches([' ', '\t']);
                // `<< -EOF` is not `<<-EOF`.
                let blank = if delimiter.starts_with('-') { " " } else { "" };
                let text = if delimiter.len() + operator == text.len() {
                    Cow::Borrowed(text)
                } else {
                    Cow::Owned(format!("{}{blank}{delimiter}", &text[..operator]))
                };
                self.push(Kind::HereDocument(lines), text);
                self.at = redirection.span.end as usize;
                return;
            }
            RedirectionKind::Sh(_) => return self.atom(redirection.span, Kind::Argument),
        };
        let operator = self.without_blanks(Span { start: redirection.span.start, end: target.span.start });
        self.push(Kind::Redirect, operator);
        self.at = target.span.start as usize;
        self.word(target);
    }

    fn without_blanks(&self, span: Span) -> Cow<'s, str> {
        let text = &self.text[span.range()];
        if text.contains([' ', '\t', '\\']) {
            Cow::Owned(text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\\' | '\n')).collect())
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// Returns whether it contains no block, except as a value.
fn is_simple(kind: &StatementKind<'_>) -> bool {
    let simple = |stage: &Stage<'_>| {
        matches!(
            stage.kind,
            StageKind::Simple(_)
                | StageKind::Return(_)
                | StageKind::Fail(_)
                | StageKind::Break
                | StageKind::Continue
        )
    };
    match kind {
        StatementKind::AndOr(and_or) => {
            and_or.first.stages.iter().all(simple)
                && and_or.rest.iter().all(|(_, pipeline)| pipeline.stages.iter().all(simple))
        }
        StatementKind::Stage(stage) => simple(stage),
        StatementKind::Let { .. }
        | StatementKind::Assign { .. }
        | StatementKind::Call(_)
        | StatementKind::Value(_)
        | StatementKind::Use { .. } => true,
        StatementKind::Function(_)
        | StatementKind::Defer(_)
        | StatementKind::On { .. }
        | StatementKind::Sh(_) => false,
    }
}
