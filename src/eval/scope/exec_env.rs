//! The shell execution environment (POSIX 2.13): everything that a command inherits from the script.
//!
//! A block that has some parts of it for itself runs within [`Interpreter::in_env`], a subshell within
//! [`Interpreter::in_subshell`]. Both restore the environment on every path, including an error and a panic.

use crate::eval::Interpreter;
use crate::eval::scope::settings::Settings;
use crate::process::{Environment, FileTable, Search};
use std::ffi::CStr;
use std::sync::Arc;

/// The execution environment of one thread of a run. A clone shares everything until one of the two changes it.
#[derive(Clone)]
pub struct ExecEnv {
    /// The working directory, if it differs from that of this process.
    pub directory: Option<Arc<CStr>>,
    /// The variables that programs receive.
    pub environment: Environment,
    /// Whether PWD in `environment` is up to date: it names the directory, or the script has removed it.
    pub directory_named: bool,
    /// The cache of the command search, valid for one value of PATH.
    pub search: Option<Arc<Search>>,
    pub files: FileTable,
    /// The options of the enclosing `with` blocks, including the umask and the resource limits of programs.
    pub settings: Arc<Settings>,
}

/// The parts of the environment that a block has for itself. It shares the other parts with the surrounding code,
/// which sees the changes that the block makes to them.
#[derive(Default)]
pub struct OwnParts {
    pub directory: Option<Arc<CStr>>,
    /// The variables, with whether PWD is up to date.
    pub environment: Option<Environment>,
    pub files: Option<FileTable>,
    pub settings: Option<Arc<Settings>>,
}

/// The parts of the environment around a block, while the block has its own.
struct Outer {
    directory: Option<Option<Arc<CStr>>>,
    environment: Option<(Environment, bool)>,
    files: Option<FileTable>,
    settings: Option<Arc<Settings>>,
}

impl ExecEnv {
    /// Puts the parts of a block in place. Returns those of the surrounding code.
    fn enter(&mut self, own: OwnParts) -> Outer {
        let named = self.directory_named;
        Outer {
            directory: own.directory.map(|directory| self.directory.replace(directory)),
            environment: own
                .environment
                .map(|environment| (std::mem::replace(&mut self.environment, environment), named)),
            files: own.files.map(|files| std::mem::replace(&mut self.files, files)),
            settings: own.settings.map(|settings| std::mem::replace(&mut self.settings, settings)),
        }
    }

    /// Restores the parts of the surrounding code.
    fn leave(&mut self, outer: Outer) {
        if let Some(directory) = outer.directory {
            self.directory = directory;
        }
        if let Some((environment, named)) = outer.environment {
            (self.environment, self.directory_named) = (environment, named);
        }
        if let Some(files) = outer.files {
            self.files = files;
        }
        if let Some(settings) = outer.settings {
            self.settings = settings;
        }
    }
}

/// Restores the environment when it is dropped.
struct Restore<'a, F: FnOnce(&mut ExecEnv)> {
    interpreter: &'a mut Interpreter,
    restore: Option<F>,
}

impl<F: FnOnce(&mut ExecEnv)> Drop for Restore<'_, F> {
    fn drop(&mut self) {
        if let Some(restore) = self.restore.take() {
            restore(&mut self.interpreter.env);
        }
    }
}

impl Interpreter {
    /// Runs code with its own parts of the environment.
    pub(in crate::eval) fn in_env<T>(&mut self, own: OwnParts, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.env.enter(own);
        self.and_restore(run, |env| env.leave(outer))
    }

    /// Runs code with its own descriptors.
    pub(in crate::eval) fn with_files<T>(&mut self, files: FileTable, run: impl FnOnce(&mut Self) -> T) -> T {
        self.in_env(OwnParts { files: Some(files), ..OwnParts::default() }, run)
    }

    /// Runs code with its own settings.
    pub(in crate::eval) fn with_settings<T>(
        &mut self,
        settings: Settings,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.in_env(OwnParts { settings: Some(Arc::new(settings)), ..OwnParts::default() }, run)
    }

    /// Runs code whose changes of the environment end with it, as in a subshell.
    pub(in crate::eval) fn in_subshell<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.env.clone();
        // What a handler of signals changes would end with the subshell.
        self.handlers.hold_back(true);
        let result = self.and_restore(run, |env| {
            // Programs that were found in PATH stay in the cache.
            let search = env.search.take();
            *env = ExecEnv { search, ..outer };
        });
        self.handlers.hold_back(false);
        result
    }

    fn and_restore<T>(&mut self, run: impl FnOnce(&mut Self) -> T, restore: impl FnOnce(&mut ExecEnv)) -> T {
        let guard = Restore { interpreter: self, restore: Some(restore) };
        run(&mut *guard.interpreter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Setup;
    use crate::eval::interpreter::tests::empty;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn cwd(path: &str) -> Option<Arc<CStr>> {
        Some(std::ffi::CString::new(path).unwrap().into())
    }

    #[test]
    fn a_block_changes_what_it_shares_and_gives_back_what_it_had_for_itself() {
        let mut run = empty(Setup::default());
        let own = OwnParts { environment: Some(Environment::empty()), ..OwnParts::default() };
        run.in_env(own, |run| {
            run.env.directory_named = true;
            run.env.environment.set(b"X", b"1").unwrap();
            run.env.directory = cwd("/tmp");
        });
        assert_eq!((run.env.environment.get(b"X"), run.env.directory_named), (None, false));
        assert_eq!(run.env.directory, cwd("/tmp"));
    }

    #[test]
    fn a_subshell_changes_nothing_but_the_cache_of_the_search() {
        let mut run = empty(Setup::default());
        run.in_subshell(|run| {
            run.env.directory = cwd("/tmp");
            run.env.directory_named = true;
            run.env.files.close(0);
            run.search();
        });
        assert_eq!((run.env.directory.is_none(), run.env.directory_named), (true, false));
        assert!(run.env.files.get(0).is_some() && run.env.search.is_some());
    }

    #[test]
    fn a_panic_restores_the_environment() {
        let mut run = empty(Setup::default());
        let mut closed = run.env.files.clone();
        closed.close(1);
        let ran = catch_unwind(AssertUnwindSafe(|| run.with_files(closed, |_| panic!("as a test"))));
        assert!(ran.is_err() && run.env.files.get(1).is_some());
    }
}
