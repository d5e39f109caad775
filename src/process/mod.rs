//! Processes: from a resolved stage to its report. This module knows no syntax tree and no values of
//! the language.
//!
//! The caller resolves each stage ([`Stage`]), starts the stages of a pipeline into one [`Group`]
//! ([`start()`]), drops its own ends of the pipes, and waits ([`wait()`]). The wait also moves the
//! bytes that pass through the interpreter ([`Pump`]). A [`Child`] that is dropped instead is ended and
//! reaped.

mod changes;
mod child;
mod control;
mod deadline;
mod drain;
mod environment;
mod files;
mod group;
mod holders;
mod keys;
mod launch;
mod left_groups;
mod opening;
mod pump;
mod report;
mod sandbox;
mod stage;
mod start;
mod sweep;
mod terminate;
mod tree;
mod wait;

pub use crate::sys::interrupt::{Interrupt, Readable};
pub use crate::sys::lookup::{Lookup, Search};
pub use crate::sys::memory::here_document;
pub use crate::sys::open::{Creation, How, OpenMode, open, open_as, same_file};
pub use crate::sys::pipe::{between as pipe_between, pipe};
pub use crate::sys::signal::Signal;
pub use crate::sys::spawn::{Identity, Limit, Phase, Resource, SpawnError, Step, Steps};
pub use changes::{Changes, Watch};
pub use child::Child;
pub use control::{Attended, Control, Left, TerminalLease};
pub use deadline::{Activity, Clock, Deadline};
pub use drain::{Reader, Readers};
pub use environment::{Environment, InvalidVariable};
pub use files::{Descriptor, FileTable};
pub use group::Group;
pub use holders::{end_holders, holders_of};
pub use keys::{Key, Keys, await_key_handlers};
pub use left_groups::LeftGroups;
pub use opening::Opening;
pub use pump::{Capture, Pump};
pub use report::{StageEnd, StageReport};
pub use sandbox::{Granted, NetRules, Sandbox, Walls, Want};
pub use stage::Stage;
#[cfg(test)]
use start::start;
pub use start::{StartError, StartProblem, begin, replace_process};
pub use sweep::{
    Daemons, end_block, end_orphans_since, end_trees, guarded, orphans, own_process, sweep, unwatched,
    watched,
};
#[cfg(test)]
use terminate::resume;
pub use terminate::{GRACE, repeat_key};
pub use wait::{HELD, Outcome, Stop, Wait, wait};

#[cfg(test)]
mod tests;
