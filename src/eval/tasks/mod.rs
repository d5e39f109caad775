//! What runs beside the script: jobs, the threads of stages, and daemons that programs leave.

pub mod daemons;
pub mod job;
pub mod task;
pub mod wait;
