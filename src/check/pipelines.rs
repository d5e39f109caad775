//! Lists of pipelines, pipelines and their stages.

use super::conditions::span_of;
use super::false_tests::Outcome;
use super::lower::Checker;
use super::program::*;
use super::replace::Obstacle;
use super::variable_commands::{Place, Position};
use super::{code_guard, lookalikes, truncation};
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast;
use std::sync::Arc;

impl<'s> Checker<'s> {
    pub fn and_or(&mut self, and_or: ast::AndOr<'s>) -> AndOr {
        let place = if and_or.rest.is_empty() { Place::Statement } else { Place::Joined };
        self.and_or_at(and_or, place)
    }

    pub(super) fn and_or_at(&mut self, and_or: ast::AndOr<'s>, place: Place) -> AndOr {
        self.refuse_absorbed_blocks(&and_or);
        let joined = and_or.rest.len();
        self.exec.list = Some(and_or.first.span.start);
        let whole = span_of(&and_or);
        let position =
            |pipeline: &ast::Pipeline<'s>| Position { place, whole, ..Position::statement(pipeline) };
        let position_of_first = position(&and_or.first);
        let first_span = and_or.first.span;
        let first = self.operand(and_or.first, position_of_first, (joined > 0).then_some(Obstacle::Before));
        self.status.before = Some(first_span);
        self.status.is_first = false;
        let mut ors = false;
        let rest = and_or.rest.into_iter().enumerate().map(|(at, (connector, pipeline))| {
            let connector = match connector {
                ast::Connector::And => Connector::And,
                ast::Connector::Or => Connector::Or,
            };
            ors |= connector == Connector::Or;
            let part =
                if at + 1 < joined { Some(Obstacle::Before) } else { ors.then_some(Obstacle::AfterOr) };
            let position = position(&pipeline);
            let span = pipeline.span;
            self.status.is_zero = connector == Connector::And;
            let lowered = self.operand(pipeline, position, part);
            self.status.before = Some(span);
            (connector, lowered)
        });
        let rest = rest.collect();
        AndOr { first, rest, allows_false_test: false }
    }

    /// Lowers a pipeline of a list. Its place in the list decides whether it may be an `exec`, or a block that
    /// contains one.
    fn operand(&mut self, pipeline: ast::Pipeline<'s>, at: Position, part: Option<Obstacle>) -> Pipeline {
        let is_simple = matches!(&*pipeline.stages, [ast::Stage { kind: ast::StageKind::Simple(_), .. }]);
        let outcome = if part == Some(Obstacle::Before) { operand_outcome(&pipeline) } else { self.outcome };
        if part.is_some() && !is_simple {
            let lower =
                |this: &mut Self| this.obstructed(Obstacle::Operand, |this| this.pipeline(pipeline, at));
            return self.ending(outcome, lower);
        }
        let outer = self.exec.part;
        self.exec.part = outer.or(part);
        let lowered = self.pipeline(pipeline, at);
        self.exec.part = outer;
        lowered
    }

    pub(super) fn pipeline(&mut self, pipeline: ast::Pipeline<'s>, at: Position) -> Pipeline {
        let empties = truncation::check(&self.context(), &pipeline.stages);
        let runs_code = code_guard::check(&self.context(), &pipeline.stages);
        self.take(empties.into_iter().chain(runs_code));
        if let Some(timed) = pipeline.timed {
            self.refuse_timed(timed, &pipeline.stages[0]);
        }
        let count = pipeline.stages.len();
        let outer = self.outcome;
        if count > 1 {
            self.outcome = Outcome::Stage;
        } else if pipeline.negated {
            self.outcome = operand_outcome(&pipeline);
        }
        if count > 1 {
            self.exec.part = Some(Obstacle::Stage);
        } else if pipeline.negated {
            self.exec.part = Some(Obstacle::Negated);
        } else if pipeline.timed.is_some() {
            self.exec.part = Some(Obstacle::Timed);
        }
        let is_compound =
            count == 1 && !pipeline.negated && !matches!(pipeline.stages[0].kind, ast::StageKind::Simple(_));
        let mut stages = Vec::with_capacity(count);
        for (index, stage) in pipeline.stages.into_iter().enumerate() {
            let at = Position { stage: index, ..at };
            let stage = if index + 1 == count {
                self.stage(stage, at)
            } else {
                self.copy(|this| this.stage(stage, at))
            };
            stages.extend(stage);
        }
        self.outcome = outer;
        if !is_compound {
            self.status.is_zero = !self.status.accepts;
        }
        Pipeline {
            span: pipeline.span,
            negated: pipeline.negated,
            timed: pipeline.timed.map(|timed| timed.posix),
            stages: stages.into_boxed_slice(),
        }
    }

