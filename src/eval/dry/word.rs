//! Words of a dry run: as the program would receive them, or as written if only the run can know them.

use super::{Unknown, as_unknown, capture_text, unknown};
use crate::check::program::*;
use crate::diag::{MASK, quote_word, visible};
use crate::eval::Interpreter;
use crate::eval::lang::word::Joined;
use crate::eval::report::unwind::Eval;
use crate::span::Span;
use crate::value::{Str, Value, format};

/// A text, as far as it is known.
#[derive(Default)]
pub struct Shown {
    pub text: Vec<u8>,
    /// Its form in double quotes.
    quoted: String,
    pub known: bool,
    /// Whether it means more than one word, in its written form.
    bare: bool,
    pub secret: bool,
    /// The value of the word for a function, if that is not its text.
    value: Option<Value>,
}

impl Shown {
    pub fn known(text: Vec<u8>) -> Self {
        Self { text, known: true, ..Self::default() }
    }

    fn written(text: String) -> Self {
        Self { quoted: text, ..Self::default() }
    }

    fn bare(text: String) -> Self {
        Self { bare: true, ..Self::written(text) }
    }

    /// Returns it without the line end that a here-string adds.
    pub fn without_line_end(mut self) -> Self {
        if self.text.last() == Some(&b'\n') {
            self.text.pop();
        }
        if let Some(rest) = self.quoted.strip_suffix("\\n") {
            self.quoted.truncate(rest.len());
        }
        self
    }

    /// Returns it as a word of a command.
    pub fn word(&self) -> String {
        match self {
            Self { secret: true, .. } => format!("'{MASK}'"),
            Self { bare: true, .. } => self.quoted.clone(),
            Self { known: true, .. } => beginning(&self.text, quote_word),
            _ => format!("\"{}\"", self.quoted),
        }
    }

    /// Returns it as a literal word of a call.
    pub fn into_word(self) -> Self {
        Self { value: Some(Value::Str(Str::word(self.text.clone()))), ..self }
    }

    /// Returns the argument of a function, if it is known.
    pub fn known_value(&self) -> Option<Value> {
        self.known.then(|| self.value.clone().unwrap_or_else(|| Value::str(self.text.clone())))
    }

    pub fn into_value(self) -> Value {
        if !self.known {
            return unknown(Some(self.quoted));
        }
        match self.value {
            Some(word @ Value::Str(_)) => word,
            _ => Joined { text: self.text, secret: self.secret }.into_value(),
        }
    }

    /// Returns the value for an environment variable: the text, in its written form if it is unknown.
    pub fn into_text(self) -> Value {
        if self.known { self.into_value() } else { Value::str(self.quoted.into_bytes()) }
    }
}

impl Interpreter {
    /// Returns the text of parts. An unknown part makes the whole text unknown.
    pub(super) fn dry_text(&mut self, parts: &[Part]) -> Eval<Shown> {
        let mut shown = Shown::known(Vec::new());
        for (at, part) in parts.iter().enumerate() {
            let more = self.dry_part(part, parts.get(at + 1))?;
            if more.known {
                shown.quoted +=
                    &if more.secret { MASK.to_owned() } else { beginning(&more.text, in_double_quotes) };
                if shown.text.is_empty() {
                    shown.text = more.text;
                } else {
                    shown.text.extend(more.text);
                }
            } else {
                shown.quoted += &more.quoted;
                shown.bare = more.bare && parts.len() == 1;
                self.dry().unknowns += 1;
            }
            shown.known &= more.known;
            shown.secret |= more.secret;
        }
        Ok(shown)
    }

