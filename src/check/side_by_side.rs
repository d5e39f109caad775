//! Loops whose turns run side by side (`with jobs=N`): refuses code in a turn that would mean something else than
//! in a plain loop.

use super::lower::Checker;
use super::program::*;
use super::settings::Setting;
use crate::builtins::Builtin;
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use crate::syntax::ast;

/// An effect of a statement on the script around it, other than on its variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Directory = 1,
    Environment = 2,
    Exit = 4,
    Input = 8,
    /// It reads the status of the command before it.
    Status = 16,
}

impl Effect {
    pub const ALL: [Self; 5] = [Self::Directory, Self::Environment, Self::Exit, Self::Input, Self::Status];
}

/// A set of effects.
pub type Effects = u8;

const ALL: Effects = 31;

/// A loop side by side, for messages about its turns.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// `jobs=N`
    pub option: Span,
    /// The text from the loop's keyword up to its `with`.
    pub head: Span,
    /// The options of each turn; empty if there are none.
    pub options: Span,
}

/// The place of a statement: the turn or function that contains it, and the effects that leave it.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// The loop whose turn has its own copies of the variables here.
    pub turn: Option<Turn>,
    /// The loop whose turn contains the statement, also inside a capture or stage.
    around: Option<Turn>,
    effects: Effects,
}

impl Default for Reach {
    fn default() -> Self {
        Self { turn: None, around: None, effects: ALL }
    }
}

impl Reach {
    /// Returns the place inside commands on copies, which share only the input and the first status with the code outside.
    pub fn of_copy(self) -> Self {
        let effects = self.effects & (Effect::Input as u8 | Effect::Status as u8);
        Self { turn: None, effects, ..self }
    }

    fn of_turn(self, turn: Turn) -> Self {
        Self { turn: Some(turn), around: Some(turn), effects: ALL }
    }

    pub fn without(self, effect: Effect) -> Self {
        Self { effects: self.effects & !(effect as u8), ..self }
    }

    /// Returns the place inside a block with these options.
    pub fn under(self, options: &[WithOption]) -> Self {
        options.iter().fold(self, |reach, option| match option.setting {
            Setting::Cwd => reach.without(Effect::Directory),
            Setting::Env | Setting::ClearEnv => reach.without(Effect::Environment),
            _ => reach,
        })
    }
}

/// A call in a turn of a loop side by side.
#[derive(Clone)]
pub struct CallInTurn {
    pub callee: FunctionId,
    pub span: Span,
    pub turn: Turn,
    /// Whether the call works on a further copy of the turn's variables.
    pub loses_assignments: bool,
    pub effects: Effects,
}

impl<'s> Checker<'s> {
    /// Lowers code in another place than the code around it.
    pub fn reaching<T>(
        &mut self,
        reach: impl FnOnce(Reach) -> Reach,
        lower: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.reach;
        self.reach = reach(outer);
        let lowered = lower(self);
        self.reach = outer;
        lowered
    }

    /// Lowers the variables and the body of a loop side by side.
    pub(super) fn turns<T>(&mut self, turn: Turn, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.enter_copy();
        let loops = std::mem::take(&mut self.loops);
        let is_first = std::mem::replace(&mut self.status.is_first, true);
        let lowered = self.reaching(|outer| outer.of_turn(turn), lower);
        self.status.is_first = is_first;
        self.loops = loops;
        self.scopes.leave_copy();
        lowered
    }

    /// Lowers the arguments of `xs.map(f, jobs: 4)`, whose calls run like turns.
    pub(super) fn calls_at_once(&mut self, arguments: Vec<ast::Argument<'s>>, call: Span) -> MethodArguments {
        let jobs = arguments.iter().find(|argument| argument.name.is_some());
        let option = jobs.map_or(call, |jobs| jobs.name.map_or(call, |name| name.span.to(jobs.value.span)));
        let turn = Turn { option, head: Span::default(), options: Span::default() };
        let effects = |outer: Reach| Reach { turn: outer.turn.or(Some(turn)), ..outer.of_turn(turn) };
        let is_first = std::mem::replace(&mut self.status.is_first, true);
        let lowered = self.reaching(effects, |this| this.method_arguments(arguments));
        self.status.is_first = is_first;
        lowered
    }

