//! Binding of a call's arguments to the parameters, with a check of their types.

use super::{Kind, Method, MethodError, NameId, Outcome, Parameter, Receiver};
use crate::diag::code;
use crate::value::{Type, Value};

/// Checks whether a call with this many positional arguments and these named ones fits the method.
///
/// # Errors
/// Fails with [`code::ARGUMENT_COUNT`], pointing at the wrong argument.
pub fn check_arity(method: &Method, positional: usize, named: &[&str]) -> Result<(), MethodError> {
    let parameters = method.parameters;
    let wrong = |message| MethodError::new(code::ARGUMENT_COUNT, message).help(usage(method));
    let has_rest = parameters.last().is_some_and(|last| last.rest);
    if positional > parameters.len() && !has_rest {
        let takes = match parameters.len() {
            0 => "no argument".into(),
            1 => "one argument".into(),
            n => format!("{n} arguments at most"),
        };
        let message = format!("`{}` takes {takes}, and got {positional}", method.name);
        return Err(wrong(message).at(parameters.len()));
    }
    for (at, name) in named.iter().enumerate() {
        let argument = positional + at;
        let Some(place) = place(parameters, name) else {
            let message = format!("`{}` has no parameter `{name}`", method.name);
            return Err(wrong(message).at(argument));
        };
        if place < positional || named[..at].contains(name) {
            let message = format!("`{}` got `{name}` twice", method.name);
            return Err(wrong(message).at(argument));
        }
    }
    let is_given = |at: usize, parameter: &Parameter| at < positional || named.contains(&parameter.name);
    let lacks = |(at, parameter): &(usize, &Parameter)| {
        !parameter.optional && !parameter.rest && !is_given(*at, parameter)
    };
    match parameters.iter().enumerate().find(lacks) {
        Some((_, parameter)) => {
            Err(wrong(format!("`{}` needs {} as `{}`", method.name, parameter.kind.phrase(), parameter.name)))
        }
        None => Ok(()),
    }
}

/// Does the same as [`check_arity`] for a method of which only the name is known: fails if no type's
/// method takes such arguments.
///
/// # Errors
/// Fails with the error of the first method of the name.
pub fn accepts(id: NameId, positional: usize, named: &[&str]) -> Result<(), MethodError> {
    let mut outcome = Ok(());
    for method in id.methods() {
        match check_arity(method, positional, named) {
            Ok(()) => return Ok(()),
            Err(error) if outcome.is_ok() => outcome = Err(error),
            Err(_) => {}
        }
    }
    outcome
}

/// Returns one value for each parameter up to the last one that is given: null for one that was left out
/// before it, a list for the rest.
///
/// # Errors
/// Fails as [`check_arity`] does, but with [`code::BAD_ARGUMENTS`]; with [`code::WRONG_TYPE`].
pub fn bind(method: &Method, mut positional: Vec<Value>, named: Vec<(&str, Value)>) -> Outcome<Vec<Value>> {
    let parameters = method.parameters;
    let count = positional.len();
    let is_simple = count == parameters.len() && named.is_empty() && !parameters.iter().any(|p| p.rest);
    if !is_simple {
        let names: Vec<_> = named.iter().map(|(name, _)| *name).collect();
        // The check finds this if it knows the receiver's type; here the run fails.
        check_arity(method, count, &names).map_err(|error| error.of(code::BAD_ARGUMENTS))?;
    }
    for (at, value) in positional.iter().enumerate() {
        if let Some(parameter) = parameters.get(at).or(parameters.last()) {
            check_kind(method, parameter, value, at)?;
        }
    }
    if is_simple {
        return Ok(positional);
    }
    if parameters.last().is_some_and(|last| last.rest) {
        let rest = positional.split_off((parameters.len() - 1).min(count));
        positional.resize(parameters.len() - 1, Value::Null);
        positional.push(rest.into());
    }
    for (at, (name, value)) in named.into_iter().enumerate() {
        if let Some(place) = place(parameters, name) {
            check_kind(method, &parameters[place], &value, count + at)?;
            positional.resize(positional.len().max(place + 1), Value::Null);
            positional[place] = value;
        }
    }
    Ok(positional)
}

