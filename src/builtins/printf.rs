//! `printf FORMAT [ARGUMENT…]`: POSIX printf, with `%q`, `%Q` and the other extensions of bash's builtin.
//!
//! Not there, and refused before anything is printed: `-v` and `%n`, which set variables (write
//! `let x = "$(printf …)"`), and `%(…)T`, whose output depends on the clock and the locale (run `date`).
//! Widths and precisions count bytes, as POSIX says and bash does.

mod big;
mod escape;
mod float;
mod number;
mod quote;

use escape::{Escape, Place, escape};
use float::{Float, Magnitude};
use number::Number;

/// What `printf` did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// The output: also of a failed one, which goes as far as it came.
    pub out: Vec<u8>,
    /// Messages for standard error, without the command's name. They may hold text of the arguments.
    pub errors: Vec<String>,
    /// 0; 1 when an argument is no number or the format is wrong; 2 when the call is refused.
    pub status: u8,
}

/// The largest width or precision. Larger ones are a mistake, or meant to exhaust memory.
const MAX_COUNT: usize = 1 << 24;
/// The largest output, for the same reason.
const MAX_OUTPUT: usize = 1 << 30;

/// Runs `printf` with its arguments (without the name).
pub fn printf(args: &[&[u8]]) -> Printed {
    let refused = |message: String| Printed { out: Vec::new(), errors: vec![message], status: 2 };
    let (format, args) = match args {
        [b"--", format, args @ ..] => (*format, args),
        [] | [b"--"] => return refused("usage: printf FORMAT [ARGUMENT…]".to_owned()),
        [b"-v", ..] => return refused("-v is not supported: write `let NAME = \"$(printf …)\"`".to_owned()),
        [option @ [b'-', _, ..], ..] => {
            let option = String::from_utf8_lossy(option);
            return refused(format!("{option}: invalid option; for a format write `printf -- '{option}'`"));
        }
        [format, args @ ..] => (*format, args),
    };
    let items = match parse(format) {
        Ok(items) => items,
        Err(message) => return refused(message),
    };
    let mut run = Run { args, used: false, printed: Printed::default() };
    loop {
        run.used = false;
        let go_on = items.iter().all(|item| run.item(item));
        // A format that takes no arguments is printed once.
        if !go_on || run.args.is_empty() || !run.used {
            return run.printed;
        }
    }
}

/// A part of the format.
#[derive(Debug)]
enum Item {
    Text(Vec<u8>),
    Complaint(String),
    Directive(Directive),
    /// What can't be understood, and ends the command there.
    Wrong(String),
}

/// `%` up to its letter.
#[derive(Debug, Default)]
struct Directive {
    minus: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: Option<Count>,
    precision: Option<Count>,
    letter: u8,
}

#[derive(Clone, Copy, Debug)]
enum Count {
    Is(usize),
    /// `*`: the next argument.
    Argument,
}

/// The parts of a format; an error if it asks for what is not supported.
fn parse(format: &[u8]) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut text = Vec::new();
    let mut rest = format;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' => {
                let (found, len) = escape(rest, Place::Format);
                rest = &rest[len..];
                if let Escape::Text(bytes, complaint) = found {
                    text.extend_from_slice(&bytes);
                    items.extend(complaint.map(Item::Complaint));
                }
            }
            b'%' if rest.first() == Some(&b'%') => {
                rest = &rest[1..];
                text.push(b'%');
            }
            b'%' => {
                if !text.is_empty() {
                    items.push(Item::Text(std::mem::take(&mut text)));
                }
                let item = directive(&mut rest)?;
                let wrong = matches!(item, Item::Wrong(_));
                items.push(item);
                if wrong {
                    return Ok(items);
                }
            }
            _ => text.push(byte),
        }
    }
    if !text.is_empty() {
        items.push(Item::Text(text));
    }
    Ok(items)
}

