//! Jobs: `job.wait()`, `job.kill()`. Their fields `pid` and `status` are the engine's.

use super::access::{argument, optional_string};
use super::{Host, JobRequest, Outcome};
use crate::value::{Str, Value};

type Arguments<'a> = &'a mut [Value];

pub fn wait(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.job(this, JobRequest::Wait)
}

pub fn kill(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let signal = optional_string(argument(arguments, 0))?.map_or(&b"TERM"[..], Str::as_bytes);
    host.job(this, JobRequest::Kill(signal))
}
