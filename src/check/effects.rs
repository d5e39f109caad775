//! Judges the calls in turns side by side: their functions may not have effects that are not allowed in a turn.

use super::project::Project;
use super::side_by_side::{CallInTurn, Found, call_page};
use crate::diag::{Diagnostic, Source};
use std::sync::Arc;

impl Project {
    /// Refuses calls in turns side by side of functions that have, directly or through other functions, an effect that is
    /// not allowed in a turn.
    pub fn effects_of_turns(&self) -> Vec<Diagnostic> {
        let page = |(call, source): &(CallInTurn, Arc<Source>)| {
            let assigner = if call.loses_assignments { self.assigner(call.callee) } else { None };
            let (by, found) = match assigner {
                Some((by, variable)) => (by, Found::Assigns(variable)),
                None => {
                    let (by, effect) = self.effect(call.callee, call.effects)?;
                    (by, Found::Has(effect))
                }
            };
            let (name, by_name) = (&self.signature(call.callee).name, &self.signature(by).name);
            let by = (by != call.callee).then_some(by_name.as_str());
            Some(call_page(source, call, name, by, found))
        };
        self.calls_in_turns.iter().filter_map(page).collect()
    }
}
