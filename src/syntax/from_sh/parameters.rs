//! Rewrites `${NAME}` with an operator of sh.

use super::{Rewrite, Rewriter, Stop, name_at};

impl Rewriter<'_> {
    /// Rewrites `${…}`.
    pub(super) fn parameter(&mut self) -> Rewrite<()> {
        let rest = self.rest();
        let end = rest.find('}').ok_or(Stop)?;
        let inside = &rest[2..end];
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
            self.copy(end + 1);
            return Ok(());
        }
        let variable = self.variable(name)?;
        let operation = operation(&inside[name.len()..]).ok_or(Stop)?;
        self.out += &format!("$[{variable}{operation}]");
        self.at += end + 1;
        Ok(())
    }
}

/// Returns the methods to call on the variable in place of an operator and its text.
fn operation(text: &str) -> Option<String> {
    let operators = ["##", "#", "%%", "%", ":-", "//"];
    let operator = *operators.iter().find(|operator| text.starts_with(**operator))?;
    let pattern = &text[operator.len()..];
    // A single punctuation character, such as the slash of `##*/`.
    let sign = |text: &str| {
        let mut letters = text.chars();
        let letter = letters.next().filter(|letter| "./:-_,@=".contains(*letter))?;
        letters.next().is_none().then_some(letter)
    };
    Some(match operator {
        ":-" => format!(".or({})", literal(pattern)?),
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

/// Returns a text without quotes and patterns as an expression.
pub(super) fn literal(text: &str) -> Option<String> {
    let is_plain = |letter: char| letter.is_alphanumeric() || " ./:-_,@=+%".contains(letter);
    text.chars().all(is_plain).then(|| format!("\"{text}\""))
}