/// Reads a directive after its `%`.
fn directive(rest: &mut &[u8]) -> Result<Item, String> {
    let start = *rest;
    let mut next = Directive::default();
    while let Some(&flag) = rest.first() {
        match flag {
            b'-' => next.minus = true,
            b'+' => next.plus = true,
            b' ' => next.space = true,
            b'#' => next.alternate = true,
            b'0' => next.zero = true,
            // Groups of digits: the locale C has none.
            b'\'' => {}
            _ => break,
        }
        *rest = &rest[1..];
    }
    next.width = count(rest)?;
    if let Some(after) = rest.strip_prefix(b".") {
        *rest = after;
        next.precision = Some(count(rest)?.unwrap_or(Count::Is(0)));
    }
    // The sizes of C's types mean nothing here.
    while let Some((b'h' | b'j' | b'l' | b'L' | b't' | b'z', after)) = rest.split_first() {
        *rest = after;
    }
    let Some((&letter, after)) = rest.split_first() else {
        return Ok(Item::Wrong(format!("`%{}': missing format character", String::from_utf8_lossy(start))));
    };
    *rest = after;
    next.letter = letter;
    match letter {
        b'n' => Err("%n is not supported: it would set a variable".to_owned()),
        b'(' => Err("%(…)T is not supported: run `date`".to_owned()),
        b's' | b'b' | b'c' | b'q' | b'Q' | b'd' | b'i' | b'o' | b'u' | b'x' | b'X' => Ok(Item::Directive(next)),
        b'a' | b'e' | b'f' | b'g' | b'A' | b'E' | b'F' | b'G' => Ok(Item::Directive(next)),
        _ => {
            let char = start[start.len() - rest.len() - 1..].utf8_chunks().next().map(|chunk| chunk.valid());
            let char = char.and_then(|valid| valid.chars().next()).unwrap_or(char::REPLACEMENT_CHARACTER);
            Ok(Item::Wrong(format!("`{char}': invalid format character")))
        }
    }
}

/// A width or precision.
fn count(rest: &mut &[u8]) -> Result<Option<Count>, String> {
    if let Some(after) = rest.strip_prefix(b"*") {
        *rest = after;
        return Ok(Some(Count::Argument));
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = rest[..digits].iter().fold(0, |value, digit| (value * 10 + usize::from(digit - b'0')).min(MAX_COUNT + 1));
    *rest = &rest[digits..];
    match (digits, value) {
        (0, _) => Ok(None),
        (_, value) if value <= MAX_COUNT => Ok(Some(Count::Is(value))),
        _ => Err(format!("a width or precision is at most {MAX_COUNT}")),
    }
}

/// A run through the format, once or several times.
struct Run<'a> {
    args: &'a [&'a [u8]],
    /// Whether this turn took an argument, or would have.
    used: bool,
    printed: Printed,
}