    /// Returns the effects that reach the code around the open function or turn from here.
    pub(super) fn effects_here(&self) -> Effects {
        let settled = if self.status.is_first { 0 } else { Effect::Status as u8 };
        self.reach.effects & !settled
    }

    /// Notes an effect of a statement, and refuses the effect in a turn.
    pub fn note_effect(&mut self, effect: Effect, span: Span) {
        if self.effects_here() & effect as u8 == 0 {
            return;
        }
        match (self.reach.around, self.function) {
            (Some(turn), _) => {
                let page = refusal(effect, &self.text[span.range()], self.text, turn);
                self.report(page.at_turn(self.source, span, turn));
            }
            (None, Some(function)) => self.project.functions[function.0 as usize].effects |= effect as u8,
            (None, None) => {}
        }
    }

    /// Notes the effects of a builtin other than its output.
    pub(super) fn note_effect_of(&mut self, builtin: Builtin, span: Span) {
        match builtin {
            Builtin::Cd => self.note_effect(Effect::Directory, span),
            Builtin::Exit => self.note_effect(Effect::Exit, span),
            Builtin::Export | Builtin::Unset => self.note_effect(Effect::Environment, span),
            _ => {}
        }
    }

    /// Notes a call in a turn, which has the effects of the function.
    pub(super) fn note_call(&mut self, callee: FunctionId, span: Span) {
        if let Some(turn) = self.reach.around {
            let loses_assignments = self.reach.turn.is_some();
            let call = CallInTurn { callee, span, turn, loses_assignments, effects: self.effects_here() };
            self.project.calls_in_turns.push((call, self.source.clone()));
        }
    }

    pub(super) fn refuse_assignment_in_turn(&mut self, turn: Turn, name: &str, span: Span) {
        let page = Diagnostic::new(
            code::TURN_ASSIGNS,
            format!("`{name}` is a copy in each turn, so the assignment would be lost"),
        );
        let page = page.at(self.source, span, "declared outside of the loop").also_at(
            self.source,
            turn.option,
            "its turns run side by side",
        );
        self.report(
            page.help(one_after_another(self.text, turn))
                .help("or take values of the turns: let results = xs.map(x => …, jobs: 4)"),
        );
    }

    pub(super) fn refuse_return(&mut self, turn: Turn, span: Span) {
        let text = &self.text[span.range()];
        let page = Diagnostic::new(code::TURN_LEAVES, "`return` in a turn of a loop side by side");
        let page = page.at(self.source, span, "would leave the turns beside this one");
        let page = page.also_at(self.source, turn.option, "its turns run side by side");
        let help = if text == "return" {
            "end the turn with continue, or the loop with break".to_string()
        } else {
            one_after_another(self.text, turn)
        };
        self.report(page.help(help));
    }

    /// Lowers a compound that is a stage, or has redirections. Commands in `each` have the input around it, which gives
    /// the loop its lines where it has no input of its own.
    pub(super) fn compound_with(
        &mut self,
        kind: ast::StageKind<'s>,
        own_input: Option<Span>,
        span: Span,
    ) -> Option<Compound> {
        self.has_lines = own_input.is_some();
        if own_input.is_none() || matches!(kind, ast::StageKind::Each(_)) {
            return self.compound(kind, span);
        }
        self.reaching(|reach| reach.without(Effect::Input), |this| this.compound(kind, span))
    }

    /// Refuses `for … with jobs=4 { … } < file`, because the turns would take the input from each other.
    pub(super) fn refuse_input_beside_turns(&mut self, stage: &ast::Stage<'s>, input: Option<Span>) {
        let (ast::StageKind::For(statement), Some(input)) = (&stage.kind, input) else { return };
        let Some(option) = statement.options.iter().find(|option| option.name() == Some("jobs")) else {
            return;
        };
        let option = option.span();
        let page = Diagnostic::new(code::TURN_READS, "turns side by side have an empty input");
        let page = if input == stage.span {
            page.at(self.source, input, "the turns would take it from each other")
        } else {
            page.at(self.source, input, "the turns would take it from each other").also_at(
                self.source,
                option,
                "they run side by side",
            )
        };
        let file = &self.text[input.range()];
        let option = &self.text[option.range()];
        let help = match file.starts_with('<') && !file.starts_with("<<") {
            true => {
                format!("to run a turn for each line of it, write: each line with {option} {{ … }} {file}")
            }
            false => format!("to run a turn for each line of it, write: each line with {option} {{ … }}"),
        };
        self.report(page.help(help));
    }

