//! Words: the arguments that each becomes, and their meaning in sh.

use super::lower::Checker;
use super::program::*;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast::{self, PartKind, WordKind};
use crate::value::Str;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// Returns the text of a word that contains no values and no patterns.
pub fn literal<'w>(word: Option<&'w ast::Word<'_>>) -> Option<Cow<'w, str>> {
    match &word?.kind {
        WordKind::Bare(text) => Some(Cow::Borrowed(text)),
        WordKind::Parts(parts) => {
            if let [ast::Part { kind: PartKind::Bare(text) | PartKind::Quoted(text), .. }] = &**parts {
                return std::str::from_utf8(text).ok().map(Cow::Borrowed);
            }
            let mut all = String::new();
            for part in parts {
                match &part.kind {
                    PartKind::Bare(text) | PartKind::Quoted(text) => {
                        all.push_str(std::str::from_utf8(text).ok()?)
                    }
                    PartKind::OpenBracket => all.push('['),
                    _ => return None,
                }
            }
            Some(Cow::Owned(all))
        }
        _ => None,
    }
}

impl<'s> Checker<'s> {
    /// Lowers a word to its arguments.
    pub fn word(&mut self, word: ast::Word<'s>, into: &mut Vec<Word>) {
        let span = word.span;
        match word.kind {
            WordKind::Bare(text) => {
                let found = super::lookalikes::bare_splice(&self.context(), text, span);
                self.take(found);
                into.push(Word::Literal(text.as_bytes().into()));
            }
            WordKind::Braces(words) => {
                if self.is_typed() && words.iter().any(|word| self.refuse_captures_of(word)) {
                    return;
                }
                words.into_vec().into_iter().for_each(|word| self.word(word, into));
            }
            WordKind::Splice(list) => {
                let guarded = !is_call_of(&list, &["flags"]);
                into.push(Word::Splice { list: Box::new(self.expr(*list)), guarded });
            }
            WordKind::Arrow => {
                self.error(
                    code::SYNTAX,
                    span,
                    "`=>` is only allowed in an arm of `match`",
                    "not a word of a command",
                    "quote it if it is meant as text: '=>'",
                );
            }
            // `export` handles assignments itself.
            WordKind::Assignment(_) => {}
            WordKind::Parts(parts) => {
                if let [ast::Part { kind: PartKind::Quoted(text), .. }] = &*parts {
                    into.push(Word::Literal(text.as_ref().into()));
                    return;
                }
                let parts = parts.into_vec();
                self.refuse_in_word(&parts);
                if parts.iter().any(|part| matches!(part.kind, PartKind::Pattern(_))) {
                    into.extend(self.glob(parts, span));
                    return;
                }
                let text = self.text(parts, span);
                into.push(match &*text.parts {
                    [Part::Text(literal)] => Word::Literal(literal.as_bytes().into()),
                    _ => Word::Text(Box::new(text)),
                });
            }
        }
    }

    /// Lowers a word in a place where exactly one is expected: the target of a redirection, the value of an
    /// environment variable.
    pub fn word_text(&mut self, word: ast::Word<'s>, what: &str, assignment: bool) -> WordText {
        let span = word.span;
        let parts = match word.kind {
            WordKind::Bare(text) => {
                let part = Part::Text(Str::from(text));
                return WordText { span, parts: Box::new([part]), guarded: false, is_value: false };
            }
            WordKind::Parts(parts) => parts.into_vec(),
            WordKind::Braces(_) if assignment => Vec::new(),
            WordKind::Braces(_) | WordKind::Splice(_) | WordKind::Arrow | WordKind::Assignment(_) => {
                let message = format!("{what} is exactly one word");
                self.error(
                    code::SH_TARGET,
                    span,
                    message,
                    "this may be several",
                    "quote it if it is meant as text",
                );
                return WordText { span, parts: Box::new([]), guarded: false, is_value: false };
            }
        };
        if assignment {
            // No pattern is expanded here, nor in sh: `*` is text.
            return self.text(as_text(parts), span);
        }
        self.refuse_in_word(&parts);
        if let Some(part) = parts.iter().find(|part| matches!(part.kind, PartKind::Pattern(_))) {
            let at = part.span;
            let message = format!("{what} is exactly one word");
            self.error(
                code::SH_TARGET,
                at,
                message,
                "a pattern may match several files",
                "quote it if it is meant as text",
            );
            return WordText { span, parts: Box::new([]), guarded: false, is_value: false };
        }
        self.text(parts, span)
    }

