//! Addition, multiplication and the other operations of arithmetic.

use super::{Op, OpError, Outcome};
use crate::value::{Duration, Size, Value};

/// Returns `left + right`, of numbers, durations or sizes.
///
/// # Errors
/// Fails on overflow, and for types that can't be added.
#[inline]
pub fn add(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => int(Op::Add, a.checked_add(*b)),
        _ => linear(Op::Add, left, right, i64::checked_add, |a, b| a + b),
    }
}

/// Returns `left - right`, of numbers, durations or sizes.
///
/// # Errors
/// Fails on overflow, and for types that can't be subtracted.
#[inline]
pub fn sub(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => int(Op::Sub, a.checked_sub(*b)),
        _ => linear(Op::Sub, left, right, i64::checked_sub, |a, b| a - b),
    }
}

/// Returns `left * right`, of numbers, or of a number with a duration or size.
///
/// # Errors
/// Fails on overflow, and for types that can't be multiplied.
#[inline]
pub fn mul(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => int(Op::Mul, a.checked_mul(*b)),
        _ => mul_slow(left, right),
    }
}

#[cold]
fn mul_slow(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Duration(_) | Value::Size(_), Value::Int(_) | Value::Float(_)) => {
            scale(Op::Mul, left, right, i64::checked_mul, |a, b| a * b)
        }
        (Value::Int(_) | Value::Float(_), Value::Duration(_) | Value::Size(_)) => {
            scale(Op::Mul, right, left, i64::checked_mul, |a, b| a * b)
        }
        _ => match floats(left, right) {
            Some((a, b)) => float(Op::Mul, a * b),
            None => Err(OpError::types(Op::Mul, left, right)),
        },
    }
}

/// Returns `left / right`: a float for numbers, two durations or two sizes; a duration or size divided
/// by a number keeps its type.
///
/// # Errors
/// Fails on division by zero, on overflow, and for types that can't be divided.
pub fn div(left: &Value, right: &Value) -> Outcome {
    let op = Op::Div;
    check_divisor(op, right)?;
    match (left, right) {
        (Value::Duration(a), Value::Duration(b)) => float(op, a.nanos as f64 / b.nanos as f64),
        (Value::Size(a), Value::Size(b)) => float(op, a.bytes as f64 / b.bytes as f64),
        (Value::Duration(_) | Value::Size(_), Value::Int(_) | Value::Float(_)) => {
            scale(op, left, right, div_nearest, |a, b| a / b)
        }
        _ => match floats(left, right) {
            Some((a, b)) => float(op, a / b),
            None => Err(OpError::types(op, left, right)),
        },
    }
}

/// Returns `left // right`: the quotient of numbers, two durations or two sizes, rounded down to an
/// integer.
///
/// # Errors
/// Fails on division by zero, on overflow, and for types that can't be divided.
#[inline]
pub fn floor_div(left: &Value, right: &Value) -> Outcome {
    let op = Op::FloorDiv;
    check_divisor(op, right)?;
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => int(op, div_floor(*a, *b)),
        (Value::Duration(a), Value::Duration(b)) => int(op, div_floor(a.nanos, b.nanos)),
        (Value::Size(a), Value::Size(b)) => int(op, div_floor(a.bytes, b.bytes)),
        _ => match floats(left, right) {
            Some((a, b)) => int(op, to_int((a / b).floor())),
            None => Err(OpError::types(op, left, right)),
        },
    }
}

/// Returns `left % right`: the remainder of `//`, with the divisor's sign, of numbers, two durations or
/// two sizes.
///
/// # Errors
/// Fails on division by zero, and for types that can't be divided.
#[inline]
pub fn rem(left: &Value, right: &Value) -> Outcome {
    let op = Op::Rem;
    check_divisor(op, right)?;
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Ok(Value::Int(rem_floor(*a, *b))),
        (Value::Duration(a), Value::Duration(b)) => {
            Ok(Value::Duration(Duration::from_nanos(rem_floor(a.nanos, b.nanos))))
        }
        (Value::Size(a), Value::Size(b)) => Ok(Value::Size(Size::from_bytes(rem_floor(a.bytes, b.bytes)))),
        _ => match floats(left, right) {
            Some((a, b)) => {
                let rest = a % b;
                float(op, if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest })
            }
            None => Err(OpError::types(op, left, right)),
        },
    }
}

/// Returns `left ** right`, of numbers: an integer if both are integers and the exponent is not
/// negative, otherwise a float.
///
/// # Errors
/// Fails on overflow, for zero to a negative power, for a root of a negative number, and for types that
/// are not numbers.
pub fn pow(left: &Value, right: &Value) -> Outcome {
    let op = Op::Pow;
    if let (Value::Int(base), Value::Int(exponent @ 0..)) = (left, right) {
        return int(op, pow_int(*base, *exponent));
    }
    match floats(left, right) {
        Some((0.0, exponent)) if exponent < 0.0 => Err(OpError::DivisionByZero { op }),
        Some((base, exponent)) => float(op, base.powf(exponent)),
        None => Err(OpError::types(op, left, right)),
    }
}

