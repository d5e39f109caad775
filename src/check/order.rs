//! The order of execution: a function is declared for its whole block, and may use a declaration of its file that
//! is between a call of it and its text.
//!
//! ```text
//! deploy web1            # refused: `retries` has no value yet
//! let retries = 3
//! fn deploy(host) { … $retries … }
//! ```
//!
//! The check refuses a call that is too early, also through other functions. A function value, a lambda and a
//! `defer` may run later than their place. If something could call a function too early in this way, its [`Need`]s
//! are recorded, and checked when it is called. Almost no script has any, so calls cost nothing.

use super::lower::Checker;
use super::program::*;
use super::project::Call;
use super::scope::{FrameKind, Name, Variable};
use crate::diag::{Diagnostic, code};
use crate::span::Span;
use std::collections::{HashMap, HashSet};

/// The order of a file. A point of its text is identified by the number of variables declared before it.
#[derive(Default)]
pub struct Order {
    /// The place where each variable of the file is declared.
    declared: HashMap<u32, Span>,
    files: Vec<UsedFile>,
    needs: Vec<NeedOf>,
    known: HashSet<(FunctionId, Declared)>,
    mentions: Vec<Mention>,
}

/// A used file, from the start of the check.
struct UsedFile {
    name: String,
    id: ModuleId,
    span: Span,
    /// The point of its `use`, once it is reached.
    point: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Declared {
    Variable(u32),
    File(usize),
}

struct NeedOf {
    function: FunctionId,
    declared: Declared,
    need: Need,
}

/// A function that is named outside of functions.
struct Mention {
    function: FunctionId,
    span: Span,
    point: u32,
    /// Whether it is called at that place.
    called: bool,
}

impl Order {
    fn point(&self, declared: Declared) -> u32 {
        match declared {
            Declared::Variable(id) => id,
            Declared::File(index) => self.files[index].point.unwrap_or(u32::MAX),
        }
    }
}

/// Returns the error for a function that is called too early, with help.
pub fn too_early(function: &str, need: &Need) -> (String, String) {
    let name = &need.name;
    match need.what {
        Needed::Variable(_) => (
            format!("`{function}` uses `{name}`, which has no value yet: its `let` has not run"),
            format!("move the `let` of `{name}` above the call, or the call below it"),
        ),
        Needed::File(_) => (
            format!("`{function}` uses `{name}`, which is not there yet: its `use` has not run"),
            "move the `use` to the top of the file".to_string(),
        ),
    }
}

impl<'s> Checker<'s> {
    fn point(&self) -> u32 {
        self.scopes.latest()
    }

    /// Returns whether the checked code runs at its place, not when other code calls it.
    fn in_turn(&self) -> bool {
        self.scopes.frame() != FrameKind::Lambda && self.scopes.in_later().is_none()
    }

    /// Notes where a variable of the file begins.
    pub fn note_declared(&mut self, span: Span) {
        if self.scopes.frame() == FrameKind::Module {
            self.order.declared.insert(self.point(), span);
        }
    }

    /// Notes that the open function uses a variable of the file.
    pub fn note_used(&mut self, name: &str, variable: Variable) {
        let Some(function) = self.function else { return };
        let declared = Declared::Variable(variable.id);
        if !self.scopes.is_of_module(variable) || !self.order.known.insert((function, declared)) {
            return;
        }
        let span = self.order.declared.get(&variable.id).copied().unwrap_or_default();
        let need = Need { name: name.into(), span, what: Needed::Variable(variable.slot()) };
        self.order.needs.push(NeedOf { function, declared, need });
    }

    /// Notes a file that is used somewhere in the text.
    pub fn note_file(&mut self, name: &str, id: ModuleId, span: Span) {
        self.order.files.push(UsedFile { name: name.to_string(), id, span, point: None });
    }

    /// Notes that the `use` of a file is reached, if the file could be read.
    pub fn reach_file(&mut self, span: Span) -> Option<ModuleId> {
        let point = self.scopes.pass();
        let file = self.order.files.iter_mut().find(|file| file.span == span)?;
        file.point = Some(point);
        Some(file.id)
    }

