//! Loops whose turns run side by side: `for` and `each` with `jobs=`.
//!
//! One thread runs the loop: it takes items, has turns started as the scheduler (`fleet`) allows, and waits by one poll(2)
//! for what the turns print and for their ends. Turns run on a crew of threads, each on a fork of the interpreter.

mod conditions;
mod crew;
mod ends;
mod failures;
mod held;
mod log;
mod looped;
mod options;
mod outputs;
mod record;
mod source;
mod streams;

use crate::check::program::{Compound, Over, SideBySide, StatementKind, WithOption};
use crate::eval::Interpreter;
use crate::eval::lang::items::Items;
use crate::eval::report::unwind::Eval;
use crate::methods;
use crate::process::Descriptor;
use crate::span::Span;
use crate::value::{List, Value};
use crew::Work;
use looped::Loop;
use options::LoopOptions;
pub(in crate::eval) use source::Given;
use source::Source;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A turn, as what its programs do is told apart.
#[derive(Debug)]
pub struct TurnMark {
    /// Its place in the input, from 1.
    pub number: u64,
    /// Its item, as it may be shown.
    pub item: String,
    /// Its options, by the first of them.
    options: Option<Span>,
    /// How often a block with these options was run.
    tries: AtomicU32,
}

impl TurnMark {
    /// Returns the mark of a turn of this loop.
    fn new(number: u64, item: &str, work: &Work) -> Self {
        let body = match work {
            Work::Body(looped) => looped.body.statements.first().map(|first| &first.kind),
            Work::Call(_) => None,
        };
        let options = match body {
            Some(StatementKind::Compound(compound)) => match &**compound {
                Compound::With(with) => with.options.first().map(|option| option.span),
                _ => None,
            },
            _ => None,
        };
        Self { number, item: item.to_owned(), options, tries: AtomicU32::new(0) }
    }

    /// Notes that a block with options is run, which may be that of the turn.
    pub fn note_try(&self, options: &[WithOption]) {
        if options.first().map(|option| option.span) == self.options {
            self.tries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how often the turn was run: more than once with `retry=`.
    pub fn tries(&self) -> u32 {
        self.tries.load(Ordering::Relaxed).max(1)
    }
}

impl Interpreter {
    /// Runs a loop with `jobs=`. `input` gives the lines of an `each` that has an input of its own, and says whether no
    /// other reader has it.
    pub(in crate::eval) fn side_by_side(
        &mut self,
        looped: &Arc<SideBySide>,
        input: Option<(&Descriptor, bool)>,
    ) -> Eval<()> {
        // From now on a signal must not just end this process.
        self.interrupt();
        let options = self.loop_options(&looped.options)?;
        let own;
        let source = match (&looped.over, input) {
            (Over::For { bindings, items }, _) => Source::Items(self.items(bindings, items)?),
            (Over::Each(_), Some((input, alone))) => {
                Source::Lines(self.line_source(input, alone, looped.span)?)
            }
            (Over::Each(_), None) => {
                own = self.standard_input(looped.span)?;
                Source::Lines(self.line_source(&own, false, looped.span)?)
            }
        };
        Loop::new(self, Work::Body(looped.clone()), looped.span, options, source)?.run().map(drop)
    }

    /// Calls a function with each element of a list, several at once. Returns what it gives in the order of the list.
    pub(in crate::eval) fn apply_side_by_side(
        &mut self,
        function: &Value,
        items: &List,
        how: methods::SideBySide,
        span: Span,
    ) -> Eval<Vec<Value>> {
        if self.dry.is_some() {
            return items
                .iter()
                .map(|item| self.apply_values(function, std::slice::from_ref(item), span))
                .collect();
        }
        self.interrupt();
        let options =
            LoopOptions { rate: how.rate, progress: how.progress, ..LoopOptions::of_jobs(how.jobs) };
        let source = Source::Items(Items::List(items.clone(), 0));
        let (turned, status) = (self.turned, self.status);
        let values = Loop::new(self, Work::Call(function.clone()), span, options, source)?.run();
        (self.turned, self.status) = (turned, status);
        Ok(values?.into_values().collect())
    }
}
