//! Diagnostics: what went wrong, where in which source, and what to do.
//!
//! Every error page is a [`Diagnostic`]: a [`Code`] from the single table in `codes.rs`, one line of
//! message, [`Label`]s that point into [`Source`]s, notes and help. This module does no I/O: the caller
//! decides where the text of [`Diagnostic::render`] goes.
//!
//! Messages quote file names, arguments and script lines, which may contain anything. So that none of it
//! can move the cursor, hide text or reorder a line, every text is made visible on output, and arguments
//! are shown quoted.

mod codes;
mod escape;
mod excerpt;
mod kind;
mod reason;
mod redactions;
mod render;
mod similar;
mod source;

use std::borrow::Cow;
use std::sync::Arc;

pub use codes::code;
pub(crate) use escape::is_hidden;
pub use escape::{quote_argv, quote_word, visible};
pub use kind::Code;
pub use reason::reason;
pub(crate) use redactions::{MASK, Redactions};
pub use render::wrap;
pub(crate) use similar::{all_similar, similar};
pub use source::Source;
pub(crate) use source::floor_boundary;

use crate::span::Span;

/// One error page: cause, place and remedy.
///
/// ```
/// use pipewright::Script;
///
/// let error = Script::parse("deploy", "let host = 'web1'\necho $hst").unwrap_err();
/// let page = &error.diagnostics()[0];
/// assert_eq!(page.code.id(), "E0201");
/// assert_eq!(page.to_string(), "error[E0201]: `hst` is not declared");
/// assert_eq!(page.help, ["did you mean `host`?"]);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The row of the table of codes.
    pub code: Code,
    /// The event, on one line; line ends in it are escaped.
    pub message: String,
    /// The places. The first primary label gives the page its `FILE:LINE:COL`.
    pub labels: Vec<Label>,
    /// Facts that explain it, each on its own line (or several lines, separated by line feeds).
    pub notes: Vec<String>,
    /// Remedies, shown last; each may have several lines.
    pub help: Vec<String>,
    /// The text that would pass the check, and the range of the source that it replaces, if it is certain.
    pub suggestion: Option<(Span, String)>,
    /// The texts that are masked in the page.
    pub(crate) redactions: Redactions,
}

/// A range of a source text with words beside it.
///
/// ```
/// use pipewright::Script;
///
/// // For an editor, which counts lines and columns from 0.
/// let error = Script::parse("t", "let host = 'web1'\necho $hst").unwrap_err();
/// let label = error.diagnostics()[0].primary().ok_or("no place")?;
/// let (line, column) = label.source.line_col(label.span.start as usize);
/// assert_eq!((line - 1, column - 1), (1, 5));
/// assert_eq!(&label.source.text()[label.span.range()], "$hst");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Label {
    /// The text that contains `span`.
    pub source: Arc<Source>,
    /// The range. A range that is empty, reaches past the end of the text or splits a character is shown
    /// as the nearest valid range.
    pub span: Span,
    /// The text beside the caret; may be empty.
    pub text: String,
    /// Whether this is the place of the error itself, not of something that explains it.
    pub primary: bool,
}

impl Diagnostic {
    /// Creates a page with only a code and a message.
    #[cold]
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            suggestion: None,
            redactions: Redactions::default(),
        }
    }

    /// Adds the place of the error.
    #[must_use]
    pub(crate) fn at(self, source: &Arc<Source>, span: Span, text: impl Into<String>) -> Self {
        self.label(source, span, text.into(), true)
    }

    /// Adds another place that explains the error, such as "opened here".
    #[must_use]
    pub(crate) fn also_at(self, source: &Arc<Source>, span: Span, text: impl Into<String>) -> Self {
        self.label(source, span, text.into(), false)
    }

    /// Returns the same page with its places in `other` instead of `one`. The same span must mean the same place in both.
    #[cfg(feature = "dialog")]
    #[must_use]
    pub(crate) fn in_place_of(mut self, one: &Arc<Source>, other: &Arc<Source>) -> Self {
        let labels = self.labels.iter_mut().filter(|label| Arc::ptr_eq(&label.source, one));
        labels.for_each(|label| label.source = other.clone());
        self
    }

    /// Adds a note, a fact that explains the error.
    #[must_use]
    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Masks secrets in the page: in its texts at once, in the excerpts when it is rendered.
    #[must_use]
    pub(crate) fn redact(mut self, redactions: &Redactions) -> Self {
        let labels = self.labels.iter_mut().map(|label| &mut label.text);
        let texts = labels.chain(&mut self.notes).chain(&mut self.help).chain([&mut self.message]);
        for text in texts {
            if let Cow::Owned(masked) = redactions.apply(text.as_bytes()) {
                *text = String::from_utf8_lossy(&masked).into_owned();
            }
        }
        self.redactions = redactions.clone();
        self
    }

    /// Returns the place of the error: its first primary label, or else its first label.
    pub fn primary(&self) -> Option<&Label> {
        self.labels.iter().find(|label| label.primary).or_else(|| self.labels.first())
    }

    fn label(mut self, source: &Arc<Source>, span: Span, text: String, primary: bool) -> Self {
        self.labels.push(Label { source: Arc::clone(source), span, text, primary });
        self
    }
}

/// Shows only the message, escaped: `error[E0201]: message`.
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let message = self.redactions.apply_text(&self.message);
        write!(f, "error[{}]: {}", self.code, visible(message.as_bytes()))
    }
}

impl std::error::Error for Diagnostic {}
