//! Choices and loops of a dry run.

use super::{as_unknown, holds_unknown, unknown};
use crate::check::program::*;
use crate::check::settings::Setting;
use crate::eval::Interpreter;
use crate::eval::queues::tasks_of;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::eval::scope::exec_env::OwnParts;
use crate::eval::scope::settings::Settings;
use crate::eval::scope::slots::Slots;
use crate::process::Environment;
use crate::span::Span;
use crate::value::{Value, ops};
use std::ffi::CStr;
use std::sync::Arc;

/// The known result of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    Unknown,
}

impl Truth {
    pub fn of(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }

    pub fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// The state that a run can change in itself.
struct State {
    modules: Slots,
    frames: Vec<Value>,
    directory: Option<Arc<CStr>>,
    environment: Environment,
}

/// How many turns of a loop are shown.
const TURNS: usize = 1000;

impl Interpreter {
    fn state(&self) -> State {
        State {
            modules: self.modules.clone(),
            frames: self.frames.clone(),
            directory: self.env.directory.clone(),
            environment: self.env.environment.clone(),
        }
    }

    fn restore(&mut self, state: State) {
        (self.modules, self.frames) = (state.modules, state.frames);
        self.env.directory = state.directory;
        self.env.environment = state.environment;
    }

    /// Runs code that changes nothing outside it.
    pub(super) fn on_a_copy<T>(&mut self, run: impl FnOnce(&mut Self) -> Eval<T>) -> Eval<T> {
        let before = self.state();
        let result = run(self);
        self.restore(before);
        match result {
            Err(Unwind::Exit(_)) if !self.is_told() => Err(self.only_the_run_tells(Span::default())),
            other => other,
        }
    }

    /// `( list )`
    pub(super) fn dry_subshell(&mut self, list: &Block) -> Eval<()> {
        self.on_a_copy(|this| match this.block(list) {
            Err(Unwind::Exit(_)) => Ok(()),
            other => other,
        })
    }

    /// Runs code that may or may not run in a real run. The variables that it changes are unknown
    /// afterwards.
    pub(super) fn perhaps(&mut self, run: impl FnOnce(&mut Self) -> Eval<()>) -> Eval<()> {
        self.either(run, |_| Ok(()))
    }

    /// Shows two branches, of which a real run takes one. Leaves the enclosing code if both do.
    fn either(
        &mut self,
        one: impl FnOnce(&mut Self) -> Eval<()>,
        other: impl FnOnce(&mut Self) -> Eval<()>,
    ) -> Eval<()> {
        let before = self.state();
        self.dry().choices += 1;
        let first = one(self);
        let after_first = self.state();
        self.restore(before);
        let first_left = self.left(first);
        let second = match first_left {
            Err(unwind) => Err(unwind),
            Ok(left) => {
                let second = other(self);
                self.left(second).map(|right| (left, right))
            }
        };
        self.dry().choices -= 1;
        let (first, second) = second?;
        match (first, second) {
            (None, None) => self.merge(after_first),
            (Some(unwind), None) => {
                self.note_left(&unwind);
                Ok(())
            }
            (None, Some(unwind)) => {
                self.note_left(&unwind);
                self.restore(after_first);
                Ok(())
            }
            (Some(first), Some(second)) => {
                self.note_left(&first);
                self.note_left(&second);
                self.returned = unknown(None);
                Err(second)
            }
        }
    }

    /// Returns how a branch left its place, if it did. Reports an error of the branch.
    fn left(&mut self, result: Eval<()>) -> Eval<Option<Unwind>> {
        self.dry().indent += 1;
        let left = self.told_left(result);
        self.dry().indent -= 1;
        left
    }

