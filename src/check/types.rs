//! Types that are known before anything runs, and operations that values of them don't have: `$(a) -
//! $(b)`, `now().sort()`, `for x in $args`.

use super::context::Context;
use super::program::*;
use crate::diag::{Diagnostic, code};
use crate::methods::{self, Method, MethodError, NameId};
use crate::span::Span;
use crate::value::literal::parse_number;
use crate::value::ops::{self, Op, OpError};
use crate::value::{Duration, List, Map, Size, Type, Value};

/// Returns the type of a value that is known before anything runs.
pub fn known_type(expr: &Expr) -> Option<Type> {
    Some(match &expr.kind {
        ExprKind::Value(value) => value.type_of(),
        ExprKind::Text(_) | ExprKind::Capture(_) | ExprKind::Bytes(_) => Type::Str,
        ExprKind::List(_) | ExprKind::Lines(_) => Type::List,
        ExprKind::Map(_) | ExprKind::Record { .. } => Type::Map,
        ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) => Type::Bool,
        ExprKind::Range { .. } => Type::Range,
        ExprKind::Function(_) | ExprKind::Lambda(..) => Type::Function,
        ExprKind::Library(function, arguments) if !has_default([function.0], arguments) => {
            type_of_result(function.0.returns)?
        }
        ExprKind::Method(receiver, id, arguments) if !has_default(id.methods(), arguments) => {
            let of = known_type(receiver);
            let mut results =
                id.methods().filter(|method| of.is_none_or(|of| method.receiver.types().contains(&of)));
            let first = results.next()?.returns;
            type_of_result(first).filter(|_| results.all(|other| other.returns == first))?
        }
        ExprKind::Binary { operator, operands } => type_of_operation(*operator, operands)?,
        _ => return None,
    })
}

/// Returns whether a call has a default, which may be of any type.
fn has_default(methods: impl IntoIterator<Item = &'static Method>, arguments: &MethodArguments) -> bool {
    let place = |method: &Method| method.parameters.iter().position(|parameter| parameter.name == "default");
    methods.into_iter().filter_map(place).any(|place| {
        arguments.positional.len() > place || arguments.named.iter().any(|(name, _)| **name == *"default")
    })
}

/// Returns the type that the table of methods has for a result, if it is one type.
fn type_of_result(text: &str) -> Option<Type> {
    Some(match text {
        "bool" => Type::Bool,
        "int" => Type::Int,
        "float" => Type::Float,
        "string" => Type::Str,
        "list" => Type::List,
        "map" => Type::Map,
        "duration" => Type::Duration,
        "size" => Type::Size,
        _ => return None,
    })
}

fn type_of_operation(operator: Op, operands: &(Expr, Expr)) -> Option<Type> {
    match operator {
        Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::In => Some(Type::Bool),
        Op::Concat => known_type(&operands.0)
            .or_else(|| known_type(&operands.1))
            .filter(|of| matches!(of, Type::Str | Type::List)),
        _ => None,
    }
}

/// Returns the type of an operand. A refused operand is null in the tree, and has no type.
fn type_in(context: &Context<'_, '_>, expr: &Expr) -> Option<Type> {
    known_type(expr).filter(|of| *of != Type::Null || &context.text[expr.span.range()] == "null")
}

/// Returns a sample value of a type, by which an operator shows whether it is defined for the type.
fn sample(of: Type) -> Option<Value> {
    Some(match of {
        Type::Null => Value::Null,
        Type::Bool => Value::Bool(true),
        Type::Int => Value::Int(1),
        Type::Float => Value::Float(1.0),
        Type::Str => Value::str(Vec::new()),
        Type::List => Value::List(List::default()),
        Type::Map => Value::Map(Map::default()),
        Type::Duration => Value::Duration(Duration::default()),
        Type::Size => Value::Size(Size::default()),
        _ => return None,
    })
}

/// Refuses an operator that is not defined for the types of its operands.
pub fn operation(
    context: &Context<'_, '_>,
    operator: Op,
    at: Span,
    operands: &(Expr, Expr),
) -> Option<Diagnostic> {
    let (left, right) = (type_in(context, &operands.0)?, type_in(context, &operands.1)?);
    let error = ops::binary(operator, &sample(left)?, &sample(right)?).err()?;
    if !matches!(error, OpError::Types { .. }) {
        return None;
    }
    let help = rewritten(context, operator, operands, (left, right));
    let help = help.map(|line| format!("write: {line}")).or_else(|| error.hint().map(str::to_string));
    let page = context.error(code::OPERAND_TYPE, at, error.to_string(), "here", &help.unwrap_or_default());
    Some(page.also_at(context.source, operands.0.span, left.name()).also_at(
        context.source,
        operands.1.span,
        right.name(),
    ))
}

