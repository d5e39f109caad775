//! Functions that are called before what they use of their file has a value.
//!
//! A function is known in its whole block, so something may call it above the `let` of a variable that it reads. Calls
//! that are plain to see are refused by the check. Where a function value may be called too early, or a `defer` runs
//! when not all of the file has, its [`Need`]s are asked for here, at the start of the call.

use crate::check::program::*;
use crate::check::too_early;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::span::Span;
use crate::value::{Opaque, Value};

/// What a variable holds whose `let` has not run, if a call could come before that. No expression ever gives it.
struct Unset;

pub(in crate::eval) fn mark_unset(program: &Program, slots: &mut [Value]) {
    for need in program.functions.iter().flat_map(|function| &function.needs) {
        if let Needed::Variable(slot) = need.what {
            slots[slot.place()] = Value::from(Opaque::new("unset", "", Unset));
        }
    }
}

/// The value of a variable whose `let` has not run.
#[cfg(feature = "dialog")]
pub(in crate::eval) fn unset() -> Value {
    Value::from(Opaque::new("unset", "", Unset))
}

impl Interpreter {
    pub(in crate::eval) fn refuse_early(
        &self,
        function: &Function,
        need: &Need,
        caller: ModuleId,
        span: Span,
    ) -> Eval<()> {
        let has_run = match need.what {
            Needed::Variable(slot) => !is_unset(self.slot(slot)),
            Needed::File(module) => self.loaded.get(module.0 as usize).copied().unwrap_or_default(),
        };
        if has_run {
            return Ok(());
        }
        let modules = &self.program.modules;
        let source = &modules[caller.0 as usize].source;
        let (message, help) = too_early(&function.name, need);
        let error = page(code::CALLED_TOO_EARLY, source, span, message, "called too early").also_at(
            &modules[function.module.0 as usize].source,
            need.span,
            "has not run",
        );
        Err(Error::value(error.help(help)).into())
    }
}

/// Whether its `let` has not run.
pub(in crate::eval) fn is_unset(value: &Value) -> bool {
    matches!(value, Value::Opaque(opaque) if opaque.payload::<Unset>().is_some())
}