    fn told_left(&mut self, result: Eval<()>) -> Eval<Option<Unwind>> {
        match result {
            Ok(()) => Ok(None),
            Err(Unwind::Error(error)) => {
                let message = error.diagnostic.message.clone();
                self.print_dry(&format!("# would fail here: {}", crate::diag::visible(message.as_bytes())))?;
                Ok(Some(Unwind::Error(error)))
            }
            Err(unwind @ (Unwind::Return | Unwind::Break | Unwind::Continue)) => {
                self.print_dry(match unwind {
                    Unwind::Return => "# returns here",
                    Unwind::Break => "# leaves the loop here",
                    _ => "# goes on with the next turn here",
                })?;
                Ok(Some(unwind))
            }
            Err(unwind @ Unwind::Exit(_)) if !self.is_told() => Ok(Some(unwind)),
            Err(unwind) => Err(unwind),
        }
    }

    fn note_left(&mut self, unwind: &Unwind) {
        let dry = self.dry();
        dry.may_return |= matches!(unwind, Unwind::Return);
        dry.may_leave |= !matches!(unwind, Unwind::Continue);
    }

    /// Continues from the current state or another one.
    fn merge(&mut self, other: State) -> Eval<()> {
        let there = other.modules.into_all().into_iter().chain(other.frames);
        for (here, there) in self.modules.all_mut().iter_mut().chain(&mut self.frames).zip(there) {
            let same = here.type_of() == there.type_of() && matches!(ops::equal(here, &there), Ok(true));
            if !same {
                *here = unknown(None);
            }
        }
        if self.env.directory != other.directory {
            self.print_dry("# in one of these cases the directory is another from here on")?;
        }
        if !self.env.environment.iter().eq(other.environment.iter()) {
            self.print_dry("# in one of these cases the environment is another from here on")?;
        }
        Ok(())
    }

    // -------------------------------------------------------------------------------------- choices

    pub(in crate::eval) fn dry_compound(&mut self, compound: &Compound, span: Span) -> Eval<()> {
        match compound {
            Compound::Block(block) => self.block(block),
            Compound::If { branches, otherwise } => self.dry_if(branches, otherwise.as_ref()),
            Compound::While { condition, body } => self.dry_while(condition, body),
            Compound::For { bindings, items, body } => self.dry_for(bindings, items, body),
            Compound::Each { name, body } => self.below("# for each line:", |this| {
                this.perhaps(|this| {
                    *this.slot_mut(*name) = unknown(None);
                    this.loop_turn(body).map(drop)
                })
            }),
            Compound::SideBySide(looped) => self.dry_side_by_side(looped),
            Compound::Match { subject, arms } => {
                let value = self.expr(subject)?;
                if as_unknown(&value).is_none() {
                    return self.match_arms(subject, arms);
                }
                for (at, arm) in arms.iter().enumerate() {
                    let head = if at == 0 { "# in one case:" } else { "# in another case:" };
                    self.below(head, |this| this.perhaps(|this| this.block(&arm.body)))?;
                }
                Ok(())
            }
            Compound::Try { body, handler } => {
                let Some((slot, handler)) = handler else { return self.perhaps(|this| this.block(body)) };
                match self.block(body) {
                    Ok(()) => self.below("# if that fails:", |this| {
                        this.perhaps(|this| {
                            *this.slot_mut(*slot) = unknown(None);
                            this.block(handler)
                        })
                    }),
                    Err(Unwind::Error(error)) => {
                        *self.slot_mut(*slot) = Value::Map(crate::eval::lang::record::error_value(&error));
                        self.block(handler)
                    }
                    other => other,
                }
            }
            Compound::With(with) => self.dry_with(with, span),
        }
    }

    fn dry_if(&mut self, branches: &[(Condition, Block)], otherwise: Option<&Block>) -> Eval<()> {
        let Some(((condition, body), rest)) = branches.split_first() else {
            return otherwise.map_or(Ok(()), |body| self.block(body));
        };
        let (truth, head) = self.dry_condition(condition, "if")?;
        match truth {
            Truth::Yes => self.block(body),
            Truth::No => self.dry_if(rest, otherwise),
            Truth::Unknown => self.either(
                |this| this.below(&head, |this| this.block(body)),
                |this| match (rest, otherwise) {
                    ([], None) => Ok(()),
                    _ => this.below("# else:", |this| this.dry_if(rest, otherwise)),
                },
            ),
        }
    }

