//! Failures as values: the error that `catch` receives, and the records of `try { … }` and `capture { …
//! }`.

use crate::check::program::*;
use crate::diag::{Code, Diagnostic, code};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{
    End, Error, Eval, Failure, ProcessUse, StageOutcome, Unwind, page, status_of,
};
use crate::process::Signal;
use crate::span::Span;
use crate::value::{Duration, List, Map, Size, Str, Value};
use std::time::UNIX_EPOCH;

/// How commands ended, as a record and as the end that propagates.
pub struct Recorded {
    pub record: Map,
    pub result: Eval<()>,
}

impl Interpreter {
    /// `try { … } catch e { … }`
    pub(in crate::eval) fn try_block(&mut self, body: &Block, handler: Option<&(Slot, Block)>) -> Eval<()> {
        let error = match self.block(body) {
            Err(Unwind::Error(error)) => error,
            other => return other,
        };
        self.status = error.status;
        match handler {
            Some((slot, handler)) => {
                *self.slot_mut(*slot) = Value::Map(error_value(&error));
                self.block(handler)
            }
            None => {
                self.print_failure(&Failure::Error(error));
                Ok(())
            }
        }
    }

    /// `try { … }` and `capture { … }` as values: a record, whatever happened.
    pub(in crate::eval) fn record(&mut self, capture: bool, body: &Block, span: Span) -> Eval<Value> {
        let recorded = self.recorded(capture, body, span);
        match recorded.result {
            // `exit` ends the copy in which it runs.
            Err(Unwind::Exit(_)) if capture => {}
            Ok(()) | Err(Unwind::Error(_)) => {}
            Err(unwind) => return Err(unwind),
        }
        Ok(Value::Map(recorded.record))
    }

    /// Runs commands and records how they ended, including a failure.
    pub(in crate::eval) fn recorded(&mut self, capture: bool, body: &Block, span: Span) -> Recorded {
        let started = std::time::Instant::now();
        let (outer, status) = (self.record.replace(Vec::new()), self.status);
        let (result, printed) = if capture {
            match self.capture_both(body, span) {
                Ok((result, printed)) => (result, Some(printed)),
                Err(unwind) => (Err(unwind), None),
            }
        } else {
            (self.block(body), None)
        };
        let wall = started.elapsed();
        self.status = status;
        let stages = std::mem::replace(&mut self.record, outer).unwrap_or_default();
        let mut record = Map::default();
        let mut put = |key: &str, value: Value| record.insert(key, value);
        let status = status_of(&result);
        put("ok", (status == 0).into());
        put("status", i64::from(status).into());
        match &result {
            Err(Unwind::Error(error)) => {
                put("signal", signal_of(&error.stages));
                put("stages", stage_values(&error.stages));
                put("error", Value::Map(error_value(error)));
            }
            other => {
                let signal = match other {
                    Err(Unwind::Interrupted(signal)) => Value::from(signal.to_string()),
                    _ => Value::Null,
                };
                put("signal", signal);
                put("stages", stage_values(&stages));
                put("error", Value::Null);
            }
        }
        put("duration", Duration::from(wall).into());
        if let Some([out, err]) = printed {
            put("out", Value::str(out));
            put("err", Value::str(err));
        }
        Recorded { record, result }
    }

    /// `fail e` with a caught error.
    pub(in crate::eval) fn raise_again(&mut self, caught: &Map, span: Span) -> Unwind {
        let text = |key: &str| match caught.get(key.as_bytes()) {
            Some(Value::Str(text)) => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        };
        let code = Code::find(&text("code")).unwrap_or(code::FAIL);
        let status = match caught.get(&b"status"[..]) {
            Some(Value::Int(status @ 1..=255)) => *status as u8,
            _ => 1,
        };
        let mut error =
            Error::command(self.page_raised_again(code, &text("message"), &text("at"), span), status);
        // `retry_on` needs to know the signal.
        if let Some(signal) = Signal::parse(text("signal").as_bytes()) {
            let (end, began) = (End::Signal(signal, false), std::time::SystemTime::now());
            let wall = std::time::Duration::ZERO;
            error.stages.push(StageOutcome { span, argv: Vec::new(), end, began, wall, process: None });
        }
        error.into()
    }

