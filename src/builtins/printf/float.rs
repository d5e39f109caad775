//! Floating-point numbers as in the shells of x86: a mantissa of 64 bits, the C `long double`.
//!
//! bash computes with `long double`, and its output shows it: `printf %.20f 0.1` ends in zeros where a
//! `double` shows 0.10000000000000000555, and integers up to 2⁶⁴ are printed exactly. Rust has no such
//! type, and C's differs on other processors. So numbers are parsed and printed here by exact integer
//! arithmetic, the same on every system. It is slow for a number, but fast enough for a line of output.

use super::big::Big;

/// A parsed number, rounded to the nearest that the format can represent, ties to even.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Float {
    /// Whether it is negative; zero and NaN also have a sign, as in C.
    pub negative: bool,
    /// Its size.
    pub magnitude: Magnitude,
}

/// A number without its sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Magnitude {
    /// `mantissa × 2^exponent`; the mantissa's top bit is set, except for zero and the smallest numbers.
    Finite { mantissa: u64, exponent: i32 },
    /// Too large for any other variant.
    Infinite,
    /// Not a number.
    Nan,
}

const ZERO: Magnitude = Magnitude::Finite { mantissa: 0, exponent: 0 };
/// The exponents of the smallest numbers and above the largest ones.
const MIN_EXPONENT: i32 = -16_445;
const MAX_EXPONENT: i32 = 16_384 - 64;
/// Further decimal digits can't change the result, except by being present.
const MAX_DIGITS: usize = 12_000;

/// The number that strtold(3) parses at the start of a text.
#[derive(Debug)]
pub struct Parsed {
    /// The number; 0 if there is none.
    pub value: Float,
    /// The number of its bytes, including leading blanks; 0 if there is none.
    pub len: usize,
    /// Whether it was too large or too small.
    pub out_of_range: bool,
}

/// Parses a decimal or hexadecimal number, `inf`, `infinity` or `nan`.
pub fn parse(text: &[u8]) -> Parsed {
    let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b).count();
    let sign = usize::from(matches!(text.get(blanks), Some(b'+' | b'-')));
    let negative = sign == 1 && text[blanks] == b'-';
    let start = blanks + sign;
    let rest = &text[start..];
    let word = |word: &[u8]| rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word);
    let (magnitude, len, out_of_range) = if word(b"infinity") {
        (Magnitude::Infinite, 8, false)
    } else if word(b"inf") {
        (Magnitude::Infinite, 3, false)
    } else if word(b"nan") {
        let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let name = rest.get(4..).map_or(0, |rest| rest.iter().take_while(inside).count());
        let closed = rest.get(3) == Some(&b'(') && rest.get(4 + name) == Some(&b')');
        (Magnitude::Nan, if closed { name + 5 } else { 3 }, false)
    } else {
        hexadecimal(rest).unwrap_or_else(|| decimal(rest))
    };
    Parsed { value: Float { negative, magnitude }, len: if len == 0 { 0 } else { start + len }, out_of_range }
}

/// Returns the exponent after an `e` or `p`, and its number of bytes; (0, 0) without a digit.
fn exponent(text: &[u8], letter: u8) -> (i64, usize) {
    if text.first().map(u8::to_ascii_lowercase) != Some(letter) {
        return (0, 0);
    }
    let sign = usize::from(matches!(text.get(1), Some(b'+' | b'-')));
    let digits = text[1 + sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return (0, 0);
    }
    let end = 1 + sign + digits;
    // Far beyond any significant value, and far from overflowing.
    let value = text[1 + sign..end]
        .iter()
        .fold(0_i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(1_000_000_000_000));
    (if text[1] == b'-' { -value } else { value }, end)
}

