//! `exec WORD…`: the process becomes a program. This file knows where that is allowed, and what to write elsewhere.
//!
//! It must be a whole statement or the last command of an `&&` list, at the top level of a script or in an `if` or
//! `match` there. Everywhere else, something that is still needed would be lost with the process: the rest of a loop,
//! the status for an operator, a deferred block, a time limit.

use super::lower::Checker;
use super::scope::Later;
use super::words::literal;
use crate::diag::code;
use crate::span::Span;
use crate::syntax::ast::{self, PartKind, WordKind};

/// The facts about the place of a command that decide whether `exec` is allowed there.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExecContext {
    /// The part that the command plays in its statement.
    pub part: Option<Obstacle>,
    /// The innermost construct around the statement that prevents it from replacing the process.
    pub inside: Option<Obstacle>,
    /// Whether a `defer` is open.
    pub deferred: bool,
    /// The start of the list of commands of which it is the last.
    pub list: Option<u32>,
}

/// The reason why `exec` is not allowed at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    Host,
    Module,
    Function,
    Copy,
    Subshell,
    Deferred,
    Signalled,
    OpenDefer,
    Loop,
    Try,
    With,
    Block,
    Condition,
    Stage,
    Background,
    Negated,
    Timed,
    Before,
    AfterOr,
    Operand,
    Substitution,
}

impl Obstacle {
    /// Returns the place of the command, and the reason why it is wrong.
    const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Host => ("here", "the process is not this script's own"),
            Self::Module => ("in a file that is used", "it would replace the script that uses the file"),
            Self::Function => ("in a function", "the call would never return"),
            Self::Copy => ("in a capture or a job", "it would replace more than the capture or the job"),
            Self::Subshell => ("in `( … )`", "it would replace more than the commands in parentheses"),
            Self::Deferred => ("in `defer`", "the script has ended, and has its status"),
            Self::Signalled => ("in `on`", "what the signal has interrupted would never go on"),
            Self::OpenDefer => ("while a `defer` is open", "what is deferred would never run"),
            Self::Loop => ("in a loop", "there would be one turn"),
            Self::Try => ("in `try`", "a failure to start ends the script"),
            Self::With => ("under these options", "they would end with this process"),
            Self::Block => ("in a block of its own", "what follows the block would never run"),
            Self::Condition => ("in a condition", "the status would never be known here"),
            Self::Stage => ("in a pipeline", "the other stages would lose the process that waits for them"),
            Self::Background => ("in the background", "a job is not the script's process"),
            Self::Negated => ("after `!`", "the status would never be known here"),
            Self::Timed => ("after `time`", "its times would never be printed"),
            Self::Before => ("before `&&` or `||`", "what follows would never run"),
            Self::AfterOr => ("after `||`", "the last command of an `&&` list can be one"),
            Self::Operand => ("in an operand of `&&` or `||`", "the status would never be known here"),
            Self::Substitution => ("with a process substitution", "its commands would end with this process"),
        }
    }
}

impl<'s> Checker<'s> {
    /// Lowers code in which a statement can't replace the process.
    pub fn obstructed<T>(&mut self, obstacle: Obstacle, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(
            &mut self.exec,
            ExecContext { inside: Some(obstacle), ..ExecContext::default() },
        );
        let lowered = lower(self);
        self.exec = outer;
        lowered
    }

    /// Does the same for a command that is part of its statement.
    pub fn within<T>(&mut self, obstacle: Obstacle, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.exec.inside.replace(obstacle);
        let lowered = lower(self);
        self.exec.inside = outer;
        lowered
    }

