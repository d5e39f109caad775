//! The check: from the syntax tree to the resolved tree, or to all errors, before anything runs.

mod absorbed;
mod addresses;
mod bindings;
mod calls;
mod code_guard;
mod commands;
mod compound;
mod conditions;
mod context;
mod dropped;
mod echo;
mod effects;
#[cfg(feature = "dialog")]
mod entry;
mod environment_commands;
mod errors;
mod expressions;
mod false_tests;
mod foreign_operators;
mod functions;
mod history_events;
mod host_calls;
mod kind;
mod lints;
mod lookalikes;
mod lower;
mod modules;
mod options;
mod order;
mod parameters;
mod patterns;
mod pipelines;
pub mod program;
mod progress;
mod project;
mod redirections;
mod replace;
mod scope;
mod secrets;
mod services;
pub mod settings;
mod sh_assignments;
pub mod sh_constructs;
mod sh_parameters;
pub mod shell_variables;
mod side_by_side;
mod signals;
mod status;
mod subshells;
mod timing;
mod truncation;
mod types;
mod variable_commands;
mod variables;
mod with;
mod words;
mod workers;

use crate::diag::{Diagnostic, Source, code};
use crate::host::Hosted;
use crate::span::Span;
use crate::syntax;
use program::{Foreseen, ModuleId, Program};
use project::{Members, Project};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

pub use addresses::quoted_address;
#[cfg(feature = "dialog")]
pub use entry::{Earlier, Meaning};
pub use kind::{accepts, conversion};
pub use lookalikes::program_elsewhere;
pub use options::{NamedOption, OptionForm, is_number, option_of, read_options, similar_option};
pub use order::too_early;
pub use project::{Loaded, Loader, NotLoaded};
pub use variables::is_own_name;

/// The options of a check.
#[derive(Default)]
pub struct CheckOptions<'a> {
    /// The loader of the files that the script uses. Without a loader, the script may not use files.
    pub loader: Option<Rc<dyn Loader>>,
    /// The variables that its host sets.
    pub inputs: &'a [String],
    /// The functions and stages of the host.
    pub hosted: Hosted,
    /// Whether to gather literal words for a policy: they would be a third of the program.
    pub foresee: bool,
    /// The file that contains it.
    pub path: Option<&'a Path>,
    /// The variables that it assigns as sh does it, at a prompt.
    pub texts_of_sh: &'a [String],
}

/// Reads and checks a script, and the files that it uses.
///
/// # Errors
/// Fails with all errors, in the order of the text; never empty.
pub fn check(source: &Arc<Source>, given: CheckOptions<'_>) -> Result<Program, Vec<Diagnostic>> {
    let mut project = Project::new(given.loader);
    project.inputs = given.inputs.iter().map(|name| name.as_str().into()).collect();
    project.hosted = given.hosted;
    project.texts_of_sh.extend(given.texts_of_sh.iter().cloned());
    project.foreseen = given.foresee.then(Foreseen::default);
    let id = project.open(None, given.path.map(Path::to_path_buf));
    let checked = file(source, 0, id, project);
    let (project, main, members) = (checked.project, checked.main, checked.members);
    let mut errors = checked.errors;
    errors.extend(project.lost_assignments());
    errors.extend(project.effects_of_turns());
    if !errors.is_empty() {
        return Err(errors.into_iter().map(secrets::mask).collect());
    }
    let mut program = project.into_program(main, &members).ok_or_else(|| vec![bug()])?;
    program.warnings = program.warnings.into_iter().map(secrets::mask).collect();
    Ok(program)
}

fn bug() -> Diagnostic {
    Diagnostic::new(code::INTERNAL, "the check left a function without a body")
}

/// Returns whether the language itself has a function of this name that a host can't replace. A host may ask its
/// user in another way, so its functions of those names take precedence.
pub fn is_function_of_language(name: &str) -> bool {
    const OF_USER: &[&str] = &["confirm", "input", "read_line"];
    !OF_USER.contains(&name) && (calls::intrinsic(name).is_some() || crate::methods::function(name).is_some())
}

