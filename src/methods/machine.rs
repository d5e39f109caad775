//! The function that describes the machine: `cores()`.

use super::{Host, Outcome};
use crate::value::Value;

/// Implements `cores()`.
pub fn cores(_: &mut dyn Host, _: &Value, _: &mut [Value]) -> Outcome {
    // This respects sched_getaffinity(2) and the quota of control groups.
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    Ok(Value::Int(i64::try_from(cores).unwrap_or(1)))
}
