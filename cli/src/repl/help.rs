//! `help`, `history`, `abbr`, `bind` and `complete`, the commands that only the prompt has. They are stages like any other, so
//! `history | grep make` works.

use super::abbreviations::{self, Abbreviations};
use super::bindings::{self, Bindings};
use super::commands::{COMMANDS, text};
use super::{declare, history};
use pipewright::diag::wrap;
use pipewright::dialog::{Dialog, Kind};
use pipewright::program::terminal_width;
use pipewright::tools::explain;
use pipewright::{BuildError, Engine, StageCx, StageError, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// The functions that entries have declared, each with the text that `help` shows for it.
pub type Declared = Arc<Mutex<BTreeMap<String, String>>>;

/// Builds an engine with the commands and functions of the prompt.
///
/// # Errors
/// Fails only because of a bug in the prompt.
pub fn engine(
    declared: Declared,
    completions: declare::Shared,
    history: Option<PathBuf>,
    private: Arc<AtomicBool>,
    abbreviations: Abbreviations,
    bindings: Bindings,
) -> Result<Engine, BuildError> {
    let declares = completions.clone();
    Engine::builder()
        .own_process()
        .stage("help", move |cx: &mut StageCx<'_>| help(cx, &declared))
        .stage("history", move |cx: &mut StageCx<'_>| history::command(cx, history.as_deref(), &private))
        .stage("abbr", move |cx: &mut StageCx<'_>| abbreviations::command(cx, &abbreviations))
        .stage("bind", move |cx: &mut StageCx<'_>| bindings::command(cx, &bindings))
        .stage("complete", move |cx: &mut StageCx<'_>| declare::command(cx, &completions))
        .function("complete", move |command: Vec<u8>, words: Value| {
            declare::declare(&declares, command, words)
        })
        .build()
}

/// Notes the declared functions.
pub fn note(declared: &Declared, dialog: &Dialog) {
    let mut declared = declared.lock().unwrap_or_else(PoisonError::into_inner);
    declared.clear();
    for (name, _) in dialog.names().filter(|(_, kind)| *kind == Kind::Function) {
        let Some(function) = dialog.function(name) else { continue };
        let doc = match function.doc() {
            "" => String::new(),
            doc => format!("\n{doc}\n"),
        };
        declared.insert(name.to_string(), format!("{}\n{doc}", function.usage()));
    }
}

fn help(cx: &mut StageCx<'_>, declared: &Declared) -> Result<u8, StageError> {
    let words: Vec<String> = cx.args().iter().map(text).collect();
    if words.is_empty() {
        cx.stdout().write_all(OVERVIEW.as_bytes())?;
        return Ok(0);
    }
    let width = terminal_width().unwrap_or(80);
    let mut status = 0;
    for word in words {
        let known = declared.lock().unwrap_or_else(PoisonError::into_inner).get(&word).cloned();
        let command = COMMANDS.iter().find(|(name, _)| *name == word);
        let found = known
            .or_else(|| command.map(|(name, doc)| format!("{name}\n\n{doc}\n")))
            .or_else(|| explain(&word));
        match found {
            Some(found) => cx.stdout().write_all(laid_out(&found, width).as_bytes())?,
            None => {
                let is_name = word.starts_with(|first: char| first.is_alphanumeric());
                let word = pipewright::diag::visible(word.as_bytes());
                let own = if is_name { format!(", or {word} --help") } else { String::new() };
                writeln!(cx.stderr(), "help: {word} is unknown; try: help{own}")?;
                status = 1;
            }
        }
    }
    Ok(status)
}

/// Wraps a page to `width` columns, except examples and the rows of tables.
fn laid_out(page: &str, width: usize) -> String {
    let line = |line: &str| {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if indent >= 4 || text.starts_with('|') {
            return format!("{line}\n");
        }
        format!("{:indent$}{}\n", "", wrap(text, indent, width))
    };
    page.lines().map(line).collect()
}

const OVERVIEW: &str = "\
Plain commands and pipelines are as in sh. What differs:

    let name = \"web 1\"          a variable; $name is always one argument
    let files = glob(\"*.txt\")   a list; ...$files is one argument for each
    files.len()                 a call on its own shows its value
    fn greet(who) { echo hi $who }
    with timeout=30s, retry=3 { curl -fsS $url }
    env.PATH = \"/opt/bin:${env.PATH}\"

help WORD explains a keyword such as for, a builtin, a method, a function of
yours, an option of with, or an error such as E0201. help with and help
methods list all of them. history lists earlier entries.

Tab completes, with quotes; Right takes the grey suggestion, Alt-F a word of it;
Up goes to entries that begin as typed; Ctrl-R searches the history; Alt-. is the
last argument; Alt-Enter begins a new line; Alt-E opens the entry in an editor.
Ctrl-C clears the entry, or ends the running one; Ctrl-D or exit leaves.
Ctrl-Z stops the running entry; jobs, fg, bg and kill %1 manage stopped and
background jobs. ~/.config/pipewright/rc.pw runs before the first prompt.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::commands::topics;

    #[test]
    fn every_completion_that_is_offered_is_reported() {
        for (topic, _) in topics() {
            let is_command = COMMANDS.iter().any(|(name, _)| *name == topic);
            assert!(is_command || explain(topic).is_some(), "{topic}");
        }
    }

    #[test]
    fn pages_are_as_wide_as_the_terminal() {
        for (topic, _) in topics() {
            let page = laid_out(&explain(topic).unwrap_or_default(), 60);
            let too_long = |line: &&str| !line.starts_with("    ") && !line.starts_with('|');
            let longest = page.lines().filter(too_long).map(|line| line.chars().count()).max();
            assert!(longest.unwrap_or_default() <= 60, "{page}");
        }
    }
}
