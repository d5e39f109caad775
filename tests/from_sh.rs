//! Tests the tables of docs/FROM-SH.md: the code for Pipewright passes the check, and the code for sh
//! is valid sh.

use crate::support;
use crate::support::{Run, have};

/// The variables that the page assumes.
const VARIABLES: &str = "let x = \"a\"\nlet n = 1\nlet list = [\"a\"]\nlet map = {a: 1}\nlet file = \"f\"\nlet dir = \"d\"\nlet dry_run = true\nlet reload = false\n";

/// Returns the code in a cell of a table; none if the cell is prose.
fn code(cell: &str) -> Option<String> {
    let ticks = cell.len() - cell.trim_start_matches('`').len();
    let inner = cell.get(ticks..)?.strip_suffix(&cell[..ticks]).filter(|_| ticks > 0)?;
    Some(inner.replace("\\|", "|"))
}

fn rows() -> Vec<(String, Option<String>)> {
    let page = std::fs::read_to_string(support::root().join("docs/FROM-SH.md")).expect("the page is there");
    let row = |line: &str| {
        let line = line.replace("\\|", "\u{1}");
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().replace('\u{1}', "\\|")).collect();
        let [_, left, middle, rest @ ..] = &*cells else { return None };
        // A table of two columns lists code that is the same in both languages.
        let here = if rest.len() == 2 { code(middle) } else { code(left) };
        Some((code(left)?, here))
    };
    page.lines().filter(|line| line.starts_with("| `")).filter_map(row).collect()
}

#[test]
fn code_for_pipewright_passes_the_check() {
    let rows = rows();
    assert!(rows.len() > 50, "the tables are read");
    for here in rows.into_iter().filter_map(|(_, here)| here) {
        let outcome = Run::pipewright()
            .arg("--check")
            .arg("-c")
            .arg(format!("{VARIABLES}if true {{\n{here}\ntrue\n}}"))
            .run();
        assert_eq!(outcome.status, 0, "{here}: {outcome}");
    }
}

#[test]
fn code_for_sh_is_accepted_by_bash() {
    if !have("bash") {
        return;
    }
    for (sh, _) in rows() {
        let outcome = Run::new("bash").args(["-n", "-c", &sh]).run();
        assert_eq!(outcome.status, 0, "{sh}: {outcome}");
    }
}
