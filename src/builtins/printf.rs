//! `printf FORMAT [ARGUMENT…]`: POSIX printf, with `%q`, `%Q` and the other extensions of bash's builtin.
//!
//! Not supported, and refused before anything is printed: `-v` and `%n`, which set variables (write `let
//! x = "$(printf …)"`), and `%(…)T`, whose output depends on the clock and the locale (run `date`).
//! Widths and precisions count bytes, as in POSIX and bash.

mod big;
mod float;
mod format;
mod number;
mod quote;
mod shape;

use super::escape::{Escape, Place, escape};
use format::{Count, Directive, Item};
use number::Number;
use shape::Shape;

/// The output of `printf`, which is written in parts: a list of a thousand numbers, each a million digits
/// wide, is a gigabyte.
pub trait Sink {
    /// The reason why the printing ends early.
    type Stop;

    /// Takes a part of the output. It is also called with nothing from time to time, to ask whether to
    /// continue.
    ///
    /// # Errors
    /// Fails if the output can't be written, or the run must end.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Stop>;

    /// Requests this much memory for one number or text.
    ///
    /// # Errors
    /// Fails if no value may be as large.
    fn reserve(&mut self, bytes: usize) -> Result<(), Self::Stop>;
}

/// The end of a `printf`. Output from before a failure has been printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// Messages for standard error, without the command's name. They may contain text of the arguments.
    pub errors: Vec<String>,
    /// 0; 1 if an argument is not a number or the format is wrong; 2 if the call is refused.
    pub status: u8,
}

/// The amount of output that is gathered before it is written.
const CHUNK: usize = 64 << 10;
/// The number of parts of the format after which the run is asked whether to continue.
const PACE: u32 = 256;

/// Runs `printf` with its arguments (without the name).
///
/// # Errors
/// Fails with the reason for which the sink stops.
pub fn printf<S: Sink>(args: &[&[u8]], sink: &mut S) -> Result<Printed, S::Stop> {
    let (items, args) = match parse(args) {
        Ok(parsed) => parsed,
        Err(message) => return Ok(Printed { errors: vec![message], status: 2 }),
    };
    let mut run = Run { args, used: false, out: Vec::new(), parts: 0, printed: Printed::default(), sink };
    loop {
        run.used = false;
        let mut go_on = true;
        for item in &items {
            go_on = run.item(item)?;
            if !go_on {
                break;
            }
        }
        // A format that takes no arguments is printed once.
        if !go_on || run.args.is_empty() || !run.used {
            run.sink.write(&run.out)?;
            return Ok(run.printed);
        }
    }
}

/// Returns the message with which `printf` refuses these arguments before printing anything, if it does.
pub fn refusal(args: &[&[u8]]) -> Option<String> {
    parse(args).err()
}

/// Returns the format and the rest of the arguments.
fn parse<'a>(args: &'a [&'a [u8]]) -> Result<(Vec<Item>, &'a [&'a [u8]]), String> {
    let (format, args) = match args {
        [b"--", format, args @ ..] => (*format, args),
        [] | [b"--"] => return Err("usage: printf FORMAT [ARGUMENT…]".to_owned()),
        [b"-v", ..] => return Err("-v is not supported: write `let NAME = \"$(printf …)\"`".to_owned()),
        [option @ [b'-', _, ..], ..] => {
            let option = String::from_utf8_lossy(option);
            return Err(format!("{option}: invalid option; for a format write `printf -- '{option}'`"));
        }
        [format, args @ ..] => (*format, args),
    };
    format::parse(format).map(|items| (items, args))
}

/// A run through the format, once or several times.
struct Run<'a, S> {
    args: &'a [&'a [u8]],
    /// Whether this turn took an argument, or would have taken one.
    used: bool,
    /// The output that is not written yet.
    out: Vec<u8>,
    /// The number of parts of the format that were printed.
    parts: u32,
    printed: Printed,
    sink: &'a mut S,
}

impl<'a, S: Sink> Run<'a, S> {
    fn next(&mut self) -> Option<&'a [u8]> {
        self.used = true;
        let (first, rest) = self.args.split_first()?;
        self.args = rest;
        Some(first)
    }

    /// Prints a part of the format. Returns `false` if the command ends there.
    fn item(&mut self, item: &Item) -> Result<bool, S::Stop> {
        let go_on = match item {
            Item::Text(text) => {
                self.out.extend_from_slice(text);
                true
            }
            Item::Complaint(message) => {
                self.printed.errors.push(message.clone());
                true
            }
            Item::Wrong(message) => self.fail(message.clone()),
            Item::Directive(directive) => self.directive(directive)?,
        };
        self.parts = self.parts.wrapping_add(1);
        if self.out.len() >= CHUNK || self.parts.is_multiple_of(PACE) {
            let full = self.out.len() >= CHUNK;
            self.sink.write(if full { &self.out } else { b"" })?;
            if full {
                self.out.clear();
            }
        }
        Ok(go_on)
    }

    fn fail(&mut self, message: String) -> bool {
        self.printed.errors.push(message);
        self.printed.status = 1;
        false
    }

    /// Returns the value of a number, after reporting its problem.
    fn told<T>(&mut self, number: Option<Number<T>>) -> Option<T> {
        let number = number?;
        if let Some(message) = number.problem {
            self.printed.errors.push(message);
            self.printed.status = 1;
        }
        Some(number.value)
    }

    fn directive(&mut self, directive: &Directive) -> Result<bool, S::Stop> {
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
            let Some(size) =
                usize::try_from(value.unsigned_abs()).ok().filter(|&size| size <= format::MAX_COUNT)
            else {
                return Ok(self.fail(format!("a width or precision is at most {}", format::MAX_COUNT)));
            };
            if is_width {
                shape.minus |= value < 0;
                shape.width = size;
            } else if value >= 0 {
                shape.precision = Some(size);
            }
        }
        let arg = self.next();
        let text = arg.unwrap_or(b"");
        // A precision pads numbers with digits, and cuts texts.
        let digits = if b"sqQcb".contains(&directive.letter) { 0 } else { shape.precision.unwrap_or(0) };
        let largest = shape.width.max(digits);
        if largest > CHUNK {
            self.sink.reserve(largest)?;
        }
        let out = &mut self.out;
        match directive.letter {
            b's' => shape.text(out, text),
            b'q' => shape.text(out, &quote::quote(text)),
            b'Q' => {
                let text = &text[..shape.precision.take().map_or(text.len(), |most| most.min(text.len()))];
                shape.text(out, &quote::quote(text));
            }
            // Without a character it is NUL, as in C.
            b'c' => Shape { precision: None, ..shape }.text(out, &[text.first().copied().unwrap_or(0)]),
            b'b' => return Ok(self.escaped(&shape, text)),
            b'd' | b'i' => {
                let value = self.told(arg.map(number::signed)).unwrap_or(0);
                shape.signed(&mut self.out, directive, value);
            }
            b'u' | b'o' | b'x' | b'X' => {
                let value = self.told(arg.map(number::unsigned)).unwrap_or(0);
                shape.unsigned(&mut self.out, directive, value);
            }
            _ => {
                let value = self.told(arg.map(number::floating)).unwrap_or(number::ZERO);
                shape.float(&mut self.out, directive, value);
            }
        }
        Ok(true)
    }

    /// Prints an argument of `%b`.
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
        shape.text(&mut self.out, &bytes);
        go_on
    }
}

#[cfg(test)]
mod tests;
