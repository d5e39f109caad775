//! The prompt: an interactive shell. It reads an entry, runs it, and reads the next. All entries share one
//! [`Dialog`], so that variables, functions, the working directory and the environment continue. It uses only the
//! public API of the library.

mod ahead;
mod commands;
mod complete;
mod correct;
mod declare;
mod editor;
mod help;
mod highlight;
mod history;
mod learn;
mod outside;
mod own;
mod places;
mod programs;
mod show;
mod text;
mod window;

use crate::colour;
use crate::print::print_error;
use ahead::Taken;
use complete::world::{Failure, Live};
use declare::Completions;
use editor::{Editor, EditorConfig, Read};
use history::{Entry, History};
use own::Own;
use pipewright::diag::{Diagnostic, code, quote_word, reason};
use pipewright::dialog::{Dialog, Ended, Entry as Checked, Job, Kind, News, Rewritten};
use pipewright::program::{self, terminal_width};
use pipewright::{BuildError, ParseError, Signal, Value};
use rustyline::error::ReadlineError;
use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use text::State;

/// Returns whether standard input and output are a terminal that can edit lines.
pub fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && std::io::stderr().is_terminal()
}

/// Runs entries until the end. In a private session, none is written to the history. Returns the exit status.
pub fn run(is_private: bool) -> u8 {
    match Shell::new(is_private) {
        Ok(mut shell) => shell.run(),
        Err(reason) => {
            print_error(&format!("pipewright: the prompt can't begin: {reason}\n"));
            126
        }
    }
}

