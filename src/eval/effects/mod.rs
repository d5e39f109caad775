//! What a run does to the world, and what is asked, recorded and counted before: policy, audit, limits, observers.

pub mod audit;
pub mod code_guard;
pub mod limits;
pub mod observe;
pub mod permission;
