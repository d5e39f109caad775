//! Evaluation of words to arguments.

use crate::check::program::*;
use crate::diag::{code, quote_word, reason, visible};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::expand::glob::{Glob, Unreadable};
use crate::expand::{pattern, tilde};
use crate::span::Span;
use crate::value::{Str, Value};
use std::cell::RefCell;

/// The parts of a string, joined.
#[derive(Default)]
pub struct Joined {
    pub text: Vec<u8>,
    /// Whether it contains a secret.
    pub secret: bool,
}

impl Joined {
    pub fn into_value(self) -> Value {
        if self.secret { Value::secret(self.text) } else { Value::str(self.text) }
    }
}

/// The origin of the text of an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextKind {
    /// A value: if it began with `-`, it would be an option that the user never wrote.
    Text,
    /// A number, which may be negative.
    Number,
    /// A literal word of the caller of a function, which may be an option.
    Word,
}

impl TextKind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Int(_) | Value::Float(_) | Value::Duration(_) | Value::Size(_) => Self::Number,
            Value::Str(text) if text.is_word() => Self::Word,
            _ => Self::Text,
        }
    }
}

/// Returns the indices, among the arguments from a list, of literal words of the caller of a function.
pub(in crate::eval) fn words_in(value: &Value) -> impl Iterator<Item = usize> {
    let items = match value {
        Value::List(items) => &**items,
        _ => &[],
    };
    let arguments = items.iter().filter(|item| !matches!(item, Value::Null)).enumerate();
    arguments.filter(|(_, item)| TextKind::of(item) == TextKind::Word).map(|(place, _)| place)
}

impl Interpreter {
    /// Evaluates words to arguments of a program or a builtin. Also returns the indices of arguments from
    /// values that were literal words of the caller of a function: they may be options.
    pub(in crate::eval) fn arguments(&mut self, words: &[Word], into: &mut Vec<Vec<u8>>) -> Eval<Vec<usize>> {
        into.reserve(words.len());
        let mut handed = Vec::new();
        let mut bytes = 0;
        for word in words {
            match word {
                Word::Literal(text) => into.push(text.to_vec()),
                Word::Text(text) => {
                    let (argument, kind) = self.text_and_kind(text)?;
                    self.check_argument(&argument, text.guarded && kind == TextKind::Text, text.span)?;
                    if kind == TextKind::Word {
                        handed.push(into.len());
                    }
                    bytes += argument.len();
                    self.fits(bytes, text.span)?;
                    into.push(argument);
                }
                Word::Glob(glob) => bytes += self.matched(glob, true, bytes, into)?,
                Word::Splice { list, guarded } => {
                    let value = self.expr(list)?;
                    let before = into.len();
                    bytes += self.splice_value(&value, list.span, *guarded, bytes, into)?;
                    handed.extend(words_in(&value).map(|place| before + place));
                }
            }
        }
        Ok(handed)
    }

    /// Returns the items of `for x in …`. A pattern without a match adds none.
    pub(in crate::eval) fn loop_words(&mut self, words: &[Word]) -> Eval<Vec<Str>> {
        let mut items: Vec<Vec<u8>> = Vec::new();
        let mut handed = Vec::new();
        let mut bytes = 0;
        for word in words {
            match word {
                Word::Literal(text) => items.push(text.to_vec()),
                Word::Text(text) => {
                    let item = self.text_of(text)?;
                    bytes += item.len();
                    self.fits(bytes, text.span)?;
                    items.push(item);
                }
                Word::Glob(glob) => bytes += self.matched(glob, false, bytes, &mut items)?,
                Word::Splice { list, .. } => {
                    let value = self.expr(list)?;
                    let before = items.len();
                    bytes += self.splice_value(&value, list.span, false, bytes, &mut items)?;
                    handed.extend(words_in(&value).map(|place| before + place));
                }
            }
        }
        let mut handed = handed.into_iter().peekable();
        let items = items.into_iter().enumerate();
        Ok(items
            .map(|(place, item)| match handed.next_if_eq(&place) {
                Some(_) => Str::word(item),
                None => Str::from(item),
            })
            .collect())
    }

    pub(in crate::eval) fn text_of(&mut self, text: &WordText) -> Eval<Vec<u8>> {
        self.text_and_kind(text).map(|(text, _)| text)
    }

    /// Returns the text of a word that may be a secret, for destinations other than the list of arguments.
    pub(in crate::eval) fn joined(&mut self, text: &WordText) -> Eval<Joined> {
        self.join(&text.parts)
    }

    /// Returns the text of a word, and its kind, which decides whether it may begin with `-`.
    fn text_and_kind(&mut self, text: &WordText) -> Eval<(Vec<u8>, TextKind)> {
        if let [Part::Value(expr)] = &*text.parts {
            let value = self.expr(expr)?;
            let word = self.word_of(&value, expr.span)?.into_owned();
            if word.is_empty() {
                self.check_made(&text.parts)?;
            }
            return Ok((word, TextKind::of(&value)));
        }
        match self.join(&text.parts)? {
            Joined { text, secret: false } => Ok((text, TextKind::Text)),
            Joined { secret: true, .. } => Err(self.secret_seen(text.span)),
        }
    }

