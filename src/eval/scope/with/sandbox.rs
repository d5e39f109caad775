//! The options of a sandbox: `net`, `read`, `run` and `write`.

use super::given::Given;
use crate::check::settings::{Setting, text_of};
use crate::diag::{code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::report::unwind::{Error, Eval, page};
use crate::eval::scope::sandbox::{Confinement, unavailable};
use crate::policy::resolved;
use crate::process::{Environment, Files, Granted, Lookup, NetRules, Sandbox};
use crate::sys::sandbox::{MOST_NESTED, available};
use crate::value::Value;
use std::ffi::{CStr, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// The variables that programs keep where `read` closes files.
const KEPT: [&[u8]; 4] = [b"PATH", b"HOME", b"LANG", b"TMPDIR"];

/// The options of a sandbox in one `with`.
#[derive(Default)]
pub(super) struct Rules {
    given: Vec<(Given, Value)>,
}

impl Rules {
    pub(super) fn give(&mut self, option: Given, value: Value) {
        self.given.push((option, value));
    }

    /// Returns whether it closes files, and with them the environment.
    pub(super) fn close_environment(&self) -> bool {
        self.given.iter().any(|(option, _)| option.setting == Setting::Read)
    }
}

/// Returns the variables of an environment that stay where files are closed.
pub(super) fn kept(environment: &Environment) -> Environment {
    let mut kept = Environment::empty();
    for name in KEPT {
        if let Some(value) = environment.get(name) {
            // It was the value of a variable before.
            let _ = kept.set(name, value);
        }
    }
    kept
}

impl Interpreter {
    /// Makes the sandbox that the options describe, within the one around. Paths are relative to `directory`.
    pub(super) fn sandbox(
        &mut self,
        rules: Rules,
        directory: Option<&CStr>,
    ) -> Eval<Option<Arc<Confinement>>> {
        let outer = self.env.settings.sandbox.clone();
        // `net=true` closes nothing.
        let closing: Vec<_> =
            rules.given.iter().filter(|(_, value)| !matches!(value, Value::Bool(true))).collect();
        let Some((first, _)) = closing.first() else { return Ok(outer) };
        if let Err(reason) = available() {
            let name = first.setting.row().name;
            return Err(Error::refused(unavailable(self.source(), first.span, name, &reason), 126).into());
        }
        if outer.as_ref().is_some_and(|outer| outer.all().count() >= MOST_NESTED) {
            let message =
                format!("{MOST_NESTED} sandboxes are around this one, and the kernel takes no more");
            let page = page(code::SANDBOX_DEPTH, self.source(), first.span, message, "one more");
            let help = "give the options of several blocks to one `with`";
            return Err(Error::refused(page.help(help), 126).into());
        }
        let mut files: Option<Files> = None;
        let mut network = None;
        for (option, value) in &closing {
            let list = match value {
                Value::List(list) => &list[..],
                _ => &[],
            };
            match option.setting {
                Setting::Net => network = NetRules::parse(list.iter().map(text_of)).ok(),
                Setting::Read => {
                    files.get_or_insert_default().read = self.granted(list, *option, directory)?
                }
                Setting::Write => {
                    files.get_or_insert_default().write = self.granted(list, *option, directory)?
                }
                _ => {
                    files.get_or_insert_default().run = Some(self.granted(list, *option, directory)?);
                }
            }
        }
        let sandbox = Sandbox::new(files, network).map_err(|error| {
            let name = first.setting.row().name;
            Error::refused(unavailable(self.source(), first.span, name, &reason(&error)), 126)
        })?;
        let base = directory.map_or_else(
            || std::env::current_dir().unwrap_or_default(),
            |directory| resolved(Path::new(OsStr::from_bytes(directory.to_bytes()))),
        );
        let options = closing.iter().map(|(option, _)| (option.setting, option.span)).collect();
        Ok(Some(Arc::new(Confinement { sandbox, outer, source: self.source().clone(), base, options })))
    }

    fn granted(&mut self, list: &[Value], option: Given, directory: Option<&CStr>) -> Eval<Vec<Granted>> {
        let mut all = Vec::with_capacity(list.len());
        for path in list.iter().map(text_of) {
            let (path, may_miss) = match path.strip_suffix(b"?") {
                Some(path) => (path, true),
                None => (path, false),
            };
            match self.granted_one(path, option, directory)? {
                Ok(granted) => all.push(granted),
                Err(error) if may_miss && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let shown = quote_word(path);
                    let message =
                        format!("`{}` names {shown}: {}", option.setting.row().name, reason(&error));
                    let page = page(code::SANDBOX_PATH, self.source(), option.value, message, "here");
                    let text = crate::diag::visible(path);
                    let help = format!("if it may be missing, write \"{text}?\"");
                    let missing = error.kind() == io::ErrorKind::NotFound;
                    return Err(Error::refused(if missing { page.help(help) } else { page }, 126).into());
                }
            }
        }
        Ok(all)
    }

    fn granted_one(
        &mut self,
        path: &[u8],
        option: Given,
        directory: Option<&CStr>,
    ) -> Eval<io::Result<Granted>> {
        let span = option.value;
        if option.setting == Setting::Run && !path.contains(&b'/') {
            let search = self.search();
            self.reach_all(search.directories(), span)?;
            return Ok(match search.find(path, directory) {
                Lookup::Found(found) => Granted::open(directory, found.to_bytes()),
                _ => Err(io::ErrorKind::NotFound.into()),
            });
        }
        self.admit(&Effect::Look(path), span)?;
        Ok(Granted::open(directory, path))
    }
}
