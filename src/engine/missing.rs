//! Programs that a script names and that this machine currently lacks.

use super::script::Script;
use crate::builtins;
use crate::check::program::{LiteralCommand, Program};
use crate::diag::{Diagnostic, code, quote_word};
use crate::eval::similar_programs;
use crate::process::{Environment, Lookup, Search};
use crate::span::Span;
use std::collections::HashSet;

impl Script {
    /// Returns a warning for each program that a command names literally and that PATH of this process currently
    /// lacks. They are not among [`Script::warnings`], since a script may be meant for another machine.
    ///
    /// Returns none under a policy, which may keep the script from looking up programs, and none for a script
    /// that sets PATH. A program that the script tests with `command -v` may be missing.
    ///
    /// ```
    /// use pipewright::Script;
    ///
    /// let script = Script::parse("t", "no-such-program --version")?;
    /// assert_eq!(script.missing_programs()[0].code.id(), "W0013");
    /// # Ok::<(), pipewright::ParseError>(())
    /// ```
    pub fn missing_programs(&self) -> Vec<Diagnostic> {
        if self.has_policy() {
            return Vec::new();
        }
        let Ok(program) = self.foreseen() else { return Vec::new() };
        let texts = || program.modules.iter().map(|module| module.source.text());
        if texts().any(|text| ["env.PATH", "PATH=", "PATH:"].iter().any(|set| text.contains(set))) {
            return Vec::new();
        }
        let environment = Environment::inherited();
        let search = Search::new(environment.get(b"PATH").unwrap_or_default());
        let mut seen = HashSet::new();
        let mut known: Option<Vec<String>> = None;
        let mut pages = Vec::new();
        for command in &program.foreseen.commands {
            let Some(name) = command.words.first().and_then(|name| std::str::from_utf8(name).ok()) else {
                continue;
            };
            let asked = |text: &str| {
                ["command -v ", "which ", "type "].iter().any(|ask| text.contains(&format!("{ask}{name}")))
            };
            let is_variable = program.variable_programs.iter().any(|one| *one.name == *name);
            if name.is_empty()
                || name.contains('/')
                || is_variable
                || !seen.insert(name)
                || texts().any(asked)
            {
                continue;
            }
            if !matches!(search.find(name.as_bytes(), None), Lookup::NotFound | Lookup::NoDirectory(_)) {
                continue;
            }
            let known = known.get_or_insert_with(|| search.names());
            let own = builtins::ALL.iter().map(|row| row.name);
            let functions = program.declared.iter().map(|(known, _)| &**known);
            let meant = similar_programs(name, own.chain(functions).chain(known.iter().map(String::as_str)));
            pages.push(page(&program, command, name, meant));
        }
        pages
    }
}

fn page(program: &Program, command: &LiteralCommand, name: &str, meant: Option<String>) -> Diagnostic {
    let source = program.source(command.module);
    let text = &source.text()[command.span.range()];
    let start = command.span.start as usize + text.find(name).unwrap_or_default();
    let at = if text.contains(name) { Span::new(start, start + name.len()) } else { command.span };
    let message = format!("PATH has no program {} now", quote_word(name.as_bytes()));
    let address = crate::check::quoted_address(source.text(), at.start as usize);
    let address =
        address.map(|line| format!("`&` ends a command; an address that holds one is quoted: {line}"));
    let help = address.or(meant).unwrap_or_else(|| {
        "check the spelling; it may be installed where the script is meant to run".to_string()
    });
    Diagnostic::new(code::PROGRAM_MISSING, message).at(source, at, "no such program here").help(help)
}