    pub(super) fn text(&mut self, parts: Vec<ast::Part<'s>>, span: Span) -> WordText {
        let first = parts.iter().find(
            |part| !matches!(&part.kind, PartKind::Bare(text) | PartKind::Quoted(text) if text.is_empty()),
        );
        let guarded = first.is_some_and(|part| match &part.kind {
            PartKind::Value(..) | PartKind::Capture(..) => true,
            PartKind::Expr(expr) => !is_call_of(expr, &["flag"]),
            _ => false,
        });
        let is_value = matches!(&*parts, [part] if part.span == span && matches!(part.kind, PartKind::Value(..) | PartKind::Expr(_)));
        WordText { span, parts: self.parts(parts, false).into_boxed_slice(), guarded, is_value }
    }

    /// Returns the parts of a word or string, neighbouring texts joined.
    pub fn parts(&mut self, parts: Vec<ast::Part<'s>>, string: bool) -> Vec<Part> {
        let mut lowered: Vec<Part> = Vec::with_capacity(parts.len());
        let mut pending: Vec<u8> = Vec::new();
        let mut texts = false;
        for part in parts {
            let span = part.span;
            let part = match part.kind {
                PartKind::Bare(text) | PartKind::Quoted(text) => {
                    pending.extend_from_slice(&text);
                    texts = true;
                    continue;
                }
                PartKind::OpenBracket => {
                    pending.push(b'[');
                    texts = true;
                    continue;
                }
                PartKind::Pattern(text) => {
                    pending.extend_from_slice(text.as_bytes());
                    texts = true;
                    continue;
                }
                PartKind::Tilde(user) => {
                    if user.contains(':')
                        || user.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first))
                    {
                        let help = "write \"$HOME\" or the directory, or quote the tilde if it is meant as text: '~'";
                        self.error(
                            code::SH_TILDE,
                            span,
                            "shells disagree about this tilde",
                            "not a user's name",
                            help,
                        );
                    }
                    Part::Home(Str::from(&*user), span)
                }
                PartKind::Value(value, quoting) => {
                    let is_split = quoting == ast::Quoting::Bare && self.is_text_of_sh(&value);
                    let value = unshared(value, |value| match value.kind {
                        ast::ExprKind::Name(name) => {
                            Expr { span: value.span, kind: self.dollar(name, value.span) }
                        }
                        kind => self.expr(ast::Expr { span: value.span, kind }),
                    });
                    Part::Value(match is_split {
                        true => Expr {
                            span,
                            kind: ExprKind::Unquoted { value: Box::new(value), is_joined: self.joins_words },
                        },
                        false => value,
                    })
                }
                PartKind::Expr(value) => Part::Value(unshared(value, |value| self.expr(value))),
                PartKind::Capture(block, quoting) => {
                    let unquoted = (quoting == ast::Quoting::Bare).then_some(span);
                    let block = unshared(block, |block| self.capture(block));
                    Part::Capture(Box::new(Capture { block, unquoted }))
                }
                PartKind::Process(direction, block) => {
                    let from = direction == ast::Direction::From;
                    Part::Process { from, body: Arc::new(unshared(block, |block| self.capture(block))), span }
                }
                PartKind::Status => {
                    if string {
                        self.refuse_status(span);
                    } else {
                        self.note_status(span);
                    }
                    Part::Status
                }
                PartKind::Sh(habit) => {
                    self.habit(habit, span);
                    continue;
                }
            };
            if !pending.is_empty() {
                lowered.push(Part::Text(Str::from(std::mem::take(&mut pending))));
            }
            lowered.push(part);
        }
        if !pending.is_empty() || (lowered.is_empty() && texts && !string) {
            lowered.push(Part::Text(Str::from(pending)));
        }
        lowered
    }

    /// Returns whether an expression is a variable, or an element of one, that was assigned as sh does it at a prompt:
    /// sh would split it.
    fn is_text_of_sh(&self, value: &ast::Expr<'_>) -> bool {
        match &value.kind {
            ast::ExprKind::Name(name) => self.is_typed() && self.project.texts_of_sh.contains(*name),
            ast::ExprKind::Index(parts) => self.is_text_of_sh(&parts.0),
            _ => false,
        }
    }

    /// Refuses parts of an unquoted word that sh would treat differently.
    pub(super) fn refuse_in_word(&mut self, parts: &[ast::Part<'s>]) {
        if !self.is_typed() {
            self.refuse_captures(parts);
        }
        let closes =
            |part: &ast::Part<'s>| matches!(&part.kind, PartKind::Bare(text) if text.contains(&b']'));
        let last_close = parts.iter().rposition(closes);
        for (index, part) in parts.iter().enumerate() {
            let closes = last_close.is_some_and(|close| close > index);
            if matches!(part.kind, PartKind::OpenBracket) && closes {
                let message = "a bracket expression holds literal characters only";
                let help = "quote the bracket if it is meant as text: '['";
                self.error(code::SH_BRACKET, part.span, message, "opened here", help);
            }
        }
        // bash expands the tilde of `NAME=~/x` in an argument, and dash does not.
        if let Some(ast::Part { span, kind: PartKind::Bare(text) }) = parts.first() {
            let name = text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            let assigns = name > 0 && !text[0].is_ascii_digit() && text.get(name) == Some(&b'=');
            if assigns
                && (memchr::memmem::find(text, b"=~").is_some()
                    || memchr::memmem::find(text, b":~").is_some())
            {
                let help =
                    "write \"$HOME\" for the home directory, or quote the tilde if it is meant as text";
                self.error(
                    code::SH_TARGET,
                    *span,
                    "a tilde after `=` in an argument",
                    "bash expands it, dash does not",
                    help,
                );
            }
        }
    }
    /// Refuses the unquoted captures of a word that can only be one argument. Returns whether there was one.
    pub(super) fn refuse_captures_of(&mut self, word: &ast::Word<'s>) -> bool {
        match &word.kind {
            WordKind::Parts(parts) => self.refuse_captures(parts),
            WordKind::Braces(words) => words.iter().any(|word| self.refuse_captures_of(word)),
            WordKind::Bare(_) | WordKind::Splice(_) | WordKind::Arrow | WordKind::Assignment(_) => false,
        }
    }

    /// Refuses unquoted captures, which sh would split. Returns whether there was one.
    pub(super) fn refuse_captures(&mut self, parts: &[ast::Part<'s>]) -> bool {
        let is_unquoted =
            |part: &&ast::Part<'s>| matches!(part.kind, PartKind::Capture(_, ast::Quoting::Bare));
        let unquoted: Vec<Span> = parts.iter().filter(is_unquoted).map(|part| part.span).collect();
        for span in &unquoted {
            let text = &self.text[span.range()];
            let inner = &text[2..text.len() - 1];
            if inner.trim().is_empty() {
                self.error(
                    code::SYNTAX,
                    *span,
                    "an empty capture",
                    "no command is in it",
                    "an empty argument is ''",
                );
                continue;
            }
            let help = if inner.len() < 200 && !inner.contains(['\n', '"']) {
                let inner = inner.trim();
                format!(
                    "quote it for one argument, or splice its lines for many:\necho \"$({inner})\"\necho ...$[lines {{ {inner} }}]"
                )
            } else {
                "quote it for one argument, or splice its lines for many: ...$[lines { … }]".to_string()
            };
            let message = "an unquoted capture would be split in sh";
            self.error(code::SH_CAPTURE, *span, message, "one argument or many?", &help);
        }
        !unquoted.is_empty()
    }
}

/// Returns whether an expression is a call of one of these functions.
pub fn is_call_of(expr: &ast::Expr<'_>, names: &[&str]) -> bool {
    matches!(&expr.kind, ast::ExprKind::Call(callee, _) if matches!(callee.kind, ast::ExprKind::Name(name) if names.contains(&name)))
}

/// Returns the parts of a word where sh neither matches nor splits: patterns are text, and captures and values are as
/// in quotes.
pub(super) fn as_text(parts: Vec<ast::Part<'_>>) -> Vec<ast::Part<'_>> {
    let quoted = |kind| match kind {
        PartKind::Pattern(text) => PartKind::Quoted(Cow::Borrowed(text.as_bytes())),
        PartKind::Capture(block, _) => PartKind::Capture(block, ast::Quoting::Quoted),
        PartKind::Value(value, _) => PartKind::Value(value, ast::Quoting::Quoted),
        kind => kind,
    };
    parts.into_iter().map(|part| ast::Part { span: part.span, kind: quoted(part.kind) }).collect()
}

/// Lowers a part of a brace list that its words share, once for each of them.
fn unshared<T: Clone, R>(value: Rc<T>, lower: impl FnOnce(T) -> R) -> R {
    lower(Rc::unwrap_or_clone(value))
}
