//! What functions do to the script around them, for the turns side by side that call them.

use super::program::FunctionId;
use super::project::Project;
use super::side_by_side::{CallInTurn, Effect, Effects, Found, call_page};
use crate::diag::{Diagnostic, Source};
use std::collections::HashSet;
use std::sync::Arc;

/// What is known of functions and of the calls in turns.
#[derive(Clone, Default)]
pub struct Known {
    /// By function, what it does itself.
    functions: Vec<Own>,
    calls: Vec<(CallInTurn, Arc<Source>)>,
}

#[derive(Clone, Default)]
struct Own {
    effects: Effects,
    /// The functions that it calls, and which of their effects leave it.
    calls: Vec<(FunctionId, Effects)>,
}

impl Known {
    fn of(&mut self, function: FunctionId) -> &mut Own {
        let place = function.0 as usize;
        if self.functions.len() <= place {
            self.functions.resize_with(place + 1, Own::default);
        }
        &mut self.functions[place]
    }

    /// Forgets the calls of turns that have been judged.
    #[cfg(feature = "dialog")]
    pub fn settle(&mut self) {
        self.calls.clear();
    }

    /// Finds a function that has one of these effects, through those that it calls.
    fn effect(&self, from: FunctionId, effects: Effects) -> Option<(FunctionId, Effect)> {
        let mut seen = HashSet::new();
        let mut next = vec![(from, effects)];
        while let Some((id, effects)) = next.pop() {
            let Some(own) = self.functions.get(id.0 as usize) else { continue };
            if effects == 0 || !seen.insert((id, effects)) {
                continue;
            }
            let all = [Effect::Directory, Effect::Environment, Effect::Exit, Effect::Input];
            if let Some(found) = all.into_iter().find(|one| own.effects & effects & *one as u8 != 0) {
                return Some((id, found));
            }
            next.extend(own.calls.iter().map(|(callee, leave)| (*callee, effects & leave)));
        }
        None
    }
}

impl Project {
    pub fn has_effect(&mut self, function: FunctionId, effect: Effect) {
        self.effects.of(function).effects |= effect as u8;
    }

    pub fn open_call(&mut self, function: FunctionId, callee: FunctionId, effects: Effects) {
        self.effects.of(function).calls.push((callee, effects));
    }

    pub fn call_in_turn(&mut self, call: CallInTurn, source: &Arc<Source>) {
        self.effects.calls.push((call, source.clone()));
    }

    /// Calls in turns side by side whose function, or one that it calls, does what no turn may.
    pub fn effects_of_turns(&self) -> Vec<Diagnostic> {
        let page = |(call, source): &(CallInTurn, Arc<Source>)| {
            let assigner = if call.loses_assignments { self.assigner(call.callee) } else { None };
            let (by, found) = match assigner {
                Some((by, variable)) => (by, Found::Assigns(variable)),
                None => {
                    let (by, effect) = self.effects.effect(call.callee, call.effects)?;
                    (by, Found::Has(effect))
                }
            };
            let (name, by_name) = (&self.signature(call.callee).name, &self.signature(by).name);
            let by = (by != call.callee).then_some(by_name.as_str());
            Some(call_page(source, call, name, by, found))
        };
        self.effects.calls.iter().filter_map(page).collect()
    }
}
