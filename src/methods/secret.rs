//! Secrets: `secret(text)`, `s.reveal()`.

use super::access::{argument, unbound};
use super::{Host, MethodError, Outcome};
use crate::diag::code;
use crate::value::Value;

type Arguments<'a> = &'a mut [Value];

pub fn of(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    match argument(arguments, 0) {
        Value::Str(text) => {
            host.conceal(text);
            Ok(Value::secret(text.clone()))
        }
        secret if secret.as_secret().is_some() => Ok(secret.clone()),
        other => {
            let message = format!("`secret` takes a string, and this is {}", other.type_of().phrase());
            Err(MethodError::new(code::WRONG_TYPE, message).at(0))
        }
    }
}

pub fn reveal(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    this.as_secret().cloned().map(Value::Str).ok_or_else(|| unbound("secret", this))
}
