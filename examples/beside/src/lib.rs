//! Five tasks, each written with pipewright, duct and xshell in the way that their documentation suggests. The tests
//! compare what they do, and hold the table of docs/EMBEDDING.md to the number of lines here.

pub mod with_duct;
pub mod with_pipewright;
pub mod with_xshell;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
