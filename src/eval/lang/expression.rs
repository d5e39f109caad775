//! Evaluation of expressions.

use crate::check::program::*;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::lang::quote;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::services::ServiceState;
use crate::eval::tasks::job_state::JobState;
use crate::eval::workers::pool_of;
use crate::methods;
use crate::span::Span;
use crate::sys::stack;
use crate::value::ops::{self, Op};
use crate::value::{List, Map, Range, Str, Type, Value, format};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

impl Interpreter {
    pub(in crate::eval) fn expr(&mut self, expr: &Expr) -> Eval<Value> {
        if self.dry.is_some() { self.dry_expr(expr) } else { self.evaluate(expr) }
    }

    /// Evaluates the most frequent expressions of loops, and calls. The other expressions are in a separate
    /// function with a large frame, since making the frame takes longer than evaluating these expressions, and each
    /// open call would hold one.
    #[inline]
    pub(in crate::eval) fn evaluate(&mut self, expr: &Expr) -> Eval<Value> {
        match &expr.kind {
            ExprKind::Value(value) => Ok(value.clone()),
            ExprKind::Slot(slot) => Ok(self.slot(*slot).clone()),
            _ if stack::is_low() => Err(self.stack_is_full("expression", expr.span)),
            ExprKind::Binary { operator, operands } => {
                self.binary(*operator, &operands.0, &operands.1, expr.span)
            }
            ExprKind::Call(function, arguments) => self.call_named(*function, arguments, expr.span),
            _ => self.evaluate_other(expr),
        }
    }

