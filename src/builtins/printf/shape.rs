//! The form in which `printf` prints a value: signs, prefixes, digits, and padding.

use super::float::{self, Float, Magnitude};
use super::format::Directive;

/// The width, the precision and the side of a value.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Whether it is padded on the right.
    pub minus: bool,
    /// Whether it is padded with zeros, if it is a number.
    pub zero: bool,
    /// The smallest number of bytes.
    pub width: usize,
    /// The largest number of bytes of a text, the smallest number of digits of an integer, or the
    /// digits of a float after its point.
    pub precision: Option<usize>,
}

impl Shape {
    pub fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        let text = &text[..self.precision.map_or(text.len(), |most| most.min(text.len()))];
        self.padded(out, &[b"", text], false);
    }

    /// Prints a number for `%d`.
    pub fn signed(&self, out: &mut Vec<u8>, directive: &Directive, value: i64) {
        self.integer(out, directive.sign(value < 0), value.unsigned_abs().to_string());
    }

    /// Prints a number for `%u`, `%o`, `%x`.
    pub fn unsigned(&self, out: &mut Vec<u8>, directive: &Directive, value: u64) {
        let (prefix, digits) = match directive.letter {
            b'o' => ("", format!("{value:o}")),
            b'x' => ("0x", format!("{value:x}")),
            b'X' => ("0X", format!("{value:X}")),
            _ => ("", value.to_string()),
        };
        match directive.letter {
            // `#` puts a zero before an octal number, unless the precision does so anyway.
            b'o' if directive.alternate => {
                let zero = value != 0 && self.precision.is_none_or(|least| least <= digits.len());
                let least = self.precision.map(|least| least.max(1));
                let digits = if zero { format!("0{digits}") } else { digits };
                Self { precision: least, ..*self }.integer(out, "", digits);
            }
            _ => self.integer(out, if directive.alternate && value != 0 { prefix } else { "" }, digits),
        }
    }

    fn integer(&self, out: &mut Vec<u8>, head: &str, digits: String) {
        let digits = if digits == "0" && self.precision == Some(0) { String::new() } else { digits };
        let zeros = self.precision.map_or(0, |least| least.saturating_sub(digits.len()));
        let body = "0".repeat(zeros) + &digits;
        self.padded(out, &[head.as_bytes(), body.as_bytes()], self.precision.is_none());
    }

    pub fn float(&self, out: &mut Vec<u8>, directive: &Directive, value: Float) {
        let sign = directive.sign(value.negative);
        let (body, finite) = match value.magnitude {
            Magnitude::Infinite => ("inf".to_owned(), false),
            Magnitude::Nan => ("nan".to_owned(), false),
            Magnitude::Finite { mantissa, exponent } => {
                let kind = directive.letter.to_ascii_lowercase();
                (float::text(mantissa, exponent, kind, self.precision, directive.alternate), true)
            }
        };
        let body = if directive.letter.is_ascii_uppercase() { body.to_ascii_uppercase() } else { body };
        // Zeros go between `0x` and the digits.
        let head = if finite && directive.letter.eq_ignore_ascii_case(&b'a') { 2 } else { 0 };
        let (head, body) = body.split_at(head);
        self.padded(out, &[[sign, head].concat().as_bytes(), body.as_bytes()], finite);
    }

    /// Pads the parts. `parts[0]` comes before zeros that fill the width.
    fn padded(&self, out: &mut Vec<u8>, parts: &[&[u8]; 2], zeros: bool) {
        let fill = self.width.saturating_sub(parts[0].len() + parts[1].len());
        let zeros = zeros && self.zero && !self.minus;
        if !self.minus && !zeros {
            out.resize(out.len() + fill, b' ');
        }
        out.extend_from_slice(parts[0]);
        if zeros {
            out.resize(out.len() + fill, b'0');
        }
        out.extend_from_slice(parts[1]);
        if self.minus {
            out.resize(out.len() + fill, b' ');
        }
    }
}

impl Directive {
    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }
}
