//! Services: `web.reload()`, `web.stop()` and so on. The engine implements their fields.

use super::access::argument;
use super::{Host, MethodError, Outcome, ServiceRequest};
use crate::diag::code;
use crate::value::Value;

type Arguments<'a> = &'a mut [Value];

pub fn restart(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.service(this, ServiceRequest::Restart)
}

pub fn reload(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.service(this, ServiceRequest::Reload)
}

pub fn stop(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.service(this, ServiceRequest::Stop)
}

pub fn wait(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.service(this, ServiceRequest::Wait)
}

pub fn stats(host: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    host.service(this, ServiceRequest::Stats)
}

pub fn resize(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    match argument(arguments, 0) {
        Value::Int(count @ 1..=1_000_000) => host.service(this, ServiceRequest::Resize(*count as usize)),
        _ => {
            let message = "`resize` takes the number of instances, from 1";
            Err(MethodError::new(code::BAD_VALUE, message.to_string()).at(0))
        }
    }
}
