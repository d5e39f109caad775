//! Functions: their declarations, and calls of them.

use super::false_tests::Outcome;
use super::kind::{accepts, conversion};
use super::lower::Checker;
use super::options::{OptionForm, is_number, option_of, read_options, similar_option};
use super::parameters::formal;
use super::program::*;
use super::project::Signature;
use super::scope::{FrameKind, Name};
use super::side_by_side::Reach;
use super::status::Flow;
use super::types::known_type;
use crate::builtins;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast;
use crate::value::Value;
use crate::value::format::display;
use std::sync::Arc;

impl<'s> Checker<'s> {
    /// Declares the functions of a block, and the files that it uses, before its first statement:
    /// functions may call each other, and code may use functions that are declared below it.
    pub fn hoist(&mut self, statements: &[ast::Statement<'s>]) -> std::vec::IntoIter<FunctionId> {
        let mut ids = Vec::new();
        let mut bodies = Vec::new();
        for statement in statements {
            let function = match &statement.kind {
                ast::StatementKind::Function(function) => function,
                ast::StatementKind::Use { path, alias } => {
                    super::modules::hoist_use(self, path, *alias, statement.span);
                    continue;
                }
                _ => continue,
            };
            let parameters = function.parameters.iter().map(formal).collect();
            let signature = Signature { name: function.name.text.to_string(), parameters };
            let id = self.project.declare(signature);
            self.refuse_own_name(function.name);
            if builtins::find(function.name.text).is_some() {
                let message = format!("a function can't be called `{}`", function.name.text);
                let label = "this is a builtin, and a function must not hide it";
                self.error(code::DUPLICATE_NAME, function.name.span, message, label, "choose another name");
            }
            if let name @ ("exec" | "time") = function.name.text {
                let label = "this is a word of the language, and a function must not hide it";
                let message = format!("a function can't be called `{name}`");
                self.error(code::DUPLICATE_NAME, function.name.span, message, label, "choose another name");
            }
            self.scopes.put(function.name.text, Name::Function(id));
            self.note_function(id, function.name);
            ids.push(id);
            bodies.push((id, &function.body));
        }
        super::code_guard::note_functions(self, &bodies);
        ids.into_iter()
    }

    /// Checks the body of a function that [`Checker::hoist`] has declared.
    pub fn function(&mut self, id: FunctionId, function: ast::Function<'s>, span: Span) {
        let doc = doc_comment(self.text, span).into();
        let loops = std::mem::take(&mut self.loops);
        let outer = self.function.replace(id);
        self.scopes.enter_frame(FrameKind::Function);
        let signature = self.project.signature(id);
        let count = function.parameters.len();
        let mut parameters = Vec::with_capacity(count);
        let mut optional = false;
        for (index, (parameter, formal)) in
            function.parameters.into_iter().zip(&signature.parameters).enumerate()
        {
            let place = parameter.name.span;
            if parameter.rest && (index + 1 < count || parameter.default.is_some()) {
                let message = "a `...` parameter is the last, and has no default";
                let help = "write: fn name(first, ...others) { … }";
                self.error(code::SYNTAX, place, message, "takes all arguments that are left", help);
            }
            if optional && parameter.default.is_none() && !parameter.rest {
                let message = format!("`{}` must have a default too", parameter.name.text);
                let help = "put the parameters without a default first";
                self.error(code::SYNTAX, place, message, "after one that has a default", help);
            }
            optional |= parameter.default.is_some();
            self.refuse_parameter(&parameter, formal, &signature.parameters[..index]);
            if let Some(annotation) = parameter.annotation
                && formal.kind.is_none()
            {
                self.no_type(annotation);
            }
            // A default can use the parameters before it.
            let default = parameter.default.map(|value| self.expr(value));
            if let Some(default) = &default {
                self.refuse_type(formal, default, "and its default is");
            }
            self.declare_parameter(parameter.name);
            if formal.kind == Some(Kind::Bool) {
                self.scopes.mark_bool(parameter.name.text);
            }
            let doc = doc_of_parameter(self.text, place).into();
            parameters.push(Parameter { formal: formal.clone(), doc, default, span: place });
        }
        let status = self.status;
        self.status = Flow { is_zero: false, is_first: true, ..status };
        let body = self.reaching(
            |_| Reach::default(),
            |this| this.ending(Outcome::Function, |this| this.block(function.body)),
        );
        self.status = status;
        let frame = self.scopes.leave_frame();
        self.function = outer;
        self.loops = loops;
        let function = Function {
            name: function.name.text.into(),
            module: self.module,
            span,
            doc,
            parameters: parameters.into_boxed_slice(),
            captures: Box::new([]),
            slots: frame.slots,
            needs: Box::new([]),
            body: FunctionBody::Block(body),
        };
        self.project.define(id, function);
    }

    fn no_type(&mut self, annotation: ast::Name<'s>) {
        let message = format!("no type `{}`", annotation.text);
        let help = match &*annotation.text.to_ascii_lowercase() {
            "string" | "text" => "write: str",
            "dict" | "object" | "hash" => "write: map",
            "array" | "vec" | "tuple" => "write: list",
            "boolean" => "write: bool",
            "integer" | "number" | "i32" | "i64" | "u32" | "u64" | "usize" => "write: int, or float",
            "double" | "f64" | "f32" => "write: float",
            "any" => "leave it out: without a type a parameter takes any value",
            _ => "the types are int, float, bool, str, path, list, map, duration, size",
        };
        self.error(code::UNDECLARED_NAME, annotation.span, message, "not a type", help);
    }

    fn declare_parameter(&mut self, name: ast::Name<'s>) {
        if self.scopes.is_declared_here(name.text) {
            let message = format!("two parameters are called `{}`", name.text);
            self.error(code::DUPLICATE_NAME, name.span, message, "the second", "choose another name");
        } else {
            self.declare(name);
        }
    }

    /// Refuses a value whose type is known and differs from that of its parameter, or that is not one of
    /// its choices.
    fn refuse_type(&mut self, formal: &Formal, value: &Expr, given: &str) {
        let (Some(kind), name) = (formal.kind, &formal.name) else { return };
        if let ExprKind::Value(Value::Str(text)) = &value.kind
            && let Some(reason) = formal.refuse_other(text.as_bytes())
        {
            let message = format!("`{name}`: {reason}");
            self.error(code::ARGUMENT_TYPE, value.span, message, "none of its choices", "");
        } else if let Some(found) = known_type(value).filter(|found| !accepts(kind, *found)) {
            let message = format!("`{name}` is declared as {}, {given} {}", kind.name(), found.phrase());
            let help = conversion(kind, found).unwrap_or_default();
            self.error(code::ARGUMENT_TYPE, value.span, message, found.name(), &help);
        }
    }

    /// Lowers `x => …`.
    pub fn lambda(&mut self, names: Vec<ast::Name<'s>>, body: ast::Expr<'s>, span: Span) -> ExprKind {
        self.scopes.enter_frame(FrameKind::Lambda);
        let parameters = names.into_iter().map(|name| {
            // `_` takes an unused argument.
            if name.text == "_" {
                self.scopes.declare("_");
            } else {
                self.declare_parameter(name);
            }
            let formal = Formal { name: name.text.into(), ..Formal::default() };
            Parameter { formal, doc: "".into(), default: None, span: name.span }
        });
        let parameters = parameters.collect();
        let body = self.expr(body);
        let frame = self.scopes.leave_frame();
        let (outer, inner): (Vec<Slot>, Vec<Slot>) = frame.captures.into_iter().unzip();
        let function = Function {
            name: "".into(),
            module: self.module,
            span,
            doc: "".into(),
            parameters,
            captures: inner.into(),
            slots: frame.slots,
            needs: Box::new([]),
            body: FunctionBody::Value(body),
        };
        ExprKind::Lambda(Arc::new(function), outer.into())
    }

    /// Returns the arguments of a call, in the order of the parameters.
    pub fn bind(&mut self, id: FunctionId, arguments: Vec<ast::Argument<'s>>, span: Span) -> Box<[Argument]> {
        let signature = self.project.signature(id);
        let parameters = &signature.parameters;
        let mut given: Vec<Option<Argument>> = parameters.iter().map(|_| None).collect();
        let mut rest = Vec::new();
        let mut next = 0;
        let mut named = false;
        let errors = self.errors.len();
        for argument in arguments {
            let at = argument.value.span;
            let Some(name) = argument.name else {
                if named {
                    let message = "an argument without a name comes after one with a name";
                    self.error(code::ARGUMENT_COUNT, at, message, "which parameter is it?", "name it too");
                }
                let value = self.expr(argument.value);
                if let Some(parameter) = parameters.get(next) {
                    self.refuse_type(parameter, &value, "and given");
                }
                match parameters.get(next) {
                    Some(parameter) if parameter.rest => rest.push(value),
                    Some(_) => {
                        given[next] = Some(Argument::Value(value));
                        next += 1;
                    }
                    None => {
                        let message = format!("`{}` takes {}", signature.name, counted(parameters));
                        let help = format!("it is declared as {}", shape(&signature));
                        self.error(code::ARGUMENT_COUNT, at, message, "one too many", &help);
                        break;
                    }
                }
                continue;
            };
            named = true;
            let value = self.expr(argument.value);
            match parameters.iter().position(|parameter| *parameter.name == *name.text && !parameter.rest) {
                Some(place) if given[place].is_none() => {
                    self.refuse_type(&parameters[place], &value, "and given");
                    given[place] = Some(Argument::Value(value));
                }
                Some(_) => {
                    let message = format!("`{}` is given twice", name.text);
                    let help = format!("it is declared as {}", shape(&signature));
                    self.error(code::ARGUMENT_COUNT, name.span, message, "given before", &help);
                }
                None => {
                    let message = format!("`{}` has no parameter `{}`", signature.name, name.text);
                    let help = format!("it is declared as {}", shape(&signature));
                    self.error(code::ARGUMENT_COUNT, name.span, message, "no such parameter", &help);
                }
            }
        }
        let missing = parameters
            .iter()
            .zip(&given)
            .find(|(parameter, given)| given.is_none() && parameter.is_required());
        // The error about a wrong or duplicate name already explains why another is missing.
        if let Some((parameter, _)) = missing
            && self.errors.len() == errors
        {
            let message = format!("`{}` needs `{}`", signature.name, parameter.name);
            let help = format!("it is declared as {}", shape(&signature));
            self.error(code::ARGUMENT_COUNT, span, message, "an argument is missing", &help);
        }
        let mut rest = Some(rest);
        let bound = given.into_iter().zip(parameters).map(|(given, parameter)| match given {
            Some(argument) => argument,
            None if parameter.rest => Argument::Rest(rest.take().unwrap_or_default().into()),
            None => Argument::Default,
        });
        bound.collect()
    }

    /// Refuses literal words of a call as a command that can't be bound.
    pub fn refuse_words(&mut self, id: FunctionId, words: &[Word], spans: &[Span], span: Span) {
        let signature = self.project.signature(id);
        if is_wrapper(signature.parameters.iter()) {
            return;
        }
        // The words that are not options, with the text of each literal one.
        let mut positional: Vec<(Option<&[u8]>, Span)> = Vec::new();
        // The known values of parameters, and whether an option sets each.
        let mut values: Vec<(&Formal, bool, &[u8], Span)> = Vec::new();
        let mut dynamic = false;
        let mut expects_value: Option<&Formal> = None;
        let mut ended = false;
        let mut named: Vec<&str> = Vec::new();
        for (word, at) in words.iter().zip(spans) {
            if let Some(formal) = expects_value.take() {
                if let Word::Literal(text) = word {
                    values.push((formal, true, text, *at));
                }
                continue;
            }
            let text = match word {
                Word::Literal(text) => &**text,
                // `--count=$n`
                Word::Text(text) => match option_of(text) {
                    Some(option) => option,
                    None => {
                        positional.push((None, *at));
                        continue;
                    }
                },
                Word::Glob(_) | Word::Splice { .. } => {
                    dynamic = true;
                    continue;
                }
            };
            if ended || !text.starts_with(b"-") || text == b"-" || is_number(text) {
                positional.push((Some(text), *at));
            } else if text == b"--" {
                ended = true;
            } else {
                let bytes = text;
                let text = String::from_utf8_lossy(text);
                let options = match read_options(signature.parameters.iter(), &text) {
                    Ok(options) => options,
                    Err(name) => {
                        let message = format!("`{}` has no option {name}", signature.name);
                        let help = match similar_option(signature.parameters.iter(), &text) {
                            Some(meant) => format!("did you mean {meant}?"),
                            None => format!("it is called as: {}", command_shape(&signature)),
                        };
                        self.error(code::UNKNOWN_OPTION, *at, message, "no such option", &help);
                        return;
                    }
                };
                for option in options {
                    let formal = &signature.parameters[option.place];
                    named.push(&formal.name);
                    match option.form {
                        OptionForm::NextWord => expects_value = Some(formal),
                        OptionForm::Inline(start) if matches!(word, Word::Literal(_)) => {
                            values.push((formal, true, &bytes[start..], *at));
                        }
                        _ => {}
                    }
                }
            }
        }
        if expects_value.is_some() {
            let message = format!("the last option of `{}` needs a value", signature.name);
            self.error(code::ARGUMENT_COUNT, span, message, "no word follows it", "");
            return;
        }
        let required: Vec<&Formal> = signature
            .parameters
            .iter()
            .filter(|parameter| parameter.is_required() && !named.contains(&&*parameter.name))
            .collect();
        let comma = positional.iter().any(|(text, _)| text.is_some_and(|text| text.ends_with(b",")));
        let help = if comma {
            format!("words are separated by blanks only; with commas it is a call: {}", shape(&signature))
        } else {
            format!("it is called as: {}", command_shape(&signature))
        };
        if positional.len() < required.len() && !dynamic {
            let message = format!("`{}` needs `{}`", signature.name, required[positional.len()].name);
            self.error(code::ARGUMENT_COUNT, span, message, "an argument is missing", &help);
            return;
        }
        // Remaining words go to a `...rest`, or to parameters with a default, in order.
        let open = |parameter: &&Formal| {
            parameter.optional && !parameter.is_switch() && !named.contains(&&*parameter.name)
        };
        let rest = signature.parameters.iter().find(|parameter| parameter.rest);
        let mut takers = required;
        if rest.is_none() {
            takers.extend(signature.parameters.iter().filter(open));
        }
        if positional.len() > takers.len() && rest.is_none() {
            let message = format!("`{}` takes {} here", signature.name, arguments(takers.len()));
            self.error(code::ARGUMENT_COUNT, span, message, "called with more", &help);
            return;
        }
        // If a word makes any number of arguments, the destination of the others is unknown.
        let takers = takers.into_iter().chain(rest.into_iter().cycle());
        if !dynamic {
            let placed = takers.zip(positional);
            values.extend(placed.filter_map(|(formal, (text, at))| Some((formal, false, text?, at))));
        }
        for (formal, is_option, text, at) in values {
            if let Err(reason) = if is_option { formal.read_option(text) } else { formal.read_word(text) } {
                let message = format!("{}: {}: {reason}", signature.name, formal.name);
                self.error(code::ARGUMENT_TYPE, at, message, "this word", &help);
            }
        }
    }
}

fn counted(parameters: &[Formal]) -> String {
    let least = parameters.iter().filter(|parameter| parameter.is_required()).count();
    if least == parameters.len() {
        arguments(least)
    } else {
        format!("at most {}", arguments(parameters.len()))
    }
}

fn arguments(count: usize) -> String {
    match count {
        0 => "no arguments".to_string(),
        1 => "one argument".to_string(),
        count => format!("{count} arguments"),
    }
}

/// Returns the declaration: `deploy(host, retries: int = …, ...rest)`.
fn shape(signature: &Signature) -> String {
    let parameters = signature.parameters.iter().map(|parameter| {
        let rest = if parameter.rest { "..." } else { "" };
        let kind = match parameter.kind {
            _ if !parameter.choices.is_empty() => {
                let choices: Vec<_> =
                    parameter.choices.iter().map(|choice| display(&Value::Str(choice.clone()), 40)).collect();
                format!(": {}", choices.join(" | "))
            }
            kind => kind.map(|kind| format!(": {}", kind.name())).unwrap_or_default(),
        };
        let default = if parameter.optional { " = …" } else { "" };
        format!("{rest}{}{kind}{default}", parameter.name)
    });
    format!("{}({})", signature.name, parameters.collect::<Vec<_>>().join(", "))
}

/// Returns the usage: `deploy HOST [--retries INT] [REST…]`.
fn command_shape(signature: &Signature) -> String {
    let parameters = signature.parameters.iter().map(|parameter| format!(" {}", parameter.usage()));
    signature.name.clone() + &parameters.collect::<String>()
}

/// Returns the comment above a parameter that begins its line.
fn doc_of_parameter(text: &str, span: Span) -> String {
    let before = text[..span.start as usize].rsplit('\n').next().unwrap_or_default();
    if before.trim_matches([' ', '\t', '.']).is_empty() { doc_comment(text, span) } else { String::new() }
}

/// Returns the comment lines directly above a declaration, without their `#`.
pub fn doc_comment(text: &str, span: Span) -> String {
    let start = text[..span.start as usize].rfind('\n').map_or(0, |end| end + 1);
    let mut lines: Vec<&str> = Vec::new();
    for line in text[..start].lines().rev() {
        let Some(comment) = line.trim_start().strip_prefix('#') else { break };
        if comment.starts_with('!') {
            break;
        }
        lines.push(comment.strip_prefix(' ').unwrap_or(comment));
    }
    lines.reverse();
    lines.join("\n")
}
