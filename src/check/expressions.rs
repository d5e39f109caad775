//! Expressions: names to slots, literals to values, calls to the functions that they mean.

use super::lower::Checker;
use super::program::*;
use super::scope::Name;
use crate::diag::{self, code};
use crate::host::HostFunction;
use crate::methods::{self, MethodError, NameId};
use crate::span::Span;
use crate::syntax::ast::{self, BlockKind, PartKind, ShConstruct};
use crate::syntax::nesting;
use crate::sys::stack;
use crate::value::literal::parse_number;
use crate::value::ops::Op;
use crate::value::{Str, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// The operation of an operator that has one.
pub const fn operation(operator: ast::Operator) -> Option<Op> {
    use ast::Operator;
    Some(match operator {
        Operator::Equal => Op::Eq,
        Operator::NotEqual => Op::Ne,
        Operator::Less => Op::Lt,
        Operator::LessEqual => Op::Le,
        Operator::Greater => Op::Gt,
        Operator::GreaterEqual => Op::Ge,
        Operator::In => Op::In,
        Operator::Join => Op::Concat,
        Operator::Add => Op::Add,
        Operator::Subtract => Op::Sub,
        Operator::Multiply => Op::Mul,
        Operator::Divide => Op::Div,
        Operator::FloorDivide => Op::FloorDiv,
        Operator::Remainder => Op::Rem,
        Operator::Power => Op::Pow,
        _ => return None,
    })
}

/// The function of the language itself that has this name.
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
    pub fn expr(&mut self, expr: ast::Expr<'s>) -> Expr {
        let span = expr.span;
        if stack::is_low() {
            self.report(*nesting::stack_is_full(self.source, span));
            return Expr { span, kind: ExprKind::Value(Value::Null) };
        }
        Expr { span, kind: self.expr_kind(expr.kind, span) }
    }

    fn boxed(&mut self, expr: ast::Expr<'s>) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn expr_kind(&mut self, kind: ast::ExprKind<'s>, span: Span) -> ExprKind {
        match kind {
            ast::ExprKind::Null => ExprKind::Value(Value::Null),
            ast::ExprKind::Bool(value) => ExprKind::Value(Value::Bool(value)),
            ast::ExprKind::Number(text) => self.number(text, span),
            ast::ExprKind::String(parts) => self.string(parts),
            ast::ExprKind::Name(name) => self.name(name, span),
            ast::ExprKind::List(items) => {
                ExprKind::List(items.into_iter().map(|item| self.expr(item)).collect())
            }
            ast::ExprKind::Spread(list) => ExprKind::Spread(self.boxed(*list)),
            ast::ExprKind::Map(entries) => {
                self.refuse_same_keys(&entries);
                ExprKind::Map(
                    entries.into_iter().map(|(key, value)| (self.expr(key), self.expr(value))).collect(),
                )
            }
            ast::ExprKind::Unary(ast::Unary::Negate, operand) => match operand.kind {
                // A literal as a whole, so that the least integer can be written.
                ast::ExprKind::Number(text) => self.number(&format!("-{text}"), span),
                _ => ExprKind::Negate(self.boxed(*operand)),
            },
            ast::ExprKind::Unary(ast::Unary::Not, operand) => ExprKind::Not(self.boxed(*operand)),
            ast::ExprKind::Binary(binary) => self.binary(*binary),
            ast::ExprKind::Conditional(parts) => {
                let [condition, yes, no] = *parts;
                ExprKind::Conditional(Box::new((self.expr(condition), self.expr(yes), self.expr(no))))
            }
            ast::ExprKind::Lambda(names, body) => self.lambda(names, *body, span),
            ast::ExprKind::Call(callee, arguments) => self.call(*callee, arguments, span),
            ast::ExprKind::Method(receiver, name, arguments) => self.method(*receiver, name, arguments, span),
            ast::ExprKind::Field(receiver, name) => match receiver.kind {
                ast::ExprKind::Name(_) if self.is_environment(&receiver) => {
                    ExprKind::Environment { name: Str::from(name.text), required: false }
                }
                ast::ExprKind::Name(root) => match self.scopes.find(root) {
                    Some(Name::Module(id)) => match self.member(id, root, name) {
                        Some(meaning) => self.meaning(meaning, name.text, span),
                        None => ExprKind::Value(Value::Null),
                    },
                    Some(_) => ExprKind::Field(self.boxed(*receiver), Str::from(name.text)),
                    None => match super::lookalikes::member_elsewhere(root, name.text) {
                        Some(help) => {
                            let message = format!("no `{root}.{}`", name.text);
                            self.error(code::UNDECLARED_NAME, span, message, "not in Pipewright", help);
                            ExprKind::Value(Value::Null)
                        }
                        None => ExprKind::Field(self.boxed(*receiver), Str::from(name.text)),
                    },
                },
                _ => ExprKind::Field(self.boxed(*receiver), Str::from(name.text)),
            },
            ast::ExprKind::Index(parts) => {
                let (receiver, index) = *parts;
                if self.is_environment(&receiver) {
                    return ExprKind::EnvironmentOf(self.boxed(index));
                }
                ExprKind::Index(Box::new((self.expr(receiver), self.expr(index))))
            }
            ast::ExprKind::Capture(block) => ExprKind::Capture(Box::new(self.capture(*block))),
            ast::ExprKind::Block(kind, block) => match kind {
                BlockKind::Lines => ExprKind::Lines(Box::new(self.capture(*block))),
                BlockKind::Bytes => ExprKind::Bytes(Box::new(self.capture(*block))),
                BlockKind::Json => ExprKind::Json(Box::new(self.capture(*block))),
                BlockKind::Capture => {
                    ExprKind::Record { capture: true, body: Box::new(self.capture(*block)) }
                }
                BlockKind::Try => ExprKind::Record { capture: false, body: Box::new(self.block(*block)) },
                BlockKind::Spawn => ExprKind::Spawn(Arc::new(self.capture(*block))),
            },
            ast::ExprKind::Sh(ShConstruct::Operator) => {
                let help = "write `not`: if (not x) { … }; `!=` compares";
                self.error(
                    code::SH_OPERATOR,
                    span,
                    "`!` negates commands, not values",
                    "not in Pipewright",
                    help,
                );
                ExprKind::Value(Value::Null)
            }
            ast::ExprKind::Sh(habit) => {
                self.habit(habit, span);
                ExprKind::Value(Value::Null)
            }
        }
    }

    /// Commands whose output is taken: a copy of variables, directory and environment.
    pub fn capture(&mut self, block: ast::Block<'s>) -> Block {
        self.copy(|this| this.block(block))
    }

    fn number(&mut self, text: &str, span: Span) -> ExprKind {
        match parse_number(text) {
            Ok(value) => ExprKind::Value(value),
            Err(error) => {
                let help = error.help().unwrap_or_default();
                self.error(code::BAD_NUMBER, span, error.to_string(), "not a number", &help);
                ExprKind::Value(Value::Null)
            }
        }
    }

    fn string(&mut self, parts: Box<[ast::Part<'s>]>) -> ExprKind {
        let parts = self.parts(parts.into_vec(), true);
        match &*parts {
            [] => ExprKind::Value(Value::str(Vec::new())),
            [Part::Text(text)] => ExprKind::Value(Value::Str(text.clone())),
            _ => ExprKind::Text(parts.into_boxed_slice()),
        }
    }

    fn name(&mut self, name: &'s str, span: Span) -> ExprKind {
        if let Some(meaning) = self.scopes.find(name) {
            if let Name::Variable(variable) = meaning {
                self.lints.read(variable.id);
                self.note_used(name, variable);
            }
            return self.meaning(meaning, name, span);
        }
        if name == "env" {
            self.error(
                code::UNDECLARED_NAME,
                span,
                "the environment is read by name",
                "not as a whole",
                "write: env.NAME, or env[name] for a computed name",
            );
        } else if intrinsic(name).is_some()
            || methods::function(name).is_some()
            || self.project.hosted.function(name).is_some()
        {
            self.error(
                code::UNDECLARED_NAME,
                span,
                format!("`{name}` is a function"),
                "it is not called here",
                &format!("write: {name}(…)"),
            );
        } else {
            self.undeclared(name, span, false);
        }
        ExprKind::Value(Value::Null)
    }

    /// What a declared name is worth.
    fn meaning(&mut self, meaning: Name, name: &str, span: Span) -> ExprKind {
        match meaning {
            Name::Variable(variable) => match self.reach(name, variable, span) {
                Some(slot) => ExprKind::Slot(slot),
                None => ExprKind::Value(Value::Null),
            },
            Name::Function(id) => {
                self.called(id, span, false);
                ExprKind::Function(id)
            }
            Name::Module(_) => {
                let message = format!("`{name}` is a file that is used");
                let help = format!("name a member of it: {name}.…");
                self.error(code::UNDECLARED_NAME, span, message, "no value", &help);
                ExprKind::Value(Value::Null)
            }
        }
    }

    /// `$name` in a word: a variable, or a capitalised name of the environment.
    pub fn dollar(&mut self, name: &'s str, span: Span) -> ExprKind {
        if self.scopes.find(name).is_some() {
            return self.name(name, span);
        }
        if super::sh_constructs::SHELL_VARIABLES.contains(&name) {
            let message = format!("${name} is made by shells, and not here");
            let help = match name {
                "BASH_SOURCE" => {
                    "the script's own path is script_path(), its directory script_path().dirname()".into()
                }
                _ => format!("a variable of the environment that has this name is $[env.{name}]"),
            };
            self.error(code::SH_VARIABLE, span, message, "would be unset or stale", &help);
            return ExprKind::Value(Value::Null);
        }
        let capitals = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if capitals && name.bytes().any(|b| b.is_ascii_uppercase()) {
            return ExprKind::Environment { name: Str::from(name), required: true };
        }
        self.name(name, span)
    }

    fn binary(&mut self, binary: ast::Binary<'s>) -> ExprKind {
        use ast::Operator;
        let ast::Binary { operator, operator_span, left, right } = binary;
        if operator == Operator::Sh {
            self.foreign_operator(operator_span);
            return ExprKind::Value(Value::Null);
        }
        let operands = Box::new((self.expr(left), self.expr(right)));
        match operator {
            Operator::And => ExprKind::And(operands),
            Operator::Or => ExprKind::Or(operands),
            Operator::Coalesce => ExprKind::Coalesce(operands),
            Operator::RangeInclusive => ExprKind::Range { inclusive: true, bounds: operands },
            Operator::RangeExclusive => ExprKind::Range { inclusive: false, bounds: operands },
            other => match operation(other) {
                Some(operator) => ExprKind::Binary { operator, operands },
                None => ExprKind::Value(Value::Null),
            },
        }
    }

    /// `&&`, `||`, `=`, `=~`
    fn foreign_operator(&mut self, span: Span) {
        let (message, help) = match &self.text[span.range()] {
            "&&" => ("`&&` joins commands, not values", "write `and`: if (a == 1 and b == 2) { … }"),
            "||" => (
                "`||` joins commands, not values",
                "write `or`: if (a == 1 or b == 2) { … }; a default for null is x ?? y",
            ),
            "=~" => ("`=~` is bash's", "it is a method of strings: s.matches(\"regex\")"),
            _ => ("`=` assigns, and compares nothing", "write `==`: if (a == 1) { … }"),
        };
        self.error(code::SH_OPERATOR, span, message, "not in Pipewright", help);
    }

    /// `f(b=2)`: true if it was refused.
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

    fn call(&mut self, callee: ast::Expr<'s>, arguments: Vec<ast::Argument<'s>>, span: Span) -> ExprKind {
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
            let help = match (super::lookalikes::function_elsewhere(name), similar) {
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

    fn call_host(
        &mut self,
        function: Arc<HostFunction>,
        arguments: Vec<ast::Argument<'s>>,
        span: Span,
    ) -> ExprKind {
        let name = &*function.name;
        if let Some(named) = arguments.iter().find_map(|argument| argument.name) {
            let message = format!("`{name}` is the host's, and takes its arguments in order");
            self.error(
                code::ARGUMENT_COUNT,
                named.span,
                message,
                "names are not known here",
                "drop the name",
            );
        } else if arguments.len() != function.count {
            let takes = match function.count {
                1 => "one argument".to_owned(),
                count => format!("{count} arguments"),
            };
            let message = format!("`{name}` takes {takes}, and is called with {}", arguments.len());
            let blanks = vec!["…"; function.count].join(", ");
            let help = format!("write: {name}({blanks})");
            self.error(code::ARGUMENT_COUNT, span, message, "this call", &help);
        }
        let arguments = arguments.into_iter().map(|argument| self.expr(argument.value)).collect();
        ExprKind::Host(function, arguments)
    }

    fn method(
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
        // `console.log("x")`, `os.path.join("a")`: the culprit is the first name.
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
        let Some(id) = methods::name_id(name.text) else {
            let message = format!("no method `{}`", name.text);
            let help = methods::suggest(name.text)
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
        ExprKind::Method(receiver, id, Box::new(self.method_arguments(arguments)))
    }

    /// Whether an expression is `env` itself.
    fn is_environment(&self, receiver: &ast::Expr<'s>) -> bool {
        matches!(receiver.kind, ast::ExprKind::Name("env")) && self.scopes.find("env").is_none()
    }

    /// `env.update(map)`
    fn update_environment(&mut self, arguments: Vec<ast::Argument<'s>>, span: Span) -> ExprKind {
        let mut arguments = arguments.into_iter();
        match (arguments.next(), arguments.next()) {
            (Some(ast::Argument { name: None, value }), None)
                if !matches!(value.kind, ast::ExprKind::Spread(_)) =>
            {
                ExprKind::UpdateEnvironment(self.boxed(value))
            }
            _ => {
                let help = "write: env.update({NAME: \"value\", OTHER: null}), where null removes a variable";
                self.error(code::ARGUMENT_COUNT, span, "`env.update` takes one map", "this call", help);
                ExprKind::Value(Value::Null)
            }
        }
    }

    /// `{a: 1, a: 2}`: only the last would stay.
    fn refuse_same_keys(&mut self, entries: &[(ast::Expr<'s>, ast::Expr<'s>)]) {
        let mut seen = HashSet::new();
        for (key, _) in entries {
            let ast::ExprKind::String(parts) = &key.kind else { continue };
            let [ast::Part { kind: PartKind::Quoted(text), .. }] = &**parts else { continue };
            if !seen.insert(&**text) {
                let message = format!("the key `{}` stands twice in one map", crate::diag::visible(text));
                let help = "remove one of them, or give it another name";
                self.error(code::DUPLICATE_NAME, key.span, message, "the second", help);
            }
        }
    }

    /// A method that changes the variable, element or field that it is called on.
    fn change(
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
        // What a method gives may be all that is wanted: xs.pop().
        if let Some(Name::Variable(variable)) = self.scopes.find(root) {
            self.lints.read(variable.id);
        }
        let Some(slot) = self.assigned(root, at) else { return ExprKind::Value(Value::Null) };
        let arguments = self.method_arguments(arguments);
        ExprKind::Change(Box::new(Change { slot, path, receiver: span, name, arguments }))
    }

    fn method_arguments(&mut self, arguments: Vec<ast::Argument<'s>>) -> MethodArguments {
        let mut positional = Vec::with_capacity(arguments.len());
        let mut named: Vec<(Box<str>, Expr)> = Vec::new();
        for argument in arguments {
            let span = argument.value.span;
            let value = self.expr(argument.value);
            match argument.name {
                Some(name) => named.push((name.text.into(), value)),
                None if named.is_empty() => positional.push(value),
                None => {
                    let message = "an argument without a name stands after one with a name";
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

    /// A call of a variable, field or result, whose parameters nobody knows before it runs.
    fn call_value(&mut self, callee: ast::Expr<'s>, arguments: Vec<ast::Argument<'s>>) -> ExprKind {
        let callee = self.expr(callee);
        self.call_with(callee, arguments)
    }

    fn call_function(&mut self, id: FunctionId, arguments: Vec<ast::Argument<'s>>, span: Span) -> ExprKind {
        self.called(id, span, true);
        if !arguments.iter().any(is_spread) {
            return ExprKind::Call(id, self.bind(id, arguments, span));
        }
        // How many arguments `...xs` makes is known when it runs.
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

    /// `x.join(...xs)`: what the language itself has takes as many arguments as are written.
    fn refuse_spread(&mut self, arguments: &[ast::Argument<'s>]) {
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
