//! The code guard at run time: a value names the program, so only now is known which words are code.

use crate::check::program::*;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::programs::{self, Fault, Piece, Subject, Value};
use std::borrow::Cow;

impl Interpreter {
    /// Expands the words of a command whose program a value names, and judges them.
    ///
    /// A list that holds the name of the program and more is a command as a whole, which the script hands on.
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
        let mut known = Vec::with_capacity(argv.len());
        let mut at = 0;
        for (number, (word, count)) in judged.words.iter().zip(&counts).enumerate() {
            let is_command = number == judged.name && matches!(words.get(number), Some(Word::Splice { .. }));
            for text in &argv[at..at + count] {
                known.push(known_word(word, number, text, is_command));
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
        let help =
            "pass the value as an argument or in the environment; text that is meant as code is $[code(x)]";
        Err(Error::refused(error.help(help), 126).into())
    }
}

/// An argument as the code guard sees it. The number of its word is that of its values.
fn known_word<'a>(
    word: &'a JudgedWord,
    number: usize,
    text: &'a [u8],
    is_command: bool,
) -> programs::Word<'a> {
    if is_command {
        return programs::Word { origin: number, ..programs::Word::literal(text) };
    }
    let is_single = word.pieces.len() == 1;
    // Of `$name=$value` the name is what stands before the first sign.
    let name = match &*word.pieces {
        [JudgedPiece::Value(_), JudgedPiece::Text(sign), ..] if sign.first() == Some(&b'=') => {
            text.iter().position(|byte| *byte == b'=')
        }
        _ => None,
    };
    let pieces = word.pieces.iter().enumerate().map(|(at, piece)| match piece {
        JudgedPiece::Text(text) => Piece::Text(Cow::Borrowed(&**text)),
        JudgedPiece::Value(kind) => {
            let known = if is_single { Some(text) } else { name.filter(|_| at == 0).map(|end| &text[..end]) };
            Piece::Value(Value { id: number, kind: *kind, text: known.map(Cow::Borrowed) })
        }
    });
    // At run time the text itself says whether it is an option.
    let options = word.options && !is_single;
    programs::Word { origin: number, pieces: pieces.collect(), many: false, options }
}