    /// Returns the known result of a condition, and the head of the code that depends on it.
    fn dry_condition(&mut self, condition: &Condition, word: &str) -> Eval<(Truth, String)> {
        match condition {
            Condition::Command(and_or) => Ok((self.dry_and_or(and_or)?, format!("# {word} that succeeds:"))),
            Condition::Value(value) => {
                let written = self.written(value.span);
                let plain = written.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
                let head = format!("# {word} ({}):", plain.unwrap_or(&written));
                let found = self.expr(value)?;
                if as_unknown(&found).is_some() {
                    return Ok((Truth::Unknown, head));
                }
                if let Value::Bool(truth) = found {
                    return Ok((Truth::of(truth), head));
                }
                // This is the error of the real condition.
                self.truth(value).map(|truth| (Truth::of(truth), head))
            }
        }
    }

    /// `cmd &`
    pub(in crate::eval) fn dry_background(&mut self, and_or: &AndOr) -> Eval<()> {
        self.below("# in the background:", |this| this.on_a_copy(|this| this.dry_and_or(and_or).map(drop)))
    }

    // -------------------------------------------------------------------------------------- loops

    fn dry_while(&mut self, condition: &Condition, body: &Block) -> Eval<()> {
        for _ in 0..TURNS {
            let (truth, head) = self.dry_condition(condition, "while")?;
            match truth {
                Truth::No => return Ok(()),
                Truth::Unknown => {
                    return self.below(&head, |this| this.perhaps(|this| this.loop_turn(body).map(drop)));
                }
                Truth::Yes => {}
            }
            let outer = std::mem::take(&mut self.dry().may_leave);
            let turn = self.loop_turn(body);
            let may_leave = std::mem::replace(&mut self.dry().may_leave, outer);
            if turn? {
                return Ok(());
            }
            if may_leave {
                return self.print_dry("# … and so on, until it leaves the loop");
            }
        }
        self.print_dry("# … and so on")
    }

    /// Shows the turns one after another, since any of them may come first.
    fn dry_side_by_side(&mut self, looped: &SideBySide) -> Eval<()> {
        let jobs = looped.options.iter().find(|option| option.setting == Setting::Jobs);
        let jobs = jobs.map_or(Ok(Value::Null), |jobs| self.expr(&jobs.value))?;
        let head = match (&jobs, as_unknown(&jobs)) {
            (Value::Int(1), _) => "# one turn after another:".to_string(),
            (Value::Int(jobs), _) => format!("# side by side, up to {jobs} turns at once:"),
            _ => "# side by side:".to_string(),
        };
        self.below(&head, |this| {
            this.on_a_copy(|this| match &looped.over {
                Over::For { bindings, items } => this.dry_for(bindings, items, &looped.body),
                Over::Each(name) => this.below("# for each line:", |this| {
                    this.perhaps(|this| {
                        *this.slot_mut(*name) = unknown(None);
                        this.loop_turn(&looped.body).map(drop)
                    })
                }),
            })
        })
    }

    fn dry_for(&mut self, bindings: &[Binding], items: &ForItems, body: &Block) -> Eval<()> {
        let turns: Vec<Vec<Value>> = match items {
            ForItems::Words(words) => {
                let mut turns = Vec::new();
                for word in words {
                    if turns.len() > TURNS {
                        break;
                    }
                    for item in self.first_dry_words(std::slice::from_ref(word), false, TURNS + 1)? {
                        let spliced = matches!(word, Word::Splice { .. } | Word::Glob(_)) && !item.known;
                        if spliced {
                            self.dry_each(bindings, &item.word(), body)?;
                        } else {
                            turns.push(vec![item.into_value()]);
                        }
                    }
                }
                turns
            }
            ForItems::Value(value) => {
                let found = self.expr(value)?;
                match &found {
                    Value::Range(range) => {
                        range.iter().take(TURNS + 1).map(|n| vec![Value::Int(n)]).collect()
                    }
                    Value::List(list) => list.iter().take(TURNS + 1).map(|item| vec![item.clone()]).collect(),
                    Value::Map(map) if bindings.len() == 2 => {
                        let entries = map.iter().take(TURNS + 1);
                        entries.map(|(key, item)| vec![Value::Str(key.clone()), item.clone()]).collect()
                    }
                    other if holds_unknown(other) || tasks_of(other).is_some() => {
                        let shown = self.written(value.span);
                        return self.dry_each(bindings, &shown, body);
                    }
                    // This is the error of the real loop.
                    _ => return self.for_loop(bindings, items, body),
                }
            }
        };
        for (at, turn) in turns.into_iter().enumerate() {
            if at == TURNS {
                return self.print_dry("# … and so on");
            }
            for (binding, value) in bindings.iter().zip(turn) {
                self.bind(binding, value)?;
            }
            if self.loop_turn(body)? {
                break;
            }
        }
        Ok(())
    }

