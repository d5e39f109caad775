//! `test` and `[`: POSIX's rules by the number of arguments, with the operators of bash.
//!
//! The number of arguments decides first (POSIX test, operands): one is text, two are an operator and its
//! operand, three a comparison, so that a value that looks like an operator can't change the meaning.
//! Longer expressions, with `-a`, `-o` and parentheses, are parsed by bash's grammar. Both sides of `-a`
//! and `-o` are always evaluated, as in bash.
//!
//! `-v`, `-R` and `-o NAME` test shell variables and options, and are refused.

mod file;

use crate::sys::stack;

pub use file::{Access, Context};

/// The limit on nested parentheses: the parser recurses.
const MAX_DEPTH: usize = 256;

/// Returns the answer of `test` to its arguments (without the name). With `is_bracket` they are those of
/// `[`, and the last one must be `]`.
///
/// # Errors
/// Fails with a message if the arguments are not an expression, or an operand is not a number: the status
/// is then 2. The message may contain text of the arguments.
pub fn test(args: &[&[u8]], is_bracket: bool, cx: &Context) -> Result<bool, String> {
    let args = match args {
        [args @ .., b"]"] if is_bracket => args,
        _ if is_bracket => return Err("the `]` is missing".to_owned()),
        args => args,
    };
    let mut reader = Reader { args, at: 0, depth: 0, cx };
    match args {
        [] => Ok(false),
        [text] => Ok(!text.is_empty()),
        [_, _] => reader.two(args),
        [_, _, _] => reader.three(args),
        [b"!", rest @ ..] if rest.len() == 3 => Ok(!reader.three(rest)?),
        [b"(", inside @ .., b")"] if inside.len() == 2 => reader.two(inside),
        _ => {
            let value = reader.expression()?;
            match reader.args.get(reader.at) {
                None => Ok(value),
                Some(next) => Err(format!("too many arguments from `{}` on", shown(next))),
            }
        }
    }
}

fn shown(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text)
}

struct Reader<'a> {
    args: &'a [&'a [u8]],
    /// The next argument of an expression of more than four.
    at: usize,
    depth: usize,
    cx: &'a Context<'a>,
}

impl<'a> Reader<'a> {
    fn two(&self, args: &[&[u8]]) -> Result<bool, String> {
        match args {
            [b"!", text] => Ok(text.is_empty()),
            [operator, operand] if is_unary(operator) => self.unary(operator, operand),
            [operator, ..] => Err(format!("`{}` is not a unary operator", shown(operator))),
            [] => Ok(false),
        }
    }

    fn three(&self, args: &[&[u8]]) -> Result<bool, String> {
        match args {
            [left, operator, right] if is_binary(operator) => self.binary(left, operator, right),
            [left, b"-a", right] => Ok(!left.is_empty() && !right.is_empty()),
            [left, b"-o", right] => Ok(!left.is_empty() || !right.is_empty()),
            [b"!", rest @ ..] => Ok(!self.two(rest)?),
            [b"(", text, b")"] => Ok(!text.is_empty()),
            [_, operator, ..] => Err(format!("`{}` is not a binary operator", shown(operator))),
            _ => Ok(false),
        }
    }

