//! The format of the messages between a script and a worker: a line of JSON each, as in Node's protocol.

mod lines;
mod message;

/// Returns the variables by which a program finds a channel of Node's protocol.
pub fn node_variables(fd: i32) -> [(&'static str, String); 2] {
    [("NODE_CHANNEL_FD", fd.to_string()), ("NODE_CHANNEL_SERIALIZATION_MODE", "json".to_string())]
}

pub use lines::LineBuffer;
pub use message::{is_internal, without_lone_surrogates};
