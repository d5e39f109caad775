//! Earlier entries in the line: those that begin with the typed text, and their last arguments.

use pipewright::dialog::{Look, Typed};
use std::ops::Range;

/// The way back through the history.
#[derive(Debug, Default)]
pub struct Recall {
    /// The text that the user has typed.
    typed: String,
    /// The text in the line, once there is a way. If the line has another, the user has typed, and the way begins anew.
    shown: Option<String>,
    /// The index of the shown entry.
    at: usize,
}

impl Recall {
    /// Returns the next older entry that begins with the typed text and differs from the line.
    pub fn older(
        &mut self,
        line: &str,
        count: usize,
        entry: impl Fn(usize) -> Option<String>,
    ) -> Option<String> {
        if self.shown.as_deref() != Some(line) || self.at > count {
            *self = Self { typed: line.to_owned(), shown: Some(line.to_owned()), at: count };
        }
        self.find((0..self.at).rev(), entry)
    }

    /// Returns the next newer entry, and after the newest the typed text.
    pub fn newer(
        &mut self,
        line: &str,
        count: usize,
        entry: impl Fn(usize) -> Option<String>,
    ) -> Option<String> {
        if self.shown.as_deref() != Some(line) || self.at >= count {
            return None;
        }
        self.find(self.at + 1..count, entry).or_else(|| {
            self.at = count;
            self.shown = Some(self.typed.clone());
            Some(self.typed.clone())
        })
    }

    fn find(
        &mut self,
        mut range: impl Iterator<Item = usize>,
        entry: impl Fn(usize) -> Option<String>,
    ) -> Option<String> {
        let fits = |text: &String| text.starts_with(&self.typed) && Some(text) != self.shown.as_ref();
        let (at, text) = range.find_map(|at| Some((at, entry(at).filter(fits)?)))?;
        (self.at, self.shown) = (at, Some(text.clone()));
        Some(text)
    }
}

/// The way back through the last arguments.
#[derive(Debug, Default)]
pub struct LastArgument {
    /// The line with the inserted argument, and its place.
    shown: (String, Range<usize>),
    /// The index of the entry that it comes from.
    at: usize,
}

impl LastArgument {
    /// Returns the line with an argument at the cursor, and the new cursor. If the line has the argument that was
    /// inserted last, an older one replaces it.
    pub fn insert(
        &mut self,
        line: &str,
        cursor: usize,
        count: usize,
        entry: impl Fn(usize) -> Option<String>,
    ) -> Option<(String, usize)> {
        let (shown, place) = &self.shown;
        let goes_on = shown == line && place.end == cursor && !place.is_empty() && self.at <= count;
        let (place, before) = if goes_on { (place.clone(), self.at) } else { (cursor..cursor, count) };
        let other = |at: usize| {
            let word = last_argument(&entry(at)?)?;
            (word != line[place.clone()]).then_some((at, word))
        };
        let (at, word) = (0..before).rev().find_map(other)?;
        let text = format!("{}{word}{}", &line[..place.start], &line[place.end..]);
        let end = place.start + word.len();
        *self = Self { shown: (text.clone(), place.start..end), at };
        Some((text, end))
    }
}

/// Returns the last word of an entry's last command, as it was typed.
fn last_argument(entry: &str) -> Option<String> {
    let typed = Typed::new(entry.trim_end());
    let comment = typed.marks().iter().find(|mark| mark.look == Look::Comment && typed.open().is_empty());
    let text = comment.map_or(typed.text(), |mark| &typed.text()[..mark.span.start as usize]).trim_end();
    let typed = Typed::new(text);
    let word = text.get(typed.words().last()?.at..)?;
    (!word.is_empty()).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: [&str; 5] =
        ["git log", "make", "git push -u origin 'a b'", "make", "ls src | wc -l # count"];

    fn entry(at: usize) -> Option<String> {
        ENTRIES.get(at).map(|entry| (*entry).to_owned())
    }

    #[test]
    fn entries_that_begin_with_the_typed_text_come_and_go() {
        let mut recall = Recall::default();
        let older = |recall: &mut Recall, line: &str| recall.older(line, 5, entry);
        assert_eq!(older(&mut recall, "git ").as_deref(), Some(ENTRIES[2]));
        assert_eq!(older(&mut recall, ENTRIES[2]).as_deref(), Some("git log"));
        assert_eq!(older(&mut recall, "git log"), None);
        assert_eq!(recall.newer("git log", 5, entry).as_deref(), Some(ENTRIES[2]));
        assert_eq!(recall.newer(ENTRIES[2], 5, entry).as_deref(), Some("git "));
        assert_eq!(recall.newer("git ", 5, entry), None);
        // Without a text, all of them, each once in a row.
        let mut line = String::new();
        let all: Vec<String> = std::iter::from_fn(|| {
            line = recall.older(&line, 5, entry)?;
            Some(line.clone())
        })
        .collect();
        assert_eq!(all, [ENTRIES[4], "make", ENTRIES[2], "make", "git log"]);
    }

    #[test]
    fn last_arguments_replace_each_other() {
        let mut last = LastArgument::default();
        assert_eq!(last.insert("cp  x", 3, 5, entry), Some(("cp -l x".to_owned(), 5)));
        assert_eq!(last.insert("cp -l x", 5, 5, entry), Some(("cp make x".to_owned(), 7)));
        assert_eq!(last.insert("cp make x", 7, 5, entry), Some(("cp 'a b' x".to_owned(), 8)));
        assert_eq!(last.insert("cp 'a b' x", 8, 5, entry), Some(("cp make x".to_owned(), 7)));
        assert_eq!(last.insert("other", 5, 5, entry), Some(("other-l".to_owned(), 7)));
    }
}
