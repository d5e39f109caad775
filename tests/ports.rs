//! Scripts of bash as people write them: the check shows each statement rewritten, and the rewritten statements pass.
//!
//! `ports/NAME.sh` is a script, and `ports/NAME.pages` the errors of its check with their help. `UPDATE=1` writes the pages anew.

use crate::support::root;
use pipewright::Engine;
use pipewright::diag::Diagnostic;
use std::fmt::Write as _;

/// Returns the errors of a script.
fn pages(name: &str, text: &str) -> Vec<Diagnostic> {
    // As in the program, `exec` may replace this process; nothing runs here.
    let engine = Engine::builder().own_process().build().expect("it has no names");
    match engine.script(name, text) {
        Ok(_) => Vec::new(),
        Err(error) => error.diagnostics().to_vec(),
    }
}

/// Returns the script with all suggestions in their places, and those places.
fn applied(text: &str, pages: &[Diagnostic]) -> (String, Vec<std::ops::Range<usize>>) {
    let mut whole = String::new();
    let mut places = Vec::new();
    let mut at = 0;
    for (span, suggestion) in pages.iter().filter_map(|page| page.suggestion.as_ref()) {
        whole += &text[at..span.start as usize];
        places.push(whole.len()..whole.len() + suggestion.len());
        whole += suggestion;
        at = span.end as usize;
    }
    whole += &text[at..];
    (whole, places)
}

/// Returns a page as the files hold it: its line, message and help.
fn shown_page(page: &Diagnostic) -> String {
    let line = page.primary().map_or(0, |label| label.source.line_col(label.span.start as usize).0);
    let help = page.help.iter().flat_map(|help| help.lines());
    let help: String = help.map(|line| format!("    {line}\n")).collect();
    format!("{line}: {page}\n{help}")
}

#[test]
fn most_errors_of_a_script_of_bash_show_a_statement_that_passes() {
    let folder = root().join("tests/ports");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("the scripts are there")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".sh").map(str::to_owned))
        .collect();
    names.sort_unstable();
    assert!(names.len() >= 10, "{names:?}");
    let (mut all, mut shown) = (0, 0);
    let mut wrong = String::new();
    for name in names {
        let text = std::fs::read_to_string(folder.join(format!("{name}.sh"))).expect("it is there");
        let pages = pages(&format!("{name}.sh"), &text);
        all += pages.len();
        shown += pages.iter().filter(|page| page.suggestion.is_some()).count();
        // Statements without a rewriting hide what they declare, so only the rewritten ones are judged.
        let (whole, places) = applied(&text, &pages);
        let parts: Vec<&str> = places.iter().map(|place| &whole[place.clone()]).collect();
        for page in self::pages("rewritten", &parts.join("\n")) {
            if page.code.id() != "E0201" {
                let _ = writeln!(wrong, "{name}: {page}");
            }
        }
        let printed: String = pages.iter().map(shown_page).collect();
        let path = folder.join(format!("{name}.pages"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &printed).expect("the pages can be written");
        } else if std::fs::read_to_string(&path).unwrap_or_default() != printed {
            let _ = writeln!(wrong, "{name}: its pages changed:\n{printed}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(shown * 100 >= all * 95, "{shown} of {all} errors show a statement");
    println!("{shown} of {all} errors show a statement");
}
