//! A diagnostic as text.
//!
//! ```text
//! error[E0201]: `coutn` is not declared
//!   --> deploy.pw:3:6
//!    |
//!  3 | echo $coutn
//!    |      ^^^^^^ not declared
//!    |
//!    = note: …
//! help: `count` is
//! ```
//!
//! The excerpts are drawn by annotate-snippets. The lines around them are made here, because an excerpt may
//! be cut out of a long line and contain escapes: the position that the drawing would show is not the one
//! in the file.

use annotate_snippets::renderer::{
    DEFAULT_CONTEXT_STYLE, DEFAULT_EMPHASIS_STYLE, DEFAULT_ERROR_STYLE, DEFAULT_HELP_STYLE,
    DEFAULT_WARNING_STYLE, Style,
};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::excerpt::{Excerpt, Mark, excerpts};
use super::source::floor_boundary;
use super::{Diagnostic, visible};

/// The largest part of one line of a message, note or label that is shown, in bytes. An argument list in it may
/// have 2 MB.
const MAX_TEXT: usize = 8 * 1024;

/// The number of columns of a long source line that are shown without a terminal.
const LOG_WIDTH: usize = 120;

/// Below this width, excerpts would be cut to nothing.
const MIN_WIDTH: usize = 40;

impl Diagnostic {
    /// Returns the page as text that ends in a line feed. `color` requests ANSI escapes (no others are ever
    /// in it). `width`, in columns of a terminal, is how much of a long source line is shown, and where
    /// prose is wrapped. It is none without a terminal, and prose is then not wrapped.
    pub fn render(&self, color: bool, width: impl Into<Option<usize>>) -> String {
        let width = width.into();
        // In a log, a line must stay one line, so that it can be searched for.
        let (width, prose) = (width.unwrap_or(LOG_WIDTH), width.unwrap_or(usize::MAX));
        let styled = |style: Style, text: &str| match color {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        };
        let bar = |text: &str| styled(DEFAULT_CONTEXT_STYLE, text);

        let (style, level) = match self.code.is_warning() {
            true => (DEFAULT_WARNING_STYLE, "warning"),
            false => (DEFAULT_ERROR_STYLE, "error"),
        };
        let head = format!("{level}[{}]", self.code);
        let message = wrap(&shown(&self.message), head.len() + ": ".len(), prose);
        let mut page = styled(style, &head);
        page += &styled(DEFAULT_EMPHASIS_STYLE, &format!(": {message}\n"));

        let excerpts = excerpts(&self.labels, &self.redactions);
        let digits = excerpts.iter().map(digits).max().unwrap_or(1);
        let indent = " ".repeat(digits);
        for (at, excerpt) in excerpts.iter().enumerate() {
            let arrow = if at == 0 { "-->" } else { ":::" };
            let (line, column) = excerpt.place;
            page += &format!("{indent}{} {}:{line}:{column}\n", bar(arrow), shown(excerpt.source.name()));
            let level = if self.code.is_warning() { Level::WARNING } else { Level::ERROR };
            push_drawing(&mut page, excerpt, color, width, digits, level);
        }
        if !excerpts.is_empty() && !self.notes.is_empty() {
            page += &format!("{indent} {}\n", bar("|"));
        }
        for note in &self.notes {
            let mark = format!("{indent} {} {}", bar("="), styled(DEFAULT_EMPHASIS_STYLE, "note"));
            push_lines(&mut page, &mark, digits + "  = note: ".len() - 1, prose, note);
        }
        for help in &self.help {
            push_lines(&mut page, &styled(DEFAULT_HELP_STYLE, "help"), "help: ".len(), prose, help);
        }
        self.redactions.apply_text(&page)
    }
}

/// Draws an excerpt, with its line numbers `digits` wide.
fn push_drawing(
    page: &mut String,
    excerpt: &Excerpt,
    color: bool,
    width: usize,
    digits: usize,
    level: Level<'_>,
) {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let padding = digits - self::digits(excerpt);
    let width = width.saturating_sub(padding).max(MIN_WIDTH);
    let snippet = Snippet::source(&*excerpt.text).line_start(excerpt.first_line).annotations(
        excerpt.marks.iter().map(|Mark { range, text, primary }| {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(range.clone()).label((!text.is_empty()).then(|| shown(text)))
        }),
    );
    let drawing = renderer.term_width(width).render(&[Group::with_level(level).element(snippet)]);
    for line in drawing.lines() {
        page.extend([&*" ".repeat(padding), line.trim_end(), "\n"]);
    }
}

/// Returns the width of an excerpt's line numbers in the drawing.
fn digits(excerpt: &Excerpt) -> usize {
    excerpt.last_line.to_string().len()
}

/// Appends `mark: text`, with the other lines of the text aligned under its first.
fn push_lines(page: &mut String, mark: &str, indent: usize, width: usize, text: &str) {
    for (at, line) in text.split('\n').enumerate() {
        let line = shown(line);
        // Indented text is already laid out, like code.
        let line = if line.starts_with(' ') { line } else { wrap(&line, indent, width) };
        match at {
            0 => *page += &format!("{mark}: {line}\n"),
            _ if line.is_empty() => page.push('\n'),
            _ => *page += &format!("{:indent$}{line}\n", ""),
        }
    }
}

/// Returns a line of prose that begins at a column, wrapped at blanks to this many columns (at least 40);
/// the other lines begin at the same column. A terminal would break it in the middle of a word.
///
/// ```
/// let text = "a sentence that is longer than forty columns are";
/// assert_eq!(pipewright::diag::wrap(text, 2, 40), "a sentence that is longer than forty\n  columns are");
/// ```
pub fn wrap(line: &str, indent: usize, width: usize) -> String {
    let width = width.max(MIN_WIDTH);
    let mut out = String::with_capacity(line.len());
    let mut column = indent;
    for (at, word) in line.split(' ').enumerate() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            out += &format!("\n{:indent$}", "");
            column = indent;
        } else if at > 0 {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += length;
    }
    out
}

/// Returns a line of text escaped, and cut if it is very long.
fn shown(text: &str) -> String {
    let cut = floor_boundary(text, MAX_TEXT);
    let mut line = visible(&text.as_bytes()[..cut]);
    if cut < text.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests;