impl<'a> Run<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        self.used = true;
        let (first, rest) = self.args.split_first()?;
        self.args = rest;
        Some(first)
    }

    /// Prints a part of the format; `false` if the command ends there.
    fn item(&mut self, item: &Item) -> bool {
        let go_on = match item {
            Item::Text(text) => {
                self.printed.out.extend_from_slice(text);
                true
            }
            Item::Complaint(message) => {
                self.printed.errors.push(message.clone());
                true
            }
            Item::Wrong(message) => self.fail(message.clone()),
            Item::Directive(directive) => self.directive(directive),
        };
        if self.printed.out.len() > MAX_OUTPUT {
            return self.fail(format!("the output is longer than {MAX_OUTPUT} bytes"));
        }
        go_on
    }

    fn fail(&mut self, message: String) -> bool {
        self.printed.errors.push(message);
        self.printed.status = 1;
        false
    }

    /// The value of a number, its problem told.
    fn told<T>(&mut self, number: Option<Number<T>>) -> Option<T> {
        let number = number?;
        if let Some((message, fails)) = number.problem {
            self.printed.errors.push(message);
            self.printed.status |= u8::from(fails);
        }
        Some(number.value)
    }

    fn directive(&mut self, directive: &Directive) -> bool {
        let mut shape = Shape { minus: directive.minus, zero: directive.zero, width: 0, precision: None };
        for (count, is_width) in [(directive.width, true), (directive.precision, false)] {
            let value = match count {
                None => continue,
                Some(Count::Is(value)) => value as i64,
                Some(Count::Argument) => {
                    let number = self.next().map(number::signed);
                    self.told(number).unwrap_or(0)
                }
            };
            let Some(size) = usize::try_from(value.unsigned_abs()).ok().filter(|&size| size <= MAX_COUNT) else {
                return self.fail(format!("a width or precision is at most {MAX_COUNT}"));
            };
            if is_width {
                shape.minus |= value < 0;
                shape.width = size;
            } else if value >= 0 {
                shape.precision = Some(size);
            }
        }
        let arg = self.next();
        let out = &mut self.printed.out;
        let text = arg.unwrap_or(b"");
        match directive.letter {
            b's' => shape.text(out, text),
            b'q' => shape.text(out, &quote::quote(text)),
            b'Q' => {
                let text = &text[..shape.precision.take().map_or(text.len(), |most| most.min(text.len()))];
                shape.text(out, &quote::quote(text));
            }
            // Without a character it is NUL, as in C.
            b'c' => Shape { precision: None, ..shape }.text(out, &[text.first().copied().unwrap_or(0)]),
            b'b' => return self.escaped(&shape, text),
            b'd' | b'i' => {
                let value = self.told(arg.map(number::signed)).unwrap_or(0);
                let sign = directive.sign(value < 0);
                shape.integer(&mut self.printed.out, sign, value.unsigned_abs().to_string(), "");
            }
            b'u' | b'o' | b'x' | b'X' => {
                let value = self.told(arg.map(number::unsigned)).unwrap_or(0);
                self.unsigned(directive, &mut shape, value);
            }
            _ => {
                let value = self.told(arg.map(number::floating)).unwrap_or(number::ZERO);
                shape.float(&mut self.printed.out, directive, value);
            }
        }
        true
    }

    /// `%b`
    fn escaped(&mut self, shape: &Shape, mut text: &[u8]) -> bool {
        let mut bytes = Vec::with_capacity(text.len());
        let mut go_on = true;
        while let Some((&byte, after)) = text.split_first() {
            text = after;
            if byte != b'\\' {
                bytes.push(byte);
                continue;
            }
            let (found, len) = escape(text, Place::Argument);
            text = &text[len..];
            match found {
                Escape::Text(out, complaint) => {
                    bytes.extend_from_slice(&out);
                    self.printed.errors.extend(complaint);
                }
                Escape::Stop => {
                    go_on = false;
                    break;
                }
            }
        }
        shape.text(&mut self.printed.out, &bytes);
        go_on
    }

    fn unsigned(&mut self, directive: &Directive, shape: &mut Shape, value: u64) {
        let digits = match directive.letter {
            b'u' => value.to_string(),
            b'o' => format!("{value:o}"),
            b'x' => format!("{value:x}"),
            _ => format!("{value:X}"),
        };
        let prefix = match directive.letter {
            b'o' if directive.alternate => {
                // `#` makes the first digit a zero, by a longer precision if it takes one.
                let least = if value == 0 { 1 } else { digits.len() + 1 };
                if shape.precision.is_some_and(|precision| precision < least) {
                    shape.precision = Some(least);
                    ""
                } else if shape.precision.is_none() && value != 0 {
                    shape.integer(&mut self.printed.out, "", format!("0{digits}"), "");
                    return;
                } else {
                    ""
                }
            }
            b'x' if directive.alternate && value != 0 => "0x",
            b'X' if directive.alternate && value != 0 => "0X",
            _ => "",
        };
        shape.integer(&mut self.printed.out, "", digits, prefix);
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

/// How wide, how long, and on which side.
struct Shape {
    minus: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

impl Shape {
    fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        let text = &text[..self.precision.map_or(text.len(), |most| most.min(text.len()))];
        self.padded(out, &[b"", text], false);
    }

    fn integer(&self, out: &mut Vec<u8>, sign: &str, digits: String, prefix: &str) {
        let digits = if digits == "0" && self.precision == Some(0) { String::new() } else { digits };
        let zeros = self.precision.map_or(0, |least| least.saturating_sub(digits.len()));
        let body = "0".repeat(zeros) + &digits;
        let head = [sign, prefix].concat();
        self.padded(out, &[head.as_bytes(), body.as_bytes()], self.precision.is_none());
    }

    fn float(&self, out: &mut Vec<u8>, directive: &Directive, value: Float) {
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

    /// `parts[0]` stays in front of zeros that fill the width.
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

#[cfg(test)]
mod tests;
