//! `web.stats()`: what each instance is doing, and what it uses.

use super::meter::Sample;
use super::state::{Inner, ServiceState};
use crate::service::{RunId, Stage};
use crate::sys::usage;
use crate::value::{List, Map, Size, Value};
use std::time::Duration;

/// Returns a map for each instance.
pub fn stats(state: &ServiceState) -> Value {
    let now = state.now();
    let inner = state.lock();
    Value::List(inner.machine.instances().map(|one| of_instance(&inner, one, now)).collect())
}

fn of_instance(inner: &Inner, (number, stage, run): (usize, Stage, Option<RunId>), now: Duration) -> Value {
    let run = run.and_then(|run| inner.runs.get(&run));
    let history = inner.histories.get(&number);
    let pid = run.and_then(|run| run.pid());
    let used = pid.and_then(|pid| u32::try_from(pid).ok()).map(usage::of_tree);
    let last = run.and_then(|run| run.meter.samples().last());
    let most = run.map(|run| run.meter.most());
    let check = history.and_then(|history| history.check.as_ref());
    let since = |at: Duration| Value::Duration(now.saturating_sub(at).into());
    let sample = |sample: Sample| {
        let fields =
            [("age", since(sample.at)), ("cpu", Value::Float(sample.cpu)), ("memory", size(sample.memory))];
        Value::Map(fields.into_iter().collect::<Map>())
    };
    let restarts = history.map_or(0, |history| history.starts.saturating_sub(1));
    let fields = [
        ("number", Value::Int(number as i64)),
        ("pid", or_null(pid, |pid| Value::Int(pid.into()))),
        ("stage", Value::from(stage.name())),
        ("uptime", or_null(run, |run| since(run.since))),
        ("restarts", Value::Int(restarts as i64)),
        ("last_end", or_null(history.and_then(|one| one.ends.back()), |end| Value::from(end.as_str()))),
        ("healthy", or_null(check, |check| Value::Bool(check.failure.is_none()))),
        ("checked", or_null(check, |check| since(check.at))),
        (
            "unhealthy",
            or_null(check.and_then(|check| check.failure.as_ref()), |why| Value::from(why.as_str())),
        ),
        ("cpu", or_null(last, |last| Value::Float(last.cpu))),
        ("most_cpu", or_null(last.and(most), |most| Value::Float(most.cpu))),
        ("memory", or_null(used, |used| size(used.memory))),
        ("most_memory", or_null(most, |most| size(most.memory.max(used.map_or(0, |used| used.memory))))),
        ("descriptors", or_null(pid.and_then(usage::descriptors), |count| Value::Int(count as i64))),
        (
            "samples",
            Value::List(run.into_iter().flat_map(|run| run.meter.samples()).map(sample).collect::<List>()),
        ),
    ];
    Value::Map(fields.into_iter().collect::<Map>())
}

fn or_null<T>(value: Option<T>, make: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Null, make)
}

fn size(bytes: u64) -> Value {
    Value::Size(Size::from_bytes(i64::try_from(bytes).unwrap_or(i64::MAX)))
}
