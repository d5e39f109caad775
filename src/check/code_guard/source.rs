//! Conversion of a script's words into words of the table of programs.

use crate::check::scope::Scopes;
use crate::check::words::is_call_of;
use crate::programs::{Piece, Value, ValueKind, Word};
use crate::span::Span;
use crate::syntax::ast::{self, ExprKind, Operator, PartKind, WordKind};
use std::borrow::Cow;

/// The places of the values and words of a command in the text.
#[derive(Default)]
pub struct Source<'t, 's> {
    /// The spans of the values, by their numbers.
    pub values: Vec<Span>,
    /// The spans of the words, by their numbers.
    pub words: Vec<Span>,
    processes: Vec<(usize, &'t ast::Block<'s>)>,
}

impl<'t, 's> Source<'t, 's> {
    /// Returns the words of a command; a brace list becomes its words.
    pub fn words(&mut self, scopes: &Scopes<'s>, words: &'t [ast::Word<'s>]) -> Vec<Word<'t>> {
        let mut all = Vec::with_capacity(words.len());
        for word in words {
            match &word.kind {
                WordKind::Braces(inner) => all.extend(self.words(scopes, inner)),
                _ => all.push(self.word(scopes, word)),
            }
        }
        all
    }

    pub fn word(&mut self, scopes: &Scopes<'s>, word: &'t ast::Word<'s>) -> Word<'t> {
        let origin = self.words.len();
        self.words.push(word.span);
        let pieces = match &word.kind {
            WordKind::Bare(text) => vec![Piece::Text(Cow::Borrowed(text.as_bytes()))],
            WordKind::Parts(parts) => {
                let processes = parts.iter().filter_map(|part| match &part.kind {
                    PartKind::Process(ast::Direction::From, block) => Some((origin, &**block)),
                    _ => None,
                });
                self.processes.extend(processes);
                let options = matches!(parts.first().map(|part| &part.kind), Some(PartKind::Expr(expr)) if is_call_of(expr, &["flag"]));
                let pieces = self.parts(scopes, parts);
                return Word { origin, pieces, many: false, options };
            }
            WordKind::Splice(list) => {
                let pieces = vec![self.value(kind_of(scopes, list), word.span)];
                let options = is_call_of(list, &["flags"]);
                return Word { origin, pieces, many: true, options };
            }
            WordKind::Braces(_) | WordKind::Arrow | WordKind::Assignment(_) => Vec::new(),
        };
        Word { origin, pieces, many: false, options: false }
    }

    /// Returns the parts of a word or string, neighbouring texts joined.
    pub fn parts(&mut self, scopes: &Scopes<'s>, parts: &'t [ast::Part<'s>]) -> Vec<Piece<'t>> {
        let mut pieces: Vec<Piece<'t>> = Vec::with_capacity(parts.len());
        for part in parts {
            let text: Cow<'t, [u8]> = match &part.kind {
                PartKind::Bare(text) | PartKind::Quoted(text) => Cow::Borrowed(text),
                PartKind::OpenBracket => Cow::Borrowed(b"["),
                PartKind::Tilde(_) => Cow::Borrowed(b"~"),
                PartKind::Process(..) => Cow::Borrowed(b"/dev/fd/3"),
                PartKind::Status => Cow::Borrowed(b"0"),
                PartKind::Value(expr, _) | PartKind::Expr(expr) => {
                    pieces.push(self.value(kind_of(scopes, expr), part.span));
                    continue;
                }
                PartKind::Capture(..) | PartKind::Pattern(_) | PartKind::Sh(_) => {
                    pieces.push(self.value(ValueKind::Plain, part.span));
                    continue;
                }
            };
            match pieces.last_mut() {
                Some(Piece::Text(before)) => before.to_mut().extend_from_slice(&text),
                _ => pieces.push(Piece::Text(text)),
            }
        }
        pieces
    }

    /// Returns an expression whose value is the text.
    pub fn expression(&mut self, scopes: &Scopes<'s>, expr: &'t ast::Expr<'s>) -> Vec<Piece<'t>> {
        match &expr.kind {
            ExprKind::String(parts) => self.parts(scopes, parts),
            ExprKind::Null => Vec::new(),
            _ => vec![self.value(kind_of(scopes, expr), expr.span)],
        }
    }

    /// Returns the blocks of `<(…)` in a word.
    pub fn processes(&self, word: usize) -> Vec<&'t ast::Block<'s>> {
        self.processes.iter().filter(|(at, _)| *at == word).map(|(_, block)| *block).collect()
    }

    pub fn value(&mut self, kind: ValueKind, span: Span) -> Piece<'t> {
        self.values.push(span);
        Piece::Value(Value { id: self.values.len() - 1, kind, text: None })
    }
}

/// Returns how an expression passes its value on.
pub fn kind_of(scopes: &Scopes<'_>, expr: &ast::Expr<'_>) -> ValueKind {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Bool(_) | ExprKind::Unary(..) => ValueKind::Number,
        ExprKind::Binary(binary) => match binary.operator {
            Operator::Coalesce => joint(kind_of(scopes, &binary.left), kind_of(scopes, &binary.right)),
            operator if is_arithmetic(operator) => ValueKind::Number,
            _ => ValueKind::Plain,
        },
        ExprKind::String(parts) => {
            let is_text = |part: &ast::Part<'_>| matches!(part.kind, PartKind::Bare(_) | PartKind::Quoted(_));
            if parts.iter().all(is_text) { ValueKind::Code } else { ValueKind::Plain }
        }
        ExprKind::Conditional(parts) => joint(kind_of(scopes, &parts[1]), kind_of(scopes, &parts[2])),
        ExprKind::Call(callee, _) => match callee.kind {
            ExprKind::Name("code") => ValueKind::Code,
            ExprKind::Name("quote") => quoted(expr),
            ExprKind::Name("int" | "float") => ValueKind::Number,
            _ => ValueKind::Plain,
        },
        ExprKind::Method(_, name, arguments) => of_method(name.text, arguments),
        ExprKind::Name(name) if is_of_environment(name) && scopes.find(name).is_none() => {
            ValueKind::Environment
        }
        ExprKind::Field(object, _) if is_env(scopes, object) => ValueKind::Environment,
        ExprKind::Index(inner) if is_env(scopes, &inner.0) => ValueKind::Environment,
        _ => ValueKind::Plain,
    }
}

/// Returns whether it is `quote(code(x))`, which is declared to be code within code.
fn quoted(expr: &ast::Expr<'_>) -> ValueKind {
    match &expr.kind {
        ExprKind::Call(_, arguments)
            if arguments.iter().all(|one| is_call_of(&one.value, &["code", "quote"])) =>
        {
            ValueKind::Code
        }
        _ => ValueKind::Quoted,
    }
}

fn of_method(name: &str, arguments: &[ast::Argument<'_>]) -> ValueKind {
    match (name, arguments) {
        ("len" | "floor" | "ceil" | "round" | "seconds" | "bytes", []) => ValueKind::Number,
        ("replace", [from, to]) => match (text_of(&from.value), text_of(&to.value)) {
            (Some(b"'"), Some(b"''")) => ValueKind::SqlText,
            (Some(b"$"), Some(b"$$")) => ValueKind::MakeText,
            _ => ValueKind::Plain,
        },
        _ => ValueKind::Plain,
    }
}

/// Returns the kind of one of two values.
fn joint(left: ValueKind, right: ValueKind) -> ValueKind {
    match (left, right) {
        (left, right) if left == right => left,
        (ValueKind::Environment, ValueKind::Code | ValueKind::Number)
        | (ValueKind::Code | ValueKind::Number, ValueKind::Environment) => ValueKind::Environment,
        (ValueKind::Code, ValueKind::Number) | (ValueKind::Number, ValueKind::Code) => ValueKind::Code,
        _ => ValueKind::Plain,
    }
}

fn text_of<'e>(expr: &'e ast::Expr<'_>) -> Option<&'e [u8]> {
    match &expr.kind {
        ExprKind::String(parts) => match &**parts {
            [ast::Part { kind: PartKind::Bare(text) | PartKind::Quoted(text), .. }] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

const fn is_arithmetic(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::FloorDivide
            | Operator::Remainder
            | Operator::Power
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessEqual
            | Operator::Greater
            | Operator::GreaterEqual
            | Operator::In
            | Operator::And
            | Operator::Or
    )
}

fn is_env(scopes: &Scopes<'_>, expr: &ast::Expr<'_>) -> bool {
    matches!(expr.kind, ExprKind::Name("env")) && scopes.find("env").is_none()
}

/// Returns whether a name is in capitals, like environment variables.
pub fn is_of_environment(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
