//! The errors of the scanner as error pages.

use super::hidden;
use super::scan::{MAX_NESTING, Problem};
use crate::diag::{Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

pub fn explain(source: &Arc<Source>, problem: &Problem) -> Box<Diagnostic> {
    let text = source.text();
    let place = match problem {
        Problem::Unclosed { open, .. } => Some(open),
        Problem::Unmatched { close, open: None } => Some(close),
        _ => None,
    };
    let is_brace = |place: &&Span| matches!(&text[place.range()], "{" | "}");
    let glued = place.filter(is_brace).and_then(|place| super::glued::page(source, place.start as usize));
    if let Some(page) = glued {
        return page;
    }
    Box::new(match problem {
        Problem::Unclosed { open, what } => {
            let opening = &text[open.range()];
            Diagnostic::new(code::UNCLOSED, format!("this {what} is never closed"))
                .at(source, *open, "opened here")
                .help(format!("close it, or quote it if it is meant as text: {}", quoted(opening)))
        }
        Problem::Unmatched { close, open: Some(open) } => {
            let (closing, opening) = (&text[close.range()], &text[open.range()]);
            Diagnostic::new(code::UNOPENED, format!("`{closing}` does not close `{opening}`"))
                .at(source, *close, "closes another kind of bracket")
                .also_at(source, *open, "opened here")
                .help(format!(
                    "close `{opening}` first, or quote `{closing}` if it is meant as text: {}",
                    quoted(closing)
                ))
        }
        Problem::Unmatched { close, open: None } => {
            let closing = &text[close.range()];
            Diagnostic::new(code::UNOPENED, format!("`{closing}` closes nothing"))
                .at(source, *close, "nothing is open here")
                .help(format!("remove it, or quote it if it is meant as text: {}", quoted(closing)))
        }
        Problem::HereDocumentUnended { operator, delimiter } => {
            Diagnostic::new(code::HEREDOC, format!("the here-document is not ended by a line `{delimiter}`"))
                .at(source, *operator, "begins here")
                .help(format!(
                    "end it by a line that holds {delimiter} alone, without blanks before or after it"
                ))
        }
        Problem::HereDocumentSplit { operator } => {
            Diagnostic::new(code::HEREDOC, "the here-document's body would begin inside a bracket")
                .at(source, *operator, "its line ends inside a bracket that was opened after it")
                .help("close the bracket on the line of `<<`, or compute the value before")
        }
        Problem::HereDocumentUnnamed { operator } => {
            Diagnostic::new(code::HEREDOC, "`<<` is not followed by the word that ends its text")
                .at(source, *operator, "a here-document begins here")
                .help("name the word that ends it:\ncat <<END\ntext\nEND")
        }
        Problem::HereDocumentDollar { word } => Diagnostic::new(
            code::HEREDOC,
            "shells disagree about `$` before the quotes of a here-document's word",
        )
        .at(source, *word, "part of the word in dash, of the quotes in bash")
        .help("leave the dollar out: <<'EOF'"),
        Problem::HereDocumentBlank { at, found } => *hidden::blank_refusal(source, *at, *found),
        Problem::HereDocumentJoined { line } => {
            Diagnostic::new(code::HEREDOC, "shells disagree whether this line ends the here-document")
                .at(source, *line, "joined to the line before by a backslash")
                .help("remove the backslash, or quote the delimiter: <<'EOF'")
        }
        Problem::TooDeep { at } => {
            Diagnostic::new(code::NESTING, format!("nested more than {MAX_NESTING} levels deep"))
                .at(source, *at, "one bracket too many")
                .help("move the inner part into a function or a variable")
        }
    })
}

fn quoted(bracket: &str) -> String {
    match bracket {
        "'" => "\\'".into(),
        "$'" => "\\$\\'".into(),
        _ => format!("'{bracket}'"),
    }
}
