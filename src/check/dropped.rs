//! Methods without an effect whose value is not used: `xs.sort()` returns a sorted list, and does not
//! change `xs`.

use super::context::Context;
use super::scope::Name;
use crate::diag::{Diagnostic, code};
use crate::methods::{self, Kind, Method, NameId, Receiver};
use crate::syntax::ast::{Argument, Expr, ExprKind, PartKind};

/// Refuses a statement that is a call of a method whose only effect is its value.
///
/// `is_last` means that the statement ends its block, so that it may be meant as the value of a
/// function.
pub fn method(context: &Context<'_, '_>, call: &Expr<'_>, is_last: bool) -> Option<Diagnostic> {
    let ExprKind::Method(receiver, name, arguments) = &call.kind else { return None };
    let is_environment = matches!(receiver.kind, ExprKind::Name("env"));
    let is_member = matches!(receiver.kind, ExprKind::Name(root) if matches!(context.scopes.find(root), Some(Name::Module(_)) | None));
    let id = methods::name_id(name.text)?;
    let is_of_host = context.hosted.methods(name.text).next().is_some();
    if is_environment || is_member || is_of_host || has_effect(id) || acts(context, id, arguments) {
        return None;
    }
    let text = &context.text[call.span.range()];
    let shown = if text.contains('\n') { format!("x.{}(…)", name.text) } else { text.to_string() };
    let place = &context.text[receiver.span.range()];
    let same = |method: &Method| receiver_gives(method.receiver) == Some(method.returns);
    let assigns = is_place(receiver) && !text.contains('\n') && id.methods().all(same);
    let mut help = match assigns {
        true => format!("write: {place} = {shown}"),
        false => format!("take the value: let value = {shown}; or print it: echo $[{shown}]"),
    };
    if is_last && context.scopes.in_function() && !context.scopes.in_copy() {
        help.push_str(&format!("; a function gives it by: return {shown}"));
    }
    let message = format!("`{}` changes nothing, and its value is not used", name.text);
    Some(context.error(code::VALUE_DROPPED, call.span, message, "the value is dropped", &help))
}

fn has_effect(id: NameId) -> bool {
    methods::changes(id)
        || id.methods().any(|method| match method.receiver {
            Receiver::Job | Receiver::Worker | Receiver::Pool | Receiver::Service => true,
            // A drain is for a loop, and to peek is to look.
            Receiver::Queue => !matches!(method.name, "drain" | "peek"),
            _ => false,
        })
}

/// The result type of a method that returns the type of its receiver.
fn receiver_gives(receiver: Receiver) -> Option<&'static str> {
    match receiver {
        Receiver::Str => Some("string"),
        Receiver::List => Some("list"),
        Receiver::Map => Some("map"),
        _ => None,
    }
}

/// Returns whether a value can be assigned to an expression.
fn is_place(expr: &Expr<'_>) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Field(inner, _) => is_place(inner),
        ExprKind::Index(pair) => is_place(&pair.0),
        _ => false,
    }
}

/// Returns whether an argument may do more than provide a value: it is a function, or it calls one or
/// runs commands.
fn acts(context: &Context<'_, '_>, id: NameId, arguments: &[Argument<'_>]) -> bool {
    let takes_function = id
        .methods()
        .flat_map(|method| method.parameters)
        .any(|parameter| matches!(parameter.kind, Kind::Function | Kind::StrOrFunction));
    let is_function = |value: &Expr<'_>| takes_function && matches!(value.kind, ExprKind::Name(_));
    arguments.iter().any(|one| is_function(&one.value) || may_act(context, &one.value))
}

fn may_act(context: &Context<'_, '_>, expr: &Expr<'_>) -> bool {
    let any = |expr: &Expr<'_>| may_act(context, expr);
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) => false,
        ExprKind::Name(name) => {
            matches!(context.scopes.find(name), Some(Name::Function(_) | Name::Module(_)))
        }
        ExprKind::String(parts) => parts.iter().any(|part| match &part.kind {
            PartKind::Bare(_) | PartKind::Quoted(_) | PartKind::Value(..) => false,
            PartKind::Expr(value) => any(value),
            _ => true,
        }),
        ExprKind::List(items) => items.iter().any(any),
        ExprKind::Map(entries) => entries.iter().any(|(_, value)| any(value)),
        ExprKind::Unary(_, inner) | ExprKind::Spread(inner) | ExprKind::Field(inner, _) => any(inner),
        ExprKind::Lambda(_, body) => any(body),
        ExprKind::Binary(binary) => any(&binary.left) || any(&binary.right),
        ExprKind::Conditional(parts) => parts.iter().any(any),
        ExprKind::Index(pair) => any(&pair.0) || any(&pair.1),
        ExprKind::Method(receiver, name, arguments) => {
            let id = methods::name_id(name.text);
            any(receiver) || id.is_none_or(|id| has_effect(id) || acts(context, id, arguments))
        }
        ExprKind::Call(..)
        | ExprKind::Capture(_)
        | ExprKind::Block(..)
        | ExprKind::Worker(_)
        | ExprKind::Service(_) => true,
        ExprKind::Sh(_) => true,
    }
}
