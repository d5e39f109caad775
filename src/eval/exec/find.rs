//! Finding the program of a stage, and what to say if there is none.

use crate::diag::{code, quote_word, reason};
use crate::eval::Interpreter;
use crate::eval::effects::effect::{Effect, Program};
use crate::eval::exec::command::{Prepared, Work};
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::process::{Environment, Lookup, Search};
use crate::span::Span;
use std::ffi::CStr;
use std::sync::Arc;

impl Interpreter {
    /// Finds the program of a stage, and asks whether it may run.
    pub(in crate::eval) fn find_program(&mut self, prepared: &mut Prepared, span: Span) -> Eval<()> {
        if let Work::None | Work::Replace = prepared.work {
            prepared.program = Some(self.find(&prepared.argv, prepared.environment.as_ref(), span)?);
        }
        if let Work::Host(call) = &prepared.work {
            return self.allow(&Effect::Stage(&call.argv), span);
        }
        let Some(program) = &prepared.program else { return Ok(()) };
        let program = Program {
            program,
            argv: &prepared.argv,
            environment: prepared.environment.as_ref().unwrap_or(&self.env.environment),
            redirections: &[],
            user: None,
        };
        self.allow(&Effect::Spawn(program), span)
    }

    /// Sets PWD to the directory for programs, as shells do at their start (POSIX 2.5.3).
    pub(in crate::eval) fn name_directory(&mut self, span: Span) {
        if std::mem::replace(&mut self.env.directory_named, true) {
            return;
        }
        if let Ok(directory) = self.working_directory(span) {
            // A path contains no NUL.
            let _ = self.env.environment.set(b"PWD", &directory);
        }
    }

    pub(in crate::eval) fn find(
        &mut self,
        argv: &[Vec<u8>],
        environment: Option<&Environment>,
        span: Span,
    ) -> Eval<Arc<CStr>> {
        let Some(name) = argv.first() else {
            let error = page(
                code::PROGRAM_NOT_FOUND,
                self.source(),
                span,
                "no program is named: the list is empty",
                "this command",
            );
            // As a failure it would be true after `!`.
            return Err(Error::refused(error, 127).into());
        };
        // `PATH=… cmd` decides where cmd is looked up (POSIX 2.9.1).
        let own = environment.and_then(|environment| environment.get(b"PATH"));
        let search = match own {
            Some(path) if Some(path) != self.env.environment.get(b"PATH") => Arc::new(Search::new(path)),
            _ => self.search(),
        };
        let directory = self.env.directory.clone();
        if name.contains(&b'/') {
            self.reach(name, span)?;
        } else {
            self.reach_all(search.directories(), span)?;
        }
        match search.find(name, directory.as_deref()) {
            Lookup::Found(path) if !search.is_hidden(name, &path, directory.as_deref()) => Ok(path),
            other => Err(self.not_found(name, &search, other, span)),
        }
    }

