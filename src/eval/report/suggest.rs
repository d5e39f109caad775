//! "did you mean": a search that is made once a failure has ended the run, not for each absorbed failure, since
//! it reads the directories of PATH.

use crate::diag::{self, Diagnostic, code};
use crate::eval::Interpreter;

/// The help for a command that leads to no program, if there is no better one.
pub(in crate::eval) const SPELLING: &str = "check the spelling, install it, or give its path";

/// The largest number of suggestions. More similar names are a coincidence.
const MOST: usize = 3;

impl Interpreter {
    /// Returns the page with suggestions for the name of a missing program.
    pub fn with_suggestion(&self, mut page: Diagnostic) -> Diagnostic {
        let generic = page.code == code::PROGRAM_NOT_FOUND && page.help.iter().any(|help| help == SPELLING);
        // A program that may not be run may not be listed either.
        if !generic || self.shared.policy.is_some() {
            return page;
        }
        let Some(name) = page.primary().and_then(|label| {
            let command = label.source.text().get(label.span.range())?;
            let mut words = command.split([' ', '\t', '\n', ';', '|']);
            words.find(|word| !["exec", ""].contains(word)).map(str::to_owned)
        }) else {
            return page;
        };
        if let Some(suggest) = self.meant(&name) {
            page.help = vec![suggest];
        }
        page
    }

    fn meant(&self, name: &str) -> Option<String> {
        let program = &self.program;
        let runs = || program.variable_programs.iter().any(|one| *one.name == *name);
        if program.variables.iter().any(|(known, _)| **known == *name) || runs() {
            return Some(format!(
                "`{name}` is a variable: ${name} is its text, and at a prompt `= {name}` shows it"
            ));
        }
        let own = crate::builtins::ALL.iter().map(|row| row.name);
        let functions = program.declared.iter().map(|(known, _)| &**known);
        let programs = self.env.search.as_ref().map(|search| search.names()).unwrap_or_default();
        similar_programs(name, own.chain(functions).chain(programs.iter().map(String::as_str)))
    }
}

/// Returns "did you mean" for the name of a missing program.
pub fn similar_programs<'c>(name: &str, known: impl IntoIterator<Item = &'c str>) -> Option<String> {
    // An empty or short name resembles too many others, and a quoted or computed name is not a typing error.
    if name.len() < 3 || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.+".contains(&byte)) {
        return None;
    }
    let mut near = diag::all_similar(name, known);
    if near.len() > MOST {
        return None;
    }
    let last = near.pop()?;
    let before: String = near.iter().map(|one| format!("`{one}` or ")).collect();
    Some(format!("did you mean {before}`{last}`?"))
}
