//! Jobs: `job.wait()`, `job.output()`, `job.kill()`, `wait_any(jobs)`. The engine implements their
//! fields `pid` and `status`.

use super::access::{argument, list, optional_string};
use super::{Host, JobRequest, MethodError, Outcome};
use crate::diag::code;
use crate::value::{Str, Type, Value};

type Arguments<'a> = &'a mut [Value];

pub fn wait(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.job(this, JobRequest::Wait)
}

pub fn output(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.job(this, JobRequest::Output)
}

/// Implements `wait_any(jobs)`.
pub fn wait_any(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    let jobs = argument(arguments, 0);
    let items = list(jobs)?;
    let message = if items.is_empty() {
        "there is no job to wait for: the list is empty".to_string()
    } else if let Some(other) = items.iter().find(|item| item.type_of() != Type::Job) {
        format!("`wait_any` takes a list of jobs, and this one holds {}", other.type_of().phrase())
    } else {
        return host.job(jobs, JobRequest::WaitAny);
    };
    let help = "a job is what `spawn` gives: wait_any([spawn { … }, spawn { … }])";
    Err(MethodError::new(code::BAD_VALUE, message).at(0).help(help))
}

pub fn kill(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let signal = optional_string(argument(arguments, 0))?.map_or(&b"TERM"[..], Str::as_bytes);
    host.job(this, JobRequest::Kill(signal))
}
