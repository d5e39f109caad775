//! Calls of functions: a frame for their variables, and how they end.

use crate::check::program::*;
use crate::check::{accepts, conversion};
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Call, Error, Eval, TRACE, Unwind, page};
use crate::span::Span;
use crate::sys::stack;
use crate::value::{List, Opaque, Value};
use std::sync::Arc;

/// The content of a function value.
struct Closure {
    function: Arc<Function>,
    /// The variables that it captured.
    captures: Box<[Value]>,
}

/// The argument that a call binds to a parameter.
pub enum BoundArg {
    Value(Value),
    /// The default, or for `...rest` nothing.
    Default,
}

impl Interpreter {
    // -------------------------------------------------------------------------------------- function values

    pub(in crate::eval) fn function_value(&self, id: FunctionId) -> Value {
        let function = self.program.function(id).clone();
        let name = function.name.to_string();
        Value::from(Opaque::new("function", name, Closure { function, captures: Box::new([]) }))
    }

    pub(in crate::eval) fn closure(&self, function: &Arc<Function>, captures: &[Slot]) -> Value {
        let captures = captures.iter().map(|slot| self.slot(*slot).clone()).collect();
        Value::from(Opaque::new("function", "", Closure { function: function.clone(), captures }))
    }

    // -------------------------------------------------------------------------------------- calls

    #[inline(never)]
    pub(in crate::eval) fn call_named(
        &mut self,
        id: FunctionId,
        arguments: &[Argument],
        span: Span,
    ) -> Eval<Value> {
        let function = self.program.function(id).clone();
        let base = self.frames.len();
        for argument in arguments {
            let value = match argument {
                Argument::Value(value) => self.expr(value),
                Argument::Default => Ok(Value::Null),
                Argument::Rest(values) => self.values(values).map(|values| Value::List(values.into())),
            };
            match value {
                Ok(value) => self.frames.push(value),
                Err(unwind) => {
                    self.frames.truncate(base);
                    return Err(unwind);
                }
            }
        }
        let is_default = |place: usize| matches!(arguments.get(place), Some(Argument::Default));
        self.run_function(&function, &[], base, is_default, span)
    }

