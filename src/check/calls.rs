//! Calls in expressions: to functions of the script, the language and the host, and to methods.

use super::lower::Checker;
use super::program::*;
use super::scope::Name;
use super::side_by_side::Effect;
use super::types;
use crate::diag::{self, code};

use crate::methods::{self, MethodError, NameId};
use crate::span::Span;
use crate::syntax::ast;
use crate::value::Value;

/// Returns the function of the language itself that has this name.
pub fn intrinsic(name: &str) -> Option<Intrinsic> {
    INTRINSICS.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
}

const INTRINSICS: &[(&str, Intrinsic)] = &[
    ("flag", Intrinsic::Flag),
    ("flags", Intrinsic::Flags),
    ("code", Intrinsic::Code),
    ("quote", Intrinsic::Quote),
];

impl<'s> Checker<'s> {
    /// Refuses `f(b=2)`. Returns whether it did.
    fn refuse_equals(&mut self, arguments: &[ast::Argument<'s>]) -> bool {
        for argument in arguments {
            if let ast::ExprKind::Binary(binary) = &argument.value.kind
                && let ast::ExprKind::Name(name) = binary.left.kind
                && &self.text[binary.operator_span.range()] == "="
            {
                let value = &self.text[binary.right.span.range()];
                let help = format!("write: {name}: {}", if value.contains('\n') { "…" } else { value });
                let message = "the name of an argument is followed by `:`";
                self.error(code::SH_OPERATOR, binary.operator_span, message, "not in Pipewright", &help);
                return true;
            }
        }
        false
    }

    pub(super) fn call(
        &mut self,
        callee: ast::Expr<'s>,
        arguments: Vec<ast::Argument<'s>>,
        span: Span,
    ) -> ExprKind {
        if self.refuse_equals(&arguments) {
            return ExprKind::Value(Value::Null);
        }
        let ast::ExprKind::Name(name) = callee.kind else {
            return self.call_value(callee, arguments);
        };
        match self.scopes.find(name) {
            Some(Name::Function(id)) => return self.call_function(id, arguments, span),
            Some(_) => return self.call_value(callee, arguments),
            None => {}
        }
        self.refuse_spread(&arguments);
        if let Some(function) = self.project.hosted.function(name).cloned() {
            return self.call_host(function, arguments, span);
        }
        if let Some(function) = methods::function(name) {
            self.asks_for_path |= name == "script_path";
            if matches!(name, "read_line" | "input" | "confirm") {
                self.note_effect(Effect::Input, span);
            }
            if let Some(feature) = methods::lacking(name) {
                let message = format!("this build has no `{name}`");
                let help = format!(
                    "build Pipewright with its feature `{feature}`, which the program `pipewright` has by default"
                );
                self.error(code::LACKING_FEATURE, callee.span, message, "not in this build", &help);
            }
            let names: Vec<&str> =
                arguments.iter().filter_map(|argument| argument.name.map(|name| name.text)).collect();
            let spans: Vec<Span> = arguments.iter().map(|argument| argument.value.span).collect();
            if let Err(error) = methods::check_arity(function, arguments.len() - names.len(), &names) {
                self.method_error(error, span, &spans);
            }
            return ExprKind::Library(LibraryFunction(function), Box::new(self.method_arguments(arguments)));
        }
        let Some(function) = intrinsic(name) else {
            if self.is_full() {
                return ExprKind::Value(Value::Null);
            }
            let similar = self.scopes.similar(name).or_else(|| {
                let known = INTRINSICS.iter().map(|(known, _)| *known);
                let known = known.chain(methods::FUNCTIONS.iter().map(|function| function.name));
                diag::similar(name, known.chain(self.project.hosted.functions.iter().map(|one| &*one.name)))
            });
            let own = match &*arguments {
                [argument] if argument.name.is_none() => Some(&self.text[argument.value.span.range()]),
                _ => None,
            };
            let help = match (super::lookalikes::function_elsewhere(name, own), similar) {
                (Some(help), _) => help,
                (None, Some(known)) => format!("did you mean `{known}`?"),
                (None, None) => {
                    format!("declare it by fn {name}(…) {{ … }}; a program is run as a command: {name} …")
                }
            };
            self.error(
                code::UNDECLARED_NAME,
                callee.span,
                format!("no function `{name}`"),
                "not declared",
                &help,
            );
            return ExprKind::Value(Value::Null);
        };
        if arguments.len() != 1 || arguments[0].name.is_some() {
            let message = format!("`{name}` takes one value");
            self.error(
                code::ARGUMENT_COUNT,
                span,
                message,
                "called with another number of arguments",
                &format!("write: {name}(x)"),
            );
            return ExprKind::Value(Value::Null);
        }
        let arguments = arguments.into_iter().map(|argument| self.expr(argument.value)).collect();
        ExprKind::Intrinsic(function, arguments)
    }

    pub(super) fn method(
        &mut self,
        receiver: ast::Expr<'s>,
        name: ast::Name<'s>,
        arguments: Vec<ast::Argument<'s>>,
        span: Span,
    ) -> ExprKind {
        if self.refuse_equals(&arguments) {
            return ExprKind::Value(Value::Null);
        }
        if name.text == "update" && self.is_environment(&receiver) {
            return self.update_environment(arguments, span);
        }
        if let ast::ExprKind::Name(module) = receiver.kind
            && let Some(Name::Module(id)) = self.scopes.find(module)
        {
            return match self.member(id, module, name) {
                Some(Name::Function(id)) => self.call_function(id, arguments, span),
                Some(meaning) => {
                    let callee = Expr { span: receiver.span, kind: self.meaning(meaning, name.text, span) };
                    self.call_with(callee, arguments)
                }
                None => ExprKind::Value(Value::Null),
            };
        }
        // `console.log("x")`, `os.path.join("a")`: the first name is the wrong part.
        if let ast::ExprKind::Name(root) = receiver.kind
            && root != "env"
            && methods::function(root).is_none()
            && self.scopes.find(root).is_none()
        {
            match super::lookalikes::member_elsewhere(root, name.text) {
                Some(help) => {
                    let message = format!("no `{root}.{}`", name.text);
                    let span = receiver.span.to(name.span);
                    self.error(code::UNDECLARED_NAME, span, message, "not in Pipewright", help);
                }
                None => self.undeclared(root, receiver.span, false),
            }
            return ExprKind::Value(Value::Null);
        }
        if let ast::ExprKind::Name(function) = receiver.kind
            && let Some(Name::Function(_)) = self.scopes.find(function)
            && matches!(name.text, "call" | "apply" | "bind" | "invoke" | "run")
        {
            let message = format!("no method `{}`", name.text);
            let help = format!("a function is called by its name: {function}(…)");
            self.error(code::UNDECLARED_NAME, name.span, message, "no type has it", &help);
            return ExprKind::Value(Value::Null);
        }
        let hosted: Vec<_> = self.project.hosted.methods(name.text).cloned().collect();
        if !hosted.is_empty() {
            return self.host_method(receiver, hosted, name.text, arguments, span);
        }
        let Some(id) = methods::name_id(name.text) else {
            let message = format!("no method `{}`", name.text);
            let (start, end) = (receiver.span.start as usize, span.end as usize);
            let call = self.text.get(start..end);
            let hosted = self.project.hosted.methods.iter().map(|method| &*method.name);
            let help = call
                .and_then(|call| super::lookalikes::method_elsewhere(name.text, call))
                .or_else(|| methods::suggest(name.text))
                .or_else(|| diag::similar(name.text, hosted).map(|near| format!("did you mean `{near}`?")))
                .unwrap_or_else(|| "docs/REFERENCE.md lists all methods".to_string());
            self.error(code::UNDECLARED_NAME, name.span, message, "no type has it", &help);
            return ExprKind::Value(Value::Null);
        };
        let names: Vec<&str> =
            arguments.iter().filter_map(|argument| argument.name.map(|name| name.text)).collect();
        let spans: Vec<Span> = arguments.iter().map(|argument| argument.value.span).collect();
        if let Err(error) = methods::accepts(id, arguments.len() - names.len(), &names) {
            self.method_error(error, span, &spans);
        }
        self.refuse_spread(&arguments);
        if methods::changes(id) {
            return self.change(receiver, id, arguments);
        }
        let receiver = self.boxed(receiver);
        let found = types::method(&self.context(), &receiver, id, name.span);
        self.take(found);
        let runs_at_once = matches!(name.text, "map" | "filter")
            && names.iter().any(|name| matches!(*name, "jobs" | "rate"));
        let arguments = match runs_at_once {
            true => self.calls_at_once(arguments, span),
            false => self.method_arguments(arguments),
        };
        ExprKind::Method(receiver, id, Box::new(arguments))
    }

    /// Returns whether an expression is `env` itself.
    pub(super) fn is_environment(&self, receiver: &ast::Expr<'s>) -> bool {
        matches!(receiver.kind, ast::ExprKind::Name("env")) && self.scopes.find("env").is_none()
    }

    /// Lowers `env.update(map)`.
    pub(super) fn update_environment(&mut self, arguments: Vec<ast::Argument<'s>>, span: Span) -> ExprKind {
        let mut arguments = arguments.into_iter();
        match (arguments.next(), arguments.next()) {
            (Some(ast::Argument { name: None, value }), None)
                if !matches!(value.kind, ast::ExprKind::Spread(_)) =>
            {
                self.note_effect(Effect::Environment, span);
                ExprKind::UpdateEnvironment(self.boxed(value))
            }
            _ => {
                let help = "write: env.update({NAME: \"value\", OTHER: null}), where null removes a variable";
                self.error(code::ARGUMENT_COUNT, span, "`env.update` takes one map", "this call", help);
                ExprKind::Value(Value::Null)
            }
        }
    }

    /// Lowers a method that changes the variable, element or field that it is called on.
    pub(super) fn change(
        &mut self,
        receiver: ast::Expr<'s>,
        name: NameId,
        arguments: Vec<ast::Argument<'s>>,
    ) -> ExprKind {
        let span = receiver.span;
        let Some((root, at, path)) = self.place(receiver) else {
            let message = format!("`{}` changes the variable that it is called on", name.name());
            let help = format!("put the value in a variable first: let x = …; x.{}(…)", name.name());
            self.error(code::SYNTAX, span, message, "this is not one", &help);
            return ExprKind::Value(Value::Null);
        };
        // The caller may only want the value of the method, as in `xs.pop()`.
        if let Some(Name::Variable(variable)) = self.scopes.find(root) {
            self.lints.read(variable.id);
        }
        let Some(slot) = self.assigned(root, at) else { return ExprKind::Value(Value::Null) };
        let arguments = self.method_arguments(arguments);
        ExprKind::Change(Box::new(Change { slot, path, receiver: span, name, arguments }))
    }

    pub(super) fn method_arguments(&mut self, arguments: Vec<ast::Argument<'s>>) -> MethodArguments {
        let mut positional = Vec::with_capacity(arguments.len());
        let mut named: Vec<(Box<str>, Expr)> = Vec::new();
        for argument in arguments {
            let span = argument.value.span;
            let value = self.expr(argument.value);
            match argument.name {
                Some(name) => named.push((name.text.into(), value)),
                None if named.is_empty() => positional.push(value),
                None => {
                    let message = "an argument without a name comes after one with a name";
                    self.error(code::ARGUMENT_COUNT, span, message, "which parameter is it?", "name it too");
                }
            }
        }
        MethodArguments { positional: positional.into(), named: named.into() }
    }

    fn method_error(&mut self, error: MethodError, call: Span, arguments: &[Span]) {
        let MethodError::Message(message) = error else { return };
        let span = message.argument.and_then(|place| arguments.get(place)).copied().unwrap_or(call);
        self.error(message.code, span, message.message, "in this call", &message.help.unwrap_or_default());
    }

    /// Lowers a call of a variable, field or result, whose parameters are known only at run time.
    pub(super) fn call_value(
        &mut self,
        callee: ast::Expr<'s>,
        arguments: Vec<ast::Argument<'s>>,
    ) -> ExprKind {
        let callee = self.expr(callee);
        self.call_with(callee, arguments)
    }

    pub(super) fn call_function(
        &mut self,
        id: FunctionId,
        arguments: Vec<ast::Argument<'s>>,
        span: Span,
    ) -> ExprKind {
        self.called(id, span, true);
        if !arguments.iter().any(is_spread) {
            return ExprKind::Call(id, self.bind(id, arguments, span));
        }
        // The number of arguments from `...xs` is known only at run time.
        self.call_with(Expr { span, kind: ExprKind::Function(id) }, arguments)
    }

    fn call_with(&mut self, callee: Expr, arguments: Vec<ast::Argument<'s>>) -> ExprKind {
        let spread = arguments.iter().any(is_spread);
        let arguments = arguments.into_iter().map(|argument| {
            if let Some(name) = argument.name {
                let message = if spread {
                    "beside `...` arguments are given in order"
                } else {
                    "a function that is a value takes its arguments in order"
                };
                let label = "names are not known here";
                self.error(code::ARGUMENT_COUNT, name.span, message, label, "drop the name");
            }
            self.expr(argument.value)
        });
        ExprKind::CallValue(Box::new(callee), arguments.collect())
    }

    /// Refuses `x.join(...xs)`: a function or method of the language takes as many arguments as are
    /// written.
    pub(super) fn refuse_spread(&mut self, arguments: &[ast::Argument<'s>]) {
        if let Some(argument) = arguments.iter().find(|argument| is_spread(argument)) {
            let message = "`...` makes arguments of a function of the script only";
            let help = "write the elements one by one: f(xs[0], xs[1])";
            self.error(code::ARGUMENT_COUNT, argument.value.span, message, "how many are these?", help);
        }
    }
}

fn is_spread(argument: &ast::Argument<'_>) -> bool {
    matches!(argument.value.kind, ast::ExprKind::Spread(_))
}