    /// Shows a loop over a value that only the run can know: one turn represents all.
    fn dry_each(&mut self, bindings: &[Binding], of: &str, body: &Block) -> Eval<()> {
        self.below(&format!("# for each of {of}:"), |this| {
            this.perhaps(|this| {
                for binding in bindings {
                    this.bind(binding, unknown(None))?;
                }
                this.loop_turn(body).map(drop)
            })
        })
    }

    // -------------------------------------------------------------------------------------- circumstances

    fn dry_with(&mut self, with: &With, _: Span) -> Eval<()> {
        self.dry_under("# with", &with.options, &with.maps, |this| this.block(&with.body))
    }

    /// Shows a block with its options, below a head that lists them.
    pub(in crate::eval) fn dry_under(
        &mut self,
        head: &str,
        options: &[WithOption],
        maps: &[OptionMap],
        run: impl FnOnce(&mut Self) -> Eval<()>,
    ) -> Eval<()> {
        let spans = options.iter().map(|option| option.span).chain(maps.iter().map(|map| map.span));
        let written: Vec<String> = spans.map(|span| self.written(span)).collect();
        let before = self.dry().unknowns;
        let mut own = OwnParts::default();
        match self.evaluate_options(options, maps) {
            Ok(options) => {
                own.directory = options.directory;
                own.environment = options.environment;
                own.settings = Some(Arc::new(Settings { stats: None, ..options.settings }));
            }
            Err(Unwind::Error(_)) if self.dry().unknowns > before => {}
            // Only a directory that the script would have created may be missing.
            Err(Unwind::Error(error)) if error.diagnostic.code == crate::diag::code::NO_DIRECTORY => {}
            Err(unwind) => return Err(unwind),
        }
        let blank = if written.is_empty() { "" } else { " " };
        let head = format!("{head}{blank}{}:", written.join(", "));
        self.in_env(own, |this| this.below(&head, run))
    }

    // -------------------------------------------------------------------------------------- assignments

    /// Performs an assignment. A variable whose value can't be evaluated becomes unknown.
    pub(in crate::eval) fn dry_assign(&mut self, slot: Slot, result: Eval<()>, before: usize) -> Eval<()> {
        match result {
            Err(Unwind::Error(error))
                if !error.is_failure && (self.dry().unknowns > before || holds_unknown(self.slot(slot))) =>
            {
                *self.slot_mut(slot) = unknown(None);
                Ok(())
            }
            other => other,
        }
    }

    /// Does the same for a method that changes its variable.
    pub(in crate::eval) fn dry_change(
        &mut self,
        slot: Slot,
        result: Eval<Value>,
        before: usize,
    ) -> Eval<Value> {
        let (value, result) = match result {
            Ok(value) => (value, Ok(())),
            Err(unwind) => (unknown(None), Err(unwind)),
        };
        self.dry_assign(slot, result, before).map(|()| value)
    }

    /// Returns how many unknowns were evaluated so far.
    pub(in crate::eval) fn unknowns(&self) -> usize {
        self.dry.as_ref().map_or(0, |dry| dry.unknowns)
    }
}
