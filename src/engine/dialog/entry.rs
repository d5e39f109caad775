//! Entries: checked text that a dialog can run, with its input and output.

use super::Dialog;
use crate::check::program::Program;
use crate::check::{Earlier, Loaded, Loader, Meaning, NotLoaded};
use crate::diag::{Diagnostic, Source, quote_argv};
use crate::engine::io::{Input, Output};
use crate::engine::plumbing::{Plumbing, Usual};
use crate::engine::rewriting::Judge;
use crate::engine::script::Files;
use crate::engine::{ParseError, source};
use crate::process::{self, Descriptor, FileTable, OpenMode};
use crate::syntax::MOST_SOURCE;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// An entry that has passed the check of a [`Dialog`] and that the dialog can [run](Dialog::run).
///
/// ```
/// use pipewright::dialog::Dialog;
/// use pipewright::{Output, Session};
/// use std::sync::mpsc::channel;
///
/// let mut dialog = Dialog::new(Session::new())?;
/// let (sender, lines) = channel();
/// let each = Output::lines(move |line| sender.send(line.to_vec()).unwrap_or_default());
/// let entry = dialog.check("1", "sort")?.stdin("b\na\n").stdout(each);
/// dialog.run(entry);
/// assert_eq!(lines.iter().collect::<Vec<_>>(), [b"a", b"b"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an entry does nothing before Dialog::run"]
pub struct Entry {
    checked: Checked,
    streams: Streams,
}

/// The checked program of an entry.
pub(super) struct Checked {
    pub program: Arc<Program>,
    pub earlier: Earlier,
    /// The era of the dialog at the time of the check.
    pub era: Arc<()>,
}

/// The streams of an entry that differ from the usual ones.
#[derive(Default)]
pub(super) struct Streams {
    stdin: Option<Input>,
    stdout: Option<Output>,
    stderr: Option<Output>,
}

impl Entry {
    /// Sets its standard input.
    pub fn stdin(mut self, input: impl Into<Input>) -> Self {
        self.streams.stdin = Some(input.into());
        self
    }

    /// Sets its standard output. A job that it leaves running can write to a file until the job ends, but to a writer
    /// or a function only as long as the entry runs (SIGPIPE afterwards).
    pub fn stdout(mut self, output: impl Into<Output>) -> Self {
        self.streams.stdout = Some(output.into());
        self
    }

    /// Sets the standard error of the entry and its programs; see [`Entry::stdout`].
    pub fn stderr(mut self, output: impl Into<Output>) -> Self {
        self.streams.stderr = Some(output.into());
        self
    }

    pub(super) fn into_parts(self) -> (Checked, Option<Streams>) {
        let Streams { stdin, stdout, stderr } = &self.streams;
        let any = stdin.is_some() || stdout.is_some() || stderr.is_some();
        (self.checked, any.then_some(self.streams))
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.checked.program.source(self.checked.program.script);
        f.debug_struct("Entry").field("text", &source.text()).finish_non_exhaustive()
    }
}

impl Streams {
    /// Opens the descriptors, which are the earlier ones for streams that were not set, and the threads that serve
    /// them.
    pub fn open(self, before: &FileTable) -> io::Result<(FileTable, Plumbing)> {
        let (mut files, mut plumbing) = (before.clone(), Plumbing::default());
        if let Some(input) = self.stdin {
            let input = match input {
                Input::Unreadable => {
                    let file = process::open(None, b"/dev/null", OpenMode::Append)?;
                    Descriptor::Open(Arc::new(file))
                }
                other => plumbing.input(other, &Usual::default())?,
            };
            files.put(0, input);
        }
        for (number, output) in [(1, self.stdout), (2, self.stderr)] {
            if let Some(output) = output {
                files.put(number, plumbing.output(number, output, false)?);
            }
        }
        Ok((files, plumbing))
    }
}

/// An entry of Pipewright that means what an entry of sh means.
///
/// ```
/// use pipewright::Session;
/// use pipewright::dialog::{Dialog, Rewritten};
///
/// let dialog = Dialog::new(Session::new())?;
/// let rewritten: Option<Rewritten> = dialog.rewritten("for i in 1 2; do echo $i; done");
/// assert!(rewritten.is_some_and(|entry| entry.text.contains("for i in 1 2 {")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rewritten {
    /// The text of the entry.
    pub text: String,
    /// Where it differs from sh in a case that is rare, for the user to see before it runs.
    pub remarks: Vec<&'static str>,
}

impl From<String> for Rewritten {
    /// Returns an entry that needs no remark.
    fn from(text: String) -> Self {
        Self { text, remarks: Vec::new() }
    }
}

impl Dialog {
    /// Checks an entry without running it; `name` is used in its messages. Files that it uses are looked up relative to
    /// the directory of the dialog.
    ///
    /// # Errors
    /// Fails with all errors of the entry.
    pub fn check(&self, name: &str, text: &str) -> Result<Entry, ParseError> {
        Ok(Entry { checked: self.checked(name, text)?, streams: Streams::default() })
    }

