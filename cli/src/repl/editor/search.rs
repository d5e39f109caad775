//! The search of the history: the line is the query, and the matches are a list below it.

use pipewright::diag::visible;
use rustyline::GraphemeClusterMode;
use std::collections::HashSet;

/// The largest number of matches in reach of the arrows.
const MOST: usize = 1000;

/// A search that has begun.
#[derive(Debug, Default)]
pub struct Search {
    /// The line before it, and its cursor.
    before: (String, usize),
    query: String,
    /// The matches, the newest first.
    found: Vec<String>,
    selected: usize,
    deleted: HashSet<String>,
}

impl Search {
    /// Begins a search for the text of a line.
    pub fn new(line: &str, cursor: usize) -> Self {
        // No text is the query of a search that has not looked yet.
        Self { before: (line.to_owned(), cursor), query: "\0".to_owned(), ..Self::default() }
    }

    /// Searches the entries, the newest first, for those that contain all words of the query. Upper-case letters of the
    /// query are only found as such.
    pub fn look<'e>(&mut self, query: &str, entries: impl Iterator<Item = &'e String>) {
        if self.query == query {
            return;
        }
        let words: Vec<&str> = query.split_whitespace().collect();
        let is_exact = query.chars().any(char::is_uppercase);
        let fits = |entry: &&String| {
            let lower = if is_exact { String::new() } else { entry.to_lowercase() };
            let text = if is_exact { entry.as_str() } else { &lower };
            words.iter().all(|word| text.contains(word))
        };
        let mut seen = HashSet::new();
        let found = entries.filter(fits).filter(|entry| seen.insert(entry.as_str()));
        let found = found.filter(|entry| !self.deleted.contains(*entry)).take(MOST).cloned().collect();
        (self.query, self.found, self.selected) = (query.to_owned(), found, 0);
    }

    pub fn select_older(&mut self) {
        self.selected = (self.selected + 1).min(self.found.len().saturating_sub(1));
    }

    pub fn select_newer(&mut self) {
        self.selected = self.selected.saturating_sub(1);
    }

    /// Returns the selected entry.
    pub fn selected(&self) -> Option<&str> {
        self.found.get(self.selected).map(String::as_str)
    }

    /// Takes the selected entry out of the list, and returns it.
    pub fn delete(&mut self) -> Option<String> {
        (self.selected < self.found.len()).then(|| {
            let entry = self.found.remove(self.selected);
            self.selected = self.selected.min(self.found.len().saturating_sub(1));
            self.deleted.insert(entry.clone());
            entry
        })
    }

    /// Returns the line before the search, and its cursor.
    pub fn before(self) -> (String, usize) {
        self.before
    }

    /// Returns the list, which begins behind the query, with at most this many entries.
    pub fn list(&self, columns: usize, rows: usize) -> String {
        let mut list = match self.found.len() {
            0 => "  (no entry has this)".to_owned(),
            _ if self.query.is_empty() => "  (history: type words, Enter takes, Esc leaves)".to_owned(),
            MOST => String::new(),
            count => format!("  ({} of {count})", self.selected + 1),
        };
        let first = (self.selected + 1).saturating_sub(rows);
        for (at, entry) in self.found.iter().enumerate().skip(first).take(rows) {
            let mark = if at == self.selected { MARK } else { "  " };
            list.push_str(&format!("\n{mark}{}", cut(entry, columns.saturating_sub(3))));
        }
        list
    }
}

/// The beginning of the selected row.
pub const MARK: &str = "> ";

/// Returns the first line of an entry, escaped, in at most this many columns.
fn cut(entry: &str, columns: usize) -> String {
    let mut lines = entry.lines();
    let line = visible(lines.next().unwrap_or_default().as_bytes());
    let widths = GraphemeClusterMode::from_env();
    let mut width = 0;
    let end = line.char_indices().find_map(|(at, letter)| {
        width += usize::from(widths.width(letter.encode_utf8(&mut [0; 4])));
        (width > columns).then_some(at)
    });
    match end {
        Some(end) => format!("{}…", &line[..end]),
        None if lines.next().is_some() => format!("{line} …"),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(query: &str) -> Search {
        let entries =
            ["make", "git push", "Git log", "git log -p", "make", "for x in y {\n}"].map(str::to_owned);
        let mut search = Search::new("ma", 1);
        search.look(query, entries.iter().rev());
        search
    }

    #[test]
    fn entries_have_all_words() {
        assert_eq!(search("log git").found, ["git log -p", "Git log"]);
        assert_eq!(search("Git").found, ["Git log"]);
        assert_eq!(search("").found.len(), 5);
        assert_eq!(search("x").list(80, 10), "  (1 of 1)\n> for x in y { …");
        assert_eq!(search("z").list(80, 10), "  (no entry has this)");
    }

    #[test]
    fn the_list_follows_the_selection() {
        let mut search = search("git");
        assert_eq!(search.list(80, 2), "  (1 of 3)\n> git log -p\n  Git log");
        search.select_newer();
        search.select_older();
        search.select_older();
        search.select_older();
        assert_eq!(search.list(9, 2), "  (3 of 3)\n  Git lo…\n> git pu…");
        assert_eq!(search.delete().as_deref(), Some("git push"));
        assert_eq!(search.selected(), Some("Git log"));
        assert_eq!(search.before(), ("ma".to_owned(), 1));
    }
}