    /// Warns about `for … with jobs=4 { … > file }`, whose turns empty the file of each other.
    pub(super) fn warn_of_one_target(&mut self, kind: &RedirectionKind, span: Span) {
        let (Some(turn), RedirectionKind::File(FileMode::Write | FileMode::Clobber, target)) =
            (self.reach.turn, kind)
        else {
            return;
        };
        let is_literal = target.parts.iter().all(|part| matches!(part, Part::Text(_)));
        let text = &self.text[target.span.range()];
        // If each turn has its own directory, it also has its own file.
        let has_directory = self.reach.effects & Effect::Directory as u8 == 0;
        if !is_literal || has_directory && !text.starts_with('/') || text.starts_with("/dev/") {
            return;
        }
        let page = Diagnostic::new(code::SAME_TARGET, "turns side by side write to one file");
        let page = page.at(self.source, span, "emptied by each turn");
        let page = page.also_at(self.source, turn.option, "they run at once");
        let help = format!("put the item into its name, or redirect the whole loop: }} > {text}");
        self.take([page.help(help)]);
    }

    /// Divides the options of a loop into those of the loop and those of each turn. Returns `None` if the loop is
    /// plain. Options that need `jobs` are then refused.
    pub(super) fn own_options(&mut self, options: Vec<ast::WithOption<'s>>, start: u32) -> OwnOptions<'s> {
        let first = options.first().map_or(start, |option| option.span().start);
        let has_jobs = options.iter().any(|option| option.name() == Some("jobs"));
        let has_retry = options.iter().any(|option| option.name() == Some("retry"));
        // The progress of a plain loop is the progress of the programs in each turn.
        let of_loop = |name: &str| {
            super::settings::find(name).is_some_and(|row| row.setting.is_of_loop())
                || has_jobs && name == "progress"
                // The tasks of a queue have their own tries; only the run can tell whether there is a queue.
                || has_jobs && name == "retry_on" && !has_retry
        };
        let (own, of_turn): (Vec<_>, Vec<_>) =
            options.into_iter().partition(|option| option.name().is_some_and(of_loop));
        let jobs = own.iter().find(|option| option.name() == Some("jobs"));
        let Some(option) = jobs.map(ast::WithOption::span) else {
            for option in own {
                let text = &self.text[option.span().range()];
                let message = format!("`{}` has no effect without `jobs`", option.name().unwrap_or_default());
                let help = format!("say how many turns run at once: with jobs=4, {text}");
                self.error(code::NO_LOOP, option.span(), message, "the turns run one by one", &help);
            }
            return OwnOptions { side_by_side: None, of_turn };
        };
        let head = Span::new(start as usize, first as usize);
        let options = match (of_turn.first(), of_turn.last()) {
            (Some(first), Some(last)) => first.span().to(last.span()),
            _ => Span::default(),
        };
        let turn = Turn { option, head, options };
        let (own, _) = self.settings(own);
        self.refuse_range_of_jobs(&own, "a loop");
        let found = super::progress::of_loop(&self.context(), &own);
        self.take(found);
        OwnOptions { side_by_side: Some((turn, own)), of_turn }
    }
}

/// The options of a loop.
pub(super) struct OwnOptions<'s> {
    /// The options that define how the turns run side by side.
    pub side_by_side: Option<(Turn, Box<[WithOption]>)>,
    /// The options of each turn.
    pub of_turn: Vec<ast::WithOption<'s>>,
}

/// An error page whose places are not set yet.
pub(super) struct Refusal {
    code: crate::diag::Code,
    message: String,
    label: &'static str,
    help: String,
}

impl Refusal {
    fn at_turn(self, source: &std::sync::Arc<crate::diag::Source>, span: Span, turn: Turn) -> Diagnostic {
        let page = Diagnostic::new(self.code, self.message).at(source, span, self.label);
        page.also_at(source, turn.option, "its turns run side by side").help(self.help)
    }
}