    fn dry_part(&mut self, part: &Part, next: Option<&Part>) -> Eval<Shown> {
        match part {
            Part::Value(expr) => {
                let value = self.expr(expr)?;
                if let Some(unknown) = as_unknown(&value) {
                    return Ok(Shown::written(written(unknown)));
                }
                if let Some(secret) = value.as_secret() {
                    return Ok(Shown { secret: true, ..Shown::known(secret.to_vec()) });
                }
                Ok(Shown::known(self.word_of(&value, expr.span)?.into_owned()))
            }
            // Which programs succeed is known only after they have run.
            Part::Status => Ok(Shown::written("$?".to_owned())),
            Part::Capture(capture) => {
                let block = &capture.block;
                if let Some(mut text) = self.dry_capture(block)? {
                    text.truncate(text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1));
                    return Ok(Shown::known(text));
                }
                Ok(Shown::written(capture_text(&self.written_block(block))))
            }
            Part::Process { from, body, .. } => {
                self.dry_block(body)?;
                let sign = if *from { '<' } else { '>' };
                Ok(Shown::bare(format!("{sign}({})", self.written_block(body))))
            }
            Part::Text(_) | Part::Home(..) => {
                let mut text = Vec::new();
                let secret = self.part(part, next, &mut text)?;
                Ok(Shown { secret, ..Shown::known(text) })
            }
        }
    }

    fn written_block(&self, block: &Block) -> String {
        match (block.statements.first(), block.statements.last()) {
            (Some(first), Some(last)) => self.written(first.span.to(last.span)),
            _ => String::new(),
        }
    }

    /// Returns the arguments from words.
    pub(super) fn dry_words(&mut self, words: &[Word], required: bool) -> Eval<Vec<Shown>> {
        self.first_dry_words(words, required, usize::MAX)
    }

    /// Returns the first arguments from the words of `for`, of which a dry run shows the first turns.
    pub(super) fn first_dry_words(
        &mut self,
        words: &[Word],
        required: bool,
        most: usize,
    ) -> Eval<Vec<Shown>> {
        let mut all = Vec::with_capacity(words.len());
        for word in words {
            if all.len() >= most {
                break;
            }
            self.dry_word(word, required, most, &mut all)?;
        }
        Ok(all)
    }

    /// Appends the arguments from a word.
    pub(super) fn dry_word(
        &mut self,
        word: &Word,
        required: bool,
        most: usize,
        all: &mut Vec<Shown>,
    ) -> Eval<()> {
        match word {
            Word::Literal(text) => all.push(Shown::known(text.to_vec())),
            Word::Text(text) => {
                let shown = self.dry_text(&text.parts)?;
                if shown.secret {
                    return Err(self.secret_seen(text.span));
                }
                if shown.known {
                    // A number is never treated as an option.
                    let number = matches!(&*text.parts, [Part::Value(_)]) && is_number(&shown.text);
                    self.check_argument(&shown.text, text.guarded && !number, text.span)?;
                }
                all.push(shown);
            }
            Word::Glob(glob) => {
                let mut found = Vec::new();
                match self.matches(glob, false, &mut found) {
                    Ok(()) if found.is_empty() && required => all.push(Shown::bare(self.written(glob.span))),
                    Ok(()) => all.extend(found.into_iter().take(most).map(Shown::known)),
                    Err(_) => all.push(Shown::bare(self.written(glob.span))),
                }
            }
            Word::Splice { list, guarded } => {
                self.dry_splice(list, most, all, |this, item, span, is_first| {
                    let text = this.word_of(item, span)?.into_owned();
                    let is_word = matches!(item, Value::Str(text) if text.is_word());
                    let guard = *guarded && matches!(item, Value::Str(_)) && !is_word && !is_first;
                    this.check_argument(&text, guard, span)?;
                    let shown = Shown::known(text);
                    Ok(if is_word { shown.into_word() } else { shown })
                })?;
            }
        }
        Ok(())
    }

    /// Appends the elements of a list, with the known ones as in `shown`.
    pub(super) fn dry_splice(
        &mut self,
        list: &Expr,
        most: usize,
        all: &mut Vec<Shown>,
        shown: impl Fn(&mut Self, &Value, Span, bool) -> Eval<Shown>,
    ) -> Eval<()> {
        let value = self.expr(list)?;
        let Value::List(items) = &value else {
            let Some(unknown) = as_unknown(&value) else { return Err(self.not_a_list(&value, list.span)) };
            all.push(Shown::bare(format!("...{}", written(unknown))));
            return Ok(());
        };
        for item in items.iter().filter(|item| !matches!(item, Value::Null)).take(most) {
            all.push(match as_unknown(item) {
                Some(unknown) => Shown::written(written(unknown)),
                None => shown(self, item, list.span, all.is_empty())?,
            });
        }
        Ok(())
    }

    /// Returns the value of a word for a function.
    pub(super) fn dry_value_of_call(&mut self, text: &WordText) -> Eval<Shown> {
        let [Part::Value(expr)] = &*text.parts else { return self.dry_text(&text.parts) };
        let value = self.expr(expr)?;
        if let Some(unknown) = as_unknown(&value) {
            return Ok(Shown::written(written(unknown)));
        }
        self.shown_value(&value, text.span)
    }

    /// Returns a known value as a word of a call.
    pub(super) fn shown_value(&mut self, value: &Value, span: Span) -> Eval<Shown> {
        let argument = self.value_of_call(value.clone(), span)?;
        let is_text = format::to_word(value).is_ok();
        let quoted =
            if is_text { String::new() } else { format!("$[{}]", format::display(value, MOST_SHOWN)) };
        let text = argument.shown();
        Ok(Shown {
            text,
            known: true,
            bare: !is_text,
            quoted,
            value: Some(argument.value),
            ..Shown::default()
        })
    }
}

fn written(unknown: &Unknown) -> String {
    unknown.shown.clone().unwrap_or_else(|| "…".to_owned())
}

/// How many bytes of a word a line shows.
const MOST_SHOWN: usize = 4096;

/// Writes a text with `write`, or, if it is long, its beginning and its length.
fn beginning(text: &[u8], write: fn(&[u8]) -> String) -> String {
    if text.len() <= MOST_SHOWN {
        return write(text);
    }
    // Within a character at most three bytes are cut off.
    let end = (MOST_SHOWN - 3..=MOST_SHOWN).rev().find(|end| std::str::from_utf8(&text[..*end]).is_ok());
    format!("{}… ({} bytes)", write(&text[..end.unwrap_or(MOST_SHOWN)]), text.len())
}

fn is_number(text: &[u8]) -> bool {
    text.strip_prefix(b"-").unwrap_or(text).first().is_some_and(u8::is_ascii_digit)
}

fn in_double_quotes(text: &[u8]) -> String {
    let mut escaped = Vec::with_capacity(text.len());
    for byte in text {
        if b"\\\"$`".contains(byte) {
            escaped.push(b'\\');
        }
        escaped.push(*byte);
    }
    visible(&escaped)
}
