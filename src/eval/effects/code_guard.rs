//! The code guard at run time, for commands that only the run can judge: a value names the program, or may be an
//! option such as `+command` of vim.

use crate::check::program::*;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::programs::{self, Fault, Piece, Subject, Value, ValueKind};
use crate::span::Span;
use std::borrow::Cow;

/// The help if a function passes on an option of its caller.
const HANDED: &str =
    "pass the value as an argument or in the environment, or write the command here in place of the function";

impl Interpreter {
    /// Expands the words of a command that only the run can judge, and judges them.
    pub(in crate::eval) fn judged_arguments(
        &mut self,
        words: &[Word],
        judged: &Judged,
        argv: &mut Vec<Vec<u8>>,
    ) -> Eval<Vec<usize>> {
        let mut handed = Vec::new();
        // The number of arguments of each word. Those of the first word may be known, if it is a value.
        let mut counts = Vec::with_capacity(words.len());
        counts.extend(Some(argv.len()).filter(|named| *named > 0));
        for word in &words[counts.len()..] {
            let before = argv.len();
            handed.extend(self.arguments(std::slice::from_ref(word), argv)?);
            counts.push(argv.len() - before);
        }
        let texts: Vec<Option<&[u8]>> = argv.iter().map(|text| Some(&**text)).collect();
        self.judge_arguments(words, judged, &counts, &texts, &handed)?;
        Ok(handed)
    }

    /// Judges a command to which a function passes on an option of its caller. With the option, another argument may
    /// be code, as in `fn sh(...a) { dash ...$a }` and `sh -c $text`. `named` arguments come from the first word, a
    /// value.
    pub(in crate::eval) fn judge_handed(
        &self,
        words: &[Word],
        named: usize,
        handed: &[usize],
        argv: &[Vec<u8>],
        span: Span,
    ) -> Eval<()> {
        if !handed.iter().any(|place| argv[*place].starts_with(b"-")) {
            return Ok(());
        }
        // Literal words are before the first list; after it their positions are unknown, and they count as values.
        let literal = words.iter().take_while(|word| matches!(word, Word::Literal(_))).count();
        let is_known = |place: usize| place < literal.max(named) || handed.contains(&place);
        let known = argv.iter().enumerate().map(|(place, text)| match is_known(place) {
            true => programs::Word { origin: place, ..programs::Word::literal(text) },
            false => {
                let value = Value { id: place, kind: ValueKind::Plain, text: None };
                programs::Word {
                    origin: place,
                    pieces: vec![Piece::Value(value)],
                    ..programs::Word::default()
                }
            }
        });
        let findings = programs::examine(&known.collect::<Vec<_>>());
        let is_error =
            |fault: &Fault| matches!(fault, Fault::Code(_) | Fault::Misquoted(_) | Fault::Nested(_));
        let Some(problem) = findings.problems.iter().find(|problem| is_error(&problem.fault)) else {
            return Ok(());
        };
        Err(self.code_at_run(&problem.reader.label, span, HANDED))
    }

    fn code_at_run(&self, label: &str, span: Span, help: &str) -> Unwind {
        let label = label.trim_end_matches('=');
        let message = format!("`{label}` runs this text as code, and it contains a value");
        let error = page(code::CODE_AT_RUN, self.source(), span, message, "would be parsed as code");
        Error::refused(error.help(help), 126).into()
    }

    /// Judges the arguments of a command, of which a dry run may not know all. `handed` has the indices of those that
    /// were literal words of the caller of a function.
    pub(in crate::eval) fn judge_arguments(
        &self,
        words: &[Word],
        judged: &Judged,
        counts: &[usize],
        texts: &[Option<&[u8]>],
        handed: &[usize],
    ) -> Eval<()> {
        let is_option = |place: &usize| texts[*place].is_some_and(|text| text.starts_with(b"-"));
        let hands_option = handed.iter().any(is_option);
        let mut known = Vec::with_capacity(texts.len());
        let mut at = 0;
        for (number, (word, count)) in judged.words.iter().zip(counts).enumerate() {
            // A list that contains the name of the program and more is a whole command, which the script passes on.
            let is_command = Some(number) == judged.name
                && matches!(words.get(number), Some(Word::Splice { .. }))
                && !hands_option;
            for (place, text) in texts.iter().enumerate().skip(at).take(*count) {
                known.push(match text {
                    Some(text) if is_command || handed.contains(&place) => {
                        programs::Word { origin: number, ..programs::Word::literal(text) }
                    }
                    text => known_word(word, number, *text),
                });
            }
            at += count;
        }
        let findings = programs::examine(&known);
        let is_error =
            |fault: &Fault| matches!(fault, Fault::Code(_) | Fault::Misquoted(_) | Fault::Nested(_));
        let Some(problem) = findings.problems.iter().find(|problem| is_error(&problem.fault)) else {
            return Ok(());
        };
        let (Subject::Value(number) | Subject::Names(number)) = problem.subject;
        let span = judged.words.get(number).map(|word| word.span).unwrap_or_default();
        let help = if !handed.is_empty() {
            HANDED
        } else if judged.name.is_none() {
            "put `--` before it, or ./ before a file's name; text that is meant as code is $[code(x)]"
        } else {
            "pass the value as an argument or in the environment; text that is meant as code is $[code(x)]"
        };
        Err(self.code_at_run(&problem.reader.label, span, help))
    }
}

/// Returns an argument as the code guard sees it. The number of its word is that of its values.
fn known_word<'a>(word: &'a JudgedWord, number: usize, text: Option<&'a [u8]>) -> programs::Word<'a> {
    let length = |piece: &JudgedPiece| match piece {
        JudgedPiece::Text(text) => Some(text.len()),
        JudgedPiece::Value(_) => None,
    };
    // The text of a value at the beginning ends before the literal rest; for `$name=$value`, before the first sign.
    let first = match &*word.pieces {
        [JudgedPiece::Value(_), rest @ ..] => text.and_then(|text| {
            let rest_length = rest.iter().map(length).sum::<Option<usize>>();
            let end = match (rest_length, rest.first()) {
                (Some(length), _) => text.len().checked_sub(length),
                (None, Some(JudgedPiece::Text(sign))) if sign.first() == Some(&b'=') => {
                    text.iter().position(|byte| *byte == b'=')
                }
                _ => None,
            };
            text.get(..end?)
        }),
        _ => None,
    };
    let pieces = word.pieces.iter().enumerate().map(|(at, piece)| match piece {
        JudgedPiece::Text(text) => Piece::Text(Cow::Borrowed(&**text)),
        JudgedPiece::Value(kind) => {
            let text = first.filter(|_| at == 0).map(Cow::Borrowed);
            Piece::Value(Value { id: number, kind: *kind, text })
        }
    });
    // At run time the text itself shows whether it is an option.
    let options = word.options && (word.pieces.len() > 1 || text.is_none());
    programs::Word { origin: number, pieces: pieces.collect(), many: false, options }
}