    fn next(&mut self) -> Result<&'a [u8], String> {
        let next = self.args.get(self.at).ok_or("an argument is missing at the end")?;
        self.at += 1;
        Ok(next)
    }

    /// Takes the next argument if it is `word`.
    fn take(&mut self, word: &[u8]) -> bool {
        let there = self.args.get(self.at).is_some_and(|next| *next == word);
        self.at += usize::from(there);
        there
    }

    /// Parses `-o`, which has the lowest precedence.
    fn expression(&mut self) -> Result<bool, String> {
        let mut value = self.conjunction()?;
        while self.take(b"-o") {
            value |= self.conjunction()?;
        }
        Ok(value)
    }

    /// Parses `-a`.
    fn conjunction(&mut self) -> Result<bool, String> {
        let mut value = self.term()?;
        while self.take(b"-a") {
            value &= self.term()?;
        }
        Ok(value)
    }

    fn term(&mut self) -> Result<bool, String> {
        let mut negated = false;
        while self.take(b"!") {
            negated = !negated;
        }
        Ok(negated ^ self.primary()?)
    }

    fn primary(&mut self) -> Result<bool, String> {
        if self.take(b"(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(format!("parentheses are nested more than {MAX_DEPTH} levels deep"));
            }
            if stack::is_low() {
                return Err(format!(
                    "parentheses are nested {} levels deep, and the stack is full",
                    self.depth
                ));
            }
            let value = self.expression()?;
            self.depth -= 1;
            return if self.take(b")") { Ok(value) } else { Err("a `)` is missing".to_owned()) };
        }
        match self.args.get(self.at..).unwrap_or_default() {
            [left, operator, right, ..] if is_binary(operator) => {
                self.at += 3;
                self.binary(left, operator, right)
            }
            // An operand that is not a number is left for the code below, as in bash.
            [b"-t", operand, ..] => {
                let descriptor = integer(operand);
                self.at += 1 + usize::from(descriptor.is_some());
                Ok(descriptor.is_some_and(|descriptor| self.cx.is_terminal(descriptor)))
            }
            [operator, operand, ..] if is_unary(operator) => {
                self.at += 2;
                self.unary(operator, operand)
            }
            _ => Ok(!self.next()?.is_empty()),
        }
    }

    fn unary(&self, operator: &[u8], operand: &[u8]) -> Result<bool, String> {
        match operator {
            b"-n" => Ok(!operand.is_empty()),
            b"-z" => Ok(operand.is_empty()),
            b"-t" => Ok(integer(operand).is_some_and(|descriptor| self.cx.is_terminal(descriptor))),
            b"-v" | b"-R" => Err(format!(
                "{} is not supported: a variable that isn't there is found before the script runs",
                shown(operator)
            )),
            b"-o" => Err("-o NAME is not supported: there are no shell options".to_owned()),
            [_, letter] => Ok(self.cx.file(*letter, operand)),
            _ => Err(format!("`{}` is not a unary operator", shown(operator))),
        }
    }

    fn binary(&self, left: &[u8], operator: &[u8], right: &[u8]) -> Result<bool, String> {
        let number = |text| integer(text).ok_or_else(|| format!("`{}` is not an integer", shown(text)));
        let order = || Ok::<_, String>(number(left)?.cmp(&number(right)?));
        match operator {
            b"=" | b"==" => Ok(left == right),
            b"!=" => Ok(left != right),
            b"<" => Ok(left < right),
            b">" => Ok(left > right),
            b"-eq" => Ok(order()?.is_eq()),
            b"-ne" => Ok(order()?.is_ne()),
            b"-lt" => Ok(order()?.is_lt()),
            b"-le" => Ok(order()?.is_le()),
            b"-gt" => Ok(order()?.is_gt()),
            b"-ge" => Ok(order()?.is_ge()),
            b"-nt" => Ok(self.cx.is_newer(left, right)),
            b"-ot" => Ok(self.cx.is_newer(right, left)),
            _ => Ok(self.cx.is_same(left, right)),
        }
    }
}

fn is_unary(text: &[u8]) -> bool {
    matches!(text, [b'-', letter] if b"abcdefghknoprstuvwxzGLNORS".contains(letter))
}

fn is_binary(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 9] = [b"-eq", b"-ne", b"-lt", b"-le", b"-gt", b"-ge", b"-nt", b"-ot", b"-ef"];
    matches!(text, b"=" | b"==" | b"!=" | b"<" | b">") || WORDS.contains(&text)
}

/// Returns a decimal number that fits 64 bits; blanks around it are allowed, as in bash.
fn integer(text: &[u8]) -> Option<i64> {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let start = text.iter().position(|byte| !blank(byte))?;
    let end = text.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'))? + 1;
    std::str::from_utf8(text.get(start..end)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
