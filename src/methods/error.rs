//! The errors of methods.

use crate::diag::{Code, code};
use crate::value::Value;
use crate::value::ops::OpError;

/// The result of a method. It is only a pointer larger than a value, since each call returns one.
pub type Outcome<T = Value> = Result<T, MethodError>;

/// The reason why a method has no result.
#[derive(Debug)]
pub enum MethodError {
    /// An error to be shown.
    Message(Box<Message>),
    /// The host has stored its own reason (a failure within a lambda, an `exit`), which is passed on
    /// unchanged.
    Host,
}

/// An error to be shown.
#[derive(Debug)]
pub struct Message {
    /// Its kind.
    pub code: Code,
    /// What happened, with the name of the method.
    pub message: String,
    /// The argument of the call to point at, counted from 0 in the order of the text; otherwise the
    /// receiver or the whole call.
    pub argument: Option<usize>,
    /// What to write instead.
    pub help: Option<String>,
}

impl MethodError {
    /// Creates an error of the whole call.
    #[cold]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::Message(Box::new(Message { code, message: message.into(), argument: None, help: None }))
    }

    /// Creates the error of a function or value that needs a feature of the library that this build lacks.
    #[cold]
    #[cfg_attr(all(feature = "csv", feature = "dates"), allow(dead_code, reason = "nothing is lacking"))]
    pub(super) fn lacking(what: &str, feature: &str) -> Self {
        let message = format!("this build has no {what}: its feature `{feature}` is off");
        Self::new(code::LACKING_FEATURE, message)
    }

    /// Creates an error of one argument.
    pub fn at(mut self, argument: usize) -> Self {
        if let Self::Message(message) = &mut self {
            message.argument = Some(argument);
        }
        self
    }

    /// Sets another kind.
    pub(super) fn of(mut self, code: Code) -> Self {
        if let Self::Message(message) = &mut self {
            message.code = code;
        }
        self
    }

    /// Adds the text to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Self::Message(message) = &mut self {
            message.help = Some(help.into());
        }
        self
    }

    /// Creates the error of an operator within the method that had no result.
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

    /// Creates the error of an argument whose type fits, but whose value does not.
    #[cold]
    pub(super) fn value(message: impl Into<String>, argument: usize) -> Self {
        Self::new(code::BAD_VALUE, message).at(argument)
    }
}
