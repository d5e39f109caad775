//! A stage with its arguments and descriptors in the form for the system.

use super::Stage;
use crate::sys::spawn::{ProcessGroup, Request, Spawn, Step, Steps};
use crate::sys::strings::StringArray;

/// The data from which a child is made.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) stage: Stage,
    pub(super) argv: StringArray,
    /// The steps of the stage, with its descriptors, its directory and its group.
    steps: Steps,
    /// Whether only its end will be awaited.
    pub(super) alone: bool,
}

impl Launch {
    pub(super) fn new(mut stage: Stage, argv: StringArray) -> Box<Self> {
        let mut steps = std::mem::take(&mut stage.steps);
        for step in steps.iter() {
            if let Step::OwnPid(name) = step {
                // The child adds its own.
                stage.environment.remove(name.to_bytes());
            }
        }
        // A group, a directory, and the descriptors of a redirection and two pipes.
        steps.reserve(5);
        stage.files.placements().for_each(|placement| steps.set(Step::Descriptor(placement)));
        if let Some(directory) = &stage.directory {
            steps.set(Step::Directory(directory.clone()));
        }
        Box::new(Self { stage, argv, steps, alone: false })
    }

    pub(super) fn set_group(&mut self, group: ProcessGroup) {
        self.steps.set(Step::Group(group));
    }
}

impl Request for Launch {
    fn spawn(&self) -> Spawn<'_> {
        Spawn {
            program: &self.stage.program,
            argv: &self.argv,
            envp: self.stage.environment.block(),
            steps: &self.steps,
            alone: self.alone,
        }
    }
}

impl Request for Box<Launch> {
    fn spawn(&self) -> Spawn<'_> {
        (**self).spawn()
    }
}
