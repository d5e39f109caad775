//! Numbers, durations and sizes as text: the literals of the language, and the input of `int(x)`,
//! `float(x)`, `duration(x)` and `size(x)`.
//!
//! | literal | value |
//! | --- | --- |
//! | `42` `1_000` `0xff` `0o755` `0b101` | integer |
//! | `1.5` `0.5` `1e9` `1e-7` `2.5E+3` | float |
//! | `250ms` `30s` `5m` `2h` `1d` `1.5h` | duration |
//! | `512B` `64K` `512M` `2G` `1T` `1.5G` | size; a K is 1,024 bytes |
//!
//! All may begin with `-`. Only floats are rounded: `1.5h` is exact, and a size with a fraction of a byte
//! is an error. A leading zero is an error, because `010` is eight in the arithmetic of sh and C, and ten
//! to people.

use super::{Duration, Size, Value};
use std::fmt;

/// The reason why a text is not a number. Its display describes the error, and [`NumberError::help`] the
/// correct form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// The text is not a number of any kind.
    NotANumber,
    /// A leading zero: `010`.
    LeadingZero {
        /// The number in decimal, without the zeros: `10`.
        decimal: String,
        /// The number in octal, if its digits allow: `0o10`.
        octal: Option<String>,
    },
    /// A wrong digit: `0b12`, `0xfg`, `0o8`.
    BadDigit {
        /// The first wrong character.
        digit: char,
        /// 2, 8, 10 or 16.
        base: u32,
    },
    /// An unknown unit: `5q`.
    UnknownUnit {
        /// The digits before it.
        number: String,
        /// The letters after the number.
        unit: String,
    },
    /// A misplaced underscore: `1__0`, `1_`, `_1`, `1_.5`.
    Underscore,
    /// The number needs more than 64 bits.
    Overflow {
        /// The largest value of the type.
        most: &'static str,
    },
    /// Not a whole number of bytes or nanoseconds: `1.3B`.
    Fraction(&'static str),
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => f.write_str("this is not a number"),
            Self::LeadingZero { .. } => f.write_str("a number does not begin with 0"),
            Self::BadDigit { digit, base } => write!(f, "`{digit}` is not a digit of a base {base} number"),
            Self::UnknownUnit { unit, .. } => write!(f, "there is no unit `{unit}`"),
            Self::Underscore => f.write_str("`_` must be between two digits"),
            Self::Overflow { .. } => f.write_str("the number is too large"),
            Self::Fraction(unit) => write!(f, "this is not a whole number of {unit}"),
        }
    }
}

impl std::error::Error for NumberError {}

impl NumberError {
    /// Returns the text to write instead, if there is one.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::LeadingZero { decimal, octal: None } => Some(format!("write {decimal}")),
            Self::LeadingZero { decimal, octal: Some(octal) } => {
                Some(format!("write {decimal} for the decimal number, {octal} for the octal one"))
            }
            Self::UnknownUnit { number, unit } => Some(
                meant(number, unit)
                    .unwrap_or_else(|| "units of time are ms s m h d, units of size B K M G T P E".into()),
            ),
            Self::Overflow { most } => Some(format!("the largest is {most}")),
            Self::NotANumber | Self::BadDigit { .. } | Self::Underscore | Self::Fraction(_) => None,
        }
    }
}

/// Returns `1m30s` or `10MB` in the form of the language.
fn meant(number: &str, unit: &str) -> Option<String> {
    if let Some(size) = unit.strip_suffix("iB").or_else(|| unit.strip_suffix(['B', 'b'])) {
        let size = size.to_ascii_uppercase();
        return SIZE.iter().any(|(known, _)| *known == size).then(|| format!("write {number}{size}"));
    }
    let parts = split_parts(&format!("{number}{unit}"))?;
    Some(format!("write the sum: {}", parts.join(" + ")))
}

