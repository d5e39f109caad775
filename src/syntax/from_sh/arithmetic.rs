//! Rewrites `$((…))` with integers and the operators that have the same result in both languages.

use super::{Kind, Rewrite, Rewriter, Stop, name_at};

/// bash reads `010` as 8.
pub(super) const OCTAL: &str = "a leading zero does not make a number octal";

impl Rewriter<'_> {
    /// Skips `$((…))`, and returns the expression for it.
    pub(super) fn arithmetic_expansion(&mut self) -> Rewrite<String> {
        let inside = &self.rest()["$((".len()..];
        let mut depth = 0usize;
        let end = inside.char_indices().find_map(|(at, letter)| {
            match letter {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                ')' => return Some(at),
                _ => {}
            }
            None
        });
        let end = end.filter(|end| inside[*end..].starts_with("))")).ok_or(Stop)?;
        self.at += "$((".len() + end + "))".len();
        self.arithmetic(&inside[..end])
    }

    /// Rewrites an expression of sh's arithmetic.
    pub(super) fn arithmetic(&mut self, text: &str) -> Rewrite<String> {
        let has_division = text.contains(['/', '%']);
        // Both languages round alike if nothing is negative.
        if has_division
            && text.contains(|letter: char| letter == '-' || letter == '$' || letter.is_ascii_alphabetic())
        {
            if self.is_exact {
                return Err(Stop);
            }
            self.note("`//` rounds down");
        }
        self.arithmetic_of(text)
    }

    /// Does the same for an expression of integers.
    pub(super) fn arithmetic_of(&mut self, text: &str) -> Rewrite<String> {
        let expression = self.integers(text)?;
        if !self.is_exact && expression.contains("int(") {
            self.remark(OCTAL)?;
        }
        Ok(expression)
    }

    fn integers(&self, text: &str) -> Rewrite<String> {
        let mut out = String::new();
        let mut rest = text.trim();
        let mut wants_operand = true;
        while let Some(letter) = rest.chars().next() {
            let taken = match letter {
                ' ' | '\t' => {
                    out.push(letter);
                    1
                }
                '0'..='9' if wants_operand => {
                    let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                    let number = &rest[..length];
                    // Octal numbers, numbers that are too large, and `16#ff` are not rewritten.
                    let is_plain = number.parse::<i64>().is_ok_and(|value| value.to_string() == number);
                    if !is_plain || rest[length..].starts_with(|c: char| c == '#' || c.is_ascii_alphabetic())
                    {
                        return Err(Stop);
                    }
                    out += number;
                    wants_operand = false;
                    length
                }
                '(' if wants_operand => {
                    out.push(letter);
                    1
                }
                ')' if !wants_operand => {
                    out.push(letter);
                    1
                }
                '-' if wants_operand && !rest[1..].starts_with('-') => {
                    out.push(letter);
                    1
                }
                // bash negates before it raises to a power.
                '*' if !wants_operand
                    && rest.starts_with("**")
                    && !rest.starts_with("***")
                    && !text.contains('-') =>
                {
                    out.truncate(out.trim_end().len());
                    out += " ** ";
                    wants_operand = true;
                    rest.len() - rest[2..].trim_start().len()
                }
                '+' | '-' | '*' | '/' | '%' if !wants_operand => {
                    // `++`, `+=`, `**`
                    if rest[1..].starts_with(['+', '-', '*', '/', '=']) {
                        return Err(Stop);
                    }
                    // Pipewright requires blanks on both sides of an operator, or on neither.
                    let is_spaced = rest[1..].starts_with([' ', '\t']);
                    let before = out.trim_end().len();
                    out.truncate(before);
                    out += &if letter == '/' { " // ".to_owned() } else { format!(" {letter} ") };
                    wants_operand = true;
                    if is_spaced { rest.len() - rest[1..].trim_start().len() } else { 1 }
                }
                '$' if wants_operand && (rest.starts_with("$(") || rest.starts_with("${")) => {
                    let (value, length) = self.substituted(rest)?;
                    out += &value;
                    wants_operand = false;
                    length
                }
                _ if wants_operand => {
                    let dollar = usize::from(letter == '$');
                    let name = name_at(&rest[dollar..]);
                    if name.is_empty() {
                        return Err(Stop);
                    }
                    let variable = self.variable(name)?;
                    let is_integer = self.kind(name) == Some(Kind::Integer);
                    out += &match (is_integer, self.is_exact) {
                        (true, _) => variable,
                        (false, false) => format!("int({variable})"),
                        // bash reads `010` as 8.
                        (false, true) => format!("int($(printf -- %d ${name}))"),
                    };
                    wants_operand = false;
                    dollar + name.len()
                }
                _ => return Err(Stop),
            };
            rest = &rest[taken..];
        }
        if wants_operand { Err(Stop) } else { Ok(out) }
    }

    /// Returns the integer for `$(…)` or `${…}` that a text begins with, and its length.
    fn substituted(&self, text: &str) -> Rewrite<(String, usize)> {
        let mut inside = Rewriter::new(text, self.names);
        (inside.depth, inside.in_function, inside.is_exact) =
            (self.depth + 1, self.in_function, self.is_exact);
        inside.scopes = self.scopes.iter().map(|scope| scope.to_vec()).collect();
        inside.dollar(true)?;
        let value = match inside.out.strip_prefix("$[").and_then(|out| out.strip_suffix(']')) {
            Some(expression) => expression.to_owned(),
            None if inside.out.starts_with("$(") => inside.out.clone(),
            None => return Err(Stop),
        };
        if !inside.notes.is_empty() {
            return Err(Stop);
        }
        Ok(match self.is_exact {
            true if value.starts_with("$(") => (format!("int($(printf -- %d \"{value}\"))"), inside.at),
            true => return Err(Stop),
            false => (format!("int({value})"), inside.at),
        })
    }
}
