//! Statements and control flow.

use crate::check::program::*;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::lang::items::Items;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::span::Span;
use crate::sys::stack;
use crate::value::ops::{self, Op};
use crate::value::{Value, format};
use std::sync::Arc;

impl Interpreter {
    pub(in crate::eval) fn block(&mut self, block: &Block) -> Eval<()> {
        if stack::is_low() {
            let span = block.statements.first().map_or(Span::default(), |statement| statement.span);
            return Err(self.stack_is_full("block", span));
        }
        if block.has_end {
            return self.block_with_end(block);
        }
        if block.statements.is_empty() {
            self.status = 0;
        }
        for statement in &block.statements {
            self.statement(statement)?;
        }
        Ok(())
    }

    /// Returns the error for a part of a script that is nested too deeply for the stack of this thread.
    #[cold]
    pub(super) fn stack_is_full(&self, kind: &str, span: Span) -> Unwind {
        let message = format!("{kind}s are nested until the stack is full");
        let error = page(code::RECURSION, self.source(), span, message, &format!("one {kind} too many"));
        let help = format!(
            "move the inner {kind}s into a function, or run the script in a thread with a larger stack"
        );
        Error::value(error.help(help)).into()
    }

    #[inline]
    fn statement(&mut self, statement: &Statement) -> Eval<()> {
        self.step(statement.span)?;
        self.heed_signals()?;
        match &statement.kind {
            StatementKind::Assign(assign) if self.count(assign) => {
                self.status = 0;
                Ok(())
            }
            StatementKind::Let(slot, value) => {
                let value = self.expr(value)?;
                *self.slot_mut(*slot) = value;
                self.status = 0;
                Ok(())
            }
            StatementKind::Evaluate(value) => {
                let value = self.expr(value)?;
                self.note_result(value);
                self.status = 0;
                Ok(())
            }
            StatementKind::Return(value) => Err(self.return_statement(value.as_ref())),
            _ => self.other_statement(statement),
        }
    }

    /// Runs the statements that take more work than making the large frame of this function.
    #[inline(never)]
    fn other_statement(&mut self, statement: &Statement) -> Eval<()> {
        match &statement.kind {
            StatementKind::Destructure(parts) => {
                let (binding, value) = &**parts;
                let value = self.expr(value)?;
                self.bind(binding, value)?;
                self.status = 0;
                Ok(())
            }
            StatementKind::Assign(assign) => {
                let before = self.unknowns();
                let result = self.assign(assign);
                self.status = 0;
                if self.dry.is_some() { self.dry_assign(assign.slot, result, before) } else { result }
            }
            StatementKind::Append(slot, value) => {
                let before = self.unknowns();
                let result = self.append(*slot, value, statement.span);
                self.status = 0;
                if self.dry.is_some() { self.dry_assign(*slot, result, before) } else { result }
            }
            StatementKind::Pipeline(pipeline) => match self.pipeline(pipeline)? {
                None => Ok(()),
                Some(failure) => Err(self.raise(failure)),
            },
            StatementKind::AndOr(and_or) => match self.and_or(and_or)? {
                None => Ok(()),
                Some(failure) => Err(self.raise(failure)),
            },
            StatementKind::Background(and_or) => {
                let started = self.background(and_or, statement.span);
                self.status = 0;
                started
            }
            StatementKind::Compound(compound) => self.compound(compound, statement.span),
            StatementKind::Fail(value) => Err(self.fail_statement(value, statement.span)),
            StatementKind::Break => Err(Unwind::Break),
            StatementKind::Continue => Err(Unwind::Continue),
            StatementKind::OpenChannel => {
                self.open_channel();
                Ok(())
            }
            StatementKind::Use(module) => {
                let used = self.use_module(*module);
                self.status = 0;
                used
            }
            // `statement` handles these, and `block_with_end` the last two.
            StatementKind::Let(..)
            | StatementKind::Evaluate(_)
            | StatementKind::Return(_)
            | StatementKind::Defer(_)
            | StatementKind::On(_) => Ok(()),
        }
    }