/// Returns the durations of which `1h30m` consists.
fn split_parts(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let letters = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let (part, next) = rest.split_at(digits + letters);
        if digits == 0 || !TIME.iter().any(|(known, _)| *known == &part[digits..]) {
            return None;
        }
        parts.push(part.to_string());
        rest = next;
    }
    (parts.len() > 1).then_some(parts)
}

const MOST_INT: &str = "9223372036854775807";
const MOST_FLOAT: &str = "1.7976931348623157e308";
const MOST_DURATION: &str = "2562047h, about 292 years";
const MOST_SIZE: &str = "8E less one byte";

/// Units of time and their nanoseconds. `us` and `ns` are not needed: `0.001ms` is enough.
const TIME: &[(&str, i64)] =
    &[("ms", 1_000_000), ("s", NANOS), ("m", 60 * NANOS), ("h", 3600 * NANOS), ("d", 86400 * NANOS)];
const NANOS: i64 = 1_000_000_000;

/// Units of size and their bytes. They are binary, as in head(1), dd(1) and truncate(1) without `kB`.
const SIZE: &[(&str, i64)] = &[
    ("B", 1),
    ("K", 1 << 10),
    ("M", 1 << 20),
    ("G", 1 << 30),
    ("T", 1 << 40),
    ("P", 1 << 50),
    ("E", 1 << 60),
];

/// Parses a number literal of any kind.
///
/// # Errors
/// Fails with a [`NumberError`]. The text is parsed as a whole, so blanks around the number are an error.
pub fn parse_number(text: &str) -> Result<Value, NumberError> {
    let number = Number::split(text)?;
    match number.unit {
        _ if number.base != 10 => number.int().map(Value::Int),
        "" if number.is_float() => number.float().map(Value::Float),
        "" => number.int().map(Value::Int),
        unit => match (find(TIME, unit), find(SIZE, unit)) {
            (Some(scale), _) => number.duration(scale).map(Value::Duration),
            (_, Some(scale)) => number.size(scale).map(Value::Size),
            _ => Err(NumberError::UnknownUnit {
                number: text.strip_suffix(unit).unwrap_or_default().into(),
                unit: unit.into(),
            }),
        },
    }
}

/// Parses an integer, for `int(text)` and parameters of type `int`.
///
/// # Errors
/// Fails as [`parse_number`] does; a float, a duration and a size are [`NumberError::NotANumber`].
pub fn parse_int(text: &str) -> Result<i64, NumberError> {
    match parse_number(text)? {
        Value::Int(n) => Ok(n),
        _ => Err(NumberError::NotANumber),
    }
}

/// Parses a float, for `float(text)`: any float or integer literal, and decimal numbers as programs print
/// them, which are not literals: `.5` (bc), `5.`, `+0.5` and `08.25` (date). `inf` and `nan` are refused.
///
/// # Errors
/// Fails as [`parse_number`] does.
pub fn parse_float(text: &str) -> Result<f64, NumberError> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_decimal =
        unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if is_decimal && unsigned.bytes().any(|byte| byte.is_ascii_digit()) {
        // The standard library reads these as strtod(3) does, and keeps the sign of -0.
        return match text.parse::<f64>() {
            Ok(x) if x.is_finite() => Ok(x),
            Ok(_) => Err(NumberError::Overflow { most: MOST_FLOAT }),
            Err(_) => Err(NumberError::NotANumber),
        };
    }
    match parse_number(text)? {
        Value::Int(n) => Ok(n as f64),
        Value::Float(x) => Ok(x),
        _ => Err(NumberError::NotANumber),
    }
}

/// Parses a duration, for `duration(text)`. The unit is required: `30` alone could be seconds or minutes.
///
/// # Errors
/// Fails as [`parse_number`] does.
pub fn parse_duration(text: &str) -> Result<Duration, NumberError> {
    match parse_number(text)? {
        Value::Duration(duration) => Ok(duration),
        _ => Err(NumberError::NotANumber),
    }
}

