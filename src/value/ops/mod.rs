//! The operators: arithmetic, joining, comparison.
//!
//! - Integers are checked: a result that does not fit in 64 bits is an error. Floats are finite: an
//!   infinite result and NaN are errors, too, so neither can spread unnoticed.
//! - An integer and a float are combined as floats, but their comparison is exact.
//! - `/` returns a float. `//` rounds towards minus infinity and returns an integer; `%` has the
//!   divisor's sign, so that `a == (a // b) * b + a % b`.
//! - `**` of integers is an integer; with a negative exponent it is a float (`2 ** -1` is `0.5`), as for
//!   `/`.
//! - Durations and sizes: `+`, `-`, `//`, `%` and `/` (a float) of the same kind, `*` and `/` by a number,
//!   rounded to the nearest nanosecond or byte.
//! - `null` equals only null, and may be compared with any value for equality. Otherwise values of
//!   different types can't be compared: `"1" == 1` is an error, not false. The same is true of the
//!   elements of lists and maps.

mod arithmetic;
mod compare;

use std::fmt;

pub use arithmetic::{add, div, floor_div, mul, neg, pow, rem, sub};
pub use compare::{compare, contains, equal};

use super::{MOST_BYTES, MOST_ITEMS, Type, Value};

/// A binary operator, or the unary minus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
    Concat,
    Neg,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
}

impl Op {
    /// Returns its spelling.
    pub const fn symbol(self) -> &'static str {
        match self {
            Op::Add => "+",
            Op::Sub | Op::Neg => "-",
            Op::Mul => "*",
            Op::Div => "/",
            Op::FloorDiv => "//",
            Op::Rem => "%",
            Op::Pow => "**",
            Op::Concat => "++",
            Op::Eq => "==",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
            Op::In => "in",
        }
    }
}

/// The reason why an operator has no result. It is small, so that a `Result` of a value is as small as a
/// value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpError {
    /// The operator is not defined for these types. For the unary minus, both are the type of the
    /// operand.
    Types { op: Op, left: Type, right: Type },
    /// The result does not fit.
    Overflow { op: Op },
    /// The divisor is zero.
    DivisionByZero { op: Op },
    /// The result is not a real number: `(-8) ** 0.5`.
    NotReal { op: Op },
    /// The values are nested too deeply to compare.
    TooDeep { op: Op },
    /// The result would be larger than any value may be.
    TooLarge { op: Op },
}

const _: () = assert!(size_of::<Result<Value, OpError>>() == 16);

impl OpError {
    fn types(op: Op, left: &Value, right: &Value) -> Self {
        Self::Types { op, left: left.type_of(), right: right.type_of() }
    }

    /// Returns the text to write instead, if there is one.
    pub const fn hint(self) -> Option<&'static str> {
        use Type::{Bool, Duration, Float, Function, Int, List, Map, Null, Range, Secret, Size, Str};
        let Self::Types { op, left, right } = self else { return None };
        Some(match (op, left, right) {
            (_, Function, _) | (_, _, Function) => "call the function: f(…)",
            (Op::Concat, Secret, _) | (Op::Concat, _, Secret) => "interpolate: \"$a$b\" is a secret, too",
            (_, Secret, _) | (_, _, Secret) => "take its text out: x.reveal()",
            (_, Null, _) | (_, _, Null) => "give a default for null: x ?? …",
            (Op::Add, Str, Str | Int | Float) | (Op::Add, Int | Float, Str) => {
                "`+` adds numbers; join strings with `++` or \"$a$b\", convert with int(x) or float(x)"
            }
            (Op::Add, List, _) | (Op::Add, _, List) => "join lists with `++`, append with xs.push(x)",
            (Op::Concat, List, _) => "put the element in a list: xs ++ [x]",
            (Op::Concat, _, List) => "put the element in a list: [x] ++ xs",
            (Op::Concat, Str, _) | (Op::Concat, _, Str) => "interpolate: \"$a$b\"",
            (Op::Concat, Int | Float, Int | Float) => "`++` joins strings or lists; `+` adds",
            (Op::In, _, Str) => "a string holds strings: \"$x\" in s",
            (Op::In, _, Int | Float | Bool | Duration | Size) => {
                "`in` looks in a list, a range, the keys of a map, or a string"
            }
            (Op::Concat, Map, Map) => "maps are joined by a.merge(b)",
            (Op::In, _, Range) => "a range holds integers: int(x)",
            (_, Range, _) | (_, _, Range) => "make a list of the range: list(r)",
            (Op::Mul, Str, Int) | (Op::Mul, Int, Str) => {
                "repeat a string by s.repeat(3); make a number of it by int(s)"
            }
            (_, Str, Int) | (_, Int, Str) => "convert the string: int(x)",
            (_, Str, Float) | (_, Float, Str) => "convert the string: float(x)",
            (_, Str, Duration) | (_, Duration, Str) => "convert the string: duration(x)",
            (_, Str, Size) | (_, Size, Str) => "convert the string: size(x)",
            (_, Duration, Int | Float) | (_, Int | Float, Duration) => "give the number a unit, as in 30s",
            (_, Size, Int | Float) | (_, Int | Float, Size) => "give the number a unit, as in 64K or 512B",
            _ => return None,
        })
    }
}