    /// Returns whether `exec` is allowed here, and reports an error if not. `words` begin with it.
    pub fn may_replace(&mut self, words: &[ast::Word<'s>], redirected: bool, span: Span) -> bool {
        let at = words[0].span;
        if let Some(obstacle) = self.exec_obstacle(words) {
            let (place, why) = obstacle.told();
            let help = self.exec_help(obstacle, at, span);
            self.error(code::EXEC_PLACE, at, format!("`exec` is not allowed {place}"), why, &help);
            return false;
        }
        let Some(first) = words.get(1) else {
            let help = if redirected {
                let redirections = self.after_exec(at, span);
                format!("redirect the commands that follow, in a block:\n{{ date; }} {redirections}")
            } else {
                "name the program that is to replace the script, or leave the line out".to_string()
            };
            let message = "`exec` has no program";
            let label = "in sh it changes the descriptors of the script itself";
            self.error(code::EXEC_PLACE, at, message, label, &help);
            return false;
        };
        let text = literal(Some(first));
        if let Some(option) = text.as_deref().filter(|text| text.starts_with('-')) {
            let valued = option.starts_with("-") && !option.starts_with("--") && option.ends_with('a');
            let rest = words.get(if valued { 3 } else { 2 });
            let help = match rest {
                Some(program) => {
                    let text = &self.text[program.span.start as usize..span.end as usize];
                    format!("write it without:\nexec {text}")
                }
                None => "name the program that is to replace the script".to_string(),
            };
            let message = format!("`exec` has no option {option}");
            self.error(code::EXEC_PLACE, first.span, message, "not in Pipewright", &help);
            return false;
        }
        true
    }

    fn exec_obstacle(&self, words: &[ast::Word<'s>]) -> Option<Obstacle> {
        let substitutes = |word: &ast::Word<'_>| match &word.kind {
            WordKind::Parts(parts) => parts.iter().any(|part| matches!(part.kind, PartKind::Process(..))),
            _ => false,
        };
        let context = self.exec;
        if !self.project.hosted.can_be_replaced {
            Some(Obstacle::Host)
        } else if self.scopes.in_function() {
            Some(Obstacle::Function)
        } else if self.scopes.in_later() == Some(Later::Signalled) {
            Some(Obstacle::Signalled)
        } else if self.scopes.in_later().is_some() {
            Some(Obstacle::Deferred)
        } else if self.module != self.project.script {
            Some(Obstacle::Module)
        } else if context.part.is_some() {
            context.part
        } else if context.inside.is_some() {
            context.inside
        } else if self.scopes.in_copy() {
            Some(Obstacle::Copy)
        } else if context.deferred {
            Some(Obstacle::OpenDefer)
        } else {
            words.iter().any(substitutes).then_some(Obstacle::Substitution)
        }
    }

    /// Returns the words after `exec` in its command.
    fn after_exec(&self, exec: Span, command: Span) -> &'s str {
        self.text[exec.end as usize..command.end as usize].trim()
    }

    /// Returns the command before the `||` that a command follows, as a condition for the latter; none if there are
    /// several.
    fn list_before(&self, command: Span) -> Option<String> {
        let list = &self.text[self.exec.list? as usize..command.start as usize];
        let first = list.trim_end().strip_suffix("||")?.trim();
        let simple = !first.contains("&&") && !first.contains("||") && !first.contains(['\n', '{']);
        let condition = match first.strip_prefix("! ") {
            Some(negated) => negated.to_string(),
            None => format!("! {first}"),
        };
        simple.then_some(condition)
    }

    /// Returns the line to write.
    fn exec_help(&self, obstacle: Obstacle, exec: Span, command: Span) -> String {
        let own = self.after_exec(exec, command);
        let before = &self.text[command.start as usize..exec.start as usize];
        if own.is_empty() || own.starts_with('-') || own.contains('\n') {
            return "run the program as any other command, without `exec`".to_string();
        }
        match obstacle {
            Obstacle::Before => format!("let it be the last command:\n{before}exec {own}"),
            Obstacle::Block => format!("write it without the braces:\n{before}exec {own}"),
            Obstacle::OpenDefer => {
                format!("run it as a command, and what is deferred runs after it:\n{before}{own}")
            }
            Obstacle::AfterOr => match self.list_before(command) {
                Some(condition) => {
                    format!("decide by `if`:\nif {condition} {{ {before}exec {own} }}")
                }
                None => "decide by `if`, and let it be a statement in its block".to_string(),
            },
            _ => format!("run it as a command, without `exec`:\n{before}{own}"),
        }
    }
}
