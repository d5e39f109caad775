//! The language: statements, expressions, calls, words, and the values that they give.

pub mod arguments;
pub mod ask;
pub mod call;
mod caller;
pub mod destructure;
#[cfg(feature = "dialog")]
pub mod entry;
pub mod expression;
pub mod init_order;
pub mod items;
pub mod list;
pub mod main;
pub mod measure;
pub mod method;
pub mod quote;
pub mod record;
pub mod result;
pub mod statement;
mod unquoted;
pub mod value_command;
pub mod value_errors;
pub mod word;