impl fmt::Display for OpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Types { op: Op::Neg, left, .. } => write!(f, "{} has no negative", left.phrase()),
            Self::Types { op: Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge, left, right } => {
                write!(f, "{} can't be compared with {}", left.phrase(), right.phrase())
            }
            Self::Types { op: Op::In, left, right } => {
                write!(f, "{} can't be looked for in {}", left.phrase(), right.phrase())
            }
            Self::Types { op, left, right } => {
                write!(f, "`{}` is not defined for {} and {}", op.symbol(), left.phrase(), right.phrase())
            }
            Self::Overflow { op } => write!(f, "the result of `{}` is too large", op.symbol()),
            Self::DivisionByZero { op: Op::Pow } => write!(f, "zero to a negative power"),
            Self::DivisionByZero { op } => write!(f, "the divisor of `{}` is zero", op.symbol()),
            Self::NotReal { op } => write!(f, "the result of `{}` is not a real number", op.symbol()),
            Self::TooLarge { op: Op::Concat } => f.write_str("`++` would make a value of more than 256M"),
            Self::TooLarge { op } => write!(f, "the result of `{}` is more than 256M", op.symbol()),
            Self::TooDeep { .. } => {
                write!(
                    f,
                    "the values are nested more than {} levels deep, too deeply to compare",
                    compare::MAX_DEPTH
                )
            }
        }
    }
}

impl std::error::Error for OpError {}

type Outcome = Result<Value, OpError>;

/// Applies any operator. For [`Op::Neg`] only the left operand counts.
///
/// # Errors
/// Fails as the function of the operator does.
#[inline]
pub fn binary(op: Op, left: &Value, right: &Value) -> Outcome {
    match op {
        Op::Add => add(left, right),
        Op::Sub => sub(left, right),
        Op::Mul => mul(left, right),
        Op::Div => div(left, right),
        Op::FloorDiv => floor_div(left, right),
        Op::Rem => rem(left, right),
        Op::Pow => pow(left, right),
        Op::Concat => concat(left.clone(), right),
        Op::Neg => neg(left),
        Op::Eq => equal(left, right).map(Value::Bool),
        Op::Ne => equal(left, right).map(|equal| Value::Bool(!equal)),
        Op::Lt => compare(left, right).map(|order| Value::Bool(order.is_lt())),
        Op::Le => compare(left, right).map(|order| Value::Bool(order.is_le())),
        Op::Gt => compare(left, right).map(|order| Value::Bool(order.is_gt())),
        Op::Ge => compare(left, right).map(|order| Value::Bool(order.is_ge())),
        Op::In => contains(left, right).map(Value::Bool),
    }
}

/// Returns `left ++ right`, of two strings or two lists. Takes the left one by value, to grow it in place
/// if it is not shared.
///
/// # Errors
/// Fails for other types, and for a result of more than 256M.
#[inline]
pub fn concat(mut left: Value, right: &Value) -> Outcome {
    append(&mut left, right)?;
    Ok(left)
}

/// Computes `left ++= right`: like [`concat()`], but changes the variable in place.
///
/// # Errors
/// Fails for other types, and for a result of more than 256M; the variable is then unchanged.
#[inline]
pub fn append(left: &mut Value, right: &Value) -> Result<(), OpError> {
    match (&mut *left, right) {
        (Value::Str(a), Value::Str(b)) if a.len() + b.len() <= MOST_BYTES => a.push(b),
        (Value::List(a), Value::List(b)) if a.len() + b.len() <= MOST_ITEMS => {
            a.change(|values| values.extend_from_slice(b));
        }
        (Value::Str(_), Value::Str(_)) | (Value::List(_), Value::List(_)) => {
            return Err(OpError::TooLarge { op: Op::Concat });
        }
        _ => return Err(OpError::types(Op::Concat, left, right)),
    }
    Ok(())
}

/// Computes `target op= right` in place: integers are changed in place, and strings and lists grow in
/// place if they are not shared.
///
/// This is also a matter of speed: an integer that is returned in a result and copied into its variable
/// costs a stalled load each time, three times the addition.
///
/// # Errors
/// Fails as [`binary`] does; the variable is then unchanged.
#[inline]
pub fn update(op: Op, target: &mut Value, right: &Value) -> Result<(), OpError> {
    match (op, &mut *target, right) {
        (Op::Add, Value::Int(a), Value::Int(b)) => *a = a.checked_add(*b).ok_or(OpError::Overflow { op })?,
        (Op::Sub, Value::Int(a), Value::Int(b)) => *a = a.checked_sub(*b).ok_or(OpError::Overflow { op })?,
        (Op::Concat, ..) => append(target, right)?,
        _ => *target = binary(op, target, right)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests;
