//! A command of the script with some of its text replaced, for hints.

use super::source::is_of_environment;
use crate::span::Span;

/// The length beyond which a rewritten line is not helpful.
const MAX_LENGTH: usize = 200;

/// Changes to a part of the script's text.
pub struct Rewrite<'t> {
    text: &'t str,
    span: Span,
    edits: Vec<(Span, String)>,
    is_line: bool,
}

impl<'t> Rewrite<'t> {
    /// Creates one. `is_line` means that the part can be shown alone.
    pub const fn new(text: &'t str, span: Span, is_line: bool) -> Self {
        Self { text, span, edits: Vec::new(), is_line }
    }

    pub fn replace(&mut self, span: Span, with: impl Into<String>) {
        self.edits.push((span, with.into()));
    }

    pub fn insert(&mut self, at: u32, text: impl Into<String>) {
        self.edits.push((Span { start: at, end: at }, text.into()));
    }

    /// Returns the changed text; none if it is not one line, or a change does not fit.
    pub fn line(mut self) -> Option<String> {
        self.edits.sort_by_key(|(span, _)| span.start);
        let mut line = String::new();
        let mut at = self.span.start;
        for (span, with) in &self.edits {
            line.push_str(self.text.get(at as usize..span.start as usize)?);
            line.push_str(with);
            at = span.end;
        }
        line.push_str(self.text.get(at as usize..self.span.end as usize)?);
        let fits = self.is_line && line.len() <= MAX_LENGTH && !line.contains('\n');
        fits.then_some(line)
    }
}

/// A value as an expression and as a word: `$x` is `x`. `"$(cmd)"` has no expression that fits into
/// one.
pub struct ValueText<'t> {
    /// Such as `x.y`.
    pub expression: String,
    /// Such as `${x.y}`.
    pub word: &'t str,
    /// A name for it, such as `y`.
    pub name: String,
    /// Whether it is already an environment variable.
    pub is_environment: bool,
}

impl<'t> ValueText<'t> {
    pub fn of(text: &'t str) -> Option<Self> {
        let inner = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close);
        let expression = if text.starts_with("$(") {
            return None;
        } else if let Some(inner) = inner("${", "}").or_else(|| inner("$[", "]")) {
            inner
        } else {
            text.strip_prefix("...$").or_else(|| text.strip_prefix('$'))?
        };
        let expression = expression.trim();
        if expression.contains('\n') || expression.is_empty() {
            return None;
        }
        let is_environment = is_of_environment(expression);
        let last = expression.rsplit('.').next().unwrap_or_default();
        let is_name = last.starts_with(|c: char| c.is_ascii_alphabetic())
            && last.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let name = if is_name { last } else { "value" };
        let expression = if is_environment { format!("env.{expression}") } else { expression.to_string() };
        Some(Self { expression, word: text, name: name.to_string(), is_environment })
    }
}

/// Returns a text as a word: in single quotes if it contains none, otherwise in double quotes.
pub fn quoted(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut word = String::from("\"");
    for letter in text.chars() {
        if matches!(letter, '"' | '$' | '\\' | '`') {
            word.push('\\');
        }
        word.push(letter);
    }
    word.push('"');
    word
}