/// Returns the operation that was probably meant: joining of texts, or conversion of texts to numbers.
fn rewritten(
    context: &Context<'_, '_>,
    operator: Op,
    operands: &(Expr, Expr),
    types: (Type, Type),
) -> Option<String> {
    let text = |expr: &Expr| Some(&context.text[expr.span.range()]).filter(|text| !text.contains('\n'));
    let (left, right) = (text(&operands.0)?, text(&operands.1)?);
    let is_literal = |expr: &Expr| match &expr.kind {
        ExprKind::Value(Value::Str(text)) => text.to_utf8().map_or(true, |text| parse_number(text).is_err()),
        ExprKind::Text(_) => true,
        _ => false,
    };
    let is_text = is_literal(&operands.0) || is_literal(&operands.1);
    if is_text && matches!(operator, Op::Add | Op::Concat) {
        let joined = |text: &str, of| match of {
            Type::Str => Some(text.to_string()),
            Type::Int | Type::Float | Type::Duration | Type::Size | Type::Bool => {
                Some(format!("str({text})"))
            }
            _ => None,
        };
        return Some(format!("{} ++ {}", joined(left, types.0)?, joined(right, types.1)?));
    }
    match (operator, types) {
        (Op::Mul, (Type::Str, Type::Int)) if is_text => return Some(format!("{left}.repeat({right})")),
        (Op::Mul, (Type::Int, Type::Str)) if is_text => return Some(format!("{right}.repeat({left})")),
        _ => {}
    }
    if types == (Type::List, Type::List) && operator == Op::Add {
        return Some(format!("{left} ++ {right}"));
    }
    let convert = |text: &str, of, other| match (of, other) {
        (Type::Str, Type::Duration | Type::Size) if operator == Op::Mul => Some(format!("int({text})")),
        (Type::Str, Type::Duration | Type::Size) if matches!(operator, Op::Div | Op::Pow) => None,
        (Type::Str, Type::Int | Type::Str) => Some(format!("int({text})")),
        (Type::Str, Type::Float) => Some(format!("float({text})")),
        (Type::Str, Type::Duration) => Some(format!("duration({text})")),
        (Type::Str, Type::Size) => Some(format!("size({text})")),
        (Type::Int | Type::Float | Type::Duration | Type::Size, Type::Str) => Some(text.to_string()),
        _ => None,
    };
    if is_text || matches!(operator, Op::Concat | Op::In | Op::Neg) {
        return None;
    }
    let (left, right) = (convert(left, types.0, types.1)?, convert(right, types.1, types.0)?);
    Some(format!("{left} {} {right}", operator.symbol()))
}

/// Refuses a method that no value of the receiver's type has.
pub fn method(context: &Context<'_, '_>, receiver: &Expr, id: NameId, name: Span) -> Option<Diagnostic> {
    // Text that contains a value may be a secret, which has its own methods.
    if matches!(receiver.kind, ExprKind::Text(_)) {
        return None;
    }
    let value = sample(type_in(context, receiver)?)?;
    if methods::find(&value, id).is_some() {
        return None;
    }
    let MethodError::Message(message) = methods::missing(&value, id) else { return None };
    let help = message.help.unwrap_or_default();
    let page = context.error(code::OPERAND_TYPE, name, message.message, "no such method", &help);
    Some(page.also_at(context.source, receiver.span, value.type_name()))
}

/// Refuses a list or map where a word is one text. `looped` is the variable of a `for` over the words.
pub fn words(context: &Context<'_, '_>, words: &[Word], looped: Option<&str>) -> Option<Diagnostic> {
    let values = words.iter().filter_map(|word| match word {
        Word::Text(text) => Some(text),
        _ => None,
    });
    values.flat_map(|word| word.parts.iter().map(move |part| (word, part))).find_map(|(word, part)| {
        let Part::Value(expr) = part else { return None };
        let is_args = matches!(expr.kind, ExprKind::Slot(ARGS)) && !assigns_args(context.text);
        let found = if is_args { Type::List } else { known_type(expr)? };
        if !matches!(found, Type::List | Type::Map) {
            return None;
        }
        let text = &context.text[word.span.range()];
        let written = &context.text[expr.span.range()];
        let path = written.strip_prefix("${").and_then(|path| path.strip_suffix('}'));
        let value = path.unwrap_or(written.trim_start_matches('$'));
        let help = match found {
            Type::List if word.is_value => match looped {
                Some(name) => {
                    format!("write: for {name} in ...{text} {{ … }}, or for {name} in ({value}) {{ … }}")
                }
                None => format!("write ...{text} for an argument an element"),
            },
            Type::List => format!("join its elements: $[{value}.join(\" \")]"),
            _ => format!("take one value of it, or its JSON: $[to_json({value})]"),
        };
        let message = format!("{} is not one word", found.phrase());
        Some(context.error(code::VALUE_NOT_A_WORD, word.span, message, found.name(), &help))
    })
}

/// Returns whether a script assigns to `args`.
fn assigns_args(text: &str) -> bool {
    text.match_indices("args").any(|(at, _)| {
        let after = text[at + "args".len()..].trim_start();
        after.starts_with('=') && !after.starts_with("==")
    })
}
