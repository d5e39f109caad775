//! Words: quoting, escapes, interpolation.

use super::ast::*;
use super::hidden;
use super::read::{Read, Reader, Stop};
use super::tildes::{split, tilde_of_word, tildes_of_assignment};
use super::tokens::{Rule, Token};
use crate::diag::code;
use crate::expand::cstring;
use crate::span::Span;
use std::borrow::Cow;
use std::rc::Rc;

impl<'s> Reader<'s> {
    /// Reads the words, assignments and redirections of a simple command.
    pub fn simple(
        &self,
        token: Token<'_>,
        base: usize,
        redirections: &mut Vec<Redirection<'s>>,
    ) -> Read<Simple<'s>> {
        let mut assignments = Vec::new();
        let parts = token.into_inner();
        let mut words = Vec::with_capacity(parts.len());
        for part in parts {
            match part.as_rule() {
                Rule::redirection => redirections.push(self.redirection(part, base)?),
                _ => {
                    // Only words before the first other word are assignments.
                    let is_export =
                        matches!(words.first(), Some(Word { kind: WordKind::Bare("export"), .. }));
                    if (words.is_empty() || is_export)
                        && let Some((name, append)) =
                            assigned_name(&self.text[self.span_of(&part, base).range()])
                    {
                        let assignment = self.assignment(part, base, name, append)?;
                        if is_export {
                            words.push(self.exported(assignment)?);
                        } else {
                            assignments.push(assignment);
                        }
                        continue;
                    }
                    words.push(self.word(part, base)?);
                }
            }
        }
        Ok(Simple { assignments: assignments.into_boxed_slice(), words })
    }

    /// Reads `NAME=value`: patterns and brace lists have no effect in the value (POSIX 2.9.1).
    fn assignment(&self, token: Token<'_>, base: usize, name: usize, append: bool) -> Read<Assignment<'s>> {
        let span = self.span_of(&token, base);
        let start = span.start as usize;
        let name = Name { text: &self.text[start..start + name], span: Span::new(start, start + name) };
        let before = name.text.len() + 1 + usize::from(append);
        let value_span = Span::new(start + before, span.end as usize);
        let mut parts = Vec::new();
        if token.as_rule() == Rule::plain_word {
            self.refuse_blanks(span)?;
            let text = self.text[span.range()].as_bytes();
            parts.push(Part { span, kind: PartKind::Bare(Cow::Borrowed(text)) });
        } else {
            for part in token.into_inner() {
                self.part(part, base, &mut parts)?;
            }
        }
        // The name and the sign are at the start of the first part.
        if let Some(Part { span, kind: PartKind::Bare(text) }) = parts.first_mut() {
            span.start = value_span.start.min(span.end);
            *text = split(text, before.min(text.len())).1;
            if text.is_empty() {
                parts.remove(0);
            }
        }
        if parts.is_empty() {
            parts.push(Part { span: value_span, kind: PartKind::Quoted(Cow::Borrowed(b"")) });
        }
        let kind = WordKind::Parts(tildes_of_assignment(parts).into_boxed_slice());
        Ok(Assignment { name, append, value: Word { span: value_span, kind } })
    }

    /// Reads `NAME=word` of `export`, where bash looks for a brace list first.
    fn exported(&self, assignment: Assignment<'s>) -> Read<Word<'s>> {
        let span = assignment.name.span.to(assignment.value.span);
        if let WordKind::Parts(parts) = &assignment.value.kind
            && parts.iter().any(|part| matches!(&part.kind, PartKind::Bare(text) if text.contains(&b'{')))
            && let Some(words) = self.braces(parts, 0, span)?
        {
            return Ok(Word { span, kind: WordKind::Braces(words) });
        }
        Ok(Word { span, kind: WordKind::Assignment(Box::new(assignment)) })
    }

    /// Returns a word in any of its forms.
    pub fn word(&self, token: Token<'_>, base: usize) -> Read<Word<'s>> {
        let span = self.span_of(&token, base);
        let kind = match token.as_rule() {
            Rule::plain_word => {
                self.refuse_blanks(span)?;
                WordKind::Bare(&self.text[span.range()])
            }
            Rule::single_word | Rule::double_word => {
                let text = &self.text.as_bytes()[span.start as usize + 1..span.end as usize - 1];
                WordKind::Parts(Box::new([Part { span, kind: PartKind::Quoted(Cow::Borrowed(text)) }]))
            }
            Rule::arrow => WordKind::Arrow,
            Rule::splice => {
                let inner = self.missing(token.into_inner().next(), span)?;
                let at = self.span_of(&inner, base);
                WordKind::Splice(Box::new(match inner.as_rule() {
                    Rule::dollar_expr => self.expr(inner.into_inner().next(), base)?,
                    Rule::braced => self.path(self.missing(inner.into_inner().next(), at)?, base)?,
                    Rule::variable => self.variable(inner, base)?,
                    _ => Expr { span: at, kind: ExprKind::Sh(ShConstruct::Parameter) },
                }))
            }
            Rule::sh_fd_variable | Rule::sh_test => {
                let fd = token.as_rule() == Rule::sh_fd_variable;
                let habit = if fd { ShConstruct::DescriptorVariable } else { ShConstruct::DoubleBracket };
                WordKind::Parts(Box::new([Part { span, kind: PartKind::Sh(habit) }]))
            }
            _ => {
                let mut parts = Vec::new();
                let made = self.made.get();
                for part in token.into_inner() {
                    self.part(part, base, &mut parts)?;
                }
                // The size of lists within its captures.
                let inner = self.made.get() - made;
                let parts = self.brackets(parts);
                let braces = parts
                    .iter()
                    .any(|part| matches!(&part.kind, PartKind::Bare(text) if text.contains(&b'{')));
                if braces && let Some(words) = self.braces(&parts, inner, span)? {
                    WordKind::Braces(words)
                } else {
                    match &*parts {
                        // The grammar returns `=` and `a#b`, which are rare, as separate parts.
                        [Part { span: whole, kind: PartKind::Bare(text) }]
                            if *whole == span && !text.contains(&b'~') =>
                        {
                            WordKind::Bare(&self.text[span.range()])
                        }
                        _ => WordKind::Parts(tilde_of_word(parts).into_boxed_slice()),
                    }
                }
            }
        };
        Ok(Word { span, kind })
    }

    fn variable(&self, token: Token<'_>, base: usize) -> Read<Expr<'s>> {
        let span = self.span_of(&token, base);
        // `"$HO\` + line end + `ME"` is $HOME in sh.
        if self.text[span.end as usize..].starts_with("\\\n") {
            let at = Span::new(span.end as usize, span.end as usize + 1);
            return Err(self.error(
                code::SYNTAX,
                at,
                "a line is continued right after a name",
                "write the name in braces: ${name}",
            ));
        }
        let name = self.name(token.into_inner().next(), base)?;
        Ok(Expr { span, kind: ExprKind::Name(name.text) })
    }

    /// Refuses a blank in bare text that looks like the end of a word but is not one.
    pub(super) fn refuse_blanks(&self, span: Span) -> Read<()> {
        let text = &self.text[span.range()];
        // Most words are ASCII, which is faster to test.
        if text.is_ascii() {
            return Ok(());
        }
        match hidden::find_blank(text) {
            Some((at, found)) => {
                Err(Stop::Error(hidden::blank_refusal(self.source, span.start as usize + at, found)))
            }
            None => Ok(()),
        }
    }

    /// Reads one part of a word or string. A quoting may contain several.
    pub fn part(&self, token: Token<'_>, base: usize, into: &mut Vec<Part<'s>>) -> Read<()> {
        let span = self.span_of(&token, base);
        let text = &self.text[span.range()];
        let kind = match token.as_rule() {
            Rule::text => {
                self.refuse_blanks(span)?;
                PartKind::Bare(Cow::Borrowed(text.as_bytes()))
            }
            Rule::star | Rule::any_char => PartKind::Pattern(text),
            Rule::bracket => PartKind::OpenBracket,
            Rule::escaped | Rule::double_escape if text == "\\\n" => PartKind::Quoted(Cow::Borrowed(b"")),
            Rule::escaped | Rule::double_escape | Rule::here_escape => {
                let escaped = if text == "\\\n" { "" } else { &text[1..] };
                PartKind::Quoted(Cow::Borrowed(escaped.as_bytes()))
            }
            Rule::double_text
            | Rule::multi_text
            | Rule::multi_quote
            | Rule::double_kept
            | Rule::double_lone
            | Rule::here_text
            | Rule::here_backslash => PartKind::Quoted(Cow::Borrowed(text.as_bytes())),
            Rule::lone_dollar => PartKind::Quoted(Cow::Borrowed(text.as_bytes())),
            Rule::single => PartKind::Quoted(Cow::Borrowed(&text.as_bytes()[1..text.len() - 1])),
            Rule::plain_double => PartKind::Quoted(Cow::Borrowed(&text.as_bytes()[1..text.len() - 1])),
            Rule::double => return self.double(token, base, into),
            Rule::multi_line => return self.multi_line(token, base, span, into),
            Rule::dollar_single => PartKind::Quoted(self.dollar_single(text, span, false)?),
            Rule::variable => PartKind::Value(Rc::new(self.variable(token, base)?), Quoting::Bare),
            Rule::braced => {
                let path = self.missing(token.into_inner().next(), span)?;
                PartKind::Value(Rc::new(self.path(path, base)?), Quoting::Bare)
            }
            Rule::dollar_expr => PartKind::Expr(Rc::new(self.expr(token.into_inner().next(), base)?)),
            Rule::capture => {
                PartKind::Capture(Rc::new(self.body(token.into_inner(), base, span)?), Quoting::Bare)
            }
            Rule::process => {
                let mut inner = token.into_inner();
                let operator = self.missing(inner.next(), span)?;
                let direction = if operator.as_str() == "<(" { Direction::From } else { Direction::Into };
                PartKind::Process(direction, Rc::new(self.body(inner, base, span)?))
            }
            Rule::sh_backtick => PartKind::Sh(ShConstruct::Backtick),
            Rule::sh_indexed => PartKind::Sh(ShConstruct::Indexed),
            Rule::sh_arith => PartKind::Sh(ShConstruct::Arithmetic),
            Rule::sh_parameter => PartKind::Sh(ShConstruct::Parameter),
            Rule::sh_special if text == "$?" => PartKind::Status,
            Rule::sh_special => PartKind::Sh(ShConstruct::SpecialParameter),
            Rule::sh_locale => PartKind::Sh(ShConstruct::LocaleString),
            Rule::sh_array => PartKind::Sh(ShConstruct::Array),
            Rule::bad_escape => PartKind::Sh(ShConstruct::BadEscape),
            _ => return Err(self.error(code::SYNTAX, span, "a word is expected here", "this is none")),
        };
        into.push(Part { span, kind });
        Ok(())
    }

    /// Reads `"…"`: an empty one is still a part, since it makes an argument.
    fn double(&self, token: Token<'_>, base: usize, into: &mut Vec<Part<'s>>) -> Read<()> {
        let span = self.span_of(&token, base);
        let before = into.len();
        for part in token.into_inner() {
            self.part(part, base, into)?;
        }
        quoted(&mut into[before..]);
        if into.len() == before {
            into.push(Part { span, kind: PartKind::Quoted(Cow::Borrowed(b"")) });
        }
        Ok(())
    }

    /// Reads `"""…"""`: the first line end is removed, and from every line the indentation of the closing
    /// quotes.
    fn multi_line(&self, token: Token<'_>, base: usize, span: Span, into: &mut Vec<Part<'s>>) -> Read<()> {
        let inside = &self.text[span.start as usize + 3..span.end as usize - 3];
        let before = into.len();
        for part in token.into_inner() {
            self.part(part, base, into)?;
        }
        quoted(&mut into[before..]);
        let Some(first) = inside.strip_prefix('\n') else {
            let message = "text begins on the line after `\"\"\"`";
            let at = Span::new(span.start as usize, span.start as usize + 3);
            return Err(self.error(code::SYNTAX, at, message, "end the line here"));
        };
        let indent = &inside[inside.rfind('\n').map_or(0, |at| at + 1)..];
        if !indent.bytes().all(|b| matches!(b, b' ' | b'\t')) {
            let at = Span::new(span.end as usize - 3, span.end as usize);
            return Err(self.error(
                code::SYNTAX,
                at,
                "the closing `\"\"\"` is on a line of its own",
                "move it to the next line",
            ));
        }
        let mut at = span.start as usize + 4;
        let lines = first[..first.len() - indent.len()].split('\n');
        for line in lines {
            if !line.is_empty() && !line.starts_with(indent) {
                let here = Span::new(at, at + line.len().min(indent.len()));
                return Err(self.error(
                    code::SYNTAX,
                    here,
                    "this line is indented less than the closing `\"\"\"`",
                    "indent it as far",
                ));
            }
            at += line.len() + 1;
        }
        // Drop the first line end, the last one, and each line's indentation, part by part.
        let start = span.start as usize + 4;
        let end = (span.end as usize - 3 - indent.len()).saturating_sub(1).max(start);
        for part in &mut into[before..] {
            let PartKind::Quoted(_) = &part.kind else { continue };
            let source = &self.text[part.span.range()];
            if source.starts_with('\\') {
                continue;
            }
            let from = part.span.start as usize;
            let mut text = String::with_capacity(source.len());
            let mut skip_to = 0;
            for (offset, character) in source.char_indices() {
                let position = from + offset;
                let line_start =
                    position == start || (position > start && self.text.as_bytes()[position - 1] == b'\n');
                if line_start && self.text[position..].starts_with(indent) {
                    skip_to = position + indent.len();
                }
                if position >= start && position < end && position >= skip_to {
                    text.push(character);
                }
            }
            part.kind = PartKind::Quoted(Cow::Owned(text.into_bytes()));
        }
        if into.len() == before {
            into.push(Part { span, kind: PartKind::Quoted(Cow::Borrowed(b"")) });
        }
        Ok(())
    }

    /// Returns the text of `$'…'`. An argument can't contain a NUL byte; a value can, such as the separator
    /// of `split`.
    pub(super) fn dollar_single(&self, text: &'s str, span: Span, nul: bool) -> Read<Text<'s>> {
        let inside = &text.as_bytes()[2..text.len() - 1];
        if !inside.contains(&b'\\') {
            return Ok(Cow::Borrowed(inside));
        }
        cstring::decode_dollar_single(inside, nul).map(Cow::Owned).map_err(|error| {
            let start = span.start as usize + 2;
            let at = Span::new(start + error.range.start, start + error.range.end);
            self.error(code::BAD_ESCAPE, at, &error.message, "in this escape")
        })
    }
}

/// Returns the length of the name to which a word assigns, `NAME=…` in the sense of sh, and whether by `+=`.
fn assigned_name(word: &str) -> Option<(usize, bool)> {
    let bytes = word.as_bytes();
    let name = bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    if name == 0 || bytes[0].is_ascii_digit() {
        return None;
    }
    match &bytes[name..] {
        [b'=', ..] => Some((name, false)),
        [b'+', b'=', ..] => Some((name, true)),
        _ => None,
    }
}

/// Marks captures and values as quoted.
pub(super) fn quoted(parts: &mut [Part<'_>]) {
    for part in parts {
        if let PartKind::Capture(_, quoting) | PartKind::Value(_, quoting) = &mut part.kind {
            *quoting = Quoting::Quoted;
        }
    }
}
