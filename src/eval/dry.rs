//! `--dry-run`: prints what a run would do, without doing it.
//!
//! The script is evaluated as usual, except for effects on the outside world: a program is printed where it would be
//! started, and its output is an *unknown*, a value that is shown as the text that would produce it. A value that is
//! computed from an unknown is unknown. If a choice depends on an unknown, all branches are shown, each from the same
//! state, and a variable that they leave different is unknown afterwards. Files are examined as they are now.

mod branch;
mod command;
mod word;

use crate::check::program::*;
use crate::diag::visible;
use crate::eval::Interpreter;
use crate::eval::exec::output::Output;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::span::Span;
use crate::value::{Opaque, Value};
use std::collections::HashSet;

/// The state of a dry run.
#[derive(Default)]
pub struct Dry {
    /// The number of values evaluated so far that are or contain unknowns.
    unknowns: usize,
    /// The indentation of lines.
    indent: usize,
    lines: usize,
    /// The number of open choices of which every branch is shown.
    choices: usize,
    /// Whether one branch has left a function or a loop, and another has not.
    may_return: bool,
    may_leave: bool,
    /// The functions that are being followed.
    following: Vec<(ModuleId, Span)>,
}

/// The largest number of lines. People read no more, and a loop may never end without the effects of its programs.
const MOST_LINES: usize = 100_000;

/// A value that only the run can know. `shown` is its form in a double-quoted word; a variable without it is shown by
/// its name.
struct Unknown {
    shown: Option<String>,
}

pub fn unknown(shown: Option<String>) -> Value {
    let name = shown.clone().unwrap_or_default();
    Opaque::new("value that only the run can tell", name, Unknown { shown }).into()
}

fn as_unknown(value: &Value) -> Option<&Unknown> {
    match value {
        Value::Opaque(opaque) => opaque.payload(),
        _ => None,
    }
}

/// Returns whether only the run can know a value.
pub fn is_unknown(value: &Value) -> bool {
    as_unknown(value).is_some()
}

fn holds_unknown(value: &Value) -> bool {
    /// Deeper values are treated as unknown.
    const DEPTH: usize = 64;
    /// Searches a value. `seen` has the addresses of lists and maps that were searched. After `a = [a, a]` in a
    /// loop, the work would otherwise double with each level.
    fn look(value: &Value, depth: usize, seen: &mut HashSet<usize>) -> bool {
        let shared = match value {
            Value::List(items) => items.shared_at(),
            Value::Map(entries) => entries.shared_at(),
            _ => None,
        };
        if shared.is_some_and(|place| !seen.insert(place)) {
            return false;
        }
        depth > DEPTH
            || match value {
                Value::List(items) => items.iter().any(|item| look(item, depth + 1, seen)),
                Value::Map(entries) => entries.iter().any(|(_, item)| look(item, depth + 1, seen)),
                other => as_unknown(other).is_some(),
            }
    }
    look(value, 0, &mut HashSet::new())
}

impl Interpreter {
    fn dry(&mut self) -> &mut Dry {
        self.dry.get_or_insert_default()
    }

    /// Returns the text of the script, on one line.
    pub(in crate::eval) fn written(&self, span: Span) -> String {
        let text = self.source().text().get(span.range()).unwrap_or_default();
        visible(text.split_whitespace().collect::<Vec<_>>().join(" ").as_bytes())
    }

    /// Prints a line.
    pub(in crate::eval) fn print_dry(&mut self, line: &str) -> Eval<()> {
        self.check_interrupt()?;
        let dry = self.dry();
        dry.lines += 1;
        let (indent, lines) = (dry.indent * 2, dry.lines);
        let line = if lines > MOST_LINES { "# … and so on" } else { line };
        let text = self.shared.redactions().apply_text(&format!("{:indent$}{line}\n", ""));
        let files = self.env.files.clone();
        Output::Files(&files).write(self, 1, text.as_bytes(), Span::default())?;
        if lines > MOST_LINES { Err(Unwind::Exit(0)) } else { Ok(()) }
    }

    /// Returns whether the limit of lines is reached.
    fn is_told(&self) -> bool {
        self.dry.as_ref().is_some_and(|dry| dry.lines > MOST_LINES)
    }

    /// Prints a head, and the lines below it.
    fn below<T>(&mut self, head: &str, run: impl FnOnce(&mut Self) -> Eval<T>) -> Eval<T> {
        self.print_dry(head)?;
        self.dry().indent += 1;
        let result = run(self);
        self.dry().indent -= 1;
        result
    }

    /// Returns the message of `fail`, if only the run can know it.
    pub(in crate::eval) fn dry_message(&self, value: &Value) -> Option<String> {
        let unknown = as_unknown(value)?;
        Some(unknown.shown.clone().unwrap_or_else(|| "…".to_owned()))
    }

    // -------------------------------------------------------------------------------------- expressions

