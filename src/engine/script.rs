//! Scripts: checked text.

use super::rewriting::{Judge, declares};
use super::{Engine, ParseError, source};
use crate::check::program::{Program, VariableProgram};
use crate::check::{CheckOptions, Loaded, Loader, NotLoaded, check};
use crate::diag::{Diagnostic, Source, code, reason};
use crate::policy::{self, Access, Denial, Open, Policy, Request};
use crate::process::{Environment, Lookup, Search};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// A script that has passed the check. It is parsed once, and can run any number of times, in any number of threads.
/// Clones share it.
///
/// ```
/// use pipewright::{Script, Session};
///
/// let script = Script::parse("count", "printf '%s\\n' one two three | wc -l")?;
/// assert_eq!(Session::new().run(&script).read()?.trim(), "3");
///
/// let wrong = Script::parse("wrong", "echo $nmae").unwrap_err();
/// assert!(wrong.render(false, 80).contains("`nmae` is not declared"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Script {
    pub(super) program: Arc<Program>,
    /// The builder that read it.
    builder: Arc<ScriptBuilder>,
    /// Created at the first request, since some of them depend on the programs in PATH.
    warnings: Arc<OnceLock<Vec<Diagnostic>>>,
}

/// A builder of a [`Script`]: see [`Script::builder`].
///
/// ```
/// use pipewright::Script;
///
/// let script = Script::builder("theirs").input("file").alone().parse("wc -l < $file")?;
/// assert_eq!(script.inputs().collect::<Vec<_>>(), ["file"]);
/// assert!(Script::builder("theirs").alone().parse("use '/etc/hostname.pw'").is_err());
/// # Ok::<(), pipewright::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScriptBuilder {
    name: String,
    inputs: Vec<String>,
    engine: Engine,
    alone: bool,
    typed: bool,
    /// The file that contains the text.
    path: Option<PathBuf>,
}

impl Script {
    /// Reads and checks a script without inputs; `name` is used in its messages.
    ///
    /// # Errors
    /// Fails with all errors of the script.
    pub fn parse(name: &str, text: impl Into<Vec<u8>>) -> Result<Self, ParseError> {
        Self::builder(name).parse(text)
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// Fails with all errors of the script, or if the file can't be read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ParseError> {
        Self::builder(&path.as_ref().to_string_lossy()).load(path)
    }

    /// Starts to build a script with inputs.
    pub fn builder(name: &str) -> ScriptBuilder {
        ScriptBuilder::new(name, Engine::default())
    }

    /// Returns its program again, with what is known before the run.
    pub(super) fn foreseen(&self) -> Result<Program, ParseError> {
        let text = self.program.main_module().source.text();
        self.builder.program(text.as_bytes().to_vec(), true)
    }

    /// Returns whether its engine has a policy.
    pub(super) fn has_policy(&self) -> bool {
        self.builder.engine.shared.guard.policy.is_some()
    }

    /// Returns its warnings: code that is allowed but probably not meant.
    ///
    /// ```
    /// use pipewright::Script;
    ///
    /// let script = Script::parse("t", "if true { let unused = 1 }")?;
    /// assert_eq!(script.warnings()[0].code.id(), "W0001");
    /// # Ok::<(), pipewright::ParseError>(())
    /// ```
    pub fn warnings(&self) -> &[Diagnostic] {
        self.warnings.get_or_init(|| {
            let programs = variable_programs(&self.program);
            self.program.warnings.iter().cloned().chain(programs).collect()
        })
    }

    /// Returns the files that it was read from: its own name, and the paths of the files that it uses.
    ///
    /// ```
    /// use pipewright::Script;
    ///
    /// let script = Script::load("scripts/release.pw")?;
    /// assert_eq!(script.files().next(), Some("scripts/release.pw"));
    /// # Ok::<(), pipewright::ParseError>(())
    /// ```
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.program.modules.iter().map(|module| module.source.name())
    }

    /// Returns the names of its inputs.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.program.inputs.iter().map(|(name, _)| &**name)
    }
}

