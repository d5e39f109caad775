//! `memory_all` and `processes_all`: what the programs of a block use together.

use super::given::Given;
use crate::check::settings::Setting;
use crate::diag::code;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::scope::sandbox::unavailable;
use crate::eval::scope::settings::Settings;
use crate::process::Step;
use crate::sys::cgroup::{Cgroup, Limits};
use crate::value::{Size, Value, format};
use std::sync::Arc;

/// The limits of a block's programs together, with the options that set them.
#[derive(Default)]
pub(super) struct Together {
    limits: Limits,
    options: Vec<Given>,
}

impl Together {
    pub(super) fn memory(&mut self, bytes: u64, option: Given) {
        self.limits.memory = Some(bytes);
        self.options.push(option);
    }

    pub(super) fn processes(&mut self, most: u64, option: Given) {
        self.limits.processes = Some(most);
        self.options.push(option);
    }
}

impl Interpreter {
    /// Refuses an option by which programs end with the block, where `detach` leaves them running.
    pub(super) fn ends_with_block(&self, option: Given) -> Unwind {
        let name = option.setting.row().name;
        let message = format!("`{name}` ends its programs with the block, and `detach` leaves them running");
        let page = page(code::BAD_VALUE, self.source(), option.span, message, "can't be kept");
        Error::value(page.help("leave one of the two options out")).into()
    }

    /// Makes the control group of a block, within the one around it.
    pub(super) fn control_group(
        &self,
        together: &Together,
        settings: &mut Settings,
    ) -> Eval<Option<Arc<Cgroup>>> {
        let Some(first) = together.options.first() else { return Ok(None) };
        if settings.detach {
            return Err(self.ends_with_block(*first));
        }
        if self.dry.is_some() {
            return Ok(None);
        }
        let group = Cgroup::new(together.limits, settings.cgroup.as_deref()).map_err(|reason| {
            // The option that can't be given is the one whose controller is missing.
            let option = together.options.iter().find(|option| reason.contains(controller(option.setting)));
            let option = option.unwrap_or(first);
            let page = unavailable(self.source(), option.span, option.setting.row().name, &reason);
            Unwind::from(Error::refused(page, 126))
        })?;
        settings.steps.set(Step::Cgroup(group.membership()));
        let group = Arc::new(group);
        settings.cgroup = Some(group.clone());
        Ok(Some(group))
    }
}

const fn controller(setting: Setting) -> &'static str {
    if matches!(setting, Setting::MemoryAll) { "memory" } else { "pids" }
}

/// Says why the kernel has killed a program of the block.
pub(super) fn explain_kill(mut error: Box<Error>, group: &Cgroup) -> Box<Error> {
    let killed = group.killed_for_memory();
    if let (Some(bytes), true) = (group.limits().memory, killed > 0) {
        let size = Value::Size(Size { bytes: i64::try_from(bytes).unwrap_or(i64::MAX) });
        let of = if killed == 1 { "a process".to_string() } else { format!("{killed} processes") };
        let size = format::display(&size, 30);
        error.diagnostic.help.push(format!("the kernel killed {of} of the block at its memory_all={size}"));
    }
    error
}
