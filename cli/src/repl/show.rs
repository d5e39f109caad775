//! Values in the form of the prompt: strings as text, lists and maps in several lines, lists of maps as
//! tables.

use pipewright::Value;
use pipewright::diag::visible;
use pipewright::value::{List, Map};

/// The largest number of lines that are printed for one value. More lines would scroll everything else away.
pub const MOST_LINES: usize = 1000;

/// The largest number of lines for a pager, which can search them but which take memory.
pub const MOST_PAGED: usize = 1_000_000;

/// The depth to which lists and maps are shown in several lines; deeper ones are on one line.
const MAX_DEPTH: usize = 6;

/// Returns the text that shows a value on a terminal with this many columns, with its last line end and
/// at most this many lines; empty for null.
pub fn shown(value: &Value, columns: usize, most: usize) -> String {
    let mut out = String::new();
    match value {
        Value::Null => return out,
        Value::Str(text) => {
            for line in text.split(|byte| *byte == b'\n') {
                push_line(&mut out, &plain(line));
            }
            // The text's own final line end is not an empty line.
            if text.ends_with(b"\n") {
                out.pop();
            }
        }
        Value::List(rows) if let Some(table) = table(rows, columns, most) => out = table,
        other => lay_out(other, &mut out, "", 0, (columns, most)),
    }
    shorten(out, most)
}

/// Returns a line of text in which tabs are kept, and characters that would move the cursor are
/// escaped.
fn plain(line: &[u8]) -> String {
    line.split(|byte| *byte == b'\t').map(visible).collect::<Vec<_>>().join("\t")
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// Lays out a value: on one line if it fits, otherwise with each element on its own line.
fn lay_out(value: &Value, out: &mut String, before: &str, depth: usize, room: (usize, usize)) {
    let (columns, most) = room;
    let indent = depth * 2;
    let limit = columns.saturating_sub(indent + before.len());
    let line = value.display(columns.max(20) * 4);
    let fits = line.chars().count() <= limit || depth >= MAX_DEPTH;
    let (brackets, parts): (_, Vec<(String, &Value)>) = match value {
        Value::List(items) if !fits => (('[', ']'), items.iter().map(|item| (String::new(), item)).collect()),
        Value::Map(map) if !fits => {
            let key = |key: &[u8]| format!("{}: ", name(key));
            (('{', '}'), map.iter().map(|(text, item)| (key(text), item)).collect())
        }
        _ => return push_line(out, &format!("{:indent$}{before}{line}", "")),
    };
    let (open, close) = brackets;
    push_line(out, &format!("{:indent$}{before}{open}", ""));
    for (before, item) in parts.iter().take(most) {
        lay_out(item, out, before, depth + 1, room);
    }
    push_line(out, &format!("{:indent$}{close}", ""));
}

/// Returns the key of a map, bare if the language would parse it as the same key.
fn name(key: &[u8]) -> String {
    let mut letters = key.iter();
    let first = letters.next().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    if first && letters.all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        return String::from_utf8_lossy(key).into_owned();
    }
    Value::str(key.to_vec()).display(200)
}

