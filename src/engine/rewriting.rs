//! Rewrites lines of sh, for the help of an error and for the prompt.

use super::source;
use crate::check::{is_own_name, shell_variables};
use crate::diag::{Code, Diagnostic, Source, code};
use crate::process::Environment;
use crate::syntax::from_sh::{
    Names, Rewriting, main_of_getopts, rewrite, rewrite_exactly, rewrite_statement,
};
use std::ops::Range;
use std::sync::Arc;

/// The errors about constructs that can be rewritten.
const REWRITTEN: &[Code] = &[
    code::SH_COMPOUND,
    code::SH_KEYWORD,
    code::SH_BACKTICK,
    code::SH_ASSIGNMENT,
    code::SH_ARITHMETIC,
    code::SH_PARAMETER,
    code::SH_TEST,
    code::SH_BUILTIN,
    code::SH_FUNCTION,
    code::SH_VARIABLE,
];

/// The errors whose help in a script shows the rewritten statement. The other errors name the counterpart in the
/// language.
const SHOWN: &[Code] = &[code::SH_COMPOUND, code::SH_KEYWORD, code::SH_BACKTICK];

/// The errors about loops, `if` and `case`. A prompt offers these constructs in rewritten form. It accepts the
/// other constructs directly, since they mean the same here as in sh.
const OFFERED: &[Code] = &[code::SH_COMPOUND, code::SH_KEYWORD];

/// The largest number of errors that get a rewritten line.
const MOST_ERRORS: usize = 3;

/// The largest rewritten text in bytes that a help shows. Longer text is hard to read there.
const MOST_HELP: usize = 1500;

/// The context that decides whether one text may replace another.
pub(super) struct Judge<'a> {
    /// Returns whether a variable of this name is declared before the text, or in it.
    pub is_variable: Box<dyn Fn(&str) -> bool + 'a>,
    pub environment: &'a Environment,
    /// Returns the errors in a text.
    pub errors: &'a dyn Fn(&Arc<Source>) -> Vec<Diagnostic>,
    pub is_typed: bool,
}

impl Names for Judge<'_> {
    fn is_variable(&self, name: &str) -> bool {
        (self.is_variable)(name)
    }

    fn is_exported(&self, name: &str) -> bool {
        self.environment.get(name.as_bytes()).is_some()
    }

    fn is_special(&self, name: &str) -> bool {
        shell_variables::is_of_shells(name)
    }

    fn is_of_language(&self, name: &str) -> bool {
        is_own_name(name)
    }

    fn is_script(&self) -> bool {
        !self.is_typed
    }
}

