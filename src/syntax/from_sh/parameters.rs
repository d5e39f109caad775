//! Rewrites `${NAME}` with an operator of sh.

use super::{Rewrite, Rewriter, Stop, name_at};

impl Rewriter<'_> {
    /// Rewrites `${…}`.
    pub(super) fn parameter(&mut self, is_quoted: bool) -> Rewrite<()> {
        let rest = self.rest();
        let end = closing_brace(rest).ok_or(Stop)?;
        let inside = &rest[2..end];
        if self.array_parameter(inside, is_quoted)? {
            return Ok(());
        }
        if let Some(name) = inside.strip_prefix('#') {
            if name.is_empty() || name_at(name) != name {
                return Err(Stop);
            }
            let variable = self.variable(name)?;
            self.out += &format!("$[{variable}.len()]");
            self.at += end + 1;
            return Ok(());
        }
        let name = name_at(inside);
        if name.is_empty() {
            return Err(Stop);
        }
        if name == inside {
            self.refer(name)?;
            self.at += end + 1;
            self.out += &format!("${{{}}}", self.written_name(name));
            return Ok(());
        }
        let variable = self.variable(name)?;
        let operator = &inside[name.len()..];
        let expression = self.chosen(&variable, operator)?;
        let expression = match expression {
            Some(expression) => expression,
            None => {
                // Letters are those of Unicode, and shells have those of the locale.
                if self.is_exact && operator.starts_with(['^', ',', ':']) {
                    return Err(Stop);
                }
                format!("{variable}{}", operation(operator).ok_or(Stop)?)
            }
        };
        self.out += &format!("$[{expression}]");
        self.at += end + 1;
        Ok(())
    }

    /// Returns the expression for `:-`, `-` and `:+`, which choose between two texts.
    fn chosen(&mut self, variable: &str, operator: &str) -> Rewrite<Option<String>> {
        if let Some(default) = operator.strip_prefix(":-") {
            return Ok(Some(format!("{variable}.or({})", self.default(default)?)));
        }
        if let Some(default) = operator.strip_prefix('-') {
            return Ok(Some(format!("{variable} ?? {}", self.default(default)?)));
        }
        let Some(other) = operator.strip_prefix(":+") else { return Ok(None) };
        Ok(Some(format!("{variable}.or(\"\") == \"\" ? \"\" : {}", self.default(other)?)))
    }

    /// Returns the expression for the word of an operator.
    pub(super) fn default(&mut self, text: &str) -> Rewrite<String> {
        if let Some(text) = literal(text) {
            return Ok(text);
        }
        let mut inside = Rewriter::new(text, self.names);
        (inside.scopes, inside.lost) = (std::mem::take(&mut self.scopes), std::mem::take(&mut self.lost));
        (inside.depth, inside.in_function) = (self.depth, self.in_function);
        let value = inside.value();
        let is_whole = inside.rest().is_empty();
        (self.scopes, self.lost) = (std::mem::take(&mut inside.scopes), std::mem::take(&mut inside.lost));
        let notes = std::mem::take(&mut inside.notes);
        notes.iter().for_each(|note| self.note(note));
        let (value, _) = value?;
        if is_whole { Ok(value) } else { Err(Stop) }
    }
}

/// Returns the place of the brace that closes the one of `${`.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at),
            '}' => depth = depth.checked_sub(1)?,
            '\n' => return None,
            _ => {}
        }
    }
    None
}

/// Returns the methods to call on the variable in place of an operator and its text.
pub(super) fn operation(text: &str) -> Option<String> {
    match text {
        "^^" => return Some(".upper()".to_owned()),
        ",," => return Some(".lower()".to_owned()),
        _ => {}
    }
    if let Some(range) = text.strip_prefix(':') {
        return slice(range);
    }
    let operators = ["##", "#", "%%", "%", "//", "/"];
    let operator = *operators.iter().find(|operator| text.starts_with(**operator))?;
    let pattern = &text[operator.len()..];
    // A single punctuation character, such as the slash of `##*/`.
    let sign = |text: &str| {
        let mut letters = text.chars();
        let letter = letters.next().filter(|letter| "./:-_,@=".contains(*letter))?;
        letters.next().is_none().then_some(letter)
    };
    Some(match operator {
        "/" => {
            let (old, new) = pattern.split_once('/').unwrap_or((pattern, ""));
            if old.is_empty() || old.starts_with(['#', '%']) {
                return None;
            }
            format!(".split({}, 2).join({})", literal(old)?, literal(new)?)
        }
        "//" => {
            let (old, new) = pattern.split_once('/').unwrap_or((pattern, ""));
            if old.is_empty() {
                return None;
            }
            format!(".replace({}, {})", literal(old)?, literal(new)?)
        }
        "##" if pattern.starts_with('*') => format!(".split(\"{}\").last()", sign(&pattern[1..])?),
        "#" if pattern.starts_with('*') => format!(".split(\"{}\", 2).last()", sign(&pattern[1..])?),
        "%%" if pattern.ends_with('*') => {
            format!(".split(\"{}\").first()", sign(pattern.strip_suffix('*')?)?)
        }
        "%" if pattern.ends_with('*') => {
            let sign = sign(pattern.strip_suffix('*')?)?;
            format!(".replace_regex('[{sign}][^{sign}]*$', \"\")")
        }
        "#" | "##" => format!(".strip_prefix({})", literal(pattern)?),
        _ => format!(".strip_suffix({})", literal(pattern)?),
    })
}

/// Returns the method for the place and the length of a part.
fn slice(range: &str) -> Option<String> {
    let (start, length) = match range.split_once(':') {
        Some((start, length)) => (start, Some(length.parse::<u16>().ok()?)),
        None => (range, None),
    };
    let start: i32 = start.trim().parse().ok()?;
    if start < 0 && (!range.starts_with(' ') || length.is_some()) {
        return None;
    }
    Some(match length {
        Some(length) => format!(".slice({start}, {})", start + i32::from(length)),
        None => format!(".slice({start})"),
    })
}

/// Returns a text without quotes and patterns as an expression.
pub(super) fn literal(text: &str) -> Option<String> {
    let is_plain = |letter: char| letter.is_alphanumeric() || " ./:-_,@=+%".contains(letter);
    text.chars().all(is_plain).then(|| format!("\"{text}\""))
}
