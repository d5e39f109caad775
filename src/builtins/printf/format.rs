//! The format of `printf`, parsed as a whole before anything is printed.

use crate::builtins::escape::{Escape, Place, escape};

/// The largest width or precision. A larger one is a mistake, or an attempt to exhaust memory.
pub const MAX_COUNT: usize = 1 << 24;

/// A part of the format.
#[derive(Debug)]
pub enum Item {
    /// Text that is printed unchanged.
    Text(Vec<u8>),
    /// A message about an escape, which does not stop the command.
    Complaint(String),
    /// A directive, printed with an argument.
    Directive(Directive),
    /// An error, which ends the command at this point.
    Wrong(String),
}

/// A directive, from `%` to its letter.
#[derive(Debug, Default)]
pub struct Directive {
    pub minus: bool,
    pub plus: bool,
    pub space: bool,
    pub alternate: bool,
    pub zero: bool,
    pub width: Option<Count>,
    pub precision: Option<Count>,
    pub letter: u8,
}

/// A width or precision.
#[derive(Clone, Copy, Debug)]
pub enum Count {
    /// A number of bytes or digits.
    Is(usize),
    /// `*`: the next argument.
    Argument,
}

/// Returns the parts of a format. Fails if it contains an unsupported directive.
pub fn parse(format: &[u8]) -> Result<Vec<Item>, String> {
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

/// Parses a directive after its `%`.
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
            // Grouping of digits: the locale C has none.
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
    // The sizes of C's types have no meaning here.
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
        b's' | b'b' | b'c' | b'q' | b'Q' | b'd' | b'i' | b'o' | b'u' | b'x' | b'X' => {
            Ok(Item::Directive(next))
        }
        b'a' | b'e' | b'f' | b'g' | b'A' | b'E' | b'F' | b'G' => Ok(Item::Directive(next)),
        _ => {
            let char = start[start.len() - rest.len() - 1..].utf8_chunks().next().map(|chunk| chunk.valid());
            let char = char.and_then(|valid| valid.chars().next()).unwrap_or(char::REPLACEMENT_CHARACTER);
            Ok(Item::Wrong(format!("`{char}': invalid format character")))
        }
    }
}

/// Parses a width or precision.
fn count(rest: &mut &[u8]) -> Result<Option<Count>, String> {
    if let Some(after) = rest.strip_prefix(b"*") {
        *rest = after;
        return Ok(Some(Count::Argument));
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = rest[..digits]
        .iter()
        .fold(0, |value, digit| (value * 10 + usize::from(digit - b'0')).min(MAX_COUNT + 1));
    *rest = &rest[digits..];
    match (digits, value) {
        (0, _) => Ok(None),
        (_, value) if value <= MAX_COUNT => Ok(Some(Count::Is(value))),
        _ => Err(format!("a width or precision is at most {MAX_COUNT}")),
    }
}