impl Judge<'_> {
    /// Returns the entry that the prompt runs in place of a text with these errors.
    pub fn taken(&self, text: &str, errors: &[Diagnostic]) -> Option<Rewriting> {
        self.takes(errors).then(|| self.certain(rewrite_exactly(text, self)))?
    }

    /// Returns whether the prompt accepts a text with these errors directly, instead of offering its counterpart.
    pub fn takes(&self, errors: &[Diagnostic]) -> bool {
        let is_taken = |error: &Diagnostic| REWRITTEN.contains(&error.code) && !OFFERED.contains(&error.code);
        // A variable that is assigned as in sh is not declared for the later statements.
        let is_all = errors.iter().all(|error| is_taken(error) || error.code == code::UNDECLARED_NAME);
        self.is_typed && is_all && errors.iter().any(is_taken)
    }

    /// Returns an entry that means the same and passes the check.
    #[cfg(feature = "dialog")]
    pub fn offered(&self, text: &str) -> Option<Rewriting> {
        self.certain(rewrite(text, self))
    }

    fn certain(&self, rewriting: Option<Rewriting>) -> Option<Rewriting> {
        rewriting.filter(|rewriting| rewriting.notes.is_empty() && self.passes(&rewriting.text))
    }

    fn passes(&self, text: &str) -> bool {
        source("entry", text.as_bytes().to_vec()).is_ok_and(|source| (self.errors)(&source).is_empty())
    }

    /// Adds the rewritten lines to the errors, if the lines pass the check.
    pub fn explain(&self, text: &str, errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut pages = self.explained(text, errors);
        let line = |page: &Diagnostic| {
            let label = page.primary()?;
            let (at, text) = (label.span.start as usize, label.source.text());
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            text[start..].lines().next().map(str::to_owned)
        };
        let main = pages.iter().any(|page| line(page).is_some_and(|line| line.contains("getopts ")));
        let Some(main) = main.then(|| main_of_getopts(text)).flatten() else { return pages };
        // The same `main` replaces what follows the loop.
        pages.retain(|page| line(page).is_none_or(|line| !line.contains("OPTIND")));
        for page in &mut pages {
            if page.suggestion.is_none() && line(page).is_some_and(|line| line.contains("getopts ")) {
                page.help =
                    vec![format!("the options of a script are the parameters of its `main`:\n{main}")];
            }
        }
        pages
    }

    fn explained(&self, text: &str, mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let is_rewritten = |error: &Diagnostic| {
            let is_here = error.primary().is_some_and(|label| label.source.text() == text);
            REWRITTEN.contains(&error.code) && is_here
        };
        if !errors.iter().any(is_rewritten) {
            return errors;
        }
        if !self.is_typed
            && let Some(pages) = self.port(text, &errors)
        {
            return pages;
        }
        // The rest of an entry uses what the entry declares.
        if self.is_typed
            && let Some(rewriting) = rewrite(text, self).filter(|rewriting| self.passes(&rewriting.text))
            && let Some(mut error) = errors.iter().find(|error| is_rewritten(error)).cloned()
        {
            put(&mut error, &rewriting);
            return vec![error];
        }
        let mut mended: Vec<Range<usize>> = Vec::new();
        let mut kept = Vec::new();
        let is_shown = |error: &Diagnostic| is_rewritten(error) && SHOWN.contains(&error.code);
        for (at, error) in
            errors.iter_mut().enumerate().filter(|(_, error)| is_shown(error)).take(MOST_ERRORS)
        {
            if let Some((statement, rewriting)) = self.statement(text, error) {
                put(error, &rewriting);
                if !mended.contains(&statement) {
                    kept.push(at);
                }
                mended.push(statement);
            }
        }
        // Other errors in a rewritten statement don't apply to its rewriting, so only one error remains for it.
        let mut at = 0..errors.len();
        errors.retain(|error| {
            let is_kept = at.next().is_some_and(|at| kept.contains(&at));
            let start = error.primary().map_or(usize::MAX, |label| label.span.start as usize);
            is_kept || !mended.iter().any(|range| range.contains(&start))
        });
        errors
    }

    /// Rewrites the statement that contains an error: the statement at the beginning of the error's line, or at the
    /// error.
    fn statement(&self, text: &str, error: &Diagnostic) -> Option<(Range<usize>, Rewriting)> {
        let at = error.primary()?.span.start as usize;
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line = line + text[line..].len() - text[line..].trim_start_matches([' ', '\t']).len();
        let rewritten = |start: usize| {
            let (end, rewriting) = rewrite_statement(text, start, self)?;
            let whole = format!("{}{}{}", &text[..start], rewriting.text, &text[end..]);
            let inside = start..start + rewriting.text.len();
            let source = source("entry", whole.into_bytes()).ok()?;
            let is_inside = |error: &Diagnostic| {
                error.primary().is_none_or(|label| {
                    let span = label.span.range();
                    span.start < inside.end && span.end > inside.start
                })
            };
            let is_mended = at < end && !(self.errors)(&source).iter().any(is_inside);
            is_mended.then_some((start..end, rewriting))
        };
        let before = text[..at].trim_end_matches([' ', '\t']);
        let begins = before.is_empty() || before.ends_with(['\n', ';', '{', '(', '|', '&', '!']);
        rewritten(line.min(at)).or_else(|| begins.then(|| rewritten(at))?)
    }
}

/// Replaces the help of an error with the rewritten lines.
pub(super) fn put(error: &mut Diagnostic, rewriting: &Rewriting) {
    let Rewriting { text, notes, remarks, .. } = rewriting;
    let notes: Vec<&str> = notes.iter().chain(remarks).copied().collect();
    let text = text.trim();
    if text.len() > MOST_HELP {
        return;
    }
    let head =
        if notes.is_empty() { "write".to_owned() } else { format!("write, where {}", notes.join(", and ")) };
    let gap = if text.contains('\n') { '\n' } else { ' ' };
    // A tab would be shown escaped. `<<-` needs its tabs.
    let text = if text.contains("<<-") { text.to_owned() } else { text.replace('\t', "    ") };
    error.help = vec![format!("{head}:{gap}{text}")];
}

/// Returns whether a text seems to declare a variable somewhere, by `let` or as a parameter.
pub(super) fn declares(text: &str, name: &str) -> bool {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.lines().map(str::trim_start).any(|line| {
        let mut words = line.split(|letter: char| !is_name(letter)).filter(|word| !word.is_empty());
        match line.starts_with("fn ") {
            true => words.any(|word| word == name),
            false => line.match_indices("let ").any(|(at, found)| {
                let rest = line[at + found.len()..].trim_start();
                // `let x=1` is arithmetic of bash.
                rest.strip_prefix(name)
                    .is_some_and(|after| !after.starts_with(is_name) && !after.starts_with('='))
            }),
        }
    })
}
