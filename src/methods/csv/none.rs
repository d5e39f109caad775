//! A build without the feature `csv`. The check refuses the functions before a run: see [`super::names::lacking`].

use super::{Host, MethodError, Outcome};
use crate::value::Value;

/// Implements `csv(text)`.
pub fn parse(_: &mut dyn Host, _: &Value, _: &mut [Value]) -> Outcome {
    Err(MethodError::lacking("`csv`", "csv"))
}

/// Implements `to_csv(rows)`.
pub fn write(_: &mut dyn Host, _: &Value, _: &mut [Value]) -> Outcome {
    Err(MethodError::lacking("`to_csv`", "csv"))
}