/// Returns the commands that have the name of a variable, and for which PATH has no program now.
fn variable_programs(program: &Program) -> Vec<Diagnostic> {
    if program.variable_programs.is_empty() {
        return Vec::new();
    }
    let environment = Environment::inherited();
    let search = Search::new(environment.get(b"PATH").unwrap_or_default());
    let absent = program.variable_programs.iter().filter(|one| {
        matches!(search.find(one.name.as_bytes(), None), Lookup::NotFound | Lookup::NoDirectory(_))
    });
    let page = |one: &VariableProgram| {
        let name = &one.name;
        let message = format!("`{name}` is a variable, and PATH has no program of this name");
        Diagnostic::new(code::VARIABLE_NOT_PROGRAM, message)
            .at(program.source(one.module), one.at, "run as a program")
            .help(format!(
                "the text of the variable is ${name}; a program that is installed later is quoted: '{name}'"
            ))
    };
    absent.map(page).collect()
}

impl ScriptBuilder {
    pub(super) fn new(name: &str, engine: Engine) -> Self {
        Self { name: name.to_string(), inputs: Vec::new(), engine, alone: false, typed: false, path: None }
    }

    /// Declares an input: a variable that [`super::Session::set`] or [`super::Run::arg`] sets.
    pub fn input(mut self, name: &str) -> Self {
        self.inputs.push(name.to_string());
        self
    }

    /// Refuses `use`, so that reading an untrusted script reads no other file. Without this, the policy of the engine
    /// is asked before each used file is read.
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Reads the text as if it were typed at a prompt: an unquoted `$(cmd)` is one argument, and `= x` shows a value.
    ///
    /// ```
    /// use pipewright::Script;
    ///
    /// assert!(Script::builder("entry").typed().parse("cd $(pwd)").is_ok());
    /// assert!(Script::parse("file", "cd $(pwd)").is_err());
    /// ```
    pub fn typed(mut self) -> Self {
        self.typed = true;
        self
    }

    /// Sets the file that contains the text, for `script_path()`. [`ScriptBuilder::load`] sets it itself.
    ///
    /// ```
    /// use pipewright::{Engine, Script};
    ///
    /// let path = "scripts/release.pw";
    /// let script = Script::builder(path).path(path).parse("echo $[script_path().basename()]")?;
    /// assert_eq!(Engine::default().session().run(&script).read()?, "release.pw");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Reads and checks the text.
    ///
    /// # Errors
    /// Fails with all errors of the script, or if the name of an input is invalid.
    pub fn parse(self, text: impl Into<Vec<u8>>) -> Result<Script, ParseError> {
        let wrong = |name: &&String| {
            let mut letters = name.chars();
            let starts = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
            let is_name = starts && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            !is_name || matches!(name.as_str(), "env" | "args" | "true" | "false" | "null" | "_")
        };
        if let Some(name) = self.inputs.iter().find(wrong) {
            let name = crate::diag::visible(name.as_bytes());
            let page = Diagnostic::new(code::DUPLICATE_NAME, format!("an input can't be called `{name}`"));
            return Err(ParseError(vec![page]));
        }
        let program = Arc::new(self.program(text.into(), false)?);
        Ok(Script { program, builder: Arc::new(self), warnings: Arc::default() })
    }

    fn program(&self, text: Vec<u8>, foresee: bool) -> Result<Program, ParseError> {
        let guard = &self.engine.shared.guard;
        let most = guard.most_source();
        // A text above the limit of the language is refused below, with the message for that.
        if guard.limits.source_bytes == Some(most) && text.len() > most {
            let message = format!("the script is larger than {most} bytes");
            let page = Diagnostic::new(code::SOURCE_LIMIT, message).help("the host sets this limit");
            return Err(ParseError(vec![page]));
        }
        let source = source(&self.name, text)?;
        let policy = guard.policy.clone();
        let loader = (!self.alone).then(|| Rc::new(Files { policy, most }) as Rc<dyn Loader>);
        let mut hosted = self.engine.shared.hosted.clone();
        hosted.is_prompt = self.typed;
        let checked = |source: &Arc<Source>, texts_of_sh: &[String]| {
            let (loader, hosted, path) = (loader.clone(), hosted.clone(), self.path.as_deref());
            check(source, CheckOptions { loader, inputs: &self.inputs, hosted, foresee, path, texts_of_sh })
        };
        let errors = match checked(&source, &[]) {
            Ok(program) => return Ok(program),
            Err(errors) => errors,
        };
        let text = source.text();
        let judge = Judge {
            is_variable: Box::new(|name| {
                self.inputs.iter().any(|input| input == name) || declares(text, name)
            }),
            environment: &Environment::inherited(),
            errors: &|source| checked(source, &[]).err().unwrap_or_default(),
            is_typed: self.typed,
        };
        match judge.taken(text, &errors) {
            Some(taken) => {
                let source = super::source(&self.name, taken.text.into_bytes())?;
                checked(&source, &taken.assigned).map_err(ParseError)
            }
            None => Err(ParseError(judge.explain(text, errors))),
        }
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// Fails as [`ScriptBuilder::parse`] does, or if the file can't be read.
    pub fn load(self, path: impl AsRef<Path>) -> Result<Script, ParseError> {
        let most = self.engine.shared.guard.most_source();
        match File::open(path.as_ref()).and_then(|file| read_source(file, most)) {
            Ok(text) => self.path(path.as_ref()).parse(text),
            Err(error) => {
                let name = crate::diag::quote_word(path.as_ref().as_os_str().as_encoded_bytes());
                let message = format!("can't read {name}: {}", reason(&error));
                Err(ParseError(vec![Diagnostic::new(code::USE_FAILED, message)]))
            }
        }
    }
}

/// Reads the files that a script uses, relative to the file that names them.
pub(super) struct Files {
    /// Asked before a file is read, since messages would show its text.
    pub policy: Option<Arc<dyn Policy>>,
    /// The largest size of a file in bytes.
    pub most: usize,
}

impl Files {
    /// Asks the policy whether a file may be read.
    fn ask(&self, path: &Path) -> Result<(), NotLoaded> {
        let Some(policy) = &self.policy else { return Ok(()) };
        let path = std::path::absolute(path).map_err(|error| reason(&error))?;
        let request = Request::Open(Open { path: &path, access: Access::Read });
        let refused = |denial: Denial| NotLoaded::Refused {
            what: request.to_string(),
            rule: denial.rule().to_string(),
        };
        policy::ask(&**policy, &request).map_err(refused)
    }