/// Returns the index of the parameter with this name. The rest is passed by position only.
fn place(parameters: &[Parameter], name: &str) -> Option<usize> {
    parameters.iter().position(|parameter| parameter.name == name && !parameter.rest)
}

#[inline]
fn check_kind(method: &Method, parameter: &Parameter, value: &Value, argument: usize) -> Outcome<()> {
    if parameter.kind.takes(value) || (parameter.optional && matches!(value, Value::Null)) {
        return Ok(());
    }
    Err(mismatch(method, parameter, value, argument))
}

#[cold]
fn mismatch(method: &Method, parameter: &Parameter, value: &Value, argument: usize) -> MethodError {
    let (wanted, found) = (parameter.kind, value.type_of());
    let message = format!(
        "`{}` takes {} as `{}`, and this is {}",
        method.name,
        wanted.phrase(),
        parameter.name,
        found.phrase()
    );
    let error = MethodError::new(code::WRONG_TYPE, message).at(argument);
    match conversion(wanted, found) {
        Some(help) => error.help(help),
        None => error,
    }
}

/// Returns how to convert the value that was found to the one that is needed.
fn conversion(wanted: Kind, found: Type) -> Option<&'static str> {
    Some(match (wanted, found) {
        (_, Type::Null) => "give a default for null: x ?? …",
        (Kind::Function | Kind::StrOrFunction, _) => "write a function: x => …",
        (Kind::Str, Type::Secret) => "take its text out: x.reveal()",
        (_, Type::Function) => "call the function: f(…)",
        (Kind::Str, Type::List) => "join the list: xs.join(\" \")",
        (Kind::Str, Type::Int | Type::Float | Type::Bool | Type::Duration | Type::Size) => {
            "make a string of it: str(x)"
        }
        (Kind::Int, Type::Str) => "make an integer of it: int(x)",
        (Kind::Int, Type::Float) => "make an integer of it: x.round()",
        (Kind::Int, Type::Size) => "take its bytes: size.bytes()",
        (Kind::Int, Type::Duration) => "divide by a unit: d // 1s",
        (Kind::List, Type::Range) => "make a list of the range: list(r)",
        (Kind::List, Type::Str) => "make a list of it: s.lines() or s.split(…)",
        (Kind::List, Type::Map) => "make a list of it: m.entries(), m.keys() or m.values()",
        (Kind::Map, Type::List) => "make a map of pairs: xs.to_map()",
        (Kind::Map, Type::Str) => "read it as JSON: json(text)",
        _ => return None,
    })
}

/// Returns the usage of the method.
fn usage(method: &Method) -> String {
    // The extra argument shows that another order is wanted.
    let by = if method.name == "sort" { "; by something of each element: xs.sort_by(x => …)" } else { "" };
    format!("write: {}{by}", signature(method))
}

/// Returns the signature: `s.pad_start(width: int, fill?: string)`.
pub fn signature(method: &Method) -> String {
    let receiver = match method.receiver {
        Receiver::None => "",
        Receiver::Any => "x.",
        Receiver::Str => "s.",
        Receiver::List => "xs.",
        Receiver::Map => "m.",
        Receiver::Number => "n.",
        Receiver::Duration => "d.",
        Receiver::Size => "size.",
        Receiver::Range => "r.",
        Receiver::Job => "job.",
        Receiver::Worker => "w.",
        Receiver::Pool => "pool.",
        Receiver::Service => "web.",
        Receiver::Queue => "q.",
        Receiver::Secret => "secret.",
    };
    let parameter = |parameter: &Parameter| {
        let rest = if parameter.rest { "..." } else { "" };
        let optional = if parameter.optional { "?" } else { "" };
        match parameter.kind {
            Kind::Any => format!("{rest}{}{optional}", parameter.name),
            kind => format!("{rest}{}{optional}: {}", parameter.name, kind.name()),
        }
    };
    let parameters: Vec<_> = method.parameters.iter().map(parameter).collect();
    format!("{receiver}{}({})", method.name, parameters.join(", "))
}
