//! Invalid or incomplete patterns of `let` and `for`.

use super::{Around, Guess};
use crate::span::Span;

/// The form of patterns.
const FORM: &str = "a pattern is names between commas, [a, b = 1, ...rest] or {key, key: name = 1, ...rest}, with `_` for what is skipped";

impl Around<'_> {
    /// Returns the error for `let [a b] = xs`, `let {a: 5} = m` or `let [a, b]= xs`.
    pub(super) fn pattern(&self) -> Guess {
        let heads = ["let [", "let {", "for [", "for {"].iter();
        let found = heads.filter_map(|head| Some((self.text[..self.at].rfind(head)?, *head)));
        let (at, head) = found.max_by_key(|(at, _)| *at)?;
        // A name may end like this: `outlet [`.
        if self.text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
            return None;
        }
        let open = at + head.len() - 1;
        // `for { … }` is a loop without its head.
        if head == "for {" && self.text[open + 1..].starts_with([' ', '\n', '\t']) {
            return None;
        }
        let close = closing(&self.text[open..])? + open;
        // The place may belong to the token before the wrong part.
        let after = self.text[close + 1..].trim_start_matches([' ', '\t']);
        let is_apart = self.text[close + 1..].starts_with([' ', '\t']);
        let pattern = &self.text[open..=close];
        let (word, sign) = if head.starts_with("let") { ("let", "=") } else { ("for", "in") };
        if !after.starts_with(sign) || !is_apart {
            if self.at > close + 1 + sign.len() || pattern.contains('\n') {
                return None;
            }
            let form = if word == "let" { "= …" } else { "in (list) { … }" };
            let message = format!("`{sign}` between blanks is missing after the pattern");
            return Some((Span::new(open, close + 1), message, format!("write: {word} {pattern} {form}")));
        }
        (self.at <= close)
            .then(|| (Span::new(open, close + 1), "this is not a pattern".to_string(), FORM.to_string()))
    }
}

/// Returns the place where the bracket at the start of a text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' | b'(' => open += 1,
            b']' | b'}' | b')' if open == 1 => return Some(at),
            b']' | b'}' | b')' => open -= 1,
            _ => {}
        }
    }
    None
}
