//! The numeric arguments of `printf` (POSIX printf, extended description): C constants, and `'A` for the
//! code of a character.

use super::float::{self, Float, Magnitude};

/// A parsed number, and an error message.
pub struct Number<T> {
    /// The number, as far as there is one.
    pub value: T,
    /// The error that makes the command fail. A number that is out of range also fails, as in dash, where
    /// bash only warns.
    pub problem: Option<String>,
}

/// Parses a number for `%d`, as strtoimax(3) with base 0 does. A number out of range becomes the nearest
/// one.
pub fn signed(text: &[u8]) -> Number<i64> {
    integer(text, |negative, value| {
        let value = value
            .and_then(|value| i64::try_from(if negative { -i128::from(value) } else { value.into() }).ok());
        value.ok_or(if negative { i64::MIN } else { i64::MAX })
    })
}

/// Parses a number for `%u`, `%o`, `%x`, as strtoumax(3) with base 0 does, which takes negative numbers
/// modulo 2⁶⁴.
pub fn unsigned(text: &[u8]) -> Number<u64> {
    integer(text, |negative, value| match value {
        Some(value) if negative => Ok(value.wrapping_neg()),
        Some(value) => Ok(value),
        None => Err(u64::MAX),
    })
}

/// Parses a number for `%e`, `%f`, `%g`, `%a`.
pub fn floating(text: &[u8]) -> Number<Float> {
    if let Some(code) = character(text) {
        let code = float::parse(code.to_string().as_bytes());
        return Number { value: code.value, problem: None };
    }
    let parsed = float::parse(text);
    // No digits at all mean zero, whatever the sign: `-` alone.
    let value = if parsed.len == 0 { ZERO } else { parsed.value };
    Number { value, problem: problem(text, parsed.len, parsed.out_of_range) }
}

/// The number for a missing argument.
pub const ZERO: Float = Float { negative: false, magnitude: Magnitude::Finite { mantissa: 0, exponent: 0 } };

/// Parses an integer. `fit` receives the sign and the value of the digits, `None` if that exceeds 64 bits;
/// its error is the number to use instead of one out of range.
fn integer<T: From<u32>>(text: &[u8], fit: impl Fn(bool, Option<u64>) -> Result<T, T>) -> Number<T> {
    if let Some(code) = character(text) {
        return Number { value: code.into(), problem: None };
    }
    let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b).count();
    let sign = usize::from(matches!(text.get(blanks), Some(b'+' | b'-')));
    let negative = sign == 1 && text[blanks] == b'-';
    let start = blanks + sign;
    let (prefix, radix) = match &text[start..] {
        [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => (2, 16),
        [b'0', ..] => (0, 8),
        _ => (0, 10),
    };
    let digits = text[start + prefix..].iter().map_while(|&byte| (byte as char).to_digit(radix));
    let (value, count) = digits.fold((Some(0_u64), 0), |(value, count), digit| {
        let next = value.and_then(|value| value.checked_mul(radix.into())?.checked_add(digit.into()));
        (next, count + 1)
    });
    let len = if count == 0 { 0 } else { start + prefix + count };
    let fitted = fit(negative, value);
    let problem = problem(text, len, fitted.is_err());
    let (Ok(value) | Err(value)) = fitted;
    Number { value, problem }
}

/// Returns the code of the character after a leading quote; of the byte if it is not UTF-8, 0 if nothing
/// follows.
fn character(text: &[u8]) -> Option<u32> {
    let [b'\'' | b'"', rest @ ..] = text else { return None };
    let char = rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    Some(char.map_or_else(|| rest.first().copied().unwrap_or(0).into(), u32::from))
}

fn problem(text: &[u8], len: usize, out_of_range: bool) -> Option<String> {
    let shown = String::from_utf8_lossy(text);
    if len < text.len() {
        let sort = match text {
            [b'0', digit, ..] if digit.is_ascii_digit() => "octal ",
            [b'0', b'x', ..] => "hex ",
            _ => "",
        };
        Some(format!("{shown}: invalid {sort}number"))
    } else {
        out_of_range.then(|| format!("{shown}: number out of range"))
    }
}
