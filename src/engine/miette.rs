//! Errors as errors of miette (feature `miette`), for a program that reports all its errors through
//! miette.
//!
//! The handler of miette draws the excerpt of a script from the original text. Unlike the page of
//! [`Diagnostic::render`], it may therefore contain escape sequences. A text that contains a secret is
//! not passed on, since masking it would move every label.

use super::{Error, ParseError};
use crate::diag::{Diagnostic, Label, Source, visible};
use miette::{LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode, SourceSpan, SpanContents};
use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

type Shown<'a> = Option<Box<dyn Display + 'a>>;
type Labels<'a> = Option<Box<dyn Iterator<Item = LabeledSpan> + 'a>>;

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let part = self.text().read_span(span, lines_before, lines_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            visible(self.name().as_bytes()),
            part.data(),
            *part.span(),
            part.line(),
            part.column(),
            part.line_count(),
        )))
    }
}

impl Diagnostic {
    fn shown(&self, text: &str) -> String {
        let text = self.redactions.apply_text(text);
        text.lines().map(|line| visible(line.as_bytes())).collect::<Vec<_>>().join("\n")
    }

    /// Returns whether a label is in the text of the error itself.
    fn is_here(&self, label: &Label) -> bool {
        self.primary().is_some_and(|primary| Arc::ptr_eq(&primary.source, &label.source))
    }
}

impl miette::Diagnostic for Diagnostic {
    fn code<'a>(&'a self) -> Shown<'a> {
        Some(Box::new(self.code.id()))
    }

    fn severity(&self) -> Option<Severity> {
        Some(if self.code.is_warning() { Severity::Warning } else { Severity::Error })
    }

    /// Returns the notes, the labels in other texts, and the help.
    fn help<'a>(&'a self) -> Shown<'a> {
        let notes = self.notes.iter().map(|note| format!("note: {}", self.shown(note)));
        let elsewhere = self.labels.iter().filter(|label| !self.is_here(label)).map(|label| {
            let place = label.source.position(label.span.start as usize);
            format!("at {}: {}", visible(place.as_bytes()), self.shown(&label.text))
        });
        let help = self.help.iter().map(|help| self.shown(help));
        let lines: Vec<String> = notes.chain(elsewhere).chain(help).collect();
        if lines.is_empty() { None } else { Some(Box::new(lines.join("\n"))) }
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let source = &self.primary()?.source;
        let holds_secret = matches!(self.redactions.apply(source.text().as_bytes()), Cow::Owned(_));
        if holds_secret { None } else { Some(&**source) }
    }

    fn labels(&self) -> Labels<'_> {
        let here = self.labels.iter().filter(|label| self.is_here(label));
        Some(Box::new(here.map(|label| {
            let length = label.span.end.saturating_sub(label.span.start) as usize;
            let span = SourceSpan::from((label.span.start as usize, length));
            let text = Some(self.shown(&label.text));
            match label.primary {
                true => LabeledSpan::new_primary_with_span(text, span),
                false => LabeledSpan::new_with_span(text, span),
            }
        })))
    }
}

impl miette::Diagnostic for Error {
    fn code<'a>(&'a self) -> Shown<'a> {
        self.diagnostic().code()
    }

    fn severity(&self) -> Option<Severity> {
        self.diagnostic().severity()
    }

    fn help<'a>(&'a self) -> Shown<'a> {
        miette::Diagnostic::help(self.diagnostic())
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.diagnostic().source_code()
    }

    fn labels(&self) -> Labels<'_> {
        miette::Diagnostic::labels(self.diagnostic())
    }
}

impl miette::Diagnostic for ParseError {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.diagnostics().iter().map(|page| page as &dyn miette::Diagnostic)))
    }
}