    /// Runs the statements. Then, however they ended, the handlers of signals that they set up no longer hold, and the
    /// blocks that they deferred run, the last one first.
    fn block_with_end(&mut self, block: &Block) -> Eval<()> {
        let mut deferred: Vec<&Arc<Block>> = Vec::new();
        let handlers = self.handlers.count();
        let mut result = Ok(());
        for statement in &block.statements {
            result = match &statement.kind {
                StatementKind::Defer(body) => {
                    // From now on a signal must not simply end this process.
                    self.interrupt();
                    deferred.push(body);
                    self.status = 0;
                    continue;
                }
                StatementKind::On(on) => self.handle_signals(on, statement.span),
                _ => self.statement(statement),
            };
            if result.is_err() {
                break;
            }
        }
        let mut result = self.drop_handlers(handlers, result);
        let returned = std::mem::take(&mut self.returned);
        let status = result.as_ref().map_or_else(|unwind| status_of_end(unwind, &returned), |()| self.status);
        for body in deferred.into_iter().rev() {
            self.status = status;
            let end = self.in_defer(|this| this.block(body));
            match (end, &result) {
                (Ok(()), _) => {}
                // The deferred block failed, and nothing had failed before.
                (Err(unwind), Ok(()) | Err(Unwind::Return | Unwind::Break | Unwind::Continue)) => {
                    result = Err(unwind);
                }
                // The first failure is the cause, but this one must not be lost.
                (Err(Unwind::Error(error)), Err(_)) => self.say_deferred(&error),
                (Err(_), Err(_)) => {}
            }
        }
        self.returned = returned;
        self.status = status;
        result
    }

    pub(in crate::eval) fn return_statement(&mut self, value: Option<&Expr>) -> Unwind {
        match value.map_or(Ok(Value::Null), |value| self.expr(value)) {
            Ok(value) => {
                self.returned = value;
                Unwind::Return
            }
            Err(unwind) => unwind,
        }
    }

    /// Runs a used file, the first time.
    fn use_module(&mut self, module: ModuleId) -> Eval<()> {
        let place = module.0 as usize;
        if self.loaded.get(place).copied().unwrap_or_default() {
            return Ok(());
        }
        self.loaded.resize(self.loaded.len().max(place + 1), false);
        self.loaded[place] = true;
        let program = self.program.clone();
        let user = std::mem::replace(&mut self.module, module);
        let result = self.block(&program.modules[place].body);
        self.module = user;
        result
    }

    pub(in crate::eval) fn fail_statement(&mut self, value: &Expr, span: Span) -> Unwind {
        match self.expr(value) {
            // A caught error propagates as the original error.
            Ok(Value::Map(map)) if crate::eval::lang::record::is_error(&map) => self.raise_again(&map, span),
            Ok(value) => {
                let message = match format::to_word(&value) {
                    Ok(text) => String::from_utf8_lossy(&text).into_owned(),
                    Err(_) => self.dry_message(&value).unwrap_or_else(|| format::display(&value, 1000)),
                };
                let diagnostic = page(code::FAIL, self.source(), span, message, "the script fails here");
                Error::command(diagnostic, 1).into()
            }
            Err(unwind) => unwind,
        }
    }

    // -------------------------------------------------------------------------------------- assignment

    /// Adds an integer to an integer variable or subtracts it, the work of most turns of loops. Returns false if
    /// that does not apply, and nothing was done.
    #[inline]
    fn count(&mut self, assign: &Assign) -> bool {
        let Some(Assigning::Operator(operator @ (Op::Add | Op::Sub))) = assign.operator else { return false };
        if assign.environment || !assign.path.is_empty() || self.dry.is_some() {
            return false;
        }
        let Some(right) = self.int_operand(&assign.value) else { return false };
        let Value::Int(left) = self.slot_mut(assign.slot) else { return false };
        let sum = if operator == Op::Add { left.checked_add(right) } else { left.checked_sub(right) };
        if let Some(sum) = sum {
            *left = sum;
        }
        sum.is_some()
    }