    pub(in crate::eval) fn call_value(
        &mut self,
        callee: &Expr,
        arguments: &[Expr],
        span: Span,
    ) -> Eval<Value> {
        let function = self.expr(callee)?;
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            self.push_element(argument, &mut values)?;
        }
        if closure_of(&function).is_none() {
            let mut error = page(
                code::WRONG_TYPE,
                self.source(),
                callee.span,
                format!("{} can't be called", function.type_of().phrase()),
                function.type_name(),
            );
            match function {
                Value::Map(_) => {
                    error = error.help("a field that is a function is called in parentheses: (x.f)(…)");
                }
                Value::Str(_) => {
                    error = error.help("a program whose name is a value is run as a command: $name …");
                }
                _ => {}
            }
            return Err(Error::value(error).into());
        }
        self.apply_values(&function, &values, span)
    }

    /// Calls a function value.
    pub(in crate::eval) fn apply_values(
        &mut self,
        function: &Value,
        values: &[Value],
        span: Span,
    ) -> Eval<Value> {
        let Some(closure) = closure_of(function) else {
            return Err(self.wrong_type(span, "what is called here", "a function", function.type_of()));
        };
        let parameters = &closure.function.parameters;
        let fixed = parameters.len() - usize::from(parameters.last().is_some_and(|last| last.formal.rest));
        let least = closure.function.formals().take_while(|one| one.is_required()).count();
        if values.len() < least || (values.len() > fixed && fixed == parameters.len()) {
            let name = if closure.function.name.is_empty() { "the function" } else { &closure.function.name };
            let message = format!(
                "{name} takes {} and is called with {}",
                count(least, fixed, parameters.len()),
                values.len()
            );
            let error = page(code::BAD_ARGUMENTS, self.source(), span, message, "this call");
            let source = self.program.source(closure.function.module);
            let place = parameters.first().map_or(closure.function.span, |first| first.span);
            return Err(Error::value(error.also_at(source, place, "declared here")).into());
        }
        let base = self.frames.len();
        let given = values.len();
        self.frames.extend(values.iter().take(fixed).cloned());
        if fixed < parameters.len() {
            self.frames.resize(base + fixed, Value::Null);
            let rest: List = values.iter().skip(fixed).cloned().collect();
            self.frames.push(Value::List(rest));
        }
        let (function, captures) = (closure.function.clone(), &closure.captures);
        self.run_function(&function, captures, base, |place| place >= given, span)
    }

    /// Calls a function as a command, and returns its status.
    pub(in crate::eval) fn call_command(
        &mut self,
        id: FunctionId,
        given: Vec<BoundArg>,
        span: Span,
    ) -> Eval<u8> {
        let function = self.program.function(id).clone();
        let value = self.call_given(&function, given, span)?;
        self.status_of_call(id, value, span)
    }

    /// Calls a function with bound arguments, and returns its value.
    pub(in crate::eval) fn call_given(
        &mut self,
        function: &Arc<Function>,
        given: Vec<BoundArg>,
        span: Span,
    ) -> Eval<Value> {
        let base = self.frames.len();
        let mut defaults = Vec::with_capacity(given.len());
        for value in given {
            defaults.push(matches!(value, BoundArg::Default));
            self.frames.push(match value {
                BoundArg::Value(value) => value,
                BoundArg::Default => Value::Null,
            });
        }
        self.run_function(function, &[], base, |place| defaults.get(place) == Some(&true), span)
    }

    /// Returns the status for the value of a function that is run as a command.
    pub(in crate::eval) fn status_of_call(&self, id: FunctionId, value: Value, span: Span) -> Eval<u8> {
        match value {
            Value::Null | Value::Bool(true) => Ok(0),
            Value::Bool(false) => Ok(1),
            other => {
                let name = &self.program.function(id).name;
                let message =
                    format!("`{name}` returned {}, but the value is not used", other.type_of().phrase());
                let error = page(code::VALUE_UNUSED, self.source(), span, message, "called as a command");
                let help = match &**name {
                    "main" => "the script's status is given by: exit 3".to_string(),
                    name => format!("call it as {name}(…), for its value"),
                };
                Err(Error::value(error.help(help)).into())
            }
        }
    }

    /// Runs a function whose arguments are the last values of the frames, from `base` on.
    fn run_function(
        &mut self,
        function: &Arc<Function>,
        captures: &[Value],
        base: usize,
        is_default: impl Fn(usize) -> bool,
        span: Span,
    ) -> Eval<Value> {
        self.frames.resize(base + function.slots, Value::Null);
        let caller = std::mem::replace(&mut self.frame, base);
        let module = std::mem::replace(&mut self.module, function.module);
        let status = self.status;
        self.calls += 1;
        let run = |this: &mut Self| this.run_in_frame(function, captures, is_default, module, span);
        let run = |this: &mut Self| this.without_ok(run);
        let result = if self.dry.is_some() { self.dry_function(function, run) } else { run(self) };
        self.calls -= 1;
        self.module = module;
        self.status = status;
        self.frame = caller;
        self.frames.truncate(base);
        result.map_err(|unwind| self.trace(unwind, function, span))
    }

    fn run_in_frame(
        &mut self,
        function: &Function,
        captures: &[Value],
        is_default: impl Fn(usize) -> bool,
        caller: ModuleId,
        span: Span,
    ) -> Eval<Value> {
        self.enter_call(self.calls, span)?;
        if self.calls > MAX_CALLS || stack::is_low() {
            let source = self.program.source(caller);
            let message = format!("functions call each other too deeply: {MAX_CALLS} calls are open");
            let message = if self.calls > MAX_CALLS {
                message
            } else {
                "functions call each other until the stack is full".into()
            };
            let error = page(code::RECURSION, source, span, message, "calls once more");
            return Err(Error::value(error.help("is there a case in which it does not call itself?")).into());
        }
        for need in &function.needs {
            self.refuse_early(function, need, caller, span)?;
        }
        for (slot, value) in function.captures.iter().zip(captures) {
            *self.slot_mut(*slot) = value.clone();
        }
        for (place, parameter) in function.parameters.iter().enumerate() {
            if is_default(place) {
                let value = match &parameter.default {
                    Some(value) => self.expr(value)?,
                    None => Value::List(List::default()),
                };
                *self.slot_mut(Slot::of_frame(place as u32)) = value;
            }
            if parameter.formal.kind.is_some() {
                self.check_kind(parameter, place, caller, span)?;
            }
        }
        match &function.body {
            FunctionBody::Value(value) => self.expr(value),
            FunctionBody::Block(block) => match self.block(block) {
                Ok(()) => Ok(Value::Null),
                Err(Unwind::Return) => Ok(std::mem::take(&mut self.returned)),
                Err(unwind) => Err(unwind),
            },
        }
    }

    fn check_kind(&mut self, parameter: &Parameter, place: usize, caller: ModuleId, span: Span) -> Eval<()> {
        let Some(kind) = parameter.formal.kind else { return Ok(()) };
        let slot = Slot::of_frame(place as u32);
        let found = match self.slot(slot) {
            Value::Int(number) if kind == Kind::Float => {
                let number = *number as f64;
                *self.slot_mut(slot) = Value::Float(number);
                return Ok(());
            }
            Value::List(items) if parameter.formal.rest => {
                items.iter().map(Value::type_of).find(|found| !accepts(kind, *found))
            }
            value => Some(value.type_of()).filter(|found| !accepts(kind, *found)),
        };
        let source = self.program.source(caller);
        let Some(found) = found else {
            let Some(reason) = parameter.refuse_other(self.slot(slot)) else { return Ok(()) };
            let message = format!("`{}`: {reason}", parameter.formal.name);
            let error = page(code::BAD_VALUE, source, span, message, "in this call").also_at(
                self.source(),
                parameter.span,
                "declared here",
            );
            return Err(Error::value(error).into());
        };
        let message = format!(
            "`{}` is declared as {}, and given {}",
            parameter.formal.name,
            kind.name(),
            found.phrase()
        );
        let mut error = page(code::WRONG_TYPE, source, span, message, "in this call").also_at(
            self.source(),
            parameter.span,
            "declared here",
        );
        if let Some(help) = conversion(kind, found) {
            error = error.help(help);
        }
        Err(Error::value(error).into())
    }

    /// Notes a call through which an error propagates.
    fn trace(&self, mut unwind: Unwind, function: &Function, span: Span) -> Unwind {
        if let Unwind::Error(error) = &mut unwind
            && error.trace.len() < TRACE
            && !function.name.is_empty()
            // An error in the call itself already points at the call.
            && error.diagnostic.primary().is_none_or(|label| label.span != span)
        {
            error.trace.push(Call { function: function.name.clone(), source: self.source().clone(), span });
        }
        unwind
    }

    pub(in crate::eval) fn values(&mut self, expressions: &[Expr]) -> Eval<Vec<Value>> {
        let mut values = Vec::with_capacity(expressions.len());
        for expression in expressions {
            values.push(self.expr(expression)?);
        }
        Ok(values)
    }
}

/// The limit of nested calls. A deeper recursion is endless, or should be a loop.
const MAX_CALLS: usize = 2_000;

impl Interpreter {
    /// Returns whether a function has a parameter.
    pub(in crate::eval) fn takes_argument(&self, function: &Value) -> bool {
        closure_of(function).is_some_and(|closure| !closure.function.parameters.is_empty())
    }
}

fn closure_of(value: &Value) -> Option<&Closure> {
    match value {
        Value::Opaque(opaque) => opaque.payload(),
        _ => None,
    }
}

fn count(least: usize, fixed: usize, all: usize) -> String {
    match (least, fixed) {
        (1, 1) if all == fixed => "one argument".to_string(),
        (least, fixed) if all > fixed => format!("at least {least} arguments"),
        (least, fixed) if least == fixed => format!("{fixed} arguments"),
        (least, fixed) => format!("{least} to {fixed} arguments"),
    }
}