/// Parses a size, for `size(text)`. An integer counts bytes, so that the word that
/// [`super::format::to_word`] makes of a size can be parsed.
///
/// # Errors
/// Fails as [`parse_number`] does.
pub fn parse_size(text: &str) -> Result<Size, NumberError> {
    match parse_number(text)? {
        Value::Size(size) => Ok(size),
        Value::Int(bytes) => Ok(Size::from_bytes(bytes)),
        _ => Err(NumberError::NotANumber),
    }
}

fn find(units: &[(&str, i64)], unit: &str) -> Option<i64> {
    units.iter().find(|(name, _)| *name == unit).map(|&(_, scale)| scale)
}

/// The parts of a number. They contain ASCII digits, with single underscores between them.
struct Number<'t> {
    negative: bool,
    base: u32,
    whole: &'t str,
    fraction: Option<&'t str>,
    /// The exponent with its sign: `-3` in `e-3`.
    exponent: Option<&'t str>,
    unit: &'t str,
}

impl<'t> Number<'t> {
    fn split(text: &'t str) -> Result<Self, NumberError> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if let Some(digits) = text.strip_prefix(prefix) {
                if let Some(digit) = digits.chars().find(|&c| c != '_' && !c.is_digit(base)) {
                    return Err(NumberError::BadDigit { digit, base });
                }
                check_digits(digits)?;
                return Ok(Self { negative, base, whole: digits, fraction: None, exponent: None, unit: "" });
            }
        }
        let (whole, mut rest) = take_digits(text);
        check_digits(whole)?;
        let mut fraction = None;
        if let Some(after) = rest.strip_prefix('.') {
            let (digits, after) = take_digits(after);
            check_digits(digits)?;
            (fraction, rest) = (Some(digits), after);
        }
        let mut exponent = None;
        if let Some(after) = rest.strip_prefix(['e', 'E']) {
            let unsigned = after.strip_prefix(['-', '+']).unwrap_or(after);
            let (digits, after_digits) = take_digits(unsigned);
            // `8E` is a size; `8e` is not valid, and is reported as an unknown unit.
            if !digits.is_empty() {
                check_digits(digits)?;
                exponent = Some(&after[..after.len() - after_digits.len()]);
                rest = after_digits;
            }
        }
        // `1h2.5m` differs from `1.2.3`: it begins with a unit.
        let of_unit = |c: char| c.is_alphanumeric() || (c == '.' && rest.starts_with(char::is_alphabetic));
        if !rest.chars().all(of_unit) || (exponent.is_some() && !rest.is_empty()) {
            return Err(NumberError::NotANumber);
        }
        check_leading_zero(whole)?;
        Ok(Self { negative, base: 10, whole, fraction, exponent, unit: rest })
    }

    fn is_float(&self) -> bool {
        self.fraction.is_some() || self.exponent.is_some()
    }

    fn int(&self) -> Result<i64, NumberError> {
        let digits = self.digits(self.whole);
        i64::from_str_radix(&digits, self.base).map_err(|_| NumberError::Overflow { most: MOST_INT })
    }

    fn float(&self) -> Result<f64, NumberError> {
        let mut text = self.digits(self.whole);
        for (mark, part) in [('.', self.fraction), ('e', self.exponent)] {
            if let Some(part) = part {
                text.push(mark);
                text.extend(part.chars().filter(|&c| c != '_'));
            }
        }
        match text.parse::<f64>() {
            Ok(x) if x.is_finite() => Ok(x),
            _ => Err(NumberError::Overflow { most: MOST_FLOAT }),
        }
    }

    fn duration(&self, scale: i64) -> Result<Duration, NumberError> {
        self.scaled(scale, "nanoseconds", MOST_DURATION).map(Duration::from_nanos)
    }

    fn size(&self, scale: i64) -> Result<Size, NumberError> {
        self.scaled(scale, "bytes", MOST_SIZE).map(Size::from_bytes)
    }

    /// Returns the number times `scale`, exactly.
    fn scaled(&self, scale: i64, what: &'static str, most: &'static str) -> Result<i64, NumberError> {
        if self.exponent.is_some() {
            return Err(NumberError::NotANumber);
        }
        let overflow = || NumberError::Overflow { most };
        let fraction = self.fraction.unwrap_or_default().trim_end_matches(['0', '_']);
        let places = fraction.bytes().filter(u8::is_ascii_digit).count() as u32;
        let mut digits = self.digits(self.whole);
        digits.extend(fraction.chars().filter(|&c| c != '_'));
        // If 10^places overflows, the number is finer than any unit.
        let divisor = 10_i128.checked_pow(places).ok_or(NumberError::Fraction(what))?;
        let product = digits.parse::<i128>().ok().and_then(|n| n.checked_mul(scale.into()));
        let product = product.ok_or_else(overflow)?;
        match product % divisor {
            0 => i64::try_from(product / divisor).map_err(|_| overflow()),
            _ => Err(NumberError::Fraction(what)),
        }
    }

    /// Returns the digits with the sign and without underscores, as the standard library parses them.
    fn digits(&self, digits: &str) -> String {
        let sign = self.negative.then_some('-');
        sign.into_iter().chain(digits.chars().filter(|&c| c != '_')).collect()
    }
}

