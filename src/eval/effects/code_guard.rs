//! The code guard at run time, for commands that only the run can judge: a value names the program, or may be an
//! option such as `+command` of vim.

use crate::check::program::*;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::programs::{self, Fault, Piece, Subject, Value};
use std::borrow::Cow;

impl Interpreter {
    /// Expands the words of a command that only the run can judge, and judges them.
    pub(in crate::eval) fn judged_arguments(
        &mut self,
        words: &[Word],
        judged: &Judged,
        argv: &mut Vec<Vec<u8>>,
    ) -> Eval<()> {
        // How many arguments each word made. Those of the first may be there, where it is a value.
        let mut counts = Vec::with_capacity(words.len());
        counts.extend(Some(argv.len()).filter(|named| *named > 0));
        for word in &words[counts.len()..] {
            let before = argv.len();
            self.arguments(std::slice::from_ref(word), argv)?;
            counts.push(argv.len() - before);
        }
        let texts: Vec<Option<&[u8]>> = argv.iter().map(|text| Some(&**text)).collect();
        self.judge_arguments(words, judged, &counts, &texts)
    }

    /// Judges the arguments of a command, of which a dry run may not know all.
    pub(in crate::eval) fn judge_arguments(
        &self,
        words: &[Word],
        judged: &Judged,
        counts: &[usize],
        texts: &[Option<&[u8]>],
    ) -> Eval<()> {
        let mut known = Vec::with_capacity(texts.len());
        let mut at = 0;
        for (number, (word, count)) in judged.words.iter().zip(counts).enumerate() {
            // A list that holds the name of the program and more is a command as a whole, which the script hands on.
            let is_command =
                Some(number) == judged.name && matches!(words.get(number), Some(Word::Splice { .. }));
            for text in &texts[at..at + count] {
                known.push(match text {
                    Some(text) if is_command => {
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
        let label = problem.reader.label.trim_end_matches('=');
        let message = format!("`{label}` runs this text as code, and a value stands in it");
        let error = page(code::CODE_AT_RUN, self.source(), span, message, "would be parsed as code");
        let help = if judged.name.is_none() {
            "put `--` before it, or ./ before a file's name; text that is meant as code is $[code(x)]"
        } else {
            "pass the value as an argument or in the environment; text that is meant as code is $[code(x)]"
        };
        Err(Error::refused(error.help(help), 126).into())
    }
}

/// Returns an argument as the code guard sees it. The number of its word is that of its values.
fn known_word<'a>(word: &'a JudgedWord, number: usize, text: Option<&'a [u8]>) -> programs::Word<'a> {
    let length = |piece: &JudgedPiece| match piece {
        JudgedPiece::Text(text) => Some(text.len()),
        JudgedPiece::Value(_) => None,
    };
    // The text of a value at the beginning ends before the literal rest; of `$name=$value`, before the first sign.
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
    // At run time the text itself says whether it is an option.
    let options = word.options && (word.pieces.len() > 1 || text.is_none());
    programs::Word { origin: number, pieces: pieces.collect(), many: false, options }
}
