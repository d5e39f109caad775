//! `$(cmd)` without quotes at a prompt, and `$x` if `x` was assigned as sh does it: one argument if sh would find exactly
//! one word in the text, otherwise an error.
//!
//! sh splits the text at blanks and uses the words as patterns. Which of these the user meant is known when the
//! text is there: `cd $(git rev-parse --show-toplevel)` means one argument, `kill $(pgrep node)` one or many.

use crate::check::program::{Capture, ExprKind, Part};
use crate::diag::{code, quote_word, visible};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::span::Span;
use crate::value::Value;

/// How many words an error shows.
const SHOWN: usize = 6;

impl Interpreter {
    /// Fails if sh would split the output of an unquoted capture, or match it with file names.
    pub(super) fn check_unquoted(&self, capture: &Capture, text: &[u8]) -> Eval<()> {
        let Some(span) = capture.unquoted else { return Ok(()) };
        let written = self.written_command(span);
        let spelling = match text.iter().any(|byte| b" \t".contains(byte)) {
            true => format!("...$[{written}.split()]"),
            false => format!("...$[lines {{ {} }}]", written[2..written.len() - 1].trim()),
        };
        self.check_one_word(text, span, "printed", &spelling)
    }

    /// Fails if sh would split the text of an unquoted variable, or match it with file names.
    pub(super) fn check_split(&self, value: &Value, span: Span, is_joined: bool) -> Eval<()> {
        let Value::Str(text) = value else { return Ok(()) };
        if is_joined && prints_alike(text.as_bytes()) {
            return Ok(());
        }
        let name = name_of(self.written_command(span));
        self.check_one_word(text.as_bytes(), span, "holds", &format!("...$[{name}.split()]"))
    }

    /// Fails unless sh would find one word in an unquoted text, or none.
    fn check_one_word(&self, text: &[u8], span: Span, has: &str, spelling: &str) -> Eval<()> {
        let splits = text.iter().any(|byte| b" \t\n".contains(byte));
        if !splits && !text.iter().any(|byte| b"*?[\\".contains(byte)) {
            return Ok(());
        }
        let written = self.written_command(span);
        let (message, label) = match splits {
            true => (format!("{written} {has} several words"), "one argument or many?"),
            false => (format!("{written} {has} what sh would take for a pattern"), "text or a pattern?"),
        };
        let shown = visible(&text[..text.len().min(60)]);
        let error = page(code::UNQUOTED_CAPTURE, self.source(), span, message, label);
        let error = error.help(format!("for one argument, quote it: \"{written}\" is '{shown}'"));
        let words: Vec<&[u8]> =
            text.split(|byte| b" \t\n".contains(byte)).filter(|word| !word.is_empty()).collect();
        if !splits {
            return Err(Error::value(error).into());
        }
        let list = words.iter().take(SHOWN).map(|word| quote_word(word)).collect::<Vec<_>>().join(" ");
        let more = if words.len() > SHOWN { " …" } else { "" };
        Err(Error::value(error.help(format!("for many, splice them: {spelling} is {list}{more}"))).into())
    }

    /// Fails for an empty word that consists only of unquoted captures and variables: in sh there would be no argument.
    pub(super) fn check_made(&self, parts: &[Part]) -> Eval<()> {
        let unquoted = parts.iter().map(|part| match part {
            Part::Capture(capture) => capture.unquoted,
            Part::Value(expr) => matches!(expr.kind, ExprKind::Unquoted { .. }).then_some(expr.span),
            _ => None,
        });
        let Some(spans) = unquoted.collect::<Option<Vec<Span>>>() else { return Ok(()) };
        let Some(span) = spans.first().map(|first| first.to(spans[spans.len() - 1])) else { return Ok(()) };
        let written = self.written_command(span);
        let is_capture = written.starts_with("$(");
        let message = format!("{written} {}", if is_capture { "printed nothing" } else { "is empty" });
        let error = page(code::UNQUOTED_CAPTURE, self.source(), span, message, "an empty argument or none?");
        let error = error.help(format!("for an empty argument, quote it: \"{written}\""));
        let error = match spans.len() {
            1 if is_capture => error.help(format!(
                "for none, splice its lines: ...$[lines {{ {} }}]",
                written[2..written.len() - 1].trim()
            )),
            1 => error.help(format!("for none, splice its words: ...$[{}.split()]", name_of(written))),
            _ => error,
        };
        Err(Error::value(error).into())
    }

    /// Fails for the name of a program that is only a capture, unless it is a path.
    pub(super) fn check_captured_program(&self, name: &[u8], span: Span) -> Eval<()> {
        if name.contains(&b'/') {
            return Ok(());
        }
        let written = self.written_command(span);
        let shown = quote_word(name);
        let message = format!("{written} printed {shown}, which is not the path of a program");
        let error = page(code::UNQUOTED_CAPTURE, self.source(), span, message, "run as a program");
        let help = format!(
            "what a program prints is not run as code; quote it if it is the name of one: \"{written}\""
        );
        Err(Error::value(error.help(help)).into())
    }

    fn written_command(&self, span: Span) -> &str {
        self.source().text().get(span.range()).unwrap_or("$(…)")
    }
}

/// Returns whether `echo` prints a text as it prints the words in it.
fn prints_alike(text: &[u8]) -> bool {
    let is_blank_alone = text.split(|byte| *byte == b' ').all(|word| !word.is_empty());
    is_blank_alone && !text.iter().any(|byte| b"\t\n*?[\\".contains(byte))
}

/// Returns the name in `$name` or `${name}`.
fn name_of(written: &str) -> &str {
    written.trim_start_matches(['$', '{']).trim_end_matches('}')
}
