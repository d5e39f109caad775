//! Queues: `queue(path, name)`, `mail.add(x)`, `mail.stats()`. The engine keeps the tasks.

use super::access::{argument, list, string};
use super::{Host, MethodError, Outcome, QueueRequest, TaskOptions};
use crate::diag::code;
use crate::value::Value;
use std::time::Duration;

type Arguments<'a> = &'a mut [Value];

pub fn open(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    host.open_queue(string(argument(arguments, 0))?, string(argument(arguments, 1))?)
}

/// Returns the options that begin at this argument: `priority`, `delay`, `tries`, `key`.
fn options<'a>(method: &str, arguments: &'a [Value]) -> Outcome<TaskOptions<'a>> {
    let delay = match argument(arguments, 2) {
        Value::Null => Duration::ZERO,
        Value::Duration(time) if time.nanos >= 0 => time.to_std(),
        other => {
            let message = format!("`{method}`: `delay` is a duration from 0, and this is {other:?}");
            return Err(MethodError::new(code::BAD_VALUE, message).help("write a duration: delay: 10m"));
        }
    };
    let number = |at: usize, name: &str, least: i64, most: i64| match argument(arguments, at) {
        Value::Null => Ok(None),
        Value::Int(number) if (least..=most).contains(number) => Ok(Some(*number)),
        other => {
            let message =
                format!("`{method}`: `{name}` is an int from {least} to {most}, and this is {other:?}");
            Err(MethodError::new(code::BAD_VALUE, message))
        }
    };
    Ok(TaskOptions {
        priority: number(1, "priority", -32_768, 32_767)?,
        delay,
        tries: number(3, "tries", 1, 32_767)?,
        key: match argument(arguments, 4) {
            Value::Null => None,
            key => Some(string(key)?),
        },
    })
}

pub fn add(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let options = options("add", arguments)?;
    host.queue(this, QueueRequest::Add { data: argument(arguments, 0), options })
}

pub fn add_all(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let options = options("add_all", arguments)?;
    host.queue(this, QueueRequest::AddAll { data: list(argument(arguments, 0))?, options })
}

pub fn stats(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.queue(this, QueueRequest::Stats)
}

pub fn list_tasks(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let most = match argument(arguments, 1) {
        Value::Null => 1000,
        Value::Int(most) if *most > 0 => usize::try_from(*most).unwrap_or(usize::MAX),
        other => {
            let message = format!("`list`: `limit` is an int from 1, and this is {other:?}");
            return Err(MethodError::new(code::BAD_VALUE, message));
        }
    };
    host.queue(this, QueueRequest::List { state: string(argument(arguments, 0))?, most })
}

pub fn peek(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.queue(this, QueueRequest::Peek)
}

pub fn retry(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    host.queue(this, QueueRequest::Retry(super::access::int(argument(arguments, 0))?))
}

pub fn delete(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    host.queue(this, QueueRequest::Delete(super::access::int(argument(arguments, 0))?))
}

pub fn pause(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.queue(this, QueueRequest::Pause(true))
}

pub fn resume(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.queue(this, QueueRequest::Pause(false))
}

pub fn drain(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.queue(this, QueueRequest::Drain)
}
