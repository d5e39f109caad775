//! `printf FORMAT [ARGUMENT…]`: POSIX printf, with `%q`, `%Q` and the other extensions of bash's builtin.
//!
//! Not there, and refused before anything is printed: `-v` and `%n`, which set variables (write
//! `let x = "$(printf …)"`), and `%(…)T`, whose output depends on the clock and the locale (run `date`).
//! Widths and precisions count bytes, as POSIX says and bash does.

mod big;
mod escape;
mod float;
mod format;
mod number;
mod quote;
mod shape;

use escape::{Escape, Place, escape};
use format::{Count, Directive, Item};
use number::Number;
use shape::Shape;

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

/// The largest output. A larger one is a mistake, or meant to exhaust memory.
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
    let items = match format::parse(format) {
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
            let Some(size) =
                usize::try_from(value.unsigned_abs()).ok().filter(|&size| size <= format::MAX_COUNT)
            else {
                return self.fail(format!("a width or precision is at most {}", format::MAX_COUNT));
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
                shape.signed(&mut self.printed.out, directive, value);
            }
            b'u' | b'o' | b'x' | b'X' => {
                let value = self.told(arg.map(number::unsigned)).unwrap_or(0);
                shape.unsigned(&mut self.printed.out, directive, value);
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
}

#[cfg(test)]
mod tests;
