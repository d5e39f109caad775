//! A stage with its arguments and descriptors as the system takes them.

use super::Stage;
use crate::sys::spawn::{Placement, ProcessGroup, Request, Spawn};
use crate::sys::strings::StringArray;

/// What a child is made from.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) stage: Stage,
    pub(super) argv: StringArray,
    placements: Vec<Placement>,
    /// For a child that begins beside us.
    pub(super) group: ProcessGroup,
    /// Whether nothing else is waited for.
    pub(super) alone: bool,
}

impl Launch {
    pub(super) fn new(stage: Stage, argv: StringArray) -> Box<Self> {
        let placements = stage.files.placements();
        Box::new(Self { stage, argv, placements, group: ProcessGroup::Inherit, alone: false })
    }

    pub(super) fn in_group(&self, group: ProcessGroup) -> Spawn<'_> {
        Spawn {
            program: &self.stage.program,
            argv: &self.argv,
            envp: self.stage.environment.block(),
            placements: &self.placements,
            group,
            alone: self.alone,
            directory: self.stage.directory.as_deref(),
            attributes: &self.stage.attributes,
        }
    }
}

impl Request for Box<Launch> {
    fn spawn(&self) -> Spawn<'_> {
        self.in_group(self.group)
    }
}