    fn refuse_lookalike(&mut self, words: &[ast::Word<'s>]) -> bool {
        let found = lookalikes::command(&self.context(), words);
        self.take(found)
    }

    fn stage(&mut self, stage: ast::Stage<'s>, at: Position) -> Option<Stage> {
        let (span, count) = (stage.span, at.stages);
        if let ast::StageKind::Simple(simple) = &stage.kind {
            // In a condition, the line to write is a condition.
            let is_statement = at.place == Place::Statement;
            if is_statement && self.refuse_lookalike(&simple.words)
                || self.refuse_variable_command(simple, &stage.redirections, span, at)
                || !is_statement && self.refuse_lookalike(&simple.words)
            {
                return None;
            }
        }
        if self.refuse_input_alone(&stage) {
            return None;
        }
        self.refuse_comparison_in_test(&stage);
        self.refuse_status_beside_capture(&stage);
        let own_input = (at.stage > 0).then_some(span).or_else(|| input_of(&stage));
        self.refuse_input_beside_turns(&stage, own_input);
        let redirections = self.redirections(stage.redirections.into_vec());
        if count > 1
            && matches!(
                stage.kind,
                ast::StageKind::Break | ast::StageKind::Continue | ast::StageKind::Return(_)
            )
        {
            self.error(
                code::MISPLACED,
                span,
                "this can't be a stage of a pipeline",
                "it would leave the pipeline half run",
                "",
            );
            return None;
        }
        let kind = match stage.kind {
            ast::StageKind::Simple(simple) => {
                StageKind::Command(self.simple(simple, !redirections.is_empty(), span)?)
            }
            ast::StageKind::Subshell(list) => StageKind::Subshell(Arc::new(self.subshell(list)?)),
            ast::StageKind::Fail(value) => StageKind::Fail(self.expr(*value)),
            ast::StageKind::Return(value) => StageKind::Return(self.return_value(value, span)?),
            ast::StageKind::Break => {
                self.in_loop("break", span);
                StageKind::Break
            }
            ast::StageKind::Continue => {
                self.in_loop("continue", span);
                StageKind::Continue
            }
            kind => {
                let part = self.exec.part;
                let lower = |this: &mut Self| match part {
                    Some(part) => this.obstructed(part, |this| this.compound_with(kind, own_input, span)),
                    None => this.compound_with(kind, own_input, span),
                };
                StageKind::Compound(Arc::new(lower(self)?))
            }
        };
        Some(Stage { span, kind, redirections, pipe_stderr: stage.pipe_stderr })
    }
}

/// Returns the redirection that gives a stage its input.
fn input_of(stage: &ast::Stage<'_>) -> Option<Span> {
    let mut redirections = stage.redirections.iter();
    let reads = |one: &&ast::Redirection<'_>| {
        use ast::RedirectionKind::{File, HereDocument, HereString};
        let is_input = matches!(
            &one.kind,
            File(ast::FileMode::Read | ast::FileMode::ReadWrite, _) | HereString(_) | HereDocument(_)
        );
        is_input && one.descriptor.unwrap_or(0) == 0
    };
    redirections.find(reads).map(|one| one.span)
}

/// Returns the destination of the status of a pipeline that is an operand.
fn operand_outcome(pipeline: &ast::Pipeline<'_>) -> Outcome {
    match pipeline.stages.first().map(|stage| &stage.kind) {
        Some(ast::StageKind::Block(_)) => Outcome::Block,
        _ => Outcome::Compound,
    }
}
