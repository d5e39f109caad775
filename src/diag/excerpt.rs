//! The part of a source that an error page shows: a few lines around its labels, made safe to show.
//!
//! The page must be small and quick to make for any source: a minified line of 10 MB, a span over a
//! whole file, two labels a million lines apart. So the shown part is cut out of the text first, and
//! only then escaped and drawn.

use std::ops::Range;
use std::sync::Arc;

use super::escape::{push_byte, push_visible};
use super::redactions::{MASK, Redactions};
use super::source::{ceil_boundary, floor_boundary};
use super::{Label, Source};

/// A span over more lines is shown by its first line.
const MAX_LINES: usize = 6;
/// A span of more bytes is shown by its beginning.
const MAX_BYTES: usize = 1024;
/// The bytes of a line that are kept on either side of a mark.
const AROUND: usize = 512;
/// Labels with more bytes or lines between them get excerpts of their own.
const GAP_BYTES: usize = 512;
const GAP_LINES: usize = 4;

/// Consecutive lines of one source, perhaps cut at both ends, with their marks.
pub(super) struct Excerpt {
    pub source: Arc<Source>,
    /// The line and column, from 1, of its first primary mark, or else its first mark.
    pub place: (usize, usize),
    /// The number of its first line, from 1.
    pub first_line: usize,
    /// The number of its last line, from 1.
    pub last_line: usize,
    /// The lines, escaped and without secrets. Line feeds and tabs are kept.
    pub text: String,
    pub marks: Vec<Mark>,
}

/// A range of an excerpt's text with words beside it.
pub(super) struct Mark {
    pub range: Range<usize>,
    pub text: String,
    pub primary: bool,
}

impl Excerpt {
    pub fn has_primary(&self) -> bool {
        self.marks.iter().any(|mark| mark.primary)
    }
}

/// A label whose range is known to be valid for showing.
struct Spot<'l> {
    label: &'l Label,
    range: Range<usize>,
    /// The line on which the whole span ends, if it is shown shortened.
    ends_on: Option<usize>,
}

/// Returns the excerpts for some labels: the one with the error's place first, then by source and
/// position.
pub(super) fn excerpts(labels: &[Label], redactions: &Redactions) -> Vec<Excerpt> {
    let mut sources: Vec<&Arc<Source>> = Vec::new();
    for label in labels {
        if !sources.iter().any(|known| Arc::ptr_eq(known, &label.source)) {
            sources.push(&label.source);
        }
    }
    let mut excerpts = Vec::new();
    for source in sources {
        let of_source = labels.iter().filter(|label| Arc::ptr_eq(&label.source, source));
        let mut spots: Vec<Spot> = of_source.map(Spot::new).collect();
        spots.sort_by_key(|spot| (spot.range.start, spot.range.end));
        let clusters = spots.chunk_by(|a, b| are_near(source.text(), &a.range, &b.range));
        excerpts.extend(clusters.map(|spots| cut(source, spots, redactions)));
    }
    excerpts.sort_by_key(|excerpt| !excerpt.has_primary());
    excerpts
}

impl<'l> Spot<'l> {
    fn new(label: &'l Label) -> Self {
        let text = label.source.text();
        let start = floor_boundary(text, label.span.start as usize);
        let end = ceil_boundary(text, label.span.end as usize).max(start);
        // If a line end were marked together with its line, the mark would extend onto the next line.
        let end = start + text[start..end].trim_end_matches('\n').len().max(usize::from(end > start));
        let most = floor_boundary(text, start + MAX_BYTES);
        let shown = match memchr::memchr_iter(b'\n', &text.as_bytes()[start..end]).nth(MAX_LINES - 1) {
            // The mark may consist only of line ends.
            Some(_) => start + first_line(&text[start..end]).len(),
            None => end,
        };
        let shown = shown.min(most);
        let ends_on = (shown < end).then(|| label.source.line_at(end).0);
        Self { label, range: start..shown, ends_on }
    }

    fn text(&self) -> String {
        let mut text = self.label.text.clone();
        if let Some(line) = self.ends_on.filter(|&line| line > self.label.source.line_at(self.range.start).0)
        {
            text += &format!("{}(up to line {line})", if text.is_empty() { "" } else { " " });
        }
        text
    }
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

/// Returns whether the excerpt of a label can also contain the next label.
fn are_near(text: &str, a: &Range<usize>, b: &Range<usize>) -> bool {
    let between = a.end..b.start;
    between.is_empty()
        || (between.len() <= GAP_BYTES
            && memchr::memchr_iter(b'\n', &text.as_bytes()[between]).count() <= GAP_LINES)
}

/// Cuts out the lines of some labels, which are near each other and in order.
fn cut(source: &Arc<Source>, spots: &[Spot], redactions: &Redactions) -> Excerpt {
    let text = source.text();
    let start = spots.first().map_or(0, |spot| spot.range.start);
    let end = spots.iter().map(|spot| spot.range.end).max().unwrap_or(start);

    let (first_line, line_start) = source.line_at(start);
    let from = floor_boundary(text, start.saturating_sub(AROUND)).max(line_start);
    let limit = floor_boundary(text, end + AROUND);
    let to = memchr::memchr(b'\n', &text.as_bytes()[end..limit]).map_or(limit, |at| end + at);
    let is_cut_after = to == limit && limit < text.len();

    let mut shown = String::new();
    if from > line_start {
        shown.push('…');
    }
    // The position in `shown` of each byte of the text.
    let mut places = vec![0; to - from + 1];
    // The marks are placed beside the masks, not beside the hidden text.
    let mut secrets = redactions.find(text.as_bytes(), from..to).into_iter().peekable();
    let mut mask = None;
    for (at, c) in text[from..to].char_indices() {
        if secrets.next_if(|secret| secret.end <= from + at).is_some() {
            mask = None;
        }
        if c != '\n' && secrets.peek().is_some_and(|secret| secret.contains(&(from + at))) {
            let start = *mask.get_or_insert_with(|| {
                shown.push_str(MASK);
                shown.len() - MASK.len()
            });
            places[at..at + c.len_utf8()].fill(start);
            continue;
        }
        // The next line of a secret has a mask of its own.
        mask = None;
        places[at..at + c.len_utf8()].fill(shown.len());
        match (source.invalid_byte(from + at), c) {
            (Some(byte), _) => push_byte(&mut shown, byte),
            (None, '\n' | '\t') => shown.push(c),
            (None, c) => push_visible(&mut shown, c),
        }
    }
    places[to - from] = shown.len();
    let last_line = first_line + memchr::memchr_iter(b'\n', shown.as_bytes()).count();
    if is_cut_after {
        shown.push('…');
    }

    let mark = |spot: &Spot| Mark {
        range: places[spot.range.start - from]..places[spot.range.end - from],
        text: spot.text(),
        primary: spot.label.primary,
    };
    let main = spots.iter().find(|spot| spot.label.primary).or(spots.first());
    Excerpt {
        source: Arc::clone(source),
        place: source.line_col(main.map_or(0, |spot| spot.range.start)),
        first_line,
        last_line,
        text: shown,
        marks: spots.iter().map(mark).collect(),
    }
}