/// Returns whether the name of a command is a form of sh that the check refuses and that a host can't use. A
/// host may define the commands that a prompt has in addition to the language.
pub fn is_habit_of_sh(name: &str) -> bool {
    const OF_PROMPTS: &[&str] = &["bind", "complete", "fc", "help", "history"];
    sh_constructs::of_word(name).is_some() && !OF_PROMPTS.contains(&name)
}

/// The result of the check of a used file.
struct CheckedModule {
    project: Project,
    outcome: Result<(ModuleId, Rc<Members>), Vec<Diagnostic>>,
}

fn module(loaded: Loaded, mut project: Project) -> CheckedModule {
    let Loaded { key, name, path, bytes } = loaded;
    let id = project.open(Some(&key), Some(path));
    let source = match syntax::decode(&name, bytes) {
        Ok(source) => source,
        Err(error) => {
            project.close(&key, id, Members::new());
            return CheckedModule { project, outcome: Err(vec![*error]) };
        }
    };
    let checked = file(&source, 0, id, project);
    let mut project = checked.project;
    let members = project.close(&key, id, checked.members);
    let outcome = if checked.errors.is_empty() { Ok((id, members)) } else { Err(checked.errors) };
    CheckedModule { project, outcome }
}

/// Checks one file, from a line on.
fn file(source: &Arc<Source>, from: usize, id: ModuleId, project: Project) -> lower::Checked {
    let parsed = syntax::parse_from(source, from);
    let mut checked = lower::file(source, parsed.script, id, project);
    let errors = &mut checked.errors;
    // The part that could not be read may contain declarations that the rest needs.
    if parsed.error.is_some() || errors.iter().any(|error| error.code == code::USE_FAILED) {
        errors.retain(|error| error.code != code::UNDECLARED_NAME);
    }
    // `break` and `return` are outside a loop or function whose head was refused: one cause, one error.
    let refused = [code::SH_COMPOUND, code::SH_FUNCTION];
    if errors.iter().any(|error| refused.contains(&error.code)) {
        errors.retain(|error| error.code != code::MISPLACED);
    }
    // If the reading stopped after a form of sh, that form is the cause, and the place where it stopped is not
    // worth an error.
    if let Some(error) = parsed.error {
        let sh = errors.iter().any(|error| error.code.id().starts_with("E03"));
        if !sh {
            errors.push(habit_of_line(source, &error, &checked.project.hosted).unwrap_or(*error));
        }
    }
    checked
}

/// Returns the error for a line that can't be read and begins with a word of sh.
fn habit_of_line(source: &Arc<Source>, error: &Diagnostic, hosted: &Hosted) -> Option<Diagnostic> {
    let at = error.primary()?.span.start as usize;
    let text = source.text();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = &text[start..];
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    let word =
        line[blank..].split(|c: char| !c.is_ascii_alphanumeric()).next().filter(|word| !word.is_empty())?;
    if crate::builtins::KEYWORDS.contains(&word) || hosted.stage(word).is_some() {
        return None;
    }
    let rest = line[blank + word.len()..].trim_start();
    if word == "export"
        && ["fn ", "function ", "let ", "const ", "def "].iter().any(|kind| rest.starts_with(kind))
    {
        let span = Span::new(start + blank, start + blank + word.len());
        let error =
            Diagnostic::new(code::SYNTAX, "nothing is exported").at(source, span, "not in Pipewright");
        let help = "leave it out: a file that uses this one has all its functions and variables";
        return Some(error.help(help));
    }
    let row = sh_constructs::of_word(word)?;
    let span = Span::new(start + blank, start + blank + word.len());
    let help =
        if row.example.is_empty() { row.help.to_string() } else { format!("{}:\n{}", row.help, row.example) };
    Some(Diagnostic::new(row.code, row.message).at(source, span, "not in Pipewright").help(help))
}

#[cfg(test)]
mod tests;
