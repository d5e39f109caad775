//! Methods and functions of the table: their calls and their arguments.

use super::caller::Caller;
use crate::channel::without_lone_surrogates;
use crate::check::program::*;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::methods::{self, Message, Method, MethodError, NameId, Outcome, Run};
use crate::span::Span;
use crate::value::Value;

/// Arguments that are passed by name.
type Named<'p> = Vec<(&'p str, Value)>;

impl Interpreter {
    pub(in crate::eval) fn method(
        &mut self,
        receiver: &Expr,
        name: NameId,
        arguments: &MethodArguments,
        span: Span,
    ) -> Eval<Value> {
        let value = self.expr(receiver)?;
        self.method_of(&value, receiver.span, name, arguments, span)
    }

    /// Calls a method of a value whose expression is at `at`.
    pub(in crate::eval) fn method_of(
        &mut self,
        value: &Value,
        at: Span,
        name: NameId,
        arguments: &MethodArguments,
        span: Span,
    ) -> Eval<Value> {
        let Some(method) = methods::find(value, name) else {
            return Err(self.method_error(methods::missing(value, name), at, arguments));
        };
        let mut bound = self.bound(method, arguments, span)?;
        self.run_method(method, arguments, span, |run, caller| match run {
            Run::Value(run) => run(caller, value, &mut bound),
            // The check ensures that only a variable has these.
            Run::Change(run) => run(&mut value.clone(), &mut bound),
        })
    }

    pub(in crate::eval) fn library(
        &mut self,
        function: &'static Method,
        arguments: &MethodArguments,
        span: Span,
    ) -> Eval<Value> {
        let mut bound = self.bound(function, arguments, span)?;
        self.run_method(function, arguments, span, |run, caller| match run {
            Run::Value(run) => run(caller, &Value::Null, &mut bound),
            Run::Change(run) => run(&mut Value::Null, &mut bound),
        })
    }

    /// Calls a method such as `xs.push(v)`, which changes the value in place. The value is not shared during the call.
    pub(in crate::eval) fn change(&mut self, change: &Change, span: Span) -> Eval<Value> {
        let before = self.unknowns();
        let mut path = Vec::with_capacity(change.path.len());
        for key in &change.path {
            path.push((self.expr(key)?, key.span));
        }
        let (positional, named) = self.arguments_of(&change.arguments)?;
        let mut root = std::mem::take(self.slot_mut(change.slot));
        let result = self.change_at(&mut root, &path, change, positional, named, span);
        // This measures the whole variable, since the changed part may be small and one of many.
        let sized = if path.is_empty() { Ok(()) } else { self.check_size(&root, span) };
        *self.slot_mut(change.slot) = root;
        let result = result.and_then(|value| sized.map(|()| value));
        if self.dry.is_some() { self.dry_change(change.slot, result, before) } else { result }
    }

    fn change_at(
        &mut self,
        root: &mut Value,
        path: &[(Value, Span)],
        change: &Change,
        positional: Vec<Value>,
        named: Vec<(&str, Value)>,
        span: Span,
    ) -> Eval<Value> {
        let place = self.element(root, path)?;
        let arguments = &change.arguments;
        let Some(method) = methods::find(place, change.name) else {
            return Err(self.method_error(methods::missing(place, change.name), change.receiver, arguments));
        };
        let bound = methods::bind(method, positional, named);
        let mut bound = bound.map_err(|error| self.method_error(error, span, arguments))?;
        self.run_method(method, arguments, span, |run, caller| match run {
            Run::Value(run) => run(caller, place, &mut bound),
            Run::Change(run) => run(place, &mut bound),
        })
        .and_then(|value| self.check_size(place, span).map(|()| value))
    }