/// Returns `-value`, of a number, duration or size.
///
/// # Errors
/// Fails on overflow, which only the smallest integer has, and for other types.
#[inline]
pub fn neg(value: &Value) -> Outcome {
    let op = Op::Neg;
    let flip = |n: i64| n.checked_neg().ok_or(OpError::Overflow { op });
    match value {
        Value::Int(n) => flip(*n).map(Value::Int),
        Value::Float(x) => Ok(Value::Float(-x)),
        Value::Duration(duration) => flip(duration.nanos).map(|n| Duration::from_nanos(n).into()),
        Value::Size(size) => flip(size.bytes).map(|n| Size::from_bytes(n).into()),
        _ => Err(OpError::types(op, value, value)),
    }
}

/// Computes `+` and `-` for two values of one kind.
#[cold]
fn linear(
    op: Op,
    left: &Value,
    right: &Value,
    whole: fn(i64, i64) -> Option<i64>,
    real: fn(f64, f64) -> f64,
) -> Outcome {
    let checked = |a, b| whole(a, b).ok_or(OpError::Overflow { op });
    match (left, right) {
        (Value::Duration(a), Value::Duration(b)) => {
            checked(a.nanos, b.nanos).map(|n| Duration::from_nanos(n).into())
        }
        (Value::Size(a), Value::Size(b)) => checked(a.bytes, b.bytes).map(|n| Size::from_bytes(n).into()),
        _ => match floats(left, right) {
            Some((a, b)) => float(op, real(a, b)),
            None => Err(OpError::types(op, left, right)),
        },
    }
}

/// Computes `*` and `/` for a duration or size and a number.
fn scale(
    op: Op,
    quantity: &Value,
    number: &Value,
    whole: fn(i64, i64) -> Option<i64>,
    real: fn(f64, f64) -> f64,
) -> Outcome {
    let scaled = |quantity: i64| {
        match number {
            Value::Int(n) => whole(quantity, *n),
            Value::Float(x) => to_int(real(quantity as f64, *x).round()),
            _ => None,
        }
        .ok_or(OpError::Overflow { op })
    };
    match quantity {
        Value::Duration(duration) => scaled(duration.nanos).map(|n| Duration::from_nanos(n).into()),
        Value::Size(size) => scaled(size.bytes).map(|n| Size::from_bytes(n).into()),
        _ => Err(OpError::types(op, quantity, number)),
    }
}

/// Returns both numbers as floats.
fn floats(left: &Value, right: &Value) -> Option<(f64, f64)> {
    let to_float = |value: &Value| match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    };
    Some((to_float(left)?, to_float(right)?))
}

#[inline]
fn int(op: Op, result: Option<i64>) -> Outcome {
    result.map(Value::Int).ok_or(OpError::Overflow { op })
}

fn float(op: Op, result: f64) -> Outcome {
    if result.is_finite() {
        Ok(Value::Float(result))
    } else if result.is_nan() {
        Err(OpError::NotReal { op })
    } else {
        Err(OpError::Overflow { op })
    }
}

#[inline]
fn check_divisor(op: Op, divisor: &Value) -> Result<(), OpError> {
    let is_zero = match divisor {
        Value::Int(n) => *n == 0,
        Value::Float(x) => *x == 0.0,
        Value::Duration(duration) => duration.nanos == 0,
        Value::Size(size) => size.bytes == 0,
        _ => false,
    };
    if is_zero { Err(OpError::DivisionByZero { op }) } else { Ok(()) }
}

/// Divides and rounds down. The divisor must not be zero.
#[inline]
fn div_floor(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// Returns the remainder of the division that rounds down. The divisor must not be zero. It wraps, because
/// `i64::MIN % -1` is 0 but traps in the processor.
#[inline]
fn rem_floor(a: i64, b: i64) -> i64 {
    let rest = a.wrapping_rem(b);
    if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
}

/// Returns the quotient rounded to the nearest integer, halves away from zero. The divisor must not be
/// zero.
fn div_nearest(a: i64, b: i64) -> Option<i64> {
    let sign = if b < 0 { -1 } else { 1 };
    let (a, b) = (i128::from(a) * sign, i128::from(b) * sign);
    i64::try_from((a + b / 2 * a.signum()) / b).ok()
}

fn pow_int(base: i64, exponent: i64) -> Option<i64> {
    match base {
        // Only these stay in range for exponents of more than 32 bits.
        0 | 1 => Some(if exponent == 0 { 1 } else { base }),
        -1 => Some(if exponent % 2 == 0 { 1 } else { -1 }),
        _ => base.checked_pow(u32::try_from(exponent).ok()?),
    }
}

/// Returns a whole float as an integer.
fn to_int(x: f64) -> Option<i64> {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    (-TWO_63..TWO_63).contains(&x).then_some(x as i64)
}
