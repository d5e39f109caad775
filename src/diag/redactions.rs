//! Secrets that are redacted from messages.
//!
//! Secrets are kept out of messages where messages are made. This is a second protection: a program may have
//! printed a secret, or a script may contain one as a literal, and its line is then part of an error page.

use super::{quote_word, visible};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

/// The text in place of a secret.
pub const MASK: &str = "***";

/// The sign at the end of a text that a message cuts.
const CUT: &[u8] = "…".as_bytes();

/// The length of the shortest secret that is masked. Masking shorter texts would make messages unreadable.
const SHORTEST: usize = 4;

/// The texts that are masked. Clones share them.
#[derive(Clone, Default)]
pub struct Redactions(Arc<RwLock<Vec<Box<[u8]>>>>);

impl Redactions {
    /// Masks a text from now on, each of its lines, and both in the forms in which messages escape them: as text,
    /// as a word, or with U+FFFD for bytes that are not UTF-8.
    pub fn add(&self, secret: &[u8]) {
        let lines = secret.split(|byte| *byte == b'\n');
        let mut texts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for text in lines.chain([secret]) {
            let quoted = quote_word(text);
            let quoted = quoted.trim_start_matches('$').trim_matches('\'').as_bytes();
            let lossy = String::from_utf8_lossy(text);
            let ascii = text.escape_ascii().to_string();
            for form in [text, visible(text).as_bytes(), quoted, lossy.as_bytes(), ascii.as_bytes()] {
                if form.len() >= SHORTEST && !texts.iter().any(|known| **known == *form) {
                    texts.push(form.into());
                }
            }
        }
        // A text that contains another is masked as a whole.
        texts.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
    }

    /// Returns the text with each secret masked.
    pub fn apply<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut result = Cow::Borrowed(text);
        for secret in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let mut masked = Vec::new();
            let mut end = 0;
            for at in memchr::memmem::find_iter(&result, secret) {
                masked.extend_from_slice(&result[end..at]);
                masked.extend_from_slice(MASK.as_bytes());
                end = at + secret.len();
            }
            if end > 0 {
                masked.extend_from_slice(&result[end..]);
                result = Cow::Owned(masked);
            }
            if let Some(masked) = without_cut(&result, secret) {
                result = Cow::Owned(masked);
            }
        }
        result
    }

    /// Returns the places of secrets in a part of a text, in order and without overlaps; a secret that reaches
    /// beyond the part is cut.
    pub(super) fn find(&self, text: &[u8], part: Range<usize>) -> Vec<Range<usize>> {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let longest = secrets.first().map_or(0, |secret| secret.len());
        let from = part.start.saturating_sub(longest);
        let window = &text[from..text.len().min(part.end.saturating_add(longest))];
        let places = secrets.iter().flat_map(|secret| {
            let length = secret.len();
            memchr::memmem::find_iter(window, secret).map(move |at| from + at..from + at + length)
        });
        let mut places: Vec<Range<usize>> = places.collect();
        places.sort_unstable_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
        let mut found: Vec<Range<usize>> = Vec::with_capacity(places.len());
        for place in places {
            match found.last_mut().filter(|last| place.start < last.end) {
                Some(last) => last.end = last.end.max(place.end),
                None => found.push(place),
            }
        }
        let within = |place: &Range<usize>| place.start.max(part.start)..place.end.min(part.end);
        found.iter().map(within).filter(|place| !place.is_empty()).collect()
    }

    /// Returns arguments with each secret masked; none if there is nothing to mask.
    pub fn apply_all(&self, words: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
        if self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return None;
        }
        Some(words.iter().map(|word| self.apply(word).into_owned()).collect())
    }

    /// [`Self::apply`] for text.
    pub fn apply_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.apply(text.as_bytes())).into_owned()
    }
}

/// Masks the beginning of a secret that a message has cut: `hunt…`. `None` if the text contains none.
fn without_cut(text: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let mut masked = Vec::new();
    let mut end = 0;
    for at in memchr::memmem::find_iter(text, CUT) {
        let shown = &text[end..at];
        let most = shown.len().min(secret.len());
        if let Some(length) = (SHORTEST..=most).rev().find(|length| shown.ends_with(&secret[..*length])) {
            masked.extend_from_slice(&shown[..shown.len() - length]);
            masked.extend_from_slice(MASK.as_bytes());
            end = at;
        }
    }
    (end > 0).then(|| {
        masked.extend_from_slice(&text[end..]);
        masked
    })
}

/// Without the masked texts.
impl fmt::Debug for Redactions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactions")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_however_they_are_written() {
        let redactions = Redactions::default();
        redactions.add(b"hunter2");
        redactions.add(b"it's\x1bme\nsecond line");
        let masked = |text: &[u8]| String::from_utf8_lossy(&redactions.apply(text)).into_owned();
        assert_eq!(masked(b"a hunter2 hunter2."), "a *** ***.");
        assert_eq!(masked(b"nothing"), "nothing");
        assert_eq!(masked(visible(b"it's\x1bme").as_bytes()), "***");
        assert_eq!(masked(quote_word(b"it's\x1bme").as_bytes()), "$'***'");
        assert_eq!(masked(b"the second line"), "the ***");
        assert!(!format!("{redactions:?}").contains("hunter2"));
    }

    #[test]
    fn the_beginning_of_a_secret_is_masked_where_a_message_is_cut() {
        let redactions = Redactions::default();
        redactions.add(b"hunter2hunter2");
        let masked = |text: &str| redactions.apply_text(text);
        assert_eq!(masked("it was: curl hunter2hu… and hunt…"), "it was: curl ***… and ***…");
        assert_eq!(masked("hun…"), "hun…", "three letters are not masked");
        assert_eq!(masked("a hunter… hunter2 … b"), "a ***… hunter2 … b");
    }

    #[test]
    fn places_of_secrets_are_in_order_and_within_the_part() {
        let redactions = Redactions::default();
        redactions.add(b"hunter2");
        redactions.add(b"ter2more");
        let text = b"hunter2more and hunter2, hunter2hunter2";
        assert_eq!(redactions.find(text, 0..text.len()), [0..11, 16..23, 25..32, 32..39]);
        assert_eq!(redactions.find(text, 3..20), [3..11, 16..20]);
        assert!(redactions.find(text, 11..16).is_empty());
    }

    #[test]
    fn the_longest_is_masked_first_and_what_is_short_not_at_all() {
        let redactions = Redactions::default();
        redactions.add(b"pass");
        redactions.add(b"password");
        redactions.add(b"ab");
        assert_eq!(&*redactions.apply(b"password ab"), b"*** ab");
    }
}
