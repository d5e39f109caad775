//! Functions that are called before the variables of their file that they use have a value.
//!
//! A function is declared for its whole block, so code above the `let` of a variable that it reads may call it. The
//! check refuses calls that it can see. Where a function value may be called too early, or a `defer` runs before the
//! whole file has, its [`Need`]s are checked here, at the start of the call.

use crate::check::program::*;
use crate::check::too_early;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::span::Span;
use crate::value::{Opaque, Value};

/// The content of a variable whose `let` has not run, if a call could come before it. No expression ever returns it.
struct Unset;

pub(in crate::eval) fn mark_unset(program: &Program, slots: &mut [Value]) {
    for need in program.functions.iter().flat_map(|function| &function.needs) {
        if let Needed::Variable(slot) = need.what {
            slots[slot.place()] = Value::from(Opaque::new("unset", "", Unset));
        }
    }
}

/// Returns the content of a variable whose `let` has not run.
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

/// Returns whether a value is that of a variable whose `let` has not run.
pub(in crate::eval) fn is_unset(value: &Value) -> bool {
    matches!(value, Value::Opaque(opaque) if opaque.payload::<Unset>().is_some())
}