    /// Joins the parts of a string.
    pub(in crate::eval) fn join(&mut self, parts: &[Part]) -> Eval<Joined> {
        let mut joined = Joined::default();
        for (index, part) in parts.iter().enumerate() {
            joined.secret |= self.part(part, parts.get(index + 1), &mut joined.text)?;
        }
        if joined.text.is_empty() {
            self.check_made(parts)?;
        }
        Ok(joined)
    }

    /// Appends the text of a part. Returns whether it is a secret.
    pub(in crate::eval) fn part(
        &mut self,
        part: &Part,
        next: Option<&Part>,
        into: &mut Vec<u8>,
    ) -> Eval<bool> {
        match part {
            Part::Text(text) => into.extend_from_slice(text.as_bytes()),
            Part::Value(expr) => {
                let value = self.expr(expr)?;
                // `$x.y` is `$x` and text, as in sh; with a map it is never what was meant.
                if let (Value::Map(_), Some(Part::Text(text))) = (&value, next)
                    && text.as_bytes().first() == Some(&b'.')
                {
                    let error = page(
                        code::NOT_A_WORD,
                        self.source(),
                        expr.span,
                        "a map has no text",
                        "this is a map",
                    );
                    return Err(Error::value(error.help("put the path in braces: ${map.key}")).into());
                }
                if let Some(secret) = value.as_secret() {
                    self.fits(into.len() + secret.len(), expr.span)?;
                    into.extend_from_slice(secret);
                    return Ok(true);
                }
                let word = self.word_of(&value, expr.span)?;
                self.fits(into.len() + word.len(), expr.span)?;
                into.extend_from_slice(&word);
            }
            Part::Status => into.extend_from_slice(self.status.to_string().as_bytes()),
            Part::Capture(capture) => {
                let first = capture.block.statements.first();
                let span = first.map_or(Span::default(), |statement| statement.span);
                let text = self.capture_text(&capture.block, span)?;
                self.check_unquoted(capture, &text)?;
                into.extend_from_slice(&text);
            }
            Part::Home(user, span) => {
                let rest = match next {
                    Some(Part::Text(text)) => text.as_bytes(),
                    _ => b"",
                };
                let home = self.env.environment.get(b"HOME");
                let directory = tilde::home(user.as_bytes(), home, rest).map_err(|error| {
                    let help = "quote the tilde if it is meant as text: '~'";
                    self.fail(Error::refused(
                        page(code::UNKNOWN_USER, self.source(), *span, error.to_string(), "no home")
                            .help(help),
                        1,
                    ))
                })?;
                into.extend_from_slice(&directory);
                return Ok(user.as_bytes().is_empty() && self.env.environment.is_secret(b"HOME"));
            }
            Part::Process { from, body, span } => {
                let path = self.substitute(*from, body, *span)?;
                into.extend_from_slice(path.as_bytes());
            }
        }
        Ok(false)
    }

    /// Returns the error for a secret in a place where every user could read it.
    pub(in crate::eval) fn secret_seen(&self, span: Span) -> Unwind {
        let error =
            page(code::SECRET_SEEN, self.source(), span, "a secret can't be used here", "this is a secret");
        let error = error
            .note("every user of this machine can read the arguments of programs")
            .help("pass it in the environment, NAME=$x cmd, or on standard input, cmd <<< $x")
            .help("a function takes it in a call, f(x); x.reveal() is its text, if it may be seen");
        Error::value(error).into()
    }

    pub(in crate::eval) fn check_argument(&self, argument: &[u8], guarded: bool, span: Span) -> Eval<()> {
        if argument.contains(&0) {
            let error = page(
                code::NUL_IN_ARGUMENT,
                self.source(),
                span,
                "an argument holds a NUL byte",
                "this value",
            );
            let error = error.help("the kernel ends an argument at its first NUL: pass the data through standard input or a file");
            return Err(Error::value(error).into());
        }
        if guarded && argument.first() == Some(&b'-') {
            let shown = quote_word(&argument[..argument.len().min(60)]);
            let message =
                format!("the value {shown} begins with `-`, so the program would take it for an option");
            let error = page(code::DASH_ARGUMENT, self.source(), span, message, "this value");
            let error = error.help(
                "put `--` before it, write ./ before a file's name, or mark it as an option: $[flag(x)]",
            );
            return Err(Error::value(error).into());
        }
        Ok(())
    }

    /// Returns the error for `...x` where `x` is not a list.
    pub(in crate::eval) fn not_a_list(&self, value: &Value, span: Span) -> Unwind {
        let found = value.type_of();
        let message = format!("`...` takes a list, and this is {}", found.phrase());
        let help = match value {
            Value::Str(_) => "one argument is made by $x; lines { cmd } makes a list of lines",
            Value::Range(_) => "make a list of the range: list(r)",
            Value::Map(_) => {
                "make a list of it: m.keys(), m.values() or m.entries(); maps are joined by a.merge(b)"
            }
            _ => "write a list",
        };
        Error::value(page(code::NOT_A_LIST, self.source(), span, message, found.name()).help(help)).into()
    }