fn decimal(text: &[u8]) -> (Magnitude, usize, bool) {
    let (mut number, mut digits, mut scale, mut seen) = (Big::from(0), 0, 0_i64, false);
    let (mut at, mut point, mut dropped) = (0, false, false);
    while let Some(&byte) = text.get(at) {
        match byte {
            b'.' if !point => point = true,
            b'0'..=b'9' => {
                seen = true;
                scale -= i64::from(point);
                if digits >= MAX_DIGITS {
                    scale += 1;
                    dropped |= byte != b'0';
                } else if digits > 0 || byte != b'0' {
                    digits += 1;
                    number.multiply_add(10, u32::from(byte - b'0'));
                }
            }
            _ => break,
        }
        at += 1;
    }
    if !seen {
        return (ZERO, 0, false);
    }
    if dropped {
        // Whatever the digits were, they were more than zero.
        number.multiply_add(10, 1);
        scale -= 1;
    }
    let (power, len) = exponent(&text[at..], b'e');
    let len = at + len;
    scale += power;
    if digits == 0 {
        return (ZERO, len, false);
    }
    let size = scale + digits as i64;
    if size > 5_000 {
        return (Magnitude::Infinite, len, true);
    }
    if size < -5_000 {
        return (ZERO, len, true);
    }
    let ten = |power: i64| {
        let mut big = Big::from(1);
        (0..power).for_each(|_| big.multiply_add(10, 0));
        big
    };
    let mut divisor = Big::from(1);
    if scale >= 0 {
        (0..scale).for_each(|_| number.multiply_add(10, 0));
    } else {
        divisor = ten(-scale);
    }
    // Chosen so that the quotient has 66 or 67 bits: two more than are kept.
    let shift = 66 + divisor.bits() as i32 - number.bits() as i32;
    if shift >= 0 {
        number.shift_left(shift as u32)
    } else {
        divisor.shift_left(shift.unsigned_abs())
    }
    let mut quotient = 0_u128;
    let mut part = divisor.clone();
    part.shift_left(67);
    for bit in (0..68).rev() {
        if number.subtract(&part) {
            quotient |= 1 << bit;
        }
        part.halve();
    }
    let (magnitude, out_of_range) = rounded(quotient, -shift, !number.is_zero());
    (magnitude, len, out_of_range)
}

fn hexadecimal(text: &[u8]) -> Option<(Magnitude, usize, bool)> {
    let digits = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X"))?;
    let (mut value, mut scale, mut more) = (0_u128, 0_i64, false);
    let (mut at, mut point, mut seen) = (0, false, false);
    while let Some(&byte) = digits.get(at) {
        match (byte as char).to_digit(16) {
            None if byte == b'.' && !point => point = true,
            None => break,
            Some(digit) => {
                seen = true;
                scale -= 4 * i64::from(point);
                if value >> 120 == 0 {
                    value = (value << 4) | u128::from(digit);
                } else {
                    scale += 4;
                    more |= digit != 0;
                }
            }
        }
        at += 1;
    }
    if !seen {
        return None;
    }
    let (power, len) = exponent(&digits[at..], b'p');
    let scale = (scale + power).clamp(-1_000_000, 1_000_000) as i32;
    let (magnitude, out_of_range) = rounded(value, scale, more);
    Some((magnitude, 2 + at + len, out_of_range))
}

/// Returns the number nearest to `value × 2^exponent` (and a little more, if `more`), and whether it is out
/// of range.
fn rounded(value: u128, exponent: i32, more: bool) -> (Magnitude, bool) {
    if value == 0 {
        return (ZERO, more);
    }
    let bits = 128 - value.leading_zeros() as i32;
    // Zero bits are appended to a short number, so that the mantissa is full.
    let (value, exponent, bits) =
        if bits < 64 { (value << (64 - bits), exponent - (64 - bits), 64) } else { (value, exponent, bits) };
    let drop = (bits - 64).max(MIN_EXPONENT - exponent);
    let mut exponent = exponent + drop;
    if drop > 127 {
        return (ZERO, true);
    }
    let (kept, lost) = (value >> drop, value & ((1 << drop) - 1));
    let half = if drop == 0 { 0 } else { 1_u128 << (drop - 1) };
    let up = drop > 0 && (lost > half || (lost == half && (more || kept & 1 == 1)));
    let mut kept = kept + u128::from(up);
    if kept >> 64 != 0 {
        kept >>= 1;
        exponent += 1;
    }
    if exponent > MAX_EXPONENT {
        return (Magnitude::Infinite, true);
    }
    let mantissa = kept as u64;
    let tiny = mantissa >> 63 == 0 && (lost != 0 || more);
    (Magnitude::Finite { mantissa, exponent }, tiny)
}

/// Returns the text of a finite number without its sign, for the conversion `kind` (`e`, `f`, `g`, `a`).
/// `alternate` is the flag `#`: the point is always printed, and `g` keeps its zeros.
pub fn text(mantissa: u64, exponent: i32, kind: u8, precision: Option<usize>, alternate: bool) -> String {
    match kind {
        b'a' => hexadecimal_text(mantissa, exponent, precision, alternate),
        b'e' => scientific(&Decimal::new(mantissa, exponent), precision.unwrap_or(6), alternate),
        b'f' => fixed(&Decimal::new(mantissa, exponent), precision.unwrap_or(6), alternate),
        _ => general(&Decimal::new(mantissa, exponent), precision.unwrap_or(6).max(1), alternate),
    }
}