    pub(in crate::eval) fn dry_expr(&mut self, expr: &Expr) -> Eval<Value> {
        let before = self.dry().unknowns;
        let value = self.dry_value(expr);
        let touched = self.dry().unknowns > before;
        let strict = match &expr.kind {
            ExprKind::Binary { operator, .. } => *operator != crate::value::ops::Op::Concat,
            ExprKind::Method(..) | ExprKind::HostMethod(..) | ExprKind::Library(..) | ExprKind::Host(..) => {
                true
            }
            _ => false,
        };
        let value = match value {
            Ok(_) if touched && strict => unknown(Some(format!("$[{}]", self.written(expr.span)))),
            Err(Unwind::Error(error)) if touched && !error.is_failure => {
                unknown(Some(format!("$[{}]", self.written(expr.span))))
            }
            other => other?,
        };
        let value = match (&expr.kind, as_unknown(&value)) {
            (ExprKind::Slot(_), Some(Unknown { shown: None })) => {
                let name = self.written(expr.span);
                let name = name.trim_start_matches('$').trim_matches(['{', '}']).to_owned();
                unknown(Some(format!("${{{name}}}")))
            }
            // Their commands are shown above; a variable that holds them is shown by its name.
            (
                ExprKind::Record { .. } | ExprKind::Spawn { .. } | ExprKind::Worker(_) | ExprKind::Service(_),
                _,
            ) => value,
            (_, Some(Unknown { shown: None })) => unknown(Some(format!("$[{}]", self.written(expr.span)))),
            _ => value,
        };
        if holds_unknown(&value) {
            self.dry().unknowns += 1;
        }
        Ok(value)
    }

    fn dry_value(&mut self, expr: &Expr) -> Eval<Value> {
        match &expr.kind {
            ExprKind::Text(parts) => Ok(self.dry_text(parts)?.into_value()),
            ExprKind::Capture(block) => {
                let known = self.dry_capture(block)?;
                let shown = || unknown(Some(capture_text(&self.written(expr.span))));
                Ok(known.map_or_else(shown, |text| {
                    let end = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
                    Value::str(text[..end].to_vec())
                }))
            }
            ExprKind::Lines(block) | ExprKind::Bytes(block) | ExprKind::Json(block) => {
                self.dry_block(block)?;
                Ok(unknown(Some(format!("$[{}]", self.written(expr.span)))))
            }
            ExprKind::Record { body, .. } => {
                self.perhaps(|this| this.block(body))?;
                Ok(unknown(None))
            }
            ExprKind::Spawn { body, .. } => {
                self.below("# in the background:", |this| this.on_a_copy(|this| this.block(body)))?;
                Ok(unknown(None))
            }
            ExprKind::Worker(worker) => {
                let head =
                    if has_none(&worker.around, &worker.maps) { "# a worker" } else { "# a worker with" };
                let body = |this: &mut Self| this.on_a_copy(|this| this.block(&worker.body));
                self.dry_under(head, &worker.around, &worker.maps, body)?;
                Ok(unknown(None))
            }
            ExprKind::Service(service) => {
                let body = |this: &mut Self| this.on_a_copy(|this| this.block(&service.body));
                let is_plain = has_none(&service.around, &service.maps);
                let head = if is_plain { "# as a service" } else { "# as a service with" };
                self.dry_under(head, &service.around, &service.maps, body)?;
                Ok(unknown(None))
            }
            _ => self.evaluate(expr),
        }
    }

    /// Returns the output of commands if it is known without running a program.
    fn dry_capture(&mut self, block: &Block) -> Eval<Option<Vec<u8>>> {
        if let Some(text) = self.dry_builtin_output(block)? {
            return Ok(Some(text));
        }
        self.dry_block(block).map(|()| None)
    }

    /// Shows the commands of a capture.
    fn dry_block(&mut self, block: &Block) -> Eval<()> {
        self.dry().indent += 1;
        let result = self.on_a_copy(|this| this.block(block));
        self.dry().indent -= 1;
        result
    }

    /// Evaluates a capture in a place that needs its bytes.
    pub(in crate::eval) fn dry_bytes(&mut self, block: &Block, span: Span) -> Eval<Vec<u8>> {
        match self.dry_capture(block)? {
            Some(text) => Ok(text),
            None => Err(self.only_the_run_tells(span)),
        }
    }

    /// Returns an error that becomes an unknown while it propagates.
    pub(in crate::eval) fn only_the_run_tells(&mut self, span: Span) -> Unwind {
        self.dry().unknowns += 1;
        let message = "only the run itself can tell this value";
        let error = crate::eval::page(
            crate::diag::code::BAD_VALUE,
            self.source(),
            span,
            message,
            "depends on a program",
        );
        crate::eval::Error::value(error).into()
    }

    // -------------------------------------------------------------------------------------- functions

    /// Returns the value of a function: unknown if one of its branches may have left it early. A function that calls
    /// itself on a branch that may not be taken is not followed forever.
    pub(in crate::eval) fn dry_function(
        &mut self,
        function: &Function,
        run: impl FnOnce(&mut Self) -> Eval<Value>,
    ) -> Eval<Value> {
        let dry = self.dry();
        if dry.choices > 0 && dry.following.contains(&(function.module, function.span)) {
            self.print_dry(&format!("# {} again …", function.name))?;
            return Ok(unknown(None));
        }
        dry.following.push((function.module, function.span));
        let outer = std::mem::take(&mut dry.may_return);
        let result = run(self);
        let dry = self.dry();
        dry.following.pop();
        let may_return = std::mem::replace(&mut dry.may_return, outer);
        if may_return { result.map(|_| unknown(None)) } else { result }
    }
}

/// `$(…)`, and an unquoted one that is shown in quotes.
fn capture_text(written: &str) -> String {
    if written.starts_with("$(") { written.to_owned() } else { format!("$({written})") }
}

/// Returns whether no options are listed for a block.
fn has_none(options: &[WithOption], maps: &[OptionMap]) -> bool {
    options.is_empty() && maps.is_empty()
}
