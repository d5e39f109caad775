//! Numbers, and sizes as text.

use super::access::{argument, int, unbound};
use super::{Host, MethodError, Outcome};
use crate::diag::code;
use crate::value::{Size, Value, ops};
use std::cmp::Ordering;

type Arguments<'a> = &'a mut [Value];

pub fn floor(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    whole("floor", this, f64::floor)
}

pub fn ceil(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    whole("ceil", this, f64::ceil)
}

/// Implements `n.abs()`.
pub fn abs(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    match this {
        Value::Int(n) => n.checked_abs().map(Value::Int).ok_or_else(|| out_of_range("abs")),
        Value::Float(x) => Ok(Value::Float(x.abs())),
        other => Err(unbound("number", other)),
    }
}

/// Implements `n.sqrt()`.
pub fn sqrt(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let x = match this {
        Value::Int(n) => *n as f64,
        Value::Float(x) => *x,
        other => return Err(unbound("number", other)),
    };
    if x < 0.0 {
        return Err(MethodError::new(code::BAD_VALUE, "`sqrt`: a negative number has no real root"));
    }
    Ok(Value::Float(x.sqrt()))
}

/// Implements `n.clamp(least, most)`.
pub fn clamp(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let failure = |at: usize| move |error| MethodError::operator("clamp", error).at(at);
    let (least, most) = (argument(arguments, 0), argument(arguments, 1));
    if ops::compare(least, most).map_err(failure(1))? == Ordering::Greater {
        return Err(MethodError::value("`clamp`: the least is greater than the most", 0));
    }
    if ops::compare(this, least).map_err(failure(0))? == Ordering::Less {
        return Ok(least.clone());
    }
    let is_greater = ops::compare(this, most).map_err(failure(1))? == Ordering::Greater;
    Ok(if is_greater { most.clone() } else { this.clone() })
}

/// Rounds to an integer without `digits`, to a float with them.
pub fn round(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    match (this, argument(arguments, 0)) {
        (_, Value::Null) => whole("round", this, f64::round),
        (Value::Float(x), digits) => {
            let text = fixed(*x, digits_of("round", digits)?);
            text.parse().map(Value::Float).map_err(|_| out_of_range("round"))
        }
        (Value::Int(n), digits) => digits_of("round", digits).map(|_| Value::Int(*n)),
        (other, _) => Err(unbound("number", other)),
    }
}

fn whole(method: &str, this: &Value, to_whole: fn(f64) -> f64) -> Outcome {
    match this {
        Value::Int(n) => Ok(Value::Int(*n)),
        Value::Float(x) => to_int(to_whole(*x)).map(Value::Int).ok_or_else(|| out_of_range(method)),
        other => Err(unbound("number", other)),
    }
}

/// Returns a whole float as an integer. 2^63 is the first that is too large.
pub fn to_int(x: f64) -> Option<i64> {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    (-TWO_63..TWO_63).contains(&x).then_some(x as i64)
}

pub fn format(_: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let digits = digits_of("format", argument(arguments, 0))?;
    Ok(match this {
        Value::Int(n) if digits == 0 => n.to_string().into(),
        Value::Int(n) => format!("{n}.{:0digits$}", 0).into(),
        Value::Float(x) => fixed(*x, digits).into(),
        other => return Err(unbound("number", other)),
    })
}

fn digits_of(method: &str, value: &Value) -> Outcome<usize> {
    /// More digits have no information: the shortest text of a float has at most 17.
    const MOST: usize = 100;
    let digits = int(value)?;
    match usize::try_from(digits) {
        Ok(digits @ ..=MOST) => Ok(digits),
        _ => Err(MethodError::value(
            format!("`{method}` gives 0 to {MOST} digits after the point, not {digits}"),
            0,
        )),
    }
}

#[cold]
fn out_of_range(method: &str) -> MethodError {
    MethodError::new(code::OVERFLOW, format!("`{method}`: the result does not fit in an integer"))
}

/// Returns a finite float with this many digits after the point, rounded to the nearest, halves away from
/// zero. It rounds the exact value: `2.675` is slightly less than it looks, so two digits make `2.67`.
///
/// (The standard library's formatting rounds halves to even, and `(x * 100).round() / 100` rounds twice.)
fn fixed(x: f64, digits: usize) -> String {
    /// The digits after the point of the smallest float, so that the text is exact.
    const EXACT: usize = 1074;
    let exact = format!("{:.EXACT$}", x.abs());
    let cut = exact.len() - EXACT + digits;
    let mut kept = exact.as_bytes()[..cut].to_vec();
    if exact.as_bytes()[cut] >= b'5' {
        let mut carries = true;
        for byte in kept.iter_mut().rev().filter(|byte| **byte != b'.') {
            carries = *byte == b'9';
            *byte = if carries { b'0' } else { *byte + 1 };
            if !carries {
                break;
            }
        }
        if carries {
            kept.insert(0, b'1');
        }
    }
    if digits == 0 {
        kept.pop();
    }
    let is_zero = kept.iter().all(|byte| matches!(byte, b'0' | b'.'));
    let sign = if x < 0.0 && !is_zero { "-" } else { "" };
    format!("{sign}{}", String::from_utf8_lossy(&kept))
}

fn size(value: &Value) -> Outcome<Size> {
    match value {
        Value::Size(size) => Ok(*size),
        other => Err(unbound("size", other)),
    }
}

pub fn size_bytes(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(Value::Int(size(this)?.bytes))
}

/// Returns a size for people: one digit after the point, in the unit that leaves fewer than 1024.
pub fn size_format(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let bytes = size(this)?.bytes;
    let sign = if bytes < 0 { "-" } else { "" };
    let units = ["B", "K", "M", "G", "T", "P", "E"];
    let mut scaled = bytes.unsigned_abs() as f64;
    let mut unit = 0;
    // A value that would be shown as 1024.0K is 1.0M.
    while scaled >= 1023.95 && unit + 1 < units.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    let text = fixed(scaled, 1);
    Ok(format!("{sign}{}{}", text.strip_suffix(".0").unwrap_or(&text), units[unit]).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (x, digits, expected) in [
            (0.5, 0, "1"),
            (2.5, 0, "3"),
            (-2.5, 0, "-3"),
            (0.125, 2, "0.13"),
            (2.675, 2, "2.67"),
            (9.99, 1, "10.0"),
            (99.5, 0, "100"),
            (-0.001, 2, "0.00"),
            (1e20, 1, "100000000000000000000.0"),
            (0.1, 20, "0.10000000000000000555"),
            (5e-324, 3, "0.000"),
        ] {
            assert_eq!(fixed(x, digits), expected, "{x} {digits}");
        }
    }

    proptest! {
        #[test]
        fn many_digits_read_back(x in prop::num::f64::NORMAL) {
            prop_assume!(x.abs() > 1e-50);
            prop_assert_eq!(fixed(x, 100).parse::<f64>().unwrap(), x);
        }

        #[test]
        fn one_way_or_the_other_it_is_the_standard_librarys(x in -1e9..1e9_f64, digits in 0..6_usize) {
            // They differ only in exact halves, which a random float is not.
            let ours = fixed(x, digits);
            prop_assert_eq!(ours.trim_start_matches('-'), format!("{:.*}", digits, x.abs()));
        }
    }
}