    fn assign(&mut self, assign: &Assign) -> Eval<()> {
        if assign.environment {
            return self.assign_environment(assign);
        }
        if assign.path.is_empty() {
            let value = self.assigned(assign)?;
            if let Some(value) = value {
                *self.slot_mut(assign.slot) = value;
            }
            return Ok(());
        }
        let mut path = Vec::with_capacity(assign.path.len());
        for key in &assign.path {
            path.push((self.expr(key)?, key.span));
        }
        // The value is evaluated before the place is looked up, since the evaluation may change it.
        let right = self.expr(&assign.value)?;
        let mut root = std::mem::take(self.slot_mut(assign.slot));
        let result = self.update(&mut root, &path, assign, right);
        // This measures the whole variable, since the assigned part may be small and one of many.
        let result = result.and_then(|()| self.check_size(&root, assign.operator_span));
        *self.slot_mut(assign.slot) = root;
        result
    }

    fn update(&self, root: &mut Value, path: &[(Value, Span)], assign: &Assign, right: Value) -> Eval<()> {
        let Some((last, above)) = path.split_last() else { return Ok(()) };
        let needs_old = matches!(assign.operator, Some(Assigning::Operator(_)));
        let place = match (self.element(root, above)?, &last.0) {
            // Only the last key may be new.
            (Value::Map(map), Value::Str(key)) if !needs_old => map.entry(key),
            (place, _) => self.element(place, std::slice::from_ref(last))?,
        };
        self.operate(assign, place, right)
    }

    /// Assigns to a place, which is unchanged if the operator fails.
    pub(in crate::eval) fn operate(&self, assign: &Assign, place: &mut Value, right: Value) -> Eval<()> {
        match assign.operator {
            Some(Assigning::Coalesce) if !matches!(place, Value::Null) => {}
            Some(Assigning::Coalesce) | None => *place = right,
            Some(Assigning::Operator(operator)) => ops::update(operator, place, &right)
                .map_err(|error| self.op_error(error, assign.operator_span))?,
        }
        self.check_size(place, assign.operator_span)
    }

    /// Returns the new value of a variable, or `None` if the variable was changed in place.
    fn assigned(&mut self, assign: &Assign) -> Eval<Option<Value>> {
        match assign.operator {
            None => self.expr(&assign.value).map(Some),
            Some(Assigning::Coalesce) => {
                if matches!(self.slot(assign.slot), Value::Null) {
                    return self.expr(&assign.value).map(Some);
                }
                Ok(None)
            }
            Some(Assigning::Operator(operator)) => {
                let right = self.expr(&assign.value)?;
                match ops::update(operator, self.slot_mut(assign.slot), &right) {
                    Ok(()) => self.check_size(self.slot(assign.slot), assign.operator_span).map(|()| None),
                    Err(error) => Err(self.op_error(error, assign.operator_span)),
                }
            }
        }
    }

    fn append(&mut self, slot: Slot, value: &Expr, span: Span) -> Eval<()> {
        let right = self.expr(value)?;
        ops::append(self.slot_mut(slot), &right).map_err(|error| self.op_error(error, span))?;
        self.check_size(self.slot(slot), span)
    }

    // -------------------------------------------------------------------------------------- compound statements

