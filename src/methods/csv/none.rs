//! A build without the feature `csv`. The check refuses the functions before a run: see [`super::names::lacking`].

use super::{Host, MethodError, Outcome};
use crate::diag::code;
use crate::value::Value;

/// `csv(text)`
pub fn parse(_: &mut dyn Host, _: &Value, _: &mut [Value]) -> Outcome {
    Err(MethodError::new(code::BAD_VALUE, "this build has no `csv`: its feature `csv` is off"))
}

/// `to_csv(rows)`
pub fn write(_: &mut dyn Host, _: &Value, _: &mut [Value]) -> Outcome {
    Err(MethodError::new(code::BAD_VALUE, "this build has no `to_csv`: its feature `csv` is off"))
}
