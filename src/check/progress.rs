//! Refuses `progress=`, `log=` and `resume=` where they have no effect or contradict each other.

use super::context::Context;
use super::program::*;
use super::settings::Setting;
use crate::diag::{Diagnostic, code};
use crate::value::Value;

/// Warns about `with progress=true { … }` if its programs read no file by a redirection.
pub fn without_input(context: &Context<'_, '_>, options: &[WithOption], body: &Block) -> Option<Diagnostic> {
    let is_true = |option: &&WithOption| {
        option.setting == Setting::Progress && matches!(option.value.kind, ExprKind::Value(Value::Bool(true)))
    };
    let option = options.iter().find(is_true)?;
    let reads_nothing = |statement: &Statement| match &statement.kind {
        StatementKind::Pipeline(pipeline) => pipeline.stages.iter().all(is_without_input),
        _ => false,
    };
    body.statements.iter().all(reads_nothing).then(|| {
        let message = "no command of the block reads a file with `<`, so its progress is unknown";
        let page = Diagnostic::new(code::NO_PROGRESS, message);
        let page = page.at(context.source, option.span, "shows how far a file has been read");
        page.help(
            "pass the file with `<`, or use the percentages that a program prints: progress=\"percent\"",
        )
    })
}

/// Refuses options of a loop side by side that can't be combined.
pub fn of_loop(context: &Context<'_, '_>, options: &[WithOption]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let of = |setting| options.iter().find(move |option| option.setting == setting);
    if let (Some(log), Some(resume)) = (of(Setting::Log), of(Setting::Resume)) {
        let message = "`log` starts a new log, and `resume` continues one";
        let page =
            Diagnostic::new(code::LOG_TWICE, message).at(context.source, resume.span, "continues a log");
        let kept = &context.text[resume.span.range()];
        let help = format!("keep one of them: {kept} also creates a log if there is none");
        found.push(page.also_at(context.source, log.span, "begins one").help(help));
    }
    if let Some(option) = of(Setting::Progress)
        && let ExprKind::Value(Value::Str(_)) = &option.value.kind
    {
        let text = &context.text[option.span.range()];
        let message = "the progress of a loop side by side is that of its turns";
        let page = Diagnostic::new(code::PROGRESS_OF_LOOP, message);
        let page = page.at(context.source, option.span, "is that of one program");
        found.push(page.help(format!(
            "write progress=true; or leave jobs= out, so that each turn shows that of its program: {text}"
        )));
    }
    found
}

/// Returns true for a command that certainly is not a function and reads no file by a redirection.
fn is_without_input(stage: &Stage) -> bool {
    let reads =
        |redirection: &Redirection| matches!(redirection.kind, RedirectionKind::File(FileMode::Read, _));
    let StageKind::Command(command) = &stage.kind else { return false };
    matches!(command.target, Target::Program | Target::Builtin(_)) && !stage.redirections.iter().any(reads)
}
