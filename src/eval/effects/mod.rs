//! The effects of a run on the outside world, and the gate that each passes: policy, dry run, limits, audit,
//! observers.

mod announce;
pub mod audit;
pub mod board;
pub mod code_guard;
pub mod effect;
pub mod gate;
pub mod limits;
pub mod observe;
pub mod permission;
pub mod running;