fn refusal(effect: Effect, statement: &str, text: &str, turn: Turn) -> Refusal {
    let name = statement.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or(statement);
    let is_short = !statement.contains('\n') && statement.len() <= 60;
    let in_copy = || match is_short {
        true => format!("put it and what follows in parentheses: ( {statement}; … )"),
        false => "put it and what follows in parentheses: ( … )".to_string(),
    };
    match effect {
        Effect::Directory => Refusal {
            code: code::TURN_CHANGES,
            message: "a turn side by side changes the directory".into(),
            label: "would hold for later turns in a plain loop, and does not here",
            help: in_copy(),
        },
        Effect::Environment => Refusal {
            code: code::TURN_CHANGES,
            message: "a turn side by side changes the environment".into(),
            label: "would hold for later turns in a plain loop, and does not here",
            help: in_copy(),
        },
        Effect::Exit => Refusal {
            code: code::TURN_LEAVES,
            message: "`exit` in a turn of a loop side by side".into(),
            label: "would end the turns beside this one",
            help: match statement.trim() {
                "exit" | "exit 0" => "end the loop with break, or the turn with continue".into(),
                _ => "let the turn fail: fail \"…\"".into(),
            },
        },
        Effect::Status => Refusal {
            code: code::TURN_STATUS,
            message: "`$?` at the beginning of a turn side by side".into(),
            label: "in a plain loop, the status with which the turn before it ended",
            help: one_after_another(text, turn),
        },
        Effect::Input => Refusal {
            code: code::TURN_READS,
            message: format!("`{name}` in a turn of a loop side by side"),
            label: "turns have an empty input",
            help: match name {
                "each" => one_after_another(text, turn),
                _ if is_short => format!("read before the loop: let line = {statement}"),
                _ => one_after_another(text, turn),
            },
        },
    }
}

/// Returns the loop without its `jobs`, for the help.
pub(super) fn one_after_another(text: &str, turn: Turn) -> String {
    if turn.head == Span::default() {
        return "run the calls one after another: leave `jobs` and `rate` out".to_string();
    }
    let head = text[turn.head.range()].trim_end();
    let options = &text[turn.options.range()];
    let head = if options.is_empty() { head.strip_suffix("with").unwrap_or(head).trim_end() } else { head };
    let blank = if options.is_empty() { "" } else { " " };
    match format!("{head}{blank}{options}") {
        head if !head.contains('\n') => format!("run the turns one after another: {head} {{ … }}"),
        _ => "run the turns one after another: leave jobs= out".to_string(),
    }
}

/// Returns the page about a call in a turn of a function that has an effect that is not allowed in a turn.
pub(super) fn call_page(
    source: &std::sync::Arc<crate::diag::Source>,
    call: &CallInTurn,
    name: &str,
    by: Option<&str>,
    found: Found<'_>,
) -> Diagnostic {
    let text = source.text();
    let (code, does, label) = match found {
        Found::Assigns(variable) => (
            code::TURN_ASSIGNS,
            format!("assigns `{variable}`, which would be lost here"),
            "each turn works on copies of the variables",
        ),
        Found::Has(effect) => {
            let refusal = refusal(effect, "", text, call.turn);
            let does = match effect {
                Effect::Directory => "changes the directory",
                Effect::Environment => "changes the environment",
                Effect::Exit => "exits",
                Effect::Input => "reads the script's input",
                Effect::Status => "reads `$?` before it runs a command",
            };
            (refusal.code, does.to_string(), refusal.label)
        }
    };
    let message = match by {
        None => format!("`{name}` {does}"),
        Some(by) => format!("`{name}` calls `{by}`, which {does}"),
    };
    let page = Diagnostic::new(code, message).at(source, call.span, label);
    let page = page.also_at(source, call.turn.option, "its turns run side by side");
    let written = &text[call.span.range()];
    match found {
        Found::Has(Effect::Directory | Effect::Environment) if !written.contains('\n') => {
            page.help(format!("call it on a copy of the directory and the environment: ( {written} )"))
        }
        _ => page.help(one_after_another(text, call.turn)),
    }
}

/// An effect of a function that is not allowed in a turn.
#[derive(Clone, Copy)]
pub(super) enum Found<'a> {
    Assigns(&'a str),
    Has(Effect),
}