    /// Appends the elements of a list, after `before` bytes of other arguments. Returns the number of bytes
    /// of the elements.
    pub(in crate::eval) fn splice_value(
        &self,
        value: &Value,
        span: Span,
        guarded: bool,
        before: usize,
        into: &mut Vec<Vec<u8>>,
    ) -> Eval<usize> {
        let Value::List(items) = value else {
            return Err(self.not_a_list(value, span));
        };
        into.reserve(items.len());
        let mut bytes = 0;
        for item in items.iter() {
            if matches!(item, Value::Null) {
                continue;
            }
            let is_text = TextKind::of(item) == TextKind::Text;
            let argument = self.word_of(item, span)?.into_owned();
            // The name of a program is not an argument and needs no guard.
            self.check_argument(&argument, guarded && is_text && !into.is_empty(), span)?;
            bytes += argument.len() + size_of::<Value>();
            self.fits(before + bytes, span)?;
            into.push(argument);
        }
        Ok(bytes)
    }

    /// Expands a pattern. A time limit, a signal and the size limit of values end the walk.
    pub(in crate::eval) fn walk(&self, glob: &Glob, span: Span) -> Eval<Result<Vec<Vec<u8>>, Unreadable>> {
        let ended: RefCell<Option<Unwind>> = RefCell::default();
        let go_on = |bytes| match self.check_interrupt().and_then(|()| self.fits(bytes, span)) {
            Ok(()) => true,
            Err(unwind) => {
                *ended.borrow_mut() = Some(unwind);
                false
            }
        };
        let directory = self.directory_path();
        let found = self.looking(span, |may| Ok(glob.expand_where(&directory, may, &go_on)))?;
        ended.into_inner().map_or(Ok(found), Err)
    }

    fn expand(&self, glob: &Glob, span: Span) -> Eval<Vec<Vec<u8>>> {
        self.walk(glob, span)?.map_err(|Unreadable { directory, error }| {
            let message = format!("can't read the directory {}: {}", quote_word(&directory), reason(&error));
            Error::value(page(code::READ_FAILED, self.source(), span, message, "this pattern")).into()
        })
    }

    /// Appends the matches of a pattern, after `before` bytes of other arguments. Returns the number of bytes
    /// of the matches.
    fn matched(
        &mut self,
        word: &GlobWord,
        required: bool,
        before: usize,
        into: &mut Vec<Vec<u8>>,
    ) -> Eval<usize> {
        let count = into.len();
        self.matches(word, required, into)?;
        let bytes = into[count..].iter().map(|name| name.len() + size_of::<Vec<u8>>()).sum();
        self.fits(before + bytes, word.span)?;
        Ok(bytes)
    }

    pub(in crate::eval) fn matches(
        &mut self,
        word: &GlobWord,
        required: bool,
        into: &mut Vec<Vec<u8>>,
    ) -> Eval<()> {
        // The pattern with its values filled in.
        let mut made = Vec::new();
        let found = match &word.pattern {
            GlobPattern::Fixed(glob) => self.expand(glob, word.span)?,
            GlobPattern::Parts(parts) => {
                let mut texts = Vec::with_capacity(parts.len());
                for part in parts {
                    texts.push(match part {
                        GlobPart::Pattern(text) => (true, text.to_vec()),
                        GlobPart::Text(part) => {
                            let mut text = Vec::new();
                            if self.part(part, None, &mut text)? {
                                return Err(self.secret_seen(word.span));
                            }
                            (false, text)
                        }
                    });
                }
                let pieces: Vec<pattern::Part<'_>> = texts
                    .iter()
                    .map(
                        |(special, text)| {
                            if *special { pattern::Part::Bare(text) } else { pattern::Part::Quoted(text) }
                        },
                    )
                    .collect();
                texts.iter().for_each(|(_, text)| made.extend_from_slice(text));
                match Glob::parse(&pieces) {
                    Ok(Some(glob)) => self.expand(&glob, word.span)?,
                    Ok(None) => Vec::new(),
                    Err(error) => {
                        let diagnostic =
                            page(code::BAD_VALUE, self.source(), word.span, error.message, "this pattern");
                        return Err(Error::value(diagnostic).into());
                    }
                }
            }
        };
        if found.is_empty() && required {
            let text = &self.source().text()[word.span.range()];
            let message = format!("no file matches {}", visible(text.as_bytes()));
            let error = page(code::NO_MATCH, self.source(), word.span, message, "matches nothing");
            let with_values = format!("with its values it is {}", visible(&made));
            let error = if made.is_empty() { error } else { error.note(with_values) };
            // The help quotes the whole pattern, for a user at a prompt: for `grep --include=*.rs`, all shells
            // except bash require the quotes.
            let literal = !text.contains(['\'', '"', '\\', '$']);
            let quoted = if literal { format!(": '{text}'") } else { String::new() };
            let error = error.help(format!(
                "quote the pattern if it is meant as text{quoted}; a `for` without a match does nothing"
            ));
            return Err(Error::refused(error, 1).into());
        }
        into.extend(found);
        Ok(())
    }
}