/// The reason why there can be no prompt.
#[derive(Debug, thiserror::Error)]
enum NoPrompt {
    #[error("the terminal can't be used: {0}")]
    Terminal(#[from] ReadlineError),
    #[error("no signal can be waited for: {0}")]
    Dialog(#[from] std::io::Error),
    #[error("{0}")]
    Engine(#[from] BuildError),
}

struct Shell {
    dialog: Rc<RefCell<Dialog>>,
    live: Rc<Live>,
    editor: Editor,
    history: Option<History>,
    declared: help::Declared,
    /// The number of entries.
    entries: usize,
    /// The text of the last one.
    previous: String,
    /// The status of the last one.
    status: u8,
    statuses: Vec<u8>,
    took: Duration,
    /// The text with which the next entry begins: a line that Ctrl-Z interrupted, or the text from an editor.
    offered: String,
    /// Whether the prompt has warned the user about running jobs. The next request to leave ends them.
    warned: bool,
    /// The page of the last error that was shown in one line.
    hidden: Option<Diagnostic>,
    /// The directory, as the prompt shows it.
    place: String,
    /// Whether the window of the terminal has a title.
    has_title: bool,
    /// Whether an error about the unwritable history was shown.
    forgetful: bool,
    /// Whether entries are kept only in memory, by the wish of the user.
    private: Arc<AtomicBool>,
    /// Whether entries in memory are not in the file because of that.
    has_private: bool,
}

/// The action after an entry.
enum Next {
    Entry,
    Exit(u8),
}

impl Shell {
    fn new(is_private: bool) -> Result<Self, NoPrompt> {
        let declared = help::Declared::default();
        let file = places::history();
        let completions = Arc::new(Mutex::new(Completions::new(places::allowed())));
        let private = Arc::new(AtomicBool::new(is_private));
        let engine = help::engine(declared.clone(), completions.clone(), file.clone(), private.clone())?;
        let mut session = engine.session();
        if session.env("HOME").is_none_or(|home| home.is_empty())
            && let Some(home) = program::home()
        {
            session.set_env("HOME", home)?;
        }
        let dialog = Rc::new(RefCell::new(Dialog::new(session)?));
        let live = Rc::new(Live::new(dialog.clone(), completions));
        let queue = dialog.borrow().key_queue().map(Arc::new);
        let config =
            EditorConfig { history: file.clone(), colours: colour::is_wanted(), vi: places::edits_as_vi() };
        let editor = Editor::new(live.clone(), queue, &config)?;
        Ok(Self {
            dialog,
            live,
            editor,
            history: file.map(History::new),
            declared,
            entries: 0,
            previous: String::new(),
            status: 0,
            statuses: vec![0],
            took: Duration::ZERO,
            offered: String::new(),
            warned: false,
            hidden: None,
            place: String::new(),
            has_title: window::is_known(),
            forgetful: false,
            private,
            has_private: false,
        })
    }

    fn run(&mut self) -> u8 {
        if self.has_title {
            print(window::SAVE_TITLE);
        }
        let status = self.configure().unwrap_or_else(|| self.converse());
        if self.has_title {
            print(window::RESTORE_TITLE);
        }
        status
    }

    /// Runs the user's rc.pw, whose errors do not prevent the prompt. Returns the status if it has ended the prompt.
    fn configure(&mut self) -> Option<u8> {
        let path = places::configuration()?;
        let text = match places::read(&path, u64::MAX) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => {
                let path = quote_word(path.as_os_str().as_encoded_bytes());
                print_error(&format!("pipewright: can't read {path}: {}\n", reason(&error)));
                return None;
            }
        };
        let checked = self.dialog.borrow().check_file(&path, &text);
        let next = self.perform_checked(checked, &path.to_string_lossy(), &text);
        (self.status, self.statuses) = (0, vec![0]);
        match next {
            Next::Entry => None,
            Next::Exit(status) => Some(status),
        }
    }

    fn converse(&mut self) -> u8 {
        loop {
            self.tell_of_jobs();
            if let Some((command, failure)) = self.live.take_failure() {
                print_error(&format!("the completion that was declared for {command} has failed:\n"));
                match failure {
                    Failure::Failed(error) => show_page(error.diagnostic()),
                    Failure::Wrong(message) => print_error(&format!("{message}\n")),
                }
            }
            self.read_history();
            let prompt = self.prompt();
            begin_line();
            if self.has_title {
                print(&window::title(&self.place));
            }
            let read = self.read(&prompt);
            // A signal that arrived while no entry ran is meant for the prompt alone. Only a closed terminal is a
            // reason to end. Ctrl-C sent no signal in that state, so a Ctrl-C that arrives this soon after Enter is
            // meant for the entry or the editor.
            let request = self.dialog.borrow().signal();
            if request == Some(Signal::HUP) {
                return 128 + Signal::HUP.number() as u8;
            }
            let runs = matches!(read, Read::Entry(_) | Read::Outside(_)) && !colour::is_dumb();
            // A signal that arrives from here on must not be discarded. If Ctrl-C came right after Enter in `sleep
            // 60`, the program would continue.
            if request.is_some_and(|signal| signal != Signal::INT || !runs) {
                self.dialog.borrow().take_signal();
            }
            let next = match read {
                Read::Entry(text) => self.enter(&text),
                Read::Cleared => {
                    // Ctrl-Z stops jobs and has no meaning here, so the line stays.
                    if self.dialog.borrow().attend_keys() {
                        self.offered = self.editor.text();
                    }
                    Next::Entry
                }
                Read::Outside(text) => {
                    Editor::erase(&prompt, &text);
                    self.offered = self.edit_outside(text);
                    match self.dialog.borrow().take_signal() {
                        Some(signal) if signal != Signal::INT => Next::Exit(128 + signal.number() as u8),
                        _ => Next::Entry,
                    }
                }
                Read::End => self.leave(self.status),
            };
            if let Next::Exit(status) = next {
                return status;
            }
        }
    }

    fn read(&mut self, prompt: &(String, String)) -> Read {
        let offered = std::mem::take(&mut self.offered);
        let dialog = self.dialog.borrow();
        dialog.attend_keys();
        if offered.is_empty() && !self.editor.has_keys() {
            let line = || {
                let line = dialog.typed_ahead()?;
                // A Ctrl-C until now came before the line, which it would have discarded.
                dialog.attend_keys();
                Some(line)
            };
            match ahead::take(line) {
                Some(Taken::Entry(text)) => {
                    print(&self.editor.drawn(prompt, &text));
                    return Read::Entry(text);
                }
                Some(Taken::Keys(keys)) => self.editor.push_keys(&keys),
                None => {}
            }
        }
        drop(dialog);
        self.editor.read(prompt, &offered)
    }

    /// Runs an entry, and records it.
    fn enter(&mut self, text: &str) -> Next {
        if text.trim().is_empty() {
            return Next::Entry;
        }
        self.entries += 1;
        let name = format!("prompt {}", self.entries);
        let directory = self.dialog.borrow().cwd().to_string_lossy().into_owned();
        let (time, started) = (SystemTime::now(), Instant::now());
        let own = Own::parse(text);
        if own == Some(Own::Page) {
            self.show_hidden();
            return Next::Entry;
        }
        self.set_title(text);
        let next = match own {
            Some(Own::Resume(job)) => self.resume(job),
            _ => self.perform(&name, text),
        };
        self.took = started.elapsed();
        self.previous = text.trim_end().to_owned();
        self.editor.set_previous(&self.previous);
        self.keep(Entry {
            text: text.trim_end().to_string(),
            directory,
            time: time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            milliseconds: self.took.as_millis().try_into().unwrap_or(u64::MAX),
            status: self.status,
        });
        next
    }

    /// Checks and runs a text, and shows its result.
    fn perform(&mut self, name: &str, text: &str) -> Next {
        let checked = self.dialog.borrow().check(name, text);
        self.perform_checked(checked, name, text)
    }

    fn perform_checked(&mut self, checked: Result<Checked, ParseError>, name: &str, text: &str) -> Next {
        let entry = match checked {
            Ok(entry) => entry,
            Err(error) => {
                let errors = error.diagnostics();
                errors.iter().take(PAGES).for_each(show_page);
                if errors.len() > PAGES {
                    print_error(&format!("… and {} errors more\n", errors.len() - PAGES));
                }
                let corrected = correct::corrected(text, errors, &self.previous);
                let is_whole = |line: &String| self.dialog.borrow().check(name, line).is_ok();
                let corrected = corrected.filter(is_whole).map(Rewritten::from);
                let meant = corrected.or_else(|| self.dialog.borrow().rewritten(text));
                if let Some(entry) = meant {
                    self.editor.offer(entry);
                }
                (self.status, self.statuses) = (2, vec![2]);
                return Next::Entry;
            }
        };
        let ended = self.dialog.borrow_mut().run(entry);
        if let Ended::Failed(error) = &ended {
            let page = std::slice::from_ref(error.diagnostic());
            if let Some(entry) = correct::corrected(text, page, &self.previous) {
                self.editor.offer(entry.into());
            }
        }
        let request = self.dialog.borrow().take_signal();
        self.live.forget();
        let next = self.end(ended);
        self.note_functions();
        match request {
            Some(signal) if signal != Signal::INT => Next::Exit(128 + signal.number() as u8),
            _ => next,
        }
    }

    fn end(&mut self, ended: Ended) -> Next {
        self.statuses.clear();
        self.status = match ended {
            Ended::Value(value) => {
                self.show(&value);
                0
            }
            Ended::Failed(error) => {
                // A configuration has no following prompt that would show the status.
                let page = error.diagnostic();
                if self.entries > 0 && is_of_stages(page) {
                    print_error(&format!("{} (! shows more)\n", headline(page)));
                    self.hidden = Some(page.clone());
                } else if self.entries == 0 || !is_told(page, error.statuses()) {
                    show_page(page);
                }
                self.statuses = error.statuses().to_vec();
                error.exit_code()
            }
            Ended::Exit(status) => {
                self.status = status;
                return self.leave(status);
            }
            Ended::Signal(signal) => {
                // The terminal has echoed `^C`.
                print_error("\n");
                128 + signal.number() as u8
            }
            Ended::Suspended(job) => {
                tell_suspended(&job);
                128 + Signal::TSTP.number() as u8
            }
            _ => 0,
        };
        if self.statuses.is_empty() {
            self.statuses.push(self.status);
        }
        if self.status > 128 && !colour::is_dumb() {
            print(ORDINARY);
        }
        self.warned = false;
        Next::Entry
    }

    /// Leaves the prompt. If jobs have not ended, informs the user once before they are ended.
    fn leave(&mut self, status: u8) -> Next {
        let mut jobs = self.dialog.borrow().jobs();
        jobs.retain(|job| !job.survives());
        if jobs.is_empty() || self.warned {
            return Next::Exit(status);
        }
        self.warned = true;
        let suspended = jobs.iter().filter(|job| job.is_suspended()).count();
        print_error(match (jobs.len(), suspended) {
            (1, 0) => "a job runs; leave again to end it\n",
            (1, _) => "a job is stopped; leave again to end it\n",
            (_, 0) => "jobs run; leave again to end them\n",
            _ => "jobs are stopped; leave again to end them\n",
        });
        Next::Entry
    }

    /// Implements `!`.
    fn show_hidden(&mut self) {
        match &self.hidden {
            Some(page) => show_page(page),
            None => print_error("no error was shown in one line\n"),
        }
    }

    /// Sets the title of the window to an entry that begins to run. A private one is not shown.
    fn set_title(&self, text: &str) {
        let is_private = self.is_private(text);
        if self.has_title {
            print(&window::title(if is_private { "pipewright" } else { text }));
        }
    }

    fn tell_of_jobs(&mut self) {
        let news = self.dialog.borrow_mut().news();
        for (job, what) in news {
            let (number, text) = (job.number(), job.text());
            match what {
                News::Suspended => print_error(&format!("[{number}] stopped: {text}\n")),
                News::Continued => print_error(&format!("[{number}] continued: {text}\n")),
                News::Ended(Ended::Failed(error)) => {
                    print_error(&format!("[{number}] status {}: {text}\n", error.exit_code()));
                    show_page(error.diagnostic());
                }
                News::Ended(Ended::Signal(signal)) => {
                    let how = match signal {
                        Signal::TERM => "terminated",
                        Signal::KILL => "killed",
                        _ => "ended",
                    };
                    print_error(&format!("[{number}] {how} by {signal}: {text}\n"));
                }
                News::Ended(ended) => {
                    print_error(&format!("[{number}] done: {text}\n"));
                    if let Ended::Value(value) = ended {
                        self.show(&value);
                    }
                }
                _ => {}
            }
        }
    }

    /// Implements `fg` and `bg`.
    fn resume(&mut self, meant: own::Resume) -> Next {
        let job = self.dialog.borrow().job(meant.number);
        let Some(job) = job else {
            let number = meant.number.map(|number| format!(" {number}")).unwrap_or_default();
            print_error(&format!("{}: there is no job{number}\n", meant.name()));
            (self.status, self.statuses) = (1, vec![1]);
            return Next::Entry;
        };
        // The output of POSIX fg and bg.
        if !meant.foreground {
            print_error(&format!("[{}] {} &\n", job.number(), job.text()));
            self.dialog.borrow().resume_beside(&job);
            (self.status, self.statuses) = (0, vec![0]);
            return Next::Entry;
        }
        print_error(&format!("{}\n", job.text()));
        let ended = self.dialog.borrow_mut().resume(&job);
        let request = self.dialog.borrow().take_signal();
        self.live.forget();
        let next = self.end(ended);
        match request {
            Some(signal) if signal != Signal::INT => Next::Exit(128 + signal.number() as u8),
            _ => next,
        }
    }

    // -------------------------------------------------------------------------------------- the history

    /// Returns whether an entry begins with a blank, contains a secret, or names what it deletes.
    fn is_private(&self, text: &str) -> bool {
        let secret = self.dialog.borrow().has_secret(text) || text.contains("secret(");
        let deletes = text.starts_with("history ") && text.contains(" --delete");
        secret || deletes || text.starts_with([' ', '\t'])
    }

    /// Reads the entries that sessions have recorded.
    fn read_history(&mut self) {
        let Some(history) = &mut self.history else { return };
        if self.has_private && !self.private.load(Ordering::Relaxed) {
            self.has_private = false;
            history.read_anew();
        }
        let news = history.read();
        if news.begins_anew() {
            self.editor.forget();
        }
        news.entries().iter().for_each(|entry| self.editor.remember(&entry.text));
    }

    /// Records an entry, unless it is private.
    fn keep(&mut self, entry: Entry) {
        if self.is_private(&entry.text) {
            return;
        }
        let is_private = self.private.load(Ordering::Relaxed);
        self.has_private |= is_private;
        let kept = match &self.history {
            Some(history) if !is_private => history.append(&entry),
            _ => return self.editor.remember(&entry.text),
        };
        if let Err(error) = kept {
            self.editor.remember(&entry.text);
            if !std::mem::replace(&mut self.forgetful, true) {
                print_error(&format!("the history can't be written: {}\n", reason(&error)));
            }
        }
    }

    /// Notes the declared functions for `help`.
    fn note_functions(&self) {
        let dialog = self.dialog.borrow();
        let mut declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        declared.clear();
        for (name, _) in dialog.names().filter(|(_, kind)| *kind == Kind::Function) {
            let Some(function) = dialog.function(name) else { continue };
            let doc = match function.doc() {
                "" => String::new(),
                doc => format!("\n{doc}\n"),
            };
            declared.insert(name.to_string(), format!("{}\n{doc}", function.usage()));
        }
    }

    // -------------------------------------------------------------------------------------- the prompt's text

    fn prompt(&mut self) -> (String, String) {
        let dialog = self.dialog.borrow();
        let directory = dialog.cwd();
        let gone = !directory.exists();
        // Only its path from before is known.
        let named = || dialog.env("PWD").map(PathBuf::from);
        let directory =
            if directory.as_os_str().is_empty() { named().unwrap_or_default() } else { directory };
        let state = State {
            gone,
            home: dialog.env("HOME").map(PathBuf::from),
            branch: text::branch(&directory),
            directory,
            statuses: self.statuses.clone(),
            took: self.took,
            jobs: dialog.jobs().len(),
            private: self.private.load(Ordering::Relaxed),
        };
        self.place = state.place();
        let own = dialog.function("prompt").map(|function| function.parameter_count());
        drop(dialog);
        own.and_then(|parameters| self.own_prompt(&state, parameters)).unwrap_or_else(|| state.text())
    }

    /// Returns the result of the user's `fn prompt(last)`; if that fails, shows its error page and returns none.
    fn own_prompt(&mut self, state: &State, parameters: usize) -> Option<(String, String)> {
        let arguments = if parameters == 0 { Vec::new() } else { vec![state.value()] };
        let called = self.dialog.borrow_mut().call("prompt", &arguments);
        self.dialog.borrow().take_signal();
        match called {
            Ok(Value::Str(text)) => {
                let styled = String::from_utf8_lossy(&text).into_owned();
                Some((text::without_styles(&styled), styled))
            }
            Ok(other) => {
                let found = other.type_of().phrase();
                print_error(&format!("`prompt` returned {found}, and is to return a string\n"));
                None
            }
            Err(error) => {
                show_page(error.diagnostic());
                None
            }
        }
    }
}

/// Ends what a killed program may have left on: keys and mouse as other codes, the alternate screen, a hidden cursor,
/// colours (Xterm Control Sequences). On a terminal without them nothing changes.
const ORDINARY: &str = "\x1b[?1l\x1b>\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1047l\x1b[?25h\x1b[0m";

/// The largest number of error pages. More pages would scroll the first one away, which is the one to correct.
const PAGES: usize = 3;

/// Begins a new line if the last output has not ended its own: the editor would draw over it.
///
/// The mark and the blanks fill exactly one line. If the cursor was at the start of a line, that line is drawn over;
/// otherwise the blanks have wrapped to the next one.
fn begin_line() {
    if let Some(columns) = terminal_width() {
        print(&format!("⏎{:width$}\r", "", width = columns - 1));
    }
}

fn tell_suspended(job: &Job) {
    // The terminal has echoed `^Z`.
    print_error(&format!("\n[{}] stopped: {}\n", job.number(), job.text()));
}

/// Returns whether a failure needs no error page, because the whole entry is one program that has exited. The program
/// has printed its message, or its status is the answer, as with grep. The next prompt shows the status.
fn is_told(page: &Diagnostic, statuses: &[u8]) -> bool {
    let ([_], [place]) = (statuses, &page.labels[..]) else { return false };
    let is_all = || place.source.text().trim() == &place.source.text()[place.span.range()];
    page.code == code::COMMAND_FAILED
        && place.text.starts_with("exited with ")
        && page.notes.is_empty()
        && page.help.is_empty()
        && is_all()
}

/// Returns whether an error says only which stages of a pipeline have failed, so that its first line is enough.
fn is_of_stages(page: &Diagnostic) -> bool {
    let is_stage = |note: &String| note.starts_with("stage ");
    page.code == code::COMMAND_FAILED
        && page.help.is_empty()
        && page.notes.len() > 1
        && page.notes.iter().all(is_stage)
}

/// Returns the first line of a page.
fn headline(page: &Diagnostic) -> String {
    let page = page.render(colour::is_wanted(), terminal_width().unwrap_or(80));
    page.lines().next().unwrap_or_default().to_owned()
}

fn show_page(page: &Diagnostic) {
    print_error(&page.render(colour::is_wanted(), terminal_width().unwrap_or(80)));
}

/// Prints to standard output. A failure is ignored, since the terminal has then closed.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
