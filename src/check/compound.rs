//! Compound statements: blocks, choices and loops.

use super::lookalikes;
use super::lower::Checker;
use super::program::*;
use super::replace::Obstacle;
use super::side_by_side::{Effect, OwnOptions, Turn};
use super::types;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast;
use std::sync::Arc;

impl<'s> Checker<'s> {
    pub(super) fn compound(&mut self, kind: ast::StageKind<'s>, span: Span) -> Option<Compound> {
        let has_lines = std::mem::take(&mut self.has_lines);
        Some(match kind {
            ast::StageKind::Block(block) => Compound::Block(self.block(block)),
            ast::StageKind::If(statement) => {
                let mut ends = true;
                let branches = statement.branches.into_iter();
                let branches = branches.map(|(condition, body)| {
                    let condition = self.condition(condition);
                    let body = self.ending_status(true, &mut ends, |this| this.open_block(body));
                    self.status.is_zero = false;
                    (condition, body)
                });
                let branches = branches.collect();
                let otherwise = statement
                    .otherwise
                    .map(|body| self.ending_status(false, &mut ends, |this| this.open_block(body)));
                self.status.is_zero = ends;
                Compound::If { branches, otherwise }
            }
            ast::StageKind::While(statement) => {
                let (condition, body) = *statement;
                self.status.is_zero = false;
                let condition = self.condition(condition);
                self.status.is_zero = true;
                Compound::While { condition, body: self.loop_body(body) }
            }
            ast::StageKind::For(statement) => return self.for_loop(*statement, span),
            ast::StageKind::Each(statement) => self.each_loop(*statement, has_lines, span),
            ast::StageKind::Match(statement) => {
                let subject = self.expr(statement.subject);
                let (before, mut ends) = (self.status, true);
                let arms = statement.arms.into_iter().map(|arm| {
                    let patterns =
                        arm.patterns.into_iter().filter_map(|word| self.match_pattern(word)).collect();
                    self.status.is_first = before.is_first;
                    let body =
                        self.ending_status(before.is_zero, &mut ends, |this| this.open_block(arm.body));
                    Arm { patterns, body }
                });
                let arms = arms.collect();
                self.status.is_zero = ends;
                Compound::Match { subject, arms }
            }
            ast::StageKind::Sh(habit, span) => {
                self.habit(habit, span);
                return None;
            }
            ast::StageKind::Try(statement) => {
                let ast::Try { body, handler } = *statement;
                let body = self.obstructed(Obstacle::Try, |this| this.open_block(body));
                // Without a handler, `$?` keeps the status of the failure.
                let mut ends = self.status.is_zero && handler.is_some();
                let handler = handler.map(|(name, body)| {
                    self.scopes.enter();
                    let slot = if name.text == "_" { self.scopes.declare("_") } else { self.declare(name) };
                    let lower =
                        |this: &mut Self| this.obstructed(Obstacle::Try, |this| this.open_block(body));
                    let body = self.ending_status(false, &mut ends, lower);
                    self.scopes.leave();
                    (slot, body)
                });
                self.status.is_zero = ends;
                Compound::Try { body, handler }
            }
            ast::StageKind::With(statement) => self.with(*statement, span),
            ast::StageKind::Spawn(_) => {
                let message = "`spawn` returns a job, which is not used here";
                let help = "take it: let job = spawn { … }; or write { … } & for one that is awaited at the end of the script";
                self.error(code::MISPLACED, span, message, "no stage", help);
                return None;
            }
            ast::StageKind::Simple(_)
            | ast::StageKind::Subshell(_)
            | ast::StageKind::Fail(_)
            | ast::StageKind::Break
            | ast::StageKind::Continue
            | ast::StageKind::Return(_) => return None,
        })
    }

    pub fn loop_body(&mut self, body: ast::Block<'s>) -> Block {
        self.loops += 1;
        let body = self.obstructed(Obstacle::Loop, |this| this.open_block(body));
        self.loops -= 1;
        body
    }

    fn each_loop(&mut self, statement: ast::Each<'s>, has_lines: bool, span: Span) -> Compound {
        let ast::Each { name, options, body } = statement;
        if !has_lines {
            self.note_effect(Effect::Input, Span::new(span.start as usize, name.span.end as usize));
        }
        let names = name.span;
        let OwnOptions { side_by_side, of_turn } = self.own_options(options, span.start);
        let (name, body) = self.turns_of(side_by_side.as_ref(), |this| {
            let name = this.declare(name);
            this.status.is_zero = false;
            (name, this.each_turn_with(of_turn, body))
        });
        match side_by_side {
            None => Compound::Each { name, body },
            Some((_, options)) => Compound::SideBySide(Arc::new(SideBySide {
                over: Over::Each(name),
                options,
                body,
                span,
                names,
            })),
        }
    }

    /// Lowers the variables and the body of a loop.
    fn turns_of<T>(
        &mut self,
        side_by_side: Option<&(Turn, Box<[WithOption]>)>,
        lower: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let scoped = |this: &mut Self| {
            this.scopes.enter();
            let lowered = lower(this);
            this.scopes.leave();
            lowered
        };
        match side_by_side {
            None => scoped(self),
            Some((turn, _)) => self.turns(*turn, scoped),
        }
    }

    fn for_loop(&mut self, statement: ast::For<'s>, span: Span) -> Option<Compound> {
        let found = lookalikes::loop_without_items(&self.context(), &statement);
        self.take(found);
        let items = match statement.items {
            ast::ForItems::Words(words) => {
                self.refuse_status_in_words(&words);
                let found = lookalikes::loop_items(&self.context(), &words);
                let found = self.take(found);
                let is_refused =
                    found || self.is_typed() && words.iter().any(|word| self.refuse_captures_of(word));
                if let ([pattern], false) = (&*statement.bindings, is_refused) {
                    self.refuse_pattern_of_words(pattern);
                }
                let words = if is_refused { Vec::new() } else { words };
                let mut lowered = Vec::with_capacity(words.len());
                for word in words {
                    self.word(word, &mut lowered);
                }
                let name = match &*statement.bindings {
                    [ast::Binding::Name(name)] => name.text,
                    _ => "x",
                };
                let found = types::words(&self.context(), &lowered, Some(name));
                self.take(found);
                ForItems::Words(lowered.into_boxed_slice())
            }
            ast::ForItems::Value(value) => ForItems::Value(self.expr(value)),
        };
        if let ([_, value], ForItems::Words(_)) = (&*statement.bindings, &items) {
            let span = value.span();
            self.error(
                code::SYNTAX,
                span,
                "two names take the keys and values of a map",
                "words have no keys",
                "loop over a map: for k, v in (map) { … }",
            );
        }
        let names = match &*statement.bindings {
            [first, .., last] => first.span().to(last.span()),
            [only] => only.span(),
            [] => span,
        };
        let OwnOptions { side_by_side, of_turn } = self.own_options(statement.options, span.start);
        let (bindings, body) = self.turns_of(side_by_side.as_ref(), |this| {
            let bindings =
                statement.bindings.into_iter().map(|binding| this.binding(binding, false)).collect();
            this.status.is_zero = false;
            (bindings, this.each_turn_with(of_turn, statement.body))
        });
        Some(match side_by_side {
            None => Compound::For { bindings, items, body },
            Some((_, options)) => {
                let over = Over::For { bindings, items };
                Compound::SideBySide(Arc::new(SideBySide { over, options, body, span, names }))
            }
        })
    }
}