/// The exact decimal digits of a number, `0.d₁d₂d₃… × 10^point`. Zero has none.
#[derive(Clone, Debug)]
struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    fn new(mantissa: u64, exponent: i32) -> Self {
        let mut big = Big::from(mantissa);
        if exponent >= 0 {
            big.shift_left(exponent as u32);
        } else {
            // m ÷ 2ⁿ is m × 5ⁿ ÷ 10ⁿ.
            let mut fives = exponent.unsigned_abs();
            while fives > 0 {
                let step = fives.min(13);
                big.multiply_add(5_u32.pow(step), 0);
                fives -= step;
            }
        }
        let digits = if mantissa == 0 { Vec::new() } else { big.digits() };
        let point = if mantissa == 0 { 1 } else { digits.len() as i64 + i64::from(exponent.min(0)) };
        Self { digits, point }
    }

    /// Rounds it to the first `keep` digits, ties to even, as C does in its default mode.
    fn rounded(&self, keep: i64) -> Self {
        let mut new = self.clone();
        let Ok(keep) = usize::try_from(keep) else { return Self { digits: Vec::new(), point: self.point } };
        if keep >= self.digits.len() {
            return new;
        }
        new.digits.truncate(keep);
        let (next, rest) = (self.digits[keep], &self.digits[keep + 1..]);
        let odd = keep > 0 && self.digits[keep - 1] % 2 == 1;
        let up = next > b'5' || (next == b'5' && (odd || rest.iter().any(|&digit| digit != b'0')));
        if up {
            match new.digits.iter().rposition(|&digit| digit != b'9') {
                Some(last) => {
                    new.digits[last] += 1;
                    new.digits[last + 1..].fill(b'0');
                }
                None => {
                    new.digits.fill(b'0');
                    new.digits.insert(0, b'1');
                    new.point += 1;
                }
            }
        }
        new
    }

    /// Returns the digits at the places `from..to`, counted from the first digit; zeros where there are
    /// none.
    fn places(&self, from: i64, to: i64) -> impl Iterator<Item = char> {
        (from..to).map(|at| {
            let digit = usize::try_from(at).ok().and_then(|at| self.digits.get(at));
            char::from(*digit.unwrap_or(&b'0'))
        })
    }
}

fn fixed(number: &Decimal, precision: usize, alternate: bool) -> String {
    let precision = precision as i64;
    let number = number.rounded(number.point + precision);
    let mut out: String = number.places(0, number.point).collect();
    if out.is_empty() {
        out.push('0');
    }
    if precision > 0 || alternate {
        out.push('.');
    }
    out.extend(number.places(number.point, number.point + precision));
    out
}

fn scientific(number: &Decimal, precision: usize, alternate: bool) -> String {
    let precision = precision as i64;
    let number = number.rounded(precision + 1);
    let mut out: String = number.places(0, 1).collect();
    if precision > 0 || alternate {
        out.push('.');
    }
    out.extend(number.places(1, precision + 1));
    let exponent = number.point - 1;
    let sign = if exponent < 0 { '-' } else { '+' };
    out + &format!("e{sign}{:02}", exponent.abs())
}

fn general(number: &Decimal, precision: usize, alternate: bool) -> String {
    let digits = precision as i64;
    let exponent = number.rounded(digits).point - 1;
    let text = if exponent < -4 || exponent >= digits {
        scientific(number, precision - 1, alternate)
    } else {
        fixed(number, (digits - 1 - exponent) as usize, alternate)
    };
    if alternate || !text.contains('.') {
        return text;
    }
    let (mantissa, exponent) = text.split_at(text.find('e').unwrap_or(text.len()));
    format!("{}{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
}

/// Returns `0xh.hhhp±d`, with the mantissa's first four bits before the point, as the C library of x86
/// prints it.
fn hexadecimal_text(mantissa: u64, exponent: i32, precision: Option<usize>, alternate: bool) -> String {
    let mut exponent = if mantissa == 0 { 0 } else { exponent + 60 };
    let mut value = u128::from(mantissa);
    if let Some(precision) = precision.filter(|&precision| precision < 15) {
        let drop = 4 * (15 - precision);
        let (lost, half) = (value & ((1 << drop) - 1), 1 << (drop - 1));
        value >>= drop;
        value += u128::from(lost > half || (lost == half && value & 1 == 1));
        value <<= drop;
        if value >> 64 != 0 {
            value >>= 4;
            exponent += 4;
        }
    }
    let digits = format!("{value:016x}");
    let (first, rest) = digits.split_at(1);
    let rest = match precision {
        None => rest.trim_end_matches('0').to_owned(),
        Some(precision) if precision <= 15 => rest[..precision].to_owned(),
        Some(precision) => rest.to_owned() + &"0".repeat(precision - 15),
    };
    let point = if rest.is_empty() && !alternate { "" } else { "." };
    format!("0x{first}{point}{rest}p{exponent:+}")
}