    /// Returns the element or field at a path.
    pub(in crate::eval) fn element<'v>(
        &self,
        mut place: &'v mut Value,
        path: &[(Value, Span)],
    ) -> Eval<&'v mut Value> {
        for (key, span) in path {
            place = match place {
                Value::List(list) => {
                    let index = self.list_index(key, list.len(), *span)?;
                    &mut list.to_mut()[index]
                }
                Value::Map(map) => {
                    let Value::Str(key) = key else {
                        return Err(self.wrong_type(*span, "a key of a map", "a string", key.type_of()));
                    };
                    if !map.contains_key(key.as_bytes()) {
                        return Err(self.missing_key(key, map, *span));
                    }
                    map.entry(key)
                }
                other => return Err(self.wrong_type(*span, "an element", "a list or map", other.type_of())),
            };
        }
        Ok(place)
    }

    fn arguments_of<'p>(&mut self, arguments: &'p MethodArguments) -> Eval<(Vec<Value>, Named<'p>)> {
        let positional = self.values(&arguments.positional)?;
        let mut named = Vec::with_capacity(arguments.named.len());
        for (name, value) in &arguments.named {
            named.push((&**name, self.expr(value)?));
        }
        Ok((positional, named))
    }

    fn bound(&mut self, method: &Method, arguments: &MethodArguments, span: Span) -> Eval<Vec<Value>> {
        let (positional, named) = self.arguments_of(arguments)?;
        methods::bind(method, positional, named).map_err(|error| self.method_error(error, span, arguments))
    }

    fn run_method(
        &mut self,
        method: &'static Method,
        arguments: &MethodArguments,
        span: Span,
        run: impl FnOnce(&Run, &mut Caller<'_>) -> Outcome,
    ) -> Eval<Value> {
        let mut caller = Caller { run: self, span, unwound: None };
        let outcome = run(&method.run, &mut caller);
        let unwound = caller.unwound;
        match (outcome, unwound) {
            // The refusal of the policy counts, even if the method treated it as an answer. A file that may not be
            // examined is not absent.
            (_, Some(unwind)) => Err(unwind),
            (Ok(value), None) => self.sized(value, span),
            (Err(error), _) => Err(self.method_error(error, span, arguments)),
        }
    }

    fn method_error(&self, error: MethodError, span: Span, arguments: &MethodArguments) -> Unwind {
        let MethodError::Message(message) = error else {
            let bug = page(code::INTERNAL, self.source(), span, "a method lost its error", "here");
            return Error::value(bug).into();
        };
        let Message { code, message, argument, help } = *message;
        let all = arguments.positional.iter().chain(arguments.named.iter().map(|(_, value)| value));
        let at = argument.and_then(|place| all.map(|argument| argument.span).nth(place)).unwrap_or(span);
        let mut page = page(code, self.source(), at, message, "here");
        if let Some(help) = help {
            page = page.help(help);
        }
        Error::value(page).into()
    }

    /// Returns the value of a message, or the reason why it is none.
    pub(in crate::eval) fn value_of_message(
        &mut self,
        line: &[u8],
        span: Span,
    ) -> Eval<Result<Value, String>> {
        let Ok(text) = std::str::from_utf8(line) else { return Ok(Err("it is not UTF-8".to_owned())) };
        let mut caller = Caller { run: self, span, unwound: None };
        let outcome = methods::read_message(&mut caller, &without_lone_surrogates(text));
        match (outcome, caller.unwound) {
            (_, Some(unwind)) => Err(unwind),
            (Ok(value), None) => Ok(Ok(value)),
            (Err(MethodError::Message(message)), None) => Ok(Err(message.message)),
            (Err(MethodError::Host), None) => Ok(Err("it can't be read".to_owned())),
        }
    }

    /// `json { … }`
    pub(in crate::eval) fn json_of(&mut self, text: Vec<u8>, span: Span) -> Eval<Value> {
        let Some(function) = methods::function("json") else { return Ok(Value::Null) };
        let none = MethodArguments { positional: Box::new([]), named: Box::new([]) };
        self.run_method(function, &none, span, |run, caller| match run {
            Run::Value(run) => run(caller, &Value::Null, &mut [Value::str(text)]),
            Run::Change(_) => Ok(Value::Null),
        })
    }
}
