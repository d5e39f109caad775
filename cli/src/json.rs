//! Diagnostics for editors: `--check --json` prints one JSON object on each line.
//!
//! Lines and columns count from 1, columns in characters; `start` and `end` are byte offsets.

use pipewright::diag::{Diagnostic, Label, visible};
use serde_json::{Value, json};

/// Returns the lines for some diagnostics.
pub fn lines<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> String {
    diagnostics.into_iter().map(|page| format!("{}\n", escaped(&object(page).to_string()))).collect()
}

/// Returns JSON in which characters that could hide or reorder text on a terminal are also escaped.
/// Such characters are only in strings.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii_graphic() || character == ' ' || !is_hidden(character) {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

fn is_hidden(character: char) -> bool {
    visible(character.encode_utf8(&mut [0; 4]).as_bytes()).len() > character.len_utf8()
}

fn object(page: &Diagnostic) -> Value {
    let others = page.labels.iter().filter(|label| !label.primary);
    json!({
        "severity": if page.code.is_warning() { "warning" } else { "error" },
        "code": page.code.id(),
        "message": page.message,
        "place": page.primary().map(place),
        "others": others.map(place).collect::<Vec<_>>(),
        "notes": page.notes,
        "help": page.help,
    })
}

fn place(label: &Label) -> Value {
    let (start, end) = (label.span.start as usize, label.span.end as usize);
    let (line, column) = label.source.line_col(start);
    let (end_line, end_column) = label.source.line_col(end);
    json!({
        "file": label.source.name(),
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "start": start,
        "end": end,
        "text": label.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hiding_characters_are_escaped() {
        let json = escaped("{\"a\":\"é \u{202e} \u{7f} \u{e0001} 日\"}");
        assert_eq!(json, "{\"a\":\"é \\u202e \\u007f \\udb40\\udc01 日\"}");
        let value: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["a"], "é \u{202e} \u{7f} \u{e0001} 日");
    }
}
