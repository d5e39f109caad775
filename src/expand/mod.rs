//! Expansion of the text of a word to arguments: escapes, braces, tildes, patterns, here-documents.
//!
//! Everything here works on bytes and knows neither syntax tree nor values, so that each rule can be
//! compared with a real shell. A word passes through them in the order of POSIX 2.6 (with bash's brace
//! expansion first): braces, tilde, values, pathnames.

pub mod brace;
pub mod cstring;
pub mod glob;
pub mod pattern;
pub mod tilde;
mod walk;

#[cfg(test)]
pub(crate) mod testing;