    /// Returns the error page of an error that is raised again. It shows the place where the error was
    /// first raised, if that is in a file of the program.
    fn page_raised_again(&self, code: Code, message: &str, at: &str, span: Span) -> Diagnostic {
        let again = self.source();
        let place = self.program.modules.iter().find_map(|module| {
            let place = module.source.place(at)?;
            Some((&module.source, place))
        });
        match place {
            Some((source, place)) => Diagnostic::new(code, message)
                .at(source, place, "raised here")
                .note(format!("raised again at {}", again.position(span.start as usize))),
            None => {
                page(code, again, span, message, "raised again here").note(format!("first raised at {at}"))
            }
        }
    }

    /// Reports that a `defer` failed while another failure is already propagating.
    pub(in crate::eval) fn say_deferred(&self, error: &Error) {
        let at = position(&error.diagnostic);
        let message = format!("a deferred block failed at {at}: {}", error.diagnostic.message);
        self.warn(&message);
    }
}

/// Returns whether a map is the error that `catch` receives.
pub fn is_error(map: &Map) -> bool {
    ["message", "code", "status", "at"].iter().all(|key| map.contains_key(key.as_bytes()))
}

fn position(page: &Diagnostic) -> String {
    page.primary().map_or_else(String::new, |label| label.source.position(label.span.start as usize))
}

pub(in crate::eval) fn error_value(error: &Error) -> Map {
    let trace = error
        .trace
        .iter()
        .map(|call| Value::from(format!("{}, called at {}", call.function, call.position())));
    let mut map = Map::default();
    map.insert("message", error.diagnostic.message.clone().into());
    map.insert("code", error.diagnostic.code.id().into());
    map.insert("status", i64::from(error.status).into());
    map.insert("signal", signal_of(&error.stages));
    map.insert("at", position(&error.diagnostic).into());
    map.insert("trace", Value::List(trace.collect()));
    map.insert("stages", stage_values(&error.stages));
    map
}

/// Returns the signal of the last stage that was ended by one.
fn signal_of(stages: &[StageOutcome]) -> Value {
    let signal = stages.iter().rev().find_map(|stage| match stage.end {
        End::Signal(signal, _) => Some(signal),
        _ => None,
    });
    signal.map_or(Value::Null, |signal| Value::from(signal.to_string()))
}

fn stage_values(stages: &[StageOutcome]) -> Value {
    Value::List(stages.iter().map(stage_value).collect())
}

fn stage_value(stage: &StageOutcome) -> Value {
    let argv: List = stage.argv.iter().map(|word| Value::Str(Str::from(word.clone()))).collect();
    let mut map = Map::default();
    map.insert("argv", Value::List(argv));
    map.insert("ok", (!stage.failed()).into());
    map.insert("status", i64::from(stage.status()).into());
    map.insert("signal", signal_of(std::slice::from_ref(stage)));
    let began = stage.began.duration_since(UNIX_EPOCH).unwrap_or_default();
    map.insert("start", Duration::from(began).into());
    map.insert("duration", Duration::from(stage.wall).into());
    // A stage in the interpreter has no times of its own.
    let mut of_process = |key: &str, take: fn(&ProcessUse) -> Value| {
        map.insert(key, stage.process.as_ref().map_or(Value::Null, take));
    };
    of_process("pid", |process| process.pid.map_or(Value::Null, Value::from));
    of_process("user", |process| Duration::from(process.user).into());
    of_process("system", |process| Duration::from(process.system).into());
    of_process("memory", |process| {
        Size::from_bytes(i64::try_from(process.memory).unwrap_or(i64::MAX)).into()
    });
    of_process("order", |process| {
        process.order.and_then(|order| i64::try_from(order).ok()).map_or(Value::Null, Value::from)
    });
    Value::Map(map)
}
