//! Diagnostics for editors: `--check --json` prints one JSON object a line.
//!
//! Lines and columns count from 1, columns in characters; `start` and `end` are byte offsets.

use pipewright::diag::{Diagnostic, Label};
use serde_json::{Value, json};

/// The lines for some diagnostics.
pub fn lines<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> String {
    diagnostics.into_iter().map(|page| format!("{}\n", object(page))).collect()
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
