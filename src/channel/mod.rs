//! The format of the messages between a script and a worker: a line of JSON each, as in Node's protocol.

mod lines;
mod message;

pub use lines::LineBuffer;
pub use message::{is_internal, without_lone_surrogates};