fn take_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    text.split_at(end)
}

fn check_digits(digits: &str) -> Result<(), NumberError> {
    if digits.is_empty() {
        Err(NumberError::NotANumber)
    } else if digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        Err(NumberError::Underscore)
    } else {
        Ok(())
    }
}

fn check_leading_zero(whole: &str) -> Result<(), NumberError> {
    if whole.len() < 2 || !whole.starts_with('0') {
        return Ok(());
    }
    let significant = whole.trim_start_matches(['0', '_']);
    let significant = if significant.is_empty() { "0" } else { significant };
    let is_octal = !significant.contains(['8', '9']);
    Err(NumberError::LeadingZero {
        decimal: significant.into(),
        octal: is_octal.then(|| format!("0o{significant}")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::format::{display, to_word};
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        match parse_number(text) {
            Ok(value) => format!("{} {value:?}", value.type_name()),
            Err(error) => match error.help() {
                Some(help) => format!("{error}; {help}"),
                None => error.to_string(),
            },
        }
    }

    #[test]
    fn every_kind_of_literal() {
        for (text, expected) in [
            ("0", "int 0"),
            ("42", "int 42"),
            ("-7", "int -7"),
            ("1_000_000", "int 1000000"),
            ("0xff", "int 255"),
            ("-0xFF", "int -255"),
            ("0xdead_beef", "int 3735928559"),
            ("0x5e", "int 94"),
            ("0o755", "int 493"),
            ("0b101", "int 5"),
            ("9223372036854775807", "int 9223372036854775807"),
            ("-9223372036854775808", "int -9223372036854775808"),
            ("1.5", "float 1.5"),
            ("0.5", "float 0.5"),
            ("3.0", "float 3.0"),
            ("1e9", "float 1000000000.0"),
            ("2.5e-3", "float 0.0025"),
            ("1E+2", "float 100.0"),
            ("250ms", "duration 250ms"),
            ("30s", "duration 30s"),
            ("5m", "duration 5m"),
            ("1.5h", "duration 90m"),
            ("1d", "duration 24h"),
            ("1_0.0_0s", "duration 10s"),
            ("64K", "size 64K"),
            ("5M", "size 5M"),
            ("1.5G", "size 1536M"),
            ("8E", "the number is too large; the largest is 8E less one byte"),
            ("7E", "size 7E"),
            ("-8E", "size -8E"),
            ("512B", "size 512B"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn text_that_is_not_a_number_gives_the_reason() {
        for (text, expected) in [
            ("", "this is not a number"),
            ("-", "this is not a number"),
            (" 1", "this is not a number"),
            ("1 ", "this is not a number"),
            ("1.", "this is not a number"),
            (".5", "this is not a number"),
            ("1.5.2", "this is not a number"),
            ("--1", "this is not a number"),
            ("inf", "this is not a number"),
            ("NaN", "this is not a number"),
            ("0x", "this is not a number"),
            ("1e5s", "this is not a number"),
            ("1-2", "this is not a number"),
            (
                "010",
                "a number does not begin with 0; write 10 for the decimal number, 0o10 for the octal one",
            ),
            ("08", "a number does not begin with 0; write 8"),
            ("00", "a number does not begin with 0; write 0 for the decimal number, 0o0 for the octal one"),
            ("0b12", "`2` is not a digit of a base 2 number"),
            ("0xfg", "`g` is not a digit of a base 16 number"),
            ("1__0", "`_` must be between two digits"),
            ("1_", "`_` must be between two digits"),
            ("1_.5", "`_` must be between two digits"),
            ("_1", "`_` must be between two digits"),
            ("5q", "there is no unit `q`; units of time are ms s m h d, units of size B K M G T P E"),
            ("5e", "there is no unit `e`; units of time are ms s m h d, units of size B K M G T P E"),
            ("5é", "there is no unit `é`; units of time are ms s m h d, units of size B K M G T P E"),
            ("1m30s", "there is no unit `m30s`; write the sum: 1m + 30s"),
            ("1h2.5m3s", "there is no unit `h2.5m3s`; write the sum: 1h + 2.5m + 3s"),
            ("10MB", "there is no unit `MB`; write 10M"),
            ("1.5GiB", "there is no unit `GiB`; write 1.5G"),
            ("64kb", "there is no unit `kb`; write 64K"),
            ("9223372036854775808", "the number is too large; the largest is 9223372036854775807"),
            ("1e999", "the number is too large; the largest is 1.7976931348623157e308"),
            ("9999999h", "the number is too large; the largest is 2562047h, about 292 years"),
            ("1.3B", "this is not a whole number of bytes"),
            ("0.00000000001s", "this is not a whole number of nanoseconds"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn conversions_take_their_own_kind() {
        assert_eq!(parse_int("0x10"), Ok(16));
        assert_eq!(parse_int("1.0"), Err(NumberError::NotANumber));
        assert_eq!(parse_float("3"), Ok(3.0));
        assert_eq!(parse_duration("30"), Err(NumberError::NotANumber));
        assert_eq!(parse_size("1500"), Ok(Size::from_bytes(1500)));
        assert_eq!(parse_size("5m"), Err(NumberError::NotANumber));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-0-9a-zA-Z_.+é]{0,50}") {
            let _ = parse_number(&text);
        }

        #[test]
        fn displayed_scalars_read_back(n: i64, x in prop::num::f64::NORMAL | prop::num::f64::ZERO) {
            for value in [Value::Int(n), Value::Float(x), Duration::from_nanos(n).into(), Size::from_bytes(n).into()] {
                let text = display(&value, 100);
                let back = parse_number(&text).map(|back| (back.type_of(), display(&back, 100)));
                prop_assert_eq!(back, Ok((value.type_of(), text)));
            }
        }

        #[test]
        fn words_read_back_by_their_conversion(n: i64, x in prop::num::f64::NORMAL | prop::num::f64::ZERO) {
            let word = |value: Value| String::from_utf8(to_word(&value).unwrap().into_owned()).unwrap();
            prop_assert_eq!(parse_int(&word(n.into())), Ok(n));
            prop_assert_eq!(parse_float(&word(x.into())), Ok(x));
            prop_assert_eq!(parse_duration(&word(Duration::from_nanos(n).into())), Ok(Duration::from_nanos(n)));
            prop_assert_eq!(parse_size(&word(Size::from_bytes(n).into())), Ok(Size::from_bytes(n)));
        }
    }
}
