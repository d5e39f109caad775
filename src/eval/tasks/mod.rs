//! The work beside the script: jobs, the threads of stages, and daemons that programs leave.

pub mod daemons;
pub mod end;
pub mod handlers;
pub mod job;
pub mod job_state;
pub mod job_value;
pub mod signals;
pub mod task;
pub mod turns;
pub mod wait;