    /// Checks the text of a file as an entry without running it. Files that it uses are looked up beside the file,
    /// whatever the directory of the dialog is.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::{Dialog, Ended};
    ///
    /// let folder = tempfile::tempdir()?;
    /// std::fs::write(folder.path().join("helpers.pw"), "fn twice(n) { return n * 2 }")?;
    /// let mut dialog = Dialog::new(Session::new())?;
    /// let start = dialog.check_file(folder.path().join("start.pw"), "use 'helpers.pw'")?;
    /// assert!(matches!(dialog.run(start), Ended::Value(_)));
    /// let Ended::Value(value) = dialog.run(dialog.check("1", "helpers.twice(4)")?) else { panic!("it has a value") };
    /// assert_eq!(format!("{value:?}"), "8");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails with all errors of the text.
    pub fn check_file(&self, path: impl AsRef<Path>, text: &str) -> Result<Entry, ParseError> {
        let path = self.cwd().join(path);
        let files = Files { policy: self.interpreter.policy(), most: MOST_SOURCE };
        let checked = self.checked_with(&path.to_string_lossy(), text, Rc::new(files))?;
        Ok(Entry { checked, streams: Streams::default() })
    }

    pub(super) fn checked(&self, name: &str, text: &str) -> Result<Checked, ParseError> {
        let files = Files { policy: self.interpreter.policy(), most: MOST_SOURCE };
        let loader = FilesBelow { entry: name.to_string(), directory: self.cwd(), files };
        self.checked_with(name, text, Rc::new(loader))
    }

    fn checked_with(&self, name: &str, text: &str, loader: Rc<dyn Loader>) -> Result<Checked, ParseError> {
        let parsed = source(name, text.as_bytes().to_vec())?;
        let checked = self.earlier.check(&parsed, loader.clone()).or_else(|errors| {
            let errors_of = |source: &Arc<Source>| self.earlier.errors(source, 0, loader.clone());
            let judge = self.judge(&errors_of);
            let Some(taken) = judge.taken(text, &errors) else { return Err(judge.explain(text, errors)) };
            let parsed = source(name, taken.text.into_bytes()).map_err(|error| error.0)?;
            self.earlier.check_taken(&parsed, loader.clone(), &taken.assigned)
        });
        let (program, earlier) = checked.map_err(ParseError)?;
        Ok(Checked { program: Arc::new(program), earlier, era: self.era.clone() })
    }

    /// Returns the Pipewright counterpart of a refused entry of sh, such as one of its loops. Returns `None` if
    /// there is no certain counterpart.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::Dialog;
    ///
    /// let dialog = Dialog::new(Session::new())?;
    /// let offered = dialog.rewritten("for f in *.txt; do wc -l \"$f\"; done");
    /// let offered = offered.ok_or("it is a loop")?;
    /// assert_eq!(offered.text, "for f in *.txt { wc -l \"$f\" }");
    /// assert_eq!(offered.remarks, ["without a match it does nothing"]);
    /// assert!(dialog.rewritten("ls").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rewritten(&self, text: &str) -> Option<Rewritten> {
        let errors = |source: &Arc<Source>| self.earlier.errors(source, 0, Rc::new(NoFiles));
        let found = errors(&source("entry", text.as_bytes().to_vec()).ok()?);
        let judge = self.judge(&errors);
        if found.is_empty() || judge.takes(&found) {
            return None;
        }
        judge.offered(text).map(|offered| Rewritten { text: offered.text, remarks: offered.remarks })
    }

    /// Returns whether an entry with these errors is accepted anyway, because a counterpart with the same meaning
    /// exists.
    pub(super) fn is_taken(&self, text: &str, found: &[Diagnostic]) -> bool {
        let errors = |source: &Arc<Source>| self.earlier.errors(source, 0, Rc::new(NoFiles));
        self.judge(&errors).taken(text, found).is_some()
    }

    fn judge<'a>(&'a self, errors: &'a dyn Fn(&Arc<Source>) -> Vec<Diagnostic>) -> Judge<'a> {
        let is_variable = |name: &str| matches!(self.earlier.meaning(name), Some(Meaning::Variable(_)));
        let environment = self.interpreter.environment();
        Judge { is_variable: Box::new(is_variable), environment, errors, is_typed: true }
    }

    /// Makes an entry of one program with arbitrary arguments: a program that a front-end starts for its user, such as
    /// an editor or a pager.
    ///
    /// ```
    /// use pipewright::dialog::{Dialog, Ended};
    /// use pipewright::{Output, Session};
    ///
    /// let mut dialog = Dialog::new(Session::new())?;
    /// let entry = dialog.program(&["test", "$(x) 'y", "=", "$(x) 'y"])?;
    /// assert!(matches!(dialog.run(entry), Ended::Value(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails if an argument contains NUL, or if there is no name.
    pub fn program(&self, argv: &[impl AsRef<[u8]>]) -> Result<Entry, ParseError> {
        self.check("program", &format!("command {}", quote_argv(argv)))
    }
}

/// Reads the files that entries use. Files that an entry names are looked up relative to the directory of the dialog.
struct FilesBelow {
    entry: String,
    directory: PathBuf,
    files: Files,
}

/// Reads no files, since a text that is being typed is checked at each key.
pub(super) struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _: &str, _: &str) -> Result<Loaded, NotLoaded> {
        Err(String::new().into())
    }

    fn key(&self, _: &str) -> Option<String> {
        None
    }

    fn resolve(&self, _: &Path) -> Option<PathBuf> {
        None
    }
}

impl Loader for FilesBelow {
    fn load(&self, from: &str, path: &str) -> Result<Loaded, NotLoaded> {
        if from != self.entry {
            return self.files.load(from, path);
        }
        self.files.load("", &self.directory.join(Path::new(path)).to_string_lossy())
    }

    fn key(&self, name: &str) -> Option<String> {
        if name == self.entry { None } else { self.files.key(name) }
    }

    fn resolve(&self, path: &Path) -> Option<PathBuf> {
        self.files.resolve(path)
    }
}