    /// Opens a file that may be read. Asks the policy again about the opened file, since a link may have led
    /// elsewhere.
    fn open(&self, path: &Path) -> Result<File, NotLoaded> {
        self.ask(path)?;
        // The wait for the writer of a FIFO would never end.
        let kind = std::fs::metadata(path).map_err(|error| reason(&error))?.file_type();
        if !kind.is_file() && !kind.is_dir() {
            return Err("it is not a regular file".to_string().into());
        }
        let file = File::open(path).map_err(|error| reason(&error))?;
        if self.policy.is_some()
            && let Some(actual) = crate::sys::place::path_of(&file)
        {
            self.ask(&actual)?;
        }
        Ok(file)
    }
}

impl Loader for Files {
    fn load(&self, from: &str, path: &str) -> Result<Loaded, NotLoaded> {
        let path = directory_of(Path::new(from)).join(path);
        let bytes = read_source(self.open(&path)?, self.most).map_err(|error| reason(&error))?;
        if bytes.len() > self.most {
            return Err(format!("it is larger than {} bytes", self.most).into());
        }
        let name = path.to_string_lossy().into_owned();
        let key = self.key(&name).unwrap_or_else(|| name.clone());
        Ok(Loaded { key, name, path, bytes })
    }

    fn key(&self, name: &str) -> Option<String> {
        self.resolve(Path::new(name)).map(|path| path.to_string_lossy().into_owned())
    }

    fn resolve(&self, path: &Path) -> Option<PathBuf> {
        std::fs::canonicalize(path).ok()
    }
}

/// Returns the directory in which a file looks up the files that it uses. For a symbolic link, that is the directory
/// of its target: `/usr/local/bin/deploy` finds the modules of `/opt/deploy/deploy.pw`, as in Python and Node.
fn directory_of(file: &Path) -> PathBuf {
    let beside = |path: &Path| path.parent().unwrap_or(Path::new("")).to_path_buf();
    match std::fs::symlink_metadata(file) {
        Ok(found) if found.is_symlink() => {
            std::fs::canonicalize(file).map_or(beside(file), |file| beside(&file))
        }
        _ => beside(file),
    }
}

/// Reads a source to its end, to its first NUL byte, or until it is larger than `most` bytes. The check then refuses a
/// text that was not read to its end. This matters for `/dev/zero` and `yes | pipewright`, which never end.
pub(super) fn read_source(mut from: impl Read, most: usize) -> io::Result<Vec<u8>> {
    const STEP: usize = 1 << 20;
    let mut bytes = Vec::with_capacity(8 << 10);
    loop {
        let before = bytes.len();
        from.by_ref().take(STEP as u64).read_to_end(&mut bytes)?;
        let read = &bytes[before..];
        if read.len() < STEP || read.contains(&0) || bytes.len() > most {
            return Ok(bytes);
        }
    }
}
