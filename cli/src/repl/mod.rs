//! The prompt: an interactive shell. It reads an entry, runs it, and reads the next. All entries share one
//! [`Dialog`], so that variables, functions, the working directory and the environment continue. It uses only the
//! public API of the library.

mod abbreviations;
mod ahead;
mod bindings;
mod commands;
mod complete;
mod configuration;
mod correct;
mod declare;
mod editor;
mod help;
mod highlight;
mod history;
mod import;
mod jobs;
mod learn;
mod outside;
mod own;
mod pages;
mod places;
mod programs;
mod prompt;
mod record;
mod screen;
mod settings;
mod show;
mod text;
mod window;

use crate::colour;
use crate::print::print_error;
use abbreviations::Abbreviations;
use ahead::Taken;
use bindings::Bindings;
use complete::world::{Failure, Live};
use declare::Completions;
use editor::{Bound, Editor, EditorConfig, Read};
use history::{Entry, History};
use jobs::tell_suspended;
use own::Own;
use pages::{headline, is_of_stages, is_told, show_page};
use pipewright::diag::Diagnostic;
use pipewright::dialog::{Dialog, Ended, Entry as Checked, Rewritten};
use pipewright::program;
use pipewright::{BuildError, ParseError, Signal, Value};
use rustyline::error::ReadlineError;
use screen::{ORDINARY, begin_line, print};
use std::cell::RefCell;
use std::io::IsTerminal;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use settings::edit_command;

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
    offered: (String, String),
    /// Whether the prompt has warned the user about running jobs. The next request to leave ends them.
    warned: bool,
    abbreviations: Abbreviations,
    bindings: Bindings,
    /// Whether rc.pw is running.
    is_configuring: bool,
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
        let (abbreviations, bindings) = (Abbreviations::default(), Bindings::default());
        let private = Arc::new(AtomicBool::new(is_private));
        let engine = help::engine(
            declared.clone(),
            completions.clone(),
            file.clone(),
            private.clone(),
            abbreviations.clone(),
            bindings.clone(),
        )?;
        let mut session = engine.session();
        if session.env("HOME").is_none_or(|home| home.is_empty())
            && let Some(home) = program::home()
        {
            session.set_env("HOME", home)?;
        }
        let dialog = Rc::new(RefCell::new(Dialog::new(session)?));
        let live = Rc::new(Live::new(dialog.clone(), completions));
        let queue = dialog.borrow().key_queue().map(Arc::new);
        let config = EditorConfig {
            history: file.clone(),
            abbreviations: abbreviations.clone(),
            bindings: bindings.clone(),
            colours: colour::is_wanted(),
            vi: places::edits_as_vi(),
        };
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
            offered: Default::default(),
            warned: false,
            abbreviations,
            bindings,
            is_configuring: false,
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
            let runs =
                matches!(read, Read::Entry(_) | Read::Outside(_) | Read::Bound(_)) && !colour::is_dumb();
            // A signal that arrives from here on must not be discarded. If Ctrl-C came right after Enter in `sleep
            // 60`, the program would continue.
            if request.is_some_and(|signal| signal != Signal::INT || !runs) {
                self.dialog.borrow().take_signal();
            }
            let next = match read {
                Read::Entry(text) => {
                    let text = self.expanded(&prompt, text);
                    self.enter(&text)
                }
                Read::Bound(bound) => {
                    Editor::erase(&prompt, &bound.text);
                    self.press(bound)
                }
                Read::Cleared => {
                    // Ctrl-Z stops jobs and has no meaning here, so the line stays.
                    if self.dialog.borrow().attend_keys() {
                        self.offered = (self.editor.text(), String::new());
                    }
                    Next::Entry
                }
                Read::Outside(text) => {
                    Editor::erase(&prompt, &text);
                    self.offered = (self.edit_outside(text), String::new());
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

    /// Returns an entry whose last word was an abbreviation when Enter came, with the text that it stands for.
    fn expanded(&self, prompt: &(String, String), text: String) -> String {
        let Some(expanded) = self.abbreviations.expanded(&text) else { return text };
        Editor::erase(prompt, &text);
        print(&self.editor.drawn(prompt, &expanded));
        expanded
    }

    /// Runs the entry of a key of the user, and offers the line again, with its value.
    fn press(&mut self, bound: Bound) -> Next {
        let (left, right) = bound.text.split_at(bound.cursor);
        let (left, right) = (left.to_owned(), right.to_owned());
        let checked = self.dialog.borrow().check(&format!("key {}", self.entries), &bound.entry);
        let mut inserted = String::new();
        let next = match checked {
            Ok(entry) => {
                let ended = self.dialog.borrow_mut().run(entry);
                let ended = match ended {
                    Ended::Value(Value::Str(text)) => {
                        inserted = String::from_utf8_lossy(&text).trim_end_matches('\n').to_owned();
                        inserted.retain(|letter| letter == '\n' || letter == '\t' || !letter.is_control());
                        Ended::Value(Value::Null)
                    }
                    other => other,
                };
                let request = self.dialog.borrow().take_signal();
                self.live.forget();
                match (request, self.end(ended)) {
                    (Some(signal), _) if signal != Signal::INT => Next::Exit(128 + signal.number() as u8),
                    (_, next) => next,
                }
            }
            Err(error) => {
                error.diagnostics().iter().take(PAGES).for_each(show_page);
                Next::Entry
            }
        };
        self.offered = (left + &inserted, right);
        next
    }

    fn read(&mut self, prompt: &(String, String)) -> Read {
        let offered = std::mem::take(&mut self.offered);
        let dialog = self.dialog.borrow();
        dialog.attend_keys();
        if offered == Default::default() && !self.editor.has_keys() {
            let line = || {
                let line = dialog.typed_ahead()?;
                // A Ctrl-C until now came before the line, which it would have discarded.
                dialog.attend_keys();
                Some(line)
            };
            match ahead::take(line) {
                Some(Taken::Entry(text)) => {
                    let text = self.abbreviations.expanded_all(&text).unwrap_or(text);
                    print(&self.editor.drawn(prompt, &text));
                    return Read::Entry(text);
                }
                Some(Taken::Keys(keys)) => self.editor.push_keys(&keys),
                None => {}
            }
        }
        drop(dialog);
        self.editor.read(prompt, (&offered.0, &offered.1))
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
            Some(own) => self.perform_own(own),
            None => self.perform(&name, text),
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

    /// Performs an entry that is not of the language.
    fn perform_own(&mut self, own: Own) -> Next {
        let status = match own {
            Own::Resume(job) => return self.resume(job),
            Own::Page => {
                self.show_hidden();
                return Next::Entry;
            }
            Own::Suspend => match self.dialog.borrow().suspend() {
                Ok(()) => 0,
                Err(error) => {
                    print_error(&format!("suspend: {}\n", pipewright::diag::reason(&error)));
                    1
                }
            },
            Own::Reload if self.is_configuring => {
                print_error("reload: rc.pw is being run\n");
                2
            }
            Own::Reload => {
                self.abbreviations.clear();
                self.bindings.clear();
                if let Some(status) = self.configure() {
                    return Next::Exit(status);
                }
                0
            }
            Own::Import(file) => self.import(&file),
        };
        (self.status, self.statuses) = (status, vec![status]);
        self.live.forget();
        Next::Entry
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
        if let Ended::Failed(error) = &ended
            && !self.is_configuring
        {
            let page = std::slice::from_ref(error.diagnostic());
            if let Some(entry) = correct::corrected(text, page, &self.previous) {
                self.editor.offer(entry.into());
            }
        }
        let request = self.dialog.borrow().take_signal();
        self.live.forget();
        let next = self.end(ended);
        help::note(&self.declared, &self.dialog.borrow());
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
                if !self.is_configuring && is_of_stages(page) {
                    print_error(&format!("{} (! shows more)\n", headline(page)));
                    self.hidden = Some(page.clone());
                } else if self.is_configuring || !is_told(page, error.statuses()) {
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

    /// Sets the title of the window to an entry that begins to run. A private one is not shown.
    fn set_title(&self, text: &str) {
        let is_private = self.is_private(text);
        if self.has_title {
            print(&window::title(if is_private { "pipewright" } else { text }));
        }
    }
}

/// The largest number of error pages. More pages would scroll the first one away, which is the one to correct.
const PAGES: usize = 3;