/// Returns a list of maps with common keys as a table with a header.
fn table(rows: &List, columns: usize, most: usize) -> Option<String> {
    let maps: Vec<&Map> = rows
        .iter()
        .map(|row| match row {
            Value::Map(map) if !map.is_empty() => Some(map),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let first = maps.first()?;
    // Maps without common keys are not a table.
    if !maps.iter().all(|map| map.keys().any(|key| first.contains_key(key))) {
        return None;
    }
    let mut keys: Vec<&[u8]> = Vec::new();
    for key in maps.iter().flat_map(|map| map.keys()) {
        if !keys.contains(&&**key) {
            keys.push(key);
        }
    }
    let shown = &maps[..maps.len().min(most)];
    let cells = |key: &[u8]| {
        let head = (visible(key), false);
        let cells = shown.iter().map(|map| map.get(key).map_or_else(Default::default, cell));
        std::iter::once(head).chain(cells).collect::<Vec<_>>()
    };
    let mut table: Vec<Vec<(String, bool)>> = keys.into_iter().map(cells).collect();
    let widths = fit(&table, columns);
    // Without room for two letters in each column, it is laid out like any list.
    let widths = widths?;
    let mut out = String::new();
    for row in 0..=shown.len() {
        let mut line = String::new();
        for (column, width) in table.iter_mut().zip(&widths) {
            let (text, number) = std::mem::take(&mut column[row]);
            let text = cut(text, *width);
            let blank = " ".repeat(width.saturating_sub(text.chars().count()));
            // Numbers are aligned at the right, so that their digits line up.
            let (left, right) = if number { (blank, String::new()) } else { (String::new(), blank) };
            line.push_str(&format!("{left}{text}{right}  "));
        }
        push_line(&mut out, line.trim_end());
    }
    if maps.len() > shown.len() {
        push_line(&mut out, &format!("… and {} more", maps.len() - shown.len()));
    }
    Some(out)
}

/// Returns the text of a cell, and whether it is a number.
fn cell(value: &Value) -> (String, bool) {
    match value {
        Value::Null => Default::default(),
        Value::Str(text) => (visible(text), false),
        Value::Int(_) | Value::Float(_) | Value::Size(_) | Value::Duration(_) => (value.display(200), true),
        other => (other.display(200), false),
    }
}

/// Returns the width of each column, after the widest are reduced until all fit.
fn fit(table: &[Vec<(String, bool)>], columns: usize) -> Option<Vec<usize>> {
    let widest = |column: &Vec<(String, bool)>| {
        column.iter().map(|(text, _)| text.chars().count()).max().unwrap_or_default()
    };
    let mut widths: Vec<usize> = table.iter().map(widest).collect();
    let room = columns.checked_sub(2 * table.len().saturating_sub(1))?;
    while widths.iter().sum::<usize>() > room {
        let widest = widths.iter_mut().max()?;
        if *widest <= 2 {
            return None;
        }
        *widest -= 1;
    }
    Some(widths)
}

fn cut(text: String, width: usize) -> String {
    if text.chars().count() <= width {
        return text;
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

fn shorten(text: String, most: usize) -> String {
    let Some((end, _)) = text.match_indices('\n').nth(most) else { return text };
    let more = text[end + 1..].matches('\n').count();
    format!("{}… and {more} lines more\n", &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &Value, columns: usize) -> String {
        super::shown(value, columns, MOST_LINES)
    }

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().cloned().collect())
    }

    #[test]
    fn strings_are_text() {
        assert_eq!(shown(&"two\nlines\n".into(), 80), "two\nlines\n");
        assert_eq!(shown(&"a\tb".into(), 80), "a\tb\n");
        assert_eq!(shown(&"".into(), 80), "\n");
        assert_eq!(shown(&Value::str(b"\x1b[2J\xff".to_vec()), 80), "\\u{1b}[2J\\xff\n");
        assert_eq!(shown(&Value::Null, 80), "");
    }

    #[test]
    fn values_that_fit_are_one_line_and_others_are_laid_out() {
        let list: Value = vec![Value::from("alpha"), Value::from("beta")].into();
        assert_eq!(shown(&list, 80), "['alpha', 'beta']\n");
        assert_eq!(shown(&list, 12), "[\n  'alpha'\n  'beta'\n]\n");
        let nested = map(&[("name", "web 1".into()), ("two words", list)]);
        assert_eq!(
            shown(&nested, 28),
            "{\n  name: 'web 1'\n  'two words': [\n    'alpha'\n    'beta'\n  ]\n}\n"
        );
    }

    #[test]
    fn lists_of_maps_are_tables() {
        let rows: Value = vec![
            map(&[("name", "web".into()), ("port", 80.into())]),
            map(&[("name", "mail \u{202e}".into()), ("port", 8025.into()), ("up", true.into())]),
        ]
        .into();
        let expected = "name           port  up\nweb              80\nmail \\u{202e}  8025  true\n";
        assert_eq!(shown(&rows, 80), expected);
        assert_eq!(shown(&rows, 18), "name    port  up\nweb       80\nmail …  8025  true\n");
        // No room, or no common keys: like any other list.
        assert!(shown(&rows, 8).starts_with('['));
        let rows: Value = vec![map(&[("a", 1.into())]), map(&[("b", 2.into())])].into();
        assert_eq!(shown(&rows, 80), "[{'a': 1}, {'b': 2}]\n");
    }

    #[test]
    fn long_values_are_cut() {
        let list: Value = (0..5000).map(Value::from).collect::<Vec<_>>().into();
        let text = shown(&list, 80);
        assert!(text.lines().count() <= MOST_LINES + 2, "{}", text.lines().count());
        assert_eq!(super::shown(&list, 80, MOST_PAGED).lines().count(), 5002);
    }
}
