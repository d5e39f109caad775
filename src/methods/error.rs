//! What a method says when it can't.

use crate::diag::{Code, code};
use crate::value::Value;
use crate::value::ops::OpError;

/// What a method gives. As small as a pointer more than a value, since each call returns one.
pub type Outcome<T = Value> = Result<T, MethodError>;

/// Why a method has no result.
#[derive(Debug)]
pub enum MethodError {
    /// An error to be shown.
    Message(Box<Message>),
    /// The host has put its own reason by (a failure within a lambda, an `exit`): it is passed on untouched.
    Host,
}

/// An error to be shown.
#[derive(Debug)]
pub struct Message {
    /// Its kind.
    pub code: Code,
    /// What happened, naming the method.
    pub message: String,
    /// Which argument of the call to point at, counted from 0 as they are written; else the receiver or the
    /// whole.
    pub argument: Option<usize>,
    /// What to write instead.
    pub help: Option<String>,
}

impl MethodError {
    /// An error of the whole call.
    #[cold]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::Message(Box::new(Message { code, message: message.into(), argument: None, help: None }))
    }

    /// The function or the value needs a feature of the library that this build lacks.
    #[cold]
    #[cfg_attr(all(feature = "csv", feature = "dates"), allow(dead_code, reason = "nothing is lacking"))]
    pub(super) fn lacking(what: &str, feature: &str) -> Self {
        let message = format!("this build has no {what}: its feature `{feature}` is off");
        Self::new(code::LACKING_FEATURE, message)
    }

    /// The same, of one argument.
    pub fn at(mut self, argument: usize) -> Self {
        if let Self::Message(message) = &mut self {
            message.argument = Some(argument);
        }
        self
    }

    /// The same, of another kind.
    pub(super) fn of(mut self, code: Code) -> Self {
        if let Self::Message(message) = &mut self {
            message.code = code;
        }
        self
    }

    /// The same, with what to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Self::Message(message) = &mut self {
            message.help = Some(help.into());
        }
        self
    }

    /// An operator within the method had no result.
    #[cold]
    pub(super) fn operator(method: &str, error: OpError) -> Self {
        let code = match error {
            OpError::Types { .. } => code::WRONG_TYPE,
            OpError::Overflow { .. } => code::OVERFLOW,
            OpError::DivisionByZero { .. } => code::DIVISION_BY_ZERO,
            OpError::NotReal { .. } => code::BAD_VALUE,
            OpError::TooDeep { .. } => code::NESTED_TOO_DEEPLY,
            OpError::TooLarge { .. } => code::TOO_LARGE,
        };
        let whole = Self::new(code, format!("`{method}`: {error}"));
        match error.hint() {
            Some(hint) => whole.help(hint),
            None => whole,
        }
    }

    /// An argument's type fits, its value does not.
    #[cold]
    pub(super) fn value(message: impl Into<String>, argument: usize) -> Self {
        Self::new(code::BAD_VALUE, message).at(argument)
    }
}