    #[inline(never)]
    fn evaluate_other(&mut self, expr: &Expr) -> Eval<Value> {
        match &expr.kind {
            ExprKind::Value(_) | ExprKind::Slot(_) | ExprKind::Binary { .. } | ExprKind::Call(..) => {
                self.expr(expr)
            }
            ExprKind::Environment { name, required } => self.variable(name, *required, expr.span),
            ExprKind::EnvironmentOf(name) => {
                let value = self.expr(name)?;
                let name = self.variable_name(&value, name.span)?;
                self.variable(&name, false, expr.span)
            }
            ExprKind::Unquoted { value, is_joined } => {
                let value = self.expr(value)?;
                self.check_split(&value, expr.span, *is_joined)?;
                Ok(value)
            }
            ExprKind::UpdateEnvironment(map) => {
                let value = self.expr(map)?;
                self.update_environment(&value, map.span).map(|()| Value::Null)
            }
            ExprKind::Text(parts) => {
                let text = self.join(parts)?.into_value();
                self.sized(text, expr.span)
            }
            ExprKind::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    self.push_element(item, &mut list)?;
                }
                self.sized(Value::List(List::from(list)), expr.span)
            }
            // Only allowed where elements are gathered.
            ExprKind::Spread(list) => self.expr(list),
            ExprKind::Map(entries) => {
                let mut map = Map::default();
                for (key, value) in entries {
                    let name = self.expr(key)?;
                    let name = Str::from(self.word_of(&name, key.span)?.into_owned());
                    map.insert(name, self.expr(value)?);
                }
                Ok(Value::Map(map))
            }
            ExprKind::Negate(operand) => {
                let value = self.expr(operand)?;
                ops::neg(&value).map_err(|error| self.op_error(error, expr.span))
            }
            ExprKind::Not(operand) => Ok(Value::Bool(!self.truth(operand)?)),
            ExprKind::And(operands) => Ok(Value::Bool(self.truth(&operands.0)? && self.truth(&operands.1)?)),
            ExprKind::Or(operands) => Ok(Value::Bool(self.truth(&operands.0)? || self.truth(&operands.1)?)),
            ExprKind::Coalesce(operands) => match self.expr(&operands.0)? {
                Value::Null => self.expr(&operands.1),
                value => Ok(value),
            },
            ExprKind::Conditional(parts) => {
                let (condition, yes, no) = &**parts;
                if self.truth(condition)? { self.expr(yes) } else { self.expr(no) }
            }
            ExprKind::Range { inclusive, bounds } => {
                let start = self.int(&bounds.0, "the start of a range")?;
                let end = self.int(&bounds.1, "the end of a range")?;
                Ok(Value::Range(Arc::new(Range::new(start, end, *inclusive))))
            }
            ExprKind::Index(parts) => {
                // An index that can't change the variable needs no copy of the variable. A copy would change the
                // reference count, which all threads share.
                if is_still(&parts.1) && self.operand(&parts.0).is_some() {
                    let index = self.expr(&parts.1)?;
                    if let Some(receiver) = self.operand(&parts.0) {
                        return self.index(receiver, &index, parts.1.span);
                    }
                }
                let receiver = self.expr(&parts.0)?;
                let index = self.expr(&parts.1)?;
                self.index(&receiver, &index, parts.1.span)
            }
            ExprKind::Field(receiver, name) => {
                let value = self.expr(receiver)?;
                if let Value::Opaque(opaque) = &value
                    && let Some(job) = opaque.payload::<Arc<JobState>>()
                    && let Some(field) = Self::job_field(job, name.as_bytes())
                {
                    return Ok(field);
                }
                if let Some(field) = Self::worker_field(&value, name.as_bytes()) {
                    return Ok(field);
                }
                if let Some(field) = pool_of(&value).and_then(|pool| pool.field(name.as_bytes())) {
                    return Ok(field);
                }
                if let Value::Opaque(opaque) = &value
                    && let Some(service) = opaque.payload::<Arc<ServiceState>>()
                    && let Some(field) = Self::service_field(service, name.as_bytes())
                {
                    return Ok(field);
                }
                let Value::Map(map) = &value else {
                    return Err(self.no_field(&value, name, receiver.span));
                };
                match map.get(name.as_bytes()) {
                    Some(value) => Ok(value.clone()),
                    None => Err(self.missing_key(name, map, expr.span)),
                }
            }
            ExprKind::Capture(block) => Ok(Value::Str(Str::from(self.capture_text(block, expr.span)?))),
            ExprKind::Bytes(block) => Ok(Value::Str(Str::from(self.capture(block, expr.span)?))),
            ExprKind::Lines(block) => {
                let bytes = self.capture(block, expr.span)?;
                let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
                if bytes.is_empty() {
                    return Ok(Value::List(List::from(Vec::new())));
                }
                let lines = text.split(|byte| *byte == b'\n').map(|line| Value::str(line.to_vec()));
                Ok(Value::List(lines.collect()))
            }
            ExprKind::Json(block) => {
                let text = self.capture(block, expr.span)?;
                self.json_of(text, expr.span)
            }
            ExprKind::Spawn { capture, body } => self.spawn_block(body, *capture, expr.span),
            ExprKind::Worker(worker) => self.start_worker(worker, expr.span),
            ExprKind::Service(service) => self.start_service(service, expr.span),
            ExprKind::Record { capture, body } => self.record(*capture, body, expr.span),
            ExprKind::Method(receiver, name, arguments) => self.method(receiver, *name, arguments, expr.span),
            ExprKind::HostMethod(receiver, call) => self.host_method(receiver, call, expr.span),
            ExprKind::Change(change) => self.change(change, expr.span),
            ExprKind::Library(function, arguments) => self.library(function.0, arguments, expr.span),
            ExprKind::Host(function, arguments) => self.host_function(function, arguments, expr.span),
            ExprKind::Intrinsic(function, arguments) => self.intrinsic(*function, arguments, expr.span),
            ExprKind::CallValue(callee, arguments) => self.call_value(callee, arguments, expr.span),
            ExprKind::Function(function) => Ok(self.function_value(*function)),
            ExprKind::Lambda(function, captures) => Ok(self.closure(function, captures)),
        }
    }

    /// Appends an element of a list or an argument; for `...xs`, all its elements.
    pub(in crate::eval) fn push_element(&mut self, expr: &Expr, into: &mut Vec<Value>) -> Eval<()> {
        let ExprKind::Spread(list) = &expr.kind else {
            into.push(self.expr(expr)?);
            return Ok(());
        };
        let value = self.expr(list)?;
        let Value::List(items) = &value else {
            return Err(self.not_a_list(&value, list.span));
        };
        self.fits((into.len() + items.len()) * size_of::<Value>(), list.span)?;
        into.extend(items.iter().cloned());
        Ok(())
    }

    /// Returns an operand without copying it, if its evaluation changes nothing.
    #[inline]
    fn operand<'v>(&'v self, expr: &'v Expr) -> Option<&'v Value> {
        match &expr.kind {
            // A search for values that only the run can know has to see every value.
            _ if self.dry.is_some() => None,
            ExprKind::Value(value) => Some(value),
            ExprKind::Slot(slot) => Some(self.slot(*slot)),
            _ => None,
        }
    }

    fn binary(&mut self, operator: Op, left: &Expr, right: &Expr, span: Span) -> Eval<Value> {
        if let (Some(left), Some(right)) = (self.operand(left), self.operand(right)) {
            if let Some(value) = operate_ints(operator, left, right) {
                return Ok(value);
            }
            let value = operate(operator, left, right).map_err(|error| self.op_error(error, span))?;
            return self.sized(value, span);
        }
        let left = self.expr(left)?;
        if let Some(right) = self.operand(right)
            && let Some(value) = operate_ints(operator, &left, right)
        {
            return Ok(value);
        }
        if operator == Op::Concat {
            let right = self.expr(right)?;
            let joined = ops::concat(left, &right).map_err(|error| self.op_error(error, span))?;
            return self.sized(joined, span);
        }
        let outcome = match self.operand(right) {
            Some(right) => operate(operator, &left, right),
            None => {
                let right = self.expr(right)?;
                operate(operator, &left, &right)
            }
        };
        outcome.map_err(|error| self.op_error(error, span))
    }

    /// Evaluates a condition, which must be true or false.
    pub(in crate::eval) fn truth(&mut self, expr: &Expr) -> Eval<bool> {
        if let ExprKind::Binary { operator, operands } = &expr.kind
            && self.dry.is_none()
            && let (Some(left), Some(right)) = (self.int_operand(&operands.0), self.int_operand(&operands.1))
            && let Some(answer) = compare_ints(*operator, left, right)
        {
            return Ok(answer);
        }
        match self.expr(expr)? {
            Value::Bool(value) => Ok(value),
            other => Err(self.not_a_condition(&other, expr.span)),
        }
    }

    #[cold]
    fn not_a_condition(&self, value: &Value, span: Span) -> Unwind {
        let found = value.type_of();
        let message = format!("a condition is {}, not true or false", found.phrase());
        let error = page(code::WRONG_TYPE, self.source(), span, message, found.name());
        let help = match value {
            Value::Null => "compare: x == null, x != null",
            Value::Int(_) | Value::Float(_) => "compare: n != 0",
            Value::Str(_) => "compare: s != \"\"",
            Value::List(_) => "ask: not xs.is_empty()",
            Value::Map(_) => "ask for a field, such as r.ok of a record; or: not m.is_empty()",
            _ => "compare it",
        };
        Error::value(error.help(help)).into()
    }

    /// Returns an integer that is a literal or in a variable.
    #[inline]
    pub(in crate::eval) fn int_operand(&self, expr: &Expr) -> Option<i64> {
        match &expr.kind {
            ExprKind::Value(Value::Int(number)) => Some(*number),
            ExprKind::Slot(slot) => match self.slot(*slot) {
                Value::Int(number) => Some(*number),
                _ => None,
            },
            _ => None,
        }
    }

    fn int(&mut self, expr: &Expr, what: &str) -> Eval<i64> {
        match self.expr(expr)? {
            Value::Int(value) => Ok(value),
            other => Err(self.wrong_type(expr.span, what, "an integer", other.type_of())),
        }
    }

    pub(in crate::eval) fn variable(&mut self, name: &Str, required: bool, span: Span) -> Eval<Value> {
        match self.env.environment.get(name.as_bytes()) {
            Some(value) if self.env.environment.is_secret(name.as_bytes()) => {
                Ok(Value::secret(value.to_vec()))
            }
            Some(value) => Ok(Value::str(value.to_vec())),
            // Shells keep it themselves; here it is the directory of the session.
            None if name.as_bytes() == b"PWD" => Ok(Value::str(self.working_directory(span)?)),
            None if !required => Ok(Value::Null),
            None => {
                let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
                let message = format!("the environment variable {name} is not set");
                let error = page(code::UNSET_VARIABLE, self.source(), span, message, "not set");
                let help = format!("set it, or give a default: $[env.{name} ?? \"…\"]");
                Err(Error::value(error.help(help)).into())
            }
        }
    }

    fn index(&self, receiver: &Value, index: &Value, span: Span) -> Eval<Value> {
        match receiver {
            Value::List(list) => {
                let help = match index {
                    Value::Str(_) => Some("convert it: xs[int(s)]"),
                    Value::Range(_) => Some("a part of a list is taken by a method: xs.slice(0, 2)"),
                    _ => None,
                };
                if let Some(help) = help {
                    let found = index.type_of();
                    let message = format!("an index of a list is {}, not an integer", found.phrase());
                    let error = page(code::WRONG_TYPE, self.source(), span, message, found.name());
                    return Err(Error::value(error.help(help)).into());
                }
                let place = self.list_index(index, list.len(), span)?;
                Ok(list[place].clone())
            }
            Value::Map(map) => {
                let Value::Str(key) = index else {
                    return Err(self.wrong_type(span, "a key of a map", "a string", index.type_of()));
                };
                match map.get(key.as_bytes()) {
                    Some(value) => Ok(value.clone()),
                    None => Err(self.missing_key(key, map, span)),
                }
            }
            other => {
                let found = other.type_of();
                let message = format!("what is indexed is {}, not a list or map", found.phrase());
                let mut error = page(code::WRONG_TYPE, self.source(), span, message, found.name());
                if let Value::Str(_) = other {
                    error = error.help(
                        "take a part of a text: s.slice(0, 1); or make a list of it: s.chars(), s.split()",
                    );
                }
                Err(Error::value(error).into())
            }
        }
    }

    /// `xs.len`, `s.toUpperCase`: only a map has fields, and a method needs a call.
    fn no_field(&self, value: &Value, name: &Str, span: Span) -> Unwind {
        let found = value.type_of();
        if found == Type::Job {
            let message = format!("a job has no field `{}`", crate::diag::visible(name.as_bytes()));
            let error = page(code::MISSING_KEY, self.source(), span, message, "job");
            return Error::value(error.help("it has pid and status; job.wait() waits, and gives the status"))
                .into();
        }
        if found == Type::Worker {
            let message = format!("a worker has no field `{}`", crate::diag::visible(name.as_bytes()));
            let error = page(code::MISSING_KEY, self.source(), span, message, "worker");
            return Error::value(error.help("it has pid and status; a message is received by w.receive()"))
                .into();
        }
        if found == Type::Pool {
            let message = format!("a pool has no field `{}`", crate::diag::visible(name.as_bytes()));
            let error = page(code::MISSING_KEY, self.source(), span, message, "pool");
            return Error::value(error.help("it has size and waiting; pool.stats() describes its workers"))
                .into();
        }
        let message = format!("what has this field is {}, not a map", found.phrase());
        let error = page(code::WRONG_TYPE, self.source(), span, message, found.name());
        let name = String::from_utf8_lossy(name.as_bytes());
        // The receiver is shown as the script spells it, if that is short.
        let receiver = &self.source().text()[span.range()];
        let plain = receiver.len() < 30
            && receiver.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.[]".contains(&byte));
        let receiver = if plain { receiver.trim_start_matches('$') } else { "x" };
        let help = match methods::instead_of(value, &name) {
            Some(method) => Some(format!("a method is called with parentheses: {receiver}.{method}()")),
            None => match value {
                Value::Null => {
                    Some("it is null: ask before by x != null, or give a default: (x ?? {…})".into())
                }
                _ => methods::suggest(&name).or_else(|| Some("fields belong to maps: {name: 1}".into())),
            },
        };
        let error = match help {
            Some(help) => error.help(help),
            None => error,
        };
        Error::value(error).into()
    }

    fn intrinsic(&mut self, function: Intrinsic, arguments: &[Expr], span: Span) -> Eval<Value> {
        let value = self.expr(&arguments[0])?;
        match function {
            Intrinsic::Flag | Intrinsic::Code => Ok(value),
            Intrinsic::Flags => match value {
                Value::List(_) => Ok(value),
                other => Err(self.wrong_type(span, "the argument of flags", "a list", other.type_of())),
            },
            Intrinsic::Quote => {
                let words = match &value {
                    Value::List(list) => {
                        let mut words = Vec::with_capacity(list.len());
                        for item in list.iter() {
                            words.push(self.word_of(item, span)?.into_owned());
                        }
                        words
                    }
                    value => vec![self.word_of(value, span)?.into_owned()],
                };
                Ok(Value::Str(Str::from(quote::posix(&words))))
            }
        }
    }

    /// Returns the single argument that a value becomes.
    pub(in crate::eval) fn word_of<'v>(&self, value: &'v Value, span: Span) -> Eval<Cow<'v, [u8]>> {
        format::to_word(value).map_err(|error| {
            if error.found == Type::Secret {
                return self.secret_seen(span);
            }
            let diagnostic = page(code::NOT_A_WORD, self.source(), span, error.to_string(), "not one word");
            Error::value(diagnostic.help(error.hint())).into()
        })
    }
}

