//! Pools of workers: `pool.ask(x)`, `pool.broadcast(x)`, `pool.messages()`. The engine implements their fields `size` and
//! `waiting`.

use super::access::argument;
use super::worker::time_limit;
use super::{Host, MethodError, Outcome, PoolRequest};
use crate::diag::code;
use crate::value::Value;

type Arguments<'a> = &'a mut [Value];

pub fn ask(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let timeout = time_limit(argument(arguments, 2))?;
    let (message, reply) = (argument(arguments, 0), argument(arguments, 1));
    host.pool(this, PoolRequest::Ask { message, reply, timeout })
}

pub fn send(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let to = number(argument(arguments, 1), "send", "to", 1)?;
    host.pool(this, PoolRequest::Send { message: argument(arguments, 0), to })
}

pub fn broadcast(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let except = match argument(arguments, 1) {
        Value::Null => None,
        other => Some(number(other, "broadcast", "except", 1)?),
    };
    host.pool(this, PoolRequest::Broadcast { message: argument(arguments, 0), except })
}

pub fn messages(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.pool(this, PoolRequest::Messages)
}

pub fn resize(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    match argument(arguments, 0) {
        Value::Int(count @ 1..=1_000_000) => host.pool(this, PoolRequest::Resize(*count as usize)),
        _ => {
            let message = "`resize` takes the number of workers, from 1";
            Err(MethodError::new(code::BAD_VALUE, message).at(0))
        }
    }
}

pub fn stats(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.pool(this, PoolRequest::Stats)
}

pub fn close(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.pool(this, PoolRequest::Close)
}

pub fn wait(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.pool(this, PoolRequest::Wait)
}

pub fn kill(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.pool(this, PoolRequest::Kill)
}

/// Returns the number of a worker.
fn number(value: &Value, method: &str, parameter: &str, at: usize) -> Outcome<usize> {
    match value {
        Value::Int(number @ 0..) => Ok(usize::try_from(*number).unwrap_or(usize::MAX)),
        other => {
            let message =
                format!("`{method}`: `{parameter}` is the number of a worker, and this is {other:?}");
            Err(MethodError::new(code::BAD_VALUE, message).at(at).help("the first worker has the number 0"))
        }
    }
}