    pub(in crate::eval) fn compound(&mut self, compound: &Compound, span: Span) -> Eval<()> {
        if self.dry.is_some() {
            return self.dry_compound(compound, span);
        }
        match compound {
            Compound::Block(block) => self.block(block),
            Compound::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.condition(condition)? {
                        return self.block(body);
                    }
                }
                match otherwise {
                    Some(body) => self.block(body),
                    None => {
                        self.status = 0;
                        Ok(())
                    }
                }
            }
            Compound::While { condition, body } => {
                let mut status = 0;
                while self.condition(condition)? {
                    self.check_interrupt()?;
                    let is_over = self.loop_turn(body)?;
                    status = self.status;
                    if is_over {
                        break;
                    }
                }
                self.status = status;
                Ok(())
            }
            Compound::For { bindings, items, body } => {
                self.looped(|this| this.for_loop(bindings, items, body))
            }
            Compound::Each { name, body } => self.looped(|this| this.each(*name, body, span)),
            Compound::SideBySide(looped) => self.looped(|this| this.side_by_side(looped, None)),
            Compound::Match { subject, arms } => self.match_arms(subject, arms),
            Compound::Try { body, handler } => self.try_block(body, handler.as_ref()),
            Compound::With(with) => self.with(with),
        }
    }

    /// Runs a loop's body once. Returns true if the loop was left.
    pub(in crate::eval) fn loop_turn(&mut self, body: &Block) -> Eval<bool> {
        // An empty body has no statement to count.
        self.step(Span::default())?;
        self.heed_signals()?;
        let left = match self.block(body) {
            Ok(()) => None,
            Err(unwind @ (Unwind::Continue | Unwind::Break)) => Some(unwind),
            Err(unwind) => return Err(unwind),
        };
        self.turned = true;
        if left.is_some() {
            self.status = 0;
        }
        Ok(matches!(left, Some(Unwind::Break)))
    }

    /// Runs a loop, whose status is that of its last turn, or 0 without a turn.
    pub(in crate::eval) fn looped(&mut self, run: impl FnOnce(&mut Self) -> Eval<()>) -> Eval<()> {
        let outer = std::mem::replace(&mut self.turned, false);
        let result = run(self);
        if !std::mem::replace(&mut self.turned, outer) {
            self.status = 0;
        }
        result
    }

    fn condition(&mut self, condition: &Condition) -> Eval<bool> {
        match condition {
            Condition::Value(value) => {
                let truth = self.truth(value)?;
                self.status = u8::from(!truth);
                Ok(truth)
            }
            // Whether a status is accepted and whether it is true are two questions.
            Condition::Command(and_or) => match self.without_ok(|this| this.and_or(and_or))? {
                None => Ok(true),
                Some(failure) if failure.is_false() => {
                    self.print_failure(&failure);
                    Ok(false)
                }
                // Everything else (another status, a signal, a missing program) is not an answer, but a failure to
                // give one.
                Some(failure) => Err(self.raise(failure)),
            },
        }
    }

    pub(in crate::eval) fn for_loop(
        &mut self,
        bindings: &[Binding],
        items: &ForItems,
        body: &Block,
    ) -> Eval<()> {
        let items = match self.items(bindings, items)? {
            Items::Messages(messages, span) => return self.for_messages(&messages, bindings, body, span),
            Items::Tasks(tasks) => return self.for_tasks(*tasks, bindings, body),
            items => items,
        };
        for item in items {
            self.check_interrupt()?;
            self.bind_item(bindings, item)?;
            if self.loop_turn(body)? {
                break;
            }
        }
        Ok(())
    }

    pub(in crate::eval) fn match_arms(&mut self, subject: &Expr, arms: &[Arm]) -> Eval<()> {
        let value = self.expr(subject)?;
        let text = self.word_of(&value, subject.span)?;
        for arm in arms {
            for pattern in &arm.patterns {
                let matches = match pattern {
                    MatchPattern::Text(expected) => expected.as_bytes() == &*text,
                    MatchPattern::Pattern(pattern) => pattern.matches(&text),
                    MatchPattern::Word(word) => self.text_of(word)? == *text,
                };
                if matches {
                    return self.block(&arm.body);
                }
            }
        }
        self.status = 0;
        Ok(())
    }
}

/// Returns the status of a block that is left early.
fn status_of_end(unwind: &Unwind, returned: &Value) -> u8 {
    match unwind {
        Unwind::Error(error) => error.status,
        Unwind::Exit(status) => *status,
        Unwind::Interrupted(signal) => 128_u8.saturating_add(signal.number().unsigned_abs() as u8),
        Unwind::TimedOut(_) => 124,
        Unwind::Return => u8::from(matches!(returned, Value::Bool(false))),
        Unwind::Break | Unwind::Continue | Unwind::Exhausted | Unwind::PipeClosed => 0,
    }
}
