//! Workers: `w.send(x)`, `w.ask(x)`, `w.messages()`. The engine implements their fields `pid` and `status`.

use super::access::{argument, optional_string};
use super::{Host, MethodError, Outcome, WorkerRequest};
use crate::value::{Str, Value};
use std::time::Duration;

type Arguments<'a> = &'a mut [Value];

pub fn send(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    host.worker(this, WorkerRequest::Send(argument(arguments, 0)))
}

pub fn receive(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.worker(this, WorkerRequest::Receive)
}

pub fn messages(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.worker(this, WorkerRequest::Messages)
}

pub fn ask(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let timeout = time_limit(argument(arguments, 2))?;
    let (message, reply) = (argument(arguments, 0), argument(arguments, 1));
    host.worker(this, WorkerRequest::Ask { message, reply, timeout })
}

pub fn close(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.worker(this, WorkerRequest::Close)
}

pub fn wait(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.worker(this, WorkerRequest::Wait)
}

pub fn kill(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let signal = optional_string(argument(arguments, 0))?.map_or(&b"TERM"[..], Str::as_bytes);
    host.worker(this, WorkerRequest::Kill(signal))
}

/// Returns the time limit of a question.
pub fn time_limit(value: &Value) -> Outcome<Option<Duration>> {
    match value {
        Value::Null => Ok(None),
        Value::Duration(time) if time.nanos > 0 => Ok(Some(time.to_std())),
        other => {
            let message = format!("`ask`: `timeout` is a duration above zero, and this is {other:?}");
            Err(MethodError::value(message, 2).help("write a duration: timeout: 2s"))
        }
    }
}
