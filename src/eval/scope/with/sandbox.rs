//! The options of a sandbox: `isolate`, `net`, `read`, `run`, `tmp` and `write`.

use super::given::Given;
use crate::check::settings::{Setting, text_of};
use crate::diag::{code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::scope::sandbox::{Confinement, unavailable};
use crate::policy::resolved;
use crate::process::{Environment, Granted, Lookup, NetRules, Sandbox, Walls};
use crate::sys::sandbox::{MOST_NESTED, available};
use crate::value::Value;
use crate::value::format::display;
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

    /// Returns the option by which the block has processes of its own.
    pub(super) fn isolates(&self) -> Option<Given> {
        let isolates = |(option, value): &&(Given, Value)| {
            option.setting == Setting::Isolate && matches!(value, Value::Bool(true))
        };
        self.given.iter().find(isolates).map(|(option, _)| *option)
    }

    /// Returns whether the block has a /tmp of its own.
    pub(super) fn has_tmp(&self) -> bool {
        self.given
            .iter()
            .any(|(option, value)| option.setting == Setting::Tmp && matches!(value, Value::Bool(true)))
    }

    /// Returns the options that close something.
    pub(super) fn closing(&self) -> impl Iterator<Item = &(Given, Value)> {
        self.given.iter().filter(|(option, value)| closes(*option, value))
    }

    /// Returns whether it closes files, and with them the environment.
    pub(super) fn close_environment(&self) -> bool {
        self.given.iter().any(|(option, _)| option.setting == Setting::Read)
    }
}

/// Returns whether an option closes something: `net=true` and `isolate=false` do not.
fn closes(option: Given, value: &Value) -> bool {
    match option.setting {
        Setting::Isolate | Setting::Tmp => matches!(value, Value::Bool(true)),
        _ => !matches!(value, Value::Bool(true)),
    }
}

/// Returns whether an option is given by a namespace.
fn needs_namespace(option: Given, value: &Value) -> bool {
    matches!(option.setting, Setting::Isolate | Setting::Tmp)
        || option.setting == Setting::Net && matches!(value, Value::Str(_))
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
        let closing: Vec<_> = rules.closing().collect();
        let Some((first, _)) = closing.first() else { return Ok(outer) };
        let source = self.source().clone();
        let refused = |option: &Given, reason: &str| {
            let name = option.setting.row().name;
            Unwind::from(Error::refused(unavailable(&source, option.span, name, reason), 126))
        };
        available().map_err(|reason| refused(first, &reason))?;
        let own = closing.iter().find(|(option, value)| needs_namespace(*option, value));
        if let (Some((option, _)), Some(outer)) = (own, &outer)
            && let Some(around) = outer.all().find(|one| one.sandbox.namespaces().is_some())
        {
            let message = "a block around this one has namespaces, and they don't nest";
            let page = page(code::SANDBOX_NAMESPACES, self.source(), option.span, message, "one more");
            let around_option = around.options.first().map_or(option.span, |(_, span)| *span);
            let page = page.also_at(&around.source, around_option, "the block around");
            let help = "give `isolate`, `tmp` and net=\"loopback\" to the outer block";
            return Err(Error::refused(page.help(help), 126).into());
        }
        if outer.as_ref().is_some_and(|outer| outer.all().count() >= MOST_NESTED) {
            let message =
                format!("{MOST_NESTED} sandboxes are around this one, and the kernel takes no more");
            let page = page(code::SANDBOX_DEPTH, self.source(), first.span, message, "one more");
            let help = "give the options of several blocks to one `with`";
            return Err(Error::refused(page.help(help), 126).into());
        }
        let base = directory.map_or_else(
            || std::env::current_dir().unwrap_or_default(),
            |directory| resolved(Path::new(OsStr::from_bytes(directory.to_bytes()))),
        );
        let mut walls = Walls { directory: base.clone(), ..Walls::default() };
        for (option, value) in &closing {
            let list = match value {
                Value::List(list) => &list[..],
                _ => &[],
            };
            let mut granted = || self.granted(list, *option, directory);
            match option.setting {
                Setting::Net if matches!(value, Value::Str(_)) => walls.network = Some(NetRules::loopback()),
                Setting::Net => walls.network = NetRules::parse(list.iter().map(text_of)).ok(),
                Setting::Isolate => walls.isolate = true,
                Setting::Tmp => walls.tmp = true,
                Setting::Read => walls.files.get_or_insert_default().read = granted()?,
                Setting::Write => walls.files.get_or_insert_default().write = granted()?,
                _ => walls.files.get_or_insert_default().run = Some(granted()?),
            }
        }
        if let (Some((option, _)), true) =
            (own, walls.tmp && walls.files.is_none() && base.starts_with("/tmp"))
        {
            let message = "the directory of the block lies in /tmp, and `tmp` hides its files";
            let page = page(code::SANDBOX_NAMESPACES, self.source(), option.span, message, "would be empty");
            let help = "name what programs need: read=[\"/usr\", \".\"], write=[\"out\"]; or give another directory: cwd=\"/\"";
            return Err(Error::refused(page.help(help), 126).into());
        }
        if self.dry.is_some() {
            walls = Walls { isolate: false, tmp: false, network: None, ..walls };
        }
        let sandbox = Sandbox::new(walls)
            .map_err(|reason| refused(own.map_or(first, |(option, _)| option), &reason))?;
        let options = closing.iter().map(|(option, _)| (option.setting, option.span)).collect();
        if self.dry.is_none() {
            let written = |(option, value): &&(Given, Value)| {
                format!("{}={}", option.setting.row().name, display(value, 400))
            };
            let open: Vec<String> = closing.iter().map(written).collect();
            self.admit(&Effect::Sandbox(&open), first.span)?;
        }
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