    /// Notes that a file is named: at top level it must have run already, in a function when the function is
    /// called.
    pub fn note_member(&mut self, name: &str, module: ModuleId, span: Span) {
        let Some(index) = self.order.files.iter().position(|file| file.name == name) else { return };
        let file = &self.order.files[index];
        match self.function {
            Some(function) => {
                let declared = Declared::File(index);
                if self.order.known.insert((function, declared)) {
                    let need = Need {
                        name: name.into(),
                        span: self.order.files[index].span,
                        what: Needed::File(module),
                    };
                    self.order.needs.push(NeedOf { function, declared, need });
                }
            }
            None if file.point.is_none() => {
                let error =
                    Diagnostic::new(code::USED_TOO_EARLY, format!("`{name}` is used above its `use`"))
                        .at(self.source, span, "its file has not run yet")
                        .also_at(self.source, file.span, "runs it")
                        .help("move the `use` to the top of the file");
                self.report(error);
            }
            None => {}
        }
    }

    /// Notes that a function is called, or taken as a value.
    pub fn called(&mut self, id: FunctionId, span: Span, called: bool) {
        let called = called && self.in_turn();
        if let Some(function) = self.function {
            self.project.calls(function, Call { callee: id, called, effects: self.effects_here() });
        }
        self.lints.called(id);
        if self.scopes.in_copy() && self.reach.turn.is_none() {
            self.project.copied_call(id, self.source, span);
        }
        self.note_call(id, span);
        if self.function.is_some() {
            return;
        }
        if called && self.module == self.project.script && self.project.earlier.is_none() && self.is_main(id)
        {
            let help = "remove the call; what `main` takes are the script's arguments";
            let label = "would run it twice";
            self.error(code::MISPLACED, span, "`main` runs by itself after the last statement", label, help);
        }
        self.order.mentions.push(Mention { function: id, span, point: self.point(), called });
    }

    fn is_main(&self, id: FunctionId) -> bool {
        self.project.signature(id).name == "main"
            && self.scopes.outermost().any(|(name, meaning)| {
                name == "main" && matches!(meaning, Name::Function(main) if main == id)
            })
    }

    /// Refuses calls that come too early, and records the needs of other functions.
    pub fn finish_order(&mut self) {
        let order = std::mem::take(&mut self.order);
        self.refuse_early_calls(&order);
        // The first point from which each function may be called.
        let mut earliest: HashMap<FunctionId, u32> = HashMap::new();
        for mention in &order.mentions {
            let mut next = vec![mention.function];
            while let Some(id) = next.pop() {
                if earliest.contains_key(&id) {
                    continue;
                }
                earliest.insert(id, mention.point);
                next.extend(self.project.callees(id));
            }
        }
        let mut needs: HashMap<FunctionId, Vec<Need>> = HashMap::new();
        let points: Vec<u32> = order.needs.iter().map(|need| order.point(need.declared)).collect();
        for (need, point) in order.needs.into_iter().zip(points) {
            // At a prompt, an entry may fail before one of its `let`s has run, and later entries may call its
            // functions.
            let later = self.project.earlier.is_some() && need.need.span != Span::default();
            if later || earliest.get(&need.function).is_some_and(|first| *first < point) {
                needs.entry(need.function).or_default().push(need.need);
            }
        }
        for (function, needs) in needs {
            self.project.needs(function, needs);
        }
    }

    fn refuse_early_calls(&mut self, order: &Order) {
        // For each function, the last declaration that it and the functions that it calls use.
        let mut last: Vec<&NeedOf> = order.needs.iter().collect();
        last.sort_by_key(|need| std::cmp::Reverse(order.point(need.declared)));
        let callers = self.project.callers();
        let mut latest: HashMap<FunctionId, &NeedOf> = HashMap::new();
        for need in last {
            let mut next = vec![need.function];
            while let Some(id) = next.pop() {
                if latest.contains_key(&id) {
                    continue;
                }
                latest.insert(id, need);
                next.extend(callers.get(&id).into_iter().flatten());
            }
        }
        for mention in order.mentions.iter().filter(|mention| mention.called) {
            let Some(need) = latest.get(&mention.function) else { continue };
            if order.point(need.declared) <= mention.point {
                continue;
            }
            let name = &self.project.signature(need.function).name;
            let (mut message, help) = too_early(name, &need.need);
            if need.function != mention.function {
                let first = &self.project.signature(mention.function).name;
                message = format!("`{first}` calls `{name}`, and {message}");
            }
            let error = Diagnostic::new(code::USED_TOO_EARLY, message)
                .at(self.source, mention.span, "called too early")
                .also_at(self.source, need.need.span, "runs later")
                .help(help);
            self.report(error);
        }
    }
}