/// Returns whether evaluating this changes nothing: a variable, a literal, or an operator on two of them.
fn is_still(expr: &Expr) -> bool {
    let plain = |expr: &Expr| matches!(expr.kind, ExprKind::Value(_) | ExprKind::Slot(_));
    match &expr.kind {
        ExprKind::Binary { operands, .. } => plain(&operands.0) && plain(&operands.1),
        _ => plain(expr),
    }
}

/// Applies an operator to two values of any kind.
fn operate(operator: Op, left: &Value, right: &Value) -> Result<Value, ops::OpError> {
    operate_ints(operator, left, right).map_or_else(|| ops::binary(operator, left, right), Ok)
}

/// Applies the operators of most loops to two integers. Returns none for everything else, including errors.
#[inline]
fn operate_ints(operator: Op, left: &Value, right: &Value) -> Option<Value> {
    let (&Value::Int(left), &Value::Int(right)) = (left, right) else { return None };
    match operator {
        Op::Add => left.checked_add(right).map(Value::Int),
        Op::Sub => left.checked_sub(right).map(Value::Int),
        Op::Mul => left.checked_mul(right).map(Value::Int),
        // The sign is that of the divisor: see `ops`.
        Op::Rem if left >= 0 && right > 0 => Some(Value::Int(left % right)),
        _ => compare_ints(operator, left, right).map(Value::Bool),
    }
}

#[inline]
fn compare_ints(operator: Op, left: i64, right: i64) -> Option<bool> {
    let ordering = left.cmp(&right);
    Some(match operator {
        Op::Lt => ordering == Ordering::Less,
        Op::Le => ordering != Ordering::Greater,
        Op::Gt => ordering == Ordering::Greater,
        Op::Ge => ordering != Ordering::Less,
        Op::Eq => ordering == Ordering::Equal,
        Op::Ne => ordering != Ordering::Equal,
        _ => return None,
    })
}
