//! Loops whose turns run side by side: `for` and `each` with `jobs=`.
//!
//! One thread runs the loop: it takes items, has turns started as the scheduler (`fleet`) allows, and waits by one poll(2)
//! for what the turns print and for their ends. Turns run on a crew of threads, each on a fork of the interpreter.

mod conditions;
mod crew;
mod ends;
mod failures;
mod held;
mod looped;
mod options;
mod outputs;
mod source;
mod streams;

use crate::check::program::{Over, SideBySide};
use crate::eval::Interpreter;
use crate::eval::report::unwind::Eval;
use crate::process::Descriptor;
use looped::Loop;
pub(in crate::eval) use source::Given;
use source::Source;
use std::sync::Arc;

/// A turn, as what its programs do is told apart.
#[derive(Debug)]
pub struct TurnMark {
    /// Its place in the input, from 1.
    pub number: u64,
    /// Its item, as it may be shown.
    pub item: String,
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
        Loop::new(self, looped.clone(), options, source)?.run()
    }
}