    /// Returns the reason why a name leads to no program that may run.
    #[cold]
    fn not_found(&self, name: &[u8], search: &Search, found: Lookup, span: Span) -> Unwind {
        let shown = quote_word(name);
        let closed = match &found {
            Lookup::NotFound => self.closed_directory(name),
            _ => None,
        };
        let (code, message, help, status) = match found {
            Lookup::Found(_) => {
                let message = format!("an entry of PATH that is empty or relative has a program {shown}");
                let error = page(code::PROGRAM_NOT_FOUND, self.source(), span, message, "this command");
                let help = "other shells run it, and here no such entry counts: write its path, ./… or /…";
                return Error::refused(error.help(help), 127).into();
            }
            Lookup::NotFound if closed.is_some() => {
                let closed = closed.unwrap_or_default();
                let closed = quote_word(closed.as_os_str().as_encoded_bytes());
                (
                    code::NOT_EXECUTABLE,
                    format!("can't reach {shown}: Permission denied in {closed}"),
                    format!("this user needs the right to search the directory: chmod +x {closed}"),
                    126,
                )
            }
            Lookup::NotFound if name.contains(&b'/') => (
                code::PROGRAM_NOT_FOUND,
                format!("no file {shown}"),
                "check the path and the directory that the script runs in".to_string(),
                127,
            ),
            Lookup::NotFound => (
                code::PROGRAM_NOT_FOUND,
                format!("no program {shown} in PATH"),
                self.not_found_help(name),
                127,
            ),
            Lookup::NotExecutable(path) => {
                let path = quote_word(&path);
                (
                    code::NOT_EXECUTABLE,
                    format!("{path} is not executable"),
                    format!("make it so: chmod +x {path}"),
                    126,
                )
            }
            Lookup::NoExec(path) => (
                code::NOT_EXECUTABLE,
                format!("{} lies on a file system that is mounted noexec", quote_word(&path)),
                "PATH has no other program of this name: copy it to a file system whose programs may be run"
                    .to_string(),
                126,
            ),
            Lookup::IsDirectory(path) => {
                let path = quote_word(&path);
                (code::NOT_EXECUTABLE, format!("{path} is a directory"), format!("go there: cd {path}"), 126)
            }
            Lookup::Unknown(path, errno) => {
                let reason = reason(&std::io::Error::from_raw_os_error(errno));
                let path = quote_word(&path);
                (
                    code::SPAWN_FAILED,
                    format!("can't look for {shown} at {path}: {reason}"),
                    String::new(),
                    126,
                )
            }
            Lookup::NoDirectory(path) => (
                code::PROGRAM_NOT_FOUND,
                format!("no directory {} on the way to {shown}", quote_word(&path)),
                String::new(),
                127,
            ),
        };
        let mut error = page(code, self.source(), span, message, "this command");
        if !help.is_empty() {
            error = error.help(help);
        }
        // sh would search these directories, so `||` must not treat their absence as an answer.
        let relative = search.path().split(|byte| *byte == b':').any(|entry| entry.first() != Some(&b'/'));
        if relative && !name.contains(&b'/') {
            error = error.note("PATH has entries that are empty or relative: no program is looked for there");
            return Error::refused(error, status).into();
        }
        Error::command(error, status).into()
    }

    /// Returns the directory on the way to a path that this user may not search.
    fn closed_directory(&self, path: &[u8]) -> Option<std::path::PathBuf> {
        use std::os::unix::ffi::OsStrExt;
        if !path.contains(&b'/') {
            return None;
        }
        let path = std::ffi::OsStr::from_bytes(path);
        let is_closed = |path: &std::path::Path| {
            let found = self.directory_path().join(path).symlink_metadata();
            found.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
        };
        let mut ways: Vec<_> = std::path::Path::new(path).ancestors().collect();
        ways.reverse();
        ways.into_iter().find(|way| is_closed(way))?.parent().map(std::path::Path::to_path_buf)
    }

    fn not_found_help(&self, name: &[u8]) -> String {
        let Ok(name) = std::str::from_utf8(name) else { return "check the spelling".into() };
        let here = std::path::Path::new(&self.directory_path()).join(name);
        if here.is_file() {
            return format!("a file of this name is in the directory: ./{name}");
        }
        if here.is_dir() {
            return format!("go there: cd {}", quote_word(name.as_bytes()));
        }
        let program = &self.program;
        let elsewhere = program.functions.iter().find(|one| *one.name == *name && one.module != self.module);
        if let Some(function) = elsewhere {
            let file = program.source(function.module).name();
            return format!(
                "{} has a function of this name: write the name of that file before it, as in file.{name}",
                quote_word(file.as_bytes())
            );
        }
        if let Some(help) = crate::check::program_elsewhere(name) {
            return help.to_string();
        }
        crate::eval::report::suggest::SPELLING.to_string()
    }
}
