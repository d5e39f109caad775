//! The loops whose turns run side by side: `for` and `each` with `jobs=`.
//!
//! One thread runs the loop. It takes items, starts turns when the scheduler (`fleet`) allows, and waits in one poll(2)
//! for their output and their ends. The turns run on a crew of threads, each on its own fork of the interpreter.

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
mod room;
mod source;
mod streams;
mod tasks;

use crate::check::program::{Compound, Over, SideBySide, StatementKind, With};
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::lang::items::Items;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::methods;
use crate::process::Descriptor;
use crate::span::Span;
use crate::value::{List, Type, Value};
use crew::Work;
use looped::Loop;
use options::LoopOptions;
pub(in crate::eval) use source::Given;
use source::Source;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The mark that identifies the turn in audit records, events and messages of its programs.
#[derive(Debug)]
pub struct TurnMark {
    /// The place of its item in the input, from 1.
    pub number: u64,
    /// The item, without secrets.
    pub item: String,
    /// The options of the turn, identified by the place of the first.
    options: Option<Span>,
    /// How often a block with these options has run.
    tries: AtomicU32,
}

impl TurnMark {
    /// Returns the mark of a turn of this loop.
    fn new(number: u64, item: String, work: &Work) -> Self {
        let body = match work {
            Work::Body(looped) => looped.body.statements.first().map(|first| &first.kind),
            Work::Call(_) => None,
        };
        let options = match body {
            Some(StatementKind::Compound(compound)) => match &**compound {
                Compound::With(with) => with.place(),
                _ => None,
            },
            _ => None,
        };
        Self { number, item, options, tries: AtomicU32::new(0) }
    }

    /// Notes that a block with options is run, and counts it if it is the block of the turn.
    pub fn note_try(&self, with: &With) {
        if with.place() == self.options {
            self.tries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how often the turn has run, which is more than once after a retry.
    pub fn tries(&self) -> u32 {
        self.tries.load(Ordering::Relaxed).max(1)
    }
}

impl Interpreter {
    /// Fails if a turn is to wait for jobs, and a plain loop would wait for more of them.
    pub(in crate::eval) fn refuse_wait_in_turn(&self, span: Span) -> Eval<()> {
        if !self.jobs.is_part() {
            return Ok(());
        }
        let message = "a turn side by side can wait for its own jobs only, and there are others";
        let page =
            page(code::TURN_WAITS, self.source(), span, message, "a plain loop would wait for those, too");
        let help =
            "write `wait` before the loop, or take the jobs as values: let job = spawn { … }; job.wait()";
        Err(self.fail(Error::refused(page.help(help), 1)))
    }

    /// Runs a loop with `jobs=`. `input` is the input of an `each` that has its own, and whether no other reader shares it.
    pub(in crate::eval) fn side_by_side(
        &mut self,
        looped: &Arc<SideBySide>,
        input: Option<(&Descriptor, bool)>,
    ) -> Eval<()> {
        // From now on a signal must not end this process by its default action.
        self.interrupt();
        let mut options = self.loop_options(&looped.options)?;
        let own;
        let source = match (&looped.over, input) {
            (Over::For { bindings, items }, _) => match self.items(bindings, items)? {
                Items::Messages(_, span) => {
                    let unwind = self.wrong_type(
                        span,
                        "what turns side by side take",
                        "a list or range",
                        Type::Opaque,
                    );
                    let help = "take the messages one after the other, and ask several workers in the turns";
                    return Err(unwind.helped(Some(help)));
                }
                Items::Tasks(mut tasks) => {
                    options.fit_queue(self, looped)?;
                    if let Some((ends, _)) = options.retry_on.take() {
                        tasks.retry_on(ends);
                    }
                    Source::Tasks(tasks)
                }
                items => Source::Items(items),
            },
            (Over::Each(_), Some((input, alone))) => {
                Source::Lines(self.line_source(input, alone, looped.span)?)
            }
            (Over::Each(_), None) => {
                own = self.standard_input(looped.span)?;
                Source::Lines(self.line_source(&own, false, looped.span)?)
            }
        };
        if let Some((_, span)) = &options.retry_on {
            let message = "`retry_on` has no effect without `retry`";
            let page = page(code::UNKNOWN_OPTION, self.source(), *span, message, "nothing is retried");
            return Err(self.fail(Error::value(page.help("add how often: retry=3"))));
        }
        Loop::new(self, Work::Body(looped.clone()), looped.span, options, source)?.run().map(drop)
    }

    /// Calls a function with each element of a list, several at once. Returns the results in the order of the list.
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
